import { expect, test } from 'vitest';
import type { MarketDayView } from '#server/http/contract/index.ts';
import { clipped, hourMarks, stretchesOf, windowAround } from './market-day.ts';

const at = (clock: string) => `2026-11-23T${clock}:00Z`;
const day = (anchors: Readonly<Record<string, string>>, sessions: readonly (readonly [string, string])[]): MarketDayView => ({
  date: '2026-11-23',
  dayType: sessions.length === 0 ? 'weekend' : 'trading',
  isAfterBreak: false,
  utcOffsetMinutes: 480,
  sessions: sessions.map(([open, close]) => ({ name: 'session', open: at(open), close: at(close) })),
  anchors: Object.entries(anchors).map(([name, clock]) => ({ name: name as 'open', at: at(clock), latest: at(clock) })),
});
const kinds = (of: MarketDayView) => stretchesOf(of).map(({ kind, from, to }) => `${kind} ${new Date(from).toISOString().slice(11, 16)}-${new Date(to).toISOString().slice(11, 16)}`);

test('an A-share day has its auctions, two sessions with lunch between them, and what follows the close', () => {
  const shares = day({ auctionStart: '01:15', auctionEnd: '01:25', open: '01:30', lunchStart: '03:30', lunchEnd: '05:00', closeAuction: '06:57', close: '07:00', afterClose: '07:30' }, [['01:30', '03:30'], ['05:00', '07:00']]);
  expect(kinds(shares)).toEqual(['auction 01:15-01:25', 'session 01:30-03:30', 'lunch 03:30-05:00', 'session 05:00-07:00', 'closing 06:57-07:00', 'after 07:00-07:30']);
});

test('where the closing auction follows the close, it takes the time after it', () => {
  expect(kinds(day({ open: '01:30', closeAuction: '08:00', close: '08:00', afterClose: '08:10' }, [['01:30', '08:00']]))).toEqual(['session 01:30-08:00', 'closing 08:00-08:10']);
});

test('without an auction the time before the open is trading before the market; a day without a session has nothing', () => {
  expect(kinds(day({ preOpen: '09:00', open: '14:30', close: '21:00' }, [['14:30', '21:00']]))).toEqual(['before 09:00-14:30', 'session 14:30-21:00']);
  expect(kinds(day({}, []))).toEqual([]);
});

test('what lies outside of the window is cut off, and marks fall on the hours of the reader', () => {
  const span = windowAround(Date.parse(at('09:20')));
  expect([new Date(span.from).toISOString(), (span.to - span.from) / 3_600_000]).toEqual([at('00:00').replace('Z', '.000Z'), 26]);
  expect(clipped(span, { from: span.from - 3_600_000, to: span.from + 1.3 * 3_600_000 })).toEqual({ left: 0, width: expect.closeTo(5) as number });
  expect(clipped(span, { from: span.to, to: span.to + 1 })).toBeNull();
  expect(hourMarks(span, 6, 480).map((mark) => new Date(mark).toISOString().slice(11, 16))).toEqual(['04:00', '10:00', '16:00', '22:00']);
});
