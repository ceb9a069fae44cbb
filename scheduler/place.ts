// Chooses hosts for replicas that have none: one run of equal replicas after the other, each on the best host that may take it.
// Takes the working copy and openings; gives placements and what found no room, and occupies the working copy. Moves nothing that
// runs. A batch also tries an order that serves the pickiest and largest first, searches (improve.ts) and packs (batch/place.ts); it never
// places less.

import { placeBatch } from './batch/place.ts';
import { capacityIndex } from './capacity-index.ts';
import { eligibility } from './feasible.ts';
import { improve } from './improve.ts';
import { isBetter, type Outcome, type Placed, viewOf } from './outcome.ts';
import { copyOf, occupy, type Overlay } from './overlay.ts';
import type { Solve } from './pack/problem.ts';
import type { Opening } from './reconcile.ts';
import { byText, dominantShare } from './resources.ts';

export interface PlaceOptions {
  /** Look for a better whole, for many openings at once; else each run takes the best host at its turn. */
  readonly batch: boolean;
  /** Of the search; the same seed gives the same outcome. */
  readonly seed: number;
  /** For a batch: answers the master programmes of packing; absent: nothing is packed. */
  readonly solve?: Solve | undefined;
}

/** Places openings. The outcome's state replaces the one that was handed in, which is used up. */
export function place(state: Overlay, openings: readonly Opening[], options: PlaceOptions): Outcome {
  const inTurn = [...openings].sort(byTurn);
  if (!options.batch) return inOrder(state, inTurn);
  const online = inOrder(copyOf(state), inTurn);
  const { pack, cost, spread } = state.base.snapshot.policy.weights;
  const isPacking = pack + cost > spread;
  if (online.waiting.length === 0 && !isPacking) return online;
  const best = searches(state, inTurn, online, options).reduce((one, other) => (isBetter(other, one) ? other : one), online);
  // Fuller hosts are no better where people want replicas apart: only more room for them is.
  return isPacking || best.placed.length > online.placed.length ? best : online;
}

/** What a search finds from the better of two orders, and what a packing gives. The state that was handed in is used up, `online` is not. */
function searches(state: Overlay, inTurn: readonly Opening[], online: Outcome, { seed, solve }: PlaceOptions): Outcome[] {
  const sorted = inOrder(copyOf(state), inTurn.toSorted(byScarcity(state)));
  const searched = improve(isBetter(sorted, online) ? sorted : { ...online, state: copyOf(online.state) }, seed);
  return solve === undefined ? [searched] : [searched, placeBatch(state, inTurn, { seed, solve })];
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
