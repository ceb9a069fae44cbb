// What gateways push, by workload and gateway: absolute counters become rates between two pushes, rates are taken as they are. In memory only.
// What was pushed before is not made worse by what comes late, twice, or begins anew.
import { TRUST_MS, type SourceReading } from './model.ts';

/** A gateway that was taken away must not count as silent for ever. */
const FORGOTTEN_MS = 3_600_000;
/** Over less time a rate says little. */
const LEAST_MS = 400;
/** Beyond this a rise is a counter that is another one now. */
const MOST_PER_SECOND = 100_000_000;

/** Counts since the gateway started, or per second. */
export interface PushedNumbers {
  readonly accepted: number;
  readonly queued?: number | undefined;
  readonly rejected?: number | undefined;
  readonly errors?: number | undefined;
}
/** What one gateway says of one workload, checked. */
export interface PushedReading {
  readonly workloadId: string;
  readonly source: string;
  /** When it was counted, by the gateway's clock where it says, else by the server's. */
  readonly atMs: number;
  readonly counters?: PushedNumbers | undefined;
  readonly rates?: PushedNumbers | undefined;
  readonly p99Ms?: number | undefined;
}

interface Known {
  readonly heardAt: number;
  /** When its rate was true, by the server's clock. */
  readonly at: number;
  readonly counted: { readonly atMs: number; readonly counters: PushedNumbers } | null;
  readonly qps: number | null;
  readonly rejected: number | null;
  readonly errors: number | null;
  readonly p99Ms: number | null;
}

export interface Pushes {
  /** @returns arrivals a second as they are known now; null: one more push is needed */
  take(reading: PushedReading, now: number): number | null;
  ofWorkload(workloadId: string, now: number): SourceReading[];
  /** @returns false where nothing was known of it */
  forget(workloadId: string, source: string): boolean;
  prune(now: number): void;
}

export function openPushes(): Pushes {
  const workloads = new Map<string, Map<string, Known>>();
  return {
    take(reading, now) {
      const sources = workloads.get(reading.workloadId) ?? new Map<string, Known>();
      workloads.set(reading.workloadId, sources);
      const known = next(sources.get(reading.source), reading, now);
      sources.set(reading.source, known);
      return known.qps;
    },
    ofWorkload(workloadId, now) {
      return [...(workloads.get(workloadId) ?? [])].map(([source, { at, qps, rejected, errors, p99Ms }]) => ({ source, kind: 'pushed', qps, rejectedPerSecond: rejected, errorsPerSecond: errors, p99Ms, at, isTrusted: now - at <= TRUST_MS, reporting: null, of: null, problem: now - at <= TRUST_MS ? null : 'has not pushed' }));
    },
    forget: (workloadId, source) => workloads.get(workloadId)?.delete(source) ?? false,
    prune(now) {
      for (const [id, sources] of workloads) {
        for (const [source, { heardAt }] of sources) if (now - heardAt > FORGOTTEN_MS) sources.delete(source);
        if (sources.size === 0) workloads.delete(id);
      }
    },
  };
}

function next(before: Known | undefined, { atMs, counters, rates, p99Ms }: PushedReading, now: number): Known {
  const at = Math.min(now, atMs);
  const base = { heardAt: now, at, p99Ms: p99Ms ?? null };
  if (rates !== undefined) return { ...base, counted: null, qps: arrivals(rates), rejected: rates.rejected ?? null, errors: rates.errors ?? null };
  const counted = { atMs, counters: counters! };
  const last = before?.counted ?? null;
  const unknown: Known = { ...base, counted, qps: null, rejected: null, errors: null };
  if (before === undefined || last === null) return unknown;
  const ms = atMs - last.atMs;
  // The same push again, or one so soon after it that the next will say more.
  if (ms >= 0 && ms < LEAST_MS) return { ...before, heardAt: now };
  if (ms < 0) return before;
  const rate = (name: keyof PushedNumbers): number | null => {
    const [from, to] = [last.counters[name], counters![name]];
    return from === undefined || to === undefined || to < from ? null : ((to - from) * 1000) / ms;
  };
  const parts = (['accepted', 'queued', 'rejected'] as const).map((name) => (counters![name] === undefined ? 0 : rate(name)));
  const qps = parts.every((part) => part !== null) ? parts.reduce((sum, part) => sum + part, 0) : null;
  if (qps === null || qps > MOST_PER_SECOND) return unknown;
  return { ...base, counted, qps, rejected: rate('rejected'), errors: rate('errors') };
}

const arrivals = ({ accepted, queued = 0, rejected = 0 }: PushedNumbers): number => accepted + queued + rejected;
