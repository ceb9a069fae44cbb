// What is usual: the median of the same minute on the last days of the same kind. One figure that people and rules can be shown, and that one
// strange day does not move.
import { anchoredDay } from '../calendar/anchors.ts';
import { dateOf, dayAt, weekday } from '../calendar/dates.ts';
import { type CalendarYear, MARKETS } from '../calendar/model.ts';
import type { Point } from './signals.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const DAYS = 5;
/** Longest look back: over the longest holidays. */
const LOOK_BACK_DAYS = 21;
const HOME_OFFSET_MINUTES = 480;

/** How many days ago the last five days were that are like this one, nearest first. @param markets the first one decides what alike is; none: weekdays and weekends */
export function alikeDays(markets: readonly string[], at: number, years: readonly CalendarYear[]): number[] {
  const home = MARKETS.find((market) => market === markets[0]);
  const day = dayAt(at, HOME_OFFSET_MINUTES);
  const kindOf = (each: number): string => {
    if (home === undefined) return weekday(each) > 5 ? 'closed' : 'open';
    const { dayType } = anchoredDay(home, dateOf(each), years);
    return dayType === 'closed' || dayType === 'weekend' ? 'closed' : dayType === 'half' ? 'half' : 'open';
  };
  const kind = kindOf(day);
  return Array.from({ length: LOOK_BACK_DAYS }, (_, index) => index + 1)
    .filter((back) => kindOf(day - back) === kind)
    .slice(0, DAYS);
}

/** The median of an instant's minute on the days so many days ago; null: fewer than two of them are known. */
export function usualFrom(points: readonly Point[], daysBack: (at: number) => readonly number[]): (at: number) => number | null {
  const byMinute = new Map(points.map(({ at, value }) => [Math.floor(at / MINUTE_MS), value]));
  return (at) => {
    const values = daysBack(at)
      .map((back) => byMinute.get(Math.floor((at - back * DAY_MS) / MINUTE_MS)))
      .filter((value) => value !== undefined)
      .sort((one, other) => one - other);
    return values.length < 2 ? null : (values[Math.floor((values.length - 1) / 2)]! + values[Math.ceil((values.length - 1) / 2)]!) / 2;
  };
}
