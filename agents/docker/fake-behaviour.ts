// How services behave that exist only in memory, declared by image: what a bad release does, without a line of code in the test that needs one.
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { RequestCounters } from '../protocol.ts';

/** Everything is optional: an image of which nothing is said starts, serves, and counts no requests. */
export interface FakeBehaviour {
  /** It ends by itself so long after each start. */
  readonly crashesMs?: number;
  /** With this exit code; absent: 1. */
  readonly exitCode?: number;
  /** What it writes before it ends. */
  readonly lastWords?: string;
  /** It runs and never answers well: what its health check gets instead, such as `HTTP 503`. */
  readonly unhealthy?: string;
  /** What programs give that are run in its container, such as a health check's; absent: exit code 0. */
  readonly runs?: (command: readonly string[]) => { readonly exitCode: number; readonly output: string };
  /** How long after its start it begins to serve. */
  readonly slowMs?: number;
  /** It cannot be pulled: what the registry says, such as `manifest unknown` or `connection refused`. */
  readonly unpullable?: string;
  /** Its container reports this image id, as what a build pushed would; absent: one that follows from the reference. */
  readonly imageId?: string;
  /** Such as `arm64`; absent: it runs everywhere. */
  readonly architecture?: string;
  /** It is asked so often, and counts that; absent: its requests are not known. */
  readonly requestsPerSecond?: number;
  /** CPU time that one request takes; absent: 1 ms. */
  readonly cpuMsPerRequest?: number;
  /** Of a thousand requests, so many are answered with 5xx. */
  readonly errorPermille?: number;
  /** Requests take at most this long, half of them half of it; absent: 20 ms. */
  readonly latencyMs?: number;
}

/** What an engine in memory is made with. */
export interface FakeOptions {
  readonly clock: Clock;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** As the kernel names it, such as `x86_64`; absent: every image runs. */
  readonly architecture?: string;
  /** How long creating, starting and the service's own start take. */
  readonly createMs?: number;
  readonly startMs?: number;
  readonly serviceMs?: number;
  readonly pullMs?: number;
  /** Images that are there from the beginning; absent: every image is. */
  readonly images?: readonly string[];
  /** What services made from an image do, by reference. A caller may change the map at any time; several engines may share one. */
  readonly behaviours?: ReadonlyMap<string, FakeBehaviour>;
}

/** Untruths that an engine may tell. */
export interface FakeLies {
  /** Containers, by name, that its list leaves out. */
  readonly hides?: readonly string[];
  /** Containers that it says are running although they ended. */
  readonly saysRunning?: readonly string[];
  /** It tells of no events. */
  readonly hushes?: boolean;
}

/** The id that an image has, the same on every engine in memory. */
export function imageIdOf(reference: string, behaviour: FakeBehaviour | undefined): string {
  return behaviour?.imageId ?? `sha256:${createHash('sha256').update(reference).digest('hex')}`;
}

/** A cumulative histogram of so many requests: half of them within half of the latency, all of them within the whole. */
export function latencyHistogram(total: number, latencyMs: number): NonNullable<RequestCounters['durations']> {
  const shares = [[0.5, 0.5], [1, 1], [10, 1]] as const;
  return shares.map(([times, share]) => ({ leSeconds: (latencyMs * times) / 1000, count: Math.floor(total * share) }));
}
