// Forecast against actual for people: what came in the past hours beside what was expected, and what the next minutes look like by days that were alike.
import { capacityOf as fullCapacityOf, costDriftPermille, needOf, startDelayMs } from '#scheduler/autoscale/capacity.ts';
import { openingFloors } from '#scheduler/autoscale/openings.ts';
import type { Workload } from '#scheduler/model.ts';
import { isRefusal } from '#scheduler/size.ts';
import type { Context } from '../context.ts';
import type { Present } from '../control/present.ts';
import { type DecisionHead, listDecisions } from '../db/autoscale.ts';
import type { AutoscaleChart, AutoscaleSettings } from '../http/contract/autoscale.ts';
import { scheduleOf } from '../market/schedules.ts';
import { usualQps } from './heat.ts';
import type { Remembered } from './memory.ts';
import { grantedReplicas } from './observe.ts';
import { settingsOf } from './rules.ts';

const MINUTE_MS = 60_000;
const MOST_POINTS = 360;
const MOST_MARKS = 200;
const iso = (at: number): string => new Date(at).toISOString();

export async function autoscaleChart(context: Context, present: Present, workload: Workload, settings: AutoscaleSettings, { hours, nextMinutes }: { readonly hours: number; readonly nextMinutes: number }): Promise<AutoscaleChart> {
  const now = context.clock.now();
  const remembered = context.autoscale.of(workload.id);
  const stepMs = Math.max(1, Math.ceil((hours * 60) / MOST_POINTS)) * MINUTE_MS;
  const to = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const from = to - Math.ceil((hours * 3_600_000) / stepMs) * stepMs;
  const decisions = await context.store.read((reader) => listDecisions(reader, { workload: workload.id, teams: null, actions: ['out', 'in'], since: from, limit: MOST_MARKS }));
  return {
    workloadId: workload.id,
    now: iso(now),
    stepSeconds: stepMs / 1000,
    past: await pastOf(context, workload, remembered, { from, to, stepMs }),
    next: nextOf(context, present, workload, settings, remembered, nextMinutes),
    events: context.market.momentOf(settings.markets, now).events.map(({ at, market, kind, name }) => ({ at: iso(at), market, kind, name })),
    decisions: decisions.toReversed().map(({ id, at, action, body }: DecisionHead) => ({ id, at: iso(at), action: action === 'in' ? 'in' : 'out', before: body.before, replicas: body.replicas, isPanic: body.isPanic })),
  };
}

async function pastOf(context: Context, workload: Workload, { trail }: Remembered, { from, to, stepMs }: { readonly from: number; readonly to: number; readonly stepMs: number }): Promise<AutoscaleChart['past']> {
  const count = Math.round((to - from) / stepMs);
  const stored = await context.metrics.series(`workload:${workload.id}`, ['qps', 'wanted', 'ready'], { from, to, points: count });
  const at = Array.from({ length: count }, (_, index) => from + index * stepMs);
  const points = new Map(trail.map((point) => [Math.floor((point.at - from) / stepMs), point]));
  const metric = (name: 'qps' | 'wanted' | 'ready', instant: number) => stored.values[name]?.[Math.floor((instant - stored.at) / stored.stepMs)] ?? null;
  return {
    at: at.map(iso),
    qps: at.map((instant, index) => metric('qps', instant) ?? points.get(index)?.qps ?? null),
    forecast: at.map((_, index) => points.get(index)?.forecast ?? null),
    bound: at.map((_, index) => points.get(index)?.bound ?? null),
    wanted: at.map((instant, index) => points.get(index)?.wanted ?? metric('wanted', instant)),
    ready: at.map((instant, index) => metric('ready', instant) ?? points.get(index)?.ready ?? null),
    pending: at.map((_, index) => points.get(index)?.pending ?? null),
    capacityQps: at.map((_, index) => points.get(index)?.capacityQps ?? null),
  };
}

/** The level as it is now, grown as days that were alike grew, with the bound in the same proportion, and what floors want. */
function nextOf(context: Context, present: Present, workload: Workload, settings: AutoscaleSettings, { last, state }: Remembered, minutes: number): AutoscaleChart['next'] {
  const sizing = present.sizingOf(workload);
  if (last === null || settings.mode === 'off' || isRefusal(sizing)) return { at: [], forecast: [], bound: [], floor: [], wanted: [] };
  const { decision, observation } = last;
  const moment = context.market.momentOf(settings.markets, decision.at);
  const usualNow = usualQps(state, moment);
  const spread = decision.forecast > 0 ? Math.max(1, decision.bound / decision.forecast) : 1;
  const scheduler = settingsOf(settings);
  const capacity = fullCapacityOf(scheduler, observation.capacity, costDriftPermille(state.cost, observation.capacity.cpuMsPerRequest), false);
  const most = Math.min(grantedReplicas(workload, sizing), settings.max ?? Number.POSITIVE_INFINITY);
  const rules = { schedules: settings.schedules.map(scheduleOf), signals: settings.signals };
  const subject = { workloadId: workload.id, service: workload.service, environment: workload.environment, markets: settings.markets };
  const level = decision.level ?? decision.forecast;
  const points = Array.from({ length: minutes }, (_, index) => {
    const at = decision.at + (index + 1) * MINUTE_MS;
    const then = usualQps(state, moment, index + 1);
    const forecast = then === null || usualNow === null || usualNow <= 0 ? level : (level * then) / usualNow;
    const { floors } = context.market.floorsFor(subject, rules, { openings: state.openings, replicaQps: decision.replicaQps, level }, at);
    const opening = openingFloors(state.openings, context.market.momentOf(settings.markets, at), at, startDelayMs(scheduler, observation), settings.risk, capacity);
    const floor = Math.max(settings.min, observation.bounds.min, ...floors.map(({ replicas }) => replicas), ...opening.floors.map(({ replicas }) => replicas));
    return { at: iso(at), forecast: Math.round(forecast), bound: Math.round(forecast * spread), floor, wanted: Math.min(most, Math.max(floor, needOf(capacity, forecast * spread).replicas)) };
  });
  return { at: points.map(({ at }) => at), forecast: points.map(({ forecast }) => forecast), bound: points.map(({ bound }) => bound), floor: points.map(({ floor }) => floor), wanted: points.map(({ wanted }) => wanted) };
}
