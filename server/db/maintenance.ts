// Maintenance: what is emptied, its hosts, its replicas on their way, and what keeps workloads from leaving. Room that is kept for successors, and that a
// host is forced, go into snapshots: where they change, the revision does.
import { and, asc, desc, eq, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import type { KeptRoom } from '#scheduler/model.ts';
import { bumpRevision } from './cluster.ts';
import { maintenanceBlockers, maintenanceHosts, maintenanceReplicas, maintenances } from './schema/maintenance.ts';
import type { Reader, Tx } from './store.ts';
import { chunks, ROWS_PER_STATEMENT } from './workloads.ts';

export type MaintenanceRow = typeof maintenances.$inferSelect;
export type MaintenanceHostRow = typeof maintenanceHosts.$inferSelect;
export type MaintenanceReplicaRow = typeof maintenanceReplicas.$inferSelect;
export type MaintenanceBlockerRow = typeof maintenanceBlockers.$inferSelect;
export type { MaintenanceTarget } from './schema/maintenance.ts';

const HELD = ['draining', 'drained'] as const;

export async function insertMaintenance(tx: Tx, row: MaintenanceRow): Promise<void> {
  await tx.db.insert(maintenances).values(row);
  tx.changed('maintenance', row.id);
}

/** The revision goes further where hosts begin to be forced. */
export async function updateMaintenance(tx: Tx, id: string, change: Partial<MaintenanceRow>): Promise<void> {
  await tx.db.update(maintenances).set(change).where(eq(maintenances.id, id));
  if ('forced' in change) await bumpRevision(tx);
  tx.changed('maintenance', id);
}

export async function maintenanceById({ db }: Reader, id: string): Promise<MaintenanceRow | undefined> {
  const [row] = await db.select().from(maintenances).where(eq(maintenances.id, id));
  return row;
}

/** Newest first: ids rise with time. */
export async function listMaintenances({ db }: Reader, { open, limit, after }: { readonly open?: boolean | undefined; readonly limit: number; readonly after?: string | undefined }): Promise<MaintenanceRow[]> {
  const ofState = open === undefined ? undefined : open ? isNull(maintenances.finishedAt) : isNotNull(maintenances.finishedAt);
  return await db.select().from(maintenances).where(and(ofState, after === undefined ? undefined : lt(maintenances.id, after))).orderBy(desc(maintenances.id)).limit(limit);
}

/** Those that are planned or under way, oldest first. */
export async function openMaintenances({ db }: Reader): Promise<MaintenanceRow[]> {
  return await db.select().from(maintenances).where(isNull(maintenances.finishedAt)).orderBy(asc(maintenances.id));
}

export async function maintenancesById({ db }: Reader, ids: readonly string[]): Promise<MaintenanceRow[]> {
  return ids.length === 0 ? [] : await db.select().from(maintenances).where(inArray(maintenances.id, [...ids])).orderBy(asc(maintenances.id));
}

export async function hostsOfMaintenances({ db }: Reader, ids: readonly string[]): Promise<MaintenanceHostRow[]> {
  return ids.length === 0 ? [] : await db.select().from(maintenanceHosts).where(inArray(maintenanceHosts.maintenanceId, [...ids])).orderBy(asc(maintenanceHosts.host));
}

/** Hosts that are emptied now, or empty and held so. */
export async function heldHosts({ db }: Reader): Promise<MaintenanceHostRow[]> {
  return await db.select().from(maintenanceHosts).where(inArray(maintenanceHosts.state, [...HELD])).orderBy(asc(maintenanceHosts.host));
}

export async function putMaintenanceHost(tx: Tx, row: MaintenanceHostRow): Promise<void> {
  const { state, drainedAt } = row;
  await tx.db.insert(maintenanceHosts).values(row).onConflictDoUpdate({ target: [maintenanceHosts.maintenanceId, maintenanceHosts.hostId], set: { state, drainedAt } });
  tx.changed('maintenance', row.maintenanceId);
}

export async function replicasOfMaintenances({ db }: Reader, ids: readonly string[]): Promise<MaintenanceReplicaRow[]> {
  return ids.length === 0 ? [] : await db.select().from(maintenanceReplicas).where(inArray(maintenanceReplicas.maintenanceId, [...ids])).orderBy(asc(maintenanceReplicas.workload), asc(maintenanceReplicas.replica), asc(maintenanceReplicas.replicaId));
}

/** Rows of finished maintenance that still come to something: on their way, or on their way back. */
export async function maintenancesWithMoves({ db }: Reader): Promise<string[]> {
  const rows = await db.selectDistinct({ id: maintenanceReplicas.maintenanceId }).from(maintenanceReplicas).where(inArray(maintenanceReplicas.state, ['starting', 'returning']));
  return rows.map(({ id }) => id);
}

/** Every row that tells of a replica, whether it left or took over. */
export async function maintenanceOfReplica({ db }: Reader, replicaId: string): Promise<MaintenanceReplicaRow[]> {
  return await db.select().from(maintenanceReplicas).where(or(eq(maintenanceReplicas.replicaId, replicaId), eq(maintenanceReplicas.successorId, replicaId))).orderBy(asc(maintenanceReplicas.maintenanceId));
}

/** Records replicas as they are now; the revision goes further where room begins to be kept for one, or elsewhere. */
export async function putMaintenanceReplicas(tx: Tx, rows: readonly MaintenanceReplicaRow[], { revises }: { readonly revises: boolean }): Promise<void> {
  if (rows.length === 0) return;
  const taken = (name: string) => sql.raw(`excluded.${name}`);
  const set = { state: taken('state'), since: taken('since'), reason: taken('reason'), reservedHostId: taken('reserved_host_id'), successorId: taken('successor_id'), successor: taken('successor'), toHostId: taken('to_host_id'), toHost: taken('to_host'), begunAt: taken('begun_at'), movedAt: taken('moved_at') };
  for (const chunk of chunks(rows, ROWS_PER_STATEMENT)) await tx.db.insert(maintenanceReplicas).values(chunk).onConflictDoUpdate({ target: [maintenanceReplicas.maintenanceId, maintenanceReplicas.replicaId], set });
  if (revises) await bumpRevision(tx);
  tx.changed('maintenance', ...new Set(rows.map(({ maintenanceId }) => maintenanceId)));
}

/** Room that hosts keep for successors, by host id. */
export async function keptRooms({ db }: Reader): Promise<Map<string, KeptRoom[]>> {
  const rows = await db.select({ hostId: maintenanceReplicas.reservedHostId, workloadId: maintenanceReplicas.workloadId, replicaId: maintenanceReplicas.replicaId }).from(maintenanceReplicas).where(isNotNull(maintenanceReplicas.reservedHostId)).orderBy(asc(maintenanceReplicas.replicaId));
  const kept = new Map<string, KeptRoom[]>();
  for (const { hostId, workloadId, replicaId } of rows) kept.set(hostId!, [...(kept.get(hostId!) ?? []), { workloadId, replicaId }]);
  return kept;
}

/** Ids of hosts that are emptied without waiting for successors. */
export async function forcedHosts({ db }: Reader): Promise<Set<string>> {
  const rows = await db
    .select({ hostId: maintenanceHosts.hostId })
    .from(maintenanceHosts)
    .innerJoin(maintenances, eq(maintenances.id, maintenanceHosts.maintenanceId))
    .where(and(inArray(maintenanceHosts.state, [...HELD]), isNotNull(maintenances.forced), isNull(maintenances.finishedAt)));
  return new Set(rows.map(({ hostId }) => hostId));
}

/** Replicas that are to go back to where they were, oldest record first. */
export async function returningReplicas({ db }: Reader): Promise<MaintenanceReplicaRow[]> {
  return await db.select().from(maintenanceReplicas).where(eq(maintenanceReplicas.state, 'returning')).orderBy(asc(maintenanceReplicas.maintenanceId), asc(maintenanceReplicas.replicaId));
}

export async function blockersOfMaintenances({ db }: Reader, ids: readonly string[]): Promise<MaintenanceBlockerRow[]> {
  return ids.length === 0 ? [] : await db.select().from(maintenanceBlockers).where(inArray(maintenanceBlockers.maintenanceId, [...ids])).orderBy(asc(maintenanceBlockers.since), asc(maintenanceBlockers.workloadId));
}

/** The blockers as they are now, in place of those before. */
export async function replaceBlockers(tx: Tx, maintenanceId: string, rows: readonly MaintenanceBlockerRow[]): Promise<void> {
  await tx.db.delete(maintenanceBlockers).where(eq(maintenanceBlockers.maintenanceId, maintenanceId));
  for (const chunk of chunks(rows, ROWS_PER_STATEMENT)) await tx.db.insert(maintenanceBlockers).values(chunk);
  tx.changed('maintenance', maintenanceId);
}

/** What was found to help, where the blocker is still the one that was asked about. */
export async function putHelp(tx: Tx, { maintenanceId, workloadId, since }: MaintenanceBlockerRow, help: NonNullable<MaintenanceBlockerRow['help']>): Promise<void> {
  await tx.db.update(maintenanceBlockers).set({ help }).where(and(eq(maintenanceBlockers.maintenanceId, maintenanceId), eq(maintenanceBlockers.workloadId, workloadId), eq(maintenanceBlockers.since, since)));
  tx.changed('maintenance', maintenanceId);
}

/** Drops what ended before the instant, with its rows. @returns how many */
export async function dropOldMaintenances(tx: Tx, before: number): Promise<number> {
  const old = (await tx.db.select({ id: maintenances.id }).from(maintenances).where(lt(maintenances.finishedAt, before)).limit(500)).map(({ id }) => id);
  for (const chunk of chunks(old, ROWS_PER_STATEMENT)) {
    await tx.db.delete(maintenanceBlockers).where(inArray(maintenanceBlockers.maintenanceId, chunk));
    await tx.db.delete(maintenanceReplicas).where(inArray(maintenanceReplicas.maintenanceId, chunk));
    await tx.db.delete(maintenanceHosts).where(inArray(maintenanceHosts.maintenanceId, chunk));
    await tx.db.delete(maintenances).where(inArray(maintenances.id, chunk));
  }
  return old.length;
}
