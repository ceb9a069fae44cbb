// How long a replica that is to stop on purpose goes on: clients keep its address for the TTL of their answer. It leaves the answers first, and stops
// once those that were given before are over. One that is replaced stops earlier where its successor has served for a while. What has no name waits for nothing.
import type { SeenReplica } from './steering.ts';

/** A long TTL must not hold a drain or a rollout up: most clients are gone by then, and the others try their next address. */
const MOST_MS = 60_000;
/** Nobody waits for what is too many, but it costs money. */
const MOST_SPARE_MS = 600_000;
/** An answer is under way for a moment before its TTL begins to count. */
const MARGIN_MS = 1_000;

export interface Linger {
  /** TTLs of names by workload, and what is remembered of replicas. Writer: steering.ts */
  follow(ttlMsOf: ReadonlyMap<string, number>, seen: ReadonlyMap<string, SeenReplica>): void;
  /** Whether the replica that a serving successor replaces should go on for now. */
  holds(successor: { readonly id: string; readonly workloadId: string; readonly replaces: string | null; readonly createdAt: number }, now: number): boolean;
  /** Whether clients may still come to a replica that serves, so that it does not stop for being too many. */
  lingers(replica: { readonly id: string; readonly workloadId: string }, now: number): boolean;
  /** Which replicas are too many and wait for their clients: they leave answers, and those that are not named any more come back. Writer: planner.ts. @returns whether that is news */
  leave(replicaIds: readonly string[]): boolean;
  /** Whether it is too many, and waits for its clients. */
  isLeaving(replicaId: string): boolean;
  /** When its last answer is over; undefined while it may still be told. */
  until(replicaId: string): number | undefined;
  /** When the next of those that wait may stop; infinite where none does. Once it is over it is asked for again. */
  dueAt(): number;
}

/** @param startDeadlineMs after which a successor is held up by nothing */
export function openLinger({ startDeadlineMs }: { readonly startDeadlineMs: number }): Linger {
  let ttls: ReadonlyMap<string, number> = new Map();
  let replicas: ReadonlyMap<string, SeenReplica> = new Map();
  let spare: ReadonlySet<string> = new Set();
  const goneAt = (replicaId: string): number | undefined => {
    const seen = replicas.get(replicaId);
    if (seen === undefined || seen.leavingSince === null || !seen.isLast) return undefined;
    return seen.leavingSince + Math.min(ttls.get(seen.workloadId) ?? 0, MOST_SPARE_MS) + MARGIN_MS;
  };
  return {
    follow(ttlMsOf, seen) {
      ttls = ttlMsOf;
      replicas = seen;
    },
    holds({ id, workloadId, replaces, createdAt }, now) {
      const ttlMs = ttls.get(workloadId);
      if (ttlMs === undefined || replaces === null || now - createdAt > startDeadlineMs) return false;
      const healthySince = replicas.get(id)?.healthySince ?? now;
      const leavingSince = replicas.get(replaces)?.leavingSince ?? now;
      return now < Math.min(leavingSince + ttlMs + MARGIN_MS, healthySince + MOST_MS);
    },
    lingers: ({ id, workloadId }, now) => ttls.has(workloadId) && now < (goneAt(id) ?? Number.POSITIVE_INFINITY),
    leave(replicaIds) {
      const isNews = replicaIds.length !== spare.size || replicaIds.some((id) => !spare.has(id));
      if (isNews) spare = new Set(replicaIds);
      return isNews;
    },
    isLeaving: (replicaId) => spare.has(replicaId),
    until: goneAt,
    dueAt: () => Math.min(Number.POSITIVE_INFINITY, ...[...spare].flatMap((id) => goneAt(id) ?? [])),
  };
}
