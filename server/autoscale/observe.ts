// What the autoscaler sees of a workload now, put together from metrics, the desired state, quotas and calendars. Reads only; decides nothing.
import type { Floor, Moment, Observation, ReplicaCapacity, Settings } from '#scheduler/autoscale/model.ts';
import type { Shape, Sizing, Workload } from '#scheduler/model.ts';
import type { Latest } from '../metrics/model.ts';
import type { Remembered } from './memory.ts';
import { p95 } from './starts.ts';

export interface Around {
  readonly now: number;
  readonly sizing: Sizing;
  readonly latest: Latest | null;
  /** Replicas that the quota leaves for it, with those that it has; null: no limit. */
  readonly quota: number | null;
  readonly moment: Moment;
  readonly floors: readonly Floor[];
  readonly cap: Observation['cap'];
  /** A rollout is under way and moves on. */
  readonly isDeploying: boolean;
  /** It waits for room that is not there: a VM has to come first. */
  readonly isCold: boolean;
}

/** The number that people asked for, whatever is decided. */
export const grantedReplicas = ({ ask }: Pick<Workload, 'ask'>, { forPeak }: Pick<Sizing, 'forPeak'>): number => Math.max(1, ask.minReplicas, forPeak);

/** The number that is to be changed: what holds, else what was asked for; a preview has its own. */
export function desiredNow({ mode }: Settings, remembered: Remembered, workload: Workload, granted: number): number {
  if (mode === 'on') return Math.min(granted, Math.max(1, workload.ask.minReplicas, workload.decision?.replicas ?? granted));
  return Math.min(granted, remembered.previewed ?? granted);
}

export function observe(settings: Settings, remembered: Remembered, workload: Workload, { now, sizing, latest, quota, moment, floors, cap, isDeploying, isCold }: Around): Observation {
  const granted = grantedReplicas(workload, sizing);
  const desired = desiredNow(settings, remembered, workload, granted);
  const usageAt = latest?.usageAt ?? null;
  const seen = (value: number | null | undefined, at: number | null) => (value === null || value === undefined || at === null ? null : { at, value });
  const ready = latest?.ready ?? 0;
  return {
    at: now,
    qps: [...remembered.fresh],
    sources: sourcesOf(remembered, latest, now),
    cpuMilli: seen(latest?.cpuMilli, usageAt),
    connections: seen(latest?.connections, usageAt),
    p99Ms: seen(latest?.p99Ms, latest?.qpsAt ?? usageAt),
    ready,
    pending: Math.max(0, (settings.mode === 'on' ? sizing.replicas : desired) - ready),
    desired,
    startDelayMs: startDelayOf(remembered, isCold),
    capacity: capacityOf(workload, sizing.shape, remembered, now),
    bounds: { min: Math.max(1, workload.ask.minReplicas), max: granted, quota: quota === null ? null : Math.max(desired, quota) },
    floors,
    cap,
    moment,
    isDeploying,
    isRestarted: !remembered.isAwake,
  };
}

/** Starts on hosts that are there are quick; where a VM has to come first, the slower figure counts. Null: none was measured. */
export function startDelayOf({ starts }: Pick<Remembered, 'starts'>, isCold: boolean): number | null {
  const [warm, cold] = [p95(starts.warm), p95(starts.cold)];
  return isCold ? (cold ?? warm) : (warm ?? cold);
}

/** What one replica is made of; for a day after a release a request costs what it cost before at least. */
export function capacityOf({ ask: { profile } }: Pick<Workload, 'ask'>, { cpuMilli, memoryMib }: Shape, { kept }: Pick<Remembered, 'kept'>, now: number): ReplicaCapacity {
  const { cpuMsPerRequest, memoryBaseMib, memoryKibPerQps, maxQps } = profile;
  const least = kept !== null && now < kept.until ? { leastCpuMsPerRequest: kept.msPerRequest } : {};
  return { cpuMilli, cpuMsPerRequest, ...least, memoryMib, memoryBaseMib, memoryKibPerQps, maxQps: maxQps ?? null };
}

/** More are no gateways but hosts, and one of them is missed by its CPU. */
const MOST_SOURCES = 50;

/**
 * Those that tell of arrivals, of the kind that is believed. A gateway that is gone is missed. A host that was asked and has no replica any more is not:
 * it counts as speaking of nothing.
 */
function sourcesOf({ state }: Remembered, latest: Latest | null, now: number): Observation['sources'] {
  const all = latest?.sources ?? [];
  const kind = latest?.qpsFrom ?? all[0]?.kind;
  const sources = all.filter((source) => source.kind === kind && source.qps !== null).slice(0, MOST_SOURCES).map(({ source, qps, at }) => ({ source, qps: qps!, at }));
  if (kind !== 'scraped') return sources;
  const left = state.trusted.sources.filter(([name]) => !all.some(({ source }) => source === name)).map(([source]) => ({ source, qps: 1e-6, at: now }));
  return [...sources, ...left];
}
