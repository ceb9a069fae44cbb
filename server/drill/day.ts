// The day of a drill as minutes: from a trace, from what a workload was really asked, or one that comes with the product. Pure but for metrics.
import type { ShippedDay } from '#scheduler/drill/days.ts';
import { shippedDay } from '#scheduler/drill/days.ts';
import { anchoredDay } from '#scheduler/calendar/anchors.ts';
import { dateOf, dayAt, dayNumber, instantAt } from '#scheduler/calendar/dates.ts';
import { parseTrace, type Trace } from '#scheduler/autoscale/trace.ts';
import type { CalendarYear } from '#scheduler/calendar/model.ts';
import { said, type Said } from '#scheduler/said.ts';
import { InvalidError } from '../errors.ts';
import type { DrillDay } from '../http/contract/drill.ts';
import { demandBetween } from '../market/demand.ts';
import type { Metrics } from '../metrics/metrics.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAY_MINUTES = 1_440;
/** The markets at home. */
const HOME_OFFSET_MINUTES = 480;
/** Of a recorded day at least so much must be known. */
const LEAST_MINUTES = 720;

export interface ReadDay {
  readonly name: string;
  /** Midnight by the clock of the day. */
  readonly from: number;
  /** QPS of 1,440 minutes; of a shipped day shares of a usual day's peak. */
  readonly minutes: readonly number[];
  /** A usual day by the same measure; null: the day itself, before it is multiplied. */
  readonly usual: readonly number[] | null;
  readonly isShare: boolean;
  readonly points: number;
  readonly warnings: readonly Said[];
}

/** @throws InvalidError for a trace that cannot be read, with its line, or a day of which too little is known */
export async function readDay(day: DrillDay, metrics: Pick<Metrics, 'series'>, years: readonly CalendarYear[], now: number): Promise<ReadDay> {
  if (day.kind === 'trace') return traceDay(day.csv, day.name);
  if (day.kind === 'shipped') return shipped(day.name, years, now);
  const from = instantAt(dayNumber(day.date), 0, HOME_OFFSET_MINUTES);
  const points = await demandBetween(metrics, day.workloadId, from, from + DAY_MS);
  const minutes = filled(points.map(({ at, value }) => ({ minute: (at - from) / MINUTE_MS, value })));
  if (minutes === null || points.length < LEAST_MINUTES) throw new InvalidError('day-unknown', `day.date is ${day.date}: only ${points.length} minutes of that day are known, and at least ${LEAST_MINUTES} are needed.`, [{ field: 'day.date', value: day.date, message: 'is not known well enough', allowed: 'a day of the last two weeks with metrics' }]);
  return { name: day.date, from, minutes, usual: null, isShare: false, points: points.length, warnings: points.length < DAY_MINUTES ? [said('minutes-unknown', { minutes: DAY_MINUTES - points.length }, '{minutes} minutes of that day are not known and were filled in between their neighbours.')] : [] };
}

/** On the next trading day at home. */
function shipped(name: ShippedDay, years: readonly CalendarYear[], now: number): ReadDay {
  let day = dayAt(now, HOME_OFFSET_MINUTES) + 1;
  while (anchoredDay('a-share', dateOf(day), years).anchors.length === 0) day += 1;
  return { name, from: instantAt(day, 0, HOME_OFFSET_MINUTES), minutes: shippedDay(name), usual: shippedDay('usual-day'), isShare: true, points: DAY_MINUTES, warnings: [] };
}

function traceDay(csv: string, name: string): ReadDay {
  const trace = parseTrace(csv);
  if ('message' in trace) throw new InvalidError('trace-invalid', `day.csv, line ${trace.line}: ${trace.message}.`, [{ field: 'day.csv', value: `line ${trace.line}`, message: trace.message }]);
  const { day, offset, points } = lastWholeDay(trace);
  const from = instantAt(day, 0, offset);
  const minutes = filled(points.map(({ at, qps }) => ({ minute: (at - from) / MINUTE_MS, value: qps })))!;
  return { name: name === '' ? dateOf(day) : name, from, minutes, usual: null, isShare: false, points: points.length, warnings: trace.notes.slice(0, 20).map(({ message, said: what }) => ({ ...what, sentence: `${message[0]!.toUpperCase()}${message.slice(1)}.` })) };
}

/** The last day that has nearly as many points as the fullest one. */
function lastWholeDay({ points, offsetMinutes }: Trace): { readonly day: number; readonly offset: number; readonly points: Trace['points'] } {
  const days = Map.groupBy(points, ({ at, offsetMinutes: offset }) => dayAt(at, offset));
  const most = Math.max(...[...days.values()].map(({ length }) => length));
  const [day, own] = [...days].filter(([, list]) => list.length >= 0.95 * most).at(-1)!;
  return { day, offset: own[0]?.offsetMinutes ?? offsetMinutes, points: own };
}

/** Values at any minutes -> every minute, evenly in between and the same beyond both ends; null: there are none. */
export function filled(values: readonly { readonly minute: number; readonly value: number }[]): number[] | null {
  const known = values.toSorted((one, other) => one.minute - other.minute);
  if (known.length === 0) return null;
  let next = 0;
  return Array.from({ length: DAY_MINUTES }, (_, minute) => {
    while (next < known.length && known[next]!.minute < minute) next += 1;
    const [before, after] = [known[next - 1], known[next]];
    if (before === undefined || after === undefined) return (before ?? after)!.value;
    return before.value + ((after.value - before.value) * (minute - before.minute)) / (after.minute - before.minute);
  });
}
