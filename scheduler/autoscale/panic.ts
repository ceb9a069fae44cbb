// Demand at the limit of what serves, or growing so fast that means lag behind. Takes what was seen in the last minute and the levels of the last five; gives how
// many replicas there should be at once, and until when nothing is taken in. What was wanted in panic stays until it is over.
import { type Capacity, fullQps } from './capacity.ts';
import { PACE } from './constants.ts';
import { meanLevel } from './experts.ts';
import { phaseAt } from './memory.ts';
import type { Observation, State } from './model.ts';
import { isUrgent, type Seen } from './witness.ts';

/** No trend of a minute is believed beyond this factor; one of seconds, which is clearer, is. */
const STEEPEST = 2.5;
const STEEPEST_RAMP = 4;
/** A ramp is looked for in the last seconds, in as many windows: the shortest sees it first. Fewer samples than this show none. */
const RAMP_MS: readonly number[] = [14_000, 20_000, 30_000];
const RAMP_SAMPLES = 6;
/** So much more within 20 s, and four times what chance brings, is a ramp that goes past what is there. */
const STEEP_MS = 20_000;
const STEEP = 0.2;
const STEEP_DEVIATIONS = 4;
const FAST_SECONDS = 6;

/** @returns what panic asks for, whether it is new or not over yet; null: there is none */
export function panicOf(last: State, state: State, observation: Observation, seen: Seen, capacity: Capacity, delayMs: number): State['panic'] {
  const { at, ready, moment } = observation;
  const still = last.panic !== null && last.panic.until > at ? last.panic : null;
  const { fast } = seen;
  if (fast === null || ready === 0) return still;
  // Where starts are fast the next decision is early enough; of openings more is known than their first seconds say.
  const isSlow = delayMs > PACE.fastStartMs && seen.doubt === null;
  const phase = phaseAt(moment, at);
  const isSteep = isSlow && phase !== 'opening' && phase !== 'afterOpening' && hasRamp(seen.recent, at, fast);
  const isFull = isSteep || isUrgent(capacity, ready, fast);
  const [now, minuteAgo, mean1, mean5] = [meanLevel(state.levels, 0, 1), meanLevel(state.levels, 6, 7), meanLevel(state.levels, 0, 6), meanLevel(state.levels, 0, 30)];
  const isSurge = minuteAgo > 0 && now > 1.25 * minuteAgo && mean1 > 1.15 * mean5;
  if (!isFull && !isSurge) return still;
  const aheadSeconds = Math.min(delayMs, isFull ? Infinity : PACE.surgeAheadMs) / 1000 + 15;
  const ramps = isFull && isSlow ? RAMP_MS.flatMap((ms) => rampOf(seen.recent, at, ms) ?? []) : [];
  const growth = ramps.length > 0 ? Math.max(...ramps.map(({ perSecond }) => perSecond)) : minuteAgo > 0 ? Math.max(0, (now - minuteAgo) / 60) : 0;
  const trend = Math.min((ramps.length > 0 ? STEEPEST_RAMP : STEEPEST) * fast, fast + growth * aheadSeconds);
  const replicas = needPlain(capacity, trend * (isFull ? PACE.panic : PACE.surge));
  // A surge that what is there was made for, such as an opening, is no reason for anything.
  if (!isFull && replicas <= observation.desired) return still;
  return { until: at + Math.max(PACE.leastPanicMs, delayMs), replicas: Math.max(replicas, still?.replicas ?? 0) };
}

function hasRamp(recent: readonly number[], at: number, fast: number): boolean {
  const ramp = rampOf(recent, at, STEEP_MS);
  return ramp !== null && ramp.perSecond * (STEEP_MS / 1000) > STEEP * ramp.from + STEEP_DEVIATIONS * Math.sqrt(fast / FAST_SECONDS);
}

/**
 * QPS a second over the newest samples without their two largest rises: a step is over when it is seen, and chance has its two as well; a ramp has them all.
 * Null: too few samples to tell.
 */
function rampOf(recent: readonly number[], at: number, ms: number): { perSecond: number; from: number } | null {
  let begin = 0;
  while (begin < recent.length && recent[begin]! <= at - ms) begin += 2;
  const samples = (recent.length - begin) / 2;
  if (samples < RAMP_SAMPLES) return null;
  const from = recent[begin + 1]!;
  let [largest, second] = [0, 0];
  for (let index = begin + 2; index < recent.length; index += 2) {
    const rise = recent[index + 1]! - recent[index - 1]!;
    if (rise > largest) [largest, second] = [rise, largest];
    else if (rise > second) second = rise;
  }
  const seconds = (recent[recent.length - 2]! - recent[begin]!) / 1000;
  const rise = (recent[recent.length - 1]! - from - largest - second) * ((samples - 1) / (samples - 3));
  return { perSecond: Math.max(0, rise / seconds), from };
}

/** The factor of panic is headroom already: no ceiling below the largest one. */
const needPlain = (capacity: Capacity, qps: number): number => Math.ceil(qps / fullQps(capacity, 1) / 0.9);
