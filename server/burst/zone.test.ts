// Days and months where people are: with daylight saving, and at the ends of months and years.
import { expect, test } from 'vitest';
import { dateText, dayOf, isTimeZone, monthOf } from './zone.ts';

const iso = ({ from, to }: { from: number; to: number }) => [new Date(from).toISOString(), new Date(to).toISOString()];

test('a day begins at midnight there', () => {
  expect(iso(dayOf(Date.parse('2026-11-23T17:00:00Z'), 'Asia/Shanghai'))).toEqual(['2026-11-23T16:00:00.000Z', '2026-11-24T16:00:00.000Z']);
  expect(dateText(Date.parse('2026-11-23T17:00:00Z'), 'Asia/Shanghai')).toBe('2026-11-24');
});

test('a day with daylight saving has 23 or 25 hours', () => {
  expect(iso(dayOf(Date.parse('2026-03-08T12:00:00Z'), 'America/New_York'))).toEqual(['2026-03-08T05:00:00.000Z', '2026-03-09T04:00:00.000Z']);
  expect(iso(dayOf(Date.parse('2026-11-01T12:00:00Z'), 'America/New_York'))).toEqual(['2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z']);
});

test('months, also the last of a year; names that are no zone', () => {
  expect(iso(monthOf(Date.parse('2026-12-31T20:00:00Z'), 'UTC'))).toEqual(['2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z']);
  expect([isTimeZone('Asia/Shanghai'), isTimeZone('Moon/Base')]).toEqual([true, false]);
});
