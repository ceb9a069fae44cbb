// Announced surges: when somebody says that demand will be higher. Made and ended early, never changed otherwise.
import { desc, eq, gte, lt } from 'drizzle-orm';
import { surges } from './schema/market.ts';
import type { Reader, Tx } from './store.ts';

export type SurgeRow = typeof surges.$inferSelect;

/** Those that end after an instant, or all of them: newest first. */
export async function listSurges({ db }: Reader, { endingAfter, limit = 200 }: { readonly endingAfter?: number; readonly limit?: number } = {}): Promise<SurgeRow[]> {
  return await db.select().from(surges).where(endingAfter === undefined ? undefined : gte(surges.to, endingAfter)).orderBy(desc(surges.from)).limit(limit);
}

export async function surgeById({ db }: Reader, id: string): Promise<SurgeRow | undefined> {
  const [row] = await db.select().from(surges).where(eq(surges.id, id));
  return row;
}

export async function insertSurge(tx: Tx, row: SurgeRow): Promise<void> {
  await tx.db.insert(surges).values(row);
  tx.changed('market', row.id);
}

export async function endSurge(tx: Tx, id: string, to: number, endedBy: string): Promise<void> {
  await tx.db.update(surges).set({ to, endedBy }).where(eq(surges.id, id));
  tx.changed('market', id);
}

export async function dropOldSurges(tx: Tx, before: number): Promise<void> {
  await tx.db.delete(surges).where(lt(surges.to, before));
}
