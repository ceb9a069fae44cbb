// The soft preferences: how good a host is for one replica, in integers, so that equal hosts are equal on every machine.
// Each preference gives 0..1 and has a weight in the policy. The score is the host's own part, the same for whatever takes as much from
// it, plus a part for every domain that falls with the workload's replicas there; capacity-index.ts relies on that split.

import type { FailureDomain, Host, Shape, Weights } from './model.ts';
import type { Overlay } from './overlay.ts';
import type { DemandView } from './feasible.ts';
import type { Base } from './prepare.ts';
import type { Rooms } from './room-index.ts';

/** Scores are whole parts of this: fine enough to rank, and free of rounding that would break ties by chance. */
export const SCORE_SCALE = 1_000_000;

/** Of the spread preference, half looks at the host and a quarter each at rack and site. */
const SPREAD_SHARE: Readonly<Record<FailureDomain, number>> = { host: 0.5, rack: 0.25, site: 0.25 };

function totalWeight(weights: Weights): number {
  const sum = weights.pack + weights.spread + weights.cost + weights.performance + weights.stability + weights.keep;
  return sum > 0 ? sum : 1;
}

/** What cost, performance and stability are worth on each host, weighted and not yet scaled. */
export function lastingScores(hosts: readonly Host[], weights: Weights): Float64Array {
  const dearest = dearestCore(hosts);
  return Float64Array.from(hosts, (host) => {
    const parts = lastingParts(host, weights, dearest);
    return parts.cost + parts.performance + parts.stability;
  });
}

function dearestCore(hosts: readonly Host[]): number {
  return hosts.reduce((most, host) => Math.max(most, costOfCore(host)), 0);
}

function lastingParts(host: Host, weights: Weights, dearest: number): { readonly cost: number; readonly performance: number; readonly stability: number } {
  const cost = dearest > 0 ? 1 - costOfCore(host) / dearest : 1;
  const stability = host.state === 'suspect' ? 0 : host.stability / 100;
  return { cost: weights.cost * cost, performance: (weights.performance * host.performance) / 100, stability: weights.stability * stability };
}

/** Cents an hour for one core of the machine. */
function costOfCore({ capacity, costCentsPerHour }: Host): number {
  return capacity.cpuMilli > 0 ? (costCentsPerHour * 1000) / capacity.cpuMilli : 0;
}

/** What a host is worth before the replica comes: its lasting preferences and how full it is, in whole parts of the score. */
export function standing(base: Base, { freeCpu, freeMemory, replicaCount }: Rooms, host: number): number {
  const { weights } = base.snapshot.policy;
  const given = (free: number, usable: number) => (usable > 0 ? 1 - free / usable : 1);
  const filled = (given(freeCpu[host]!, base.usableCpu[host]!) + given(freeMemory[host]!, base.usableMemory[host]!)) / 2;
  // A host in use beats every empty one; within each kind the fuller wins.
  const pack = (replicaCount[host]! > 0 ? 1 + filled : filled) / 2;
  return Math.round(((base.lastingScore[host]! + weights.pack * pack) * SCORE_SCALE) / totalWeight(weights));
}

/** What the replica adds by filling its host. */
export function filling({ machines, machineOf }: Base, host: number, { cpuMilli, memoryMib }: Shape): number {
  const machine = machines[machineOf[host]!]!;
  return Math.round(cpuMilli * machine.cpuWorth + memoryMib * machine.memoryWorth);
}

/** What each millicore or MiB that a replica takes adds to its host's score. @param usable what the host has of it */
export function fillingWorth(weights: Weights, usable: number): number {
  return usable > 0 ? (weights.pack * SCORE_SCALE) / (4 * usable * totalWeight(weights)) : 0;
}

/** The host's own part of the score with the replica on it: everything but the spread. @param keeps whether the replica would keep its address there */
export function ownScore(base: Base, rooms: Rooms, host: number, charge: Shape, keeps: boolean): number {
  const { weights } = base.snapshot.policy;
  return standing(base, rooms, host) + filling(base, host, charge) + (keeps ? Math.round((weights.keep * SCORE_SCALE) / totalWeight(weights)) : 0);
}

/** What the whole spread preference is worth, in parts of the score. @param permille how much it counts for the workload's class */
export function spreadWorth(weights: Weights, permille: number): number {
  return (weights.spread * permille * SCORE_SCALE) / (1000 * totalWeight(weights));
}

/** The part of the score for being apart from `replicas` others in the same domain. It never rises with them. @param worth of spreadWorth() */
export function apartScore(worth: number, domain: FailureDomain, replicas: number): number {
  return Math.round((worth * SPREAD_SHARE[domain]) / (1 + replicas));
}

/** A host's whole score for one replica: 0..SCORE_SCALE, more only where a class counts spread above 1000 permille. */
export function score(state: Overlay, host: number, demand: DemandView, here: { readonly host: number; readonly rack: number; readonly site: number }): number {
  const worth = spreadWorth(state.base.snapshot.policy.weights, demand.spreadPermille);
  const keeps = demand.keepsAddressOn !== null && demand.keepsAddressOn === state.base.hosts[host]!.networkId;
  return ownScore(state.base, state, host, demand.charge, keeps) + apartScore(worth, 'host', here.host) + apartScore(worth, 'rack', here.rack) + apartScore(worth, 'site', here.site);
}

/** What each preference of the policy counts for a host, in parts of the score that add up to score() but for rounding. */
export function scoreParts(state: Overlay, host: number, demand: DemandView, here: { readonly host: number; readonly rack: number; readonly site: number }): Readonly<Record<keyof Weights, number>> {
  const { base } = state;
  const { weights } = base.snapshot.policy;
  const scale = SCORE_SCALE / totalWeight(weights);
  const parts = lastingParts(base.hosts[host]!, weights, dearestCore(base.hosts));
  const worth = spreadWorth(weights, demand.spreadPermille);
  const keeps = demand.keepsAddressOn !== null && demand.keepsAddressOn === base.hosts[host]!.networkId;
  return {
    pack: Math.round(standing(base, state, host) - base.lastingScore[host]! * scale) + filling(base, host, demand.charge),
    spread: apartScore(worth, 'host', here.host) + apartScore(worth, 'rack', here.rack) + apartScore(worth, 'site', here.site),
    cost: Math.round(parts.cost * scale),
    performance: Math.round(parts.performance * scale),
    stability: Math.round(parts.stability * scale),
    keep: keeps ? Math.round(weights.keep * scale) : 0,
  };
}
