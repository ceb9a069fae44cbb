// From what hosts say to what is held true: verdicts on hosts, events when a container goes wrong, addresses whose container is gone,
// successors that serve.
// Writes host_status and the ledger's ends, never the desired state: hearing from a host changes no revision.
import type { ObservedReplica } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { type AddressRow, closeAddress, holdAddresses, lettingGo, quarantineEnded } from '../db/addresses.ts';
import { assignmentOf } from '../db/assignments.ts';
import { appendEvent } from '../db/events.ts';
import { dropOldHolds, dropOldPassed, listHolds } from '../db/governor.ts';
import { hostById } from '../db/hosts.ts';
import { type HostStatusRow, putHostStatus } from '../db/host-status.ts';
import { replicaById } from '../db/replicas.ts';
import type { Tx } from '../db/store.ts';
import { workloadById, workloadName } from '../db/workloads.ts';
import type { Loop } from './driver.ts';
import type { ObservedHost } from './fleet.ts';
import { type KnownSuccessors, watchSuccessors } from './moves.ts';
import { replicaName } from './names.ts';
import { endHold } from './governor.ts';
import { giveVerdicts, type VerdictMemory } from './verdicts.ts';

/** Fine enough that a lost host is noticed well within its lease's half. */
const EVERY_MS = 500;
/** Every look is at all hosts: what many of them say within this time is looked at together. Nothing is gathered in a small fleet. */
const MOST_REST_MS = 250;
const HOSTS_PER_REST_MS = 20;
/** Agents that lost the server for long come back within their longest back-off, 10 s in older ones: nobody is lost before that after a start. */
const RETURN_MS = 12_000;
/** However many come back, this is the end of the grace: by then something else is wrong. */
const MOST_GRACE_MS = 120_000;
/** host_status is where the next start begins: it need not be newer than this. Saved by turns, so that a large fleet keeps nobody waiting. */
const SAVE_EVERY_MS = 10_000;
const SAVED_AT_ONCE = 500;
/** Time lines and what the governor counted are kept for long; what is older goes now and then. */
const PRUNE_EVERY_MS = 3_600_000;
const KEEP_MS = 90 * 86_400_000;
const KEEP_PASSED_MS = 2 * 86_400_000;
const HOLD_STANDS_MS = 86_400_000;
/** Figures that move all the time need not be drawn more often. */
const USAGE_EVERY_MS = 2_000;
/** States that people hear about, and what follows them. */
const TROUBLE: readonly ObservedReplica['state'][] = ['unhealthy', 'restarting', 'exited', 'failed'];

export function observeLoop(context: Context): Loop {
  const { fleet, clock, config } = context;
  // A server that knows no host yet was not away from any.
  const isNew = fleet.size === 0;
  const memory: Memory = { graceUntil: isNew ? clock.now() : clock.now() + config.leaseMs + RETURN_MS, startedAt: clock.now(), back: 0, cameBackAt: Number.NEGATIVE_INFINITY, ranAt: clock.now(), savedAt: clock.now(), unsaved: [], troubled: new Map(), verdicts: { holdId: null, heldIds: '', isLoaded: false }, prunedAt: clock.now(), successors: new Map(), used: new Set(), usageAt: 0 };
  return {
    name: 'observe',
    everyMs: Math.min(EVERY_MS, Math.floor(config.leaseMs / 8)),
    restMs: () => Math.min(MOST_REST_MS, Math.floor(fleet.size / HOSTS_PER_REST_MS)),
    run: async () => {
      const now = clock.now();
      // Where this process itself stood still, silence says nothing about the hosts.
      if (now - memory.ranAt > config.leaseMs / 2) memory.graceUntil = Math.max(memory.graceUntil, now + config.leaseMs);
      extendGrace(context, memory, now);
      const quarantineSince = memory.ranAt;
      memory.ranAt = now;
      const { held } = await giveVerdicts(context, memory.verdicts, { now, graceUntil: memory.graceUntil });
      await context.chronicle.flush(context.store);
      const reporting = fleet.takeReporting();
      await announceTrouble(context, memory, reporting, now);
      await closeLetGo(context, now);
      await watchSuccessors(context, memory.successors);
      if (await context.store.read((reader) => quarantineEnded(reader, quarantineSince, now))) {
        fleet.touch();
        context.loops.wake('planner');
      }
      await save(context, memory, now);
      if (now - memory.prunedAt >= PRUNE_EVERY_MS) {
        memory.prunedAt = now;
        await pruneGovernor(context, now);
        await context.chronicle.prune(context.store, now);
      }
      publishUsage(context, memory, reporting, now);
      return describe(context, held, now < memory.graceUntil);
    },
  };
}

/** A server that starts again hears from a large fleet one after the other: while some still come back, nobody is lost. */
function extendGrace({ fleet, config }: Context, memory: Memory, now: number): void {
  if (now > memory.startedAt + MOST_GRACE_MS || now >= memory.graceUntil) return;
  let back = 0;
  for (const { lastSeenAt, reportedAt } of fleet.all()) if (reportedAt !== null || (lastSeenAt ?? 0) > memory.startedAt) back += 1;
  if (back > memory.back) memory.cameBackAt = now;
  memory.back = back;
  if (back < fleet.size && now - memory.cameBackAt <= config.leaseMs) memory.graceUntil = Math.max(memory.graceUntil, now + config.leaseMs);
}

async function save({ fleet, store }: Context, memory: Memory, now: number): Promise<void> {
  if (memory.unsaved.length === 0 && now - memory.savedAt >= SAVE_EVERY_MS) {
    memory.savedAt = now;
    memory.unsaved = [...fleet.all()].map(({ hostId }) => hostId);
  }
  const rows = memory.unsaved.splice(0, SAVED_AT_ONCE).flatMap((id) => fleet.get(id) ?? []).map(statusRow);
  if (rows.length > 0) await store.tx((tx) => putHostStatus(tx, rows));
}

interface Memory {
  graceUntil: number;
  readonly startedAt: number;
  /** Hosts heard since then, and when the number rose last. */
  back: number;
  cameBackAt: number;
  ranAt: number;
  savedAt: number;
  /** Hosts whose turn to be saved comes. */
  unsaved: string[];
  readonly verdicts: VerdictMemory;
  prunedAt: number;
  readonly successors: KnownSuccessors;
  /** Hosts whose usage is newer than what was told at `usageAt`. */
  readonly used: Set<string>;
  usageAt: number;
  /** Replicas whose trouble has been told, with the state that was told. */
  readonly troubled: Map<string, string>;
}

function describe({ fleet, connections }: Context, held: number, isGrace: boolean): string {
  let lost = 0;
  for (const { state } of fleet.all()) if (state === 'lost') lost += 1;
  const parts = [`${connections.count} of ${fleet.size} hosts connected${lost > 0 ? `, ${lost} lost` : ''}`];
  if (held > 0) parts.push(`${held} silent hosts are not called lost: so many at once wait for a person (firn governor)`);
  if (isGrace) parts.push('no host is called lost yet, since this server was away itself');
  return parts.join('; ');
}

const statusRow = (host: ObservedHost): HostStatusRow => {
  const { hostId, state, reason, since, lastSeenAt, reportedGeneration, facts } = host;
  return { hostId, state, reason, since, lastSeenAt, reportedGeneration, facts };
};

async function pruneGovernor(context: Context, now: number): Promise<void> {
  await context.store.tx(async (tx) => {
    await dropOldPassed(tx, now - KEEP_PASSED_MS);
    await dropOldHolds(tx, now - KEEP_MS);
    // Whoever wanted it asks again as long as it wants it; losses are looked at all the time.
    for (const { id, action, since } of await listHolds(tx, { state: 'held', limit: 200 })) if (action !== 'replace' && now - since > HOLD_STANDS_MS) await endHold(context, tx, id, 'nobody decided for a day');
  });
}

function publishUsage({ bus }: Context, memory: Memory, hostIds: readonly string[], now: number): void {
  for (const hostId of hostIds) memory.used.add(hostId);
  if (memory.used.size === 0 || now - memory.usageAt < USAGE_EVERY_MS) return;
  bus.publish({ topic: 'usage', ids: [...memory.used] });
  memory.used.clear();
  memory.usageAt = now;
}

/** One event when a container goes wrong and one when it is well again, not one per report. */
async function announceTrouble(context: Context, memory: Memory, hostIds: readonly string[], now: number): Promise<void> {
  const news: ObservedReplica[] = [];
  for (const hostId of hostIds) {
    for (const replica of context.fleet.get(hostId)?.replicas.values() ?? []) {
      const told = memory.troubled.get(replica.id);
      const isTrouble = TROUBLE.includes(replica.state);
      if (isTrouble ? told !== replica.state : told !== undefined && replica.state === 'running') news.push(replica);
    }
  }
  if (news.length === 0) return;
  await context.store.tx(async (tx) => {
    for (const observed of news) {
      const row = await replicaById(tx, observed.id);
      const workload = row === undefined ? undefined : await workloadById(tx, row.workloadId);
      if (row === undefined || workload === undefined) continue;
      const name = replicaName(workload, row.ordinal);
      const message = observed.state === 'running' ? `${name} runs again` : `${name} is ${observed.state}${observed.outOfMemory === true ? ' (out of memory)' : ''}`;
      await appendEvent(tx, { at: now, actor: 'firn', kind: `replica.${observed.state}`, subjectType: 'replica', subjectId: row.id, subject: name, team: workload.team, message, why: observed.reason ?? null });
    }
  });
  for (const { id, state } of news) {
    if (state === 'running') memory.troubled.delete(id);
    else memory.troubled.set(id, state);
  }
}

/** Ends the holdings of containers that their host says are gone; a replica that moved with its address takes it over now. */
async function closeLetGo(context: Context, now: number): Promise<void> {
  const open = await context.store.read(lettingGo);
  if (open.length === 0) return;
  const gone: AddressRow[] = [];
  for (const row of open) if (await isGone(context, row)) gone.push(row);
  if (gone.length === 0) return;
  await context.store.tx(async (tx) => {
    for (const row of gone) await endHolding(context, tx, row, now);
    tx.afterCommit(() => {
      for (const row of gone) context.fleet.get(row.hostId)?.vanished.delete(row.replicaId);
      context.fleet.touch();
      context.loops.wake('dispatch');
    });
  });
}

async function endHolding({ ids, config }: Context, tx: Tx, row: AddressRow, now: number): Promise<void> {
  const replica = await replicaById(tx, row.replicaId);
  const target = replica?.address === row.address && replica.hostId !== null && replica.hostId !== row.hostId ? await hostById(tx, replica.hostId) : undefined;
  await closeAddress(tx, row, now, target === undefined ? now + config.quarantineMs : null);
  if (target === undefined) return;
  const workload = await workloadById(tx, replica!.workloadId);
  const holding = {
    id: ids.next(),
    networkId: row.networkId,
    address: row.address,
    replicaId: row.replicaId,
    replica: row.replica,
    workload: workload === undefined ? row.workload : workloadName(workload),
    hostId: target.id,
    host: target.name,
    heldFrom: now,
  };
  await holdAddresses(tx, [holding]);
  // It may start there now.
  tx.changed('hosts', target.id);
}

/**
 * Whether the host's own word proves that the container is gone: it has the assignment that lacks it, does not list it with this address, and
 * either finds nothing left to do or listed it before.
 */
async function isGone({ fleet, store }: Context, row: AddressRow): Promise<boolean> {
  const host = fleet.get(row.hostId);
  if (host === undefined || host.report === null || host.state === 'lost') return false;
  const observed = host.replicas.get(row.replicaId);
  if (observed !== undefined && (observed.address === undefined || observed.address === row.address)) return false;
  const assignment = await store.read((reader) => assignmentOf(reader, row.hostId));
  if (assignment === undefined || host.report.generation < assignment.generation) return false;
  if (assignment.replicas.some(({ id, address }) => id === row.replicaId && address === row.address)) return false;
  return host.report.converged || host.vanished.has(row.replicaId) || observed !== undefined;
}
