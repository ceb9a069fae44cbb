// Cron lines of five fields -> the times of day at which they fire, day by day. Names of months and weekdays are not read, only numbers; where
// both day and weekday are limited, either is enough, as cron has it.
import { dateOf, weekday } from '../calendar/dates.ts';

export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 Sunday ... 6 Saturday. */
  readonly weekdays: ReadonlySet<number>;
  readonly isEitherDay: boolean;
}

const FIELDS = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12 },
  { name: 'weekday', least: 0, most: 7 },
] as const;

/** @returns a sentence where the line cannot be read */
export function readCron(line: string): Cron | string {
  const words = line.trim().split(/\s+/);
  if (words.length !== FIELDS.length) return `has ${words.length} fields, not the five of minute, hour, day, month and weekday`;
  const sets: number[][] = [];
  for (const [index, field] of FIELDS.entries()) {
    const set = readField(words[index]!, field.least, field.most);
    if (set === null) return `has ${JSON.stringify(words[index])} as ${field.name}, which must be *, numbers from ${field.least} to ${field.most}, ranges such as 1-5, or steps such as */15`;
    sets.push(set);
  }
  const [minutes, hours, days, months, weekdays] = sets as [number[], number[], number[], number[], number[]];
  return { minutes, hours, days: new Set(days), months: new Set(months), weekdays: new Set(weekdays.map((day) => day % 7)), isEitherDay: words[2] !== '*' && words[4] !== '*' };
}

/** Rising numbers; null where it cannot be read. */
function readField(word: string, least: number, most: number): number[] | null {
  const found = new Set<number>();
  for (const part of word.split(',')) {
    const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part);
    if (match === null) return null;
    const first = match[1] === undefined ? least : Number(match[1]);
    const last = match[1] === undefined ? most : match[2] === undefined ? (match[3] === undefined ? first : most) : Number(match[2]);
    const step = Number(match[3] ?? 1);
    if (first < least || last > most || last < first || step < 1) return null;
    for (let value = first; value <= last; value += step) found.add(value);
  }
  return [...found].sort((one, other) => one - other);
}

/** Minutes of a day (days since 1970) at which it fires, in order; empty: not on that day. */
export function cronMinutes({ minutes, hours, days, months, weekdays, isEitherDay }: Cron, day: number): number[] {
  const date = dateOf(day);
  const isDay = days.has(Number(date.slice(8)));
  const isWeekday = weekdays.has(weekday(day) % 7);
  if (!months.has(Number(date.slice(5, 7))) || !(isEitherDay ? isDay || isWeekday : isDay && isWeekday)) return [];
  return hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute));
}
