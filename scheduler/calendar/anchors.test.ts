// The named instants of market days and where in the day an instant is: auctions, lunch, half days, clocks that change, breaks, unknown years.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anchoredDay, anchorsOfMarket } from './anchors.ts';
import { dateOf, dayNumber, weekday } from './dates.ts';
import { calendarFaults, completed } from './faults.ts';
import { ANCHORS, type Market, MARKETS } from './model.ts';
import { momentOf } from './moment.ts';
import { CALENDAR_YEARS } from './years.ts';

const YEARS = CALENDAR_YEARS;
const shown = (market: Market, date: string) => anchoredDay(market, date, YEARS).anchors.map(({ name, at, latest }) => `${name} ${new Date(at).toISOString().slice(11, 16)}${at === latest ? '' : `..${new Date(latest).toISOString().slice(11, 16)}`}`).join(', ');

test('a day of each market, in UTC', () => {
  expect(shown('a-share', '2026-11-23')).toBe('preOpen 01:15, auctionStart 01:15, auctionEnd 01:25, open 01:30, lunchStart 03:30, lunchEnd 05:00, closeAuction 06:57, close 07:00, afterClose 07:30');
  expect(shown('hong-kong', '2026-11-23')).toBe('preOpen 01:00, auctionStart 01:00, auctionEnd 01:22, open 01:30, lunchStart 04:00, lunchEnd 05:00, closeAuction 08:00, close 08:00, afterClose 08:10');
  expect(shown('us', '2026-11-23')).toBe('preOpen 09:00, open 14:30, closeAuction 20:50, close 21:00, afterClose 01:00');
});

test('half days end at noon, and daylight saving moves the whole American day', () => {
  expect(shown('hong-kong', '2025-12-24')).toBe('preOpen 01:00, auctionStart 01:00, auctionEnd 01:22, open 01:30, closeAuction 04:00, close 04:00, afterClose 04:10');
  expect(shown('us', '2025-11-28')).toBe('preOpen 09:00, open 14:30, closeAuction 17:50, close 18:00, afterClose 22:00');
  expect(shown('us', '2025-07-02')).toBe('preOpen 08:00, open 13:30, closeAuction 19:50, close 20:00, afterClose 00:00');
  expect(anchoredDay('a-share', '2026-10-01', YEARS)).toMatchObject({ dayType: 'closed', anchors: [] });
  expect(anchoredDay('a-share', '2026-02-14', YEARS)).toMatchObject({ dayType: 'weekend' });
});

test('the first session after three closed days is one after a break, a usual Monday is not', () => {
  expect(anchoredDay('a-share', '2026-10-08', YEARS)).toMatchObject({ dayType: 'trading', isAfterBreak: true });
  expect(anchoredDay('a-share', '2025-10-09', YEARS).isAfterBreak).toBe(true);
  expect(anchoredDay('a-share', '2026-01-05', YEARS).isAfterBreak).toBe(true);
  expect(anchoredDay('a-share', '2026-11-23', YEARS).isAfterBreak).toBe(false);
  expect(anchoredDay('us', '2025-01-10', YEARS).isAfterBreak).toBe(false);
});

test('a day that no calendar knows may have any anchor at any hour that it could be', () => {
  expect(anchoredDay('us', '2027-07-06', YEARS)).toMatchObject({ dayType: 'unknown', isAfterBreak: false, utcOffsetMinutes: null });
  expect(shown('us', '2027-07-06')).toBe('preOpen 08:00..09:00, open 13:30..14:30, closeAuction 16:50..20:50, close 17:00..21:00, afterClose 21:00..01:00');
  expect(shown('us', '2027-07-04')).toBe('');
});

test('the number of sessions in 2025 is what the exchanges announced', () => {
  const sessions = (market: Market) => Array.from({ length: 365 }, (_, index) => anchoredDay(market, dateOf(dayNumber('2025-01-01') + index), YEARS)).filter(({ anchors }) => anchors.length > 0).length;
  expect(MARKETS.map(sessions)).toEqual([243, 246, 250]);
});

test('any day: anchors come in order, weekends have none, and every name is one of the market', () => {
  fc.assert(
    fc.property(fc.constantFrom(...MARKETS), fc.integer({ min: dayNumber('2024-12-01'), max: dayNumber('2027-02-01') }), (market, day) => {
      const { anchors } = anchoredDay(market, dateOf(day), YEARS);
      if (weekday(day) > 5) expect(anchors).toEqual([]);
      expect(anchors.map(({ at }) => at)).toEqual(anchors.map(({ at }) => at).toSorted((one, other) => one - other));
      for (const { name, at, latest } of anchors) {
        expect(ANCHORS).toContain(name);
        expect(anchorsOfMarket(market, YEARS)).toContain(name);
        expect(latest).toBeGreaterThanOrEqual(at);
      }
    }),
  );
});

const at = (text: string) => Date.parse(text);
test('a moment is told on the clock of the first market, with the openings of all of them', () => {
  const moment = momentOf(['a-share', 'hong-kong'], at('2026-11-23T01:20:00Z'), YEARS);
  expect(moment).toMatchObject({ day: dayNumber('2026-11-23'), minuteOfDay: 9 * 60 + 20, dayType: 'trading', isSession: false, isAfterBreak: false });
  expect(moment.events.filter(({ kind }) => kind === 'open').map(({ market }) => market).sort()).toEqual(['a-share', 'hong-kong']);
  expect(momentOf(['a-share'], at('2026-11-23T03:45:00Z'), YEARS)).toMatchObject({ isSession: false, minuteOfDay: 705, dayType: 'trading' });
  expect(momentOf(['us'], at('2026-11-24T00:30:00Z'), YEARS)).toMatchObject({ day: dayNumber('2026-11-23'), minuteOfDay: 19 * 60 + 30 });
  expect(momentOf(['a-share'], at('2026-10-08T01:29:00Z'), YEARS).isAfterBreak).toBe(true);
});

test('a workload without markets has weekdays and weekends; an unknown year has all the openings that could be', () => {
  expect(momentOf([], at('2026-11-22T20:00:00Z'), YEARS)).toMatchObject({ day: dayNumber('2026-11-23'), minuteOfDay: 240, dayType: 'weekday', events: [] });
  expect(momentOf(['moon'], at('2026-11-21T20:00:00Z'), YEARS)).toMatchObject({ dayType: 'weekend' });
  const unknown = momentOf(['us'], at('2027-07-06T13:00:00Z'), YEARS);
  expect(unknown.dayType).toBe('trading');
  expect(unknown.events.filter(({ kind }) => kind === 'open').map(({ at: each }) => new Date(each).toISOString().slice(11, 16))).toEqual(['13:30', '14:30']);
});

test('a file may leave out what its market always has; every mistake has its path', () => {
  const file = { market: 'hong-kong', year: 2027, holidays: ['2027-01-01'], halfDays: [], source: 'a notice' };
  expect(calendarFaults(file)).toEqual([]);
  const usual = YEARS.find(({ market }) => market === 'hong-kong')!;
  const years = [...YEARS, completed(file, usual)];
  expect(anchoredDay('hong-kong', '2027-01-04', years)).toMatchObject({ dayType: 'trading', isAfterBreak: true, utcOffsetMinutes: 480 });
  expect(calendarFaults({ ...file, market: 'us' }).map(({ path }) => path)).toEqual([['utcOffsets']]);
  expect(calendarFaults({ ...file, holiday: [], halfDays: ['2027-01-01', '2027-13-01'], source: '' })).toEqual([
    { path: ['holiday'], message: 'holiday is not a field of a calendar: it must be one of market, year, utcOffsets, sessions, anchors, holidays, halfDays, source' },
    { path: ['source'], message: 'source is needed: where the days come from' },
    { path: ['halfDays', 1], message: 'halfDays[1] is "2027-13-01": it must be a day of 2027, such as 2027-01-02' },
    { path: ['halfDays', 0], message: '2027-01-01 is in holidays and in halfDays' },
  ]);
  expect(calendarFaults({ ...file, anchors: { full: { lunch: '12:00' }, half: { preOpen: '9' } } }).map(({ message }) => message)).toEqual(['anchors.full.lunch is no anchor: it must be one of preOpen, auctionStart, auctionEnd, closeAuction, afterClose', 'anchors.half.preOpen is "9": it must be a time of day such as 09:15']);
});
