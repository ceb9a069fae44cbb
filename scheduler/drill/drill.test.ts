// Drills on small fleets: what is shed, what runs out first, what VMs cost, and that what is said to help does.
import { expect, test } from 'vitest';
import { freshState } from '../autoscale/memory.ts';
import { DEFAULT_SETTINGS } from '../autoscale/settings.ts';
import { CALENDAR_YEARS } from '../calendar/years.ts';
import { host, network, replica, snapshot, workload } from '../fixtures/build.ts';
import type { Pool, Snapshot } from '../model.ts';
import { shippedDay } from './days.ts';
import type { DrillInput, DrilledWorkload } from './model.ts';
import { remediesFor } from './remedies.ts';
import { demandAt, runDay } from './run.ts';

/** Midnight in Shanghai of a Tuesday. */
const FROM = Date.parse('2026-11-23T16:00Z');
const ASK = { peakQps: 3_000, headroomPermille: 0 };
/** Each carries 200 QPS with all of its 4 cores; seven find room on a host of 32. */
const world = (replicas: number, parts: Partial<Snapshot> = {}): Snapshot =>
  snapshot({ hosts: [host('h1'), host('h2')], networks: [network('n1', 1)], workloads: [workload('quote', ASK)], replicas: Array.from({ length: replicas }, (_, index) => replica('quote', index + 1, index % 2 === 0 ? 'h1' : 'h2', `10.1.0.${index + 10}`)), ...parts });
const said = (demand: readonly number[], parts: Partial<DrilledWorkload> = {}): DrilledWorkload => ({ workloadId: 'quote', demand, usual: demand.map((qps) => qps / 2), settings: { ...DEFAULT_SETTINGS, mode: 'on' }, schedules: [], ...parts });
const FIXED = { settings: { ...DEFAULT_SETTINGS, mode: 'off' as const } };
const input = (workloads: readonly DrilledWorkload[], parts: Partial<DrillInput> = {}): DrillInput => ({ from: FROM, workloads, pools: [], quotaRoom: {}, startDelayMs: 5_000, vmDelayMs: 120_000, mayBuy: true, spendCapCents: null, years: CALENDAR_YEARS, zones: {}, learnt: {}, ...parts });
const pool = (limit: number): Pool => ({ id: 'p', name: 'p', site: 'cloud', capacity: { cpuMilli: 16_000, memoryMib: 65_536 }, costCentsPerHour: 100, limit, performance: 50, stability: 50, labels: {}, taints: [], environments: [] });
/** Flat but for some minutes. */
const day = (base: number, high: number, from: number, to: number) => Array.from({ length: 1_440 }, (_, minute) => (minute >= from && minute < to ? high : base));
/** Of a service that the autoscaler does not know yet: what it knows is another test's affair. */
const asked = (demand: readonly number[], parts: Partial<DrillInput> = {}) => input([said(demand)], { learnt: { quote: freshState() }, ...parts });

test('demand goes evenly between minutes', () => {
  expect([0, 3, 6].map((step) => demandAt([100, 400, 400], step))).toEqual([100, 250, 400]);
  expect(demandAt([100, 400], 9)).toBe(400);
});

test('a fixed number of replicas sheds exactly what is above it', () => {
  // Ten replicas carry 2,000 QPS; demand is 3,000 for ten minutes, with a minute up before and a minute down at the end of them.
  const outcome = runDay(world(10, { workloads: [workload('quote', { ...ASK, peakQps: 1_400 })] }), input([said(day(1_000, 3_000, 600, 610), FIXED)]));
  // Nine whole minutes of 1,000 too many, and on both sides steps of 10 s at 0, 333, 667 (up) and 1,000, 667, 333 (down).
  const shed = 9 * 60 * 1_000 + 10 * (1_000 / 3 + 2_000 / 3) + 10 * (1_000 + 2_000 / 3 + 1_000 / 3);
  expect(outcome.totals.shedRequests).toBe(shed);
  expect(outcome.totals).toMatchObject({ peakQps: 3_000, peakReplicas: 10, peakHosts: 2, boughtVms: 0, cloudCents: 0, fleetCents: 2 * 60 * 24, changes: 0, minutesShedding: 11 });
  expect(outcome.totals.worstMinute).toEqual({ at: FROM + 600 * 60_000, shedPercent: 33.33333 });
  expect(outcome.shortages).toEqual([{ at: FROM + (599 * 6 + 4) * 10_000, until: FROM + (609 * 6 + 3) * 10_000, what: 'max', workloadId: 'quote', wanted: 15, available: 10, shedRequests: shed }]);
  expect(outcome.series.demandQps.length).toBe(720);
  expect(remediesFor(outcome, input([])).map(({ code }) => code)).toEqual(['autoscale-on', 'higher-max', 'all-together']);
});

test('a day that the fleet carries sheds nothing and has nothing to mend', () => {
  const outcome = runDay(world(10, { workloads: [workload('quote', { ...ASK, peakQps: 1_400 })] }), input([said(day(500, 800, 600, 700), FIXED)]));
  expect(outcome.totals).toMatchObject({ shedRequests: 0, shedPercent: 0, minutesShedding: 0, worstMinute: null });
  expect(JSON.stringify(runDay(world(10, { workloads: [workload('quote', { ...ASK, peakQps: 1_400 })] }), input([said(day(500, 800, 600, 700), FIXED)])))).toBe(JSON.stringify(outcome));
  expect(remediesFor(outcome, input([]))).toEqual([]);
});

/** Twenty replicas are granted; fourteen find room. */
const LARGE = world(6, { workloads: [workload('quote', { ...ASK, peakQps: 6_000 })] });
const HOT = day(1_000, 3_600, 600, 660);
test('private room runs out at fourteen replicas, VMs come after two minutes and go back when their hour is over', () => {
  const without = runDay(LARGE, asked(HOT));
  expect(without.totals).toMatchObject({ peakHosts: 2, boughtVms: 0 });
  expect(without.shortages.find(({ what }) => what === 'private-room')).toMatchObject({ available: 14 });
  const shedWithout = without.totals.shedRequests;
  // 3,600 QPS need 18 replicas that are all busy; 14 carry 2,800.
  expect(shedWithout).toBeGreaterThan(800 * 3_400);
  expect(shedWithout).toBeLessThan(800 * 3_900 + 100_000);

  const bought = runDay(LARGE, { ...asked(HOT), pools: [pool(4)] });
  expect(bought.totals.shedRequests).toBeLessThan(shedWithout / 5);
  expect(bought.totals.boughtVms).toBeGreaterThanOrEqual(2);
  expect(bought.totals.cloudCents).toBe(bought.totals.vmHours * 100);
  expect(bought.series.boughtVms.at(-1)).toBe(0);
  expect(bought.mostOfPool).toEqual({ p: bought.totals.boughtVms });
});

test('the cloud ends at its limit, at the cap, or where a workload may not go', () => {
  const kinds = (parts: Partial<DrillInput>, from: Snapshot = LARGE) => new Set(runDay(from, { ...asked(HOT), ...parts }).shortages.map(({ what }) => what));
  expect(kinds({ pools: [pool(1)] })).toContain('cloud-limit');
  const capped = runDay(LARGE, { ...asked(HOT), pools: [pool(4)], spendCapCents: 150 });
  expect(capped.shortages.map(({ what }) => what)).toContain('spend-cap');
  expect(capped.totals.boughtVms).toBe(1);
  expect(runDay(LARGE, { ...asked(HOT), pools: [pool(4)], spendCapCents: 0 }).totals).toMatchObject({ boughtVms: 0, cloudCents: 0 });
  expect(kinds({ pools: [pool(4)] }, world(6, { workloads: [workload('quote', { ...ASK, peakQps: 6_000, cloud: 'never' })] }))).toContain('not-cloud-eligible');
});

test('a quota bounds what the autoscaler wants, and without it less is shed', () => {
  const quota = { ...asked(HOT), quotaRoom: { 'team/production': { cpuMilli: 40_000, memoryMib: 1_000_000 } } };
  const outcome = runDay(LARGE, quota);
  expect(outcome.totals.peakReplicas).toBe(10);
  expect(outcome.shortages.find(({ what }) => what === 'quota')).toMatchObject({ available: 10 });
  const [remedy] = remediesFor(outcome, quota);
  expect(remedy).toMatchObject({ code: 'more-quota', withoutQuota: true });
  expect(runDay(LARGE, quota, remedy).totals.shedRequests).toBeLessThan(outcome.totals.shedRequests);
});

test('what stands ready before the demand helps', () => {
  const day4 = { ...asked(HOT), pools: [pool(4)] };
  const outcome = runDay(LARGE, day4);
  const warm = remediesFor(outcome, day4).find(({ code }) => code === 'earlier-floor');
  expect(warm).toBeDefined();
  expect(runDay(LARGE, { ...day4, learnt: outcome.learnt }, warm).totals.shedRequests).toBeLessThan(outcome.totals.shedRequests);
});

test('the autoscaler learns usual days first, and is ready for the opening that it knows', () => {
  const usual = shippedDay('usual-day').map((share) => share * 2_000);
  const known = runDay(LARGE, input([said(usual, { usual })], { learnt: undefined }));
  expect(known.workloads[0]!.openings.map(({ kind, shedPercent }) => [kind, shedPercent])).toEqual([['open', 0], ['lunchEnd', 0]]);
  expect(known.totals.shedRequests).toBe(0);
}, 30_000);

test('the shipped days are days', () => {
  expect(Math.max(...shippedDay('usual-day'))).toBeCloseTo(1, 5);
  const hot = shippedDay('hot-day');
  expect(hot.length).toBe(1_440);
  expect(hot[570]! / hot[569]!).toBeGreaterThan(2);
  expect(hot[780]! / hot[779]!).toBeGreaterThan(2);
  expect(Math.max(...shippedDay('news-burst').slice(1_230))).toBeGreaterThan(1);
});

test('what a signal or an announced surge raises is there before the rush', () => {
  const at = (minute: number) => FROM + minute * 60_000;
  const rush = day(1_000, 2_500, 600, 660);
  const shed = (parts: Partial<DrilledWorkload>, more: Partial<DrillInput> = {}) => runDay(LARGE, { ...asked(rush), startDelayMs: 120_000, workloads: [said(rush, parts)], ...more }).totals.shedRequests;
  const rules = [{ signal: 'turnover', when: { above: 5 }, multiplier: 3, decayMinutes: 30, cap: null }];
  const signals = { turnover: { points: [590, 600, 610].map((minute) => ({ at: at(minute), value: 9 })), usual: [] } };
  expect(shed({})).toBeGreaterThan(10_000);
  expect(shed({ rules }, { signals })).toBe(0);
  expect(shed({ surges: [{ id: 's', factor: 3, from: at(595), to: at(660), reason: 'a show', announcedAt: at(0) }] })).toBe(0);
});
