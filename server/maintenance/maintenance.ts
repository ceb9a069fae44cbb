// What people do to maintenance: ask for it, edit it, give it up, end it, force it. Each is one transaction with its event. Draining itself is a wish at
// the host, which the planner carries out; the record says on whose behalf, at which pace and until when, and loop.ts follows it.
import type { DrainTargets } from '#scheduler/maintenance/targets.ts';
import type { Context } from '../context.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { hostById, type HostRow, listHosts, updateHost } from '../db/hosts.ts';
import { heldHosts, hostsOfMaintenances, insertMaintenance, maintenanceById, type MaintenanceHostRow, type MaintenanceReplicaRow, type MaintenanceRow, openMaintenances, putMaintenanceHost, putMaintenanceReplicas, replaceBlockers, replicasOfMaintenances, updateMaintenance } from '../db/maintenance.ts';
import { replicasOfHosts } from '../db/replicas.ts';
import type { Reader, Tx } from '../db/store.ts';
import { listWorkloads, workloadOf } from '../db/workloads.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import type { MaintenanceAsk, MaintenanceEdit, MaintenanceEnd } from '../http/contract/maintenance.ts';
import { blockerRow, hostsIn, scopeText, targetOf, targetsOf } from './targets.ts';
import { replicaName } from '../control/names.ts';
import type { Actor } from '../requests/submit.ts';

/** More than anybody plans. */
const MOST_OPEN = 200;
/** How often a beginning is tried on a desired state that changes meanwhile; then room is kept by the loop a moment later. */
const TRIES = 4;

/** @throws NotFoundError */
export async function requireMaintenance(reader: Reader, id: string): Promise<MaintenanceRow> {
  const row = await maintenanceById(reader, id);
  if (row === undefined) throw new NotFoundError('maintenance-unknown', `There is no maintenance ${id}.`);
  return row;
}

/**
 * Records maintenance, and begins it where it is not for later.
 * @throws InvalidError for hosts and times that cannot be, ConflictError `host-draining` where a host of it is emptied already or will be at that time
 */
export async function askMaintenance(context: Context, actor: Actor, ask: MaintenanceAsk): Promise<MaintenanceRow> {
  const { store, ids, clock } = context;
  const now = clock.now();
  const [startsAt, endsAt] = [ask.startsAt, ask.endsAt].map((instant) => (instant === undefined ? null : Date.parse(instant))) as [number | null, number | null];
  refuseTimes(startsAt, endsAt, now);
  const id = ids.next();
  const isLater = startsAt !== null && startsAt > now;
  await store.tx(async (tx) => {
    const hosts = await listHosts(tx);
    const target = targetOf(ask, hosts);
    const open = await openMaintenances(tx);
    if (open.length >= MOST_OPEN) throw new ConflictError('too-much-maintenance', `There are ${MOST_OPEN} open maintenances already: end or cancel some of them first.`);
    const row: MaintenanceRow = {
      id,
      kind: 'hosts' in target ? (startsAt !== null || endsAt !== null ? 'window' : 'drain') : 'evacuation',
      target,
      why: ask.why,
      state: 'planned',
      stateReason: '',
      movesPerHour: ask.pace.movesPerHour ?? null,
      atOnce: ask.pace.atOnce ?? null,
      startsAt,
      endsAt,
      bringBack: ask.bringBack,
      createdBy: actor.name,
      createdAt: now,
      startedAt: null,
      drainedAt: null,
      finishedAt: null,
      finishedBy: null,
      forced: null,
    };
    await refuseOverlap(tx, row, hosts, open);
    await insertMaintenance(tx, row);
    if (isLater) await tell(context, tx, row, actor.name, 'planned', `${actor.name} planned maintenance of ${scopeText(target)} from ${new Date(startsAt).toISOString()}`, ask.why);
  });
  if (!isLater) await beginMaintenance(context, actor.name, id);
  return await store.read((reader) => requireMaintenance(reader, id));
}

function refuseTimes(startsAt: number | null, endsAt: number | null, now: number): void {
  if (endsAt !== null && endsAt <= Math.max(now, startsAt ?? now)) {
    const allowed = startsAt === null || startsAt <= now ? 'later than now' : 'later than startsAt';
    throw new InvalidError('maintenance-invalid', `endsAt is ${new Date(endsAt).toISOString()}: it must be ${allowed}.`, [{ field: 'endsAt', value: new Date(endsAt).toISOString(), message: 'is too early', allowed }]);
  }
}

/** A host is emptied on one behalf at a time; what has no end overlaps everything behind it. */
async function refuseOverlap(reader: Reader, row: MaintenanceRow, hosts: readonly HostRow[], open: readonly MaintenanceRow[]): Promise<void> {
  const mine = hostsIn(row.target, hosts);
  const from = row.startsAt ?? row.createdAt;
  const held = new Map((await heldHosts(reader)).map((host) => [host.hostId, host.maintenanceId]));
  for (const host of mine) {
    for (const other of open) {
      if (other.id === row.id) continue;
      const isTheirs = other.state === 'planned' ? hostsIn(other.target, hosts).some(({ id }) => id === host.id) : held.get(host.id) === other.id;
      const [begins, ends] = [other.state === 'planned' ? other.startsAt! : 0, other.endsAt ?? Number.POSITIVE_INFINITY];
      if (isTheirs && begins < (row.endsAt ?? Number.POSITIVE_INFINITY) && from < ends) {
        throw new ConflictError('host-draining', `Host ${host.name} is ${other.state === 'planned' ? `to be emptied from ${new Date(begins).toISOString()}` : 'being drained already'}: ${other.why} (maintenance ${other.id}).`);
      }
    }
    // A moment ago somebody drained it, and the loop has not made a record of it yet.
    if (host.drainReason !== null && !held.has(host.id) && from <= row.createdAt) throw new ConflictError('host-draining', `Host ${host.name} is being drained already: ${host.drainReason}.`);
  }
}

/** Drains the hosts of planned maintenance and keeps room for what runs on them, all at once. Does nothing where it has begun. */
export async function beginMaintenance(context: Context, actor: string, id: string): Promise<void> {
  for (let left = TRIES; left >= 0; left -= 1) {
    const present = await context.present.read();
    const known = await context.store.read(async (reader) => ({ row: await maintenanceById(reader, id), hosts: await listHosts(reader) }));
    if (known.row === undefined || known.row.state !== 'planned') return;
    const hostIds = new Set(hostsIn(known.row.target, known.hosts).map((host) => host.id));
    const targets = left === 0 ? undefined : targetsOf(present.snapshot, hostIds);
    const isDone = await context.store.tx(async (tx) => {
      if (targets !== undefined && (await readCluster(tx)).revision !== present.revision) return false;
      await begin(context, tx, { actor, id, targets });
      return true;
    });
    if (isDone) break;
  }
  // The answer says what happens to each replica, so the first steps are taken before it.
  await context.loops.runOnce('planner');
  await context.loops.runOnce('maintenance');
}

async function begin(context: Context, tx: Tx, { actor, id, targets }: { readonly actor: string; readonly id: string; readonly targets: DrainTargets | undefined }): Promise<void> {
  const now = context.clock.now();
  const row = await requireMaintenance(tx, id);
  if (row.state !== 'planned') return;
  const hosts = hostsIn(row.target, await listHosts(tx));
  const held = new Map((await heldHosts(tx)).map((host) => [host.hostId, host]));
  for (const host of hosts) {
    if (held.has(host.id)) continue;
    if (host.drainReason === null) {
      await updateHost(tx, host.id, { drainReason: row.why });
      await appendEvent(tx, { at: now, actor, kind: 'host.draining', subjectType: 'host', subjectId: host.id, subject: host.name, message: `${actor} drains ${host.name}`, why: row.why });
    }
    await putMaintenanceHost(tx, { maintenanceId: id, hostId: host.id, host: host.name, site: host.site, rack: host.rack, state: 'draining', drainedAt: null });
  }
  for (const host of hosts) {
    if (held.has(host.id) || (await replicasOfHosts(tx, [host.id])).length > 0) continue;
    await appendEvent(tx, { at: now, actor: 'firn', kind: 'host.drained', subjectType: 'host', subjectId: host.id, subject: host.name, message: `${host.name} is drained: nothing is to run there`, why: row.why });
  }
  await updateMaintenance(tx, id, { state: 'draining', startedAt: now });
  await putMaintenanceReplicas(tx, await newRows(tx, id, hosts.filter((host) => !held.has(host.id)), targets, now), { revises: true });
  if (targets !== undefined) await replaceBlockers(tx, id, targets.blockers.map((blocker) => blockerRow(id, blocker, undefined, now)));
  if (row.kind !== 'drain') await tell(context, tx, row, actor, 'begun', `maintenance of ${scopeText(row.target)} begins: ${hosts.length} hosts are emptied`, row.why);
}

/** Rows of everything that is on some hosts. */
export async function newRows(reader: Reader, maintenanceId: string, hosts: readonly Pick<HostRow, 'id' | 'name'>[], targets: DrainTargets | undefined, now: number): Promise<MaintenanceReplicaRow[]> {
  const names = new Map(hosts.map(({ id, name }) => [id, name]));
  const target = new Map((targets?.targets ?? []).map(({ replica, hostId }) => [replica.id, hostId]));
  const replicas = await replicasOfHosts(reader, [...names.keys()]);
  if (replicas.length === 0) return [];
  const workloads = new Map((await listWorkloads(reader)).map((row) => [row.id, workloadOf(row)]));
  return replicas.map((replica): MaintenanceReplicaRow => {
    const workload = workloads.get(replica.workloadId);
    return {
      maintenanceId,
      replicaId: replica.id,
      replica: workload === undefined ? replica.id : replicaName(workload, replica.ordinal),
      workloadId: replica.workloadId,
      workload: workload?.name ?? replica.workloadId,
      team: workload?.team ?? '',
      cpuMilli: replica.cpuMilli,
      memoryMib: replica.memoryMib,
      fromHostId: replica.hostId!,
      fromHost: names.get(replica.hostId!)!,
      state: 'waiting',
      since: now,
      reason: '',
      reservedHostId: target.get(replica.id) ?? null,
      successorId: null,
      successor: null,
      toHostId: null,
      toHost: null,
      begunAt: null,
      movedAt: null,
    };
  });
}

/**
 * Gives hosts back: they take replicas again, and what moved comes back where that is wished. What has not moved stays.
 * @throws ConflictError `maintenance-over` when it is over already
 */
export async function endMaintenance(context: Context, actor: string, id: string, { reason, bringBack }: MaintenanceEnd): Promise<void> {
  await context.store.tx(async (tx) => {
    const row = await requireMaintenance(tx, id);
    const refusal = whyNotEnd(row);
    if (refusal !== null) throw new ConflictError('maintenance-over', refusal);
    await finish(context, tx, { row, actor, reason, bringBack: bringBack ?? row.bringBack, hostIds: null });
    tx.afterCommit(() => wake(context));
  });
}

export const whyNotEnd = ({ finishedAt, finishedBy, state }: Pick<MaintenanceRow, 'finishedAt' | 'finishedBy' | 'state'>): string | null => (finishedAt === null ? null : `It is ${state} since ${new Date(finishedAt).toISOString()}, by ${finishedBy}.`);

interface Finish {
  readonly row: MaintenanceRow;
  readonly actor: string;
  readonly reason: string;
  readonly bringBack: boolean;
  /** Hosts that are given back; null: all of them, and the maintenance is over. */
  readonly hostIds: ReadonlySet<string> | null;
}

/** In the transaction of whoever decided it: people, or the time. */
export async function finish(context: Context, tx: Tx, { row, actor, reason, bringBack, hostIds }: Finish): Promise<void> {
  const now = context.clock.now();
  const hosts = (await hostsOfMaintenances(tx, [row.id])).filter((host) => (hostIds === null || hostIds.has(host.hostId)) && (host.state === 'draining' || host.state === 'drained'));
  for (const host of hosts) await giveBack(tx, host, actor, reason, now);
  const given = new Set(hosts.map(({ hostId }) => hostId));
  const rows = (await replicasOfMaintenances(tx, [row.id])).filter(({ fromHostId }) => given.has(fromHostId));
  await putMaintenanceReplicas(tx, rows.flatMap((each): MaintenanceReplicaRow[] => {
    if (each.state === 'waiting') return [{ ...each, state: 'stays', reason: 'the host was given back first', reservedHostId: null, since: now }];
    if (bringBack && each.state === 'moved') return [{ ...each, state: 'returning', reason: '', since: now }];
    return [];
  }), { revises: false });
  if (hostIds !== null && (await hostsOfMaintenances(tx, [row.id])).some(({ state }) => state === 'draining' || state === 'drained')) return;
  await replaceBlockers(tx, row.id, []);
  const state = row.state === 'drained' ? ('ended' as const) : ('cancelled' as const);
  await updateMaintenance(tx, row.id, { state, stateReason: reason, finishedAt: now, finishedBy: actor, bringBack });
  await tell(context, tx, row, actor, state, `${actor} ${state} maintenance of ${scopeText(row.target)}${bringBack ? ': what moved comes back' : ''}`, reason === '' ? row.why : reason);
}

async function giveBack(tx: Tx, host: MaintenanceHostRow, actor: string, reason: string, now: number): Promise<void> {
  await putMaintenanceHost(tx, { ...host, state: 'given-back' });
  const row = await hostById(tx, host.hostId);
  if (row === undefined || row.drainReason === null) return;
  await updateHost(tx, row.id, { drainReason: null });
  await appendEvent(tx, { at: now, actor, kind: 'host.undrained', subjectType: 'host', subjectId: row.id, subject: row.name, message: `${actor} lets ${row.name} take new replicas again`, why: reason === '' ? null : reason });
}

/** @throws ConflictError where it is over or has begun, InvalidError for times that cannot be */
export async function editMaintenance(context: Context, actor: Actor, id: string, edit: MaintenanceEdit): Promise<void> {
  await context.store.tx(async (tx) => {
    const now = context.clock.now();
    const row = await requireMaintenance(tx, id);
    const refusal = whyNotEnd(row);
    if (refusal !== null) throw new ConflictError('maintenance-over', refusal);
    if (edit.startsAt !== undefined && row.state !== 'planned') throw new ConflictError('maintenance-begun', `It began ${new Date(row.startedAt!).toISOString()}: startsAt cannot be changed any more.`);
    const startsAt = edit.startsAt === undefined ? row.startsAt : Date.parse(edit.startsAt);
    const endsAt = edit.endsAt === undefined ? row.endsAt : edit.endsAt === null ? null : Date.parse(edit.endsAt);
    refuseTimes(row.state === 'planned' ? startsAt : null, endsAt, now);
    const change = {
      startsAt,
      endsAt,
      ...(edit.why === undefined ? {} : { why: edit.why }),
      ...(edit.pace === undefined ? {} : { movesPerHour: edit.pace.movesPerHour ?? null, atOnce: edit.pace.atOnce ?? null }),
      ...(edit.bringBack === undefined ? {} : { bringBack: edit.bringBack }),
    };
    await refuseOverlap(tx, { ...row, ...change, createdAt: row.state === 'planned' ? now : row.createdAt }, row.state === 'planned' ? await listHosts(tx) : [], await openMaintenances(tx));
    await updateMaintenance(tx, id, change);
    await tell(context, tx, row, actor.name, 'edited', `${actor.name} edited maintenance of ${scopeText(row.target)}: ${Object.entries(edit).filter(([, value]) => value !== undefined).map(([field]) => field).join(', ')}`, row.why);
    tx.afterCommit(() => wake(context));
  });
}

/** A line of history about maintenance. */
export async function tell({ clock }: Context, tx: Tx, row: Pick<MaintenanceRow, 'id' | 'target'>, actor: string, verb: string, message: string, why: string | null): Promise<void> {
  await appendEvent(tx, { at: clock.now(), actor, kind: `maintenance.${verb}`, subjectType: 'maintenance', subjectId: row.id, subject: scopeText(row.target), message, why });
}

export function wake({ loops }: Context): void {
  for (const loop of ['planner', 'dispatch', 'maintenance'] as const) loops.wake(loop);
}
