// What is remembered of replicas between two looks at their rollout: counters as read, since when they could serve and do not, how long starts
// took. In memory only: after a restart of the server it fills again, and gates look on for as long as they then need.
import type { ObservedReplica } from '#agents/protocol.ts';
import type { Reading, ReplicaReadings } from '#scheduler/rollout/model.ts';

/** As many as the longest look of a gate needs, at one a second for windows of a minute. */
const MOST_READINGS = 720;
const MOST_STARTS = 50;

interface Known {
  readonly wantedId: string;
  /** What its container runs, as known last. */
  releaseId: string | null;
  readings: Reading[];
  /** Since when it could serve and does not. */
  since: number;
  /** Whether it waits to serve for the first time with this release. */
  isStart: boolean;
  seenAt: number;
}

export interface RolloutMemory {
  /**
   * Takes what is seen of a replica.
   * @param seen wantedId: release that it should run; releaseId: what its container runs, where that is known; at: when its host reported
   * @param spacingMs least time between two readings that are kept
   * @returns since when it could serve and does not; now where it serves, or does not have what it needs yet
   */
  note(seen: { readonly replicaId: string; readonly wantedId: string; readonly releaseId: string | null; readonly serves: boolean; readonly couldServe: boolean; readonly observed: ObservedReplica | undefined; readonly at: number | null }, now: number, spacingMs: number): number;
  /** Readings since an instant, of the release that runs now. */
  readings(replicaId: string, since: number): ReplicaReadings | undefined;
  /** When a rollout was looked at first in this life of the server, from its present step on. */
  begunAt(rolloutId: string, step: string, now: number): number;
  /** Median seconds from a container's start until it served; null: none was seen yet. */
  startSeconds(): number | null;
  /** Forgets replicas that were not noted since, and rollouts that are not among these. */
  prune(before: number, rolloutIds: ReadonlySet<string>): void;
}

export function openRolloutMemory(): RolloutMemory {
  const replicas = new Map<string, Known>();
  const steps = new Map<string, { readonly step: string; readonly at: number }>();
  const starts: number[] = [];
  return {
    note({ replicaId, wantedId, releaseId, serves, couldServe, observed, at }, now, spacingMs) {
      const before = replicas.get(replicaId);
      // A host that does not say right now which release runs says nothing new.
      const isSame = before?.wantedId === wantedId && (releaseId === null || before.releaseId === null || before.releaseId === releaseId);
      const known: Known = isSame && before !== undefined ? before : { wantedId, releaseId, readings: [], since: startOf(observed, now), isStart: !serves, seenAt: now };
      replicas.set(replicaId, known);
      known.seenAt = now;
      known.releaseId = releaseId ?? known.releaseId;
      if (serves || !couldServe) {
        if (serves && known.isStart) {
          starts.push((now - known.since) / 1000);
          if (starts.length > MOST_STARTS) starts.shift();
        }
        if (serves) known.isStart = false;
        known.since = now;
      }
      if (at !== null && observed?.usage !== undefined) keep(known.readings, readingOf(observed, at), spacingMs);
      return known.since;
    },
    readings(replicaId, since) {
      const known = replicas.get(replicaId);
      if (known === undefined || known.releaseId === null) return undefined;
      return { replicaId, releaseId: known.releaseId, readings: known.readings.filter(({ at }) => at >= since) };
    },
    begunAt(rolloutId, step, now) {
      const known = steps.get(rolloutId);
      if (known?.step === step) return known.at;
      steps.set(rolloutId, { step, at: now });
      return now;
    },
    startSeconds: () => [...starts].sort((one, other) => one - other)[Math.floor(starts.length / 2)] ?? null,
    prune(before, rolloutIds) {
      for (const [id, { seenAt }] of replicas) if (seenAt < before) replicas.delete(id);
      for (const id of steps.keys()) if (!rolloutIds.has(id)) steps.delete(id);
    },
  };
}

/** When its container started, as its host says; never later than now, for clocks differ. */
function startOf(observed: ObservedReplica | undefined, now: number): number {
  const at = observed?.startedAt === undefined ? Number.NaN : Date.parse(observed.startedAt);
  return Number.isNaN(at) ? now : Math.min(at, now);
}

function keep(readings: Reading[], reading: Reading, spacingMs: number): void {
  const last = readings.at(-1);
  if (last !== undefined && (last.at === reading.at || reading.at - last.at < spacingMs)) return;
  readings.push(reading);
  if (readings.length > MOST_READINGS) readings.shift();
}

function readingOf({ usage }: ObservedReplica, at: number): Reading {
  const requests = usage?.requests ?? null;
  return { at, cpuMicros: usage?.cpuMicros ?? null, requests: requests?.total ?? null, errors: requests?.errors ?? null, durations: requests?.durations ?? null };
}
