// What a new data folder gets before anything runs: an identity and a placement policy to start from.
import type { Policy } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import { ensureCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { hasPolicy, insertPolicy } from '../db/policies.ts';

const ALL_KINDS = ['physical', 'private-vm', 'cloud-vm', 'lxc'] as const;

/** Sensible for a fleet of mixed hosts; an SRE changes it, and the versions remember. */
export const FIRST_POLICY: Omit<Policy, 'version'> = {
  weights: { pack: 30, spread: 40, cost: 20, performance: 5, stability: 15, keep: 50 },
  utilisation: { rule: 'staffing' },
  // A tenth of every host stays free for its own system and for what containers use beyond their cgroups.
  reservePermille: { cpu: 100, memory: 100 },
  environments: {
    dev: { kinds: ALL_KINDS, cpuOvercommitPermille: 2000 },
    staging: { kinds: ALL_KINDS, cpuOvercommitPermille: 1000 },
    gray: { kinds: ALL_KINDS, cpuOvercommitPermille: 1000 },
    production: { kinds: ALL_KINDS, cpuOvercommitPermille: 1000 },
  },
  shapes: {
    quarter: { cpuMilli: 1000, memoryMib: 2048 },
    half: { cpuMilli: 2000, memoryMib: 4096 },
    standard: { cpuMilli: 4000, memoryMib: 8192 },
    double: { cpuMilli: 8000, memoryMib: 16_384 },
  },
  defaultShape: 'standard',
  privateFirst: true,
  cloud: { mostCentsPerCoreHour: null, mostCentsPerHour: null },
  classes: {},
  movesPerHour: 60,
};

/** Does nothing on a data folder that has both. */
export async function prepareFirstStart({ store, ids, clock }: Context): Promise<void> {
  await store.tx(async (tx) => {
    const now = clock.now();
    const isNew = await ensureCluster(tx, ids.next(), now);
    if (isNew) await appendEvent(tx, { at: now, actor: 'firn', kind: 'server.first-start', subjectType: 'server', subjectId: 'server', subject: 'server', message: 'this cluster begins' });
    if (!(await hasPolicy(tx))) await insertPolicy(tx, { version: 1, record: FIRST_POLICY, createdBy: 'firn', createdAt: now, why: 'the policy to start from' });
  });
}
