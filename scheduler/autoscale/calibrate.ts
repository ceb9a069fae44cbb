// Headroom is learnt, not typed: how far demand was above what an expert had said, by phase of the day, as a decayed histogram. Gives the factor that a
// risk budget needs. What is not known yet counts as +42 %.
import { EXPERTS, PHASES, type Phase, type Risk, type State } from './model.ts';

/** Steps of log(actual / predicted): 3 % each, from a third of the prediction to six times. */
const STEP = 0.03;
const LOWEST = -1.1;
const BINS = 96;
/** What a new service is given on top of a prediction: log 0.35. */
const PRIOR = 0.35;
/** As many samples speak for the prior. With a budget of one percent it decides until a hundred times as many were seen. */
const PRIOR_SAMPLES = 2;
/** Half of what is remembered is so many samples old: two days of a session, a week of openings (a sample is 10 s). */
const HALF_LIFE: Readonly<Record<Phase, number>> = { night: 12_000, session: 3000, opening: 200, afterOpening: 1000, rising: 3000 };
const UNIT = 1000;
const HEAVIEST = 1_000_000;

export type Errors = State['errors'];
export type Weights = State['weights'];

export const noErrors = (): Errors => Object.fromEntries(PHASES.map((phase) => [phase, EXPERTS.map(() => [])])) as unknown as Errors;
export const unitWeights = (): Weights => Object.fromEntries(PHASES.map((phase) => [phase, UNIT])) as unknown as Weights;

/** Shares of time above the ceiling that are allowed: in general, and in the minutes after an opening, when everybody looks. */
export function budgetOf(risk: Risk | number, phase: Phase): number {
  const permille = typeof risk === 'number' ? risk : { economy: 30, balanced: 10, performance: 2 }[risk];
  const share = permille / 1000;
  if (phase !== 'opening') return share;
  return risk === 'economy' ? 0.02 : share / 2;
}

/** One outcome: what each expert had said, and what came. Only the histograms of this phase are new. */
export function learn(errors: Errors, weights: Weights, phase: Phase, predicted: readonly number[], actual: number): { errors: Errors; weights: Weights } {
  const weight = weights[phase];
  const tables = errors[phase].map((bins, expert) => {
    const said = predicted[expert] ?? -1;
    if (said < 0) return bins;
    const log = Math.log(Math.max(1, actual) / Math.max(1, said));
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil((log - LOWEST) / STEP)));
    const next = bins.slice();
    while (next.length <= bin) next.push(0);
    next[bin] = next[bin]! + Math.round(weight);
    return next;
  });
  const grown = weight * 2 ** (1 / HALF_LIFE[phase]);
  if (grown < HEAVIEST) return { errors: { ...errors, [phase]: tables }, weights: { ...weights, [phase]: grown } };
  const lighter = tables.map((bins) => bins.map((value) => Math.round((value * UNIT) / HEAVIEST)));
  return { errors: { ...errors, [phase]: lighter }, weights: { ...weights, [phase]: (grown * UNIT) / HEAVIEST } };
}

export interface Headroom {
  /** Demand stays below prediction x exp(log) but for the budget. */
  readonly log: number;
  /** How much that is above what usually comes: the smaller, the tighter. */
  readonly slack: number;
}

/** @param bins of one expert in one phase */
export function headroom(bins: readonly number[], weight: number, budget: number): Headroom {
  const prior = PRIOR_SAMPLES * weight;
  let total = prior;
  let sum = prior * PRIOR;
  for (let bin = 0; bin < bins.length; bin += 1) {
    const value = bins[bin]!;
    if (value === 0) continue;
    total += value;
    sum += value * (LOWEST + STEP * bin);
  }
  let above = budget * total;
  let isPriorLeft = true;
  for (let bin = bins.length - 1; bin >= 0; bin -= 1) {
    const edge = LOWEST + STEP * bin;
    if (isPriorLeft && edge < PRIOR) {
      isPriorLeft = false;
      above -= prior;
      if (above <= 0) return { log: PRIOR, slack: PRIOR - sum / total };
    }
    above -= bins[bin]!;
    if (above <= 0) return { log: edge, slack: edge - sum / total };
  }
  return { log: PRIOR, slack: PRIOR - sum / total };
}
