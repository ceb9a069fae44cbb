// Pools of cloud VMs that could be bought. What-if and buying read them; no plan does, so they do not raise the revision.
import type { Pool } from '#scheduler/model.ts';
import { asc, eq } from 'drizzle-orm';
import { pools } from './schema/proposals.ts';
import type { Reader, Tx } from './store.ts';

export type PoolRow = typeof pools.$inferSelect;

/** The pool as the scheduler takes it. */
export function poolOf({ cpuMilli, memoryMib, mostHosts, ...row }: PoolRow): Pool {
  return { ...row, capacity: { cpuMilli, memoryMib }, limit: mostHosts };
}

/** By name. */
export async function listPools({ db }: Reader): Promise<PoolRow[]> {
  return await db.select().from(pools).orderBy(asc(pools.name));
}

export async function poolByName({ db }: Reader, name: string): Promise<PoolRow | undefined> {
  const [row] = await db.select().from(pools).where(eq(pools.name, name));
  return row;
}

/** Writes a pool, in place of the one with this id. */
export async function putPool(tx: Tx, row: PoolRow): Promise<void> {
  const { id: _id, ...rest } = row;
  await tx.db.insert(pools).values(row).onConflictDoUpdate({ target: pools.id, set: rest });
  tx.changed('pools', row.id);
}

export async function deletePool(tx: Tx, id: string): Promise<void> {
  await tx.db.delete(pools).where(eq(pools.id, id));
  tx.changed('pools', id);
}
