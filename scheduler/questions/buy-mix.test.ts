// Mixes of hundreds of VMs are found in few trials, and are as thrifty as if one VM after the other were tried.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { completed, pruned, type Shop } from './buy-mix.ts';

/** Each VM of a pool holds so many replicas. */
function shopOf(stock: readonly number[], costs: readonly number[], holds: readonly number[], needed: number, most = Number.POSITIVE_INFINITY): Shop & { readonly tried: Set<string> } {
  const tried = new Set<string>();
  return {
    stock,
    costs,
    tried,
    trials: () => most - tried.size,
    missing: (counts) => {
      tried.add(counts.join(' '));
      return Math.max(0, needed - counts.reduce((sum, count, pool) => sum + count * holds[pool]!, 0));
    },
  };
}

/** Dearest first, as many as can go. */
function thrifty(costs: readonly number[], holds: readonly number[], needed: number, from: readonly number[]): number[] {
  const counts = [...from];
  const room = () => counts.reduce((sum, count, pool) => sum + count * holds[pool]!, 0);
  const least = Math.min(needed, room());
  for (const pool of costs.map((_, index) => index).sort((one, other) => costs[other]! - costs[one]! || one - other)) while (counts[pool]! > 0 && room() - holds[pool]! >= least) counts[pool]! -= 1;
  return counts;
}

test('whatever is too much is given back, to the last VM', () => {
  const three = (most: number, min = 0) => fc.array(fc.integer({ min, max: most }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(three(400), three(90, 1), three(20, 1), fc.integer({ min: 0, max: 9_000 }), (stock, costs, holds, needed) => {
      const shop = shopOf(stock, costs, holds, needed);
      expect(pruned(shop, stock)).toEqual(thrifty(costs, holds, needed, stock));
      expect(shop.tried.size).toBeLessThanOrEqual(60);
    }),
    { numRuns: 200, seed: 3 },
  );
});

test('where thousands wait, VMs are added by the hundred', () => {
  const shop = shopOf([500, 500], [100, 49], [7, 3], 3_000, 60);
  // 7 replicas for 100 cents are worth more than 3 for 49, until fewer than 7 wait.
  expect(completed(shop, [0, 0])).toEqual([428, 2]);
  expect(shop.tried.size).toBeLessThan(60);
});
