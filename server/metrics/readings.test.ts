// Rates from what hosts report: by the host's own clock, whatever it says of the time; nothing is made of what is repeated, late, or begins anew.
import type { RequestCounters, Usage } from '#agents/protocol.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openReadings, quantileMs } from './readings.ts';

const IDLE: Usage = { cpuMicros: 0, cpuMilli: 250, throttledPeriods: 0, memoryBytes: 104_857_600, networkReceivedBytes: 0, networkSentBytes: 0, blockReadBytes: 0, blockWrittenBytes: 0 };
const report = (hostMs: number, requests: RequestCounters | null | undefined, more: Partial<Usage> = {}, run = 'c1') => ({
  at: new Date(hostMs).toISOString(),
  replicas: [{ id: 'r1', state: 'running' as const, restarts: 0, containerId: run, usage: { ...IDLE, ...more, ...(requests === undefined ? {} : { requests }) } }],
});
const counters = (total: number, atMs?: number): RequestCounters => ({ total, errors: 0, ...(atMs === undefined ? {} : { atMs }) });
const DAY = 86_400_000;

test.each([['an hour ahead', 3_600_000], ['two days behind', -2 * DAY]])("a host's clock that is %s changes neither rates nor ages", (_, skewMs) => {
  const readings = openReadings();
  readings.record(report(10 * DAY + skewMs, counters(1_000, 10 * DAY + skewMs - 300), { atMs: 10 * DAY + skewMs - 100, networkSentBytes: 5_000 }), 10 * DAY + 20);
  readings.record(report(10 * DAY + skewMs + 2_000, counters(1_400, 10 * DAY + skewMs + 1_700), { atMs: 10 * DAY + skewMs + 1_900, networkSentBytes: 9_000 }), 10 * DAY + 2_700);
  // 400 requests between two readings that lie 2 s apart; the second one was made 300 ms before its report, which came at 2,700.
  expect(readings.of('r1')).toMatchObject({ qps: 200, requestsAt: 10 * DAY + 2_400, usageAt: 10 * DAY + 2_600, sent: 2_000, memoryMib: 100, cpuMilli: 250 });
});

test('a reading that is repeated in several reports makes no rate of its own, and its age grows', () => {
  const readings = openReadings();
  readings.record(report(0, counters(0, 0)), 0);
  readings.record(report(2_000, counters(100, 2_000)), 2_000);
  for (const ms of [2_100, 3_000, 9_000]) readings.record(report(ms, counters(100, 2_000)), ms);
  expect(readings.of('r1')).toMatchObject({ qps: 50, requestsAt: 2_000 });
});

test('what comes late is no news, and the next reading is counted from it as well as from any other', () => {
  const readings = openReadings();
  readings.record(report(0, counters(0, 0)), 0);
  readings.record(report(4_000, counters(400, 4_000)), 4_000);
  readings.record(report(2_000, counters(200, 2_000)), 4_100);
  expect(readings.of('r1')?.qps).toBeNull();
  readings.record(report(6_000, counters(600, 6_000)), 6_000);
  expect(readings.of('r1')?.qps).toBe(100);
});

test('a counter that began anew and a container that did make no rate until there are two readings again', () => {
  const readings = openReadings();
  readings.record(report(0, counters(5_000, 0)), 0);
  readings.record(report(2_000, counters(5_100, 2_000)), 2_000);
  readings.record(report(4_000, counters(10, 4_000)), 4_000);
  expect(readings.of('r1')).toMatchObject({ qps: null, requestsAt: 2_000 });
  readings.record(report(6_000, counters(30, 6_000)), 6_000);
  expect(readings.of('r1')?.qps).toBe(10);
  readings.record(report(8_000, counters(900, 8_000), {}, 'c2'), 8_000);
  expect(readings.of('r1')).toMatchObject({ qps: null, requestsAt: null });
});

test('a service that cannot be read keeps its last rate with its age; one that is not asked never has any', () => {
  const readings = openReadings();
  readings.record(report(0, counters(0, 0)), 0);
  readings.record(report(2_000, counters(100, 2_000)), 2_000);
  readings.record(report(60_000, null), 60_000);
  expect(readings.of('r1')).toMatchObject({ qps: 50, requestsAt: 2_000, usageAt: 60_000 });
  const silent = openReadings();
  silent.record(report(0, undefined), 0);
  expect(silent.of('r1')).toMatchObject({ qps: null, requestsAt: null });
});

test('the rate is never negative or infinite, whatever counters and times come', () => {
  const one = fc.record({ total: fc.integer({ min: 0, max: 1_000_000 }), atMs: fc.integer({ min: 0, max: 500_000 }), lagMs: fc.integer({ min: -5_000, max: 5_000 }) });
  fc.assert(fc.property(fc.array(one, { maxLength: 30 }), (list) => {
    const readings = openReadings();
    let now = 0;
    for (const { total, atMs, lagMs } of list) {
      now += 500;
      readings.record(report(Math.max(0, atMs + lagMs), counters(total, atMs)), now);
      const figures = readings.of('r1')!;
      if (figures.qps !== null) expect(figures.qps).toSatisfy((qps: number) => qps >= 0 && Number.isFinite(qps));
      if (figures.requestsAt !== null) expect(figures.requestsAt).toBeLessThanOrEqual(now);
    }
  }));
});

test('the 99th of a hundred by duration, over replicas with the same and with other bounds', () => {
  const fast = [{ leSeconds: 0.01, count: 90 }, { leSeconds: 0.1, count: 100 }, { leSeconds: Number.POSITIVE_INFINITY, count: 100 }];
  expect(quantileMs([fast], 0.99)).toBeCloseTo(91);
  expect(quantileMs([fast], 0.5)).toBeCloseTo(5.56, 1);
  const other = [{ leSeconds: 0.05, count: 0 }, { leSeconds: 0.2, count: 100 }, { leSeconds: Number.POSITIVE_INFINITY, count: 100 }];
  expect(quantileMs([fast, other], 0.99)).toBeCloseTo(198);
  expect(quantileMs([[{ leSeconds: 1, count: 10 }, { leSeconds: Number.POSITIVE_INFINITY, count: 1_000 }]], 0.99)).toBe(1_000);
  expect(quantileMs([[{ leSeconds: 1, count: 0 }]], 0.99)).toBeNull();
  expect(quantileMs([], 0.99)).toBeNull();
});
