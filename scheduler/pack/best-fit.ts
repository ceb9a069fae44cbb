// Packing item by item: the largest first, each on the host in use that it fills best, on a new host where none has room. Takes a layout with
// homeless items and a rule; gives it back with hosts for them. Strong where few large items share a host, as filling host by host is
// where many small ones do.
// Source: the item-centric families (first and best fit decreasing) in Mommessin, Erlebach & Shakhlevich 2025.
import type { Filler } from './fill.ts';
import type { Layout } from './layout.ts';

/**
 * What makes an item large, and what makes a host the best for it: least room left, room that is most like the item, or being the first.
 * `sharpness`: the power of a resource's scarcity that it is weighed with.
 */
export const FITS = [
  { size: 'sum', choice: 'tight', sharpness: 1 },
  { size: 'largest', choice: 'tight', sharpness: 1 },
  { size: 'sum', choice: 'alike', sharpness: 1 },
  { size: 'largest', choice: 'alike', sharpness: 1 },
  { size: 'sum', choice: 'first', sharpness: 1 },
  { size: 'squares', choice: 'first', sharpness: 0 },
  { size: 'squares', choice: 'first', sharpness: 1 },
  { size: 'squares', choice: 'first', sharpness: 2 },
  { size: 'squares', choice: 'tight', sharpness: 1 },
  { size: 'squares', choice: 'tight', sharpness: 2 },
] as const;
export type Fit = (typeof FITS)[number];

export function bestFitDecreasing(layout: Layout, filler: Filler, { size, choice }: Pick<Fit, 'size' | 'choice'>): Layout {
  const { types, dims, most, problem } = layout.instance;
  const large = Float64Array.from({ length: types }, (_, t) => measure(filler.parts.subarray(t * dims, (t + 1) * dims), size));
  const order = Array.from({ length: types }, (_, t) => t).sort((one, other) => (large[other] as number) - (large[one] as number) || one - other);
  const cheapest = cheapestFirst(layout, filler);
  for (const t of order) {
    for (let item = layout.homeless[t] as number; item > 0; item -= 1) {
      // A host that may hold a few of a type only is left to later stages.
      const b = problem.types[t]?.mostPerHost === undefined ? bestHost(layout, filler, t, choice) : -1;
      const k = cheapest.find((one) => (layout.idle[one] as number) > 0 && (most[one * types + t] as number) > 0);
      if (b >= 0) layout.add(b, [t]);
      else if (k !== undefined) layout.open(k, [t]);
    }
  }
  return layout;
}

/** Classes by what their room costs. */
function cheapestFirst({ instance }: Layout, { unit }: Filler): number[] {
  const { classes, dims, capacities, costs } = instance;
  const price = Float64Array.from({ length: classes }, (_, k) => (costs[k] as number) / unit.reduce((sum, part, d) => sum + part * (capacities[k * dims + d] as number), 1e-9));
  return Array.from({ length: classes }, (_, k) => k).sort((one, other) => (price[one] as number) - (price[other] as number) || one - other);
}

/** The host in use that suits the type best; -1 where none has room. */
function bestHost({ instance, classOf, room }: Layout, { unit, parts }: Filler, t: number, choice: Fit['choice']): number {
  const { types, dims, sizes, most } = instance;
  let best = -1;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let b = 0; b < classOf.length; b += 1) {
    if ((most[(classOf[b] as number) * types + t] as number) === 0) continue;
    let score = 0;
    for (let d = 0; d < dims; d += 1) {
      const left = (room[b * dims + d] as number) - (sizes[t * dims + d] as number);
      if (left < 0) score = Number.NEGATIVE_INFINITY;
      else score += (unit[d] as number) * (choice === 'alike' ? (room[b * dims + d] as number) * (parts[t * dims + d] as number) : -left);
    }
    if (score <= bestScore) continue;
    bestScore = score;
    best = b;
    if (choice === 'first') break;
  }
  return best;
}

function measure(parts: Float64Array, size: Fit['size']): number {
  if (size === 'largest') return Math.max(...parts);
  return parts.reduce((sum, part) => sum + (size === 'sum' ? part : part * part), 0);
}
