// What the agent knows of its engine: facts, containers as last seen, how they ended, and whether the engine answers at all.
// Listens to the engine's events, so that changes are seen at once; `look` asks for the whole.
import { backoffMs, pause, withDeadline, type Clock } from './clock.ts';
import type { Container, EngineFacts, Runtime, RuntimeEvent } from './docker/runtime.ts';
import { sentenceOf, type Log } from './log.ts';
import type { LastEnd } from './report.ts';

const LOOK_LIMIT_MS = 20_000;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 2_000;
/** Of which a service may end: INT, QUIT, KILL, TERM. */
const ENDING_SIGNALS = ['2', '3', '9', '15', 'SIGINT', 'SIGQUIT', 'SIGKILL', 'SIGTERM'];
/** Nothing may take longer to stop. */
const LONGEST_STOP_MS = 620_000;
/** Words about one end of a container come within this time of each other. */
const SAME_END_MS = 2_000;

export class EngineView {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onChange: () => void;
  readonly #onEnd: (containerId: string, atMs: number | undefined, wasStopped: boolean) => void;
  readonly #closing = new AbortController();
  readonly #ends = new Map<string, LastEnd & { readonly atMs: number }>();
  readonly #oomMs = new Map<string, number>();
  readonly #startMs = new Map<string, number>();
  /** When somebody told a container to end, through the engine. */
  readonly #killMs = new Map<string, number>();
  #containers: readonly Container[] = [];
  #facts: EngineFacts | undefined;
  #down: string | undefined;
  #stale = true;
  #watching: Promise<void> | undefined;

  /** `onChange` is called when something on the engine changed or when it came or went, `onEnd` when a container ended. */
  constructor(parts: { runtime: Runtime; clock: Clock; log: Log; onChange: () => void; onEnd: (containerId: string, atMs: number | undefined, wasStopped: boolean) => void }) {
    this.#runtime = parts.runtime;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#onChange = parts.onChange;
    this.#onEnd = parts.onEnd;
  }

  /** As of the last look that succeeded. */
  get containers(): readonly Container[] {
    return this.#containers;
  }

  /** Undefined until the engine answered for the first time. */
  get facts(): EngineFacts | undefined {
    return this.#facts;
  }

  /** Why the engine cannot be asked, as a sentence; undefined while it answers. */
  get down(): string | undefined {
    return this.#down;
  }

  lastEnd(containerId: string): LastEnd | undefined {
    return this.#ends.get(containerId);
  }

  listen(): void {
    this.#watching ??= this.#watch();
  }

  /** Asks the engine for everything. Never rejects: a failure is what `down` says. */
  async look(): Promise<void> {
    try {
      await withDeadline(this.#clock, LOOK_LIMIT_MS, 'a look at the containers', async () => {
        // The engine may have been upgraded while it was away.
        if (this.#facts === undefined || this.#stale) this.#facts = await this.#runtime.facts();
        this.#containers = await this.#runtime.containers();
      });
      this.#stale = false;
      if (this.#down !== undefined) this.#log.info({ engine: this.#runtime.endpoint }, 'Docker Engine answers again');
      this.#down = undefined;
      const ids = new Set(this.#containers.map((container) => container.id));
      for (const known of [this.#ends, this.#oomMs, this.#startMs, this.#killMs]) for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    } catch (error) {
      const sentence = `Docker Engine does not answer on ${this.#runtime.endpoint}: ${sentenceOf(error)}`;
      if (this.#down === undefined) this.#log.error({ reason: sentence }, 'Docker Engine is down');
      this.#down = sentence;
      this.#stale = true;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#watching;
  }

  /** Docker tells of memory and of the end apart, in either order; one without the other soon (a child was killed) is forgotten. */
  #onOutOfMemory(id: string): void {
    const end = this.#ends.get(id);
    const hasBegunAgain = (this.#startMs.get(id) ?? Number.NEGATIVE_INFINITY) >= (end?.atMs ?? 0);
    if (end !== undefined && !hasBegunAgain && this.#isRecent(end.atMs)) this.#ends.set(id, { ...end, outOfMemory: true });
    else this.#oomMs.set(id, this.#clock.elapsedMs());
  }

  #isRecent(atMs: number | undefined): boolean {
    return atMs !== undefined && this.#clock.elapsedMs() - atMs < SAME_END_MS;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    let attempts = 0;
    while (!signal.aborted) {
      const opened = (): void => {
        attempts = 0;
        this.#stale = true;
        this.#onChange();
      };
      await this.#runtime.watch((event) => this.#onEvent(event), opened, signal).catch(() => undefined);
      if (signal.aborted) return;
      attempts += 1;
      this.#stale = true;
      this.#onChange();
      await pause(this.#clock, backoffMs(attempts, FIRST_RETRY_MS, LONGEST_RETRY_MS), signal);
    }
  }

  #onEvent(event: RuntimeEvent): void {
    const id = event.containerId;
    if (id !== undefined && event.action === 'oom') this.#onOutOfMemory(id);
    if (id !== undefined && event.action === 'kill' && ENDING_SIGNALS.includes(event.signal ?? '')) this.#killMs.set(id, this.#clock.elapsedMs());
    if (id !== undefined && event.action === 'die') {
      const killMs = this.#killMs.get(id);
      const wasStopped = killMs !== undefined && this.#clock.elapsedMs() - killMs < LONGEST_STOP_MS;
      this.#killMs.delete(id);
      const outOfMemory = this.#isRecent(this.#oomMs.get(id));
      this.#oomMs.delete(id);
      this.#ends.set(id, { atMs: this.#clock.elapsedMs(), outOfMemory, wasStopped, at: new Date(event.atMs ?? this.#clock.nowMs()).toISOString(), ...(event.exitCode === undefined ? {} : { exitCode: event.exitCode }) });
      this.#onEnd(id, event.atMs, wasStopped);
    }
    if (id !== undefined && event.action === 'start') this.#startMs.set(id, this.#clock.elapsedMs());
    if (!event.action.startsWith('exec_')) this.#onChange();
  }
}
