// Moves of serving replicas, from the step that begins one to what came of it.
import { and, asc, count, desc, eq, gt, inArray, isNull, lt, or } from 'drizzle-orm';
import { moves } from './schema/desired.ts';
import type { Reader, Tx } from './store.ts';
import { chunks, ROWS_PER_STATEMENT } from './workloads.ts';

export type MoveRow = typeof moves.$inferSelect;

/** How many began after the instant, whatever came of them. */
export async function countMovesBegun({ db }: Reader, since: number): Promise<number> {
  const [row] = await db.select({ begun: count() }).from(moves).where(gt(moves.begunAt, since));
  return row?.begun ?? 0;
}

export async function listMovesUnderWay({ db }: Reader): Promise<MoveRow[]> {
  return await db.select().from(moves).where(isNull(moves.endedAt)).orderBy(asc(moves.begunAt), asc(moves.id));
}

/** Replicas of which a move was given up after the instant. */
export async function movesGivenUp({ db }: Reader, since: number): Promise<string[]> {
  const rows = await db.selectDistinct({ replicaId: moves.replicaId }).from(moves).where(and(eq(moves.outcome, 'given-up'), gt(moves.endedAt, since))).orderBy(asc(moves.replicaId));
  return rows.map(({ replicaId }) => replicaId);
}

export async function insertMovesBegun(tx: Tx, rows: readonly Omit<MoveRow, 'endedAt' | 'outcome'>[]): Promise<void> {
  for (const chunk of chunks(rows, ROWS_PER_STATEMENT)) await tx.db.insert(moves).values(chunk);
}

export async function endMoves(tx: Tx, ids: readonly string[], outcome: NonNullable<MoveRow['outcome']>, now: number): Promise<void> {
  for (const chunk of chunks(ids, ROWS_PER_STATEMENT)) await tx.db.update(moves).set({ endedAt: now, outcome }).where(inArray(moves.id, chunk));
}

/** Drops moves that began before the instant. @returns how many */
export async function dropOldMoves(tx: Tx, before: number): Promise<number> {
  return (await tx.db.delete(moves).where(lt(moves.begunAt, before)).returning({ id: moves.id })).length;
}

/** Moves away from some hosts that began after the instant or are under way. */
export async function movesFrom({ db }: Reader, hostIds: readonly string[], since: number): Promise<MoveRow[]> {
  if (hostIds.length === 0) return [];
  return await db.select().from(moves).where(and(inArray(moves.fromHostId, [...hostIds]), or(gt(moves.begunAt, since), isNull(moves.endedAt)))).orderBy(asc(moves.begunAt));
}

/** How long the last moves that succeeded took, newest first, in seconds. @param workloadId of this one; undefined: of all */
export async function moveSeconds({ db }: Reader, { workloadId, since, limit }: { readonly workloadId?: string | undefined; readonly since: number; readonly limit: number }): Promise<number[]> {
  const ofWorkload = workloadId === undefined ? undefined : eq(moves.workloadId, workloadId);
  const rows = await db.select({ begunAt: moves.begunAt, endedAt: moves.endedAt }).from(moves).where(and(gt(moves.begunAt, since), eq(moves.outcome, 'succeeded'), ofWorkload)).orderBy(desc(moves.begunAt)).limit(limit);
  return rows.flatMap(({ begunAt, endedAt }) => (endedAt === null ? [] : [(endedAt - begunAt) / 1000]));
}

/** When the last move of each of these replicas was given up, after the instant. */
export async function lastGivenUp({ db }: Reader, since: number): Promise<Map<string, number>> {
  const rows = await db.select({ replicaId: moves.replicaId, endedAt: moves.endedAt }).from(moves).where(and(eq(moves.outcome, 'given-up'), gt(moves.endedAt, since))).orderBy(asc(moves.endedAt));
  return new Map(rows.map(({ replicaId, endedAt }) => [replicaId, endedAt ?? 0]));
}

/** Moves in which a replica left or took over, oldest first. */
export async function movesOfReplicas({ db }: Reader, ids: readonly string[]): Promise<MoveRow[]> {
  if (ids.length === 0) return [];
  return await db.select().from(moves).where(or(inArray(moves.replicaId, [...ids]), inArray(moves.successorId, [...ids]))).orderBy(asc(moves.begunAt));
}

/** Everything that began after the instant, whatever came of it. */
export async function movesBegunSince({ db }: Reader, since: number): Promise<Pick<MoveRow, 'begunAt'>[]> {
  return await db.select({ begunAt: moves.begunAt }).from(moves).where(gt(moves.begunAt, since));
}
