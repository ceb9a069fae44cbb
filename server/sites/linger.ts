// How long a replica that is replaced goes on beside its successor: clients keep its address for the TTL of their answer. It is out of answers
// since its successor was started; it stops once these are over, or its successor has served for a while. What has no name does not wait.
import type { SeenReplica } from './steering.ts';

/** A long TTL must not hold a drain or a rollout up: most clients are gone by then, and the others try their next address. */
const MOST_MS = 15_000;

export interface Linger {
  /** TTLs of names by workload, and what is remembered of replicas. Writer: steering.ts */
  follow(ttlMsOf: ReadonlyMap<string, number>, seen: ReadonlyMap<string, SeenReplica>): void;
  /** Whether the replica that a serving successor replaces should go on for now. */
  holds(successor: { readonly id: string; readonly workloadId: string; readonly replaces: string | null; readonly createdAt: number }, now: number): boolean;
}

/** @param startDeadlineMs after which a successor is held up by nothing */
export function openLinger({ startDeadlineMs }: { readonly startDeadlineMs: number }): Linger {
  let ttls: ReadonlyMap<string, number> = new Map();
  let replicas: ReadonlyMap<string, SeenReplica> = new Map();
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
      return now < Math.min(leavingSince + ttlMs, healthySince + MOST_MS);
    },
  };
}
