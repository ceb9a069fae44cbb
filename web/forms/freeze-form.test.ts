import { expect, test } from 'vitest';
import { emptyFreeze, toFreeze } from './freeze-form.ts';

const form = { ...emptyFreeze('production', 'Asia/Shanghai'), name: 'a-share-session' };

test('each kind becomes its rule', () => {
  expect(toFreeze(form).freeze).toEqual({ name: 'a-share-session', environment: 'production', reason: '', rule: { kind: 'session', market: 'a-share', from: 'open-10m', to: 'close+5m' } });
  expect(toFreeze({ ...form, kind: 'weekly', days: [6, 5] }).freeze?.rule).toEqual({ kind: 'weekly', timeZone: 'Asia/Shanghai', days: [5, 6], from: '16:00', to: '23:00' });
  expect(toFreeze({ ...form, kind: 'once', fromLocal: '2026-12-31T10:00', toLocal: '2027-01-01T10:00' }).freeze?.rule).toMatchObject({ kind: 'once', from: new Date('2026-12-31T10:00').toISOString() });
});

test('what is missing is told at its field', () => {
  expect(toFreeze({ ...form, name: '', kind: 'weekly', days: [] }).faults).toEqual({ name: 'needed', 'rule.days': 'days' });
  expect(toFreeze({ ...form, kind: 'once' }).faults).toEqual({ 'rule.from': 'time', 'rule.to': 'time' });
  expect(toFreeze({ ...form, kind: 'once', fromLocal: '2027-01-01T10:00', toLocal: '2026-12-31T10:00' }).faults).toEqual({ 'rule.to': 'order' });
});
