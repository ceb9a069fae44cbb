// What may be done with a proposal, by whom, and why not: pure rules over its row. The same answers decide about a click and show beside it.
import type { ProposalRow, ProposalState } from '../db/proposals.ts';
import type { ProposalDetail, ProposalVerb } from '../http/contract/questions.ts';

/** Who asks, with what they hold. */
export interface Asker {
  /** The user's id, also where a token of theirs asks. */
  readonly id: string;
  readonly name: string;
  can(permission: 'proposals.make' | 'proposals.approve'): boolean;
}

export interface Circumstances {
  /** Of the desired state now. */
  readonly revision: number;
  /** Whether anybody but its author may approve: where nobody else can, the author may. */
  readonly isAnotherApprover: boolean;
  /** Whether moves that it asked for are still open. */
  readonly hasOpenWishes: boolean;
}

/** A draft or an approval whose parent no longer stands is stale, whether or not somebody has marked it yet. */
export function stateNow(row: Pick<ProposalRow, 'state' | 'parent'>, revision: number): ProposalState {
  return (row.state === 'draft' || row.state === 'approved') && row.parent !== revision ? 'stale' : row.state;
}

/** Null for each verb that the asker may do now, else why not. */
export function mayOf(row: ProposalRow, asker: Asker, circumstances: Circumstances): ProposalDetail['may'] {
  const verbs: readonly ProposalVerb[] = ['approve', 'reject', 'withdraw', 'apply', 'pause', 'resume', 'undo', 'refresh'];
  return Object.fromEntries(verbs.map((verb) => [verb, whyNot(verb, row, asker, circumstances)])) as ProposalDetail['may'];
}

const NEEDS: Readonly<Record<ProposalVerb, { readonly permission: 'proposals.make' | 'proposals.approve'; readonly states: readonly ProposalState[] }>> = {
  approve: { permission: 'proposals.approve', states: ['draft'] },
  reject: { permission: 'proposals.approve', states: ['draft', 'approved', 'stale'] },
  withdraw: { permission: 'proposals.make', states: ['draft', 'approved', 'stale'] },
  apply: { permission: 'proposals.make', states: ['approved'] },
  pause: { permission: 'proposals.make', states: ['applying'] },
  resume: { permission: 'proposals.make', states: ['paused'] },
  undo: { permission: 'proposals.make', states: ['applying', 'paused', 'done'] },
  refresh: { permission: 'proposals.make', states: ['draft', 'approved', 'stale'] },
};

/** @returns null when it may be done */
export function whyNot(verb: ProposalVerb, row: ProposalRow, asker: Asker, circumstances: Circumstances): string | null {
  const { permission, states } = NEEDS[verb];
  if (!asker.can(permission)) return `${asker.name} lacks the permission ${permission}.`;
  const state = stateNow(row, circumstances.revision);
  if (!states.includes(state)) return state === 'stale' ? staleText(row, circumstances.revision) : `It is ${state}: only what is ${states.join(' or ')} can be ${PAST[verb]}.`;
  const { onlyForLooking } = row.simulation;
  if (verb === 'approve') {
    if (onlyForLooking !== null) return onlyForLooking;
    if (row.createdById === asker.id && circumstances.isAnotherApprover) return 'Somebody else has to approve it: you made it.';
  }
  if (verb === 'withdraw' && row.createdById !== asker.id) return `Only ${row.createdBy}, who made it, may withdraw it; others reject it.`;
  if (verb === 'pause' && !circumstances.hasOpenWishes) return "What it changed is in force, and the moves that follow keep the policy's pace: undo it instead.";
  if (verb === 'undo') return whyNoUndo(row);
  return null;
}

const PAST: Readonly<Record<ProposalVerb, string>> = { approve: 'approved', reject: 'rejected', withdraw: 'withdrawn', apply: 'applied', pause: 'paused', resume: 'resumed', undo: 'undone', refresh: 'refreshed' };

const staleText = ({ parent }: Pick<ProposalRow, 'parent'>, revision: number): string => `It was simulated from revision ${parent}, and the desired state is at revision ${revision} now: refresh it first.`;

function whyNoUndo({ undo }: ProposalRow): string | null {
  const removed = undo?.find((each) => each.kind === 'remove');
  return removed === undefined ? null : `It gave all capacity of ${removed.workload} back, and that cannot be undone: ask for it again.`;
}

export interface Moves {
  readonly planned: number;
  readonly done: number;
  readonly declined: number;
  readonly underWay: number;
}

/** Why it is where it is, in a sentence. @param revision of the desired state now */
export function stateText(row: ProposalRow, revision: number, moves: Moves): string {
  const { onlyForLooking } = row.simulation;
  switch (stateNow(row, revision)) {
    case 'draft':
      return onlyForLooking ?? `It waits for somebody other than ${row.createdBy} to approve it.`;
    case 'approved':
      return `Approved by ${row.decidedBy ?? 'somebody'}: it can be applied while revision ${row.parent} stands.`;
    case 'stale':
      return onlyForLooking ?? staleText(row, revision);
    case 'applying':
    case 'undoing':
      return movesText(moves);
    case 'paused':
      return `Paused: ${movesText(moves)}`;
    default:
      return row.stateReason;
  }
}

function movesText({ planned, done, declined, underWay }: Moves): string {
  if (planned === 0) return 'Nothing has to move.';
  const rest = [underWay > 0 ? `${underWay} under way` : '', declined > 0 ? `${declined} declined` : ''].filter((part) => part !== '');
  return `${done} of ${planned} moves are done${rest.length === 0 ? '' : `, ${rest.join(', ')}`}.`;
}
