// Packing by construction: hosts are filled one after the other, always of the class that wastes least. Takes a layout with
// homeless items, gives them hosts as long as there are any. It needs no solver and takes milliseconds, since equal fillings are
// opened together: where the search has no time or the solver gives up, this alone is a packing.
// Source: bin-centric heuristics of Panigrahy et al. 2011, with the choice of bin of Gabay & Zaourar's variable-size variant.
import { entriesOf, type Layout } from './layout.ts';
import type { Filler, Rule } from './fill.ts';
import type { Instance } from './instance.ts';

/** Opens hosts for homeless items until none is left or nothing fits. */
export function greedy(layout: Layout, filler: Filler, rule: Rule): Layout {
  while (layout.homelessItems > 0) {
    const next = leastWaste(layout, filler, rule);
    if (next === undefined) return layout;
    const times = next.items.length === layout.homelessItems ? 1 : repeats(layout, next.classIndex, next.items);
    for (let host = 0; host < times; host += 1) layout.open(next.classIndex, next.items);
  }
  return layout;
}

/** How often the same filling may be opened: as long as its own choice would not have been another. */
function repeats(layout: Layout, k: number, items: readonly number[]): number {
  let times = layout.idle[k] as number;
  for (const [t, count] of entriesOf(items)) times = Math.min(times, Math.floor((layout.homeless[t] as number) / count));
  return Math.max(1, times);
}

function leastWaste(layout: Layout, filler: Filler, rule: Rule): { classIndex: number; items: number[] } | undefined {
  const { types, classes, dims, capacities, costs } = layout.instance;
  const waiting = Array.from({ length: types }, (_, t) => t).filter((t) => (layout.homeless[t] as number) > 0);
  let best: { classIndex: number; items: number[] } | undefined;
  let bestRatio = Number.POSITIVE_INFINITY;
  for (let k = 0; k < classes; k += 1) {
    if ((layout.idle[k] as number) <= 0) continue;
    const items = filler.fill(k, capacities, k * dims, layout.homeless, waiting, rule);
    for (const t of items) layout.homeless[t] = (layout.homeless[t] as number) + 1;
    if (items.length === 0) continue;
    const worth = items.reduce((sum, t) => sum + (filler.worth[t] as number), 0);
    const ratio = (costs[k] as number) / Math.max(worth, 1e-9);
    if (ratio < bestRatio) {
      bestRatio = ratio;
      best = { classIndex: k, items };
    }
  }
  return best;
}

/** Puts homeless items into the room that hosts in use have left, the large ones first, each where least room remains. */
export function fillGaps(layout: Layout, filler: Filler): void {
  const { instance } = layout;
  const { types, dims } = instance;
  const size = (t: number): number => filler.parts.subarray(t * dims, (t + 1) * dims).reduce((sum, part) => sum + part, 0);
  const order = Array.from({ length: types }, (_, t) => t).filter((t) => (layout.homeless[t] as number) > 0).sort((one, other) => size(other) - size(one) || one - other);
  for (const t of order) {
    while ((layout.homeless[t] as number) > 0) {
      const b = tightest(layout, t);
      if (b < 0) break;
      layout.add(b, [t]);
    }
  }
}

function tightest(layout: Layout, t: number): number {
  const { instance, classOf, room, items } = layout;
  const { dims, sizes, capacities, types, most } = instance;
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let b = 0; b < classOf.length; b += 1) {
    const k = classOf[b] as number;
    const limit = most[k * types + t] as number;
    if (limit === 0) continue;
    let left = 0;
    for (let d = 0; d < dims; d += 1) {
      const after = (room[b * dims + d] as number) - (sizes[t * dims + d] as number);
      left = after < 0 ? Number.POSITIVE_INFINITY : left + after / ((capacities[k * dims + d] as number) || 1);
    }
    if (left < least && mayHoldOneMore(instance, items[b] as readonly number[], t, limit)) {
      least = left;
      best = b;
    }
  }
  return best;
}

function mayHoldOneMore({ problem }: Instance, items: readonly number[], t: number, limit: number): boolean {
  if (problem.types[t]?.mostPerHost === undefined) return true;
  let there = 0;
  for (const other of items) if (other === t) there += 1;
  return there < limit;
}
