// Turns instants into what a person reads: `3 min ago`, `in 20 h`, a date with its time. Takes ISO instants, the present and a language;
// gives text. Pure: the present comes in, so that a table ticks together and a test needs no clock.
import { localeOf, type Language } from './units.ts';

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];
const relatives = new Map<Language, Intl.RelativeTimeFormat>();
const dates = new Map<string, Intl.DateTimeFormat>();

/** `just now` within two seconds, then the largest whole unit; a date when it is more than thirty days away. */
export function ago(instant: string, nowMs: number, language: Language): string {
  const seconds = (Date.parse(instant) - nowMs) / 1000;
  const size = Math.abs(seconds);
  if (Number.isNaN(size)) return instant;
  if (size > 30 * 86_400) return day(instant, language);
  if (size < 2) return language === 'zh' ? '刚刚' : 'just now';
  const [unit, length] = STEPS.find(([, length]) => size >= length) ?? STEPS[3]!;
  return relative(language).format(Math.trunc(seconds / length), unit);
}

/** `23 Nov 2026, 09:30:12` in the reader's own time zone. */
export function moment(instant: string, language: Language): string {
  return dated(language, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(new Date(instant));
}

export function day(instant: string, language: Language): string {
  return dated(language, { year: 'numeric', month: 'short', day: 'numeric' }).format(new Date(instant));
}

/** `Mon 23 Nov, 09:30`: a moment soon or not long ago, for people who plan around it. */
export function when(instant: string, language: Language): string {
  return dated(language, { weekday: 'short', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(instant));
}

/** `09:30:12`, for the lines of a live list. */
export function clock(instant: string, language: Language): string {
  return dated(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(new Date(instant));
}

/** `09:30` in the reader's own time zone or in a market's: the marks below a chart. */
export function hourMinute(instant: string, language: Language, timeZone?: string): string {
  return dated(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(timeZone === undefined ? {} : { timeZone }) }).format(new Date(instant));
}

/** `23 Nov`, in a given time zone or the reader's. */
export function shortDay(instant: string, language: Language, timeZone?: string): string {
  return dated(language, { month: 'short', day: 'numeric', ...(timeZone === undefined ? {} : { timeZone }) }).format(new Date(instant));
}

/** `Mon 23 Nov`, in a given time zone or the reader's. */
export function weekday(instant: string, language: Language, timeZone?: string): string {
  return dated(language, { weekday: 'short', month: 'short', day: 'numeric', ...(timeZone === undefined ? {} : { timeZone }) }).format(new Date(instant));
}

/** `Mon 23 Nov, 09:30` in a given time zone. */
export function whenIn(instant: string, language: Language, timeZone: string): string {
  return dated(language, { weekday: 'short', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(new Date(instant));
}

/** The reader's own time zone: `Asia/Shanghai`. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

const LENGTHS: readonly (readonly [string, string, number])[] = [
  ['d', ' 天', 86_400],
  ['h', ' 小时', 3600],
  ['min', ' 分钟', 60],
  ['s', ' 秒', 1],
];

/** `1 h 40 min`, `25 min`, `3 d`: the two largest units of a length in seconds, rounded up in the smaller. */
export function duration(seconds: number, language: Language): string {
  const whole = Math.ceil(seconds);
  const found = LENGTHS.findIndex(([, , length]) => whole >= length);
  const at = found < 0 ? LENGTHS.length - 1 : found;
  const [, , large] = LENGTHS[at]!;
  const small = LENGTHS[at + 1]?.[2];
  // Seconds beside minutes are noise in an estimate.
  const step = small === undefined ? 1 : large === 60 ? 60 : small;
  const rounded = Math.ceil(whole / step) * step;
  return [Math.floor(rounded / large), small === undefined || step === large ? 0 : (rounded % large) / small]
    .flatMap((amount, index) => (amount === 0 && index > 0 ? [] : [`${amount}${language === 'zh' ? LENGTHS[at + index]![1] : ` ${LENGTHS[at + index]![0]}`}`]))
    .join(' ');
}

function relative(language: Language): Intl.RelativeTimeFormat {
  let found = relatives.get(language);
  if (found === undefined) {
    found = new Intl.RelativeTimeFormat(localeOf(language), { numeric: 'always', style: 'short' });
    relatives.set(language, found);
  }
  return found;
}

function dated(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language}${JSON.stringify(options)}`;
  let found = dates.get(key);
  if (found === undefined) {
    found = new Intl.DateTimeFormat(localeOf(language), options);
    dates.set(key, found);
  }
  return found;
}
