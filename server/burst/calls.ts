// Calls of hooks for VMs: one at a time for each VM, never waited for by the loop, with longer and longer waits while they fail. What a hook says goes
// into memory; what must outlive the process (a route that stands) goes into the row. The loop is woken when a call ends.
import { agentUrlOf } from '../fleet/join-command.ts';
import { randomBytes } from 'node:crypto';
import type { CallAction, Machine } from '#scheduler/burst/model.ts';
import type { Context } from '../context.ts';
import { hashOf } from '../fleet/join.ts';
import { type BurstVmRow, findVm, updateVm } from '../db/burst-vms.ts';
import { readCluster } from '../db/cluster.ts';
import { insertJoinToken } from '../db/join-tokens.ts';
import { callHook, type Called } from './call-hook.ts';
import { HOOK_VERSION, type HookAsk, type HookMachine } from './hook-contract.ts';
import { type Hook, readHooks } from './hooks.ts';
import { type VmMemory, vmMemory } from './memory.ts';

/** One call; bringing a machine up may take many. */
const CALL_MS = 60_000;
/** Between two questions about a machine that nobody is in a hurry for. */
const POLL_MS = 3_000;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

/** What cloud machines of this cluster are marked with, so that they are found again. */
export const markOf = (clusterId: string): string => `firn-${clusterId}`;

/** Begins a call, unless one is under way or the last one failed a moment ago. */
export function beginCall(context: Context, row: BurstVmRow, action: CallAction): void {
  const memory = vmMemory(context.burst, row.id);
  const now = context.clock.now();
  if (memory.call !== null || now < memory.notBefore || (action === 'describe' && now - memory.askedAt < POLL_MS)) return;
  memory.askedAt = now;
  memory.call = { action, done: callToEnd(context, row, action, memory) };
}

async function callToEnd(context: Context, row: BurstVmRow, action: CallAction, memory: VmMemory): Promise<void> {
  // What is begun is written down first: `memory.call` stands before anything is done.
  await Promise.resolve();
  try {
    await perform(context, row, action, memory);
  } catch (error) {
    context.log.error({ err: error, vm: row.name, action }, 'burst.call-failed');
    fail(memory, action, error instanceof Error ? error.message : String(error), false, context.clock.now());
  } finally {
    memory.call = null;
    context.loops.wake('burst');
  }
}

async function perform(context: Context, row: BurstVmRow, action: CallAction, memory: VmMemory): Promise<void> {
  const hook = await findHook(context, row.terms.hook);
  const ask = await askOf(context, row, action);
  const called = await callHook(hook, ask, CALL_MS);
  note(context, hook.name, action, called);
  const now = context.clock.now();
  if (called.kind === 'failed') return fail(memory, action, called.message, false, now);
  const { answer } = called;
  if (!answer.ok) return fail(memory, action, answer.error, !answer.retry, now);
  memory.failure = null;
  memory.notBefore = Number.NEGATIVE_INFINITY;
  if ('machine' in answer) memory.machine = machineOf(answer.machine);
  else if (action === 'route-add' || action === 'route-remove') await setRoute(context, row.id, action === 'route-add' ? 'added' : 'removed');
}

function fail(memory: VmMemory, action: CallAction, message: string, isFinal: boolean, now: number): void {
  const times = memory.failure?.action === action ? memory.failure.times + 1 : 1;
  memory.failure = { action, message, isFinal, times };
  memory.notBefore = now + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (times - 1));
  // Nobody knows what it did.
  if (action === 'create') memory.machine = { kind: 'unknown' };
}

export function note({ burst, clock }: Pick<Context, 'burst' | 'clock'>, hook: string, action: HookAsk['action'], called: Called<HookAsk['action']>): void {
  const outcome = called.kind === 'failed' ? called.message : called.answer.ok ? 'answered' : called.answer.error;
  burst.hooks.set(hook, { action, at: clock.now(), seconds: called.seconds, outcome: outcome.slice(0, 500) });
}

/** A hook that is not configured any more is called all the same, and fails with the reason. */
async function findHook({ config }: Context, name: string): Promise<Hook> {
  const { items, problem } = await readHooks(config.provisioners);
  return items.find((each) => each.name === name) ?? { name, command: ['/nonexistent'], env: {}, problem: problem ?? "it is not in the server's configuration any more" };
}

async function askOf(context: Context, row: BurstVmRow, action: CallAction): Promise<HookAsk> {
  const { id: clusterId } = await context.store.read(readCluster);
  const common = { version: HOOK_VERSION, cluster: clusterId, mark: markOf(clusterId), requestId: row.id, name: row.name, pool: row.pool, site: row.terms.site, options: { ...row.terms.options } } as const;
  if (action !== 'create') return { ...common, action, providerId: row.providerId, address: row.address, containerCidr: row.containerCidr };
  return { ...common, action, shape: row.terms.bought, containerCidr: row.containerCidr, join: await makeToken(context, row) };
}

type JoinAsk = Extract<HookAsk, { action: 'create' }>['join'];

/** A token for this machine only: it brings the range that the router is asked to route to it. Only its hash stays. */
async function makeToken({ store, ids, clock, config, authority }: Context, { id: vmId, name, pool, terms, containerCidr }: BurstVmRow): Promise<JoinAsk> {
  const token = `firnjoin_${randomBytes(24).toString('base64url')}`;
  const now = clock.now();
  const expiresAt = now + terms.provisionMs + terms.joinMs;
  const { site, costCentsPerHour, performance, stability, labels, taints, environments } = terms;
  await store.tx(async (tx) => {
    const row = await findVm(tx, vmId);
    if (row === undefined) return;
    const id = ids.next();
    await insertJoinToken(tx, { id, tokenHash: hashOf(token), terms: { kind: 'cloud-vm', site, rack: `pool-${pool}`, mode: 'routed', dns: [], costCentsPerHour, performance, stability, labels, taints, environments, containerCidr }, createdBy: `burst ${name}`, createdAt: now, expiresAt, usedBy: null });
    await updateVm(tx, row, { ...row, tokenIds: [...row.tokenIds, id] }, 'firn', now);
  });
  const server = agentUrlOf(config);
  const caSha256 = /^(https|wss):/.test(server) ? (await authority.own()).sha256 : undefined;
  const env = { FIRN_JOIN_TOKEN: token, FIRN_AGENT_SERVER: server, FIRN_AGENT_NAME: name, FIRN_AGENT_CONTAINER_CIDR: containerCidr, ...(caSha256 === undefined ? {} : { FIRN_AGENT_CA_SHA256: caSha256 }) };
  return { env, server, token, expiresAt: new Date(expiresAt).toISOString(), ...(caSha256 === undefined ? {} : { caSha256 }) };
}

async function setRoute({ store, clock }: Context, vmId: string, route: BurstVmRow['route']): Promise<void> {
  await store.tx(async (tx) => {
    const row = await findVm(tx, vmId);
    if (row !== undefined) await updateVm(tx, row, { ...row, route }, 'firn', clock.now());
  });
}

function machineOf(machine: HookMachine | null): Machine {
  if (machine === null) return { kind: 'absent' };
  const { state, providerId, address, cpuMilli, memoryMib, billedFrom } = machine;
  return { kind: 'present', state, providerId, address, shape: cpuMilli === undefined || memoryMib === undefined ? null : { cpuMilli, memoryMib }, billedFrom: billedFrom === undefined ? null : Date.parse(billedFrom) };
}
