// Packing by construction: hosts are filled one after the other, always of the class that wastes least. Takes a layout with
// homeless items, gives them hosts as long as there are any. It needs no solver and takes milliseconds, since equal fillings are
// opened together: where the search has no time or the solver gives up, this alone is a packing.
// Source: bin-centric heuristics of Panigrahy et al. 2011, with the choice of bin of Gabay & Zaourar's variable-size variant.
import { entriesOf, type Layout } from './layout.ts';
import type { Filler, Rule } from './fill.ts';

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

/** Fills hosts of each class with the items of a mix (as in `Fluid`), as long as the class has hosts. What is left over stays homeless. */
export function followMix(layout: Layout, filler: Filler, rule: Rule, mix: Int32Array): Layout {
  const { types, classes, dims, capacities } = layout.instance;
  for (let k = 0; k < classes; k += 1) {
    const pool = mix.slice(k * types, (k + 1) * types);
    const waiting = Array.from({ length: types }, (_, t) => t).filter((t) => (pool[t] as number) > 0);
    while ((layout.idle[k] as number) > 0) {
      const items = filler.fill(k, capacities, k * dims, pool, waiting, rule);
      if (items.length === 0) break;
      const again = entriesOf(items).reduce((most, [t, count]) => Math.min(most, Math.floor((pool[t] as number) / count)), (layout.idle[k] as number) - 1);
      for (const t of items) pool[t] = (pool[t] as number) - again;
      for (let host = 0; host <= again; host += 1) layout.open(k, items);
    }
  }
  return layout;
}

/** Puts homeless items into the room that hosts in use have left, the large ones first, each where least room remains. */
export function fillGaps(layout: Layout, filler: Filler): void {
  const { instance } = layout;
  const { types, dims } = instance;
  const size = (t: number): number => filler.parts.subarray(t * dims, (t + 1) * dims).reduce((sum, part) => sum + part, 0);
  const order = Array.from({ length: types }, (_, t) => t).filter((t) => (layout.homeless[t] as number) > 0).sort((one, other) => size(other) - size(one) || one - other);
  for (const t of order) {
    for (const b of tightestFirst(layout, t)) {
      while ((layout.homeless[t] as number) > 0 && mayHold(layout, b, t)) layout.add(b, [t]);
      if (layout.homeless[t] === 0) break;
    }
  }
}

/** Hosts that could take an item of the type, those with least room left first. */
function tightestFirst(layout: Layout, t: number): number[] {
  const { dims, capacities } = layout.instance;
  const left = layout.classOf.map((k, b) => {
    let sum = 0;
    for (let d = 0; d < dims; d += 1) sum += (layout.room[b * dims + d] as number) / ((capacities[k * dims + d] as number) || 1);
    return sum;
  });
  return layout.classOf.map((_, b) => b).filter((b) => mayHold(layout, b, t)).sort((one, other) => (left[one] as number) - (left[other] as number) || one - other);
}

/** Whether one more item of the type may go to the host. */
function mayHold({ instance, classOf, items, room }: Layout, b: number, t: number): boolean {
  const { dims, sizes, types, most, problem } = instance;
  const limit = most[(classOf[b] as number) * types + t] as number;
  if (limit === 0) return false;
  for (let d = 0; d < dims; d += 1) if ((sizes[t * dims + d] as number) > (room[b * dims + d] as number)) return false;
  return problem.types[t]?.mostPerHost === undefined || (items[b] as readonly number[]).reduce((there, other) => there + (other === t ? 1 : 0), 0) < limit;
}
