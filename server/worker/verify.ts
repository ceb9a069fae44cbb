// Whether a plan holds that was made long ago: nothing in its record was altered, no invariant is broken, the bound follows from its prices, and
// deciding again gives the same plan. Takes a record as it was exported, gives a verdict. It needs no server, and trusts nothing that the
// record says of itself: the checkers share no code with what made the plan.
import { createHash } from 'node:crypto';
import { check } from '#scheduler/check.ts';
import { checkProof } from '#scheduler/check-proof.ts';
import type { Plan, Proof, Snapshot } from '#scheduler/model.ts';
import type { Solve } from '#scheduler/pack/problem.ts';
import { prepare } from '#scheduler/prepare.ts';
import type { DecisionInput } from '#scheduler/questions/model.ts';
import { proofText } from '#scheduler/questions/sentences.ts';
import { decideAgain } from '../control/decision.ts';
import { InvalidError } from '../errors.ts';
import type { PlanVerdict } from '../http/contract/questions.ts';

/** A plan with everything that it was made from: one JSON document. */
export interface PlanRecord {
  readonly format: 'firn-plan-record';
  readonly version: 1;
  readonly planId: string;
  readonly plan: Plan;
  /** Of the state that the plan led to; null where none was made. */
  readonly proof: Proof | null;
  readonly decision: DecisionInput;
  readonly snapshot: Snapshot;
  /** SHA-256, in hex, of the JSON of all of the above but format and version. */
  readonly digest: string;
}

type Content = Omit<PlanRecord, 'format' | 'version' | 'digest'>;

export function recordOf(content: Content): PlanRecord {
  return { format: 'firn-plan-record', version: 1, ...inOrder(content), digest: digestOf(content) };
}

const inOrder = ({ planId, plan, proof, decision, snapshot }: Content): Content => ({ planId, plan, proof, decision, snapshot });
const digestOf = (content: Content): string => createHash('sha256').update(JSON.stringify(inOrder(content))).digest('hex');

/** @throws InvalidError `record-invalid` when it is no such record, `record-damaged` when something in it was altered since it was written */
export function readRecord(value: unknown): PlanRecord {
  if (typeof value !== 'object' || value === null || (value as { format?: unknown }).format !== 'firn-plan-record') throw new InvalidError('record-invalid', 'This is no record of a plan: it must be what `firn plan record` wrote.');
  const { version } = value as { version: unknown };
  if (version !== 1) throw new InvalidError('record-invalid', `This record has version ${String(version)}, and this program reads version 1.`);
  const record = value as PlanRecord;
  const missing = (['planId', 'plan', 'decision', 'snapshot', 'digest'] as const).find((field) => record[field] === undefined || record[field] === null);
  if (missing !== undefined) throw new InvalidError('record-invalid', `The record has no ${missing}.`, [{ field: missing, value: undefined, message: 'is missing' }]);
  if (digestOf(record) !== record.digest) throw new InvalidError('record-damaged', `The record of plan ${record.planId} is damaged or was altered: its content does not have the digest that it states.`, [{ field: 'digest', value: record.digest, message: 'is not the digest of the content' }]);
  return record;
}

/** Violations that a verdict lists at most. */
const MOST_VIOLATIONS = 100;

/** @param solve makes a packed batch again; null: nothing is made again, only the checkers look. @throws as readRecord */
export function verify(value: unknown, solve: Solve | null): PlanVerdict {
  const { planId, plan, proof, decision, snapshot } = readRecord(value);
  const violations = check(snapshot, plan, new Set(decision.silent)).map(({ subject, message }) => `${subject}: ${message}`);
  const proven = proof === null ? null : checkProof(snapshot, plan, proof);
  const replay = solve === null ? null : replayed(snapshot, plan, decision, solve);
  const ok = violations.length === 0 && proven?.ok !== false && replay?.same !== false;
  const shown = proven === null ? null : { ok: proven.ok, problems: [...proven.problems], gap: { ...proven.gap } };
  return { planId, ok, violations: violations.slice(0, MOST_VIOLATIONS), proof: shown, replay, sentence: sentenceOf(planId, { violations, proof: shown, replay }) };
}

function sentenceOf(planId: string, { violations, proof, replay }: Pick<PlanVerdict, 'violations' | 'proof' | 'replay'>): string {
  const parts = [violations.length === 0 ? 'breaks no invariant' : `breaks ${violations.length} invariants (${violations[0]})`];
  if (proof === null) parts.push('carries no proof');
  else parts.push(proof.ok ? `is ${proofText(proof.gap)}` : `has a proof that does not hold (${proof.problems[0] ?? ''})`);
  if (replay !== null) parts.push(replay.same ? 'comes out again bit for bit' : `does not come out again (${replay.difference ?? ''})`);
  return `Plan ${planId} ${parts.slice(0, -1).join(', ')}${parts.length > 1 ? ', and ' : ''}${parts.at(-1)}.`;
}

/** Decides again, and compares byte for byte what both would be stored as. */
function replayed(snapshot: Snapshot, plan: Plan, decision: DecisionInput, solve: Solve): NonNullable<PlanVerdict['replay']> {
  let again: Plan;
  try {
    again = decideAgain(prepare(snapshot), decision, solve);
  } catch (error) {
    return { same: false, difference: (error as Error).message };
  }
  const comparable = ({ proof: _, verb: __, ...rest }: Plan) => JSON.parse(JSON.stringify(rest)) as unknown;
  const difference = differenceOf(comparable(plan), comparable(again), '');
  return { same: difference === null, difference };
}

/** The first place in which two JSON values differ, as a sentence; null when they are the same. */
function differenceOf(one: unknown, other: unknown, path: string): string | null {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return Object.is(one, other) ? null : `${path} was ${told(one)} and is ${told(other)} now`;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  for (const key of keys) {
    const difference = differenceOf((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`);
    if (difference !== null) return difference;
  }
  return null;
}

function told(value: unknown): string {
  if (value === undefined) return 'absent';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
