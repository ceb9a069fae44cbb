// What may be done with a shift, by whom, and why not: pure rules over its row. The same answers decide about a click and show beside it.
import { followed, said, type Saying, type Why, whyOf } from '#scheduler/said.ts';
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
  readonly inTheWay: Why | null;
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
export function whyNotShift(verb: ShiftVerb, row: ShiftRow, asker: Shifter, { isAnotherApprover, inTheWay }: ShiftCircumstances): Why | null {
  const because = (code: string, values: Readonly<Record<string, string | number>>, sentence: string) => whyOf(said(code, values, sentence));
  if (!asker.can('sites.manage')) return lacks(asker);
  if (!STATES[verb].includes(row.state)) return because(`only-${verb}`, { state: row.state, states: STATES[verb].join(' or '), past: PAST[verb] }, 'It is {state}: only what is {states} can be {past}.');
  if ((verb === 'approve' || verb === 'apply') && !row.plan.isAllowed) return refusalOf(row, 'it cannot be carried out');
  if (verb === 'approve' && row.createdById === asker.id && isAnotherApprover) return because('second-person', {}, 'Somebody else has to approve it: you made it.');
  if (verb === 'withdraw' && row.createdById !== asker.id) return because('only-author', { by: row.createdBy }, 'Only {by}, who made it, may withdraw it; others reject it.');
  if ((verb === 'apply' || verb === 'undo') && inTheWay !== null) return inTheWay;
  return null;
}

export const lacks = ({ name }: Pick<Shifter, 'name'>): Why => whyOf(said('lacks-permission', { name }, '{name} lacks the permission sites.manage.'));

/** The first refusal of its plan. */
function refusalOf({ plan: { refusals: [first] } }: ShiftRow, otherwise: string): Why {
  return followed(said('is-refused', {}, 'It is refused'), first ?? { sentence: otherwise, said: [] });
}

type May = { readonly may: Record<ShiftVerb, string | null>; readonly maySaid: Partial<Record<ShiftVerb, Saying[]>> };

/** What may be done now; else why not, as a sentence and as data. */
export function mayShift(row: ShiftRow, asker: Shifter, circumstances: ShiftCircumstances): May {
  const refusals = ShiftVerb.options.map((verb) => [verb, whyNotShift(verb, row, asker, circumstances)] as const);
  return {
    may: Object.fromEntries(refusals.map(([verb, why]) => [verb, why?.sentence ?? null])) as May['may'],
    maySaid: Object.fromEntries(refusals.flatMap(([verb, why]) => (why?.said === undefined ? [] : [[verb, [...why.said]]]))),
  };
}

/** Why it is where it is, in a sentence. */
export function shiftWhy(row: ShiftRow): Why {
  const { step, steps } = row;
  switch (row.state) {
    case 'draft':
      return row.plan.isAllowed ? whyOf(said('waits-for-approval', { by: row.createdBy }, 'It waits for somebody other than {by} to approve it.')) : refusalOf(row, '');
    case 'approved':
      return whyOf(said('approved-by', { by: row.decidedBy ?? 'somebody' }, 'Approved by {by}: it can be applied.'));
    case 'applying':
      return { sentence: `Step ${step} of ${steps} is in force${row.waitReason === '' ? '' : `; ${row.waitReason}`}.`, said: row.waitReason === '' ? inForce(row) : row.waitSaid === null ? undefined : [...inForce(row), ...row.waitSaid] };
    case 'paused':
      return whyOf(said('paused-after', { step, steps }, 'Paused after step {step} of {steps}: these weights stay in force.'));
    default:
      return { sentence: row.stateReason, said: row.stateSaid ?? undefined };
  }
}

const inForce = ({ step, steps }: ShiftRow): Saying[] => [{ code: 'step-in-force', values: { step, steps } }];
