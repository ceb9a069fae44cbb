// From counters that hosts report to rates, replica by replica. Pure but for what it remembers. A rate is only ever made of two readings by the same
// clock, the host's, so that clocks that differ do no harm; a reading that is repeated, late, or of a counter that began anew makes none.
import type { Report, Usage } from '#agents/protocol.ts';

/** Over less time a rate says little. */
const LEAST_MS = 400;
/** A host's clock that was set makes any difference: longer than reports ever lie apart. */
const MOST_MS = 120_000;
/** Latency of single seconds jumps: it is taken over about this time. */
const LATENCY_MS = 10_000;
const MIB = 1_048_576;

/** Cumulative counts of requests that took at most so many seconds. */
export type Durations = readonly { readonly leSeconds: number; readonly count: number }[];

/** What is known of one replica. */
export interface Figures {
  /** When its usage was read, by the server's clock. */
  readonly usageAt: number;
  readonly cpuMilli: number | null;
  readonly memoryMib: number | null;
  readonly connections: number | null;
  /** Per second, and of throttling as counted between two readings. */
  readonly received: number | null;
  readonly sent: number | null;
  readonly read: number | null;
  readonly written: number | null;
  readonly periods: number | null;
  readonly throttled: number | null;
  /** When what it counts of requests was read, by the server's clock; null: it never said. */
  readonly requestsAt: number | null;
  readonly qps: number | null;
  readonly errors: number | null;
  /** Requests of the last seconds by duration. */
  readonly durations: Durations | null;
}

interface Requests {
  readonly atMs: number;
  readonly total: number;
  readonly errors: number;
  readonly durations: Durations | null;
}
/** Of tens of thousands of replicas: small, and its strings are those of the newest report. */
interface Known {
  containerId: string | undefined;
  startedAt: string | undefined;
  heardAt: number;
  /** Overwritten by each reading, so that nothing new grows old. */
  readonly figures: { -readonly [name in keyof Figures]: Figures[name] };
  /** Counters of the last reading, of its own: the fleet's are overwritten by the next report. */
  counters: { atMs: number } & { [name in Counter]: number | null };
  /** Oldest first, over LATENCY_MS. */
  requests: Requests[];
}
const NO_REQUESTS: Requests[] = [];

const COUNTERS = ['networkReceivedBytes', 'networkSentBytes', 'blockReadBytes', 'blockWrittenBytes', 'periods', 'throttledPeriods'] as const satisfies readonly (keyof Usage)[];
type Counter = (typeof COUNTERS)[number];
const NO_COUNTERS: Known['counters'] = { atMs: Number.NaN, networkReceivedBytes: null, networkSentBytes: null, blockReadBytes: null, blockWrittenBytes: null, periods: null, throttledPeriods: null };

const NOTHING: Omit<Figures, 'usageAt'> = { cpuMilli: null, memoryMib: null, connections: null, received: null, sent: null, read: null, written: null, periods: null, throttled: null, requestsAt: null, qps: null, errors: null, durations: null };

export interface Readings {
  /** @param now when the report came */
  record(report: Pick<Report, 'at' | 'replicas'>, now: number): void;
  /** As of the last reading; the next one overwrites it. */
  of(replicaId: string): Figures | undefined;
  /** Forgets what was not heard of since. */
  prune(before: number): void;
}

export function openReadings(): Readings {
  const replicas = new Map<string, Known>();
  return {
    record(report, now) {
      const reportedMs = Date.parse(report.at);
      for (const replica of report.replicas) {
        if (replica.usage === undefined) continue;
        const { id, containerId, startedAt } = replica;
        const before = replicas.get(id);
        const isSame = before !== undefined && before.containerId === containerId && before.startedAt === startedAt;
        const known: Known = isSame ? before : { containerId, startedAt, heardAt: now, figures: { usageAt: now, ...NOTHING }, counters: { ...NO_COUNTERS }, requests: NO_REQUESTS };
        if (!isSame) replicas.set(id, known);
        Object.assign(known, { containerId, startedAt, heardAt: now } satisfies Partial<Known>);
        take(known, replica.usage, reportedMs, now);
      }
    },
    of: (replicaId) => replicas.get(replicaId)?.figures,
    prune(before) {
      for (const [id, { heardAt }] of replicas) if (heardAt < before) replicas.delete(id);
    },
  };
}

function take(known: Known, usage: Usage, reportedMs: number, now: number): void {
  const usageMs = usage.atMs ?? reportedMs;
  if (usageMs !== known.counters.atMs) {
    Object.assign(known.figures, figuresOf(usage, known.counters, usageMs));
    known.figures.usageAt = byServer(usageMs, reportedMs, now);
    known.counters.atMs = usageMs;
    for (const name of COUNTERS) known.counters[name] = usage[name] ?? null;
  }
  const { requests } = usage;
  if (requests === undefined || requests === null) return;
  takeRequests(known, { atMs: requests.atMs ?? reportedMs, total: requests.total, errors: requests.errors, durations: requests.durations ?? null }, reportedMs, now);
}

/** A host's instant by the server's clock: as long before the report came as the host says; never later than now. */
const byServer = (hostMs: number, reportedMs: number, now: number): number => now - Math.max(0, Math.min(MOST_MS, reportedMs - hostMs));

function figuresOf(usage: Usage, before: Known['counters'], atMs: number): Omit<Figures, 'usageAt' | 'requestsAt' | 'qps' | 'errors' | 'durations'> {
  const ms = atMs - before.atMs;
  const grown = (name: Counter): number | null => {
    const [from, to] = [before[name], usage[name] ?? null];
    return from === null || to === null || to < from || !(ms >= LEAST_MS && ms <= MOST_MS) ? null : to - from;
  };
  const rate = (name: Counter): number | null => {
    const more = grown(name);
    return more === null ? null : (more * 1000) / ms;
  };
  return {
    cpuMilli: usage.cpuMilli,
    memoryMib: usage.memoryBytes === null ? null : usage.memoryBytes / MIB,
    connections: usage.connections ?? null,
    received: rate('networkReceivedBytes'),
    sent: rate('networkSentBytes'),
    read: rate('blockReadBytes'),
    written: rate('blockWrittenBytes'),
    periods: grown('periods'),
    throttled: grown('throttledPeriods'),
  };
}

function takeRequests(known: Known, reading: Requests, reportedMs: number, now: number): void {
  const last = known.requests.at(-1);
  const ms = last === undefined ? 0 : reading.atMs - last.atMs;
  // The same reading again, or one so soon after it that the next will say more.
  if (last !== undefined && ms >= 0 && ms < LEAST_MS) return;
  if (last === undefined || ms < 0 || ms > MOST_MS || reading.total < last.total) {
    // What was counted between is not known, and what it said before is not true any more.
    known.requests = [reading];
    Object.assign(known.figures, { qps: null, errors: null, durations: null } satisfies Partial<Figures>);
    return;
  }
  known.requests.push(reading);
  while (known.requests.length > 2 && reading.atMs - known.requests[1]!.atMs >= LATENCY_MS) known.requests.shift();
  const durations = durationsBetween(known.requests[0]!, reading);
  Object.assign(known.figures, { requestsAt: byServer(reading.atMs, reportedMs, now), qps: ((reading.total - last.total) * 1000) / ms, errors: (Math.max(0, reading.errors - last.errors) * 1000) / ms, durations } satisfies Partial<Figures>);
}

/** Null where either has none, or other bounds. */
function durationsBetween(from: Requests, to: Requests): Durations | null {
  if (from.durations === null || to.durations === null || from.durations.length !== to.durations.length) return null;
  const grown: { leSeconds: number; count: number }[] = [];
  for (const [index, { leSeconds, count }] of to.durations.entries()) {
    const before = from.durations[index]!;
    if (before.leSeconds !== leSeconds || count < before.count) return null;
    grown.push({ leSeconds, count: count - before.count });
  }
  return [...grown, { leSeconds: Number.POSITIVE_INFINITY, count: Math.max(grown.at(-1)?.count ?? 0, to.total - from.total) }];
}

/**
 * The duration that this share of requests took at most, in milliseconds: within a bucket as if they were spread evenly over it.
 * Null where there were none. Of requests beyond the largest bound, that bound is all that is known.
 */
export function quantileMs(histograms: readonly Durations[], share: number): number | null {
  const bounds = [...new Set(histograms.flatMap((durations) => durations.map(({ leSeconds }) => leSeconds)))].sort((one, other) => one - other);
  // A histogram counts at a bound that it lacks what it counts at the bound below.
  const counts = bounds.map((bound) => histograms.reduce((sum, durations) => sum + (durations.findLast(({ leSeconds }) => leSeconds <= bound)?.count ?? 0), 0));
  const total = counts.at(-1) ?? 0;
  if (total <= 0) return null;
  const rank = share * total;
  const index = counts.findIndex((count) => count >= rank);
  const [below, lower] = index > 0 ? [counts[index - 1]!, bounds[index - 1]!] : [0, 0];
  const upper = bounds[index]!;
  if (!Number.isFinite(upper)) return lower * 1000;
  return (lower + ((upper - lower) * (rank - below)) / Math.max(counts[index]! - below, Number.MIN_VALUE)) * 1000;
}
