// What makes a file a calendar: every mistake with the path of the field that it is in, so that whoever wrote the file finds the line. What a
// file may leave out is what its market always has: sessions, anchors, and the offset of a place whose clocks never change.
import { clockMinutes, dayNumber, weekday } from './dates.ts';
import { type CalendarYear, EXTRA_ANCHORS, type Market, MARKETS } from './model.ts';

export interface CalendarFault {
  /** Keys and indices from the top of the file to the field. */
  readonly path: readonly (string | number)[];
  /** A sentence that names field, value and what is allowed. */
  readonly message: string;
}

const FIELDS = ['market', 'year', 'utcOffsets', 'sessions', 'anchors', 'holidays', 'halfDays', 'source'];
/** Clocks there have not changed for decades, so a file need not say so. */
const FIXED_OFFSET: Readonly<Partial<Record<Market, number>>> = { 'a-share': 480, 'hong-kong': 480 };

const text = (value: unknown): string => JSON.stringify(value) ?? 'absent';
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const fault = (path: CalendarFault['path'], message: string): CalendarFault => ({ path, message });

/** Everything that is wrong with a file, in its order; empty: it is a calendar, once `completed`. */
export function calendarFaults(file: unknown): CalendarFault[] {
  if (!isRecord(file)) return [fault([], 'it is not a calendar: it must have market, year, holidays, halfDays and source')];
  const { market, year, utcOffsets, sessions, anchors, holidays, halfDays, source } = file;
  const faults = Object.keys(file)
    .filter((key) => !FIELDS.includes(key))
    .map((key) => fault([key], `${key} is not a field of a calendar: it must be one of ${FIELDS.join(', ')}`));
  const isMarket = MARKETS.some((name) => name === market);
  if (!isMarket) faults.push(fault(['market'], `market is ${text(market)}: it must be one of ${MARKETS.join(', ')}`));
  if (typeof year !== 'number' || !Number.isInteger(year) || year < 2000 || year > 2100) return [...faults, fault(['year'], `year is ${text(year)}: it must be from 2000 to 2100`)];
  if (typeof source !== 'string' || source.trim() === '') faults.push(fault(['source'], 'source is needed: where the days come from'));
  faults.push(...daysFaults('holidays', holidays, year), ...daysFaults('halfDays', halfDays, year));
  if (Array.isArray(holidays) && Array.isArray(halfDays)) for (const [index, day] of halfDays.entries()) if (holidays.includes(day)) faults.push(fault(['halfDays', index], `${String(day)} is in holidays and in halfDays`));
  if (utcOffsets !== undefined || (isMarket && FIXED_OFFSET[market as Market] === undefined)) faults.push(...offsetsFaults(utcOffsets, year));
  if (sessions !== undefined) faults.push(...sessionsFaults(sessions));
  if (anchors !== undefined) faults.push(...anchorsFaults(anchors));
  return faults;
}

function daysFaults(name: string, days: unknown, year: number): CalendarFault[] {
  if (!Array.isArray(days)) return [fault([name], `${name} must be a list of days`)];
  return days.flatMap((day: unknown, index) => {
    const number = typeof day === 'string' ? dayNumber(day) : Number.NaN;
    if (Number.isNaN(number) || !(day as string).startsWith(`${year}-`)) return [fault([name, index], `${name}[${index}] is ${text(day)}: it must be a day of ${year}, such as ${year}-01-02`)];
    if (weekday(number) > 5) return [fault([name, index], `${name}[${index}] is ${text(day)}: weekends have no sessions anyway`)];
    if (index > 0 && String(days[index - 1]) >= (day as string)) return [fault([name, index], `${name}[${index}] is ${text(day)}: days must rise`)];
    return [];
  });
}

function offsetsFaults(offsets: unknown, year: number): CalendarFault[] {
  if (!Array.isArray(offsets) || offsets.length === 0) return [fault(['utcOffsets'], 'utcOffsets must be a list with at least one offset, such as {from: YEAR-01-01, minutes: -300}')];
  return offsets.flatMap((offset: unknown, index) => {
    const { from, minutes } = isRecord(offset) ? offset : {};
    const before: unknown = (offsets[index - 1] as Record<string, unknown> | null | undefined)?.['from'];
    const isDay = typeof from === 'string' && !Number.isNaN(dayNumber(from)) && (index === 0 ? from === `${year}-01-01` : from > String(before));
    if (!isDay) return [fault(['utcOffsets', index, 'from'], `utcOffsets[${index}].from is ${text(from)}: it must be a day, the first one ${year}-01-01, and rise`)];
    if (typeof minutes !== 'number' || !Number.isInteger(minutes) || Math.abs(minutes) > 14 * 60) return [fault(['utcOffsets', index, 'minutes'], `utcOffsets[${index}].minutes is ${text(minutes)}: it must be whole minutes, from -840 to 840`)];
    return [];
  });
}

function sessionsFaults(sessions: unknown): CalendarFault[] {
  return (['full', 'half'] as const).flatMap((kind) => {
    const list: unknown = isRecord(sessions) ? sessions[kind] : undefined;
    if (!Array.isArray(list) || (kind === 'full' && list.length === 0)) return [fault(['sessions', kind], `sessions.${kind} must be a list of sessions`)];
    let last = -1;
    return list.flatMap((session: unknown, index) => {
      const { name, open, close } = isRecord(session) ? session : {};
      const [opens, closes] = [clockMinutes(String(open)), clockMinutes(String(close))];
      if (typeof name !== 'string' || name === '') return [fault(['sessions', kind, index, 'name'], `sessions.${kind}[${index}].name is needed`)];
      if (!(opens > last && closes > opens)) return [fault(['sessions', kind, index], `sessions.${kind}[${index}] is from ${text(open)} to ${text(close)}: it must be times of day such as 09:30, which rise`)];
      last = closes;
      return [];
    });
  });
}

function anchorsFaults(anchors: unknown): CalendarFault[] {
  return (['full', 'half'] as const).flatMap((kind) => {
    const clocks: unknown = isRecord(anchors) ? anchors[kind] : undefined;
    if (!isRecord(clocks)) return [fault(['anchors', kind], `anchors.${kind} must be names with times of day`)];
    return Object.entries(clocks).flatMap(([name, clock]) => {
      if (!EXTRA_ANCHORS.some((each) => each === name)) return [fault(['anchors', kind, name], `anchors.${kind}.${name} is no anchor: it must be one of ${EXTRA_ANCHORS.join(', ')}`)];
      if (Number.isNaN(clockMinutes(String(clock)))) return [fault(['anchors', kind, name], `anchors.${kind}.${name} is ${text(clock)}: it must be a time of day such as 09:15`)];
      return [];
    });
  });
}

/** What is wrong with a file first, in a sentence; null: it is a calendar. */
export const calendarProblem = (file: unknown): string | null => calendarFaults(file)[0]?.message ?? null;

/** A file without faults as a whole year. @param usual a year of the same market, whose sessions and anchors count where the file says nothing */
export function completed(file: unknown, usual: Pick<CalendarYear, 'sessions' | 'anchors'>): CalendarYear {
  const said = file as Partial<CalendarYear> & Pick<CalendarYear, 'market' | 'year' | 'holidays' | 'halfDays' | 'source'>;
  const offset = [{ from: `${said.year}-01-01`, minutes: FIXED_OFFSET[said.market] ?? 0 }];
  return { ...said, utcOffsets: said.utcOffsets ?? offset, sessions: said.sessions ?? usual.sessions, anchors: said.anchors ?? usual.anchors };
}
