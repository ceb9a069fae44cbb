// Schedules as a person writes and reads them; reading what was written gives the same schedule. Says where a text cannot be read and what could
// stand there; whether a schedule that can be read makes sense is asked in schedules-check.ts.
import { instantOf, instantText } from '../calendar/dates.ts';
import { MARKETS } from '../calendar/model.ts';
import type { Schedule, ScheduleFloor, ScheduleProblem } from './schedules-model.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const EXAMPLES = '"a-share open-10m to close+5m at least 20 replicas", "us open-15m to open+30m at least 1.6x the largest of the last 5 opens", "mon-fri 20:00 to 21:00 Asia/Shanghai at least 8 replicas" or "cron 0 2 * * * for 120m Asia/Shanghai at most 4 replicas"';

/** `a-share open-10m to close+5m at least 1.6x the largest of the last 5 opens`. */
export const scheduleText = (schedule: Schedule): string => `${timeText(schedule)}${schedule.floor === null ? '' : ` at least ${floorText(schedule.floor)}`}${schedule.cap === null ? '' : ` at most ${schedule.cap} replicas`}`;

function timeText(schedule: Schedule): string {
  if (schedule.kind === 'session') return `${schedule.market} ${schedule.from} to ${schedule.to}${schedule.days.length === 0 ? '' : ` on ${schedule.days.join(',')} days`}`;
  if (schedule.kind === 'weekly') return `${schedule.days.map((day) => DAYS[day - 1]).join(',')} ${schedule.from} to ${schedule.to} ${schedule.timeZone}`;
  if (schedule.kind === 'once') return `once ${instantText(schedule.from)} to ${instantText(schedule.to)}`;
  return `cron ${schedule.cron} for ${schedule.minutes}m ${schedule.timeZone}`;
}

const floorText = (floor: ScheduleFloor): string => ('replicas' in floor ? `${floor.replicas} replicas` : `${floor.timesLargestOfLast.factor}x the largest of the last ${floor.timesLargestOfLast.opens} opens`);

/** @returns the schedule, or why the text is none */
export function readSchedule(text: string): Schedule | ScheduleProblem {
  const words = text.trim().replaceAll(/\s+/g, ' ');
  const parts = /^(.*?)(?: at least (.*?))?(?: at most (\d{1,6})(?: replicas?)?)?$/.exec(words);
  const [, time = '', least, most] = parts ?? [];
  const floor = least === undefined ? null : readFloor(least);
  if (floor === undefined) return { field: 'floor', value: least ?? null, message: 'is no floor', allowed: '"20 replicas", or "1.6x the largest of the last 5 opens"' };
  const when = readTime(time);
  if (when === null) return { field: 'text', value: text.slice(0, 300), message: 'cannot be read', allowed: EXAMPLES };
  if (floor === null && most === undefined) return { field: 'text', value: text.slice(0, 300), message: 'has neither "at least" nor "at most"', allowed: EXAMPLES };
  return { ...when, floor, cap: most === undefined ? null : Number(most) };
}

type Time = { readonly [K in Schedule['kind']]: Omit<Extract<Schedule, { kind: K }>, 'floor' | 'cap'> }[Schedule['kind']];

function readTime(text: string): Time | null {
  const once = /^once (\S+) to (\S+)$/.exec(text);
  if (once !== null) {
    const [from, to] = [instantOf(once[1]!), instantOf(once[2]!)];
    return Number.isNaN(from) || Number.isNaN(to) ? null : { kind: 'once', from, to };
  }
  const cron = /^cron (\S+ \S+ \S+ \S+ \S+) for (\d{1,5})m (\S+)$/.exec(text);
  if (cron !== null) return { kind: 'cron', cron: cron[1]!, minutes: Number(cron[2]), timeZone: cron[3]! };
  const weekly = /^(\S+) (\d\d:\d\d) to (\d\d:\d\d) (\S+)$/.exec(text);
  if (weekly !== null) {
    const days = readDays(weekly[1]!);
    return days === null ? null : { kind: 'weekly', days, from: weekly[2]!, to: weekly[3]!, timeZone: weekly[4]! };
  }
  const session = /^(\S+) (?:from )?(\S+) to (\S+)(?: on (\S+) days)?$/.exec(text);
  const market = MARKETS.find((name) => name === session?.[1]);
  if (session === null || market === undefined) return null;
  const days = (session[4]?.split(',') ?? []).map((word) => (['full', 'half', 'after-break'] as const).find((kind) => kind === word));
  return days.includes(undefined) ? null : { kind: 'session', market, from: session[2]!, to: session[3]!, days: days.filter((day) => day !== undefined) };
}

/** `mon,wed`, `mon-fri`, `daily`; null: it cannot be read. */
function readDays(text: string): number[] | null {
  if (text === 'daily') return [1, 2, 3, 4, 5, 6, 7];
  const days = text.split(',').flatMap((word) => {
    const [first = '', last = first] = word.split('-');
    const [from, to] = [DAYS.indexOf(first), DAYS.indexOf(last)];
    return from < 0 || to < from ? [Number.NaN] : Array.from({ length: to - from + 1 }, (_, index) => from + index + 1);
  });
  return days.some(Number.isNaN) ? null : [...new Set(days)].sort((one, other) => one - other);
}

/** Undefined: it cannot be read. */
function readFloor(text: string): ScheduleFloor | undefined {
  const replicas = /^(\d{1,6})(?: replicas?)?$/.exec(text);
  if (replicas !== null) return { replicas: Number(replicas[1]) };
  const times = /^(\d{1,2}(?:\.\d{1,3})?)x the largest of the last (\d{1,2}) opens?$/.exec(text);
  return times === null ? undefined : { timesLargestOfLast: { factor: Number(times[1]), opens: Number(times[2]) } };
}
