// Proposals as people see them: their state with its reason, how far their moves are, and what the reader may do with them.
import { countMoves, movesOf, type MoveCounts } from '../../db/proposal-moves.ts';
import { currentPolicy, policyOf } from '../../db/policies.ts';
import type { ProposalRow } from '../../db/proposals.ts';
import type { Reader } from '../../db/store.ts';
import { circumstancesOf } from '../../proposals/proposals.ts';
import { type Asker, mayOf, type Moves, stateNow, stateText } from '../../proposals/rules.ts';
import type { ProposalDetail, ProposalView } from '../contract/questions.ts';
import { instant, instantOrNull } from './show.ts';

/** What views of proposals need besides their rows, of one state of the store. */
export interface Around {
  readonly revision: number;
  readonly movesPerHour: number;
  readonly counts: ReadonlyMap<string, MoveCounts>;
  readonly now: number;
}

export async function readAround(reader: Reader, rows: readonly ProposalRow[], revision: number, now: number): Promise<Around> {
  return { revision, now, movesPerHour: policyOf(await currentPolicy(reader)).movesPerHour, counts: await countMoves(reader, rows.map(({ id }) => id)) };
}

const MS_PER_HOUR = 3_600_000;

export function showProposal(row: ProposalRow, { revision, movesPerHour, counts, now }: Around): ProposalView {
  const moves = movesOfView(row, counts.get(row.id));
  const left = moves.planned - moves.done - moves.declined;
  const isMoving = row.state === 'applying' || row.state === 'undoing';
  return {
    id: row.id,
    title: row.title,
    note: row.note,
    state: stateNow(row, revision),
    stateReason: stateText(row, revision, moves),
    kinds: [...new Set(row.changes.map(({ kind }) => kind))],
    parent: row.parent,
    moves,
    createdBy: row.createdBy,
    createdAt: instant(row.createdAt),
    decidedBy: row.decidedBy,
    decidedAt: instantOrNull(row.decidedAt),
    appliedBy: row.appliedBy,
    appliedAt: instantOrNull(row.appliedAt),
    finishedAt: instantOrNull(row.finishedAt),
    expectedAt: isMoving && left > 0 && movesPerHour > 0 ? instant(Math.round(now + (left / movesPerHour) * MS_PER_HOUR)) : null,
  };
}

/** Where more moves follow than are watched one by one, the watched ones stand for all. */
function movesOfView({ simulation, state }: ProposalRow, counts: MoveCounts = { open: 0, done: 0, declined: 0, underWay: 0 }): Moves {
  const watched = counts.open + counts.done + counts.declined;
  const planned = state === 'undoing' || state === 'undone' ? watched : Math.max(watched, simulation.consequence.moves);
  const scale = watched === 0 ? 0 : planned / watched;
  return { planned, done: Math.round(counts.done * scale), declined: Math.round(counts.declined * scale), underWay: counts.underWay };
}

export async function showProposalDetail(reader: Reader, row: ProposalRow, asker: Asker, now: number): Promise<ProposalDetail> {
  const circumstances = await circumstancesOf(reader, row);
  const around = await readAround(reader, [row], circumstances.revision, now);
  const declined = (await movesOf(reader, [row.id])).filter(({ state }) => state === 'declined');
  return {
    ...showProposal(row, around),
    changes: [...row.changes],
    simulation: row.simulation,
    declined: declined.map(({ replica, host, reason }) => ({ replica, host, reason: reason ?? '' })),
    may: mayOf(row, asker, circumstances),
  };
}
