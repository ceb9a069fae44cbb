import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeFrontier, roundMarks } from './frontier-scale.ts';

test('marks are round, start at nothing and reach the most', () => {
  expect(roundMarks(1)).toEqual([0, 1]);
  expect(roundMarks(7)).toEqual([0, 2, 4, 6, 8]);
  expect(roundMarks(120)).toEqual([0, 50, 100, 150]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (most) => {
      const marks = roundMarks(most);
      expect(marks.at(-1)).toBeGreaterThanOrEqual(most);
      expect(marks.at(-2)).toBeLessThan(most);
      expect(marks.length).toBeLessThanOrEqual(6);
    }),
  );
});

test('more moves stand further right, more gain higher, all inside the box', () => {
  const box = { width: 600, height: 300, left: 40, right: 10, top: 10, bottom: 30 };
  const { points, stair } = placeFrontier([{ moves: 7, gain: 3 }, { moves: 12, gain: 5 }, { moves: 40, gain: 6 }], box);
  expect(points.map(({ x }) => x)).toEqual(points.map(({ x }) => x).toSorted((one, other) => one - other));
  expect(points.map(({ y }) => y)).toEqual(points.map(({ y }) => y).toSorted((one, other) => other - one));
  for (const { x, y } of points) expect(x >= 40 && x <= 590 && y >= 10 && y <= 270).toBe(true);
  expect(stair.startsWith('M40 270H')).toBe(true);
});
