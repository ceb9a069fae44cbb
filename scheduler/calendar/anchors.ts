// A day of a market with its named instants and what kind of day it is. Of a day that no calendar knows, each anchor has an earliest and a latest
// instant, over every kind of day and every offset of the newest year that is known: whoever prepares for it is ready in any case.
import { clockMinutes, dateOf, dayNumber, instantAt, weekday } from './dates.ts';
import { type Anchor, ANCHORS, type CalendarYear, EXTRA_ANCHORS, type Market } from './model.ts';
import { marketDay, newestYear, offsetOn } from './sessions.ts';

export type DayType = 'trading' | 'half' | 'closed' | 'weekend' | 'unknown';

export interface AnchoredDay {
  readonly market: Market;
  readonly date: string;
  readonly dayType: DayType;
  /** The first session after three closed days or more, weekends among them. */
  readonly isAfterBreak: boolean;
  /** Null: no calendar knows the year. */
  readonly utcOffsetMinutes: number | null;
  readonly sessions: readonly { readonly name: string; readonly open: number; readonly close: number }[];
  /** In order of time; empty on days without a session. */
  readonly anchors: readonly AnchorTime[];
}

export interface AnchorTime {
  readonly name: Anchor;
  readonly at: number;
  /** The same as `at`, but on days that no calendar knows. */
  readonly latest: number;
}

/** Closed days in a row that make the next session one after a break: more than a usual weekend. */
const BREAK_DAYS = 3;

/** Days that were asked for already, by the list of years that they were asked of: the same few days are asked for again and again. */
const asked = new WeakMap<readonly CalendarYear[], Map<string, AnchoredDay>>();
const MOST_ASKED = 5_000;

/** One day of a market. @param date of the market's own place, such as `2026-11-23` */
export function anchoredDay(market: Market, date: string, years: readonly CalendarYear[]): AnchoredDay {
  const known = asked.get(years) ?? new Map<string, AnchoredDay>();
  asked.set(years, known);
  const key = `${market} ${date}`;
  const day = known.get(key) ?? dayOf(market, date, years);
  if (known.size >= MOST_ASKED) known.clear();
  known.set(key, day);
  return day;
}

function dayOf(market: Market, date: string, years: readonly CalendarYear[]): AnchoredDay {
  const { kind, sessions } = marketDay(market, date, years);
  const day = dayNumber(date);
  const known = years.find((each) => each.market === market && date.startsWith(`${each.year}-`));
  const dayType: DayType = kind === 'full' ? 'trading' : kind === 'closed' && weekday(day) > 5 ? 'weekend' : kind;
  const isOpen = sessions.length > 0;
  const result = { market, date, dayType, isAfterBreak: isOpen && kind !== 'unknown' && closedBefore(market, day, years) >= BREAK_DAYS, utcOffsetMinutes: known === undefined ? null : offsetOn(known, date), sessions };
  if (!isOpen) return { ...result, anchors: [] };
  if (known !== undefined) return { ...result, anchors: inOrder(anchorsOf(known, kind === 'half' ? 'half' : 'full', day, offsetOn(known, date))) };
  return { ...result, anchors: inOrder(widest(market, day, years)) };
}

/** The closed days in a row before a day, as far as they are known; at most ten are counted. */
function closedBefore(market: Market, day: number, years: readonly CalendarYear[]): number {
  for (let count = 0; count < 10; count += 1) if (marketDay(market, dateOf(day - 1 - count), years).kind !== 'closed') return count;
  return 10;
}

/** Minutes of the day by anchor. */
function clocksOf({ sessions, anchors }: CalendarYear, kind: 'full' | 'half'): Map<Anchor, number> {
  const list = sessions[kind];
  const clocks = new Map<Anchor, number>();
  for (const name of EXTRA_ANCHORS) {
    const clock = anchors?.[kind][name];
    if (clock !== undefined) clocks.set(name, clockMinutes(clock));
  }
  const [first, last] = [list[0], list.at(-1)];
  if (first === undefined || last === undefined) return clocks;
  clocks.set('open', clockMinutes(first.open));
  clocks.set('close', clockMinutes(last.close));
  if (list.length > 1) {
    clocks.set('lunchStart', clockMinutes(first.close));
    clocks.set('lunchEnd', clockMinutes(list[1]!.open));
  }
  return clocks;
}

const anchorsOf = (year: CalendarYear, kind: 'full' | 'half', day: number, offset: number): AnchorTime[] =>
  [...clocksOf(year, kind)].map(([name, minutes]) => {
    const at = instantAt(day, minutes, offset);
    return { name, at, latest: at };
  });

function widest(market: Market, day: number, years: readonly CalendarYear[]): AnchorTime[] {
  const year = newestYear(market, years);
  if (year === undefined) return [];
  const all = year.utcOffsets.flatMap(({ minutes }) => [...anchorsOf(year, 'full', day, minutes), ...(year.sessions.half.length > 0 ? anchorsOf(year, 'half', day, minutes) : [])]);
  return [...Map.groupBy(all, ({ name }) => name)].map(([name, times]) => ({ name, at: Math.min(...times.map(({ at }) => at)), latest: Math.max(...times.map(({ at }) => at)) }));
}

const inOrder = (anchors: readonly AnchorTime[]): AnchorTime[] => anchors.toSorted((one, other) => one.at - other.at || ANCHORS.indexOf(one.name) - ANCHORS.indexOf(other.name));

/** The anchors that a market has on a usual day. */
export function anchorsOfMarket(market: Market, years: readonly CalendarYear[]): readonly Anchor[] {
  const year = newestYear(market, years);
  return year === undefined ? [] : ANCHORS.filter((name) => clocksOf(year, 'full').has(name));
}
