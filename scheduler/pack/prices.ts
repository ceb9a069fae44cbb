// Prices without a solver: every item costs what its share of one resource costs on the cheapest class that takes it. They prove a
// bound at once (no host can hold more than it costs), steer the first packings, and remain where column generation would take too long.
// Source: the volume bound of vector packing, with one price of the resource for each class.
import { wholeOf, type Rest } from './column.ts';
import type { Priced } from './generate.ts';
import type { Instance } from './instance.ts';

/** The prices of the resource that proves most, each with the weights that show it without a search. */
export function linearPrices(instance: Instance, rest: Rest = wholeOf(instance)): Priced {
  const { types, dims, classes, sizes, capacities, costs, most, scale } = instance;
  let best: Priced = { prices: new Float64Array(types), offers: [], bound: -1 };
  for (let d = 0; d < dims; d += 1) {
    const prices = new Float64Array(types);
    let sum = 0;
    for (let t = 0; t < types; t += 1) {
      let least = Number.POSITIVE_INFINITY;
      for (let k = 0; k < classes; k += 1) {
        if ((most[k * types + t] as number) > 0) least = Math.min(least, ((costs[k] as number) * (sizes[t * dims + d] as number)) / ((capacities[k * dims + d] as number) || 1));
      }
      prices[t] = least === Number.POSITIVE_INFINITY ? 0 : Math.floor(least * scale);
      sum += (prices[t] as number) * (rest.counts[t] as number);
    }
    if (sum <= best.bound) continue;
    const offers = Array.from({ length: classes }, (_, k) => {
      const atMost = (costs[k] as number) * scale;
      const weights = Array.from({ length: dims }, (_, other) => (other === d && (capacities[k * dims + d] as number) > 0 ? atMost / (capacities[k * dims + d] as number) : 0));
      return { value: 0, atMost, content: new Int32Array(types), weights };
    });
    best = { prices, offers, bound: sum };
  }
  return best;
}

/**
 * What items are worth to the search where no columns tell: their share of the cheapest class's cost, all resources together, the scarce
 * ones most. No host can hold more than it costs.
 * @param scarcity of each resource, 0 to 1
 */
export function blendedWorth({ types, dims, classes, sizes, capacities, costs, most }: Instance, scarcity: Float64Array): Float64Array {
  const sharp = scarcity.map((part) => part ** 3);
  const sum = sharp.reduce((total, part) => total + part, 0) || 1;
  return Float64Array.from({ length: types }, (_, t) => {
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < classes; k += 1) {
      if ((most[k * types + t] as number) === 0) continue;
      let share = 0;
      for (let d = 0; d < dims; d += 1) share += ((sharp[d] as number) / sum) * ((sizes[t * dims + d] as number) / ((capacities[k * dims + d] as number) || 1));
      least = Math.min(least, share * (costs[k] as number));
    }
    return least === Number.POSITIVE_INFINITY ? 0 : least;
  });
}
