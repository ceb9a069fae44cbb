import { expect, test } from 'vitest';
import { openLinger } from './linger.ts';

const seen = (parts: { readonly healthySince?: number | null; readonly leavingSince?: number | null; readonly isLast?: boolean }) => ({ workloadId: 'w', isLast: false, firstSeenAt: 0, wasHealthy: true, healthySince: null, leavingSince: null, ...parts });
const SUCCESSOR = { id: 'new', workloadId: 'w', replaces: 'old', createdAt: 0 };

test('what is replaced goes on for the TTL since it left the answers, but no longer than a minute beside a successor that serves', () => {
  const linger = openLinger({ startDeadlineMs: 180_000 });
  linger.follow(new Map([['w', 600_000]]), new Map([['new', seen({ healthySince: 5_000 })], ['old', seen({ healthySince: 0, leavingSince: 0 })]]));
  expect([5_000, 64_999, 65_000].map((now) => linger.holds(SUCCESSOR, now))).toEqual([true, true, false]);
  linger.follow(new Map([['w', 10_000]]), new Map([['new', seen({ healthySince: 5_000 })], ['old', seen({ healthySince: 0, leavingSince: 0 })]]));
  expect([10_999, 11_000].map((now) => linger.holds(SUCCESSOR, now))).toEqual([true, false]);
});

test('a workload without a name waits for nothing, and nothing waits beyond the start deadline', () => {
  const linger = openLinger({ startDeadlineMs: 180_000 });
  expect(linger.holds(SUCCESSOR, 1)).toBe(false);
  linger.follow(new Map([['w', 60_000]]), new Map());
  expect([1, 180_001].map((now) => linger.holds(SUCCESSOR, now))).toEqual([true, false]);
});

test('what is too many leaves the answers first, and stops a TTL later; taken back it is as before', () => {
  const linger = openLinger({ startDeadlineMs: 180_000 });
  const follow = (parts: Parameters<typeof seen>[0]) => linger.follow(new Map([['w', 10_000]]), new Map([['one', seen(parts)]]));
  const one = { id: 'one', workloadId: 'w' };
  expect(linger.lingers(one, 5)).toBe(false);
  follow({ healthySince: 0 });
  expect([linger.lingers(one, 99_999), linger.leave(['one']), linger.leave(['one']), linger.isLeaving('one'), linger.dueAt()]).toEqual([true, true, false, true, Number.POSITIVE_INFINITY]);
  // Drained since long ago: it may still have been told, for want of others.
  follow({ healthySince: 0, leavingSince: 1_000 });
  expect(linger.lingers(one, 99_999)).toBe(true);
  follow({ healthySince: 0, leavingSince: 20_000, isLast: true });
  expect([linger.dueAt(), linger.lingers(one, 30_999), linger.lingers(one, 31_000)]).toEqual([31_000, true, false]);
  expect([linger.leave([]), linger.isLeaving('one')]).toEqual([true, false]);
});
