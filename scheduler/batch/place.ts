// Places many openings at once: packed onto what is left of all hosts, handed out to workloads, and mended where a rule forbids it.
// Takes the working copy, openings and a solver; gives an outcome like any placement's, and occupies the working copy. What the packing
// could not or the rules would not place goes to the exact best host one by one; what finds none is named as waiting.

import { capacityIndex } from '../capacity-index.ts';
import { type DemandView, feasible, hostView } from '../feasible.ts';
import { improve } from '../improve.ts';
import { type Outcome, type Placed, viewOf } from '../outcome.ts';
import { countsOf, occupy, type Overlay } from '../overlay.ts';
import { pack } from '../pack/pack.ts';
import type { Packing, Solve } from '../pack/problem.ts';
import type { Opening } from '../reconcile.ts';
import { score } from '../score.ts';
import { type Residual, residualOf } from './residual.ts';

export interface BatchOptions {
  /** The same seed gives the same outcome. */
  readonly seed: number;
  /** Most steps of the search; absent: by the number of openings. */
  readonly steps?: number | undefined;
  /** Answers the master programmes of the packing; absent: construction and search alone. */
  readonly solve?: Solve | undefined;
}

/** Steps for each opening, within limits: about a second for a thousand of them. */
const STEPS = { each: 10, least: 100, most: 4000 } as const;
/** Slots that a replica looks at before it is left to the mending. */
const MOST_TRIED = 40;

/** Places openings; the outcome's state is the one that was handed in. */
export function placeBatch(state: Overlay, openings: readonly Opening[], { seed, steps, solve }: BatchOptions): Outcome {
  if (openings.length === 0) return { state, placed: [], waiting: [] };
  const residual = residualOf(state, openings);
  const most = steps ?? Math.min(STEPS.most, STEPS.least + STEPS.each * openings.length);
  const packing = pack(residual.problem, { solve, seed, more: (done) => done < most });
  const slots = slotsOf(residual, packing);
  const placed: Placed[] = [];
  const left: Opening[] = [];
  for (const [type, members] of residual.openings.entries()) handOut(state, bySize(members), slots[type]!, placed, left);
  const waiting: Opening[] = [];
  for (const opening of left) {
    const best = capacityIndex(state, viewOf(state, opening)).best();
    if (best === undefined) waiting.push(opening);
    else placed.push(settle(state, opening, best.host, viewOf(state, opening)));
  }
  return improve({ state, placed, waiting }, seed);
}

/** For each type the hosts that the packing gives it, one entry for each replica. Hosts of a class are alike: which is which is free to choose. */
function slotsOf({ problem, hosts }: Residual, { bins }: Packing): number[][] {
  const slots: number[][] = problem.types.map(() => []);
  const next = hosts.map(() => 0);
  for (const { classIndex, hosts: count, contents } of bins) {
    for (let each = 0; each < count; each += 1) {
      const host = hosts[classIndex]![next[classIndex]!]!;
      next[classIndex]! += 1;
      for (const [type, replicas] of contents) for (let one = 0; one < replicas; one += 1) slots[type]!.push(host);
    }
  }
  return slots;
}

/** Openings by workload, those of the workload with most of them first: it has the least choice. */
function bySize(openings: readonly Opening[]): Opening[] {
  const groups = Map.groupBy(openings, ({ demand }) => demand.workload.id);
  return [...groups.values()].sort((one, other) => other.length - one.length).flat();
}

/** Gives each opening a slot where the rules allow it, the one with fewest replicas of its workload on the host first. */
function handOut(state: Overlay, openings: readonly Opening[], slots: number[], placed: Placed[], left: Opening[]): void {
  let at = 0;
  for (const opening of openings) {
    const view = viewOf(state, opening);
    const counts = countsOf(state, view.workload.id).host;
    let chosen = -1;
    let fewest = Number.POSITIVE_INFINITY;
    for (let tried = 0; tried < Math.min(MOST_TRIED, slots.length) && fewest > 0; tried += 1) {
      const slot = (at + tried) % slots.length;
      const here = counts.get(slots[slot]!) ?? 0;
      if (here >= fewest || feasible(hostView(state, slots[slot]!, view.workload.id), view) !== undefined) continue;
      chosen = slot;
      fewest = here;
    }
    if (chosen < 0) {
      left.push(opening);
      continue;
    }
    placed.push(settle(state, opening, slots[chosen]!, view));
    slots[chosen] = slots.at(-1)!;
    slots.pop();
    at = slots.length === 0 ? 0 : (at + 1) % slots.length;
  }
}

function settle(state: Overlay, opening: Opening, host: number, view: DemandView): Placed {
  const { here } = hostView(state, host, view.workload.id);
  const found = score(state, host, view, here);
  occupy(state, view.workload.id, host, view.charge, true);
  return { opening, host, score: found };
}
