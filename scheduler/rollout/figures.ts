// From counters of containers, read again and again, to what a release did: requests, errors, p99, CPU for each request. Counters begin again with
// their container, and a service may say nothing of itself: what is not known stays null, and is never taken for nothing.
import type { Reading, ReleaseFigures, ReplicaReadings } from './model.ts';

/** Less CPU than this says nothing about requests. */
const LEAST_CPU_MS = 20;

/** What passed between two readings of one container. */
export interface Interval {
  readonly seconds: number;
  readonly requests: number;
  /** Null where a counter began again in between, or is not known: what it took to start is no cost of requests. */
  readonly cpuMs: number | null;
}

interface Sum {
  requests: number;
  errors: number;
  cpuMs: number;
  /** Requests of those intervals whose CPU is known. */
  cpuRequests: number;
  /** Bound in seconds -> requests that took at most as long. */
  readonly durations: Map<number, number>;
}

/** Sums over the replicas of one release within the window. @param least requests from which CPU for each is told */
export function releaseFigures(replicas: readonly ReplicaReadings[], { least }: { readonly least: number }): ReleaseFigures {
  const sum: Sum = { requests: 0, errors: 0, cpuMs: 0, cpuRequests: 0, durations: new Map() };
  for (const { readings } of replicas) for (const [before, after] of pairs(readings)) add(sum, before, after);
  const isEnough = sum.cpuRequests >= Math.max(1, least) && sum.cpuMs >= LEAST_CPU_MS;
  return { replicas: replicas.length, requests: sum.requests, errors: sum.errors, p99Ms: percentile(sum.durations, sum.requests, 0.99), p99AtLeastMs: percentile(sum.durations, sum.requests, 0.99 - doubt(0.99, sum.requests)), cpuMsPerRequest: isEnough ? rounded(sum.cpuMs / sum.cpuRequests) : null };
}

/** What passed between each two readings of a replica. */
export function intervalsOf(readings: readonly Reading[]): Interval[] {
  return pairs(readings).flatMap(([before, after]) => {
    const requests = increase(before.requests, after.requests);
    return requests === null ? [] : [{ seconds: (after.at - before.at) / 1000, requests, cpuMs: cpuBetween(before, after) }];
  });
}

const pairs = <T>(list: readonly T[]): (readonly [T, T])[] => list.slice(1).map((after, index) => [list[index]!, after] as const);

function add(sum: Sum, before: Reading, after: Reading): void {
  const requests = increase(before.requests, after.requests) ?? 0;
  sum.requests += requests;
  sum.errors += Math.min(requests, increase(before.errors, after.errors) ?? 0);
  const cpuMs = cpuBetween(before, after);
  if (cpuMs !== null) {
    sum.cpuMs += cpuMs;
    sum.cpuRequests += requests;
  }
  if (after.durations === null || before.durations === null) return;
  const earlier = new Map(before.durations.map(({ leSeconds, count }) => [leSeconds, count]));
  const isAnew = after.durations.some(({ leSeconds, count }) => count < (earlier.get(leSeconds) ?? 0));
  for (const { leSeconds, count } of after.durations) sum.durations.set(leSeconds, (sum.durations.get(leSeconds) ?? 0) + count - (isAnew ? 0 : (earlier.get(leSeconds) ?? 0)));
}

/** A counter that fell began again from nothing. */
function increase(before: number | null, after: number | null): number | null {
  if (before === null || after === null) return null;
  return after < before ? after : after - before;
}

function cpuBetween(before: Reading, after: Reading): number | null {
  const isKnown = before.cpuMicros !== null && after.cpuMicros !== null && before.requests !== null && after.requests !== null;
  if (!isKnown || after.cpuMicros < before.cpuMicros || after.requests < before.requests) return null;
  return (after.cpuMicros - before.cpuMicros) / 1000;
}

/**
 * The time within which that share of requests was answered, in milliseconds: linear within its bucket; above the last bound that bound, since
 * more is not known. Null without durations.
 */
export function percentile(durations: ReadonlyMap<number, number>, requests: number, share: number): number | null {
  const buckets = [...durations].sort(([one], [other]) => one - other);
  const total = Math.max(requests, buckets.at(-1)?.[1] ?? 0);
  if (buckets.length === 0 || total === 0) return null;
  const rank = share * total;
  let [low, below] = [0, 0];
  for (const [bound, count] of buckets) {
    if (count >= rank) return rounded(1000 * (count === below ? bound : low + ((bound - low) * (rank - below)) / (count - below)));
    [low, below] = [bound, count];
  }
  return rounded(1000 * low);
}

/**
 * How far below a share the rank of a sample may lie by chance, 97.5 of a hundred times: the normal approximation of the binomial interval of a quantile
 * (Conover, Practical Nonparametric Statistics, 3.2).
 */
const doubt = (share: number, requests: number): number => (requests === 0 ? 0 : Math.min(share, 1.96 * Math.sqrt((share * (1 - share)) / requests)));

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
