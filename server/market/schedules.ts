// Schedules as settings have them -> as the scheduler takes them, and back.
import type { Schedule } from '#scheduler/autoscale/schedules-model.ts';
import { readSchedule, scheduleText } from '#scheduler/autoscale/schedules-text.ts';
import type { Market } from '#scheduler/calendar/model.ts';
import type { Schedule as ScheduleSetting } from '../http/contract/market.ts';

type Said = ScheduleSetting extends infer S ? (S extends { readonly kind: 'session' } ? Omit<S, 'market'> & { readonly market: string } : S) : never;

/** Absent floors and caps become null, instants numbers. A market that is none is refused where schedules are checked. */
export function scheduleOf(said: Said): Schedule {
  const bounds = { floor: said.floor ?? null, cap: said.cap ?? null };
  switch (said.kind) {
    case 'session':
      return { kind: 'session', market: said.market as Market, from: said.from, to: said.to, days: said.days ?? [], ...bounds };
    case 'weekly':
      return { kind: 'weekly', timeZone: said.timeZone, days: [...new Set(said.days)].sort((one, other) => one - other), from: said.from, to: said.to, ...bounds };
    case 'cron':
      return { kind: 'cron', timeZone: said.timeZone, cron: said.cron.trim().replaceAll(/\s+/g, ' '), minutes: said.minutes, ...bounds };
    case 'once':
      return { kind: 'once', from: Date.parse(said.from), to: Date.parse(said.to), ...bounds };
  }
}

/** As the API tells it. */
export const toSetting = (schedule: Schedule): ScheduleSetting => (schedule.kind === 'once' ? { ...schedule, from: new Date(schedule.from).toISOString(), to: new Date(schedule.to).toISOString() } : schedule.kind === 'session' || schedule.kind === 'weekly' ? ({ ...schedule, days: [...schedule.days] } as ScheduleSetting) : schedule);

/** Time zones that schedules name. */
export const zonesOf = (schedules: readonly Schedule[]): string[] => [...new Set(schedules.flatMap((schedule) => ('timeZone' in schedule ? [schedule.timeZone] : [])))];

export { readSchedule, scheduleText };
