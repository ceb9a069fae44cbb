// Whether schedules make sense: each mistake with field, value and what is allowed. A schedule must fire within a year, must not overlap itself,
// must end after it begins, and no floor may be above a cap or the maximum that holds at the same time.
import { anchoredDay, anchorsOfMarket } from '../calendar/anchors.ts';
import { dateOf, dayAt, dayNumber, instantText } from '../calendar/dates.ts';
import { readAnchor, sessionWindow, windowsOf } from './schedules.ts';
import { readCron } from './schedules-cron.ts';
import type { Schedule, ScheduleProblem, ScheduleWindow, SessionSchedule, Times } from './schedules-model.ts';
import { scheduleText } from './schedules-text.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 366 * DAY_MS;

/**
 * Everything that is wrong with the schedules of a workload; fields begin with `schedules[0].`.
 * @param bounds the autoscaler's own minimum and maximum; null: no maximum
 * @param now from which on a year is looked at
 */
export function schedulesProblems(schedules: readonly Schedule[], bounds: { readonly min: number; readonly max: number | null }, now: number, times: Times): ScheduleProblem[] {
  const each = schedules.map((schedule) => scheduleProblems(schedule, bounds, now, times));
  const problems = each.flatMap((found, index) => found.map((problem) => ({ ...problem, field: `schedules[${index}].${problem.field}` })));
  return problems.length > 0 ? problems : clashes(schedules, now, times);
}

/** Everything that is wrong with one schedule by itself. */
export function scheduleProblems(schedule: Schedule, bounds: { readonly min: number; readonly max: number | null }, now: number, times: Times): ScheduleProblem[] {
  const problems = [...boundsProblems(schedule, bounds), ...timeProblems(schedule, times)];
  if (problems.length > 0) return problems;
  const windows = windowsOf(schedule, now, now + YEAR_MS, times);
  const field = schedule.kind === 'cron' ? 'cron' : schedule.kind === 'session' && schedule.days.length > 0 ? 'days' : 'from';
  if (schedule.kind === 'once') return windows.length > 0 ? [] : [{ field: 'to', value: instantText(schedule.to), message: 'is past, or more than a year ahead: it never comes', allowed: 'an instant within a year' }];
  if (windows.every(({ isUnsure }) => isUnsure) && (schedule.kind !== 'session' || !hasEverCome(schedule, times))) return [{ field, value: valueOf(schedule, field), message: 'never comes within a year', allowed: 'a time that comes' }];
  const index = windows.findIndex(({ from }, at) => at > 0 && from < windows[at - 1]!.to);
  if (index < 0) return [];
  const until = schedule.kind === 'cron' ? 'minutes' : 'to';
  return [{ field: until, value: valueOf(schedule, until), message: `overlaps itself: it begins anew before it has ended`, allowed: schedule.kind === 'cron' ? `at most ${Math.floor((windows[index]!.from - windows[index - 1]!.from) / 60_000)} minutes` : 'a time before it begins again' }];
}

function valueOf(schedule: Schedule, field: string): string | number {
  const value = (schedule as unknown as Readonly<Record<string, unknown>>)[field];
  return typeof value === 'number' ? value : Array.isArray(value) ? value.join(',') : String(value);
}

function boundsProblems({ floor, cap, ...schedule }: Schedule, { min, max }: { readonly min: number; readonly max: number | null }): ScheduleProblem[] {
  if (floor === null && cap === null) return [{ field: 'floor', value: null, message: 'is missing, and there is no cap either', allowed: 'a floor, a cap, or both' }];
  const problems: ScheduleProblem[] = [];
  const replicas = floor !== null && 'replicas' in floor ? floor.replicas : null;
  if (replicas !== null && max !== null && replicas > max) problems.push({ field: 'floor.replicas', value: replicas, message: 'is above the maximum of the autoscaler', allowed: `at most ${max}` });
  if (replicas !== null && cap !== null && replicas > cap) problems.push({ field: 'floor.replicas', value: replicas, message: 'is above the cap of the same schedule', allowed: `at most ${cap}` });
  if (cap !== null && cap < min) problems.push({ field: 'cap', value: cap, message: 'is below the minimum of the autoscaler', allowed: `at least ${min}` });
  if (floor !== null && 'timesLargestOfLast' in floor && schedule.kind !== 'session') problems.push({ field: 'floor.timesLargestOfLast', value: floor.timesLargestOfLast.factor, message: 'needs the openings of a market', allowed: 'a session schedule, or a number of replicas' });
  return problems;
}

function timeProblems(schedule: Schedule, times: Times): ScheduleProblem[] {
  if (schedule.kind === 'session') return sessionProblems(schedule, times);
  if (schedule.kind === 'once') return schedule.to > schedule.from ? [] : [{ field: 'to', value: instantText(schedule.to), message: `is not after from (${instantText(schedule.from)})`, allowed: 'a later instant' }];
  if (times.zones[schedule.timeZone] === undefined) return [{ field: 'timeZone', value: schedule.timeZone, message: 'is not a time zone that is known here', allowed: 'a name such as Asia/Shanghai' }];
  if (schedule.kind === 'weekly') return schedule.from === schedule.to ? [{ field: 'to', value: schedule.to, message: 'is the same as from', allowed: 'another time of day' }] : [];
  const read = readCron(schedule.cron);
  return typeof read === 'string' ? [{ field: 'cron', value: schedule.cron, message: read, allowed: 'five fields such as 0 20 * * 1-5' }] : [];
}

function sessionProblems(schedule: SessionSchedule, { years }: Times): ScheduleProblem[] {
  const markets = [...new Set(years.map(({ market }) => market))];
  if (!markets.includes(schedule.market)) return [{ field: 'market', value: schedule.market, message: 'is not a market that any calendar knows', allowed: markets.join(', ') }];
  const known = anchorsOfMarket(schedule.market, years);
  const wrong = (['from', 'to'] as const).filter((field) => !known.some((name) => name === readAnchor(schedule[field])?.anchor));
  if (wrong.length > 0) return wrong.map((field) => ({ field, value: schedule[field], message: `is no time of a day of ${schedule.market}`, allowed: `${known.join(', ')}, with minutes such as open-10m` }));
  return isEverAfter(schedule, years) ? [] : [{ field: 'to', value: schedule.to, message: `is not after from (${schedule.from})`, allowed: 'a later time of the day' }];
}

/** Whether `to` is after `from` on any day of any year that is known. */
const isEverAfter = (schedule: SessionSchedule, years: Times['years']): boolean => hasEverCome({ ...schedule, days: [] }, { years, zones: {} });

/** Whether it would have come in a year that is known: what only an unknown year could bring is no schedule. */
function hasEverCome(schedule: SessionSchedule, { years }: Times): boolean {
  return years.filter(({ market }) => market === schedule.market).some(({ year }) => Array.from({ length: 366 }, (_, index) => dateOf(dayNumber(`${year}-01-01`) + index)).some((date) => sessionWindow(schedule, anchoredDay(schedule.market, date, years))?.isUnsure === false));
}

/** Floors above the cap of another schedule that holds at the same time. */
function clashes(schedules: readonly Schedule[], now: number, times: Times): ScheduleProblem[] {
  const windows = new Map<Schedule, readonly ScheduleWindow[]>();
  const of = (schedule: Schedule) => {
    const known = windows.get(schedule) ?? windowsOf(schedule, now, now + YEAR_MS, times);
    windows.set(schedule, known);
    return known;
  };
  return schedules.flatMap((capped, index) =>
    schedules.flatMap((other) => {
      if (capped.cap === null || other === capped || other.floor === null || !('replicas' in other.floor) || other.floor.replicas <= capped.cap) return [];
      const both = meeting(of(capped), of(other));
      if (both === undefined) return [];
      return [{ field: `schedules[${index}].cap`, value: capped.cap, message: `is below the floor of "${scheduleText(other)}", which holds at the same time, first on ${dateOf(dayAt(both, 0))}`, allowed: `at least ${other.floor.replicas}, or times that do not meet` }];
    }),
  );
}

/** The first instant at which windows of both hold. */
function meeting(some: readonly ScheduleWindow[], others: readonly ScheduleWindow[]): number | undefined {
  for (let one = 0, other = 0; one < some.length && other < others.length; ) {
    const from = Math.max(some[one]!.from, others[other]!.from);
    if (from < Math.min(some[one]!.to, others[other]!.to)) return from;
    if (some[one]!.to <= others[other]!.to) one += 1;
    else other += 1;
  }
  return undefined;
}
