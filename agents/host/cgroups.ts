// Figures of one control group, from cgroup v1 (a tree a controller) and v2 (one tree). Takes roots and group paths, gives numbers or null.
// Only reads; a file that is absent (controller off, group gone, other kernel) makes its figures null and never an error.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Usage } from '../protocol.ts';

export type GroupReading = Pick<Usage, 'cpuMicros' | 'throttledPeriods' | 'periods' | 'processes' | 'memoryBytes' | 'blockReadBytes' | 'blockWrittenBytes'>;

/** Reads a v2 group; `path` as in /proc/PID/cgroup. */
export function readV2(root: string, path: string | undefined): GroupReading {
  const file = (name: string): string | undefined => (path === undefined ? undefined : readText(join(root, path, name)));
  const cpu = keyed(file('cpu.stat'));
  const current = numberIn(file('memory.current'));
  const cold = keyed(file('memory.stat')).get('inactive_file') ?? 0;
  const blocks = file('io.stat');
  return {
    cpuMicros: cpu.get('usage_usec') ?? null,
    throttledPeriods: cpu.get('nr_throttled') ?? null,
    periods: cpu.get('nr_periods') ?? null,
    processes: numberIn(file('pids.current')) ?? null,
    memoryBytes: workingSet(current, cold),
    blockReadBytes: sumOf(blocks, /\brbytes=(\d+)/g),
    blockWrittenBytes: sumOf(blocks, /\bwbytes=(\d+)/g),
  };
}

/** Reads v1 groups; the path may differ by controller. */
export function readV1(root: string, pathOf: (controller: string) => string | undefined): GroupReading {
  const file = (controller: string, name: string): string | undefined => {
    const path = pathOf(controller);
    return path === undefined ? undefined : readText(join(root, controller, path, name));
  };
  const cpuNanos = numberIn(file('cpuacct', 'cpuacct.usage'));
  const current = numberIn(file('memory', 'memory.usage_in_bytes'));
  const cold = keyed(file('memory', 'memory.stat')).get('total_inactive_file') ?? 0;
  const cpu = keyed(file('cpu', 'cpu.stat'));
  const blocks = file('blkio', 'blkio.throttle.io_service_bytes_recursive') ?? file('blkio', 'blkio.throttle.io_service_bytes');
  return {
    cpuMicros: cpuNanos === undefined ? null : Math.floor(cpuNanos / 1000),
    throttledPeriods: cpu.get('nr_throttled') ?? null,
    periods: cpu.get('nr_periods') ?? null,
    processes: numberIn(file('pids', 'pids.current')) ?? null,
    memoryBytes: workingSet(current, cold),
    // Lines are `8:0 Read 4096`, one a device and kind, and a `Total` at the end.
    blockReadBytes: sumOf(blocks, /^\d+:\d+ Read (\d+)$/gm),
    blockWrittenBytes: sumOf(blocks, /^\d+:\d+ Write (\d+)$/gm),
  };
}

/** Memory without file pages that the kernel would drop first: what counts against the limit for good. */
function workingSet(current: number | undefined, cold: number): number | null {
  return current === undefined ? null : Math.max(0, current - cold);
}

/** Lines of `name number`. */
function keyed(text: string | undefined): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text?.split('\n') ?? []) {
    const space = line.indexOf(' ');
    const value = Number(line.slice(space + 1));
    if (space > 0 && Number.isSafeInteger(value) && value >= 0) values.set(line.slice(0, space), value);
  }
  return values;
}

function numberIn(text: string | undefined): number | undefined {
  const value = text === undefined ? Number.NaN : Number(text.trim() || Number.NaN);
  return Number.isFinite(value) && value >= 0 ? Math.floor(value) : undefined;
}

/** Sum over all matches; no device at all is zero, no file is null. */
function sumOf(text: string | undefined, pattern: RegExp): number | null {
  return text === undefined ? null : [...text.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
