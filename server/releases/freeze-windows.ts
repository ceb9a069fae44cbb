// A freeze's rule -> the times at which it holds. Sessions come from the scheduler's calendars; days and clocks of any other place from the
// time zone data of this machine. Pure but for that data.
import { clockMinutes, dayAt, instantAt, weekday } from '#scheduler/calendar/dates.ts';
import type { CalendarYear, Market } from '#scheduler/calendar/model.ts';
import { marketDays, usualSessions } from '#scheduler/calendar/sessions.ts';
import type { FreezeRule } from '../db/freezes.ts';
import { offsetAt } from '../market/zones.ts';

export interface FreezeWindow {
  readonly from: number;
  readonly to: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

interface Anchor {
  readonly of: 'open' | 'close';
  readonly minutes: number;
}

/** `open-10m` -> ten minutes before the open. */
function anchorOf(text: string): Anchor {
  const match = /^(open|close)(?:([+-]\d{1,3})m)?$/.exec(text);
  return { of: match?.[1] === 'close' ? 'close' : 'open', minutes: Number(match?.[2] ?? 0) };
}

/** The times at which a rule holds that touch the time between two instants, in order, those that overlap as one. */
export function freezeWindows(rule: FreezeRule, from: number, to: number, years?: readonly CalendarYear[]): FreezeWindow[] {
  return joined(windowsNear(rule, from, to, years)).filter((window) => window.to > from && window.from < to);
}

function windowsNear(rule: FreezeRule, from: number, to: number, years: readonly CalendarYear[] | undefined): FreezeWindow[] {
  if (rule.kind === 'once') return [{ from: rule.from, to: rule.to }];
  // A window may begin on the day before, and end on the day after.
  if (rule.kind === 'weekly') return weeklyWindows(rule, from - DAY_MS, to + DAY_MS);
  const [begins, ends] = [anchorOf(rule.from), anchorOf(rule.to)];
  return marketDays(rule.market as Market, from - DAY_MS, to + DAY_MS, years).flatMap(({ sessions }) => sessions.map((session) => ({ from: session[begins.of] + begins.minutes * MINUTE_MS, to: session[ends.of] + ends.minutes * MINUTE_MS })));
}

function weeklyWindows({ timeZone, days, from: begins, to: ends }: Extract<FreezeRule, { kind: 'weekly' }>, from: number, to: number): FreezeWindow[] {
  const [first, last] = [dayAt(from, 0), dayAt(to, 0)];
  const overnight = clockMinutes(ends) <= clockMinutes(begins) ? 1 : 0;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    .filter((day) => days.includes(weekday(day)))
    .map((day) => ({ from: instantIn(timeZone, day, clockMinutes(begins)), to: instantIn(timeZone, day + overnight, clockMinutes(ends)) }));
}

/** When a clock there shows a time of a day; of a time that the clocks leave out, the moment at which they do. */
function instantIn(timeZone: string, day: number, minutes: number): number {
  const once = instantAt(day, minutes, offsetAt(timeZone, instantAt(day, minutes, 0)));
  return instantAt(day, minutes, offsetAt(timeZone, once));
}

function joined(windows: readonly FreezeWindow[]): FreezeWindow[] {
  const result: FreezeWindow[] = [];
  for (const window of windows.toSorted((one, other) => one.from - other.from)) {
    const last = result.at(-1);
    if (last !== undefined && window.from <= last.to) result[result.length - 1] = { from: last.from, to: Math.max(last.to, window.to) };
    else result.push(window);
  }
  return result;
}

/** What must be known about a rule between two instants: years of which no calendar says anything. Null: nothing. */
export function freezeWarning(rule: FreezeRule, from: number, to: number, known?: readonly CalendarYear[]): string | null {
  if (rule.kind !== 'session') return null;
  const years = new Set(marketDays(rule.market as Market, from, to, known).flatMap(({ kind, date }) => (kind === 'unknown' ? [date.slice(0, 4)] : [])));
  return years.size === 0 ? null : `No calendar knows ${[...years].join(' and ')} of the market ${rule.market}: every weekday counts as a day with sessions.`;
}

/** What is wrong with a rule that has the right form. Null: nothing. */
export function freezeProblem(rule: FreezeRule): { readonly field: string; readonly value: string; readonly message: string } | null {
  if (rule.kind === 'once') return rule.to > rule.from ? null : { field: 'rule.to', value: new Date(rule.to).toISOString(), message: 'must be after rule.from' };
  if (rule.kind === 'weekly') {
    try {
      offsetAt(rule.timeZone, 0);
    } catch {
      return { field: 'rule.timeZone', value: rule.timeZone, message: 'is not a time zone that is known here, such as Asia/Shanghai' };
    }
    return rule.from === rule.to ? { field: 'rule.to', value: rule.to, message: 'must differ from rule.from' } : null;
  }
  const [begins, ends] = [anchorOf(rule.from), anchorOf(rule.to)];
  const at = (session: { readonly open: string; readonly close: string }, { of, minutes }: Anchor) => clockMinutes(session[of]) + minutes;
  const isEmpty = usualSessions(rule.market as Market).some((session) => at(session, ends) <= at(session, begins));
  return isEmpty ? { field: 'rule.to', value: rule.to, message: `must be after rule.from (${rule.from}) in every session of the market ${rule.market}` } : null;
}

