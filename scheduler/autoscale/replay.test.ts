// Whole days: the autoscaler beside what others do on made-up trading days, with openings, risk budgets and lost metrics; and what is found in the days before.
import { expect, test } from 'vitest';
import { CALENDAR_YEARS } from '../calendar/years.ts';
import { baseline, BASELINES } from './baselines.ts';
import { findPlan } from './day-plan.ts';
import { firnPolicy } from './firn-policy.ts';
import { ON, tradingDays } from './fixtures.ts';
import type { Settings } from './model.ts';
import { simulate } from './simulate.ts';
import { LOSSES, type LossPlan } from './site.ts';
import { parseTrace, segmentsOf, type Trace } from './trace.ts';

const WARMUP = 2;
/** Nights are left out: time jumps over them. */
const HOURS = [540, 960] as const;
const segments = segmentsOf(parseTrace(tradingDays(3, HOURS)) as Trace);
const found = findPlan(segments, WARMUP, 'auto', CALENDAR_YEARS);
const course = (startDelayMs: number, loss: LossPlan | null = null) => ({ segments, startDelayMs, warmupDays: WARMUP, seed: 1, openings: found.openings, loss });
const firn = (startDelayMs: number, settings: Settings = ON, loss: LossPlan | null = null) => simulate(course(startDelayMs, loss), firnPolicy(settings, startDelayMs, found.plan));
const balanced = { fast: firn(5000), slow: firn(120_000) };

test('the sessions of a market are found in the days before', () => {
  expect(found).toMatchObject({ market: 'a-share', openings: [570, 780] });
  expect(found.found).toBe('a-share: openings at 09:30 and 13:00, as the warm-up days show');
  expect(findPlan(segments, WARMUP, 'none', CALENDAR_YEARS).openings).toEqual([]);
});

test('steps that come back without a market are found too, and their absence is said', () => {
  const shifted = segmentsOf(parseTrace(tradingDays(4, HOURS).replaceAll('+08:00', '+02:30')) as Trace).map((each) => ({ ...each, offsetMinutes: each.offsetMinutes + 17 }));
  const learnt = findPlan(shifted, 3, 'auto', CALENDAR_YEARS);
  expect(learnt.market).toBe('learnt');
  expect(learnt.openings.map((minute) => Math.round((minute - 17) / 10) * 10)).toEqual([570, 780]);
  const flat = segmentsOf(parseTrace(['time,qps', ...Array.from({ length: 3 * 288 }, (_, n) => `${1_795_363_200 + n * 300},${1000 + 300 * Math.sin(n / 45)}`)].join('\n')) as Trace);
  expect(findPlan(flat, 2, 'auto', CALENDAR_YEARS)).toMatchObject({ market: 'none', openings: [] });
});

test('openings lose nothing, at a cost that can be paid', () => {
  for (const startDelayMs of [5000, 120_000]) {
    const score = startDelayMs === 5000 ? balanced.fast : balanced.slow;
    expect(score.openings.map(({ event, days }) => [event, days])).toEqual([['09:30', 1], ['13:00', 1]]);
    for (const { droppedPercent } of score.openings) expect(droppedPercent).toBeLessThanOrEqual(0.02);
    expect(score.droppedPercent).toBeLessThanOrEqual(startDelayMs === 5000 ? 0.002 : 0.035);
    expect(score.costOverOracle).toBeLessThan(startDelayMs === 5000 ? 1.5 : 2);
    expect(score.perDay.length).toBe(1);
  }
});

test('declared budgets are kept, and a smaller one costs more', () => {
  const shares = { economy: 3, balanced: 1, performance: 0.2 } as const;
  const scores = (['economy', 'balanced', 'performance'] as const).map((risk) => {
    const score = risk === 'balanced' ? balanced.fast : firn(5000, { ...ON, risk });
    expect(score.timeAtRiskPercent).toBeLessThanOrEqual(shares[risk]);
    return score;
  });
  expect(scores[2]!.costOverOracle).toBeGreaterThan(scores[0]!.costOverOracle);
});

test('calm means fewer changes', () => {
  expect(firn(120_000, { ...ON, calm: true }).actionsPerDay).toBeLessThanOrEqual(balanced.slow.actionsPerDay);
});

test.each(LOSSES)('%s metrics at the open: nothing scales in, next to nothing is dropped', (kind) => {
  const { metricLoss } = firn(120_000, ON, { kind, minuteOfDay: 570, minutes: 20 });
  expect(metricLoss).toMatchObject({ kind, windows: 1, scaleIns: 0 });
  expect(metricLoss!.droppedPercent).toBeLessThanOrEqual(0.05);
});

test('others do as they do: what is known of them shows on the same days', () => {
  const scores = Object.fromEntries(BASELINES.map((name) => [name, simulate(course(120_000), baseline(name, 120_000))]));
  expect(scores['hpa70']!.openings[0]!.droppedPercent).toBeGreaterThan(10);
  expect(scores['kpa']!.actionsPerDay).toBeGreaterThan(300);
  expect(scores['max3']!.costOverOracle).toBeGreaterThan(1.2);
});

test('the same seed gives the same day, another one another', () => {
  const one = simulate(course(5000), baseline('hpa70', 5000));
  expect(simulate(course(5000), baseline('hpa70', 5000))).toEqual(one);
  expect(simulate({ ...course(5000), seed: 2 }, baseline('hpa70', 5000)).perDay).not.toEqual(one.perDay);
});
