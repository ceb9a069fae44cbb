// VMs do not go back at lunch, nor shortly before an open; in the evening and at weekends nothing keeps them.
import { expect, test } from 'vitest';
import { retreatWindow } from './window.ts';

const at = (text: string) => Date.parse(text);
const from = (text: string) => {
  const window = retreatWindow('a-share', 15 * 60_000, at(text));
  return window.from === null ? null : new Date(window.from).toISOString();
};

test('the close of the day counts, in the time of the market', () => {
  // Monday 23 November 2026; the market closes at 15:00 in Shanghai, 07:00 UTC.
  expect(from('2026-11-23T02:00:00Z')).toBe('2026-11-23T07:15:00.000Z');
  expect(from('2026-11-23T04:00:00Z')).toBe('2026-11-23T07:15:00.000Z');
  expect(from('2026-11-23T00:00:00Z')).toBe('2026-11-23T07:15:00.000Z');
  expect(from('2026-11-23T07:14:59Z')).toBe('2026-11-23T07:15:00.000Z');
  expect([from('2026-11-23T07:15:00Z'), from('2026-11-22T03:00:00Z'), from('2026-11-22T23:00:00Z')]).toEqual([null, null, null]);
});

test('without a market nothing is waited for; a year that nobody knows is said', () => {
  expect(retreatWindow(null, 0, at('2026-11-23T02:00:00Z'))).toEqual({ from: null, isUnknownYear: false });
  expect(retreatWindow('a-share', 0, at('2031-11-24T02:00:00Z')).isUnknownYear).toBe(true);
});
