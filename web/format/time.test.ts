import { expect, test } from 'vitest';
import { ago, clock, day, moment, duration } from './time.ts';

const now = Date.parse('2026-11-23T09:30:00.000Z');
const back = (seconds: number) => new Date(now - seconds * 1000).toISOString();

test('how long ago, in the largest whole unit', () => {
  expect(ago(back(1), now, 'en')).toBe('just now');
  expect(ago(back(42), now, 'en')).toBe('42 sec ago');
  expect(ago(back(119), now, 'en')).toBe('1 min ago');
  expect(ago(back(3 * 3600), now, 'en')).toBe('3 hr ago');
  expect(ago(back(2 * 86_400), now, 'en')).toBe('2 days ago');
  expect(ago(back(-20 * 60), now, 'en')).toBe('in 20 min');
  expect(ago(back(42), now, 'zh')).toBe('42秒前');
});

test('far away it is a date, and nonsense stays as it is', () => {
  expect(ago(back(40 * 86_400), now, 'en')).toBe(day(back(40 * 86_400), 'en'));
  expect(ago('soon', now, 'en')).toBe('soon');
});

test('a moment has its date and its seconds, a clock only the time', () => {
  expect(moment(back(0), 'en')).toMatch(/23 Nov 2026.*\d\d:\d\d:00/);
  expect(clock(back(0), 'en')).toMatch(/^\d\d:\d\d:00$/);
});

test('a length is told in its two largest units, rounded up', () => {
  expect([0, 12, 60, 61, 1500, 3600, 6000, 86_400, 200_000].map((seconds) => duration(seconds, 'en'))).toEqual(['0 s', '12 s', '1 min', '2 min', '25 min', '1 h', '1 h 40 min', '1 d', '2 d 8 h']);
  expect(duration(6000, 'zh')).toBe('1 小时 40 分钟');
});
