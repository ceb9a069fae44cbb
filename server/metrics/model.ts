// The vocabulary of metrics inside the server: what is kept of each figure, whose figures they are, and what is known of a workload now.
// Plain data. Instants are milliseconds since 1970 by the server's clock; rates are per second; what nobody said is null and never 0.
import type { Metric, MetricUnit, SourceKind } from '../http/contract/metrics.ts';

export type { Metric, MetricUnit, SourceKind };

/** Figures older than this are given with their age and not trusted. */
export const TRUST_MS = 30_000;

/** How several values of one figure become one. */
export type Fold = 'mean' | 'max';

/** Every figure that is kept, in the order in which they are packed: new ones go to the end, so that what was packed stays readable. */
export const METRIC_TABLE: Readonly<Record<Metric, { readonly unit: MetricUnit; readonly fold: Fold }>> = {
  qps: { unit: 'per-second', fold: 'mean' },
  qpsMax: { unit: 'per-second', fold: 'max' },
  errorsPerSecond: { unit: 'per-second', fold: 'mean' },
  rejectedPerSecond: { unit: 'per-second', fold: 'mean' },
  p99Ms: { unit: 'ms', fold: 'max' },
  cpuMilli: { unit: 'millicores', fold: 'mean' },
  memoryMib: { unit: 'MiB', fold: 'mean' },
  connections: { unit: 'count', fold: 'mean' },
  throttledPermille: { unit: 'permille', fold: 'mean' },
  receivedBytesPerSecond: { unit: 'bytes-per-second', fold: 'mean' },
  sentBytesPerSecond: { unit: 'bytes-per-second', fold: 'mean' },
  readBytesPerSecond: { unit: 'bytes-per-second', fold: 'mean' },
  writtenBytesPerSecond: { unit: 'bytes-per-second', fold: 'mean' },
  ready: { unit: 'count', fold: 'mean' },
  wanted: { unit: 'count', fold: 'mean' },
};
export const METRIC_NAMES = Object.keys(METRIC_TABLE) as readonly Metric[];

/** Whose figures: `workload:ID`, `host:ID`, `cluster`. */
export type Subject = `workload:${string}` | `host:${string}` | 'cluster';

/** Values at one moment; absent or null: not known. */
export type Sample = Readonly<Partial<Record<Metric, number | null>>>;

/** One that tells of a workload's requests. */
export interface SourceReading {
  /** A gateway's name, a Prometheus source's name, or the name of the host whose agent asks the services. */
  readonly source: string;
  readonly kind: SourceKind;
  /** Arrivals: accepted, queued and rejected. Null until there are two readings. */
  readonly qps: number | null;
  readonly rejectedPerSecond: number | null;
  readonly errorsPerSecond: number | null;
  readonly p99Ms: number | null;
  /** When it was true; of several services the oldest of their newest readings. */
  readonly at: number;
  /** False: older than TRUST_MS. */
  readonly isTrusted: boolean;
  /** Scraped: how many of the ready replicas there say, and how many there are. */
  readonly reporting: number | null;
  readonly of: number | null;
  /** What is wrong with it, as a sentence. */
  readonly problem: string | null;
}

/** What is known of a workload now. Figures that are not trusted are null here and only in `sources`, with their age. */
export interface Latest {
  /** Of the newest figure of all. */
  readonly at: number | null;
  /** Every source that is known, silent ones for an hour after they were heard last. */
  readonly sources: readonly SourceReading[];
  /** Sum over the trusted sources of the best kind that speaks: pushed, then prometheus, then scraped. */
  readonly qps: number | null;
  readonly qpsFrom: SourceKind | null;
  /** When `qps` was true: the oldest of what is summed. */
  readonly qpsAt: number | null;
  /** A source of that kind or a better one is silent: the sum may be too small. */
  readonly isPartial: boolean;
  readonly rejectedPerSecond: number | null;
  readonly errorsPerSecond: number | null;
  readonly p99Ms: number | null;
  /** Sums over ready replicas; `usageAt`: the oldest of what is summed, null where nothing is. */
  readonly cpuMilli: number | null;
  readonly memoryMib: number | null;
  readonly connections: number | null;
  readonly usageAt: number | null;
  /** Of the scheduling periods of all ready replicas, how many were cut short by their CPU limit. */
  readonly throttledPermille: number | null;
  readonly receivedBytesPerSecond: number | null;
  readonly sentBytesPerSecond: number | null;
  readonly readBytesPerSecond: number | null;
  readonly writtenBytesPerSecond: number | null;
  /** Replicas that serve, and that should be there. */
  readonly ready: number;
  readonly of: number;
}

/** Equally spaced values of one subject. */
export interface Series {
  /** Of the first value. */
  readonly at: number;
  readonly stepMs: number;
  readonly resolution: 'raw' | 'minute' | 'ten-minutes';
  readonly values: Readonly<Partial<Record<Metric, readonly (number | null)[]>>>;
}
