// Nine ways to say what demand will be when a replica that is asked for now serves: from the last seconds, from the last minutes, and from days that were
// alike. Each is plain; which of them to believe is learnt (calibrate.ts). -1: it has nothing to say.
import { PACE } from './constants.ts';
import type { DayRecord } from './model.ts';
import { alike, DAY_MINUTES, heat, largest, usual, usualHigh } from './season.ts';

/** No trend is believed beyond this factor. */
const STEEPEST = 2.5;
const MOST_GROWTH = 8;
/** The hotness of the last half hour says only so much about the next minutes: the best exponent over 1,414 trading days. */
const HOT_EXPONENT = 0.45;
const HOT_MINUTES = 30;
/** How far around now the session's height is looked for. */
const HIGH_MINUTES = 30;

export interface Outlook {
  /** By steps of 10 s, newest last; -1 unknown. */
  readonly levels: readonly number[];
  readonly days: readonly DayRecord[];
  readonly day: number;
  readonly dayType: string;
  /** Seconds since midnight. */
  readonly second: number;
  readonly delaySeconds: number;
  readonly leadSeconds: number;
}

/** The mean of the last steps from `from` to `to` (0 is the newest); -1: none is known. */
export function meanLevel(levels: readonly number[], from: number, to: number): number {
  let [sum, count] = [0, 0];
  for (let back = from; back < to; back += 1) {
    const value = levels[levels.length - 1 - back] ?? -1;
    if (value < 0) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? -1 : sum / count;
}

/** Demand has just left what it was. */
export const isRising = (levels: readonly number[]): boolean => meanLevel(levels, 0, 3) > PACE.rising * Math.max(1, meanLevel(levels, 0, 30));

/** QPS a second over the last `steps` steps, by least squares. */
function slope(levels: readonly number[], steps: number): number {
  let [n, sumX, sumY, sumXx, sumXy] = [0, 0, 0, 0, 0];
  for (let back = 0; back < steps; back += 1) {
    const y = levels[levels.length - 1 - back] ?? -1;
    if (y < 0) continue;
    const x = -back * 10;
    n += 1;
    sumX += x;
    sumY += y;
    sumXx += x * x;
    sumXy += x * y;
  }
  const spread = n * sumXx - sumX * sumX;
  return n < 4 || spread === 0 ? 0 : (n * sumXy - sumX * sumY) / spread;
}

/** @returns a value for each of EXPERTS, whole QPS */
export function predict(outlook: Outlook): number[] {
  const { levels, days, day, dayType, second, delaySeconds, leadSeconds } = outlook;
  const ahead = delaySeconds + leadSeconds;
  const last = meanLevel(levels, 0, 1);
  if (last < 0) return Array.from({ length: 9 }, () => -1);
  const level = meanLevel(levels, 0, 3);
  const mean3 = meanLevel(levels, 0, 18);
  const mean5 = meanLevel(levels, 0, 30);
  const steep = (base: number, perSecond: number) => Math.min(base * STEEPEST, Math.max(0, base + perSecond * ahead));
  const like = alike(days, day, dayType);
  const minute = Math.floor(second / 60);
  const [from, to] = targetMinutes(second + delaySeconds, second + ahead);
  const now = usual(like, Math.max(0, minute - 2), minute);
  const then = usualHigh(like, from, to);
  const growth = now === null || then === null || now <= 0 ? null : Math.min(MOST_GROWTH, then / now);
  const before5 = usual(like, Math.max(0, minute - 5), minute);
  const growth5 = before5 === null || then === null || before5 <= 0 ? null : Math.min(MOST_GROWTH, then / before5);
  const hot = then === null ? null : heat(like, days.at(-1)?.day === day ? days.at(-1) : undefined, minute, Math.min(HOT_MINUTES, minute));
  const most = largest(like, from, to);
  const high = largest(like, Math.max(0, from - HIGH_MINUTES), Math.min(DAY_MINUTES - 1, to + HIGH_MINUTES), 5);
  return [
    last,
    steep(level, slope(levels, 9)),
    mean3,
    steep(level, slope(levels, 18)),
    growth === null ? -1 : level * growth,
    growth5 === null ? -1 : mean5 * growth5,
    then === null ? -1 : then * (hot === null || hot <= 0 ? 1 : hot ** HOT_EXPONENT),
    most ?? -1,
    high ?? -1,
  ].map((value) => Math.round(value));
}

/** Minutes of the day, both included; beyond midnight the same days' early minutes stand for the next day's. */
export function targetMinutes(fromSecond: number, toSecond: number): [number, number] {
  const wrap = fromSecond >= DAY_MINUTES * 60 ? DAY_MINUTES : 0;
  const from = Math.floor(fromSecond / 60) - wrap;
  return [from, Math.max(from, Math.min(DAY_MINUTES - 1, Math.floor(toSecond / 60) - wrap))];
}
