// Every two seconds: takes in the newest sample of each workload and the starts that ended, and says whose demand is so near to what is there that
// waiting for the next round would be too late. Decides nothing and writes nothing.
import { capacityOf as fullCapacityOf, costDriftPermille } from '#scheduler/autoscale/capacity.ts';
import { isUrgent } from '#scheduler/autoscale/witness.ts';
import { isRefusal } from '#scheduler/size.ts';
import type { Context } from '../context.ts';
import type { Present } from '../control/present.ts';
import { MOST_STARTS, type Remembered } from './memory.ts';
import { capacityOf } from './observe.ts';
import { settingsOf } from './rules.ts';
import type { RoundSettings } from './round.ts';
import type { StartWatch } from './starts.ts';

/** A round takes what came since the last one; more is not kept. */
const MOST_FRESH = 30;
/** Panic looks at the mean of so much time. */
const FAST_MS = 6_000;

/** @returns ids of the workloads that have to be decided at once */
export function tick(context: Context, present: Present, settings: RoundSettings, watch: StartWatch): string[] {
  const now = context.clock.now();
  noteStarts(context, present, watch, now);
  const urgent: string[] = [];
  for (const workload of present.snapshot.workloads) {
    const { settings: set } = settings(workload.id);
    if (set.mode === 'off') continue;
    const remembered = context.autoscale.of(workload.id);
    const latest = context.metrics.latest(workload.id);
    if (latest === null || latest.qps === null || latest.qpsAt === null) continue;
    takeSample(remembered, latest.qpsAt, latest.qps, now);
    const sizing = present.sizingOf(workload);
    if (isRefusal(sizing) || set.isPaused || now - remembered.state.at < 2_000) continue;
    const declared = workload.ask.profile.cpuMsPerRequest;
    const capacity = fullCapacityOf(settingsOf(set), capacityOf(workload, sizing.shape, remembered, now), costDriftPermille(remembered.state.cost, declared), false);
    if (isUrgent(capacity, latest.ready, fastMean(remembered, now))) urgent.push(workload.id);
  }
  return urgent;
}

function noteStarts(context: Context, { snapshot: { replicas, hosts } }: Present, watch: StartWatch, now: number): void {
  const isServing = (id: string, hostId: string | null) => hostId !== null && context.fleet.get(hostId)?.replicas.get(id)?.state === 'running';
  const watched = replicas.map(({ id, workloadId, hostId }) => ({ id, workloadId, hostId, isServing: isServing(id, hostId) }));
  for (const started of watch.look(watched, hosts.map(({ id }) => id), now)) {
    const { starts } = context.autoscale.of(started.workloadId);
    starts[started.class] = [...starts[started.class], started.ms].slice(-MOST_STARTS);
  }
}

function takeSample(remembered: Remembered, at: number, value: number, now: number): void {
  // A clock that went back begins anew.
  if ((remembered.fresh.at(-1)?.at ?? 0) > now + FAST_MS) remembered.fresh = [];
  if (at <= (remembered.fresh.at(-1)?.at ?? remembered.state.seenAt)) return;
  remembered.fresh = [...remembered.fresh, { at, value }].slice(-MOST_FRESH);
}

function fastMean({ fresh, state }: Remembered, now: number): number | null {
  const samples = [...fresh];
  for (let index = 0; index < state.recent.length; index += 2) samples.push({ at: state.recent[index]!, value: state.recent[index + 1]! });
  const newest = samples.filter(({ at }) => at > now - FAST_MS);
  return newest.length === 0 ? null : newest.reduce((sum, { value }) => sum + value, 0) / newest.length;
}
