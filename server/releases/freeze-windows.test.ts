// When freezes hold: beside sessions, over midnight, where clocks change; and rules that can never hold.
import { expect, test } from 'vitest';
import type { FreezeRule } from '../db/freezes.ts';
import { freezeProblem, freezeWindows } from './freeze-windows.ts';
import { freezeState } from './freezes.ts';

const at = (text: string) => Date.parse(text);
const windows = (rule: FreezeRule, from: string, to: string) => freezeWindows(rule, at(from), at(to)).map((window) => `${new Date(window.from).toISOString().slice(5, 16)} to ${new Date(window.to).toISOString().slice(5, 16)}`);

test('a freeze around sessions holds around each of them, and on no holiday', () => {
  const rule = { kind: 'session', market: 'a-share', from: 'open-10m', to: 'close+5m' } as const;
  expect(windows(rule, '2026-09-24T00:00:00Z', '2026-09-28T00:00:00Z')).toEqual(['09-24T01:20 to 09-24T03:35', '09-24T04:50 to 09-24T07:05']);
});

test('sessions that are wide enough apart from nothing become one window', () => {
  const rule = { kind: 'session', market: 'a-share', from: 'open-60m', to: 'close+60m' } as const;
  expect(windows(rule, '2026-11-23T00:00:00Z', '2026-11-24T00:00:00Z')).toEqual(['11-23T00:30 to 11-23T08:00']);
});

test('a weekly freeze goes over midnight and keeps to the clock on the wall when that changes', () => {
  const night = { kind: 'weekly', timeZone: 'Asia/Shanghai', days: [5], from: '22:00', to: '06:00' } as const;
  expect(windows(night, '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z')).toEqual(['11-27T14:00 to 11-27T22:00']);
  const morning = { kind: 'weekly', timeZone: 'America/New_York', days: [1, 2, 3, 4, 5, 6, 7], from: '09:00', to: '10:00' } as const;
  expect(windows(morning, '2026-03-07T00:00:00Z', '2026-03-09T00:00:00Z')).toEqual(['03-07T14:00 to 03-07T15:00', '03-08T13:00 to 03-08T14:00']);
});

test('a state says whether it is frozen now, when next, and of years that no calendar knows', () => {
  const rule = { kind: 'session', market: 'a-share', from: 'open', to: 'close' } as const;
  const now = at('2026-11-23T02:00:00Z');
  expect(freezeState(rule, now)).toEqual({ active: { from: at('2026-11-23T01:30:00Z'), to: at('2026-11-23T03:30:00Z') }, next: { from: at('2026-11-23T05:00:00Z'), to: at('2026-11-23T07:00:00Z') }, warning: null });
  expect(freezeState(rule, at('2026-11-21T02:00:00Z')).active).toBeNull();
  expect(freezeState(rule, at('2027-02-17T02:00:00Z'))).toMatchObject({ active: {}, warning: 'No calendar knows 2027 of the market a-share: every weekday counts as a day with sessions.' });
  const once = { kind: 'once', from: now, to: now + 60_000 } as const;
  expect(freezeState(once, now)).toMatchObject({ active: { from: now }, next: null });
  expect(freezeState(once, now + 60_000)).toMatchObject({ active: null, next: null });
});

test('rules that can never hold name what is wrong', () => {
  expect(freezeProblem({ kind: 'session', market: 'us', from: 'close', to: 'open' })).toMatchObject({ field: 'rule.to', message: 'must be after rule.from (close) in every session of the market us' });
  expect(freezeProblem({ kind: 'weekly', timeZone: 'Moon/Base', days: [1], from: '09:00', to: '10:00' })).toMatchObject({ field: 'rule.timeZone' });
  expect(freezeProblem({ kind: 'weekly', timeZone: 'Asia/Shanghai', days: [1], from: '09:00', to: '09:00' })).toMatchObject({ field: 'rule.to' });
  expect(freezeProblem({ kind: 'once', from: 2, to: 1 })).toMatchObject({ field: 'rule.to' });
  expect(freezeProblem({ kind: 'session', market: 'a-share', from: 'open-10m', to: 'open+20m' })).toBeNull();
});
