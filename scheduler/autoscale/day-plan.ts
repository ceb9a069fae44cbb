// Whose openings a recorded day follows, where nobody has said: a market whose sessions fit the days before the scored ones, else steps that came back at the
// same minute of most of those days. Looks at warm-up days alone; what comes later has no say.
import { clockMinutes, weekday } from '../calendar/dates.ts';
import { type CalendarYear, type Market, MARKETS } from '../calendar/model.ts';
import { newestYear, usualSessions } from '../calendar/sessions.ts';
import type { DayPlan } from './firn-policy.ts';
import { type Segment, STEP_MS } from './trace.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
/** A step back after back: so much more in the five minutes after than in those before, on nearly every day; restless demand has steps on many. */
const STEP_RATIO = 1.3;
const STEP_DAYS = 0.9;
/** A market's openings may be quiet on some days; one of them must be plain. */
const FIT_RATIO = 1.1;
const PLAIN_RATIO = 1.4;
const APART_MINUTES = 30;
const MOST_STEPS = 4;
/** A step at night from nothing to little prepares nothing. */
const LEAST_HEIGHT = 0.2;

export interface FoundPlan {
  readonly plan: DayPlan;
  /** Minutes of the day with openings, for the score. */
  readonly openings: readonly number[];
  readonly market: Market | 'none' | 'learnt';
  /** One sentence on what was found. */
  readonly found: string;
}

/** Mean QPS by minute of each warm-up day; NaN where nothing was recorded. */
export function minutesOf(segments: readonly Segment[], mostDays: number): Map<number, Float64Array> {
  const days = new Map<number, Float64Array>();
  const perMinute = MINUTE_MS / STEP_MS;
  for (const { at, offsetMinutes, qps } of segments) {
    const first = Math.floor((at + offsetMinutes * MINUTE_MS) / MINUTE_MS);
    for (let minute = 0; minute * perMinute < qps.length; minute += 1) {
      const day = Math.floor((first + minute) / DAY_MINUTES);
      if (!days.has(day)) {
        if (days.size >= mostDays) return days;
        days.set(day, new Float64Array(DAY_MINUTES).fill(Number.NaN));
      }
      const part = qps.subarray(minute * perMinute, (minute + 1) * perMinute);
      days.get(day)![first + minute - day * DAY_MINUTES] = part.reduce((sum, value) => sum + value, 0) / part.length;
    }
  }
  return days;
}

/** How many times higher the minutes after one are than those before: the minute right before is left out, for lines between points rise in it. */
function ratioAt(minutes: Float64Array, at: number, least = LEAST_HEIGHT): number {
  const mean = (from: number, to: number) => {
    let [sum, count] = [0, 0];
    for (let minute = Math.max(0, from); minute < Math.min(DAY_MINUTES, to); minute += 1) {
      if (Number.isNaN(minutes[minute]!)) continue;
      sum += minutes[minute]!;
      count += 1;
    }
    return count === 0 ? Number.NaN : sum / count;
  };
  const [before, after] = [mean(at - 6, at - 1), mean(at, at + 5)];
  return before > 0 && after >= least * highOf(minutes) ? after / before : Number.NaN;
}

const highs = new WeakMap<Float64Array, number>();
function highOf(minutes: Float64Array): number {
  const known = highs.get(minutes);
  if (known !== undefined) return known;
  const sorted = [...minutes].filter((value) => !Number.isNaN(value)).sort((one, other) => one - other);
  const high = sorted[Math.floor(sorted.length * 0.95)] ?? 0;
  highs.set(minutes, high);
  return high;
}

function medianRatio(days: readonly Float64Array[], at: number, least = LEAST_HEIGHT): number {
  const ratios = days.map((minutes) => ratioAt(minutes, at, least)).filter((ratio) => !Number.isNaN(ratio)).sort((one, other) => one - other);
  return ratios.length * 2 < days.length ? 0 : (ratios[Math.floor(ratios.length / 2)] ?? 0);
}

/** Minutes at which most days take a step up, the highest of each half hour. */
export function recurringSteps(days: readonly Float64Array[]): number[] {
  if (days.length < 2) return [];
  const steps: { minute: number; ratio: number }[] = [];
  for (let minute = 6; minute < DAY_MINUTES - 5; minute += 1) {
    const ratios = days.map((each) => ratioAt(each, minute));
    if (ratios.filter((ratio) => ratio >= STEP_RATIO).length < STEP_DAYS * days.length) continue;
    const ratio = medianRatio(days, minute);
    if (ratio >= PLAIN_RATIO) steps.push({ minute, ratio });
  }
  const kept: typeof steps = [];
  for (const step of steps.toSorted((one, other) => other.ratio - one.ratio || one.minute - other.minute)) if (kept.length < MOST_STEPS && kept.every(({ minute }) => Math.abs(minute - step.minute) >= APART_MINUTES)) kept.push(step);
  return kept.map(({ minute }) => minute).sort((one, other) => one - other);
}

interface MarketFit {
  readonly market: Market;
  readonly shift: number;
  readonly score: number;
}

/** Openings, closes and first orders of a market's usual day as minutes on the trace's clock, for each offset that the market's clock may have. */
function clocks(market: Market, years: readonly CalendarYear[] | undefined, traceOffset: number): { shift: number; opens: number[]; closes: number[]; preOpen: number | null }[] {
  const preOpen = years === undefined ? undefined : newestYear(market, years)?.anchors?.full.preOpen;
  const sessions = usualSessions(market, years);
  const offsets = [...new Set((years === undefined ? [] : (newestYear(market, years)?.utcOffsets ?? [])).map(({ minutes }) => minutes))];
  const shifts = offsets.length === 0 || offsets.includes(traceOffset) ? [0] : offsets.map((minutes) => traceOffset - minutes);
  const wrap = (minute: number) => ((minute % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
  return shifts.map((shift) => ({ shift, opens: sessions.map(({ open }) => wrap(clockMinutes(open) + shift)), closes: sessions.map(({ close }) => wrap(clockMinutes(close) + shift)), preOpen: preOpen === undefined ? null : wrap(clockMinutes(preOpen) + shift) }));
}

function bestMarket(days: readonly Float64Array[], years: readonly CalendarYear[], traceOffset: number): MarketFit | null {
  let best: MarketFit | null = null;
  for (const market of MARKETS) {
    for (const { shift, opens, closes, preOpen } of clocks(market, years, traceOffset)) {
      const ups = opens.map((minute) => medianRatio(days, minute));
      if (ups.some((ratio) => ratio < FIT_RATIO) || Math.max(...ups) < PLAIN_RATIO) continue;
      // Two markets open together; but they take first orders at other times, and only one of them closes when demand goes.
      const downs = closes.map((minute) => decline(days, minute));
      const foot = preOpen === null ? 1 : medianRatio(days, preOpen, 0);
      const score = [...ups, ...downs, foot].reduce((sum, ratio) => sum + Math.log(Math.max(0.1, ratio)), 0);
      if (best === null || score > best.score) best = { market, shift, score };
    }
  }
  return best;
}

/** How much lower the half hour after a close is than the one before it, without the minutes of auctions and of leaving. */
function decline(days: readonly Float64Array[], at: number): number {
  const mean = (minutes: Float64Array, from: number, to: number) => {
    const part = minutes.subarray(Math.max(0, from), Math.min(DAY_MINUTES, to)).filter((value) => !Number.isNaN(value));
    return part.length < (to - from) / 2 ? Number.NaN : part.reduce((sum, value) => sum + value, 0) / part.length;
  };
  const ratios = days.map((minutes) => mean(minutes, at - 35, at - 5) / Math.max(1, mean(minutes, at + 10, at + 40))).map((ratio) => (Number.isNaN(ratio) ? 1 : ratio)).sort((one, other) => one - other);
  return ratios[Math.floor(ratios.length / 2)] ?? 1;
}

const clock = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const isWeekend = (day: number): boolean => weekday(day) > 5;

/**
 * @param choice `auto` looks; a market is taken as it is; `none` knows of no opening
 * @param years calendars, for the markets' clocks
 */
export function findPlan(segments: readonly Segment[], warmupDays: number, choice: Market | 'auto' | 'none', years: readonly CalendarYear[]): FoundPlan {
  const offset = segments[0]?.offsetMinutes ?? 0;
  const recorded = recordedDays(segments);
  if (choice === 'none') return { ...ofOpenings([], 'none', recorded), found: 'no openings, as asked' };
  const warm = [...minutesOf(segments, Math.max(1, warmupDays))].filter(([day]) => !isWeekend(day)).map(([, minutes]) => minutes);
  const fit = choice === 'auto' ? bestMarket(warm, years, offset) : { market: choice, shift: clocks(choice, years, offset)[0]?.shift ?? 0, score: 0 };
  if (fit !== null) {
    const opens = ofMarket(fit, years, recorded);
    return { ...opens, found: `${fit.market}: openings at ${opens.openings.map(clock).join(' and ')}${choice === 'auto' ? ', as the warm-up days show' : ', as asked'}` };
  }
  const steps = recurringSteps(warm);
  const found = steps.length === 0 ? 'no market fits and no step comes back: no openings' : `no market fits; steps that come back at ${steps.map(clock).join(', ')}`;
  return { ...ofOpenings(steps, steps.length === 0 ? 'none' : 'learnt', recorded), found };
}

function recordedDays(segments: readonly Segment[]): number[] {
  const days = new Set<number>();
  for (const { at, offsetMinutes, qps } of segments) {
    const first = Math.floor((at / MINUTE_MS + offsetMinutes) / DAY_MINUTES);
    const last = Math.floor(((at + (qps.length - 1) * STEP_MS) / MINUTE_MS + offsetMinutes) / DAY_MINUTES);
    for (let day = first; day <= last; day += 1) days.add(day);
  }
  return [...days];
}

/** After three days or more that are not in the recording. */
function afterBreaks(recorded: readonly number[]): ReadonlySet<number> {
  return new Set(recorded.filter((day, index) => index > 0 && day - recorded[index - 1]! > 3));
}

function ofMarket({ market, shift }: MarketFit, years: readonly CalendarYear[], recorded: readonly number[]): Pick<FoundPlan, 'plan' | 'openings' | 'market'> {
  const sessions = usualSessions(market, years);
  const wrap = (text: string) => (((clockMinutes(text) + shift) % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
  const opens = sessions.map(({ open }, index) => ({ kind: index === 0 ? ('open' as const) : ('lunchEnd' as const), market, name: '', minute: wrap(open) }));
  const preOpen = newestYear(market, years)?.anchors?.full.preOpen;
  const events = preOpen === undefined ? opens : [{ kind: 'preOpen' as const, market, name: '', minute: wrap(preOpen) }, ...opens];
  const [first, last] = [wrap(sessions[0]?.open ?? '00:00') - 15, wrap(sessions.at(-1)?.close ?? '00:00') + 5];
  const breaks = afterBreaks(recorded);
  return {
    market,
    openings: opens.map(({ minute }) => minute),
    plan: {
      dayType: (day) => (isWeekend(day) ? 'weekend' : 'trading'),
      isSession: (day, minute) => !isWeekend(day) && (first <= last ? minute >= first && minute < last : minute >= first || minute < last),
      isAfterBreak: (day) => breaks.has(day),
      events: (day) => (isWeekend(day) ? [] : events),
    },
  };
}

function ofOpenings(minutes: readonly number[], market: 'none' | 'learnt', recorded: readonly number[]): Pick<FoundPlan, 'plan' | 'openings' | 'market'> {
  const events = minutes.map((minute) => ({ kind: 'learnt' as const, market, name: clock(minute), minute }));
  const breaks = afterBreaks(recorded);
  return {
    market,
    openings: minutes,
    plan: { dayType: (day) => (isWeekend(day) ? 'weekend' : 'trading'), isSession: () => true, isAfterBreak: (day) => breaks.has(day), events: (day) => (isWeekend(day) ? [] : events) },
  };
}
