// What a decision leaves for the next one: levels, the day so far, outcomes of predictions. Takes the state and what was just seen; gives new parts of the
// state, each bounded. Doubtful demand is remembered as what it was believed to be, and teaches nothing.
import { learn } from './calibrate.ts';
import { PACE } from './constants.ts';
import { AFTER_MS, FIRST_MS, isOpening } from './openings.ts';
import { DAY_MINUTES, record } from './season.ts';
import { type Decision, EXPERTS, type Moment, type Observation, type Phase, PHASES, type State } from './model.ts';
import { noErrors, unitWeights } from './calibrate.ts';

const STEP_MS = 10_000;
const MOST_LEVELS = 120;
const MOST_PREDICTIONS = 60;
const MOST_NEEDS = 60;
const HOUR_MS = 3_600_000;
const MOST_CHANGES = 120;

/** The memory of a workload that nothing is known of. */
export function freshState(): State {
  return {
    version: 1,
    at: 0,
    since: 0,
    restartedAt: 0,
    replicas: 0,
    seenAt: 0,
    trustedAt: 0,
    recent: [],
    levels: [],
    levelStep: 0,
    predictions: [],
    errors: noErrors(),
    weights: unitWeights(),
    days: [],
    openings: {},
    needs: [],
    changes: [],
    panic: null,
    cost: { weight: 0, qps: 0, cpu: 0, qpsQps: 0, qpsCpu: 0 },
    slowSince: null,
    trusted: { qps: 0, cpuMilli: null, connections: null, sources: [] },
    doubt: null,
  };
}

/** States outlive versions: a phase that a stored one does not know begins empty. */
export function complete(state: State): State {
  if (PHASES.every((phase) => phase in state.errors)) return state;
  return { ...state, errors: { ...noErrors(), ...state.errors }, weights: { ...unitWeights(), ...state.weights } };
}

/** Levels by steps of 10 s: the present one is replaced until its step is over; steps without one are unknown. */
export function addLevel({ levels, levelStep }: Pick<State, 'levels' | 'levelStep'>, at: number, level: number | null): { levels: readonly number[]; levelStep: number } {
  const step = Math.floor(at / STEP_MS);
  const value = level === null ? -1 : Math.round(level * 10) / 10;
  if (levels.length === 0 || step - levelStep >= MOST_LEVELS || step < levelStep) return { levels: [value], levelStep: step };
  if (step === levelStep) return { levels: [...levels.slice(0, -1), value], levelStep };
  const next = levels.length >= MOST_LEVELS ? levels.slice(levels.length - MOST_LEVELS + 1) : levels.slice();
  // A step or two without a decision is haste, not silence.
  for (let missed = levelStep + 1; missed < step; missed += 1) next.push(step - levelStep <= 3 ? value : -1);
  next.push(value);
  return { levels: next.slice(-MOST_LEVELS), levelStep: step };
}

/** The minute that has ended since the last decision, into today's record. */
export function addMinute(state: State, levels: readonly number[], levelStep: number, { at, moment }: Observation): State['days'] {
  if (state.at === 0 || Math.floor(at / 60_000) === Math.floor(state.at / 60_000)) return state.days;
  // Steps of the minute before this one.
  const newest = Math.floor(at / 60_000) * 6 - 1;
  let [sum, count] = [0, 0];
  for (let step = newest - 5; step <= newest; step += 1) {
    const value = levels[levels.length - 1 - (levelStep - step)] ?? -1;
    if (value < 0) continue;
    sum += value;
    count += 1;
  }
  if (count === 0) return state.days;
  const isMidnight = moment.minuteOfDay === 0;
  const last = state.days.at(-1);
  const day = isMidnight ? moment.day - 1 : moment.day;
  const dayType = isMidnight ? (last?.day === day ? last.dayType : moment.dayType) : moment.dayType;
  return record(state.days, day, dayType, isMidnight ? DAY_MINUTES - 1 : moment.minuteOfDay - 1, sum / count);
}

/** The phase of an instant near now. */
export function phaseAt({ events, isSession }: Moment, at: number): Phase {
  let phase: Phase = isSession ? 'session' : 'night';
  for (const event of events) {
    if (!isOpening(event) || at < event.at - 60_000) continue;
    if (at < event.at + FIRST_MS) return 'opening';
    if (at < event.at + AFTER_MS) phase = 'afterOpening';
  }
  return phase;
}

/** Predictions are kept until their outcome is known; where starts are slow, fewer of them. */
export function addPrediction(predictions: State['predictions'], at: number, phase: Phase, values: readonly number[], aheadMs: number): State['predictions'] {
  const keptMs = aheadMs + PACE.holdMs;
  const gapMs = Math.max(STEP_MS, keptMs / MOST_PREDICTIONS) - 1000;
  const last = predictions.at(-1);
  if (last !== undefined && at - last.at < gapMs) return [...predictions.slice(0, -1), { ...last, values: larger(last.values, values) }];
  let old = 0;
  while (old < predictions.length && predictions[old]!.at < at - keptMs - gapMs) old += 1;
  const next = predictions.slice(old);
  next.push({ at, phase, values });
  return next.slice(-MOST_PREDICTIONS - 2);
}

const larger = (some: readonly number[], others: readonly number[]): number[] => some.map((value, expert) => Math.max(value, others[expert] ?? -1));

/** The largest prediction of each expert that was made within the time that predictions are held. */
export function heldAt(predictions: State['predictions'], at: number): number[] {
  const values = EXPERTS.map(() => -1);
  for (const prediction of predictions) {
    if (prediction.at > at || prediction.at <= at - PACE.holdMs) continue;
    for (let expert = 0; expert < values.length; expert += 1) if (prediction.values[expert]! > values[expert]!) values[expert] = prediction.values[expert]!;
  }
  return values;
}

/** Compares what came in the last seconds with what was predicted for them. */
export function learnOutcomes(state: State, at: number, levels: readonly number[], aheadMs: number): Pick<State, 'errors' | 'weights'> {
  let { errors, weights } = state;
  const steps = Math.max(1, Math.round(PACE.leadMs / STEP_MS));
  let actual = -1;
  for (let back = 0; back < steps; back += 1) actual = Math.max(actual, levels[levels.length - 1 - back] ?? -1);
  if (actual < 0) return { errors, weights };
  for (const prediction of state.predictions) {
    const due = prediction.at + aheadMs;
    if (due <= state.at || due > at || at - due > 3 * STEP_MS) continue;
    ({ errors, weights } = learn(errors, weights, prediction.phase, heldAt(state.predictions, prediction.at), actual));
  }
  return { errors, weights };
}

/** Needs of the scale-in window, and the largest and smallest in two windows. */
export function addNeed(needs: readonly number[], at: number, replicas: number, windowMs: number): readonly number[] {
  const gapMs = Math.max(STEP_MS, windowMs / MOST_NEEDS) - 1000;
  const lastAt = needs.at(-2);
  if (lastAt !== undefined && at - lastAt < gapMs && needs.length >= 4) return [...needs.slice(0, -2), lastAt, Math.max(needs.at(-1)!, replicas)];
  let old = 0;
  while (old < needs.length && needs[old]! < at - windowMs) old += 2;
  return [...needs.slice(old), at, replicas].slice(-2 * (MOST_NEEDS + 2));
}

export function extremeNeed(needs: readonly number[], since: number, isLargest: boolean): number | null {
  let found: number | null = null;
  for (let index = 0; index < needs.length; index += 2) {
    if (needs[index]! < since) continue;
    const value = needs[index + 1]!;
    if (found === null || (isLargest ? value > found : value < found)) found = value;
  }
  return found;
}

export function addChange(changes: State['changes'], at: number, before: number, after: number, by: Decision['winner']): State['changes'] {
  const kept = changes.length > 0 && changes[0]!.at <= at - HOUR_MS ? changes.filter((change) => change.at > at - HOUR_MS) : changes;
  return before === after ? kept : [...kept, { at, before, after, by }].slice(-MOST_CHANGES);
}
