// How long starts take: from the replica's being wanted until its host says that it serves. Takes what is seen every two seconds; gives each start that
// ended. Those that were there when the watch began tell nothing. In memory; the last figures of a workload are in its memory.

/** `warm`: on a host that was there when it was wanted; `cold`: the host came later. */
export type StartClass = 'warm' | 'cold';

export interface Started {
  readonly workloadId: string;
  readonly class: StartClass;
  readonly ms: number;
}

export interface WatchedReplica {
  readonly id: string;
  readonly workloadId: string;
  readonly hostId: string | null;
  readonly isServing: boolean;
}

/** Longer than any start: after it a replica is in trouble and not starting. */
const LONGEST_MS = 30 * 60_000;
/** What is seen every two seconds is not known better than that. */
const LEAST_MS = 2_000;

export interface StartWatch {
  look(replicas: readonly WatchedReplica[], hostIds: readonly string[], now: number): Started[];
}

export function openStartWatch(): StartWatch {
  /** Since when a replica is wanted; null: it served once, or was there before. */
  let since = new Map<string, number | null>();
  let hosts = new Map<string, number>();
  let isFirst = true;
  return {
    look(replicas, hostIds, now) {
      const started: Started[] = [];
      const wanted = new Map<string, number | null>();
      const known = new Map(hostIds.map((id) => [id, hosts.get(id) ?? (isFirst ? Number.NEGATIVE_INFINITY : now)]));
      for (const { id, workloadId, hostId, isServing } of replicas) {
        const before = since.get(id);
        const at = before === undefined ? (isFirst ? null : now) : before;
        const isOver = at !== null && (isServing || now - at > LONGEST_MS);
        if (at !== null && isServing) started.push({ workloadId, class: (known.get(hostId ?? '') ?? Number.NEGATIVE_INFINITY) > at ? 'cold' : 'warm', ms: Math.max(LEAST_MS, now - at) });
        wanted.set(id, isOver ? null : at);
      }
      [since, hosts, isFirst] = [wanted, known, false];
      return started;
    },
  };
}

/** The start that 95 of 100 are no longer than; null where none was seen. */
export function p95(durations: readonly number[]): number | null {
  if (durations.length === 0) return null;
  const sorted = [...durations].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(0.95 * sorted.length) - 1)]!;
}
