// Conflicts that hosts found: something else on the network answers for an address of a replica. At most one row of an address is open.
import { and, desc, eq, isNull, lte } from 'drizzle-orm';
import { bumpRevision } from './cluster.ts';
import { addressConflicts } from './schema/addresses.ts';
import type { Reader, Tx } from './store.ts';

export type ConflictRow = typeof addressConflicts.$inferSelect;
export type { ConflictAction } from './schema/addresses.ts';

export async function openConflicts({ db }: Reader): Promise<ConflictRow[]> {
  return await db.select().from(addressConflicts).where(isNull(addressConflicts.endedAt));
}

/** Newest first. @param address only of this one */
export async function listConflicts({ db }: Reader, filter: { readonly address?: string | undefined; readonly limit: number }): Promise<ConflictRow[]> {
  return await db.select().from(addressConflicts).where(filter.address === undefined ? undefined : eq(addressConflicts.address, filter.address)).orderBy(desc(addressConflicts.foundAt), desc(addressConflicts.id)).limit(filter.limit);
}

/** The address is nobody's from now on until the row is ended. */
export async function insertConflict(tx: Tx, row: ConflictRow): Promise<void> {
  await bumpRevision(tx);
  await tx.db.insert(addressConflicts).values(row);
  tx.changed('networks', row.networkId);
}

export async function updateConflict(tx: Tx, row: ConflictRow, change: Partial<Pick<ConflictRow, 'lastSeenAt' | 'otherMac' | 'action' | 'outcome' | 'replicaId' | 'hostId' | 'host' | 'replica'>>): Promise<void> {
  await tx.db.update(addressConflicts).set(change).where(eq(addressConflicts.id, row.id));
  tx.changed('networks', row.networkId);
}

/** The address may be given again. */
export async function endConflict(tx: Tx, row: ConflictRow, now: number): Promise<void> {
  await bumpRevision(tx);
  await tx.db.update(addressConflicts).set({ endedAt: now }).where(and(eq(addressConflicts.id, row.id), isNull(addressConflicts.endedAt)));
  tx.changed('networks', row.networkId);
}

/** @returns how many rows */
export async function dropOldConflicts(tx: Tx, instant: number): Promise<number> {
  return (await tx.db.delete(addressConflicts).where(lte(addressConflicts.endedAt, instant)).returning({ id: addressConflicts.id })).length;
}
