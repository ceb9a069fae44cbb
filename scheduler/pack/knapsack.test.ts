// The two ways to find the dearest content of a host agree with trying everything, also where counts are limited.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyProblem } from '../fixtures/packing.ts';
import { flatten } from './instance.ts';
import { dearestByBranching } from './knapsack-branch.ts';
import { dearestOnGrid, gridOf } from './knapsack-grid.ts';
import type { PackProblem } from './problem.ts';

/** What the dearest content of a host of the class is worth, by trying every number of every type. */
function byTrying({ classes, types }: PackProblem, k: number, prices: Float64Array): number {
  const { capacity, accepts } = classes[k]!;
  const visit = (t: number, room: readonly number[]): number => {
    const type = types[t];
    if (type === undefined) return 0;
    let best = 0;
    for (let count = 0; count <= Math.min(type.count, type.mostPerHost ?? type.count); count += 1) {
      const left = room.map((part, d) => part - count * type.size[d]!);
      if (left.some((part) => part < 0) || (count > 0 && accepts[t] !== true)) break;
      best = Math.max(best, count * prices[t]! + visit(t + 1, left));
    }
    return best;
  };
  return visit(0, capacity);
}

const anyCase = fc.tuple(anyProblem, fc.array(fc.nat(1000), { minLength: 3, maxLength: 3 }), fc.integer({ min: 1, max: 4 }));

test('on the grid and by branching: the value of trying everything, and a content that is worth it and fits', () => {
  fc.assert(
    fc.property(anyCase, ([small, random, times]) => {
      const problem = { ...small, types: small.types.map((type) => ({ ...type, count: type.count * times })) };
      const instance = flatten(problem);
      const prices = Float64Array.from(problem.types, (_, t) => random[t]!);
      const limit = (t: number) => Math.min(problem.types[t]!.count, problem.types[t]!.mostPerHost ?? 99);
      for (const k of problem.classes.keys()) {
        const wanted = byTrying(problem, k, prices);
        const accepted = problem.types.map((_, t) => t).filter((t) => instance.most[k * instance.types + t]! > 0);
        const [onGrid] = dearestOnGrid(gridOf(instance, [k], accepted)!, instance.types, prices, limit, () => true);
        for (const { value, content } of [onGrid!, dearestByBranching(instance, k, prices, limit, 1e6)]) {
          expect(value).toBe(wanted);
          expect(content.reduce((sum, count, t) => sum + count * prices[t]!, 0)).toBe(wanted);
          for (const d of problem.resources.keys()) expect(content.reduce((sum, count, t) => sum + count * problem.types[t]!.size[d]!, 0)).toBeLessThanOrEqual(problem.classes[k]!.capacity[d]!);
          for (const [t, count] of content.entries()) expect(count).toBeLessThanOrEqual(limit(t));
        }
      }
    }),
    { numRuns: 400 },
  );
});

test('branching that may not finish still never says less than the truth', () => {
  fc.assert(
    fc.property(anyCase, fc.integer({ min: 1, max: 6 }), ([problem, random], nodes) => {
      const instance = flatten(problem);
      const prices = Float64Array.from(problem.types, (_, t) => random[t]!);
      for (const k of problem.classes.keys()) {
        const { value, atMost } = dearestByBranching(instance, k, prices, (t) => problem.types[t]!.mostPerHost ?? 99, nodes);
        const truth = byTrying(problem, k, prices);
        expect(value).toBeLessThanOrEqual(truth);
        expect(atMost).toBeGreaterThanOrEqual(truth);
      }
    }),
    { numRuns: 300 },
  );
});
