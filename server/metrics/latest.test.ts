// What is known of a workload now: the best source that speaks, sums of what is new enough, and what is old only with its age.
import { expect, test } from 'vitest';
import { latestOf, type SeenReplica } from './latest.ts';
import type { SourceReading } from './model.ts';
import { openPushes } from './pushes.ts';
import type { Figures } from './readings.ts';

const NOW = 1_000_000;
const FIGURES: Figures = { usageAt: NOW - 1_000, cpuMilli: 300, memoryMib: 200, connections: 5, received: 10, sent: 20, read: 0, written: 0, periods: 40, throttled: 10, requestsAt: NOW - 1_500, qps: 100, errors: 1, durations: null };
const replica = (figures: Partial<Figures> | null = {}, more: Partial<SeenReplica> = {}): SeenReplica => ({ host: 'phy1', isReady: true, readySince: 0, isScraped: true, figures: figures === null ? undefined : { ...FIGURES, ...figures }, ...more });
const source = (more: Partial<SourceReading>): SourceReading => ({ source: 'gateway-1', kind: 'pushed', qps: 500, rejectedPerSecond: null, errorsPerSecond: null, p99Ms: null, at: NOW - 500, isTrusted: true, reporting: null, of: null, problem: null, ...more });

test('services that count: sums over ready replicas, a source for each host, as old as its oldest', () => {
  const latest = latestOf([replica(), replica({ requestsAt: NOW - 9_000, qps: 50 }), replica({ qps: 70 }, { host: 'phy2' }), replica({}, { isReady: false })], [], 4, NOW);
  expect(latest).toMatchObject({ qps: 220, qpsFrom: 'scraped', qpsAt: NOW - 9_000, isPartial: false, cpuMilli: 900, connections: 15, errorsPerSecond: 3, throttledPermille: 250, ready: 3, of: 4, usageAt: NOW - 1_000 });
  expect(latest.sources).toMatchObject([{ source: 'phy1', qps: 150, at: NOW - 9_000, reporting: 2, of: 2, isTrusted: true }, { source: 'phy2', qps: 70, reporting: 1, of: 1 }]);
});

test('a replica that falls silent makes the sum partial and shows in its host; one that has only begun to serve does not', () => {
  const silent = latestOf([replica(), replica({ requestsAt: NOW - 31_000 })], [], 2, NOW);
  expect(silent).toMatchObject({ qps: 100, isPartial: true });
  expect(silent.sources).toMatchObject([{ isTrusted: false, reporting: 1, of: 2, at: NOW - 31_000, qps: 200, problem: '1 of 2 replicas there do not say what they count' }]);
  const begun = latestOf([replica(), replica({ requestsAt: null, qps: null }, { readySince: NOW - 4_000 })], [], 2, NOW);
  expect(begun).toMatchObject({ qps: 100, isPartial: false });
});

test('figures older than thirty seconds are in no sum, and no figure is a zero', () => {
  const old = latestOf([replica({ usageAt: NOW - 30_001, requestsAt: NOW - 30_001 })], [], 1, NOW);
  expect(old).toMatchObject({ at: NOW - 30_001, qps: null, qpsFrom: null, cpuMilli: null, connections: null, memoryMib: null, errorsPerSecond: null, ready: 1 });
  expect(latestOf([], [], 2, NOW)).toMatchObject({ at: null, qps: null, cpuMilli: null, ready: 0, of: 2 });
  expect(latestOf([replica({ qps: 0 })], [], 1, NOW).qps).toBe(0);
});

test('gateways count before Prometheus, Prometheus before services; one gateway of three that is silent makes it partial', () => {
  const services = [replica()];
  const prometheus = source({ source: 'team', kind: 'prometheus', qps: 480 });
  const gateways = [source({}), source({ source: 'gateway-2', qps: 300, rejectedPerSecond: 4 }), source({ source: 'gateway-3', qps: 200 })];
  expect(latestOf(services, [prometheus, ...gateways], 1, NOW)).toMatchObject({ qps: 1_000, qpsFrom: 'pushed', isPartial: false, rejectedPerSecond: 4 });
  const one = { ...gateways[2]!, isTrusted: false, at: NOW - 31_000 };
  expect(latestOf(services, [prometheus, gateways[0]!, gateways[1]!, one], 1, NOW)).toMatchObject({ qps: 800, qpsFrom: 'pushed', isPartial: true });
  const allSilent = gateways.map((gateway) => ({ ...gateway, isTrusted: false }));
  expect(latestOf(services, [prometheus, ...allSilent], 1, NOW)).toMatchObject({ qps: 480, qpsFrom: 'prometheus', isPartial: true });
  expect(latestOf(services, [], 1, NOW)).toMatchObject({ qps: 100, qpsFrom: 'scraped', isPartial: false });
});

test('a Prometheus server that never gave a number is missed by nobody', () => {
  expect(latestOf([replica()], [source({ source: 'team', kind: 'prometheus', qps: null, isTrusted: false, problem: 'nothing listens there' })], 1, NOW)).toMatchObject({ qps: 100, qpsFrom: 'scraped', isPartial: false });
});

test('pushed counters become rates between two pushes: accepted, queued and rejected are arrivals', () => {
  const pushes = openPushes();
  const push = (atMs: number, accepted: number, rejected: number, now = atMs) => pushes.take({ workloadId: 'w', source: 'g', atMs, counters: { accepted, rejected } }, now);
  expect(push(NOW, 1_000, 0)).toBeNull();
  expect(push(NOW + 2_000, 1_200, 40)).toBe(120);
  expect(pushes.ofWorkload('w', NOW + 2_000)).toMatchObject([{ source: 'g', qps: 120, rejectedPerSecond: 20, isTrusted: true, at: NOW + 2_000 }]);
  // The same again, and one from before: neither is news.
  expect(push(NOW + 2_000, 1_200, 40, NOW + 2_100)).toBe(120);
  expect(push(NOW + 1_000, 1_100, 20, NOW + 2_200)).toBe(120);
  // Began anew; then as before.
  expect(push(NOW + 4_000, 10, 0)).toBeNull();
  expect(push(NOW + 6_000, 110, 0)).toBe(50);
  expect(pushes.ofWorkload('w', NOW + 37_000)).toMatchObject([{ qps: 50, isTrusted: false, problem: 'has not pushed' }]);
  pushes.prune(NOW + 6_000 + 3_600_001);
  expect(pushes.ofWorkload('w', NOW + 6_000)).toEqual([]);
});

test('a counter that jumps beyond all reason is another counter; rates are taken as they are', () => {
  const pushes = openPushes();
  pushes.take({ workloadId: 'w', source: 'g', atMs: NOW, counters: { accepted: 0 } }, NOW);
  expect(pushes.take({ workloadId: 'w', source: 'g', atMs: NOW + 1_000, counters: { accepted: 1e15 } }, NOW + 1_000)).toBeNull();
  expect(pushes.take({ workloadId: 'w', source: 'h', atMs: NOW, rates: { accepted: 10, queued: 1, rejected: 2 } }, NOW)).toBe(13);
});
