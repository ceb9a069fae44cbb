// Drills as they were asked for, how far they are, and their reports. The only writer of their table.
import { deflateSync, inflateSync } from 'node:zlib';
import { asc, desc, eq, inArray, lt } from 'drizzle-orm';
import type { DrillReport } from '../http/contract/drill.ts';
import { drills } from './schema/market.ts';
import type { Reader, Tx } from './store.ts';

export type DrillRow = typeof drills.$inferSelect;
/** Without its report, which is large. */
export type DrillHead = Omit<DrillRow, 'report'>;
export type DrillState = DrillRow['state'];

const HEAD = {
  id: drills.id,
  title: drills.title,
  state: drills.state,
  stateReason: drills.stateReason,
  stateSaid: drills.stateSaid,
  progressPermille: drills.progressPermille,
  phase: drills.phase,
  ask: drills.ask,
  workloads: drills.workloads,
  totals: drills.totals,
  verdict: drills.verdict,
  createdBy: drills.createdBy,
  createdAt: drills.createdAt,
  endedAt: drills.endedAt,
};

/** Newest first. */
export async function listDrills({ db }: Reader, { limit, after }: { readonly limit: number; readonly after?: string | undefined }): Promise<DrillHead[]> {
  return await db.select(HEAD).from(drills).where(after === undefined ? undefined : lt(drills.id, after)).orderBy(desc(drills.id)).limit(limit);
}

/** Oldest first. */
export async function drillsIn({ db }: Reader, states: readonly DrillState[]): Promise<DrillHead[]> {
  return await db.select(HEAD).from(drills).where(inArray(drills.state, [...states])).orderBy(asc(drills.id));
}

export async function drillById({ db }: Reader, id: string): Promise<DrillRow | undefined> {
  const [row] = await db.select().from(drills).where(eq(drills.id, id));
  return row;
}

export async function insertDrill(tx: Tx, row: DrillRow): Promise<void> {
  await tx.db.insert(drills).values(row);
  tx.changed('drills', row.id);
}

export async function updateDrill(tx: Tx, id: string, change: Partial<Omit<DrillRow, 'id'>>): Promise<void> {
  await tx.db.update(drills).set(change).where(eq(drills.id, id));
  tx.changed('drills', id);
}

/** Drops the oldest ended drills beyond `keep`. */
export async function dropOldDrills(tx: Tx, keep: number): Promise<void> {
  const old = await tx.db.select({ id: drills.id }).from(drills).where(inArray(drills.state, ['done', 'failed', 'cancelled'])).orderBy(desc(drills.id)).limit(1_000).offset(keep);
  if (old.length > 0) await tx.db.delete(drills).where(inArray(drills.id, old.map(({ id }) => id)));
}

export const packReport = (report: DrillReport): Buffer => deflateSync(JSON.stringify(report));
export const unpackReport = (packed: Uint8Array): DrillReport => JSON.parse(inflateSync(packed).toString('utf8')) as DrillReport;
