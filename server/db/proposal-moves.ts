// Moves of running replicas that proposals ask for or bring about: the planner reads the open wishes, and says which it cannot carry out.
import type { Wish } from '#scheduler/model.ts';
import { and, asc, eq, gte, inArray, sql } from 'drizzle-orm';
import { moves } from './schema/desired.ts';
import { proposalMoves, proposals } from './schema/proposals.ts';
import type { Reader, Tx } from './store.ts';
import { chunks, ROWS_PER_STATEMENT } from './workloads.ts';

export type ProposalMoveRow = typeof proposalMoves.$inferSelect;

/** What the planner should move: open wishes of proposals that are carried out or taken back now, the oldest proposal's first, in their order. */
export async function openWishes(reader: Reader): Promise<Wish[]> {
  const rows = await reader.db
    .select({ replicaId: proposalMoves.replicaId, hostId: proposalMoves.hostId })
    .from(proposalMoves)
    .innerJoin(proposals, eq(proposals.id, proposalMoves.proposalId))
    .where(and(eq(proposalMoves.state, 'open'), eq(proposalMoves.isWish, true), inArray(proposals.state, ['applying', 'undoing'])))
    .orderBy(asc(proposalMoves.proposalId), asc(proposalMoves.ordinal));
  return rows;
}

/** Records which wishes the planner declined and why. Those that were declined because they came true are told apart by whoever settles moves. */
export async function declineWishes(tx: Tx, declined: readonly { readonly wish: Wish; readonly reason: string }[]): Promise<void> {
  for (const { wish, reason } of declined) {
    const open = and(eq(proposalMoves.state, 'open'), eq(proposalMoves.isWish, true), eq(proposalMoves.replicaId, wish.replicaId), eq(proposalMoves.hostId, wish.hostId));
    const rows = await tx.db.update(proposalMoves).set({ state: 'declined', reason }).where(open).returning({ proposalId: proposalMoves.proposalId });
    if (rows.length > 0) tx.changed('proposals', ...new Set(rows.map(({ proposalId }) => proposalId)));
  }
}

/** In the order in which they are to be done. */
export async function movesOf({ db }: Reader, proposalIds: readonly string[]): Promise<ProposalMoveRow[]> {
  const found: ProposalMoveRow[] = [];
  for (const chunk of chunks(proposalIds, ROWS_PER_STATEMENT)) found.push(...(await db.select().from(proposalMoves).where(inArray(proposalMoves.proposalId, chunk)).orderBy(asc(proposalMoves.proposalId), asc(proposalMoves.ordinal))));
  return found;
}

export async function insertMoves(tx: Tx, rows: readonly ProposalMoveRow[]): Promise<void> {
  for (const chunk of chunks(rows, ROWS_PER_STATEMENT)) await tx.db.insert(proposalMoves).values(chunk);
}

export async function settleMove(tx: Tx, { proposalId, ordinal }: ProposalMoveRow, change: Pick<ProposalMoveRow, 'state'> & Partial<Pick<ProposalMoveRow, 'reason' | 'successorId'>>): Promise<void> {
  await tx.db.update(proposalMoves).set(change).where(and(eq(proposalMoves.proposalId, proposalId), eq(proposalMoves.ordinal, ordinal)));
  tx.changed('proposals', proposalId);
}

export async function deleteMoves(tx: Tx, proposalIds: readonly string[]): Promise<void> {
  for (const chunk of chunks(proposalIds, ROWS_PER_STATEMENT)) await tx.db.delete(proposalMoves).where(inArray(proposalMoves.proposalId, chunk));
}

/** What observation of moves says of a proposal's open ones: which have begun and which are over, since the proposal began to be carried out. */
export interface MoveNews {
  readonly replicaId: string;
  readonly successorId: string;
  readonly toHostId: string;
  readonly outcome: 'succeeded' | 'given-up' | null;
}

/** By replica, the newest last. */
export async function newsOfMoves({ db }: Reader, proposalId: string, since: number): Promise<MoveNews[]> {
  return await db
    .select({ replicaId: moves.replicaId, successorId: moves.successorId, toHostId: moves.toHostId, outcome: moves.outcome })
    .from(moves)
    .innerJoin(proposalMoves, and(eq(proposalMoves.replicaId, moves.replicaId), eq(proposalMoves.proposalId, proposalId)))
    .where(gte(moves.begunAt, since))
    .orderBy(asc(moves.id));
}

export interface MoveCounts {
  readonly open: number;
  readonly done: number;
  readonly declined: number;
  readonly underWay: number;
}

/** How far proposals are, by id. Of one that is taken back, only the moves back count. */
export async function countMoves({ db }: Reader, proposalIds: readonly string[]): Promise<Map<string, MoveCounts>> {
  const found = new Map<string, MoveCounts>();
  for (const chunk of chunks(proposalIds, ROWS_PER_STATEMENT)) {
    const counts = {
      open: sql<number>`sum(${proposalMoves.state} = 'open')`,
      done: sql<number>`sum(${proposalMoves.state} = 'done')`,
      declined: sql<number>`sum(${proposalMoves.state} = 'declined')`,
      underWay: sql<number>`sum(${proposalMoves.state} = 'open' and exists (select 1 from ${moves} where ${moves.endedAt} is null and ${moves.replicaId} = ${proposalMoves.replicaId}))`,
    };
    // In parentheses: `=` and `in` bind alike, and without them the flag would be compared with the state.
    const isCounted = eq(proposalMoves.isUndo, sql`(${inArray(proposals.state, ['undoing', 'undone'])})`);
    const rows = await db.select({ id: proposalMoves.proposalId, ...counts }).from(proposalMoves).innerJoin(proposals, eq(proposals.id, proposalMoves.proposalId)).where(and(inArray(proposalMoves.proposalId, chunk), isCounted)).groupBy(proposalMoves.proposalId);
    for (const { id, ...each } of rows) found.set(id, each);
  }
  return found;
}
