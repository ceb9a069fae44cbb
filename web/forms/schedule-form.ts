// The form of one schedule, a time with a floor, a cap or both, and its conversion to the API's words and back. Pure. What anchors, clocks and
// cron lines may look like is the server's to judge; here only numbers and dates are read.
import type { Schedule } from '#server/http/contract/index.ts';
import type { AutoscaleFault } from './autoscale-form.ts';
import { readNumber } from './read-number.ts';

type Session = Extract<Schedule, { kind: 'session' }>;

export interface ScheduleForm {
  /** What it is for; may be empty. */
  readonly name: string;
  readonly kind: Schedule['kind'];
  readonly market: Session['market'];
  readonly from: string;
  readonly to: string;
  readonly onDays: NonNullable<Session['days']>;
  readonly timeZone: string;
  readonly weekdays: readonly number[];
  readonly fromClock: string;
  readonly toClock: string;
  readonly cron: string;
  readonly minutes: string;
  /** As `datetime-local` inputs give them, in the reader's zone. */
  readonly fromLocal: string;
  readonly toLocal: string;
  readonly floor: 'times' | 'replicas' | 'none';
  readonly factor: string;
  readonly opens: string;
  readonly replicas: string;
  readonly cap: string;
}

export const emptySchedule = (market: Session['market'], timeZone: string): ScheduleForm => ({
  name: '', kind: 'session', market, from: 'open-10m', to: 'close+5m', onDays: [], timeZone, weekdays: [1, 2, 3, 4, 5], fromClock: '20:00', toClock: '22:00', cron: '0 20 * * 1-5', minutes: '60', fromLocal: '', toLocal: '',
  floor: 'times', factor: '1.6', opens: '5', replicas: '', cap: '',
});

export function fromSchedule(schedule: Schedule): ScheduleForm {
  const base = emptySchedule('a-share', 'timeZone' in schedule ? schedule.timeZone : 'Asia/Shanghai');
  const { floor = null, cap = null } = schedule;
  const bounds: Partial<ScheduleForm> = {
    name: schedule.name ?? '',
    floor: floor === null ? 'none' : 'replicas' in floor ? 'replicas' : 'times',
    ...(floor === null ? {} : 'replicas' in floor ? { replicas: String(floor.replicas) } : { factor: String(floor.timesLargestOfLast.factor), opens: String(floor.timesLargestOfLast.opens) }),
    cap: cap === null ? '' : String(cap),
  };
  switch (schedule.kind) {
    case 'session':
      return { ...base, ...bounds, kind: 'session', market: schedule.market, from: schedule.from, to: schedule.to, onDays: schedule.days ?? [] };
    case 'weekly':
      return { ...base, ...bounds, kind: 'weekly', weekdays: schedule.days, fromClock: schedule.from, toClock: schedule.to };
    case 'cron':
      return { ...base, ...bounds, kind: 'cron', cron: schedule.cron, minutes: String(schedule.minutes) };
    case 'once':
      return { ...base, ...bounds, kind: 'once', fromLocal: localOf(schedule.from), toLocal: localOf(schedule.to) };
  }
}

/** @param path of the schedule in the settings. @param faults gets what is wrong */
export function toSchedule(form: ScheduleForm, path: string, faults: Record<string, AutoscaleFault>): Schedule {
  const whole = (field: string, value: string, least: number, most: number) => readNumber(faults, `${path}.${field}`, value, { least, most, whole: true });
  const floor: Schedule['floor'] =
    form.floor === 'none'
      ? null
      : form.floor === 'replicas'
        ? { replicas: whole('floor.replicas', form.replicas, 1, 100_000) }
        : { timesLargestOfLast: { factor: readNumber(faults, `${path}.floor.factor`, form.factor, { least: 0.1, most: 10 }), opens: whole('floor.opens', form.opens, 1, 20) } };
  const cap = form.cap.trim() === '' ? null : whole('cap', form.cap, 0, 100_000);
  if (floor === null && cap === null) faults[`${path}.floor`] = { code: 'needed' };
  const bounds = { floor, cap, ...(form.name.trim() === '' ? {} : { name: form.name.trim() }) };
  switch (form.kind) {
    case 'session':
      return { kind: 'session', market: form.market, from: form.from.trim(), to: form.to.trim(), days: [...form.onDays], ...bounds };
    case 'weekly':
      if (form.weekdays.length === 0) faults[`${path}.days`] = { code: 'needed' };
      return { kind: 'weekly', timeZone: form.timeZone.trim(), days: form.weekdays.toSorted((one, other) => one - other), from: form.fromClock.trim(), to: form.toClock.trim(), ...bounds };
    case 'cron':
      return { kind: 'cron', timeZone: form.timeZone.trim(), cron: form.cron.trim(), minutes: whole('minutes', form.minutes, 1, 10_080), ...bounds };
    case 'once': {
      const [from, to] = [new Date(form.fromLocal), new Date(form.toLocal)];
      if (Number.isNaN(from.getTime())) faults[`${path}.from`] = { code: 'needed' };
      if (Number.isNaN(to.getTime())) faults[`${path}.to`] = { code: 'needed' };
      else if (to <= from) faults[`${path}.to`] = { code: 'order' };
      const instant = (date: Date) => (Number.isNaN(date.getTime()) ? '' : date.toISOString());
      return { kind: 'once', from: instant(from), to: instant(to), ...bounds };
    }
  }
}

/** An instant as `datetime-local` inputs want it, in the reader's zone. */
function localOf(instant: string): string {
  const date = new Date(instant);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
