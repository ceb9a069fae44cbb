// The proof that goes with a packing: integer prices and the bound that they give for the items that were placed. Takes candidate
// prices, gives the certificate of the best. Where a class's dearest content is too hard to find exactly, weights that over-estimate
// it are part of the certificate, so that whoever checks it needs no search there.
import type { Rest } from './column.ts';
import { boundOf, type Priced } from './generate.ts';
import type { Instance } from './instance.ts';
import type { Certificate, RelaxedClass } from './problem.ts';

/** Weights are integers in 1/parts of a price. */
const PARTS = 1e6;

/**
 * @param placed the items that the bound is for, and all hosts
 * @param candidates prices with what they prove for exactly that
 */
export function certify(instance: Instance, placed: Rest, candidates: readonly Priced[]): Certificate {
  let best: Certificate = { scale: instance.scale, prices: Array.from({ length: instance.types }, () => 0), bound: 0 };
  for (const { prices, offers } of candidates) {
    const relaxed: RelaxedClass[] = [];
    const dearest = offers.map(({ value, weights }, k) => {
      if (weights === undefined) return value;
      const proof = { classIndex: k, parts: PARTS, weights: weights.map((weight) => Math.min(Number.MAX_SAFE_INTEGER, Math.round(weight * PARTS))) };
      relaxed.push(proof);
      return relaxedValue(instance, placed, prices, proof);
    });
    const bound = boundOf(instance, placed, prices, dearest);
    if (bound > best.bound) best = { scale: instance.scale, prices: [...prices], bound, ...(relaxed.length === 0 ? {} : { relaxed }) };
  }
  return best;
}

/** The formula of `RelaxedClass`, in whole numbers of any size. */
function relaxedValue({ types, dims, sizes, capacities, most }: Instance, { counts }: Rest, prices: Float64Array, { classIndex: k, parts, weights }: RelaxedClass): number {
  const whole = weights.map(BigInt);
  let sum = 0n;
  for (const [d, weight] of whole.entries()) sum += BigInt(capacities[k * dims + d] as number) * weight;
  for (let t = 0; t < types; t += 1) {
    let excess = BigInt(prices[t] as number) * BigInt(parts);
    for (const [d, weight] of whole.entries()) excess -= BigInt(sizes[t * dims + d] as number) * weight;
    if (excess > 0n) sum += BigInt(Math.min(counts[t] as number, most[k * types + t] as number)) * excess;
  }
  return Number(sum / BigInt(parts));
}
