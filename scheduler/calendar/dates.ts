// Days and clocks as arithmetic: no time zone data, no locale, no present.

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Days from 1970-01-01 to `2026-11-23`; NaN for what is no day. */
export function dayNumber(date: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (match === null) return Number.NaN;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  // The year begins in March, so that the day that some years have more is its last one.
  const shifted = month > 2 ? year : year - 1;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const days = shifted * 365 + Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400) + ofYear - 719_468;
  return month >= 1 && dateOf(days) === date ? days : Number.NaN;
}

/** The day `days` after 1970-01-01. */
export function dateOf(days: number): string {
  const era = Math.floor((days + 719_468) / 146_097);
  const ofEra = days + 719_468 - era * 146_097;
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * ofYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(ofYear - Math.floor((153 * shifted + 2) / 5) + 1)}`;
}

/** 1 Monday ... 7 Sunday. */
export const weekday = (days: number): number => ((((days + 3) % 7) + 7) % 7) + 1;

/** The day that an instant falls on where the clock is so many minutes before UTC. */
export const dayAt = (instant: number, offsetMinutes: number): number => Math.floor((instant + offsetMinutes * MINUTE_MS) / DAY_MS);

/** `09:30` -> minutes since midnight; NaN for what is no time of day. */
export function clockMinutes(clock: string): number {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(clock) ? Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3)) : Number.NaN;
}

/** When a clock on the wall shows so many minutes since midnight of a day. */
export const instantAt = (days: number, minutes: number, offsetMinutes: number): number => days * DAY_MS + (minutes - offsetMinutes) * MINUTE_MS;

/** `2026-11-23T01:30Z`, to the minute. */
export function instantText(instant: number): string {
  const day = dayAt(instant, 0);
  const minutes = Math.floor(instant / MINUTE_MS) - day * 1_440;
  return `${dateOf(day)}T${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}Z`;
}

/** The other way round; NaN for what is no such text. */
export function instantOf(text: string): number {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::00(?:\.0+)?)?Z$/.exec(text);
  return match === null ? Number.NaN : instantAt(dayNumber(match[1]!), clockMinutes(match[2]!), 0);
}
