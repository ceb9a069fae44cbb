// What the certificate's checker must do: accept what is right, refuse every figure that was changed, and never claim more than
// the true optimum, which these tests find by trying everything.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkBound } from './check-bound.ts';
import { anyProblem, leastCost, stubborn } from './fixtures/packing.ts';
import { pack } from './pack/pack.ts';
import type { Packing, PackProblem } from './pack/problem.ts';

const packed = (problem: PackProblem): Packing => pack(problem, { solve: stubborn, seed: 1, more: (steps) => steps < 30 });

const SITE: PackProblem = {
  resources: ['cpuMilli', 'memoryMib'],
  classes: [
    { name: 'physical', hosts: 3, capacity: [8000, 32768], cost: 300, accepts: [true, true, true] },
    { name: 'cloud', hosts: 5, capacity: [4000, 8192], cost: 220, accepts: [true, true, false] },
  ],
  types: [
    { name: 'small', size: [1000, 2048], count: 7 },
    { name: 'wide', size: [3000, 8192], count: 3, mostPerHost: 1 },
    { name: 'large', size: [4000, 16384], count: 2 },
  ],
};

test('a packing with its certificate holds', () => {
  const packing = packed(SITE);
  const { ok, problems, cost, bound, gapPercent } = checkBound(SITE, packing);
  expect(problems).toEqual([]);
  expect(ok).toBe(true);
  expect(cost).toBe(packing.cost);
  expect(bound).toBeGreaterThan(0);
  expect(bound).toBeLessThanOrEqual(cost);
  expect(gapPercent).toBeCloseTo((100 * (cost - bound)) / bound, 9);
});

/** Every number of a value, as a way to change it in a copy. */
function numbersOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value === 'number') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => numbersOf(part, [...path, Array.isArray(value) ? Number(key) : key]));
}

function changed<T>(value: T, path: readonly (string | number)[], change: (figure: number) => number): T {
  const copy = structuredClone(value);
  let at = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  at[last] = change(at[last] as number);
  return copy;
}

const CHANGES: readonly ((figure: number) => number)[] = [(figure) => figure + 1, (figure) => figure - 1, (figure) => -figure - 1, (figure) => figure + 0.5, () => Number.NaN, () => 2 ** 60];

test.each([['with a table', SITE], ['with weights', { ...SITE, types: SITE.types.map((type) => ({ ...type, size: [type.size[0]! + 1, type.size[1]! + 7] })) }]])('every changed figure is refused, %s', (_, problem) => {
  const packing = packed(problem);
  const { bound, problems } = checkBound(problem, packing);
  expect(problems).toEqual([]);
  const accepted = numbersOf(packing).flatMap((path) => CHANGES.flatMap((change, index) => {
    const verdict = checkBound(problem, changed(packing, path, change));
    // Another price or weight may happen to prove the very same bound: that is no corruption, but a second proof.
    const isSecondProof = ['prices', 'relaxed'].includes(String(path[1])) && verdict.bound === bound && index < 2;
    return verdict.ok && !isSecondProof ? [`${path.join('.')} by change ${index}`] : [];
  }));
  expect(accepted).toEqual([]);
});

test('prices with decimals, negative ones, and a scale that is no power of ten prove nothing', () => {
  const { certificate, ...packing } = packed(SITE);
  for (const wrong of [{ scale: 1.5 }, { scale: 0 }, { scale: 1000 - 1 }, { prices: [0.5, 1, 1] }, { prices: [-1, 1, 1] }, { prices: [Infinity, 1, 1] }]) {
    expect(checkBound(SITE, { ...packing, certificate: { ...certificate, ...wrong } }).problems.join(), JSON.stringify(wrong)).toContain('must be whole numbers');
  }
});

test('what is left out, put in twice or put elsewhere is refused', () => {
  const packing = packed(SITE);
  const [first] = packing.bins;
  const wrong: Partial<Packing>[] = [
    { bins: packing.bins.slice(1) },
    { bins: [...packing.bins, first!] },
    { bins: packing.bins.map((bin) => ({ ...bin, contents: bin.contents.toReversed().concat(bin.contents.slice(0, 1)) })) },
    { bins: packing.bins.map((bin) => ({ ...bin, classIndex: 1 - bin.classIndex })) },
    { unplaced: [] },
    { certificate: { ...packing.certificate, prices: packing.certificate.prices.slice(1) } },
    { certificate: { ...packing.certificate, relaxed: [{ classIndex: 9, parts: 1, weights: [1, 1] }] } },
    { certificate: { ...packing.certificate, relaxed: [{ classIndex: 0, parts: 0, weights: [1, 1] }] } },
    { certificate: { ...packing.certificate, relaxed: [0, 0].map((classIndex) => ({ classIndex, parts: 1, weights: [1, 1] })) } },
  ];
  for (const change of wrong) expect(checkBound(SITE, { ...packing, ...change }).ok, JSON.stringify(change)).toBe(false);
});

test('one unit too much on a host is refused by resource and class', () => {
  const packing = packed(SITE);
  for (const [k, kind] of SITE.classes.entries()) {
    for (const d of SITE.resources.keys()) {
      const fullest = Math.max(0, ...packing.bins.filter(({ classIndex }) => classIndex === k).map(({ contents }) => contents.reduce((sum, [t, count]) => sum + count * SITE.types[t]!.size[d]!, 0)));
      if (fullest === 0) continue;
      const smaller = (room: number) => ({ ...SITE, classes: SITE.classes.map((one, index) => (index === k ? { ...one, capacity: one.capacity.map((part, other) => (other === d ? room : part)) } : one)) });
      expect(checkBound(smaller(fullest), packing).problems.join()).not.toContain(`of ${SITE.resources[d]} on ${kind.name}`);
      expect(checkBound(smaller(fullest - 1), packing).problems.join()).toContain(`${fullest} of ${SITE.resources[d]} on ${kind.name}, which has ${fullest - 1}`);
    }
  }
});

test('no prices prove more than the true optimum', () => {
  fc.assert(
    fc.property(anyProblem, fc.array(fc.nat(2000), { minLength: 4, maxLength: 4 }), fc.boolean(), (problem, random, isWeighed) => {
      const prices = problem.types.map((_, t) => random[t] ?? 0);
      const optimum = leastCost(problem);
      fc.pre(optimum !== undefined);
      const relaxed = isWeighed ? [{ classIndex: 0, parts: 10, weights: problem.resources.map((_, d) => random[d] ?? 0) }] : [];
      const claim = (bound: number) => ({ ...optimum, certificate: { scale: 10, prices, bound, relaxed } });
      const said = /prove (\d+)/.exec(checkBound(problem, claim(2 ** 50)).problems.join())?.[1];
      const verdict = checkBound(problem, claim(Number(said)));
      expect(verdict.problems).toEqual([]);
      expect(verdict.bound).toBeLessThanOrEqual(optimum.cost);
    }),
    { numRuns: 300 },
  );
});
