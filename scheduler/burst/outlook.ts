// The present as it is about to be: the autoscaler's forecast reached, warm room wanted, VMs that are on their way already there. What is bought
// and what is given back are both decided on it, so that nothing is bought twice and nothing goes that is needed in a moment.
import { joinHosts, poolHost } from '../questions/join-hosts.ts';
import type { Pool, Snapshot } from '../model.ts';
import { prepare } from '../prepare.ts';
import type { NewId } from '../ordinals.ts';
import { countOf, type Need, needsOf } from '../questions/needs.ts';
import { lacking as lackingOn } from '../schedule.ts';
import { withWarmRoom } from './warm-room.ts';

export interface Expected {
  /** Workload id -> replicas that the autoscaler will want within the time that a VM takes to come; sizing bounds them by the ask. */
  readonly forecasts: Readonly<Record<string, number>>;
  /** Environment -> permille of what it holds. */
  readonly warmRoom: Readonly<Record<string, number>>;
  /** VMs that were asked for and have not joined. */
  readonly coming: readonly { readonly name: string; readonly pool: Pool }[];
}

export interface Deciding {
  readonly seed: number;
  readonly newId: NewId;
}

export function outlook(snapshot: Snapshot, { forecasts, warmRoom, coming }: Expected): Snapshot {
  const workloads = snapshot.workloads.map((workload) => {
    const replicas = forecasts[workload.id];
    // Room is never given up for a forecast: what is decided now holds until the autoscaler decides less. Without a decision a workload has all that was asked for.
    if (replicas === undefined || workload.decision === undefined || replicas <= workload.decision.replicas) return workload;
    return { ...workload, decision: { replicas, reason: 'forecast' } };
  });
  const joined = coming.reduce<Snapshot>((now, { name, pool }) => joinHosts(now, poolHost(pool), 1, `coming-${name}`), { ...snapshot, workloads });
  return withWarmRoom(joined, warmRoom);
}

/** What would find no room on this snapshot, and where everything would end. */
export function lacking(snapshot: Snapshot, { seed, newId }: Deciding): Need[] {
  const base = prepare(snapshot);
  return needsOf(base, lackingOn(base, [...base.workloads.values()], { verb: 'place', seed, newId, moves: Number.POSITIVE_INFINITY, complete: true }, undefined));
}

/** Replicas without room by workload's name, most first. */
export function roomLines(needs: readonly Need[]): { readonly workload: string; readonly replicas: number }[] {
  const counts = new Map<string, number>();
  for (const { workload, count } of needs) counts.set(workload.name, (counts.get(workload.name) ?? 0) + count);
  return [...counts].map(([workload, replicas]) => ({ workload, replicas })).sort((one, other) => other.replicas - one.replicas || (one.workload < other.workload ? -1 : 1));
}

export { countOf };
