// The loop that follows what proposals bring about: which of their moves are done, which will not be, when a proposal is over, and which
// drafts no longer stand on the present. It moves nothing itself.
import type { Context } from '../context.ts';
import { type MoveNews, movesOf, newsOfMoves, type ProposalMoveRow, settleMove } from '../db/proposal-moves.ts';
import { proposalsIn, type ProposalRow, updateProposal } from '../db/proposals.ts';
import type { Tx } from '../db/store.ts';
import type { Loop } from '../control/driver.ts';
import type { Present } from '../control/present.ts';
import { tell } from './proposals.ts';
import { stateNow } from './rules.ts';

const EVERY_MS = 2_000;
const ACTIVE = ['applying', 'undoing'] as const;

export function proposalsLoop(context: Context): Loop {
  let looked: { readonly revision: number; readonly fleetVersion: number; readonly isIdle: boolean } | undefined;
  return {
    name: 'proposals',
    everyMs: EVERY_MS,
    run: async () => {
      const present = await context.present.read();
      const { drafts, active } = await context.store.read(async (reader) => ({ drafts: await proposalsIn(reader, ['draft', 'approved']), active: await proposalsIn(reader, ACTIVE) }));
      const stale = drafts.filter((row) => stateNow(row, present.revision) === 'stale');
      const isIdle = plannerIsIdle(context, present);
      const isKnown = looked?.revision === present.revision && looked.fleetVersion === present.fleetVersion && looked.isIdle === isIdle;
      if (stale.length === 0 && active.length === 0) return 'no proposal is being carried out';
      if (!isKnown || stale.length > 0) {
        await context.store.tx(async (tx) => {
          for (const { id } of stale) await updateProposal(tx, id, { state: 'stale' });
          for (const row of active) await follow(context, tx, row, present, isIdle);
        });
        looked = { revision: present.revision, fleetVersion: present.fleetVersion, isIdle };
      }
      return active.length === 0 ? 'no proposal is being carried out' : `${active.length} proposals are being carried out`;
    },
  };
}

/** Whether the planner has looked at this present and found nothing left to move. */
function plannerIsIdle({ waiting }: Context, { revision, snapshot }: Present): boolean {
  const { current } = waiting;
  return current.parent === revision && (current.steps?.length ?? 0) === 0 && (current.postponed ?? 0) === 0 && !snapshot.replicas.some(({ successor }) => successor !== undefined);
}

async function follow(context: Context, tx: Tx, row: ProposalRow, present: Present, isIdle: boolean): Promise<void> {
  const isUndo = row.state === 'undoing';
  const moves = (await movesOf(tx, [row.id])).filter((move) => move.isUndo === isUndo && move.state !== 'done');
  const news = Map.groupBy(await newsOfMoves(tx, row.id, row.appliedAt ?? 0), ({ replicaId }) => replicaId);
  const replicas = new Map(present.snapshot.replicas.map((replica) => [replica.id, replica.hostId]));
  let open = 0;
  for (const move of moves) {
    const standing = standsNow(move, news.get(move.replicaId)?.at(-1), replicas);
    if (standing !== undefined) await settleMove(tx, move, { state: 'done', reason: null, successorId: standing });
    else if (move.state === 'open' && !move.isWish && isIdle) await settleMove(tx, move, { state: 'declined', reason: 'it stays where it is: nothing makes it go, or no other host takes it now' });
    else if (move.state === 'open') open += 1;
  }
  if (open > 0) return;
  const declined = (await movesOf(tx, [row.id])).filter((move) => move.isUndo === isUndo && move.state === 'declined').length;
  const but = declined === 0 ? '' : `, ${declined === 1 ? '1 move was' : `${declined} moves were`} declined`;
  const state = isUndo ? 'undone' : 'done';
  const stateReason = isUndo ? `Taken back${but}.` : `Carried out${but}.`;
  await updateProposal(tx, row.id, { state, stateReason, finishedAt: context.clock.now() });
  await tell(context, tx, row, 'firn', state, `"${row.title}" is ${isUndo ? 'taken back' : 'carried out'}${but}`, null);
}

/** Id of the replica that stands where the move leads; for a move that only follows, of whatever is left of it, '' when nothing is. */
function standsNow(move: ProposalMoveRow, news: MoveNews | undefined, replicas: ReadonlyMap<string, string | null>): string | undefined {
  const successor = news?.outcome === 'succeeded' ? news.successorId : move.replicaId;
  const hostId = replicas.get(successor);
  if (move.isWish) return hostId === move.hostId ? successor : undefined;
  return replicas.get(move.replicaId) === move.fromHostId ? undefined : successor;
}
