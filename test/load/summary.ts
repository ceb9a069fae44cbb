/**
 * From single requests to figures: counts, reasons of failure and latency percentiles, for every second and for the whole run.
 * Takes what was noted for each arrival; gives plain data. Pure: no clock, no network.
 */

/** What became of one arrival. Times are milliseconds since the run began. */
export interface Arrival {
  /** When it was due: latency counts from here, so that a stall is felt by every request that should have been sent meanwhile. */
  readonly dueMs: number;
  readonly sentMs: number;
  readonly endMs: number;
  readonly target: string;
  /** Undefined when the answer was a 2xx. */
  readonly failure: string | undefined;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export interface Figures {
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  /** Reason to number of arrivals. */
  readonly failures: Readonly<Record<string, number>>;
  /** Of the arrivals that were answered 2xx, from the moment they were due. */
  readonly latency: Latency;
}

export interface LoadResult extends Figures {
  readonly askedQps: number;
  /** Arrivals answered 2xx, a second of the asked duration. */
  readonly servedQps: number;
  /** One entry a second, by when arrivals were due. */
  readonly seconds: readonly Figures[];
  /** Answered 2xx by target. */
  readonly okByTarget: Readonly<Record<string, number>>;
  /** How late the generator itself was: when this is large, the machine was too busy to generate the load and the figures say little. */
  readonly sendDelay: Latency;
  /** Requests sent a second time, because a kept connection was closed by the other side before it carried any answer. */
  readonly retried: number;
}

/** Figures of a whole run of `seconds` seconds at `askedQps`. */
export function summarise(arrivals: readonly Arrival[], run: { askedQps: number; seconds: number; retried: number }): LoadResult {
  const buckets: Arrival[][] = Array.from({ length: Math.ceil(run.seconds) }, () => []);
  const okByTarget: Record<string, number> = {};
  for (const arrival of arrivals) {
    buckets[Math.min(Math.floor(arrival.dueMs / 1000), buckets.length - 1)]?.push(arrival);
    if (arrival.failure === undefined) okByTarget[arrival.target] = (okByTarget[arrival.target] ?? 0) + 1;
  }
  const whole = figuresOf(arrivals);
  return {
    ...whole,
    askedQps: run.askedQps,
    servedQps: whole.ok / run.seconds,
    seconds: buckets.map(figuresOf),
    okByTarget,
    sendDelay: latencyOf(arrivals.map((arrival) => arrival.sentMs - arrival.dueMs)),
    retried: run.retried,
  };
}

/** The figures of a run in a few lines, for a person. */
export function describe(result: LoadResult): string {
  const { latency } = result;
  const reasons = Object.entries(result.failures).map(([reason, count]) => `  ${count} x ${reason}`);
  return [
    `asked ${result.askedQps} QPS, served ${result.servedQps.toFixed(1)}: ${result.ok} ok, ${result.failed} failed, ${result.retried} sent twice`,
    ...reasons,
    `latency p50 ${latency.p50Ms.toFixed(1)} ms, p99 ${latency.p99Ms.toFixed(1)} ms, worst ${latency.maxMs.toFixed(1)} ms`,
    `the generator itself was ${result.sendDelay.p99Ms.toFixed(1)} ms late (p99)`,
  ].join('\n');
}

function figuresOf(arrivals: readonly Arrival[]): Figures {
  const failures: Record<string, number> = {};
  const latencies: number[] = [];
  for (const arrival of arrivals) {
    if (arrival.failure === undefined) latencies.push(arrival.endMs - arrival.dueMs);
    else failures[arrival.failure] = (failures[arrival.failure] ?? 0) + 1;
  }
  return { sent: arrivals.length, ok: latencies.length, failed: arrivals.length - latencies.length, failures, latency: latencyOf(latencies) };
}

function latencyOf(values: readonly number[]): Latency {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), p999Ms: at(0.999), maxMs: at(1) };
}
