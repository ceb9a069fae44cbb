// What people decided about what agents found: one row a host and thing.
import { and, eq, inArray } from 'drizzle-orm';
import { upkeepOrders } from './schema/upkeep.ts';
import type { Reader, Tx } from './store.ts';

export type UpkeepOrderRow = typeof upkeepOrders.$inferSelect;

/** @param hostIds absent: of all hosts */
export async function listUpkeepOrders({ db }: Reader, hostIds?: readonly string[]): Promise<UpkeepOrderRow[]> {
  return await db.select().from(upkeepOrders).where(hostIds === undefined ? undefined : inArray(upkeepOrders.hostId, [...hostIds]));
}

/** Takes the place of an earlier decision about the same thing. */
export async function putUpkeepOrder(tx: Tx, row: UpkeepOrderRow): Promise<void> {
  await dropUpkeepOrder(tx, row);
  await tx.db.insert(upkeepOrders).values(row);
}

export async function dropUpkeepOrder(tx: Tx, { hostId, kind, subjectId }: Pick<UpkeepOrderRow, 'hostId' | 'kind' | 'subjectId'>): Promise<void> {
  await tx.db.delete(upkeepOrders).where(and(eq(upkeepOrders.hostId, hostId), eq(upkeepOrders.kind, kind), eq(upkeepOrders.subjectId, subjectId)));
  tx.changed('orphans', hostId);
  tx.changed('hosts', hostId);
}
