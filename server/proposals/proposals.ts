// Proposals: changes with their simulation, kept, shared, approved by a second person, applied while the revision that they were simulated from
// stands, and taken back. Every act is one transaction with its event; what may be done is rules.ts.
import { isDeepStrictEqual } from 'node:util';
import type { Context } from '../context.ts';
import { listAccounts } from '../db/accounts.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { deleteMoves, insertMoves, movesOf, type ProposalMoveRow } from '../db/proposal-moves.ts';
import { countProposals, insertProposal, proposalById, type ProposalRow, updateProposal } from '../db/proposals.ts';
import type { Reader, Tx } from '../db/store.ts';
import { ConflictError, ForbiddenError, NotFoundError } from '../errors.ts';
import type { ProposalDraft, ProposalVerb, Simulation } from '../http/contract/questions.ts';
import { holds, holdingsOf } from '../http/permissions.ts';
import { applyChanges } from './apply.ts';
import { type Asked, simulateChanges } from './ask.ts';
import { type Asker, type Circumstances, stateNow, whyNot } from './rules.ts';
import { undoChanges } from './undo.ts';

/** More than anybody weighs at a time. */
const MOST_OPEN = 200;
const OPEN = ['draft', 'approved', 'stale', 'applying', 'paused', 'undoing'] as const;
/** Moves that are not asked for but brought about are watched one by one up to this number; beyond it the progress is that of these. */
const MOST_WATCHED = 5_000;

/** @throws InvalidError for changes that cannot be, ConflictError `too-many-proposals` */
export async function makeProposal(context: Context, asker: Asker, draft: ProposalDraft): Promise<ProposalRow> {
  const { store, ids, clock } = context;
  await store.read(refuseTooMany);
  const asked = await simulateChanges(context, draft.changes, { key: `proposal ${asker.id}` });
  const { simulation } = asked;
  return await store.tx(async (tx) => {
    await refuseTooMany(tx);
    const row: ProposalRow = {
      id: ids.next(),
      title: draft.title,
      note: draft.note,
      state: 'draft',
      stateReason: '',
      parent: simulation.parent,
      changes: draft.changes,
      simulation,
      createdBy: asker.name,
      createdById: asker.id,
      createdAt: clock.now(),
      decidedBy: null,
      decidedAt: null,
      appliedBy: null,
      appliedAt: null,
      finishedAt: null,
      undo: null,
    };
    await insertProposal(tx, row);
    await insertMoves(tx, movesFor(row, asked));
    await tell(context, tx, row, asker.name, 'made', `${asker.name} proposed "${row.title}": ${titlesOf(simulation)}`, draft.note);
    return row;
  });
}

async function refuseTooMany(reader: Reader): Promise<void> {
  if ((await countProposals(reader, OPEN)) >= MOST_OPEN) throw new ConflictError('too-many-proposals', `There are ${MOST_OPEN} open proposals already: withdraw or reject some of them first.`);
}

/** Wishes are carried out one by one, in their order; all other moves follow from what is changed, and are watched. */
function movesFor({ id, changes }: Pick<ProposalRow, 'id' | 'changes'>, { moves, declined }: Pick<Asked, 'moves' | 'declined'>): ProposalMoveRow[] {
  const order = new Map(changes.flatMap((change) => (change.kind === 'rearrange' ? change.wishes.map(({ replicaId }) => replicaId) : [])).map((replicaId, index) => [replicaId, index]));
  const possible = moves.filter(({ replicaId }) => order.has(replicaId)).map((move) => ({ ...move, state: 'open' as const, reason: null }));
  const impossible = declined.filter(({ replicaId }) => !possible.some((move) => move.replicaId === replicaId)).map((move) => ({ ...move, state: 'declined' as const }));
  const wishes = [...possible, ...impossible].sort((one, other) => order.get(one.replicaId)! - order.get(other.replicaId)!);
  const others = moves.filter(({ replicaId }) => !order.has(replicaId)).slice(0, MOST_WATCHED).map((move) => ({ ...move, state: 'open' as const, reason: null }));
  return [...wishes, ...others].map((move, ordinal) => ({ proposalId: id, ordinal, ...move, isWish: order.has(move.replicaId), isUndo: false, successorId: null }));
}

/** @throws NotFoundError */
export async function requireProposal(reader: Reader, id: string): Promise<ProposalRow> {
  const row = await proposalById(reader, id);
  if (row === undefined) throw new NotFoundError('proposal-unknown', `There is no proposal ${id}.`);
  return row;
}

/** What the rules need to know besides the row and who asks. */
export async function circumstancesOf(reader: Reader, row: ProposalRow): Promise<Circumstances> {
  const { revision } = await readCluster(reader);
  const others = (await listAccounts(reader)).filter(({ id, disabled, grants }) => id !== row.createdById && !disabled && holds(holdingsOf(grants), 'proposals.approve'));
  const moves = row.state === 'applying' || row.state === 'paused' ? await movesOf(reader, [row.id]) : [];
  return { revision, isAnotherApprover: others.length > 0, hasOpenWishes: moves.some(({ isWish, state }) => isWish && state === 'open') };
}

/**
 * Does a verb to a proposal.
 * @throws NotFoundError, ForbiddenError, ConflictError `proposal-state` or `proposal-stale` with the reason, and what the change itself throws
 */
export async function actOnProposal(context: Context, asker: Asker, id: string, verb: ProposalVerb, reason: string): Promise<ProposalRow> {
  if (verb === 'refresh') return await refresh(context, asker, id, reason);
  const present = await context.present.read();
  const outcome = await context.store.tx(async (tx): Promise<ProposalRow | ConflictError> => {
    const row = await requireProposal(tx, id);
    const circumstances = await circumstancesOf(tx, row);
    const refusal = refusalOf(verb, row, asker, circumstances);
    if (refusal !== undefined) {
      // Somebody looked: it is told as stale from now on, though nothing else changes.
      if (refusal.code === 'proposal-stale') await updateProposal(tx, id, { state: 'stale' });
      return refusal;
    }
    if (verb === 'apply' && present.revision !== row.parent) return new ConflictError('too-busy', 'The desired state changes while this is applied: try again in a moment.');
    await ACTS[verb](context, tx, { row, asker, reason, circumstances, present });
    return await requireProposal(tx, id);
  });
  if (outcome instanceof ConflictError) throw outcome;
  return outcome;
}

function refusalOf(verb: ProposalVerb, row: ProposalRow, asker: Asker, circumstances: Circumstances): ConflictError | undefined {
  const refusal = whyNot(verb, row, asker, circumstances);
  if (refusal === null) return undefined;
  if (refusal.startsWith(`${asker.name} lacks the permission`)) throw new ForbiddenError('permission-missing', refusal);
  const isStale = stateNow(row, circumstances.revision) === 'stale';
  return new ConflictError(isStale ? 'proposal-stale' : 'proposal-state', refusal);
}

interface Act {
  readonly row: ProposalRow;
  readonly asker: Asker;
  readonly reason: string;
  readonly circumstances: Circumstances;
  readonly present: Awaited<ReturnType<Context['present']['read']>>;
}

const ACTS: Readonly<Record<Exclude<ProposalVerb, 'refresh'>, (context: Context, tx: Tx, act: Act) => Promise<void>>> = {
  approve: async (context, tx, { row, asker, reason, circumstances }) => {
    await updateProposal(tx, row.id, { state: 'approved', decidedBy: asker.name, decidedAt: context.clock.now() });
    const alone = row.createdById === asker.id && !circumstances.isAnotherApprover ? ', who made it: nobody else could' : '';
    await tell(context, tx, row, asker.name, 'approved', `${asker.name} approved "${row.title}"${alone}`, reason);
  },
  reject: async (context, tx, { row, asker, reason }) => {
    const stateReason = `Rejected by ${asker.name}${reason === '' ? '' : `: ${reason}`}.`;
    await end(context, tx, row, { state: 'rejected', stateReason, decidedBy: asker.name, decidedAt: context.clock.now() });
    await tell(context, tx, row, asker.name, 'rejected', `${asker.name} rejected "${row.title}"`, reason);
  },
  withdraw: async (context, tx, { row, asker, reason }) => {
    await end(context, tx, row, { state: 'withdrawn', stateReason: `Withdrawn by ${asker.name}${reason === '' ? '' : `: ${reason}`}.` });
    await tell(context, tx, row, asker.name, 'withdrawn', `${asker.name} withdrew "${row.title}"`, reason);
  },
  apply: async (context, tx, { row, asker, reason, present }) => {
    const undo = await applyChanges(context, tx, { row, asker, present });
    await updateProposal(tx, row.id, { state: 'applying', appliedBy: asker.name, appliedAt: context.clock.now(), undo });
    await tell(context, tx, row, asker.name, 'applied', `${asker.name} applied "${row.title}": ${titlesOf(row.simulation)}`, reason === '' ? row.note : reason);
    wake(context, tx);
  },
  pause: async (context, tx, { row, asker, reason }) => {
    await updateProposal(tx, row.id, { state: 'paused' });
    await tell(context, tx, row, asker.name, 'paused', `${asker.name} paused "${row.title}": no further move begins`, reason);
  },
  resume: async (context, tx, { row, asker, reason }) => {
    await updateProposal(tx, row.id, { state: 'applying' });
    await tell(context, tx, row, asker.name, 'resumed', `${asker.name} resumed "${row.title}"`, reason);
    wake(context, tx);
  },
  undo: async (context, tx, { row, asker, reason, present }) => {
    await undoChanges(context, tx, { row, asker, present });
    await updateProposal(tx, row.id, { state: 'undoing', finishedAt: null });
    await tell(context, tx, row, asker.name, 'undoing', `${asker.name} takes "${row.title}" back`, reason);
    wake(context, tx);
  },
};

/** The planner sees what was changed, and the proposals' own loop what comes of it. */
function wake({ loops }: Context, tx: Tx): void {
  tx.afterCommit(() => {
    for (const loop of ['planner', 'dispatch', 'proposals'] as const) loops.wake(loop);
  });
}

/** Nothing will come of it: what it would have moved is forgotten. */
async function end({ clock }: Context, tx: Tx, { id }: ProposalRow, change: Partial<ProposalRow>): Promise<void> {
  await updateProposal(tx, id, { ...change, finishedAt: clock.now() });
  await deleteMoves(tx, [id]);
}

/** Simulates again on the present. An approval is of a consequence: it stands only where the same comes out. */
async function refresh(context: Context, asker: Asker, id: string, reason: string): Promise<ProposalRow> {
  const { store } = context;
  const look = async (reader: Reader) => {
    const row = await requireProposal(reader, id);
    const refusal = refusalOf('refresh', row, asker, await circumstancesOf(reader, row));
    if (refusal !== undefined) throw refusal;
    return row;
  };
  const before = await store.read(look);
  const asked = await simulateChanges(context, before.changes, { key: `proposal ${asker.id}` });
  const { simulation } = asked;
  return await store.tx(async (tx) => {
    const row = await look(tx);
    const wasApproved = row.decidedBy !== null;
    const keeps = wasApproved && isDeepStrictEqual(comesTo(row.simulation), comesTo(simulation));
    const decided = keeps ? {} : { decidedBy: null, decidedAt: null };
    await updateProposal(tx, id, { state: keeps ? 'approved' : 'draft', parent: simulation.parent, simulation, ...decided });
    await deleteMoves(tx, [id]);
    await insertMoves(tx, movesFor(row, asked));
    const approval = keeps ? ': the same comes out, so the approval stands' : wasApproved ? ': something else comes out, so it has to be approved again' : '';
    await tell(context, tx, row, asker.name, 'refreshed', `${asker.name} simulated "${row.title}" again on revision ${simulation.parent}${approval}`, reason);
    return await requireProposal(tx, id);
  });
}

/** What somebody approves: what is changed and moved, what it costs more or less, what would find no room, what would no longer survive. */
function comesTo({ stages, consequence }: Simulation) {
  const { before, after, moves, starts, stops, resizes, unplaced, survival } = consequence;
  return {
    counts: stages.map(({ counts }) => counts),
    moved: { moves, starts, stops, resizes },
    costCents: after.costCentsPerHour - before.costCentsPerHour,
    unplaced: unplaced.map(({ workload, count }) => [workload, count]),
    fails: survival.after.map(({ domain, survives }) => [domain, survives]),
  };
}

const titlesOf = ({ stages }: Simulation): string => stages.map(({ title }) => title).join('; ');

/** A line of history about a proposal. */
export async function tell({ clock }: Context, tx: Tx, row: ProposalRow, actor: string, verb: string, message: string, why: string | null): Promise<void> {
  await appendEvent(tx, { at: clock.now(), actor, kind: `proposal.${verb}`, subjectType: 'proposal', subjectId: row.id, subject: row.title, message, why });
}
