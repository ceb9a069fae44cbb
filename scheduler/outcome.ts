// What placing gives: where each opening went, what waits, and which of two outcomes is better.
// Holds the words that place.ts, improve.ts and plan.ts share; decides nothing.

import { type DemandView, demandView } from './feasible.ts';
import type { Overlay } from './overlay.ts';
import type { Opening } from './reconcile.ts';

export interface Placed {
  readonly opening: Opening;
  /** Index in the base. */
  readonly host: number;
  /** 0..SCORE_SCALE when it was chosen. */
  readonly score: number;
}

export interface Outcome {
  readonly state: Overlay;
  readonly placed: readonly Placed[];
  readonly waiting: readonly Opening[];
}

/** More placed wins, then lower cost of the hosts in use. */
export function isBetter(one: Outcome, other: Outcome): boolean {
  if (one.placed.length !== other.placed.length) return one.placed.length > other.placed.length;
  return one.state.costCentsPerHour < other.state.costCentsPerHour;
}

/** What an opening asks of a host. Its address is always fresh: what it held on a lost host may still be answering there. */
export function viewOf(state: Overlay, { demand, replica }: Opening): DemandView {
  return demandView(state.base, demand.workload, replica.shape, demand.caps, null);
}
