/**
 * A past for the demo's services, so that forecasts know the day from the first minute: the autoscaler's own `decide` is played over the demand of
 * the last hours, and days before them are given to it as it would have noted them. Figures only: no decision is listed that nobody took. Whoever
 * looks at such a service reads in its settings that its past is made up. Takes the running server; goes on from what is remembered already.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decide } from '#scheduler/autoscale/decide.ts';
import { freshState } from '#scheduler/autoscale/memory.ts';
import type { Observation, State } from '#scheduler/autoscale/model.ts';
import { record } from '#scheduler/autoscale/season.ts';
import { isRefusal } from '#scheduler/size.ts';
import { MOST_TRAIL, type TrailPoint } from '#server/autoscale/memory.ts';
import { capacityOf, grantedReplicas } from '#server/autoscale/observe.ts';
import { settingsOf } from '#server/autoscale/rules.ts';
import type { Context } from '#server/context.ts';
import { AutoscaleSettings, type AutoscaleSettingsInput } from '#server/http/contract/autoscale.ts';
import { scheduleOf } from '#server/market/schedules.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** What is played; days before it are minutes only. */
const PLAYED_MS = 7 * HOUR_MS;
const DAYS_BEFORE = 5;
const STEP_MS = 20_000;
/** A shorter gap is no gap: the server was started again. */
const GAP_MS = 10 * MINUTE_MS;
const START_MS = 3_000;
const TURN_STEPS = 60;

/**
 * @param asked settings that it followed then
 * @param demandAt requests a second of that service at an instant
 */
export async function playPast(context: Context, workloadId: string, asked: AutoscaleSettingsInput, demandAt: (atMs: number) => number): Promise<void> {
  const { autoscale, market, metrics, clock } = context;
  const { base, sizingOf } = await context.present.read();
  const workload = base.workloads.get(workloadId);
  const sizing = workload === undefined ? undefined : sizingOf(workload);
  if (workload === undefined || sizing === undefined || isRefusal(sizing)) return;
  const set = AutoscaleSettings.parse(asked);
  const now = clock.now();
  const { trail: remembered, state: before } = autoscale.of(workloadId);
  // What this life of the server saw is no past.
  const known = remembered.filter(({ at }) => at < performance.timeOrigin - MINUTE_MS);
  const lastAt = known.at(-1)?.at ?? 0;
  if (now - lastAt < GAP_MS) return;
  // Whole hours: what was measured of the hour in which the last run ended stays.
  const from = Math.ceil(Math.max(now - PLAYED_MS, lastAt) / HOUR_MS) * HOUR_MS;
  const settings = { ...settingsOf(set), mode: 'on' as const };
  const granted = grantedReplicas(workload, sizing);
  const capacity = capacityOf(workload, sizing.shape, autoscale.of(workloadId), now);
  let state: State = known.length > 0 ? before : { ...freshState(), since: from - DAYS_BEFORE * DAY_MS, days: daysBefore(context, set.markets, from, demandAt) };
  let replicas = Math.min(2, granted);
  let replicaQps = sizing.qpsPerReplica.q;
  const trail: TrailPoint[] = [];
  for (let at = from, step = 1; at < now - MINUTE_MS; at += STEP_MS, step += 1) {
    const qps = demandAt(at);
    const { floors, cap } = market.floorsFor({ workloadId, service: workload.service, environment: workload.environment, markets: set.markets }, { schedules: set.schedules.map(scheduleOf), signals: [] }, { openings: state.openings, replicaQps, level: qps }, at);
    const cpuMilli = qps * capacity.cpuMsPerRequest;
    const observation: Observation = { at, qps: [{ at, value: qps }], sources: [], cpuMilli: { at, value: cpuMilli }, connections: null, p99Ms: null, ready: replicas, pending: 0, desired: replicas, startDelayMs: START_MS, capacity, bounds: { min: 1, max: granted, quota: null }, floors, cap, moment: market.momentOf(set.markets, at), isDeploying: false, isRestarted: false };
    const next = decide(settings, state, observation);
    ({ state } = next);
    const { forecast, bound, level } = next.decision;
    ({ replicaQps } = next.decision);
    if (at % MINUTE_MS === 0) trail.push({ at, qps: level, forecast, bound, wanted: next.decision.replicas, ready: replicas, pending: 0, capacityQps: replicas * replicaQps });
    metrics.history.add(`workload:${workloadId}`, { qps, qpsMax: qps, cpuMilli, ready: replicas, wanted: next.decision.replicas }, at);
    ({ replicas } = next.decision);
    if (step % TURN_STEPS === 0) await nextTurn();
  }
  // Between two looks of the autoscaler: one under way would write over it what it decided without this past.
  await context.loops.runOnce('autoscale');
  const present = autoscale.of(workloadId);
  present.trail = [...known, ...trail, ...present.trail.filter(({ at, qps }) => qps !== null && at > (trail.at(-1)?.at ?? 0))].slice(-MOST_TRAIL);
  present.state = { ...state, changes: present.state.changes, needs: [] };
}

function daysBefore({ market }: Context, markets: readonly string[], from: number, demandAt: (atMs: number) => number): State['days'] {
  let days: State['days'] = [];
  for (let at = from - DAYS_BEFORE * DAY_MS; at < from; at += MINUTE_MS) {
    const { day, minuteOfDay, dayType } = market.momentOf(markets, at);
    days = record(days, day, dayType, minuteOfDay, demandAt(at));
  }
  return days;
}
