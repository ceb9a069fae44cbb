// What the autoscaler will want by the time that a VM bought now would serve: its bound, grown as days that were alike grew, and what it prepares for the
// next opening. Takes the autoscaler's memory; gives replicas by workload, only where that is more than it wants now. Sizing bounds them by the ask.
import type { Context } from '../context.ts';
import { usualQps } from '../autoscale/heat.ts';
import type { Remembered } from '../autoscale/memory.ts';

const MINUTE_MS = 60_000;
/** Minutes ahead that are looked at: a VM takes a few to come. */
const AHEAD_MINUTES = [5, 10, 15] as const;
/** An opening further away is prepared for later. */
const OPENING_AHEAD_MS = 20 * MINUTE_MS;
/** What was decided longer ago says nothing of now. */
const OLDEST_MS = 2 * MINUTE_MS;
/** Days that were alike are no reason for more than this at once. */
const MOST_GROWTH = 4;

export function forecastReplicas({ state, last }: Pick<Remembered, 'state' | 'last'>, now: number): number | null {
  if (last === null || last.mode !== 'on' || now - last.decision.at > OLDEST_MS) return null;
  const { decision, observation } = last;
  const usualNow = usualQps(state, observation.moment);
  const usual = Math.max(0, ...AHEAD_MINUTES.map((minutes) => usualQps(state, observation.moment, minutes) ?? 0));
  const growth = usualNow === null || usualNow <= 0 ? 1 : Math.min(MOST_GROWTH, usual / usualNow);
  const grown = growth > 1 && decision.replicaQps > 0 ? Math.ceil((decision.bound * growth) / decision.replicaQps) : 0;
  const opening = decision.opening !== null && decision.opening.at - now <= OPENING_AHEAD_MS ? decision.opening.replicas : 0;
  const wanted = Math.max(grown, opening);
  if (wanted <= decision.replicas) return null;
  // In coarse steps, so that a figure which trembles is not another question each time.
  const step = Math.max(1, Math.floor(wanted / 10));
  return Math.ceil(wanted / step) * step;
}

/** By workload id; in the order of ids, so that the same is written alike. */
export function forecastsOf({ autoscale, clock }: Pick<Context, 'autoscale' | 'clock'>): Record<string, number> {
  const now = clock.now();
  const found = [...autoscale.workloads].flatMap(([id, remembered]) => {
    const replicas = forecastReplicas(remembered, now);
    return replicas === null ? [] : [[id, replicas] as const];
  });
  return Object.fromEntries(found.sort(([one], [other]) => (one < other ? -1 : 1)));
}
