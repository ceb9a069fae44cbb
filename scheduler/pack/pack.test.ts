// What whoever packs relies on: every packing holds and is proven, nothing is dropped in silence, the same call gives the same packing,
// a solver that fails costs quality only, and a present state is left alone where moving does not pay.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkBound } from '../check-bound.ts';
import { anyProblem, leastCost, stubborn } from '../fixtures/packing.ts';
import { pack, type PackOptions } from './pack.ts';
import type { Packing, PackProblem, PresentHost } from './problem.ts';

const counted = (steps: number): Pick<PackOptions, 'more' | 'spent'> => ({ more: (done) => done < steps, spent: (done) => done / steps });
const packed = (problem: PackProblem, steps = 200, more: Partial<PackOptions> = {}): Packing => pack(problem, { solve: stubborn, seed: 1, ...counted(steps), ...more });

const SITE: PackProblem = {
  resources: ['cpuMilli', 'memoryMib'],
  classes: [
    { name: 'physical', hosts: 12, capacity: [21500, 54272], cost: 600, accepts: [true, true, true, true] },
    { name: 'vm', hosts: 6, capacity: [14000, 17408], cost: 480, accepts: [true, true, true, true] },
    { name: 'cloud', hosts: 20, capacity: [7000, 35840], cost: 550, accepts: [true, false, true, false] },
  ],
  types: [
    { name: 'small', size: [1000, 2048], count: 25 },
    { name: 'usual', size: [4000, 8192], count: 30 },
    { name: 'wide', size: [2000, 16384], count: 8, mostPerHost: 1 },
    { name: 'large', size: [16000, 32768], count: 3 },
  ],
};

test('every packing holds, is proven, and counts what found no room', () => {
  fc.assert(
    fc.property(anyProblem, fc.nat(), (problem, seed) => {
      const packing = packed(problem, 60, { seed });
      expect(checkBound(problem, packing).problems).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('small problems are packed as cheaply as can be', () => {
  const samples = fc.sample(anyProblem, { seed: 7, numRuns: 60 });
  const worse = samples.flatMap((problem) => {
    const optimum = leastCost(problem);
    const packing = packed(problem, 3000);
    if (optimum === undefined) return [];
    return packing.cost > optimum.cost || packing.unplaced.some((count) => count > 0) ? [{ problem, cost: packing.cost, optimum: optimum.cost }] : [];
  });
  expect(worse).toEqual([]);
});

test('the same problem, seed and steps give the same packing; another seed may give another', () => {
  expect(packed(SITE, 500)).toEqual(packed(SITE, 500));
  expect(packed(SITE, 500, { seed: 2 }).unplaced).toEqual([0, 0, 0, 0]);
});

test('more steps never make it worse', () => {
  const costs = [0, 50, 500, 3000].map((steps) => packed(SITE, steps).cost);
  expect(costs).toEqual(costs.toSorted((one, other) => other - one));
});

test('items that no host takes are unplaced, and the others are packed and proven all the same', () => {
  const problem: PackProblem = { ...SITE, types: [...SITE.types, { name: 'giant', size: [90000, 1], count: 2 }], classes: SITE.classes.map((kind) => ({ ...kind, accepts: [...kind.accepts, true] })) };
  const packing = packed(problem);
  expect(packing.unplaced).toEqual([0, 0, 0, 0, 2]);
  const { problems, bound } = checkBound(problem, packing);
  expect(problems).toEqual([]);
  expect(bound).toBeGreaterThan(0);
});

test('nothing to pack costs nothing', () => {
  for (const problem of [{ ...SITE, types: [], classes: SITE.classes.map((kind) => ({ ...kind, accepts: [] })) }, { ...SITE, classes: [] }, { ...SITE, types: SITE.types.map((type) => ({ ...type, count: 0 })) }]) {
    const packing = packed(problem);
    expect({ bins: packing.bins, cost: packing.cost, problems: checkBound(problem, packing).problems }).toEqual({ bins: [], cost: 0, problems: [] });
  }
});

/** Costs of hosts and moves together. */
const total = ({ cost, kept }: Packing, movePrice: number): number => cost + movePrice * (kept?.moves ?? 0);

/** Every second host of a packing, so that there are both items that stay and new ones. */
function halfOf({ bins }: Packing): PresentHost[] {
  return bins.flatMap(({ classIndex, hosts, contents }) => Array.from({ length: hosts }, () => ({ classIndex, contents }))).filter((_, index) => index % 2 === 0);
}

test('dear moves: everything stays where it is, and what is new finds room', () => {
  const present = halfOf(packed(SITE));
  const { kept, ...packing } = packed(SITE, 300, { present, movePrice: 10_000 });
  expect(kept?.moves).toBe(0);
  for (const [index, { contents }] of present.entries()) {
    const host = kept?.hosts.find((one) => one.present === index);
    for (const [t, count] of contents) expect(host?.contents.find(([type]) => type === t)?.[1] ?? 0).toBeGreaterThanOrEqual(count);
  }
  expect(packing.unplaced).toEqual([0, 0, 0, 0]);
  expect(checkBound(SITE, packing).problems).toEqual([]);
});

test('a present state: never worse than leaving everything, moves and hosts add up, no host is two', () => {
  fc.assert(
    fc.property(anyProblem, fc.integer({ min: 0, max: 30 }), fc.boolean(), (problem, movePrice, isShrunk) => {
      const before = packed(problem, 30);
      const present = before.bins.flatMap(({ classIndex, hosts, contents }) => Array.from({ length: hosts }, () => ({ classIndex, contents })));
      const now = isShrunk ? { ...problem, types: problem.types.map((type) => ({ ...type, count: Math.floor(type.count / 2) })) } : problem;
      const packing = packed(now, 80, { present, movePrice });
      expect(checkBound(now, packing).problems).toEqual([]);
      const { hosts = [], moves = -1 } = packing.kept ?? {};
      const named = hosts.flatMap(({ present: origin }) => (origin === undefined ? [] : [origin]));
      expect(new Set(named).size).toBe(named.length);
      expect(named.every((origin, index) => present[origin]?.classIndex === hosts.filter((host) => host.present !== undefined)[index]?.classIndex)).toBe(true);
      const stay = hosts.reduce((sum, { present: origin, contents }) => sum + contents.reduce((all, [t, count]) => all + Math.min(count, present[origin ?? -1]?.contents.find(([type]) => type === t)?.[1] ?? 0), 0), 0);
      const movable = now.types.reduce((sum, { count }, t) => sum + Math.min(count, before.bins.reduce((all, bin) => all + bin.hosts * (bin.contents.find(([type]) => type === t)?.[1] ?? 0), 0)), 0);
      expect(moves).toBe(movable - stay);
      if (!isShrunk && before.unplaced.every((count) => count === 0)) expect(total(packing, movePrice)).toBeLessThanOrEqual(before.cost);
    }),
    { numRuns: 150 },
  );
});

test('a move that empties a host is made when the host costs more, and no other', () => {
  const problem: PackProblem = { resources: ['cpuMilli'], classes: [{ name: 'physical', hosts: 4, capacity: [3000], cost: 600, accepts: [true] }], types: [{ name: 'one', size: [1000], count: 6 }] };
  const present = [2, 1, 3].map((count) => ({ classIndex: 0, contents: [[0, count]] as const }));
  const { kept, cost } = packed(problem, 500, { present, movePrice: 10 });
  expect({ cost, kept }).toEqual({ cost: 1200, kept: { moves: 1, hosts: expect.arrayContaining([{ present: 0, classIndex: 0, contents: [[0, 3]] }, { present: 2, classIndex: 0, contents: [[0, 3]] }]) as unknown } });
  expect(packed(problem, 500, { present, movePrice: 601 }).kept?.moves).toBe(0);
});

test('free moves: as cheap as packing from nothing', () => {
  const fresh = packed(SITE, 2000);
  const present = SITE.types.flatMap(({ count }, t) => Array.from({ length: Math.min(3, count) }, () => ({ classIndex: 0, contents: [[t, 1]] as const })));
  expect(packed(SITE, 2000, { present, movePrice: 0 }).cost).toBeLessThanOrEqual(fresh.cost * 1.05);
});
