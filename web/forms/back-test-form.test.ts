import { expect, test } from 'vitest';
import { EMPTY_BACK_TEST, toBackTest } from './back-test-form.ts';

const NOW = Date.parse('2026-11-23T04:00:00Z');

test('a back-test looks back from now', () => {
  expect(toBackTest({ ...EMPTY_BACK_TEST, workloadId: '019', days: '2' }, NOW).ask).toEqual({ workloadId: '019', rule: { when: { timesUsual: 1.5 }, multiplier: 1.5, decayMinutes: 30 }, from: '2026-11-21T04:00:00.000Z', to: '2026-11-23T04:00:00.000Z', surge: 1.3, horizonMinutes: 60 });
});

test('a value may be anything, times its usual only more than one; more days than are kept are refused', () => {
  expect(toBackTest({ ...EMPTY_BACK_TEST, workloadId: '019', when: 'above', threshold: '-5' }, NOW).ask?.rule.when).toEqual({ above: -5 });
  expect(toBackTest({ ...EMPTY_BACK_TEST, threshold: '1', days: '90' }, NOW)).toEqual({ ask: null, faults: { workloadId: { code: 'needed' }, threshold: { code: 'range', least: 1.01, most: 1000 }, days: { code: 'range', least: 1, most: 31 } } });
});
