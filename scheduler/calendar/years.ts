// The calendars that come with the product, and what makes a file one: every year that is missing here is unknown, and nothing is guessed of it.
import { clockMinutes, dayNumber, weekday } from './dates.ts';
import aShare2026 from './data/a-share-2026.json' with { type: 'json' };
import hongKong2026 from './data/hong-kong-2026.json' with { type: 'json' };
import us2026 from './data/us-2026.json' with { type: 'json' };
import { type CalendarYear, MARKETS, type SessionTimes } from './model.ts';

/** @returns what is wrong with a file, in a sentence that names the field; null: it is a calendar */
export function calendarProblem(file: unknown): string | null {
  if (typeof file !== 'object' || file === null) return 'it is not an object';
  const { market, year, utcOffsets, sessions, holidays, halfDays, source } = file as Record<string, unknown>;
  if (!MARKETS.some((name) => name === market)) return `market is ${text(market)}: it must be one of ${MARKETS.join(', ')}`;
  if (typeof year !== 'number' || !Number.isInteger(year) || year < 2000 || year > 2100) return `year is ${text(year)}: it must be from 2000 to 2100`;
  if (typeof source !== 'string' || source === '') return 'source is needed: where the days come from';
  for (const [name, days] of [['holidays', holidays], ['halfDays', halfDays]] as const) {
    const problem = daysProblem(name, days, year);
    if (problem !== null) return problem;
  }
  const both = (holidays as string[]).find((day) => (halfDays as string[]).includes(day));
  if (both !== undefined) return `${both} is in holidays and in halfDays`;
  return offsetsProblem(utcOffsets, year) ?? sessionsProblem(sessions);
}

const text = (value: unknown): string => JSON.stringify(value) ?? 'absent';

function daysProblem(name: string, days: unknown, year: number): string | null {
  if (!Array.isArray(days)) return `${name} must be a list of days`;
  for (const [index, day] of days.entries()) {
    const number = typeof day === 'string' ? dayNumber(day) : Number.NaN;
    if (Number.isNaN(number) || !(day as string).startsWith(`${year}-`)) return `${name}[${index}] is ${text(day)}: it must be a day of ${year}, such as ${year}-01-02`;
    if (weekday(number) > 5) return `${name}[${index}] is ${text(day)}: weekends have no sessions anyway`;
    if (index > 0 && (days[index - 1] as string) >= (day as string)) return `${name}[${index}] is ${text(day)}: days must rise`;
  }
  return null;
}

function offsetsProblem(offsets: unknown, year: number): string | null {
  if (!Array.isArray(offsets) || offsets.length === 0) return 'utcOffsets must be a list with at least one offset';
  for (const [index, offset] of (offsets as Partial<CalendarYear['utcOffsets'][number]>[]).entries()) {
    const { from, minutes } = offset;
    if (typeof from !== 'string' || Number.isNaN(dayNumber(from)) || (index === 0 && from !== `${year}-01-01`) || (index > 0 && from <= (offsets[index - 1] as { from: string }).from)) return `utcOffsets[${index}].from is ${text(from)}: it must be a day, the first one ${year}-01-01, and rise`;
    if (typeof minutes !== 'number' || !Number.isInteger(minutes) || Math.abs(minutes) > 14 * 60) return `utcOffsets[${index}].minutes is ${text(minutes)}: it must be whole minutes, from -840 to 840`;
  }
  return null;
}

function sessionsProblem(sessions: unknown): string | null {
  for (const kind of ['full', 'half'] as const) {
    const list = (sessions as Record<string, unknown> | null | undefined)?.[kind];
    if (!Array.isArray(list) || (kind === 'full' && list.length === 0)) return `sessions.${kind} must be a list of sessions`;
    let last = -1;
    for (const [index, { name, open, close }] of (list as Partial<SessionTimes>[]).entries()) {
      const [opens, closes] = [clockMinutes(open ?? ''), clockMinutes(close ?? '')];
      if (typeof name !== 'string' || name === '') return `sessions.${kind}[${index}].name is needed`;
      if (!(opens > last && closes > opens)) return `sessions.${kind}[${index}] is from ${text(open)} to ${text(close)}: it must be times of day such as 09:30, which rise`;
      last = closes;
    }
  }
  return null;
}

/** Every market's years that are known. */
export const CALENDAR_YEARS: readonly CalendarYear[] = [aShare2026, hongKong2026, us2026] as readonly CalendarYear[];
