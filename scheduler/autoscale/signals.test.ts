// Signals raise floors and never lower them; a back-test counts lead, hits, false alarms and cost by hand-made minutes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CALENDAR_YEARS } from '../calendar/years.ts';
import { backTest } from './signals-back-test.ts';
import { type Known, type Point, signalFloor, type SignalRule, surgeFloor } from './signals.ts';
import { floorsOver } from './signals-over.ts';
import { alikeDays, usualFrom } from './usual.ts';

const MINUTE = 60_000;
const T0 = Date.parse('2026-11-23T01:00Z');
/** Minutes from T0 on. */
const minutes = (values: readonly number[], from = T0): Point[] => values.map((value, index) => ({ at: from + index * MINUTE, value }));
const flat = (value: number): Known => ({ points: minutes(Array.from({ length: 240 }, () => value)), usual: () => value });
const RULE: SignalRule = { signal: 'turnover', when: { above: 100 }, multiplier: 2, decayMinutes: 20, cap: null };
/** High in minutes 60 to 69. */
const TURNOVER: Known = { points: minutes(Array.from({ length: 240 }, (_, index) => (index >= 60 && index < 70 ? 150 : 50))), usual: () => 50 };
const at = (minute: number) => T0 + minute * MINUTE;

test('a floor holds while the signal is high and five minutes longer, then falls back evenly', () => {
  const floor = (minute: number, rule = RULE) => signalFloor(rule, TURNOVER, flat(7_000), 700, at(minute))?.replicas ?? null;
  expect([59, 60, 69, 74].map((minute) => floor(minute))).toEqual([null, 20, 20, 20]);
  // Ten of twenty minutes of decay: half of what is more than usual.
  expect([84, 93, 94].map((minute) => floor(minute))).toEqual([15, 11, null]);
  expect(floor(65, { ...RULE, cap: 12 })).toBe(12);
  expect(floor(65, { ...RULE, when: { timesUsual: 2.9 } })).toBe(20);
  expect(floor(65, { ...RULE, when: { timesUsual: 3 } })).toBe(null);
  expect(signalFloor(RULE, TURNOVER, flat(7_000), 700, at(65))?.reason).toBe('signal turnover was above 100 (150), which asks for up to 2x the demand');
});

test('the base is demand before the rise or what is usual next, not the demand that the rise brought', () => {
  const risen: Known = { points: minutes(Array.from({ length: 240 }, (_, index) => (index < 60 ? 1_000 : 50_000))), usual: () => null };
  expect(signalFloor(RULE, TURNOVER, risen, 100, at(65))?.replicas).toBe(20);
  const opening: Known = { ...risen, usual: (instant) => (instant >= at(100) ? 9_000 : 500) };
  expect(signalFloor(RULE, TURNOVER, opening, 100, at(65))?.replicas).toBe(180);
  expect(signalFloor(RULE, TURNOVER, { points: [], usual: () => null }, 100, at(65))).toBe(null);
  expect(signalFloor(RULE, TURNOVER, risen, 0, at(65))).toBe(null);
});

test('an announced surge is prepared three minutes before and ends when it ends', () => {
  const surge = { id: 's', factor: 3, from: at(60), to: at(90), reason: 'live show' };
  const floor = (minute: number) => surgeFloor(surge, flat(7_000), null, 700, at(minute))?.replicas ?? null;
  expect([56, 57, 60, 89, 90].map(floor)).toEqual([null, 30, 30, 30, null]);
  const nothing: Known = { points: [], usual: () => null };
  expect(surgeFloor(surge, nothing, 1_400, 700, at(60))?.replicas).toBe(6);
  expect(surgeFloor(surge, nothing, null, 700, at(60))).toBe(null);
});

test('whatever a signal says, a floor is at least the base, and values that are no numbers change nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.double(), fc.integer({ min: -1_000, max: 1_000 })), { maxLength: 120 }), fc.integer({ min: 0, max: 200 }), fc.double({ min: 1, max: 10, noNaN: true }), (values, minute, multiplier) => {
      const floor = signalFloor({ ...RULE, multiplier }, { points: minutes(values), usual: () => null }, flat(7_000), 700, at(minute));
      if (floor !== null) expect(floor.replicas).toBeGreaterThanOrEqual(10);
      if (floor !== null) expect(floor.replicas).toBeLessThanOrEqual(Math.ceil(10 * multiplier) + 1);
      if (values.every((value) => !(value > 100) || !Number.isFinite(value))) expect(floor).toBe(null);
    }),
  );
});

test('days that are alike skip holidays and weekends, and what is usual is their median', () => {
  expect(alikeDays(['a-share'], Date.parse('2026-10-08T02:00Z'), CALENDAR_YEARS)).toEqual([8, 9, 10, 14, 15]);
  expect(alikeDays([], Date.parse('2026-11-22T02:00Z'), CALENDAR_YEARS)).toEqual([1, 7, 8, 14, 15]);
  const day = 86_400_000;
  const usual = usualFrom([1, 2, 3, 9].map((value, index) => ({ at: T0 - (index + 1) * day + 20_000, value })), () => [1, 2, 3, 4]);
  expect(usual(T0)).toBe(2.5);
  expect(usual(T0 + MINUTE)).toBe(null);
});

/** Demand that is usually 1,000 and 3,000 in some minutes. */
const demand = (high: readonly [number, number][]): Known => ({ points: minutes(Array.from({ length: 240 }, (_, index) => (high.some(([from, to]) => index >= from && index < to) ? 3_000 : 1_000))), usual: () => 1_000 });
const TERMS = { from: T0, to: at(240), surge: 1.5, horizonMinutes: 30, replicaQps: 100 };

test('a signal that rises before demand has its lead counted, and its cost', () => {
  const test = backTest(RULE, TURNOVER, demand([[75, 100]]), TERMS);
  expect(test).toMatchObject({ verdict: 'useful', leads: [15], minutes: { signal: 240, demand: 240 }, rises: [{ at: at(60), outcome: 'hit', surgeAt: at(75), leadMinutes: 15 }], surges: [{ at: at(75), until: at(99), peakQps: 3_000, timesUsual: 3, foreseen: true }] });
  // Fifteen minutes of 20 replicas where 10 were needed; afterwards demand needs more than the floor.
  expect(test.extraReplicaHours).toBe(2.5);
  expect(test.series.length).toBe(240);
  expect(test.series[65]).toEqual({ at: at(65), signal: 150, qps: 1_000, usualQps: 1_000, floorQps: 2_000 });
});

test('late, for nothing, missed, silent, and without data', () => {
  expect(backTest(RULE, TURNOVER, demand([[50, 100]]), TERMS)).toMatchObject({ verdict: 'late', rises: [{ outcome: 'late', leadMinutes: -10 }], surges: [{ foreseen: false }] });
  expect(backTest(RULE, TURNOVER, demand([]), TERMS)).toMatchObject({ verdict: 'noisy', rises: [{ outcome: 'false-alarm' }], surges: [] });
  expect(backTest(RULE, TURNOVER, demand([[150, 170]]), TERMS)).toMatchObject({ verdict: 'noisy', rises: [{ outcome: 'false-alarm' }], surges: [{ foreseen: false }] });
  expect(backTest({ ...RULE, when: { above: 1_000 } }, TURNOVER, demand([[75, 100]]), TERMS)).toMatchObject({ verdict: 'silent', rises: [], extraReplicaHours: 0 });
  expect(backTest(RULE, { points: [], usual: () => null }, demand([[75, 100]]), TERMS).verdict).toBe('no-data');
});

test('a long time is thinned to what a chart shows', () => {
  expect(backTest(RULE, TURNOVER, demand([]), { ...TERMS, to: T0 + 31 * 86_400_000 }).series.length).toBeLessThanOrEqual(720);
});

test('over time that is played, only what was known then raises: values that came, surges that were announced', () => {
  const minute = (index: number) => index * 60_000;
  const demand = { points: Array.from({ length: 60 }, (_, index) => ({ at: minute(index), value: 100 })), usual: () => null };
  const rule = { signal: 'turnover', when: { above: 5 }, multiplier: 3, decayMinutes: 5, cap: null };
  const surge = { id: 's', factor: 2, from: minute(30), to: minute(40), reason: 'a show' };
  const over = (parts: Partial<Parameters<typeof floorsOver>[0]>) => {
    const floors = floorsOver({ rules: [], signals: {}, surges: [], demand, ...parts });
    return [10, 21, 35, 45].map((index) => floors(minute(index), 10).map(({ kind, replicas }) => `${kind} ${replicas}`).join());
  };
  expect(over({ rules: [rule], signals: { turnover: { points: [{ at: minute(20), value: 9 }], usual: () => null } } })).toEqual(['', 'signal 30', '', '']);
  expect(over({ rules: [rule] })).toEqual(['', '', '', '']);
  expect(over({ surges: [{ ...surge, announcedAt: 0 }] })).toEqual(['', '', 'surge 20', '']);
  expect(over({ surges: [{ ...surge, announcedAt: minute(38) }] })).toEqual(['', '', '', '']);
});
