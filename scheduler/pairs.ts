// Which replicas belong together because one was started so that the other can leave: a pair counts as one until one of them stops.
// Takes the replicas of a workload and the fleet; gives the pairs that are under way, and the stops that end all others. Chooses no host.

import type { Replica, StepReason } from './model.ts';
import { type Base, indexOfHost } from './prepare.ts';

export interface Stop {
  readonly replica: Replica;
  readonly reason: StepReason;
}

export interface Pair {
  /** Serves, and stops once the successor does. */
  readonly leaving: Replica;
  /** Starts. */
  readonly successor: Replica;
}

export interface Pairs {
  readonly underWay: readonly Pair[];
  /** Of the others: the replaced one where the successor took over, the successor where it is given up. */
  readonly ended: readonly Stop[];
}

const NONE: Pairs = { underWay: [], ended: [] };

/**
 * @param replicas all of one workload, by ordinal
 * @param complete true: every successor that starts counts as one that serves, since the end is asked for
 */
export function pairsOf(base: Base, replicas: readonly Replica[], complete = false): Pairs {
  const successors = replicas.filter(({ successor }) => successor !== undefined);
  if (successors.length === 0) return NONE;
  const byId = new Map(replicas.map((replica) => [replica.id, replica]));
  const replaced = new Set<string>();
  const underWay: Pair[] = [];
  const ended: Stop[] = [];
  for (const successor of successors) {
    const { replaces, state } = successor.successor!;
    const leaving = byId.get(replaces);
    // What it was to replace is gone: it is a replica like any other.
    if (leaving === undefined) continue;
    const isSecond = replaced.has(replaces) || byId.has(leaving.successor?.replaces ?? '');
    const failure = isSecond ? 'another one takes over already' : whyGone(base, successor);
    if (failure !== undefined) {
      ended.push({ replica: successor, reason: { code: 'given-up', detail: failure } });
      continue;
    }
    replaced.add(replaces);
    if (livingHost(base, leaving) < 0) ended.push({ replica: leaving, reason: { code: 'succeeded', detail: `its successor is on ${hostName(base, successor)}` } });
    else if (state === 'overdue') ended.push({ replica: successor, reason: { code: 'given-up', detail: `did not serve in time on ${hostName(base, successor)}` } });
    else if (state === 'serving' || complete) ended.push({ replica: leaving, reason: { code: 'succeeded', detail: `its successor serves on ${hostName(base, successor)}` } });
    else underWay.push({ leaving, successor });
  }
  return { underWay, ended };
}

/** Ids of replicas that leave, or that a successor replaced: caps and spread count the successor instead. */
export function leavingIds(base: Base, replicas: readonly Replica[]): ReadonlySet<string> {
  const { underWay, ended } = pairsOf(base, replicas);
  return new Set([...underWay.map(({ leaving }) => leaving.id), ...ended.flatMap(({ replica, reason }) => (reason.code === 'succeeded' ? [replica.id] : []))]);
}

/** Whether one of the replicas was started so that this one can leave. */
export function hasSuccessor(replicas: readonly Replica[], id: string): boolean {
  return replicas.some(({ successor }) => successor?.replaces === id);
}

/** Index of the host on which a replica runs as far as anybody knows; -1 where it waits or its host is lost or gone. */
export function livingHost(base: Base, { hostId }: Replica): number {
  const host = indexOfHost(base, hostId);
  return host >= 0 && base.hosts[host]!.state !== 'lost' ? host : -1;
}

function whyGone(base: Base, replica: Replica): string | undefined {
  if (livingHost(base, replica) >= 0) return undefined;
  return replica.hostId === null ? 'it has no host' : `host ${hostName(base, replica)} is lost`;
}

function hostName(base: Base, { hostId }: Replica): string {
  const host = indexOfHost(base, hostId);
  return host < 0 ? String(hostId) : base.hosts[host]!.name;
}
