// What the governor let pass, what it holds, and its limits.
import { and, desc, eq, gt, inArray, lt, ne, or } from 'drizzle-orm';
import { GovernorSettings } from '../http/contract/verdicts.ts';
import { governorHolds, governorPassed, governorSettings } from './schema/verdicts.ts';
import type { Reader, Tx } from './store.ts';

export type HoldRow = typeof governorHolds.$inferSelect;
export type PassedRow = typeof governorPassed.$inferSelect;
const ONLY = 'governor';

export async function readGovernorSettings({ db }: Reader): Promise<{ settings: GovernorSettings; updatedBy: string | null; updatedAt: number | null }> {
  const [row] = await db.select().from(governorSettings).where(eq(governorSettings.id, ONLY));
  return { settings: GovernorSettings.parse(row?.settings ?? {}), updatedBy: row?.updatedBy ?? null, updatedAt: row?.updatedAt ?? null };
}

export async function putGovernorSettings(tx: Tx, settings: GovernorSettings, updatedBy: string, updatedAt: number): Promise<void> {
  const row = { settings, updatedBy, updatedAt };
  await tx.db.insert(governorSettings).values({ id: ONLY, ...row }).onConflictDoUpdate({ target: governorSettings.id, set: row });
  tx.changed('governor');
}

/** What one action was let do since the instant. */
export async function passedSince({ db }: Reader, action: PassedRow['action'], since: number): Promise<PassedRow[]> {
  return await db.select().from(governorPassed).where(and(eq(governorPassed.action, action), gt(governorPassed.at, since)));
}

export async function insertPassed(tx: Tx, rows: readonly PassedRow[]): Promise<void> {
  for (const row of rows) await tx.db.insert(governorPassed).values(row);
}

/** Drops what no window counts any more. */
export async function dropOldPassed(tx: Tx, instant: number): Promise<void> {
  await tx.db.delete(governorPassed).where(lt(governorPassed.at, instant));
}

/** Newest first. */
export async function listHolds({ db }: Reader, { state, limit }: { readonly state: 'held' | 'all'; readonly limit: number }): Promise<HoldRow[]> {
  return await db.select().from(governorHolds).where(state === 'all' ? undefined : eq(governorHolds.state, 'held')).orderBy(desc(governorHolds.since), desc(governorHolds.id)).limit(limit);
}

/** What holds now, and what people decided since the instant: both keep on counting for the hosts that they name. */
export async function holdsInForce({ db }: Reader, action: HoldRow['action'], since: number): Promise<HoldRow[]> {
  return await db.select().from(governorHolds).where(and(eq(governorHolds.action, action), or(eq(governorHolds.state, 'held'), and(inArray(governorHolds.state, ['released', 'declined']), gt(governorHolds.decidedAt, since)))));
}

export async function findHold({ db }: Reader, id: string): Promise<HoldRow | undefined> {
  const [row] = await db.select().from(governorHolds).where(eq(governorHolds.id, id));
  return row;
}

export async function insertHold(tx: Tx, row: HoldRow): Promise<void> {
  await tx.db.insert(governorHolds).values(row);
  tx.changed('governor', row.id);
}

export async function updateHold(tx: Tx, id: string, change: Partial<Omit<HoldRow, 'id'>>): Promise<void> {
  await tx.db.update(governorHolds).set(change).where(eq(governorHolds.id, id));
  tx.changed('governor', id);
}

/** Drops holds that ended before the instant. */
export async function dropOldHolds(tx: Tx, instant: number): Promise<void> {
  await tx.db.delete(governorHolds).where(and(ne(governorHolds.state, 'held'), lt(governorHolds.since, instant)));
}
