// Where in the day an instant is for a workload that follows some markets: what the autoscaler needs of calendars, and nothing more. The first
// market's clock is the one by which the workload's days repeat; events come from all of them.
import { EVENT_KINDS, type MarketEvent, type Moment } from '../autoscale/model.ts';
import { type AnchoredDay, anchoredDay } from './anchors.ts';
import { dateOf, dayAt } from './dates.ts';
import { type CalendarYear, type Market, MARKETS } from './model.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Events are told this far back and ahead: further than any start delay with its lead. */
const BACK_MS = 45 * MINUTE_MS;
const AHEAD_MS = 120 * MINUTE_MS;
/** The clock of workloads that follow no market, and of days that no calendar knows: the markets at home. */
const HOME_OFFSET_MINUTES = 480;

/**
 * @param markets whose openings count, the one whose day it is first; names that are no market are left out
 * A weekday that no calendar knows counts as a trading day with every opening that it could have: a holiday that was prepared for costs a little,
 * an opening that was not costs requests. `calendarWarnings` says so to people.
 */
export function momentOf(markets: readonly string[], at: number, years: readonly CalendarYear[]): Moment {
  const followed = MARKETS.filter((market) => markets.includes(market)).toSorted((one, other) => markets.indexOf(one) - markets.indexOf(other));
  const [home] = followed;
  const days = followed.flatMap((market) => daysAround(market, at, years));
  const offset = home === undefined ? HOME_OFFSET_MINUTES : offsetAt(days.filter(({ market }) => market === home), at);
  const day = dayAt(at, offset);
  const today = days.find(({ market, date }) => market === home && date === dateOf(day));
  return {
    day,
    minuteOfDay: Math.floor((at + offset * MINUTE_MS) / MINUTE_MS) - day * 1_440,
    dayType: today === undefined ? (isWeekend(day) ? 'weekend' : 'weekday') : today.dayType === 'unknown' ? 'trading' : today.dayType,
    isSession: days.some(({ sessions }) => sessions.some(({ open, close }) => open <= at && at < close)),
    isAfterBreak: today?.isAfterBreak ?? false,
    events: days.flatMap(eventsOf).filter((event) => event.at >= at - BACK_MS && event.at <= at + AHEAD_MS).toSorted((one, other) => one.at - other.at),
  };
}

const isWeekend = (day: number): boolean => (((day + 3) % 7) + 7) % 7 > 4;

/** The days of a market that events near an instant may belong to. */
function daysAround(market: Market, at: number, years: readonly CalendarYear[]): AnchoredDay[] {
  const first = dayAt(at - DAY_MS, 0);
  return [0, 1, 2].map((more) => anchoredDay(market, dateOf(first + more), years));
}

function offsetAt(days: readonly AnchoredDay[], at: number): number {
  const there = days.find(({ date, utcOffsetMinutes }) => utcOffsetMinutes !== null && dateOf(dayAt(at, utcOffsetMinutes)) === date);
  return there?.utcOffsetMinutes ?? days.find(({ utcOffsetMinutes }) => utcOffsetMinutes !== null)?.utcOffsetMinutes ?? HOME_OFFSET_MINUTES;
}

function eventsOf({ market, anchors }: AnchoredDay): MarketEvent[] {
  return anchors.flatMap(({ name, at, latest }) => {
    const kind = EVENT_KINDS.find((each) => each === name);
    if (kind === undefined) return [];
    return (at === latest ? [at] : [at, latest]).map((each) => ({ kind, market, name: '', at: each }));
  });
}
