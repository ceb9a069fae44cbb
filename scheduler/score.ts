// The soft preferences: how good a host is for one replica, in integers, so that equal hosts are equal on every machine.
// Each preference gives 0..1 and has a weight in the policy. The score is the part that depends on the host alone plus the part
// that depends on its rack and site; capacity-index.ts relies on that split.

import type { Host, Weights } from './model.ts';
import type { Overlay } from './overlay.ts';
import type { DemandView } from './feasible.ts';

/** Scores are whole parts of this: fine enough to rank, and free of rounding that would break ties by chance. */
export const SCORE_SCALE = 1_000_000;

/** Of the spread preference, half looks at the host and a quarter each at rack and site. */
const SPREAD_SHARE = { host: 0.5, rack: 0.25, site: 0.25 };

function totalWeight(weights: Weights): number {
  const sum = weights.pack + weights.spread + weights.cost + weights.performance + weights.stability + weights.keep;
  return sum > 0 ? sum : 1;
}

/** 1 where no other replica of the workload is, falling with every one that is. */
const apart = (replicas: number) => 1 / (1 + replicas);

/** What cost, performance and stability are worth on each host, weighted and not yet scaled. */
export function lastingScores(hosts: readonly Host[], weights: Weights): Float64Array {
  const dearest = hosts.reduce((most, host) => Math.max(most, costOfCore(host)), 0);
  return Float64Array.from(hosts, (host) => {
    const cost = dearest > 0 ? 1 - costOfCore(host) / dearest : 1;
    const stability = host.state === 'suspect' ? 0 : host.stability / 100;
    return weights.cost * cost + (weights.performance * host.performance) / 100 + weights.stability * stability;
  });
}

/** Cents an hour for one core of the machine. */
function costOfCore({ capacity, costCentsPerHour }: Host): number {
  return capacity.cpuMilli > 0 ? (costCentsPerHour * 1000) / capacity.cpuMilli : 0;
}

/** The host's own part of the score, after the replica would be there. @param hostCount replicas of the workload on the host now */
export function hostScore(state: Overlay, host: number, demand: DemandView, hostCount: number): number {
  const { base } = state;
  const { weights } = base.snapshot.policy;
  const cpu = base.usableCpu[host]! > 0 ? 1 - (state.freeCpu[host]! - demand.charge.cpuMilli) / base.usableCpu[host]! : 1;
  const memory = base.usableMemory[host]! > 0 ? 1 - (state.freeMemory[host]! - demand.charge.memoryMib) / base.usableMemory[host]! : 1;
  const filled = (cpu + memory) / 2;
  // A host in use beats every empty one; within each kind the fuller wins.
  const pack = (state.replicaCount[host]! > 0 ? 1 + filled : filled) / 2;
  const keep = demand.keepsAddressOn !== null && demand.keepsAddressOn === base.hosts[host]!.networkId ? 1 : 0;
  const sum = base.lastingScore[host]! + weights.pack * pack + weights.keep * keep + weights.spread * SPREAD_SHARE.host * apart(hostCount);
  return Math.round((sum * SCORE_SCALE) / totalWeight(weights));
}

/** The part of the score that all hosts of one rack share. */
export function domainScore(weights: Weights, rackCount: number, siteCount: number): number {
  const sum = weights.spread * (SPREAD_SHARE.rack * apart(rackCount) + SPREAD_SHARE.site * apart(siteCount));
  return Math.round((sum * SCORE_SCALE) / totalWeight(weights));
}

/** A host's whole score for one replica, 0..SCORE_SCALE. */
export function score(state: Overlay, host: number, demand: DemandView, here: { readonly host: number; readonly rack: number; readonly site: number }): number {
  return hostScore(state, host, demand, here.host) + domainScore(state.base.snapshot.policy.weights, here.rack, here.site);
}
