// What people rely on in an ETA: it counts paces as the planner does, says what holds it up, and is a range where starts differ.

import { expect, test } from 'vitest';
import { eta, rangeOf } from './eta.ts';

const start = { least: 10, most: 20 };

test('moves that may all go at once take as long as one', () => {
  expect(eta({ workloads: [{ workloadId: 'a', waiting: 3, underWay: [], atOnce: 10, startSeconds: start }], paces: [], slots: [{ name: 'at-once', most: 10, others: 0 }] })).toEqual({ leastSeconds: 10, mostSeconds: 20, moves: 3, limitedBy: 'starts' });
});

test('of few replicas of a workload one goes after the other, and what began already counts its time', () => {
  expect(eta({ workloads: [{ workloadId: 'a', waiting: 2, underWay: [4], atOnce: 1, startSeconds: start }], paces: [], slots: [] })).toEqual({ leastSeconds: 26, mostSeconds: 56, moves: 3, limitedBy: 'one-of-ten' });
});

test('the pace of an hour comes in its stretches, and counts what began before', () => {
  const paces = [
    { name: 'policy-pace' as const, moves: 2, withinSeconds: 3600, begunAgo: [1800] },
    { name: 'policy-pace' as const, moves: 1, withinSeconds: 300, begunAgo: [] },
  ];
  expect(eta({ workloads: [{ workloadId: 'a', waiting: 2, underWay: [], atOnce: 5, startSeconds: start }], paces, slots: [] })).toEqual({ leastSeconds: 1810, mostSeconds: 1820, moves: 2, limitedBy: 'policy-pace' });
});

test('what others hold up is told as that', () => {
  expect(eta({ workloads: [{ workloadId: 'a', waiting: 4, underWay: [], atOnce: 5, startSeconds: start }], paces: [], slots: [{ name: 'at-once', most: 2, others: 0 }] })).toEqual({ leastSeconds: 20, mostSeconds: 40, moves: 4, limitedBy: 'at-once' });
});

test('nothing to move has no ETA', () => {
  expect(eta({ workloads: [], paces: [], slots: [] })).toBeUndefined();
});

test('few samples widen the range, many bound it', () => {
  expect(rangeOf([])).toBeUndefined();
  expect(rangeOf([10])).toEqual({ least: 8, most: 15 });
  expect(rangeOf(Array.from({ length: 100 }, (_, index) => index + 1))).toEqual({ least: 26, most: 91 });
});
