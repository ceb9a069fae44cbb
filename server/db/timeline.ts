// Time lines of hosts: what was held true of each and why, and what happened to it. Rows are only added, and dropped by age and number.
import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { placeholders, preparedChange } from './prepared.ts';
import { hostTimeline } from './schema/verdicts.ts';
import type { Reader, Tx } from './store.ts';

export type TimelineRow = typeof hostTimeline.$inferSelect;
export type { WitnessRow } from './schema/verdicts.ts';
export type NewTimelineEntry = Pick<TimelineRow, 'hostId' | 'at' | 'kind' | 'grounds'> & Partial<Pick<TimelineRow, 'state' | 'witnesses' | 'by'>>;

const append = preparedChange((db) => db.insert(hostTimeline).values(placeholders(hostTimeline)).prepare());

export async function appendTimeline(tx: Tx, { state = null, witnesses = [], by = 'firn', ...entry }: NewTimelineEntry): Promise<void> {
  await append(tx, { id: null, ...entry, state, witnesses, by });
}

/** Newest first. */
export async function listTimeline({ db }: Reader, filter: { readonly hostId: string; readonly kind?: TimelineRow['kind'] | undefined; readonly before?: number | undefined; readonly limit: number }): Promise<TimelineRow[]> {
  const { hostId, kind, before, limit } = filter;
  return await db
    .select()
    .from(hostTimeline)
    .where(and(eq(hostTimeline.hostId, hostId), kind === undefined ? undefined : eq(hostTimeline.kind, kind), before === undefined ? undefined : lt(hostTimeline.id, before)))
    .orderBy(desc(hostTimeline.id))
    .limit(limit);
}

/** The newest verdict of a host; undefined: none is kept. */
export async function newestVerdict({ db }: Reader, hostId: string): Promise<TimelineRow | undefined> {
  const [row] = await db.select().from(hostTimeline).where(and(eq(hostTimeline.hostId, hostId), eq(hostTimeline.kind, 'verdict'))).orderBy(desc(hostTimeline.id)).limit(1);
  return row;
}

/** Drops what is older than the instant, and of each host all but its newest rows. @returns how many */
export async function dropOldTimeline(tx: Tx, instant: number, keepEach: number): Promise<number> {
  const byAge = await tx.db.delete(hostTimeline).where(lt(hostTimeline.at, instant)).returning({ id: hostTimeline.id });
  const crowded = await tx.db.select({ hostId: hostTimeline.hostId }).from(hostTimeline).groupBy(hostTimeline.hostId).having(sql`count(*) > ${keepEach}`);
  let dropped = byAge.length;
  for (const { hostId } of crowded) {
    const [oldest] = await tx.db.select({ id: hostTimeline.id }).from(hostTimeline).where(eq(hostTimeline.hostId, hostId)).orderBy(desc(hostTimeline.id)).limit(1).offset(keepEach - 1);
    if (oldest === undefined) continue;
    dropped += (await tx.db.delete(hostTimeline).where(and(eq(hostTimeline.hostId, hostId), lt(hostTimeline.id, oldest.id))).returning({ id: hostTimeline.id })).length;
  }
  return dropped;
}

export async function deleteTimeline(tx: Tx, hostId: string): Promise<void> {
  await tx.db.delete(hostTimeline).where(eq(hostTimeline.hostId, hostId));
}

