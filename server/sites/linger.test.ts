import { expect, test } from 'vitest';
import { openLinger } from './linger.ts';

const seen = (parts: { readonly healthySince?: number | null; readonly leavingSince?: number | null }) => ({ firstSeenAt: 0, wasHealthy: true, healthySince: null, leavingSince: null, ...parts });
const SUCCESSOR = { id: 'new', workloadId: 'w', replaces: 'old', createdAt: 0 };

test('what is replaced goes on for the TTL since it left the answers, but no longer than 15 s beside a successor that serves', () => {
  const linger = openLinger({ startDeadlineMs: 180_000 });
  linger.follow(new Map([['w', 60_000]]), new Map([['new', seen({ healthySince: 5_000 })], ['old', seen({ healthySince: 0, leavingSince: 0 })]]));
  expect([5_000, 19_999, 20_000].map((now) => linger.holds(SUCCESSOR, now))).toEqual([true, true, false]);
  linger.follow(new Map([['w', 10_000]]), new Map([['new', seen({ healthySince: 5_000 })], ['old', seen({ healthySince: 0, leavingSince: 0 })]]));
  expect([9_999, 10_000].map((now) => linger.holds(SUCCESSOR, now))).toEqual([true, false]);
});

test('a workload without a name waits for nothing, and nothing waits beyond the start deadline', () => {
  const linger = openLinger({ startDeadlineMs: 180_000 });
  expect(linger.holds(SUCCESSOR, 1)).toBe(false);
  linger.follow(new Map([['w', 60_000]]), new Map());
  expect([1, 180_001].map((now) => linger.holds(SUCCESSOR, now))).toEqual([true, false]);
});
