import { expect, test } from 'vitest';
import type { AutoscaleChart } from '#server/http/contract/index.ts';
import { columnsOf, isBlank, shadesOf } from './autoscale-chart.ts';

const at = (clock: string) => `2026-11-23T${clock}:00Z`;
const of = (clock: string) => Date.parse(at(clock)) / 1000;
const empty: AutoscaleChart = {
  workloadId: '1',
  now: at('01:30'),
  stepSeconds: 60,
  past: { at: [], qps: [], forecast: [], bound: [], wanted: [], ready: [], pending: [], capacityQps: [] },
  next: { at: [], forecast: [], bound: [], floor: [], wanted: [] },
  events: [],
  decisions: [],
};

test('past and forecast stand on one axis that only rises', () => {
  const columns = columnsOf({
    ...empty,
    past: { at: [at('01:29'), at('01:30')], qps: [10, 12], forecast: [11, 14], bound: [13, 18], wanted: [2, 3], ready: [2, 2], pending: [0, 1], capacityQps: [20, 20] },
    next: { at: [at('01:30'), at('01:31')], forecast: [14, 16], bound: [18, 21], floor: [4, 4], wanted: [3, 4] },
  });
  expect(columns).toMatchObject({ times: [of('01:29'), of('01:30'), of('01:31')], qps: [10, 12, null], forecast: [11, 14, 16], bound: [13, 18, 21], wanted: [2, 3, 4], ready: [2, 2, null], floor: [null, null, 4] });
  expect([isBlank(columns), isBlank(columnsOf(empty))]).toEqual([false, true]);
});

test('sessions are cut to what is shown', () => {
  const session = (open: string, close: string) => ({ open: at(open), close: at(close) });
  expect(shadesOf([session('01:30', '03:30'), session('05:00', '07:00'), session('14:30', '21:00')], of('03:00'), of('14:00'))).toEqual([
    { from: of('03:00'), to: of('03:30') },
    { from: of('05:00'), to: of('07:00') },
  ]);
});
