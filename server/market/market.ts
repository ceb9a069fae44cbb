// What the rest of the server asks of markets: the calendars in force, where in the day it is, and the floors that schedules, signals and announced
// surges want of a workload. Answers at once from memory; the market's loop keeps the memory. Changes nothing.
import type { EventKind, Floor, Moment } from '#scheduler/autoscale/model.ts';
import { type LearntOpen, type ScheduleFloors, schedulesAt } from '#scheduler/autoscale/schedules.ts';
import { schedulesProblems } from '#scheduler/autoscale/schedules-check.ts';
import type { Schedule, ScheduleProblem, Times } from '#scheduler/autoscale/schedules-model.ts';
import { signalFloor, type SignalRule, surgeFloor } from '#scheduler/autoscale/signals.ts';
import type { CalendarYear } from '#scheduler/calendar/model.ts';
import { momentOf } from '#scheduler/calendar/moment.ts';
import type { SurgeRow } from '../db/surges.ts';
import type { Store } from '../db/store.ts';
import type { MarketWarning } from '../http/contract/market.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { type Calendars, openCalendars } from './calendars.ts';
import { type Demand, openDemand } from './demand.ts';
import { zonesOf } from './schedules.ts';
import { openSignalMemory, type SignalMemory } from './signal-memory.ts';
import { openZones } from './zones.ts';

/** Whose floors are asked for. */
export interface FloorSubject {
  readonly workloadId: string;
  readonly service: string;
  readonly environment: string;
  /** As its settings say; the first one decides which days are alike. */
  readonly markets: readonly string[];
}

export interface FloorFacts {
  /** What the autoscaler's state remembers, by `market:kind:name`. */
  readonly openings: Readonly<Record<string, readonly { readonly at: number; readonly peakQps: number }[]>>;
  /** What one replica carries at its ceiling; 0: not known, then only plain numbers of replicas count. */
  readonly replicaQps: number;
  /** Demand now; null: not known. */
  readonly level: number | null;
}

export interface Floors {
  readonly floors: readonly Floor[];
  readonly cap: { readonly replicas: number; readonly reason: string } | null;
  readonly warnings: readonly MarketWarning[];
}

export interface MarketRoom {
  readonly calendars: Calendars;
  years(): readonly CalendarYear[];
  /** Everything about time that these schedules may depend on. */
  times(schedules: readonly Schedule[], now: number): Times;
  momentOf(markets: readonly string[], at: number): Moment;
  /** What schedules alone want at an instant, of any time. */
  scheduledFor(schedules: readonly Schedule[], facts: Pick<FloorFacts, 'openings' | 'replicaQps'>, at: number): ScheduleFloors;
  /** What schedules, rules of signals and announced surges want now. */
  floorsFor(subject: FloorSubject, rules: { readonly schedules: readonly Schedule[]; readonly signals: readonly SignalRule[] }, facts: FloorFacts, at: number): Floors;
  /** What is wrong with schedules, for whoever stores them. */
  problemsOf(schedules: readonly Schedule[], bounds: { readonly min: number; readonly max: number | null }, now: number): ScheduleProblem[];
  readonly demand: Demand;
  readonly signals: SignalMemory;
  /** Surges that are announced or under way, kept by the loop. */
  surges: readonly SurgeRow[];
}

export function openMarket({ folder, store, metrics }: { readonly folder: string; readonly store: Store; readonly metrics: Pick<Metrics, 'series'> }): MarketRoom {
  const calendars = openCalendars(folder);
  const zones = openZones();
  const demand = openDemand(metrics);
  const signals = openSignalMemory(store);
  const moments = new Map<string, Moment>();
  let momentsAt = Number.NaN;
  const room: MarketRoom = {
    calendars,
    years: () => calendars.years(),
    times: (schedules, now) => ({ years: calendars.years(), zones: zones.of(zonesOf(schedules), now) }),
    momentOf(markets, at) {
      // A round asks for hundreds of workloads at one instant.
      if (momentsAt !== at) moments.clear();
      momentsAt = at;
      const key = markets.join(' ');
      const moment = moments.get(key) ?? momentOf(markets, at, calendars.years());
      moments.set(key, moment);
      return moment;
    },
    scheduledFor: (schedules, { openings, replicaQps }, at) => schedulesAt(schedules, at, { opens: opensOf(openings), replicaQps }, room.times(schedules, at)),
    floorsFor(subject, rules, { openings, replicaQps, level }, at) {
      const scheduled = room.scheduledFor(rules.schedules, { openings, replicaQps }, at);
      const surges = room.surges.filter((surge) => at >= surge.from - PREPARED_MS && at < surge.to && concerns(surge, subject));
      const of = rules.signals.length + surges.length === 0 ? undefined : demand.of(subject.workloadId, subject.markets, at);
      const raised = of === undefined ? [] : [...rules.signals.map((rule) => signalFloor(rule, signals.of(rule.signal, at), of, replicaQps, at)), ...surges.map((surge) => surgeFloor(surge, of, level, replicaQps, at))];
      return { floors: [...scheduled.floors, ...raised.filter((floor) => floor !== null)], cap: scheduled.cap, warnings: scheduled.warnings.map((warning) => ({ ...warning, data: { ...warning.data } })) };
    },
    problemsOf: (schedules, bounds, now) => schedulesProblems(schedules, bounds, now, room.times(schedules, now)),
    demand,
    signals,
    surges: [],
  };
  return room;
}

/** `a-share:open:` and what is remembered under it -> openings. */
function opensOf(openings: FloorFacts['openings']): LearntOpen[] {
  return Object.entries(openings).flatMap(([key, list]) => {
    const [market = '', kind = ''] = key.split(':');
    return list.map(({ at, peakQps }) => ({ market, kind: kind as EventKind, at, qps: peakQps }));
  });
}

const PREPARED_MS = 300_000;
/** Whether a surge is announced for a workload; no services or environments: for all of them. */
export const concerns = ({ services, environments }: Pick<SurgeRow, 'services' | 'environments'>, { service, environment }: Pick<FloorSubject, 'service' | 'environment'>): boolean =>
  (services.length === 0 || services.includes(service)) && (environments.length === 0 || environments.includes(environment));
