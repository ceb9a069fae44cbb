// Signals from outside and their values in steps: minutes at first, ten minutes when they are old. The only writer of both tables.
import { and, asc, eq, gte, inArray, lt, sql } from 'drizzle-orm';
import { signals, signalValues } from './schema/market.ts';
import type { Reader, Tx } from './store.ts';

export type SignalRow = typeof signals.$inferSelect;
export interface SignalStep {
  readonly at: number;
  readonly stepSeconds: number;
  readonly value: number;
}

const MINUTE_MS = 60_000;
const TEN_MS = 600_000;
/** Old minutes that one turn puts together. */
const FOLDED_AT_ONCE = 5_000;

/** By name. */
export async function listSignals({ db }: Reader): Promise<SignalRow[]> {
  return await db.select().from(signals).orderBy(asc(signals.name));
}

export async function findSignal({ db }: Reader, name: string): Promise<SignalRow | undefined> {
  const [row] = await db.select().from(signals).where(eq(signals.name, name));
  return row;
}

export async function putSignal(tx: Tx, row: SignalRow): Promise<void> {
  const { id: _, createdAt: __, createdBy: ___, ...rest } = row;
  await tx.db.insert(signals).values(row).onConflictDoUpdate({ target: signals.id, set: rest });
  tx.changed('signals', row.id);
}

export async function deleteSignal(tx: Tx, id: string): Promise<void> {
  await tx.db.delete(signalValues).where(eq(signalValues.signalId, id));
  await tx.db.delete(signals).where(eq(signals.id, id));
  tx.changed('signals', id);
}

/** Adds values to their minutes. @returns how many minutes changed */
export async function addSignalValues(tx: Tx, signalId: string, values: readonly { readonly at: number; readonly value: number }[]): Promise<number> {
  const minutes = Map.groupBy(values, ({ at }) => Math.floor(at / MINUTE_MS) * MINUTE_MS);
  for (const [at, list] of minutes) {
    const numbers = list.map(({ value }) => value);
    await tx.db
      .insert(signalValues)
      .values({ signalId, at, stepSeconds: 60, sum: numbers.reduce((sum, value) => sum + value, 0), most: Math.max(...numbers), count: numbers.length })
      .onConflictDoUpdate({ target: [signalValues.signalId, signalValues.at], set: { sum: sql`${signalValues.sum} + excluded.sum`, most: sql`max(${signalValues.most}, excluded.most)`, count: sql`${signalValues.count} + excluded.count` } });
  }
  tx.changed('signals', signalId);
  return minutes.size;
}

/** The values of a signal between two instants, in order. */
export async function signalSteps({ db }: Reader, { id, combine }: SignalRow, from: number, to: number): Promise<SignalStep[]> {
  const rows = await db.select().from(signalValues).where(and(eq(signalValues.signalId, id), gte(signalValues.at, from), lt(signalValues.at, to))).orderBy(asc(signalValues.at));
  return rows.map(({ at, stepSeconds, sum, most, count }) => ({ at, stepSeconds, value: combine === 'max' ? most : combine === 'sum' ? (sum * 60) / stepSeconds : sum / count }));
}

/** Puts minutes before an instant together, ten to one, and drops what is before another. @returns rows that went */
export async function thinSignalValues(tx: Tx, minutesBefore: number, dropBefore: number): Promise<number> {
  await tx.db.delete(signalValues).where(lt(signalValues.at, dropBefore));
  const old = await tx.db.select().from(signalValues).where(and(eq(signalValues.stepSeconds, 60), lt(signalValues.at, Math.floor(minutesBefore / TEN_MS) * TEN_MS))).orderBy(asc(signalValues.at)).limit(FOLDED_AT_ONCE);
  const groups = Map.groupBy(old, ({ signalId, at }) => `${signalId} ${Math.floor(at / TEN_MS)}`);
  for (const rows of groups.values()) {
    const first = rows[0]!;
    const at = Math.floor(first.at / TEN_MS) * TEN_MS;
    await tx.db.delete(signalValues).where(and(eq(signalValues.signalId, first.signalId), inArray(signalValues.at, rows.map((row) => row.at))));
    const folded = { signalId: first.signalId, at, stepSeconds: 600, sum: sumOf(rows, 'sum'), most: Math.max(...rows.map(({ most }) => most)), count: sumOf(rows, 'count') };
    await tx.db.insert(signalValues).values(folded).onConflictDoUpdate({ target: [signalValues.signalId, signalValues.at], set: { sum: sql`${signalValues.sum} + excluded.sum`, most: sql`max(${signalValues.most}, excluded.most)`, count: sql`${signalValues.count} + excluded.count` } });
  }
  return old.length - groups.size;
}

const sumOf = (rows: readonly { readonly sum: number; readonly count: number }[], field: 'sum' | 'count'): number => rows.reduce((sum, row) => sum + row[field], 0);
