// Schedules -> the times at which they hold, and the floors and caps of an instant. Sessions come from calendars; of a day that no calendar knows a
// session schedule holds its floor at all hours that it could be, and no cap, and says so.
import { type AnchoredDay, anchoredDay } from '../calendar/anchors.ts';
import { clockMinutes, dateOf, dayAt, instantAt, weekday } from '../calendar/dates.ts';
import type { Anchor } from '../calendar/model.ts';
import type { EventKind, Floor } from './model.ts';
import { cronMinutes, readCron } from './schedules-cron.ts';
import type { CronSchedule, Schedule, ScheduleWindow, SessionSchedule, Times, WeeklySchedule, ZoneOffset } from './schedules-model.ts';
import { scheduleText } from './schedules-text.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** No window lasts longer. */
const LONGEST_MS = 8 * DAY_MS;

/** An opening as the autoscaler remembers it. */
export interface LearntOpen {
  readonly market: string;
  readonly kind: EventKind;
  readonly at: number;
  /** The largest demand of its first minutes. */
  readonly qps: number;
}

export interface ScheduleFacts {
  readonly opens: readonly LearntOpen[];
  /** What one replica carries at its ceiling; 0: not known, then multiples of openings give no floor. */
  readonly replicaQps: number;
}

export interface ScheduleWarning {
  readonly code: 'unsure' | 'no-opens' | 'cap-unsure';
  readonly message: string;
  readonly data: Readonly<Record<string, string | number>>;
}

export interface ScheduleFloors {
  readonly floors: readonly Floor[];
  /** The smallest cap that holds. */
  readonly cap: { readonly replicas: number; readonly reason: string } | null;
  readonly warnings: readonly ScheduleWarning[];
}

/** What schedules want at an instant. */
export function schedulesAt(schedules: readonly Schedule[], at: number, facts: ScheduleFacts, times: Times): ScheduleFloors {
  const floors: Floor[] = [];
  const warnings: ScheduleWarning[] = [];
  let cap: ScheduleFloors['cap'] = null;
  for (const schedule of schedules) {
    const window = windowAt(schedule, at, times);
    if (window === undefined) continue;
    const text = scheduleText(schedule);
    if (window.isUnsure) warnings.push({ code: 'unsure', message: `No calendar knows today on ${marketOf(schedule)}: the schedule "${text}" holds at all hours that it could be.`, data: { market: marketOf(schedule), schedule: text } });
    const floor = floorOf(schedule, window, facts);
    if (floor === 'no-opens') warnings.push({ code: 'no-opens', message: `No opening is remembered yet, so the schedule "${text}" asks for nothing.`, data: { schedule: text } });
    else if (floor !== null) floors.push({ kind: 'schedule', replicas: floor.replicas, reason: `${text}${floor.detail}`, data: { schedule: text, ...(floor.qps === null ? {} : { qps: floor.qps }) } });
    if (schedule.cap === null) continue;
    if (window.isUnsure) warnings.push({ code: 'cap-unsure', message: `No calendar knows today on ${marketOf(schedule)}: the cap of "${text}" does not hold.`, data: { market: marketOf(schedule), schedule: text } });
    else if (cap === null || schedule.cap < cap.replicas) cap = { replicas: schedule.cap, reason: text };
  }
  return { floors, cap, warnings };
}

const marketOf = (schedule: Schedule): string => (schedule.kind === 'session' ? schedule.market : '');

/** The window of a schedule that an instant is in. */
export const windowAt = (schedule: Schedule, at: number, times: Times): ScheduleWindow | undefined => windowsOf(schedule, at - 1, at + 1, times).find(({ from, to }) => from <= at && at < to);

function floorOf({ floor, ...schedule }: Schedule, { from, openings }: ScheduleWindow, { opens, replicaQps }: ScheduleFacts): { readonly replicas: number; readonly detail: string; readonly qps: number | null } | 'no-opens' | null {
  if (floor === null) return null;
  if ('replicas' in floor) return { replicas: floor.replicas, detail: '', qps: null };
  const { factor, opens: count } = floor.timesLargestOfLast;
  const market = schedule.kind === 'session' ? schedule.market : '';
  const last = openings.flatMap((kind) => opens.filter((open) => open.market === market && open.kind === kind && open.at < from).toSorted((one, other) => other.at - one.at).slice(0, count));
  const largest = Math.max(0, ...last.map(({ qps }) => qps));
  if (largest <= 0 || replicaQps <= 0) return 'no-opens';
  return { replicas: Math.ceil((factor * largest) / replicaQps), detail: ` (${Math.round(largest)} QPS)`, qps: Math.round(largest) };
}

/** The windows of a schedule that touch the time between two instants, in order. What cannot be read has none. */
export function windowsOf(schedule: Schedule, from: number, to: number, times: Times, most = 5_000): ScheduleWindow[] {
  const windows: ScheduleWindow[] = [];
  for (const window of windowsFrom(schedule, from, to, times)) {
    if (window.from >= to) break;
    if (window.to > from) windows.push(window);
    if (windows.length >= most) break;
  }
  return windows;
}

function windowsFrom(schedule: Schedule, from: number, to: number, times: Times): Iterable<ScheduleWindow> {
  if (schedule.kind === 'session') return sessionWindows(schedule, from, to, times);
  if (schedule.kind === 'once') return [{ from: schedule.from, to: schedule.to, isUnsure: false, openings: [] }];
  const zone = times.zones[schedule.timeZone];
  if (zone === undefined) return [];
  return schedule.kind === 'weekly' ? weeklyWindows(schedule, zone, from, to) : cronWindows(schedule, zone, from, to);
}

/** `open-10m` -> the anchor and the minutes after it; null: it cannot be read. */
export function readAnchor(text: string): { readonly anchor: string; readonly minutes: number } | null {
  const match = /^([a-zA-Z]+)(?:([+-]\d{1,3})m)?$/.exec(text);
  return match === null ? null : { anchor: match[1]!, minutes: Number(match[2] ?? 0) };
}

function* sessionWindows(schedule: SessionSchedule, from: number, to: number, { years }: Times): Generator<ScheduleWindow> {
  const anchors = readAnchors(schedule);
  // No place is a day away from UTC, and no anchor's minutes are.
  for (let day = dayAt(from, 0) - 2; day <= dayAt(to, 0) + 2; day += 1) {
    const window = windowOn(schedule, anchors, anchoredDay(schedule.market, dateOf(day), years));
    if (window !== null) yield window;
  }
}

type Anchors = readonly [from: ReturnType<typeof readAnchor>, to: ReturnType<typeof readAnchor>];
const readAnchors = (schedule: SessionSchedule): Anchors => [readAnchor(schedule.from), readAnchor(schedule.to)];

/** Null: it does not hold on that day. */
export const sessionWindow = (schedule: SessionSchedule, day: AnchoredDay): ScheduleWindow | null => windowOn(schedule, readAnchors(schedule), day);

function windowOn(schedule: SessionSchedule, [begins, ends]: Anchors, { anchors, dayType, isAfterBreak }: AnchoredDay): ScheduleWindow | null {
  const isUnsure = dayType === 'unknown';
  const isWanted = schedule.days.length === 0 || isUnsure || schedule.days.some((kind) => (kind === 'after-break' ? isAfterBreak : kind === (dayType === 'half' ? 'half' : 'full')));
  const at = (name: string | undefined) => anchors.find((anchor) => anchor.name === name);
  const [first, last] = [at(begins?.anchor), at(ends?.anchor)];
  if (!isWanted || begins === null || ends === null || first === undefined || last === undefined) return null;
  const window = { from: first.at + begins.minutes * MINUTE_MS, to: last.latest + ends.minutes * MINUTE_MS };
  if (window.to <= window.from) return null;
  const openings = (['open', 'lunchEnd'] as const).filter((name: Anchor) => anchors.some((anchor) => anchor.name === name && anchor.latest >= window.from && anchor.at <= window.to));
  return { ...window, isUnsure, openings };
}

function* weeklyWindows({ days, from: begins, to: ends }: WeeklySchedule, zone: readonly ZoneOffset[], from: number, to: number): Generator<ScheduleWindow> {
  const [first, last] = [clockMinutes(begins), clockMinutes(ends)];
  const overnight = last <= first ? 1 : 0;
  for (let day = dayAt(from, 0) - 2; day <= dayAt(to, 0) + 1; day += 1) {
    if (!days.includes(weekday(day))) continue;
    yield { from: instantIn(zone, day, first), to: instantIn(zone, day + overnight, last), isUnsure: false, openings: [] };
  }
}

function* cronWindows({ cron, minutes }: CronSchedule, zone: readonly ZoneOffset[], from: number, to: number): Generator<ScheduleWindow> {
  const read = readCron(cron);
  if (typeof read === 'string') return;
  for (let day = dayAt(Math.max(from - LONGEST_MS, from - minutes * MINUTE_MS), 0) - 1; day <= dayAt(to, 0) + 1; day += 1) {
    for (const minute of cronMinutes(read, day)) {
      const at = instantIn(zone, day, minute);
      yield { from: at, to: at + minutes * MINUTE_MS, isUnsure: false, openings: [] };
    }
  }
}

/** When a clock there shows a time of a day, the first time that it does; of a time that the clocks leave out, as much later as they leap. */
function instantIn(zone: readonly ZoneOffset[], day: number, minutes: number): number {
  const once = instantAt(day, minutes, offsetAt(zone, instantAt(day, minutes, 0)));
  const offset = offsetAt(zone, once);
  const again = instantAt(day, minutes, offset);
  return offsetAt(zone, again) === offset ? again : Math.max(once, again);
}

const offsetAt = (zone: readonly ZoneOffset[], instant: number): number => zone.findLast(({ from }) => from <= instant)?.minutes ?? zone[0]?.minutes ?? 0;
