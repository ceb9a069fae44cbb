// One-time tokens with which machines join, known by their hash only.
import { and, desc, eq, inArray, isNull, lt } from 'drizzle-orm';
import { joinTokens } from './schema/fleet.ts';
import type { Reader, Tx } from './store.ts';

export type JoinTokenRow = typeof joinTokens.$inferSelect;
export type { JoinTerms } from './schema/fleet.ts';

export async function listJoinTokens({ db }: Reader): Promise<JoinTokenRow[]> {
  return await db.select().from(joinTokens).orderBy(desc(joinTokens.id)).limit(1000);
}

export async function joinTokenByHash({ db }: Reader, tokenHash: string): Promise<JoinTokenRow | undefined> {
  const [row] = await db.select().from(joinTokens).where(eq(joinTokens.tokenHash, tokenHash));
  return row;
}

export async function insertJoinToken(tx: Tx, row: JoinTokenRow): Promise<void> {
  await tx.db.insert(joinTokens).values(row);
}

/** Uses a token up. @returns false when somebody was faster */
export async function useJoinToken(tx: Tx, id: string, hostName: string): Promise<boolean> {
  return (await tx.db.update(joinTokens).set({ usedBy: hostName }).where(and(eq(joinTokens.id, id), isNull(joinTokens.usedBy))).returning({ id: joinTokens.id })).length > 0;
}

/** @returns the deleted token, or undefined when there is none */
export async function deleteJoinToken(tx: Tx, id: string): Promise<JoinTokenRow | undefined> {
  const [row] = await tx.db.delete(joinTokens).where(eq(joinTokens.id, id)).returning();
  return row;
}

/** Forgets tokens that ended before the instant. @returns how many */
export async function dropOldJoinTokens(tx: Tx, instant: number): Promise<number> {
  return (await tx.db.delete(joinTokens).where(lt(joinTokens.expiresAt, instant)).returning({ id: joinTokens.id })).length;
}

/** In no order; those that were deleted are not among them. */
export async function joinTokensById({ db }: Reader, ids: readonly string[]): Promise<JoinTokenRow[]> {
  return ids.length === 0 ? [] : await db.select().from(joinTokens).where(inArray(joinTokens.id, [...ids]));
}
