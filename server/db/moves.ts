// Moves of serving replicas, from the step that begins one to what came of it.
import { and, asc, count, eq, gt, inArray, isNull, lt } from 'drizzle-orm';
import { moves } from './schema.ts';
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
