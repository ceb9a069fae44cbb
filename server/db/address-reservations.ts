// What people keep back of networks: single addresses and ranges, each with a note. They count as taken, also where a replica has one still.
import { asc, eq, inArray } from 'drizzle-orm';
import { bumpRevision } from './cluster.ts';
import { addressReservations } from './schema/addresses.ts';
import type { Reader, Tx } from './store.ts';

export type ReservationRow = typeof addressReservations.$inferSelect;

/** Of all networks or of one, in the order in which they were made. */
export async function listReservations({ db }: Reader, networkId?: string): Promise<ReservationRow[]> {
  return await db.select().from(addressReservations).where(networkId === undefined ? undefined : eq(addressReservations.networkId, networkId)).orderBy(asc(addressReservations.createdAt), asc(addressReservations.id));
}

export async function insertReservations(tx: Tx, rows: readonly ReservationRow[]): Promise<void> {
  if (rows.length === 0) return;
  await bumpRevision(tx);
  for (const row of rows) await tx.db.insert(addressReservations).values(row);
  tx.changed('networks', ...new Set(rows.map(({ networkId }) => networkId)));
}

/** @returns the row that was there */
export async function deleteReservation(tx: Tx, id: string): Promise<ReservationRow | undefined> {
  const [row] = await tx.db.delete(addressReservations).where(eq(addressReservations.id, id)).returning();
  if (row === undefined) return undefined;
  await bumpRevision(tx);
  tx.changed('networks', row.networkId);
  return row;
}

/** Drops those of networks that are gone. */
export async function deleteReservationsOf(tx: Tx, networkIds: readonly string[]): Promise<void> {
  await tx.db.delete(addressReservations).where(inArray(addressReservations.networkId, [...networkIds]));
}
