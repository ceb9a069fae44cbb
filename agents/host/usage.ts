// What containers use, read from the host's control groups and /proc: never `docker exec`, never Docker's stats API, both far too slow.
// Takes containers with their init's process id, gives absolute counters and present sizes; what cannot be read is null.
// Reads synchronously on purpose: these files are memory, a read takes microseconds, and a thread hop would cost more than the read.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { MIB_BYTES } from '../docker/runtime.ts';
import type { Usage } from '../protocol.ts';
import { readV1, readV2, type GroupReading } from './cgroups.ts';

export interface UsageTarget {
  readonly containerId: string;
  readonly pid: number;
}

export interface HostUsage {
  readonly cpuMilli: number;
  readonly memoryMib: number;
}

export interface UsageReader {
  /** Usage of those that could be found, by container id. */
  read(targets: readonly UsageTarget[]): Map<string, Usage>;
  /** The host as a whole; undefined until there are two readings. */
  host(): HostUsage | undefined;
}

export interface UsagePlaces {
  /** Where control groups are mounted: /sys/fs/cgroup. */
  readonly cgroupRoot: string;
  /** /proc */
  readonly procRoot: string;
  /** Group that stands for the whole host, where several hosts share a machine; absent: the machine. */
  readonly hostGroup?: string;
}

export const SYSTEM_PLACES: UsagePlaces = { cgroupRoot: '/sys/fs/cgroup', procRoot: '/proc' };

/** cgroup v2 has all controllers in one tree, and says so with this file at its root. */
export function cgroupVersionAt(cgroupRoot: string): 1 | 2 {
  return existsSync(join(cgroupRoot, 'cgroup.controllers')) ? 2 : 1;
}

/** A reader of this machine's files (or of a copy of them, in tests). */
export function openUsageReader(clock: Clock, places: UsagePlaces): UsageReader {
  const version = cgroupVersionAt(places.cgroupRoot);
  const cpuRates = new Rates(clock);
  // What rests is read less often: reading is a tenth of what an idle agent costs.
  const resting = new Map<string, { rounds: number; pid: number; usage: Usage }>();
  let rounds = 0;
  // A container's groups never change while its init lives.
  const known = new Map<string, { pid: number; groups: Map<string, string> }>();
  const groupsFor = ({ containerId, pid }: UsageTarget): Map<string, string> | undefined => {
    const kept = known.get(containerId);
    if (kept?.pid === pid) return kept.groups;
    const groups = groupsOf(join(places.procRoot, String(pid), 'cgroup'));
    if (groups !== undefined) known.set(containerId, { pid, groups });
    return groups;
  };
  const groupAt = (pathOf: (controller: string) => string | undefined): GroupReading =>
    version === 2 ? readV2(places.cgroupRoot, pathOf('')) : readV1(places.cgroupRoot, pathOf);
  return {
    read(targets) {
      const found = new Map<string, Usage>();
      const atMs = clock.nowMs();
      rounds += 1;
      for (const target of targets) {
        const { containerId, pid } = target;
        const rest = resting.get(containerId);
        if (rest !== undefined && rest.pid === pid && rest.rounds >= REST_ROUNDS && rounds % EVERY_ROUND_OF_REST !== 0) {
          found.set(containerId, rest.usage);
          continue;
        }
        const groups = groupsFor(target);
        if (groups === undefined) continue;
        const reading = groupAt((controller) => groups.get(controller));
        const proc = join(places.procRoot, String(pid));
        const network = readNetwork(join(proc, 'net/dev'));
        const usage: Usage = { atMs, ...reading, cpuMilli: cpuRates.take(containerId, reading.cpuMicros), ...network, connections: readConnections(join(proc, 'net/snmp')), initState: readState(join(proc, 'stat')) };
        found.set(containerId, usage);
        const isResting = usage.cpuMilli !== null && usage.cpuMilli <= RESTING_CPU_MILLI;
        resting.set(containerId, { rounds: isResting && rest?.pid === pid ? rest.rounds + 1 : 0, pid, usage });
      }
      cpuRates.retain(new Set([...found.keys(), HOST]));
      for (const kept of [known, resting]) for (const id of kept.keys()) if (!found.has(id)) kept.delete(id);
      return found;
    },
    host() {
      const whole = places.hostGroup === undefined ? readMachine(places.procRoot) : groupAt(() => places.hostGroup);
      const cpuMilli = cpuRates.take(HOST, whole.cpuMicros);
      if (cpuMilli === null || whole.memoryBytes === null) return undefined;
      return { cpuMilli, memoryMib: Math.round(whole.memoryBytes / MIB_BYTES) };
    },
  };
}

/** A container that uses no more than this, so many readings in a row, is read every third time only. */
const RESTING_CPU_MILLI = 10;
const REST_ROUNDS = 5;
const EVERY_ROUND_OF_REST = 3;

const HOST = '(host)';

/** CPU in use between two readings of a counter. */
class Rates {
  readonly #clock: Clock;
  readonly #last = new Map<string, { atMs: number; micros: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Millicores since the last reading of this key; null on the first one and after a counter began again. */
  take(key: string, micros: number | null): number | null {
    if (micros === null) return null;
    const atMs = this.#clock.elapsedMs();
    const before = this.#last.get(key);
    this.#last.set(key, { atMs, micros });
    if (before === undefined || micros < before.micros || atMs <= before.atMs) return null;
    return Math.round((micros - before.micros) / (atMs - before.atMs));
  }

  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#last.keys()) if (!keys.has(key)) this.#last.delete(key);
  }
}

/** Group of a process by controller (`''` for v2), from /proc/PID/cgroup; undefined when the process is gone. */
export function groupsOf(file: string): Map<string, string> | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  const groups = new Map<string, string>();
  for (const line of text.split('\n')) {
    // `4:cpu,cpuacct:/docker/ID`, and `0::/docker/ID` for v2; the path itself may hold colons.
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const controller of controllers.split(',')) groups.set(controller, path);
  }
  return groups;
}

/** Bytes over all interfaces of a process's network but the loopback. */
export function readNetwork(file: string): Pick<Usage, 'networkReceivedBytes' | 'networkSentBytes'> {
  const text = readText(file);
  if (text === undefined) return { networkReceivedBytes: null, networkSentBytes: null };
  let [received, sent] = [0, 0];
  for (const line of text.split('\n')) {
    const [, name, figures] = /^\s*([^:\s]+):\s*(.+)$/.exec(line) ?? [];
    if (name === undefined || figures === undefined || name === 'lo') continue;
    const columns = figures.trim().split(/\s+/).map(Number);
    received += columns[0] ?? 0;
    sent += columns[8] ?? 0;
  }
  return { networkReceivedBytes: received, networkSentBytes: sent };
}

/**
 * TCP connections that stand in a process's network, of both IP versions. The kernel keeps this count: listing them (net/tcp) would walk the table of
 * the whole machine for each container.
 */
function readConnections(file: string): number | null {
  const [names, values] = (readText(file) ?? '').split('\n').filter((line) => line.startsWith('Tcp:')).map((line) => line.split(' '));
  const value = Number(values?.[names?.indexOf('CurrEstab') ?? -1] ?? Number.NaN);
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** The letter after the name, which is in parentheses and may hold any. */
function readState(file: string): string | null {
  const text = readText(file) ?? '';
  return /^ ([A-Za-z]) /.exec(text.slice(text.lastIndexOf(')') + 1))?.[1] ?? null;
}

/** CPU time and memory of the whole machine. */
function readMachine(procRoot: string): Pick<GroupReading, 'cpuMicros' | 'memoryBytes'> {
  const stat = readText(join(procRoot, 'stat')) ?? '';
  const ticks = /^cpu\s+(.*)$/m.exec(stat)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
  // user, nice, system, idle, iowait, irq, softirq, steal; a tick is 10 ms on every Linux that Docker runs on.
  const busyTicks = [0, 1, 2, 5, 6, 7].reduce((sum, index) => sum + (ticks[index] ?? 0), 0);
  const memory = readText(join(procRoot, 'meminfo')) ?? '';
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? Number.NaN);
  const used = kib('MemTotal') - kib('MemAvailable');
  return { cpuMicros: ticks.length > 0 ? busyTicks * 10_000 : null, memoryBytes: Number.isNaN(used) ? null : used * 1024 };
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
