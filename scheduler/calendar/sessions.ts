// When a market is open: a day's sessions as instants, pure arithmetic over the files of years.ts. A year that no file knows is said to be
// unknown; its weekdays then count as full days, because whoever asks wants to know when it is safe to do something.
import { clockMinutes, dayAt, dateOf, dayNumber, instantAt, weekday } from './dates.ts';
import type { CalendarYear, Market, MarketDay, Session, SessionTimes } from './model.ts';
import { CALENDAR_YEARS } from './years.ts';

/** One day of a market. @param date of the market's own place, such as `2026-11-23`; what is no day is closed */
export function marketDay(market: Market, date: string, years: readonly CalendarYear[] = CALENDAR_YEARS): MarketDay {
  const day = dayNumber(date);
  if (Number.isNaN(day) || weekday(day) > 5) return { date, kind: 'closed', sessions: [] };
  const known = years.find((each) => each.market === market && date.startsWith(`${each.year}-`));
  if (known === undefined) return { date, kind: 'unknown', sessions: widest(market, day, years) };
  if (known.holidays.includes(date)) return { date, kind: 'closed', sessions: [] };
  const kind = known.halfDays.includes(date) ? 'half' : 'full';
  const offset = offsetOn(known, date);
  return { date, kind, sessions: known.sessions[kind].map((times) => session(times, day, offset, offset)) };
}

/** The sessions of a day, in order. */
export const sessionsOn = (market: Market, date: string, years: readonly CalendarYear[] = CALENDAR_YEARS): readonly Session[] => marketDay(market, date, years).sessions;

/** Every day of a market that touches the time from one instant to another, in order. */
export function marketDays(market: Market, from: number, to: number, years: readonly CalendarYear[] = CALENDAR_YEARS): MarketDay[] {
  // No place is further than 14 hours from UTC.
  const [first, last] = [dayAt(from, -14 * 60), dayAt(to, 14 * 60)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => marketDay(market, dateOf(first + index), years));
}

/** The sessions of a full day of the newest year that is known. */
export const usualSessions = (market: Market, years: readonly CalendarYear[] = CALENDAR_YEARS): readonly SessionTimes[] => newestYear(market, years)?.sessions.full ?? [];

/** The newest year of a market that is known. */
export function newestYear(market: Market, years: readonly CalendarYear[]): CalendarYear | undefined {
  return years.filter((each) => each.market === market).reduce<CalendarYear | undefined>((best, each) => (best === undefined || each.year > best.year ? each : best), undefined);
}

/** Minutes that are added to UTC on a day of a year. */
export function offsetOn({ utcOffsets }: CalendarYear, date: string): number {
  return utcOffsets.findLast(({ from }) => from <= date)?.minutes ?? utcOffsets[0]!.minutes;
}

/** Summer and winter both: nobody has said when the clocks of an unknown year change. */
function widest(market: Market, day: number, years: readonly CalendarYear[]): Session[] {
  const year = newestYear(market, years);
  if (year === undefined) return [];
  const offsets = year.utcOffsets.map(({ minutes }) => minutes);
  return year.sessions.full.map((times) => session(times, day, Math.max(...offsets), Math.min(...offsets)));
}

const session = ({ name, open, close }: SessionTimes, day: number, offsetAtOpen: number, offsetAtClose: number): Session => ({
  name,
  open: instantAt(day, clockMinutes(open), offsetAtOpen),
  close: instantAt(day, clockMinutes(close), offsetAtClose),
});
