import { expect, test } from 'vitest';
import type { AutoscaleSettings } from '#server/http/contract/index.ts';
import { fromSettings, toSettings } from './autoscale-form.ts';
import { emptySchedule } from './schedule-form.ts';

const SETTINGS: AutoscaleSettings = {
  mode: 'on',
  min: 3,
  max: 40,
  risk: 'balanced',
  ceilingPermille: 725,
  behavior: {
    scaleUp: { windowSeconds: 0, policies: [{ kind: 'percent', value: 100, periodSeconds: 15 }, { kind: 'count', value: 4, periodSeconds: 15 }], select: 'max', tolerancePermille: 0 },
    scaleDown: { windowSeconds: null, policies: [], select: 'min', tolerancePermille: 85 },
  },
  flapBudgetPerHour: 2,
  onMetricLoss: { floor: 12 },
  pauseScaleIn: true,
  isPaused: false,
  startDelaySeconds: null,
  latencySloMs: 250,
  demand: 'qps',
  markets: ['a-share', 'us'],
  calm: true,
  schedules: [
    { kind: 'session', market: 'a-share', from: 'open-10m', to: 'close+5m', days: ['after-break'], floor: { timesLargestOfLast: { factor: 1.6, opens: 5 } }, cap: null },
    { kind: 'weekly', name: 'Earnings evenings', timeZone: 'Asia/Shanghai', days: [1, 5], from: '20:00', to: '22:30', floor: { replicas: 20 }, cap: 30 },
    { kind: 'cron', timeZone: 'Asia/Shanghai', cron: '0 20 * * 1-5', minutes: 90, floor: null, cap: 5 },
    { kind: 'once', from: '2026-12-01T01:00:00.000Z', to: '2026-12-01T03:00:00.000Z', floor: { replicas: 8 }, cap: null },
  ],
  signals: [{ signal: 'turnover', when: { timesUsual: 1.5 }, multiplier: 1.4, decayMinutes: 30, cap: null }],
};

test('what is set comes back unchanged through the form, what verbs set included', () => {
  expect(toSettings(fromSettings(SETTINGS), SETTINGS)).toEqual({ settings: SETTINGS, faults: {} });
  const own = { ...SETTINGS, risk: 25, ceilingPermille: null, onMetricLoss: 'forecast' as const, max: null };
  expect(toSettings(fromSettings(own), own).settings).toEqual(own);
});

test('faults stand at the fields that the server would name', () => {
  const form = { ...fromSettings(SETTINGS), min: '50', risk: 'own' as const, riskShare: '30', ceiling: 'much', signals: [{ signal: '', when: 'above' as const, threshold: '1', multiplier: '0.5', decayMinutes: '30', cap: '' }] };
  expect(toSettings(form, SETTINGS)).toEqual({
    settings: null,
    faults: { max: { code: 'order' }, risk: { code: 'range', least: 0.1, most: 20 }, ceilingPermille: { code: 'notNumber' }, 'signals.0.signal': { code: 'needed' }, 'signals.0.multiplier': { code: 'range', least: 1, most: 10 } },
  });
});

test('a schedule without floor and cap, or with an end before its beginning, says so', () => {
  const schedules = [
    { ...emptySchedule('us', 'Asia/Shanghai'), floor: 'none' as const },
    { ...emptySchedule('us', 'Asia/Shanghai'), kind: 'once' as const, fromLocal: '2026-12-02T10:00', toLocal: '2026-12-02T09:00' },
    { ...emptySchedule('us', 'Asia/Shanghai'), kind: 'weekly' as const, weekdays: [], factor: '0' },
  ];
  expect(toSettings({ ...fromSettings(SETTINGS), schedules }, SETTINGS).faults).toEqual({ 'schedules.0.floor': { code: 'needed' }, 'schedules.1.to': { code: 'order' }, 'schedules.2.days': { code: 'needed' }, 'schedules.2.floor.factor': { code: 'range', least: 0.1, most: 10 } });
});
