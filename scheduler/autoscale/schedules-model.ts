// What a schedule is: a time that comes again, with a floor of replicas, a cap, or both. Plain data that survives JSON; instants are
// milliseconds since 1970. Offsets of time zones come in as data, because the scheduler has none of its own.
import type { CalendarYear, Market } from '../calendar/model.ts';

/** `timesLargestOfLast`: a multiple of the largest of so many openings before, as the autoscaler learnt them. */
export type ScheduleFloor = { readonly replicas: number } | { readonly timesLargestOfLast: { readonly factor: number; readonly opens: number } };

interface Bounds {
  /** Null: only a cap. */
  readonly floor: ScheduleFloor | null;
  /** Replicas at most, for batch work; null: only a floor. It never holds on a day that no calendar knows. */
  readonly cap: number | null;
}

/** Around a market's day: `from` and `to` are anchors with minutes, such as `open-10m`. */
export interface SessionSchedule extends Bounds {
  readonly kind: 'session';
  readonly market: Market;
  readonly from: string;
  readonly to: string;
  /** Only on such days; empty: on every day with a session. */
  readonly days: readonly ('full' | 'half' | 'after-break')[];
}

/** Every week: 1 Monday ... 7 Sunday. A `to` that is not after `from` is on the day after. */
export interface WeeklySchedule extends Bounds {
  readonly kind: 'weekly';
  readonly timeZone: string;
  readonly days: readonly number[];
  readonly from: string;
  readonly to: string;
}

/** `minute hour day month weekday`, and for how long. */
export interface CronSchedule extends Bounds {
  readonly kind: 'cron';
  readonly timeZone: string;
  readonly cron: string;
  readonly minutes: number;
}

/** From one instant to another. */
export interface OnceSchedule extends Bounds {
  readonly kind: 'once';
  readonly from: number;
  readonly to: number;
}

export type Schedule = SessionSchedule | WeeklySchedule | CronSchedule | OnceSchedule;

/** What a place adds to UTC from an instant on; the first one holds before it too. */
export interface ZoneOffset {
  readonly from: number;
  readonly minutes: number;
}

/** Everything about time that a schedule may depend on. A zone that is missing is not known. */
export interface Times {
  readonly years: readonly CalendarYear[];
  readonly zones: Readonly<Record<string, readonly ZoneOffset[]>>;
}

/** When a schedule holds: from `from` until before `to`. */
export interface ScheduleWindow {
  readonly from: number;
  readonly to: number;
  /** No calendar knows that day: it holds at all hours that it could be. */
  readonly isUnsure: boolean;
  /** The openings that it holds over; sessions only. */
  readonly openings: readonly ('open' | 'lunchEnd')[];
}

/** What is wrong with a schedule. `field` as in the data: `from`, `floor.replicas`, ... */
export interface ScheduleProblem {
  readonly field: string;
  readonly value: string | number | null;
  readonly message: string;
  readonly allowed: string;
}
