// Containers that should run, and where: changed only by applying a plan, and where a lost host can no longer hand an address over.
import type { Replica, Successor } from '#scheduler/model.ts';
import { asc, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import { bumpRevision } from './cluster.ts';
import { inList, listed, placeholders, preparedInserts, preparedRows } from './prepared.ts';
import { replicas } from './schema/desired.ts';
import type { Reader, Tx } from './store.ts';
import { chunks, ROWS_PER_STATEMENT } from './workloads.ts';

export type ReplicaRow = typeof replicas.$inferSelect;

/** The replica as the scheduler takes it. @param stateOf what observation says of a successor; without it, that it starts */
export function replicaOf(row: ReplicaRow, stateOf: (row: ReplicaRow) => Successor['state'] = () => 'starting'): Replica {
  const { id, workloadId, ordinal, cpuMilli, memoryMib, releaseId, hostId, address, replaces } = row;
  return { id, workloadId, ordinal, shape: { cpuMilli, memoryMib }, releaseId, hostId, address, ...(replaces === null ? {} : { successor: { replaces, state: stateOf(row) } }) };
}

/** Successors that start or serve beside the replica that they will replace. */
export async function listSuccessors({ db }: Reader): Promise<ReplicaRow[]> {
  const rows = await db.select().from(replicas).where(isNotNull(replicas.replaces));
  // Ordered here: asked for rows by id, SQLite would look through all replicas instead of the few in the index.
  return rows.sort((one, other) => (one.id < other.id ? -1 : 1));
}

export async function listReplicas({ db }: Reader): Promise<ReplicaRow[]> {
  return await db.select().from(replicas).orderBy(asc(replicas.workloadId), asc(replicas.ordinal));
}

export async function replicasOfHost({ db }: Reader, hostId: string): Promise<ReplicaRow[]> {
  return await db.select().from(replicas).where(eq(replicas.hostId, hostId)).orderBy(asc(replicas.id));
}

const onHosts = preparedRows((db) => db.select().from(replicas).where(inList(replicas.hostId, 'ids')).prepare());

export async function replicasOfHosts(reader: Reader, hostIds: readonly string[]): Promise<ReplicaRow[]> {
  return await onHosts(reader, { ids: listed(hostIds) });
}

export async function replicasOfWorkloads({ db }: Reader, workloadIds: readonly string[]): Promise<ReplicaRow[]> {
  const found: ReplicaRow[] = [];
  for (const chunk of chunks(workloadIds, ROWS_PER_STATEMENT)) found.push(...(await db.select().from(replicas).where(inArray(replicas.workloadId, chunk)).orderBy(asc(replicas.ordinal))));
  return found;
}

export async function replicaById({ db }: Reader, id: string): Promise<ReplicaRow | undefined> {
  const [row] = await db.select().from(replicas).where(eq(replicas.id, id));
  return row;
}

const putRows = preparedInserts(replicas, (db) => {
  const set = { cpuMilli: sql`excluded.cpu_milli`, memoryMib: sql`excluded.memory_mib`, releaseId: sql`excluded.release_id`, hostId: sql`excluded.host_id`, address: sql`excluded.address`, replaces: sql`excluded.replaces` };
  return db.insert(replicas).values(placeholders(replicas)).onConflictDoUpdate({ target: replicas.id, set });
});

/** Records replicas as a plan leaves them. Those that have an address must not meet one that still has it: stops and waits come first. */
export async function putReplicas(tx: Tx, list: readonly Replica[], now: number): Promise<void> {
  if (list.length === 0) return;
  await bumpRevision(tx, { replicas: { put: list } });
  await putRows(tx, list.map(({ id, workloadId, ordinal, shape, releaseId, hostId, address, successor }): ReplicaRow => ({ id, workloadId, ordinal, ...shape, releaseId, hostId, address, createdAt: now, replaces: successor?.replaces ?? null })));
  tx.changed('services');
}

/** Removes replicas. A successor of one of them is an ordinary replica from then on. */
export async function deleteReplicas(tx: Tx, list: readonly Pick<Replica, 'id' | 'workloadId'>[]): Promise<void> {
  if (list.length === 0) return;
  await bumpRevision(tx, { replicas: { removed: list } });
  const ids = list.map(({ id }) => id);
  for (const chunk of chunks(ids, ROWS_PER_STATEMENT)) await tx.db.update(replicas).set({ replaces: null }).where(inArray(replicas.replaces, chunk));
  for (const chunk of chunks(ids, ROWS_PER_STATEMENT)) await tx.db.delete(replicas).where(inArray(replicas.id, chunk));
  tx.changed('services');
}
