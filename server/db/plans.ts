// Plans as they were made, and what came of them.
import { and, desc, eq, inArray, lt, ne, sql } from 'drizzle-orm';
import { UnavailableError } from '../errors.ts';
import { plans, type PlanState } from './schema/desired.ts';
import type { Reader, Tx } from './store.ts';

export type PlanRow = typeof plans.$inferSelect;
export type { PlanState } from './schema/desired.ts';

/** Newest first. One whose body is damaged is left out: the others can still be read, and asking for it says what it is. */
export async function listPlans({ db }: Reader, { limit, after }: { readonly limit: number; readonly after?: string | undefined }): Promise<PlanRow[]> {
  const isWhole = sql`json_valid(${plans.body})`;
  return await db.select().from(plans).where(and(after === undefined ? undefined : lt(plans.id, after), isWhole)).orderBy(desc(plans.id)).limit(limit);
}

/** @throws UnavailableError `plan-damaged` when what is stored is no plan any more */
export async function planById({ db }: Reader, id: string): Promise<PlanRow | undefined> {
  try {
    const [row] = await db.select().from(plans).where(eq(plans.id, id));
    return row;
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof Error && error.cause instanceof SyntaxError)) throw error;
    throw new UnavailableError('plan-damaged', `The stored plan ${id} is damaged: it is no JSON.`);
  }
}

/** The plan that led to a revision, if one did. */
export async function planOfRevision({ db }: Reader, revision: number): Promise<Pick<PlanRow, 'id' | 'state' | 'hostStates'> | undefined> {
  const [row] = await db.select({ id: plans.id, state: plans.state, hostStates: plans.hostStates }).from(plans).where(and(eq(plans.revision, revision), eq(plans.parent, revision - 1))).orderBy(desc(plans.id)).limit(1);
  return row;
}

export async function insertPlan(tx: Tx, row: PlanRow): Promise<void> {
  await tx.db.insert(plans).values(row);
  tx.changed('plans', row.id);
}

export interface Outcome {
  readonly state: PlanState;
  readonly appliedAt?: number;
  readonly revision?: number;
  readonly refused?: Record<string, string>;
}

/** Records what came of a proposed plan. */
export async function settlePlan(tx: Tx, id: string, outcome: Outcome): Promise<void> {
  await tx.db.update(plans).set(outcome).where(eq(plans.id, id));
  tx.changed('plans', id);
}

/** Marks proposals whose parent no longer stands. @returns how many */
export async function markStale(tx: Tx, revision: number): Promise<number> {
  const rows = await tx.db.update(plans).set({ state: 'stale' }).where(and(eq(plans.state, 'proposed'), ne(plans.parent, revision))).returning({ id: plans.id });
  if (rows.length > 0) tx.changed('plans', ...rows.map(({ id }) => id));
  return rows.length;
}

/** Drops the oldest plans beyond `keep`. @returns how many */
export async function dropOldPlans(tx: Tx, keep: number): Promise<number> {
  const old = await tx.db.select({ id: plans.id }).from(plans).orderBy(desc(plans.id)).limit(1000).offset(keep);
  if (old.length > 0) await tx.db.delete(plans).where(inArray(plans.id, old.map(({ id }) => id)));
  return old.length;
}
