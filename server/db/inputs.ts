// The inputs of stored decisions, packed: chains that begin with a whole snapshot and go on with what changed. A chain is dropped whole.
import { and, asc, eq, lte, sql } from 'drizzle-orm';
import { plans } from './schema/desired.ts';
import { inputs } from './schema/proposals.ts';
import type { Reader, Tx } from './store.ts';

export type InputRow = typeof inputs.$inferSelect;

export async function insertInput(tx: Tx, row: InputRow): Promise<void> {
  await tx.db.insert(inputs).values(row);
}

export async function inputOf({ db }: Reader, planId: string): Promise<InputRow | undefined> {
  const [row] = await db.select().from(inputs).where(eq(inputs.planId, planId));
  return row;
}

/** Everything that the record of a plan is made from: its chain from the whole snapshot up to itself. */
export async function chainUpTo({ db }: Reader, { chainId, place }: InputRow): Promise<InputRow[]> {
  return await db.select().from(inputs).where(and(eq(inputs.chainId, chainId), lte(inputs.place, place))).orderBy(asc(inputs.place));
}

/** Keeps what the plan is proven to be, packed. */
export async function putProof(tx: Tx, planId: string, proof: Buffer): Promise<void> {
  await tx.db.update(inputs).set({ proof }).where(eq(inputs.planId, planId));
  tx.changed('plans', planId);
}

/** Drops chains of which no plan is kept any more. @returns how many records */
export async function dropOldInputs(tx: Tx): Promise<number> {
  const kept = tx.db.selectDistinct({ chainId: inputs.chainId }).from(inputs).innerJoin(plans, eq(plans.id, inputs.planId));
  const rows = await tx.db.delete(inputs).where(sql`${inputs.chainId} not in ${kept}`).returning({ planId: inputs.planId });
  return rows.length;
}
