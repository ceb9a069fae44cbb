// Ruin and recreate: takes some new placements back, places them again in another order, keeps what is better.
// Takes an outcome of place() and a seed; gives one that is at least as good: never fewer placed, never dearer for as many. The
// number of rounds is fixed, not timed. Replicas that run already are never touched.

import { capacityIndex } from './capacity-index.ts';
import { occupy, type Overlay, vacate } from './overlay.ts';
import { type Outcome, type Placed, viewOf } from './outcome.ts';
import { mulberry32 } from './pack/random.ts';
import type { Opening } from './reconcile.ts';

/** About a tenth of a second on the largest fleet. */
const ROUNDS = 300;
/** New replicas that one round may take back, and waiting ones that it tries again. */
const ROUND_SIZE = 12;
/** One host in so many is passed over while placing again, so that rounds do not all end alike. */
const BLINK = 50;

/** @returns an outcome on the same working copy, at least as good. @param seed any integer */
export function improve(start: Outcome, seed: number): Outcome {
  const { state } = start;
  const chance = mulberry32(seed);
  const random: RandomSource = (below) => Math.floor(chance() * below);
  const placed = [...start.placed];
  let waiting = [...start.waiting];
  for (let round = 0; round < ROUNDS && placed.length > 0; round += 1) {
    const cost = state.costCentsPerHour;
    const out = ruin(state, placed, random);
    const tried = [...out.map(({ opening }) => opening), ...shuffled(waiting, random).slice(0, ROUND_SIZE)];
    const again = recreate(state, shuffled(tried, random), random);
    const isBetter = again.length > out.length || (again.length === out.length && state.costCentsPerHour < cost);
    if (isBetter) {
      const settled = new Set(again.map(({ opening }) => opening));
      placed.push(...again);
      waiting = [...waiting, ...out.map(({ opening }) => opening)].filter((opening) => !settled.has(opening));
    } else {
      for (const each of again) release(state, each);
      for (const each of out) take(state, each);
      placed.push(...out);
    }
  }
  // Nothing may wait that has a place now.
  const late = recreate(state, waiting, undefined);
  const settled = new Set(late.map(({ opening }) => opening));
  return { state, placed: [...placed, ...late], waiting: waiting.filter((opening) => !settled.has(opening)) };
}

/** Takes the new replicas of a few hosts back, and removes them from the list. */
function ruin(state: Overlay, placed: Placed[], random: RandomSource): Placed[] {
  const hosts = new Set<number>();
  for (let count = 1 + random(3); count > 0; count -= 1) hosts.add(placed[random(placed.length)]!.host);
  const out = placed.filter(({ host }) => hosts.has(host)).slice(0, ROUND_SIZE);
  const gone = new Set(out);
  const kept = placed.filter((each) => !gone.has(each));
  placed.splice(0, placed.length, ...kept);
  for (const each of out) release(state, each);
  return out;
}

function recreate(state: Overlay, openings: readonly Opening[], random: RandomSource | undefined): Placed[] {
  const placed: Placed[] = [];
  for (const opening of openings) {
    const passed = random === undefined ? undefined : () => random(BLINK) === 0;
    const best = capacityIndex(state, viewOf(state, opening), passed).best();
    if (best === undefined) continue;
    const one = { opening, ...best };
    take(state, one);
    placed.push(one);
  }
  return placed;
}

function take(state: Overlay, { opening, host }: Placed): void {
  occupy(state, opening.demand.workload.id, host, viewOf(state, opening).charge, true);
}

function release(state: Overlay, { opening, host }: Placed): void {
  vacate(state, opening.demand.workload.id, host, viewOf(state, opening).charge, true);
}

/** Gives whole numbers below `below`. */
type RandomSource = (below: number) => number;

function shuffled<T>(items: readonly T[], random: RandomSource): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = random(last + 1);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
