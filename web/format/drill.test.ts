import { expect, test } from 'vitest';
import type { DrillSeries, DrillTotals } from '#server/http/contract/index.ts';
import { compareTotals, timesOf } from './drill.ts';

test('points are apart by the step from the start on', () => {
  expect(timesOf({ from: '2026-11-23T00:00:00Z', stepSeconds: 120, demandQps: [1, 2, null] } as DrillSeries)).toEqual([1_795_392_000, 1_795_392_120, 1_795_392_240]);
});

test('less shed is better, more money is worse, and more replicas are neither', () => {
  const totals = (shedPercent: number, cloudCents: number, peakReplicas: number) => ({ shedPercent, cloudCents, peakReplicas }) as DrillTotals;
  const rows = compareTotals(totals(0.1, 500, 40), totals(2, 100, 20)).filter(({ figure }) => ['shedPercent', 'cloudCents', 'peakReplicas'].includes(figure));
  expect(rows.map(({ figure, tone }) => [figure, tone])).toEqual([['shedPercent', 'better'], ['peakReplicas', 'same'], ['cloudCents', 'worse']]);
});
