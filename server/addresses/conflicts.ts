// What hosts say of addresses that something else answers for: recorded once, told with both MACs, and the replica gets another address by a
// plan of one step on its own host. While a conflict is open, nobody is given the address. Ends when its host asks again and nothing answers,
// when people say so, or a day after it was seen last.
import type { AddressConflict } from '#agents/protocol.ts';
import type { Plan, Replica } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import { type ConflictRow, endConflict, insertConflict, openConflicts, updateConflict } from '../db/address-conflicts.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { hostById, type HostRow } from '../db/hosts.ts';
import { networksById } from '../db/networks.ts';
import { insertPlan } from '../db/plans.ts';
import { currentPolicy } from '../db/policies.ts';
import { replicaById, replicaOf, type ReplicaRow } from '../db/replicas.ts';
import type { Tx } from '../db/store.ts';
import { workloadById, workloadName } from '../db/workloads.ts';
import { applyPlan } from '../control/apply.ts';
import type { Loop } from '../control/driver.ts';
import { replicaName } from '../control/names.ts';
import { usesOf } from './network-views.ts';
import { toAddress, toNumber } from './ranges.ts';

const EVERY_MS = 1_000;
/** Whoever had the address may be switched off by then; the next start asks again before it uses it. */
const FORGOTTEN_MS = 86_400_000;
const SEEN_EVERY_MS = 60_000;

interface Found extends AddressConflict {
  readonly hostId: string;
}

export function addressesLoop(context: Context): Loop {
  const { fleet, clock, store } = context;
  return {
    name: 'addresses',
    everyMs: EVERY_MS,
    run: async () => {
      const found: Found[] = [...fleet.all()].flatMap(({ hostId, report }) => (report?.conflicts ?? []).map((conflict) => ({ ...conflict, hostId })));
      const open = await store.read(openConflicts);
      const now = clock.now();
      const known = new Map(open.map((row) => [row.address, row]));
      const fresh = found.filter(({ address }) => !known.has(address));
      for (const conflict of fresh) await record(context, conflict, now);
      const seen = new Set(found.map(({ address }) => address));
      for (const row of open) await follow(context, row, seen.has(row.address), now);
      return open.length + fresh.length === 0 ? 'no address is answered for by anything else' : `${open.length + fresh.length} addresses are answered for by something else`;
    },
  };
}

/** Writes down a new one and gives the replica another address where one is free. */
async function record(context: Context, found: Found, now: number): Promise<void> {
  const { store, ids, log } = context;
  await store.tx(async (tx) => {
    const host = await hostById(tx, found.hostId);
    const replica = await replicaById(tx, found.replicaId);
    const workload = replica === undefined ? undefined : await workloadById(tx, replica.workloadId);
    // What the host says of a replica that went elsewhere meanwhile is past.
    if (host === undefined || replica === undefined || workload === undefined || replica.hostId !== host.id || replica.address !== found.address) return;
    const name = replicaName(workload, replica.ordinal);
    const row: ConflictRow = {
      id: ids.next(), networkId: host.networkId, address: found.address, replicaId: replica.id, replica: name, workload: workloadName(workload), hostId: host.id, host: host.name,
      ownMac: found.ownMac, otherMac: found.otherMac, action: found.running ? 'watched' : 'waits', outcome: found.running ? `${name} runs on, and both answer` : `${name} waits`, foundAt: now, lastSeenAt: now, endedAt: null,
    };
    await insertConflict(tx, row);
    await appendEvent(tx, {
      at: now, actor: 'firn', kind: 'address.conflict', subjectType: 'network', subjectId: host.networkId, subject: found.address, team: workload.team,
      message: `${found.address} of ${name} on ${host.name} is answered for by ${found.otherMac}${found.otherMac === found.ownMac ? ', its own MAC' : ` besides its own ${found.ownMac}`}`,
      why: found.otherMac === found.ownMac ? 'an earlier container of this address may still run on a host that is cut off' : 'something that Firn does not know has this address; exclude it, or take it away',
    });
    if (!found.running) await updateConflict(tx, row, await giveAnother(context, tx, { host, replica, name, found }, now));
    log.warn({ address: found.address, host: host.name, replica: name, ownMac: found.ownMac, otherMac: found.otherMac }, 'address.conflict');
    tx.afterCommit(() => {
      context.loops.wake('dispatch');
      context.loops.wake('planner');
    });
  });
}

/** A plan of one step: the replica stays where it is, with the next free address. */
async function giveAnother(context: Context, tx: Tx, { host, replica, name, found }: { host: HostRow; replica: ReplicaRow; name: string; found: Found }, now: number): Promise<Pick<ConflictRow, 'action' | 'outcome'>> {
  const address = await freeAddress(tx, host, now);
  if (address === undefined) return { action: 'waits', outcome: `${name} waits: its network has no other address left` };
  const { revision } = await readCluster(tx);
  const before: Replica = replicaOf(replica, () => 'starting');
  const totals = { replicas: 0, pending: 0, hostsUsed: 0, cpuMilli: 0, memoryMib: 0, costCentsPerHour: 0 };
  const reason = { code: 'given-up', detail: `${found.address} is answered for by ${found.otherMac}` } as const;
  const plan: Plan = {
    parent: revision, policyVersion: (await currentPolicy(tx)).version, verb: 'heal', sizings: [], unplaced: [], refusals: [], scope: [replica.workloadId], before: totals, after: totals,
    steps: [{ kind: 'move', replica: { ...before, address, hostId: host.id }, fromHostId: host.id, hostId: host.id, address, score: 0, reason }],
  };
  const applied = await applyPlan(context, tx, plan);
  const refusal = applied.refused[replica.id];
  await insertPlan(tx, {
    id: context.ids.next(), parent: revision, verb: plan.verb, state: refusal === undefined ? 'applied' : 'refused', cause: reason.detail, createdBy: 'firn', createdAt: now, appliedAt: now, revision: applied.revision,
    body: plan, names: { [replica.id]: name, [host.id]: host.name }, hostStates: {}, refused: applied.refused, plannedMs: 0,
  });
  return refusal === undefined ? { action: 'given-another', outcome: `${name} has ${address} instead` } : { action: 'waits', outcome: `${name} waits: ${refusal}` };
}

async function freeAddress(tx: Tx, host: HostRow, now: number): Promise<string | undefined> {
  const [network] = await networksById(tx, [host.networkId]);
  if (network === undefined) return undefined;
  const { of } = await usesOf(tx, network, now);
  for (let value = toNumber(network.first); value <= toNumber(network.last); value += 1) if (!of.has(value)) return toAddress(value);
  return undefined;
}

/** Keeps an open one up to date, and ends it when it is over. */
async function follow({ store, fleet, clock, loops }: Context, row: ConflictRow, isSeen: boolean, now: number): Promise<void> {
  if (isSeen) {
    if (now - row.lastSeenAt >= SEEN_EVERY_MS) await store.tx((tx) => updateConflict(tx, row, { lastSeenAt: now }));
    return;
  }
  const host = fleet.get(row.hostId);
  const runs = host?.replicas.get(row.replicaId);
  // Its own host started it there: it asked before, and nothing answered any more.
  const isOver = row.action !== 'given-another' && runs !== undefined && runs.address === row.address && runs.state === 'running';
  if (!isOver && now - row.lastSeenAt < FORGOTTEN_MS) return;
  await store.tx(async (tx) => {
    await endConflict(tx, row, clock.now());
    await appendEvent(tx, { at: now, actor: 'firn', kind: 'address.conflict-ended', subjectType: 'network', subjectId: row.networkId, subject: row.address, message: `${row.address} may be given again`, why: isOver ? 'nothing else answers for it any more' : 'nothing was seen of it for a day' });
    tx.afterCommit(() => loops.wake('planner'));
  });
}
