// What may be done with a shift, by whom, and why not: pure rules over its row. The same answers decide about a click and show beside it.
import type { ShiftRow } from '../db/shifts.ts';
import { ShiftVerb, type ShiftState } from '../http/contract/sites.ts';

/** Who asks, with what they hold. */
export interface Shifter {
  readonly id: string;
  readonly name: string;
  can(permission: 'sites.manage'): boolean;
}

export interface ShiftCircumstances {
  /** Whether anybody but its author may approve: where nobody else can, the author may. */
  readonly isAnotherApprover: boolean;
  /** Names that changed since, or that another shift moves now: what it would put into force is not what was shown. */
  readonly inTheWay: string | null;
}

const STATES: Readonly<Record<ShiftVerb, readonly ShiftState[]>> = {
  approve: ['draft'],
  reject: ['draft', 'approved'],
  withdraw: ['draft', 'approved'],
  apply: ['approved'],
  pause: ['applying'],
  resume: ['paused'],
  undo: ['applying', 'paused', 'done'],
  refresh: ['draft', 'approved'],
};
const PAST: Readonly<Record<ShiftVerb, string>> = { approve: 'approved', reject: 'rejected', withdraw: 'withdrawn', apply: 'applied', pause: 'paused', resume: 'resumed', undo: 'undone', refresh: 'refreshed' };

/** @returns null when it may be done */
export function whyNotShift(verb: ShiftVerb, row: ShiftRow, asker: Shifter, { isAnotherApprover, inTheWay }: ShiftCircumstances): string | null {
  if (!asker.can('sites.manage')) return `${asker.name} lacks the permission sites.manage.`;
  if (!STATES[verb].includes(row.state)) return `It is ${row.state}: only what is ${STATES[verb].join(' or ')} can be ${PAST[verb]}.`;
  if ((verb === 'approve' || verb === 'apply') && !row.plan.isAllowed) return `It is refused: ${row.plan.refusals[0]?.sentence ?? 'it cannot be carried out'}.`;
  if (verb === 'approve' && row.createdById === asker.id && isAnotherApprover) return 'Somebody else has to approve it: you made it.';
  if (verb === 'withdraw' && row.createdById !== asker.id) return `Only ${row.createdBy}, who made it, may withdraw it; others reject it.`;
  if ((verb === 'apply' || verb === 'undo') && inTheWay !== null) return inTheWay;
  return null;
}

export function mayShift(row: ShiftRow, asker: Shifter, circumstances: ShiftCircumstances): Record<ShiftVerb, string | null> {
  return Object.fromEntries(ShiftVerb.options.map((verb) => [verb, whyNotShift(verb, row, asker, circumstances)])) as Record<ShiftVerb, string | null>;
}

/** Why it is where it is, in a sentence. */
export function shiftText(row: ShiftRow): string {
  switch (row.state) {
    case 'draft':
      return row.plan.isAllowed ? `It waits for somebody other than ${row.createdBy} to approve it.` : `It is refused: ${row.plan.refusals[0]?.sentence ?? ''}.`;
    case 'approved':
      return `Approved by ${row.decidedBy ?? 'somebody'}: it can be applied.`;
    case 'applying':
      return `Step ${row.step} of ${row.steps} is in force${row.waitReason === '' ? '' : `; ${row.waitReason}`}.`;
    case 'paused':
      return `Paused after step ${row.step} of ${row.steps}: these weights stay in force.`;
    default:
      return row.stateReason;
  }
}
