// Sessions as instants, against the time zone data of the machine that tests; holidays, half days, clocks that change, years that nobody knows.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dateOf, dayNumber, weekday } from './dates.ts';
import { MARKETS } from './model.ts';
import { marketDay, marketDays, sessionsOn } from './sessions.ts';
import { calendarProblem } from './faults.ts';
import { CALENDAR_YEARS } from './years.ts';

const utc = (list: readonly { readonly name: string; readonly open: number; readonly close: number }[]) => list.map(({ name, open, close }) => `${name} ${new Date(open).toISOString().slice(0, 16)} ${new Date(close).toISOString().slice(11, 16)}`);

test('each market opens when its own clock says', () => {
  expect(utc(sessionsOn('a-share', '2026-11-23'))).toEqual(['morning 2026-11-23T01:30 03:30', 'afternoon 2026-11-23T05:00 07:00']);
  expect(utc(sessionsOn('hong-kong', '2026-11-23'))).toEqual(['morning 2026-11-23T01:30 04:00', 'afternoon 2026-11-23T05:00 08:00']);
  expect(utc(sessionsOn('us', '2026-11-23'))).toEqual(['regular 2026-11-23T14:30 21:00']);
});

test('daylight saving moves the American session by an hour between two days', () => {
  expect(utc(sessionsOn('us', '2026-03-06'))).toEqual(['regular 2026-03-06T14:30 21:00']);
  expect(utc(sessionsOn('us', '2026-03-09'))).toEqual(['regular 2026-03-09T13:30 20:00']);
  expect(utc(sessionsOn('us', '2026-10-30'))).toEqual(['regular 2026-10-30T13:30 20:00']);
  expect(utc(sessionsOn('us', '2026-11-02'))).toEqual(['regular 2026-11-02T14:30 21:00']);
});

const ZONES = { 'a-share': 'Asia/Shanghai', 'hong-kong': 'Asia/Hong_Kong', us: 'America/New_York' } as const;
test.each(MARKETS)('every opening of %s in 2026 is 09:30 on the wall there, as the time zone data says', (market) => {
  const wall = new Intl.DateTimeFormat('en-GB', { timeZone: ZONES[market], dateStyle: 'short', timeStyle: 'short' });
  const days = marketDays(market, Date.UTC(2026, 0, 1), Date.UTC(2026, 11, 31)).filter(({ sessions, date }) => sessions.length > 0 && date.startsWith('2026'));
  for (const { date, sessions } of days) expect(wall.format(sessions[0]!.open)).toBe(`${date.slice(8)}/${date.slice(5, 7)}/2026, 09:30`);
  // 261 weekdays, without the holidays.
  expect(days.length).toBe(261 - { 'a-share': 19, 'hong-kong': 14, us: 10 }[market]);
});

test('holidays, weekends and half days', () => {
  expect(marketDay('a-share', '2026-10-01').kind).toBe('closed');
  expect(marketDay('a-share', '2026-02-14').kind).toBe('closed');
  expect(marketDay('hong-kong', '2026-02-16').kind).toBe('half');
  expect(utc(sessionsOn('hong-kong', '2026-12-24'))).toEqual(['morning 2026-12-24T01:30 04:00']);
  expect(utc(sessionsOn('us', '2026-11-27'))).toEqual(['regular 2026-11-27T14:30 18:00']);
  expect(marketDay('us', '2026-07-03').kind).toBe('closed');
  expect(marketDay('us', 'yesterday').kind).toBe('closed');
});

test('a year that nobody knows is said to be unknown: its weekdays count as full days, summer and winter both', () => {
  expect(marketDay('a-share', '2027-10-01')).toMatchObject({ kind: 'unknown', sessions: [{ name: 'morning' }, { name: 'afternoon' }] });
  expect(utc(marketDay('us', '2027-07-06').sessions)).toEqual(['regular 2027-07-06T13:30 21:00']);
  expect(marketDay('us', '2027-07-04')).toMatchObject({ kind: 'closed', sessions: [] });
  expect(marketDay('us', '2027-07-06', [])).toMatchObject({ kind: 'unknown', sessions: [] });
});

test('the files that come along are calendars, and what is no calendar is named', () => {
  for (const year of CALENDAR_YEARS) expect(calendarProblem(year)).toBeNull();
  const file = CALENDAR_YEARS.find(({ market, year }) => market === 'a-share' && year === 2026);
  expect(calendarProblem({ ...file, market: 'moon' })).toBe('market is "moon": it must be one of a-share, hong-kong, us');
  expect(calendarProblem({ ...file, holidays: ['2026-01-01', '2027-01-01'] })).toBe('holidays[1] is "2027-01-01": it must be a day of 2026, such as 2026-01-02');
  expect(calendarProblem({ ...file, holidays: ['2026-02-30'] })).toMatch(/holidays\[0\] is "2026-02-30"/);
  expect(calendarProblem({ ...file, holidays: ['2026-01-03'] })).toBe('holidays[0] is "2026-01-03": weekends have no sessions anyway');
  expect(calendarProblem({ ...file, halfDays: ['2026-01-01'] })).toBe('2026-01-01 is in holidays and in halfDays');
  expect(calendarProblem({ ...file, sessions: { full: [{ name: 'x', open: '9:30', close: '11:30' }], half: [] } })).toMatch(/sessions\.full\[0\] is from "9:30"/);
  expect(calendarProblem({ ...file, utcOffsets: [] })).toMatch(/utcOffsets/);
});

test('days are counted as calendars count them', () => {
  fc.assert(
    fc.property(fc.integer({ min: -20_000, max: 60_000 }), (days) => {
      const date = new Date(days * 86_400_000);
      expect(dateOf(days)).toBe(date.toISOString().slice(0, 10));
      expect(dayNumber(dateOf(days))).toBe(days);
      expect(weekday(days)).toBe(date.getUTCDay() === 0 ? 7 : date.getUTCDay());
    }),
  );
});
