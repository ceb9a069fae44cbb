// How far automatic actions may reach without a person: a share of the hosts and of each workload's replicas within a window. Pure: takes the limit,
// what was let pass and what is wanted now; allows all of it or nothing of it.

export interface Limit {
  /** Of all hosts, within the window. */
  readonly hostPermille: number;
  /** Of one workload's replicas, within the window. */
  readonly replicaPermille: number;
  readonly windowMs: number;
}

/** One host that an action reaches, with the replicas that it reaches there, by workload id. */
export interface Reach {
  readonly hostId: string;
  readonly replicas: Readonly<Record<string, number>>;
}

export interface Asked {
  readonly limit: Limit;
  /** Hosts of the fleet. */
  readonly hosts: number;
  /** Replicas that the workload has. */
  readonly replicasOf: (workloadId: string) => number;
  /** Let pass within the window. */
  readonly passed: readonly Reach[];
  readonly wanted: readonly Reach[];
}

export type Ruling =
  | { readonly allows: true }
  | { readonly allows: false; readonly by: 'hosts'; readonly wanted: number; readonly passed: number; readonly most: number; readonly of: number }
  | { readonly allows: false; readonly by: 'replicas'; readonly workloadId: string; readonly wanted: number; readonly passed: number; readonly most: number; readonly of: number };

/** A share in whole things; one is always allowed, or a small fleet could do nothing by itself. */
export const mostOf = (permille: number, of: number): number => Math.max(1, Math.floor((of * permille) / 1000));

export function govern({ limit, hosts, replicasOf, passed, wanted }: Asked): Ruling {
  const before = new Set(passed.map(({ hostId }) => hostId));
  const more = new Set(wanted.map(({ hostId }) => hostId).filter((id) => !before.has(id)));
  if (wanted.length === 0) return { allows: true };
  const most = mostOf(limit.hostPermille, hosts);
  if (before.size + more.size > most) return { allows: false, by: 'hosts', wanted: more.size, passed: before.size, most, of: hosts };
  // What one host has is lost with it: a limit on replicas must not keep the only one that is reached from being healed.
  if (before.size + more.size <= 1) return { allows: true };
  const already = sum(passed);
  for (const [workloadId, count] of sum(wanted)) {
    const of = replicasOf(workloadId);
    const mostReplicas = mostOf(limit.replicaPermille, of);
    const gone = already.get(workloadId) ?? 0;
    if (limit.replicaPermille < 1000 && gone + count > mostReplicas) return { allows: false, by: 'replicas', workloadId, wanted: count, passed: gone, most: mostReplicas, of };
  }
  return { allows: true };
}

function sum(reaches: readonly Reach[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { replicas } of reaches) for (const [id, count] of Object.entries(replicas)) sums.set(id, (sums.get(id) ?? 0) + count);
  return sums;
}
