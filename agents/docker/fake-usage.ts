// Plausible usage of services that exist only in memory: a slow wave around half of the CPU limit, each replica at another point of it.
// Deterministic in time and replica, so that a simulation can be repeated.
import type { HostUsage, UsageReader, UsageTarget } from '../host/usage.ts';
import type { RequestCounters, Usage } from '../protocol.ts';
import { latencyHistogram, type FakeBehaviour } from './fake-behaviour.ts';
import { MIB_BYTES, type Container } from './runtime.ts';

const WAVE_MS = 10 * 60_000;
const MEAN_SHARE = 0.42;
const WAVE_SHARE = 0.22;
/** Bytes that a request moves, for a share of CPU: an ordinary JSON service. */
const BYTES_PER_CPU_MICRO = 0.4;

export class FakeUsage implements UsageReader {
  readonly #clock: { elapsedMs(): number; nowMs(): number };
  readonly #running: () => readonly Container[];
  readonly #behaviourOf: (container: Container) => FakeBehaviour | undefined;
  readonly #counters = new Map<string, { atMs: number; cpuMicros: number }>();
  /** Requests since the start of a run. */
  readonly #requests = new Map<string, { run: string; atMs: number; total: number }>();

  constructor(parts: { clock: { elapsedMs(): number; nowMs(): number }; running: () => readonly Container[]; behaviourOf: (container: Container) => FakeBehaviour | undefined }) {
    this.#clock = parts.clock;
    this.#running = parts.running;
    this.#behaviourOf = parts.behaviourOf;
  }

  /** What a service that is asked often would count by now; undefined for services of which nothing is known. */
  requestsOf(container: Container): RequestCounters | undefined {
    const behaviour = this.#behaviourOf(container);
    if (behaviour?.requestsPerSecond === undefined) return undefined;
    const [run, atMs] = [container.startedAt ?? '', this.#clock.elapsedMs()];
    const known = this.#requests.get(container.id);
    const before = known?.run === run ? known : { atMs, total: 0 };
    const total = before.total + (behaviour.requestsPerSecond * (atMs - before.atMs)) / 1000;
    this.#requests.set(container.id, { run, atMs, total });
    return { atMs: this.#clock.nowMs(), total: Math.floor(total), errors: Math.floor((total * (behaviour.errorPermille ?? 0)) / 1000), durations: latencyHistogram(Math.floor(total), behaviour.latencyMs ?? 20) };
  }

  read(targets: readonly UsageTarget[]): Map<string, Usage> {
    const running = new Map(this.#running().map((container) => [container.id, container]));
    for (const id of this.#counters.keys()) if (!running.has(id)) this.#counters.delete(id);
    const found = new Map<string, Usage>();
    for (const { containerId } of targets) {
      const container = running.get(containerId);
      if (container !== undefined) found.set(containerId, this.#usageOf(container));
    }
    return found;
  }

  host(): HostUsage {
    const running = this.#running();
    const memory = running.reduce((sum, container) => sum + memoryOf(container), 0);
    return { cpuMilli: running.reduce((sum, container) => sum + this.#cpuMilli(container), 0) + 60, memoryMib: Math.round(memory / MIB_BYTES) + 400 };
  }

  #cpuMilli(container: Container): number {
    const limits = container.limits;
    if (limits === undefined) return 0;
    const behaviour = this.#behaviourOf(container);
    if (behaviour?.requestsPerSecond !== undefined) return Math.round(behaviour.requestsPerSecond * (behaviour.cpuMsPerRequest ?? 1));
    const phase = seedOf(container.name) * 2 * Math.PI;
    const share = MEAN_SHARE + WAVE_SHARE * Math.sin((this.#clock.nowMs() / WAVE_MS) * 2 * Math.PI + phase);
    return Math.round((share * limits.cpuQuotaMicros * 1000) / limits.cpuPeriodMicros);
  }

  #usageOf(container: Container): Usage {
    const cpuMilli = this.#cpuMilli(container);
    const now = this.#clock.elapsedMs();
    const before = this.#counters.get(container.id) ?? { atMs: now, cpuMicros: 0 };
    const cpuMicros = before.cpuMicros + Math.round(cpuMilli * (now - before.atMs));
    this.#counters.set(container.id, { atMs: now, cpuMicros });
    const bytes = Math.round(cpuMicros * BYTES_PER_CPU_MICRO);
    return {
      atMs: this.#clock.nowMs(), cpuMicros, cpuMilli, throttledPeriods: 0, periods: 0, connections: Math.round((this.#behaviourOf(container)?.requestsPerSecond ?? cpuMilli / 10) / 10), processes: 1, initState: 'S', memoryBytes: memoryOf(container), networkReceivedBytes: bytes, networkSentBytes: bytes * 3, blockReadBytes: 0,
      blockWrittenBytes: Math.round(bytes / 50),
    };
  }
}

function memoryOf(container: Container): number {
  return Math.round((container.limits?.memoryBytes ?? 0) * (0.45 + 0.25 * seedOf(container.name)));
}

/** A number from 0 to 1 that belongs to a name. */
function seedOf(name: string): number {
  let hash = 2_166_136_261;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  return hash / 2 ** 32;
}
