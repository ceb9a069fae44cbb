import { expect, test } from 'vitest';
import type { DrillAsk } from '#server/http/contract/index.ts';
import { EMPTY_DRILL, fromDrill, toDrill } from './drill-form.ts';

test('what was asked can be asked again', () => {
  const ask: DrillAsk = { title: 'October', day: { kind: 'recorded', workloadId: '019', date: '2026-10-08' }, times: 2, workloads: [{ workloadId: '019', times: 1, peakQps: null }], startDelaySeconds: null, vmDelaySeconds: 90, mayBuy: false, spendCapCents: 50_000 };
  expect(toDrill(fromDrill(ask)).ask).toEqual({ ...ask, workloads: [{ workloadId: '019' }] });
});

test('what is missing is told under the API’s fields', () => {
  expect(toDrill({ ...EMPTY_DRILL, kind: 'trace', times: '0', vmDelay: '' })).toEqual({ ask: null, faults: { workloads: { code: 'needed' }, 'day.csv': { code: 'needed' }, times: { code: 'range', least: 0.01, most: 100 }, vmDelaySeconds: { code: 'needed' } } });
  expect(Object.keys(toDrill({ ...EMPTY_DRILL, kind: 'recorded', workloads: ['1'] }).faults)).toEqual(['day.workloadId', 'day.date']);
});
