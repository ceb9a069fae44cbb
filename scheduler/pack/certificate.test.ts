// Certificates of classes whose dearest content is too hard to find: the over-estimate that goes with them is what the checker computes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkBound } from '../check-bound.ts';
import { leastCost } from '../fixtures/packing.ts';
import { certify } from './certificate.ts';
import { wholeOf } from './column.ts';
import { priceAll } from './generate.ts';
import { flatten } from './instance.ts';
import { pricingOf } from './pricing.ts';
import type { PackProblem } from './problem.ts';

/** Sizes without a common divisor, too fine for a table. */
const anyFineProblem = fc.record({
  capacity: fc.tuple(fc.integer({ min: 90_000, max: 200_000 }), fc.integer({ min: 90_000, max: 200_000 })),
  sizes: fc.array(fc.tuple(fc.integer({ min: 10_001, max: 90_000 }), fc.integer({ min: 10_001, max: 90_000 })), { minLength: 2, maxLength: 4 }),
}).map(({ capacity, sizes }): PackProblem => ({
  resources: ['cpuMilli', 'memoryMib'],
  classes: [{ name: 'physical', hosts: 5, capacity, cost: 7, accepts: sizes.map(() => true) }],
  types: sizes.map((size, t) => ({ name: `type-${t}`, size, count: 1 })),
}));

test('a search that gives up at once leaves weights, and with them the bound is checked to the last figure', () => {
  let weighed = 0;
  fc.assert(
    fc.property(anyFineProblem, fc.array(fc.nat(9_000_000), { minLength: 4, maxLength: 4 }), fc.integer({ min: 1, max: 3 }), (problem, random, nodes) => {
      const instance = flatten(problem);
      const rest = wholeOf(instance);
      const prices = Float64Array.from(problem.types, (_, t) => random[t]!);
      const certificate = certify(instance, rest, [priceAll(instance, pricingOf(instance, nodes), rest, prices)]);
      if (certificate.relaxed !== undefined) weighed += 1;
      const optimum = leastCost(problem)!;
      const { problems, bound } = checkBound(problem, { ...optimum, certificate });
      expect(problems).toEqual([]);
      expect(bound).toBeLessThanOrEqual(optimum.cost);
    }),
    { numRuns: 300 },
  );
  expect(weighed).toBeGreaterThan(30);
});
