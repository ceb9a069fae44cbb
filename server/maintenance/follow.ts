// How far maintenance is, replica by replica, from the desired state and what hosts say: who waits, whose successor starts, who moved, who stays and why.
// Pure but for what it is handed; writes nothing.
import type { Replica, Snapshot } from '#scheduler/model.ts';
import type { DrainTargets } from '#scheduler/maintenance/targets.ts';
import type { MaintenanceHostRow, MaintenanceReplicaRow, MaintenanceRow } from '../db/maintenance.ts';
import type { Present } from '../control/present.ts';

export interface Followed {
  readonly present: Present;
  readonly now: number;
  readonly serves: (replica: Replica) => boolean;
  /** When the last move of a replica was given up, for those that rest. */
  readonly givenUp: ReadonlyMap<string, number>;
  readonly restMs: number;
  readonly nameOf: (replica: Replica) => string;
  /** The last move of each replica that was not given up, by the replica that left: a quick one begins and ends between two looks. */
  readonly moves: ReadonlyMap<string, { readonly successorId: string; readonly begunAt: number; readonly endedAt: number | null }>;
}

const changed = (row: MaintenanceReplicaRow, next: Partial<MaintenanceReplicaRow>, now: number): MaintenanceReplicaRow => {
  const after = { ...row, ...next };
  return after.state === row.state && after.reason === row.reason ? after : { ...after, since: after.state === row.state ? row.since : now };
};

/** The row as it is now; the same object where nothing changed. */
export function followReplica(row: MaintenanceReplicaRow, followed: Followed): MaintenanceReplicaRow {
  const next = nowOf(row, followed);
  return JSON.stringify(next) === JSON.stringify(row) ? row : next;
}

function nowOf(row: MaintenanceReplicaRow, followed: Followed): MaintenanceReplicaRow {
  if (row.state === 'returning') return followBack(row, followed);
  if (row.state !== 'waiting' && row.state !== 'starting' && row.state !== 'stopped') return row;
  const { present, now, serves, nameOf, moves } = followed;
  const move = moves.get(row.replicaId);
  const group = present.base.replicasOf.get(row.workloadId) ?? [];
  const hostName = (id: string | null) => present.base.hosts[present.base.hostIndex.get(id ?? '') ?? -1]?.name ?? id;
  const own = group.find(({ id }) => id === row.replicaId);
  const to = (replica: Replica) => ({ successorId: replica.id, successor: nameOf(replica), toHostId: replica.hostId, toHost: hostName(replica.hostId), reservedHostId: null, begunAt: row.begunAt ?? move?.begunAt ?? now });
  if (own !== undefined && own.hostId === row.fromHostId) {
    const heir = group.find(({ successor }) => successor?.replaces === own.id);
    if (heir !== undefined) return changed(row, { ...to(heir), state: 'starting', reason: '' }, now);
    return changed(row, { state: 'waiting', reason: whyWaits(row, followed), ...(row.state === 'waiting' ? {} : { successorId: null, successor: null, toHostId: null, toHost: null, begunAt: null }) }, now);
  }
  if (own !== undefined && own.hostId === null) return changed(row, { state: 'stopped', reason: 'it waits for room elsewhere', reservedHostId: null, successorId: own.id, successor: nameOf(own) }, now);
  // It stopped first, by force or since there was no room for both; or its host was lost.
  if (own !== undefined) return changed(row, serves(own) ? { ...to(own), state: 'moved', reason: '', movedAt: now } : { ...to(own), state: 'starting', reason: 'it stopped here first' }, now);
  const heir = group.find(({ id }) => id === (move?.successorId ?? row.successorId));
  if (heir !== undefined) return changed(row, { ...to(heir), state: 'moved', reason: '', movedAt: move?.endedAt ?? now }, now);
  return changed(row, { state: 'stopped', reason: group.length === 0 ? 'its workload gave its capacity back' : 'fewer of it are needed', reservedHostId: null }, now);
}

function whyWaits({ replicaId }: MaintenanceReplicaRow, { givenUp, now, restMs }: Followed): string {
  const failedAt = givenUp.get(replicaId);
  return failedAt === undefined || failedAt + restMs <= now ? '' : `its successor did not serve: it is tried again at ${new Date(failedAt + restMs).toISOString()}`;
}

function followBack(row: MaintenanceReplicaRow, { present, now, serves, nameOf, moves }: Followed): MaintenanceReplicaRow {
  const group = present.base.replicasOf.get(row.workloadId) ?? [];
  const own = group.find(({ id }) => id === (row.successorId ?? row.replicaId));
  if (own === undefined) {
    const heirId = moves.get(row.successorId ?? row.replicaId)?.successorId;
    const there = group.find(({ id, hostId }) => id === heirId && hostId === row.fromHostId);
    return there === undefined ? changed(row, { state: 'moved', reason: 'it is gone since' }, now) : changed(row, { state: 'returned', reason: '', successorId: there.id, successor: nameOf(there) }, now);
  }
  return own.hostId === row.fromHostId && serves(own) ? changed(row, { state: 'returned', reason: '' }, now) : row;
}

/** Rows with the room that is kept for them now; what cannot leave says why. */
export function withTargets(rows: readonly MaintenanceReplicaRow[], { targets, blockers }: DrainTargets, sentenceOf: (workloadId: string) => string | undefined, now: number): MaintenanceReplicaRow[] {
  const target = new Map(targets.map(({ replica, hostId }) => [replica.id, hostId]));
  const stuck = new Set(blockers.flatMap(({ replicas }) => replicas.map(({ id }) => id)));
  return rows.map((row) => {
    if (row.state !== 'waiting') return row;
    const reservedHostId = target.get(row.replicaId) ?? null;
    const reason = stuck.has(row.replicaId) ? (sentenceOf(row.workloadId) ?? row.reason) : row.reason;
    return reservedHostId === row.reservedHostId && reason === row.reason ? row : changed(row, { reservedHostId, reason }, now);
  });
}

/** A host as it is now: emptied, gone, or given back by somebody. */
export function followHost(host: MaintenanceHostRow, { hosts, replicas }: Snapshot, now: number): MaintenanceHostRow {
  if (host.state !== 'draining' && host.state !== 'drained') return host;
  const known = hosts.find(({ id }) => id === host.hostId);
  if (known === undefined) return { ...host, state: 'gone' };
  if (known.draining !== true) return { ...host, state: 'given-back' };
  const isEmpty = !replicas.some(({ hostId }) => hostId === host.hostId);
  if (isEmpty === (host.state === 'drained')) return host;
  return isEmpty ? { ...host, state: 'drained', drainedAt: now } : { ...host, state: 'draining', drainedAt: null };
}

/** What the whole is, from its parts. `blocked`: something is left, and nothing of it can move now. */
export function stateOf(hosts: readonly MaintenanceHostRow[], rows: readonly MaintenanceReplicaRow[], targets: DrainTargets): Extract<MaintenanceRow['state'], 'draining' | 'blocked' | 'drained'> {
  if (hosts.every(({ state }) => state !== 'draining')) return 'drained';
  const moves = rows.some(({ state }) => state === 'starting') || targets.underWay.length > 0 || targets.targets.length > 0;
  return moves || targets.blockers.length === 0 ? 'draining' : 'blocked';
}
