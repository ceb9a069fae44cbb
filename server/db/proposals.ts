// Proposals as people made them and what became of them. What they move is in proposal-moves.ts.
import { and, desc, eq, inArray, lt } from 'drizzle-orm';
import { proposals } from './schema/proposals.ts';
import type { Reader, Tx } from './store.ts';

export type ProposalRow = typeof proposals.$inferSelect;
export type { Undo } from './schema/proposals.ts';
export type ProposalState = ProposalRow['state'];

/** Nothing more happens to them by itself, and they do not count against the limit. */
const ENDED: readonly ProposalState[] = ['rejected', 'withdrawn', 'done', 'undone'];

/** Newest first. */
export async function listProposals({ db }: Reader, { state, limit, after }: { readonly state?: ProposalState | undefined; readonly limit: number; readonly after?: string | undefined }): Promise<ProposalRow[]> {
  const where = and(state === undefined ? undefined : eq(proposals.state, state), after === undefined ? undefined : lt(proposals.id, after));
  return await db.select().from(proposals).where(where).orderBy(desc(proposals.id)).limit(limit);
}

export async function proposalById({ db }: Reader, id: string): Promise<ProposalRow | undefined> {
  const [row] = await db.select().from(proposals).where(eq(proposals.id, id));
  return row;
}

export async function proposalsIn({ db }: Reader, states: readonly ProposalState[]): Promise<ProposalRow[]> {
  return await db.select().from(proposals).where(inArray(proposals.state, [...states])).orderBy(desc(proposals.id));
}

export async function countProposals({ db }: Reader, states: readonly ProposalState[]): Promise<number> {
  return await db.$count(proposals, inArray(proposals.state, [...states]));
}

export async function insertProposal(tx: Tx, row: ProposalRow): Promise<void> {
  await tx.db.insert(proposals).values(row);
  tx.changed('proposals', row.id);
}

export async function updateProposal(tx: Tx, id: string, change: Partial<Omit<ProposalRow, 'id'>>): Promise<void> {
  await tx.db.update(proposals).set(change).where(eq(proposals.id, id));
  tx.changed('proposals', id);
}

/** Drops the oldest ended proposals beyond `keep`. @returns their ids: their moves go with them */
export async function dropOldProposals(tx: Tx, keep: number): Promise<string[]> {
  const old = await tx.db.select({ id: proposals.id }).from(proposals).where(inArray(proposals.state, [...ENDED])).orderBy(desc(proposals.id)).limit(1000).offset(keep);
  const ids = old.map(({ id }) => id);
  if (ids.length > 0) await tx.db.delete(proposals).where(inArray(proposals.id, ids));
  return ids;
}
