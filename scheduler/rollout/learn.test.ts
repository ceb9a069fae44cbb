import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Interval } from './figures.ts';
import { learn } from './learn.ts';

const interval = (requests: number, perRequest: number, idleMilli: number, seconds = 5): Interval => ({ seconds, requests, cpuMs: requests * perRequest + seconds * idleMilli });

test('what requests cost is told apart from what idling costs', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 300 }), fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 6, maxLength: 40 }), (perRequest, idle, counts) => {
      const learnt = learn(counts.map((count) => interval(count, perRequest, idle)));
      if (counts.reduce((sum, count) => sum + count, 0) < 20) return;
      expect(learnt!.cpuMsPerRequest).toBeCloseTo(perRequest, 1);
      expect(learnt!.idleCpuMilli).toBe(idle);
    }),
  );
});

test('one wild interval among many changes little', () => {
  const usual = Array.from({ length: 20 }, (_, index) => interval(50 + 10 * index, 4, 30));
  expect(learn([...usual, { seconds: 5, requests: 60, cpuMs: 9_000 }])!.cpuMsPerRequest).toBeCloseTo(4, 1);
});

test('steady traffic gives the plain proportion, too little gives nothing', () => {
  expect(learn(Array.from({ length: 5 }, () => interval(100, 2, 0)))).toMatchObject({ cpuMsPerRequest: 2, idleCpuMilli: 0, requests: 500 });
  expect(learn([interval(100, 2, 0)])).toBe(null);
  expect(learn(Array.from({ length: 9 }, () => interval(0, 2, 40)))).toBe(null);
  expect(learn(Array.from({ length: 9 }, () => ({ seconds: 5, requests: 100, cpuMs: null })))).toBe(null);
});
