// How many moves of serving replicas a plan may still begin, and which replicas may not begin one now.
// Takes the options of a decision; gives a count that movers and wishes share. It counts what is voluntary only: what is lost, what
// waits and what changes in place asks nobody.

import type { Replica } from './model.ts';
import type { Overlay } from './overlay.ts';
import { livingHost, type Pair } from './pairs.ts';

export interface Pace {
  /** Moves that may still begin. */
  left: number;
  /** Hosts whose replicas have a pace of their own, by id: moves that may still begin from all that share it. */
  readonly limits: ReadonlyMap<string, { left: number }>;
  /** True: the end is asked for, whatever the pace; a move is one step then, as if every successor served at once. */
  readonly complete: boolean;
  /** Replicas that are not tried now, because a successor of theirs was given up a short while ago. */
  readonly resting: ReadonlySet<string>;
  readonly serves: (replica: Replica) => boolean;
  /** Seen not to serve, which is more than not seen to serve. */
  readonly fails: (replica: Replica) => boolean;
  /** Clients still come to it, or may: where it is too many it goes on for a while. */
  readonly lingers: (replica: Replica) => boolean;
  /** By workload: pairs that are under way and moves that this plan begins. */
  readonly underWay: Map<string, number>;
  /** Replicas that the plan takes away from where they serve. */
  readonly stopped: Set<string>;
  /** Replicas that are due, and may not begin now. */
  readonly late: Set<string>;
}

/** A pace of its own for what leaves some hosts, within the pace of all. */
export interface MoveLimit {
  readonly hostIds: readonly string[];
  /** How many may begin now, from all of them together. */
  readonly moves: number;
}

/** By host id; hosts of one limit share its count. */
export function limitsByHost(limits: readonly MoveLimit[]): Map<string, { left: number }> {
  return new Map(
    limits.flatMap(({ hostIds, moves }) => {
      const limit = { left: moves };
      return hostIds.map((id) => [id, limit] as const);
    }),
  );
}

/** Of ten replicas of a workload one may be on its way at a time; of fewer, one. */
const ONE_IN = 10;

/** Pairs of one release: those of two have their own surge. */
export function pairsByWorkload(pairs: readonly Pair[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { leaving, successor } of pairs) if (leaving.releaseId === successor.releaseId) counts.set(leaving.workloadId, (counts.get(leaving.workloadId) ?? 0) + 1);
  return counts;
}

/** Whether this replica may begin to move now. @param replicas how many the workload should have */
export function mayBegin(pace: Pace, { id, workloadId, hostId }: Replica, replicas: number): boolean {
  if (pace.complete) return true;
  if ((pace.limits.get(hostId ?? '')?.left ?? 1) <= 0) return false;
  if (pace.left <= 0 || pace.resting.has(id)) return false;
  return (pace.underWay.get(workloadId) ?? 0) < Math.max(1, Math.floor(replicas / ONE_IN));
}

export function begun(pace: Pace, { workloadId, hostId }: Replica): void {
  pace.left -= 1;
  const limit = pace.limits.get(hostId ?? '');
  if (limit !== undefined) limit.left -= 1;
  pace.underWay.set(workloadId, (pace.underWay.get(workloadId) ?? 0) + 1);
}

/** Whether a replica may stop before it starts elsewhere: enough others of its workload serve all the while. */
export function maySpare({ base }: Overlay, pace: Pace, replica: Replica, mustRemain: number): boolean {
  const others = (base.replicasOf.get(replica.workloadId) ?? []).filter((other) => {
    if (other.id === replica.id || pace.stopped.has(other.id) || livingHost(base, other) < 0) return false;
    return other.successor === undefined ? pace.serves(other) : other.successor.state === 'serving';
  });
  return others.length >= mustRemain;
}
