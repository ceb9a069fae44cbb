// Packed history of figures: the only writer of metric_chunks.
import { and, asc, eq, gte, inArray, lt, lte, sql } from 'drizzle-orm';
import { placeholders, preparedChange } from './prepared.ts';
import { metricChunks } from './schema/metrics.ts';
import type { Reader, Tx } from './store.ts';

export type ChunkRow = typeof metricChunks.$inferSelect;

const putRow = preparedChange((db) => db.insert(metricChunks).values(placeholders(metricChunks)).onConflictDoUpdate({ target: [metricChunks.step, metricChunks.subject, metricChunks.start], set: { data: sql`excluded.data`, isFolded: sql`excluded.is_folded` } }).prepare());

/** Writes stretches, in place of what was known of them. */
export async function putChunks(tx: Tx, rows: readonly ChunkRow[]): Promise<void> {
  for (const row of rows) await putRow(tx, row);
}

/** Stretches that begin from `from` to `to` (milliseconds since 1970), in order. @param subject null: of all; step: in milliseconds */
export async function chunksBetween({ db }: Reader, subject: string | null, stepMs: number, from: number, to: number): Promise<ChunkRow[]> {
  return await db
    .select()
    .from(metricChunks)
    .where(and(eq(metricChunks.step, stepMs / 1000), subject === null ? undefined : eq(metricChunks.subject, subject), gte(metricChunks.start, from / 1000), lte(metricChunks.start, to / 1000)))
    .orderBy(asc(metricChunks.start));
}

/** Stretches of a step that were not put together yet and begin at `to` (seconds since 1970) or earlier, oldest first. */
export async function unfoldedSubjects({ db }: Reader, step: number, to: number, limit: number): Promise<ChunkRow[]> {
  return await db.select().from(metricChunks).where(and(eq(metricChunks.step, step), eq(metricChunks.isFolded, false), lte(metricChunks.start, to))).orderBy(asc(metricChunks.start)).limit(limit);
}

export async function markFolded(tx: Tx, { step, subject, start }: ChunkRow): Promise<void> {
  await tx.db.update(metricChunks).set({ isFolded: true }).where(and(eq(metricChunks.step, step), eq(metricChunks.subject, subject), eq(metricChunks.start, start)));
}

/** Drops stretches of a step that begin before an instant (seconds since 1970), a thousand at most. */
export async function dropChunks(tx: Tx, step: number, before: number): Promise<void> {
  const old = await tx.db.select({ subject: metricChunks.subject, start: metricChunks.start }).from(metricChunks).where(and(eq(metricChunks.step, step), lt(metricChunks.start, before))).limit(1_000);
  for (const [start, rows] of Map.groupBy(old, (row) => row.start)) await tx.db.delete(metricChunks).where(and(eq(metricChunks.step, step), eq(metricChunks.start, start), inArray(metricChunks.subject, rows.map(({ subject }) => subject))));
}
