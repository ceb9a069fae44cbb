// What days of one type look like: demand by the minute of the last days, kept as two letters a minute, so that a state stays small. Pure; gives medians and
// largest values of minutes over days of one type, and null where no such day is remembered.
import type { DayRecord } from './model.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
export const DAY_MINUTES = 1440;
/** Five days of a type are a week of trading; twelve days in all keep a state under 64 kB. */
const DAYS_OF_TYPE = 5;
const MOST_DAYS = 12;
/** Steps of half a percent up to a thousand million QPS; code 0 is an unknown minute. */
const CODES = 4095;
const SCALE = (CODES - 1) / Math.log1p(1e9);
const VALUES = Float64Array.from({ length: CODES + 1 }, (_, code) => (code === 0 ? -1 : Math.expm1((code - 1) / SCALE)));
const INDEX = new Uint8Array(128);
for (let letter = 0; letter < LETTERS.length; letter += 1) INDEX[LETTERS.charCodeAt(letter)] = letter;

const UNKNOWN = 'AA';

function encode(qps: number): string {
  if (!(qps >= 0)) return UNKNOWN;
  const code = Math.min(CODES, 1 + Math.round(Math.log1p(qps) * SCALE));
  return LETTERS[code >> 6]! + LETTERS[code & 63]!;
}

/** -1: unknown. */
function minuteOf({ minutes }: DayRecord, minute: number): number {
  const at = minute * 2;
  if (at < 0 || at + 1 >= minutes.length) return -1;
  return VALUES[(INDEX[minutes.charCodeAt(at)]! << 6) | INDEX[minutes.charCodeAt(at + 1)]!]!;
}

/** Adds a minute that has ended. Minutes come in order; those between are unknown. */
export function record(days: readonly DayRecord[], day: number, dayType: string, minute: number, qps: number): readonly DayRecord[] {
  const last = days.at(-1);
  if (last === undefined || last.day < day) return forget([...days, { day, dayType, minutes: UNKNOWN.repeat(minute) + encode(qps) }]);
  const known = last.minutes.length / 2;
  // The clock went back: what is known of those minutes stays.
  if (last.day > day || minute < known) return days;
  return [...days.slice(0, -1), { ...last, minutes: last.minutes + UNKNOWN.repeat(minute - known) + encode(qps) }];
}

function forget(days: readonly DayRecord[]): readonly DayRecord[] {
  const newest = days.at(-1)!;
  const ofType = days.filter(({ dayType }) => dayType === newest.dayType);
  // Today and five whole days.
  if (ofType.length > DAYS_OF_TYPE + 1) return days.filter((each) => each !== ofType[0]);
  return days.length > MOST_DAYS ? days.slice(1) : days;
}

/** Days before today that are like today; where there is none, those before today that there are. */
export function alike(days: readonly DayRecord[], day: number, dayType: string): readonly DayRecord[] {
  const before = days.filter((each) => each.day < day);
  const same = before.filter((each) => each.dayType === dayType);
  return same.length > 0 ? same : before;
}

/** The mean of a few minutes of one day; -1: unknown. */
function meanOf(day: DayRecord, from: number, to: number): number {
  let [sum, count] = [0, 0];
  for (let minute = from; minute <= to; minute += 1) {
    const value = minuteOf(day, minute);
    if (value < 0) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? -1 : sum / count;
}

/** The median over days of the mean from one minute to another, both included; null: unknown. */
export function usual(days: readonly DayRecord[], from: number, to: number): number | null {
  const values: number[] = [];
  for (const day of days) {
    const value = meanOf(day, from, to);
    if (value >= 0) values.push(value);
  }
  if (values.length === 0) return null;
  values.sort((one, other) => one - other);
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}

/** The largest minute of any of the days from one minute to another; null: unknown. */
export function largest(days: readonly DayRecord[], from: number, to: number, every = 1): number | null {
  let most = -1;
  for (const day of days) for (let minute = from; minute <= to; minute += every) most = Math.max(most, minuteOf(day, minute));
  return most < 0 ? null : most;
}

/** The largest median minute from one minute to another; null: unknown. */
export function usualHigh(days: readonly DayRecord[], from: number, to: number): number | null {
  let most: number | null = null;
  for (let minute = from; minute <= to; minute += 1) {
    const value = usual(days, minute, minute);
    if (value !== null) most = Math.max(most ?? 0, value);
  }
  return most;
}

/** Today's minutes so far, and the usual ones of the same time: their ratio says how hot the day is. */
export function heat(days: readonly DayRecord[], today: DayRecord | undefined, minute: number, minutes: number): number | null {
  if (today === undefined) return null;
  const now = meanOf(today, minute - minutes, minute - 1);
  const then = usual(days, minute - minutes, minute - 1);
  return now < 0 || then === null || then <= 0 ? null : now / then;
}
