// Shifts of traffic between sites, from the draft to the last step.
import { desc, eq, inArray } from 'drizzle-orm';
import type { ShiftState } from '../http/contract/sites.ts';
import { shifts } from './schema/sites.ts';
import type { Reader, Tx } from './store.ts';

export type ShiftRow = typeof shifts.$inferSelect;
/** States in which a shift says what weights are in force. */
export const STEERING: readonly ShiftState[] = ['applying', 'paused'];

/** The newest first. */
export async function listShifts({ db }: Reader, limit: number): Promise<ShiftRow[]> {
  return await db.select().from(shifts).orderBy(desc(shifts.id)).limit(limit);
}

export async function shiftsIn({ db }: Reader, states: readonly ShiftState[]): Promise<ShiftRow[]> {
  return await db.select().from(shifts).where(inArray(shifts.state, [...states])).orderBy(desc(shifts.id));
}

export async function shiftById({ db }: Reader, id: string): Promise<ShiftRow | undefined> {
  const [row] = await db.select().from(shifts).where(eq(shifts.id, id));
  return row;
}

export async function insertShift(tx: Tx, row: ShiftRow): Promise<void> {
  await tx.db.insert(shifts).values(row);
  tx.changed('shifts', row.id);
}

export async function updateShift(tx: Tx, id: string, change: Partial<Omit<ShiftRow, 'id'>>): Promise<void> {
  await tx.db.update(shifts).set(change).where(eq(shifts.id, id));
  tx.changed('shifts', id);
}
