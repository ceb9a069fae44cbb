// Chooses hosts for replicas that have none: one run of equal replicas after the other, each on the best host that may take it.
// Takes the working copy and openings; gives placements and what found no room, and occupies the working copy. Moves nothing that
// runs. A batch also tries an order that serves the pickiest and largest first and then searches (improve.ts); it never places less.

import { capacityIndex } from './capacity-index.ts';
import { eligibility } from './feasible.ts';
import { improve } from './improve.ts';
import { isBetter, type Outcome, type Placed, viewOf } from './outcome.ts';
import { copyOf, occupy, type Overlay } from './overlay.ts';
import type { Opening } from './reconcile.ts';
import { byText, dominantShare } from './resources.ts';

export interface PlaceOptions {
  /** Look for a better whole, for many openings at once; else each run takes the best host at its turn. */
  readonly batch: boolean;
  /** Of the search; the same seed gives the same outcome. */
  readonly seed: number;
}

/** Places openings. The outcome's state replaces the one that was handed in, which is used up. */
export function place(state: Overlay, openings: readonly Opening[], options: PlaceOptions): Outcome {
  const inTurn = [...openings].sort(byTurn);
  if (!options.batch) return inOrder(state, inTurn);
  const online = inOrder(copyOf(state), inTurn);
  const sorted = inOrder(state, inTurn.sort(byScarcity(state)));
  return improve(isBetter(sorted, online) ? sorted : online, options.seed);
}

function inOrder(state: Overlay, openings: readonly Opening[]): Outcome {
  const placed: Placed[] = [];
  const waiting: Opening[] = [];
  for (let start = 0; start < openings.length; ) {
    const first = openings[start]!;
    let end = start + 1;
    while (end < openings.length && isAlike(openings[end]!, first)) end += 1;
    const view = viewOf(state, first);
    const index = capacityIndex(state, view);
    for (const opening of openings.slice(start, end)) {
      const best = index.best();
      if (best === undefined) {
        waiting.push(opening);
        continue;
      }
      occupy(state, first.demand.workload.id, best.host, view.charge, true);
      placed.push({ opening, host: best.host, score: best.score });
    }
    start = end;
  }
  return { state, placed, waiting };
}

function isAlike(one: Opening, other: Opening): boolean {
  return one.demand.workload.id === other.demand.workload.id && one.replica.shape.cpuMilli === other.replica.shape.cpuMilli && one.replica.shape.memoryMib === other.replica.shape.memoryMib;
}

function byTurn(one: Opening, other: Opening): number {
  return one.turn - other.turn || byText(one.demand.workload.id, other.demand.workload.id) || one.replica.ordinal - other.replica.ordinal;
}

/** Who may use the fewest hosts goes first, then who takes the largest share of a typical host. */
function byScarcity(state: Overlay): (one: Opening, other: Opening) => number {
  const { base } = state;
  const total = { cpuMilli: 0, memoryMib: 0 };
  for (let host = 0; host < base.hosts.length; host += 1) {
    total.cpuMilli += base.usableCpu[host]!;
    total.memoryMib += base.usableMemory[host]!;
  }
  const ranks = new Map<Opening, { hosts: number; share: number }>();
  const rank = (opening: Opening) => {
    const known = ranks.get(opening) ?? { hosts: eligibility(base, opening.demand.workload).open, share: dominantShare(viewOf(state, opening).charge, total) };
    ranks.set(opening, known);
    return known;
  };
  return (one, other) => rank(one).hosts - rank(other).hosts || rank(other).share - rank(one).share || byTurn(one, other);
}
