// What services say of their requests: each is asked once in every report's time, a few at the same time, and the answer kept until the next.
// A service that cannot be read is null, and why is logged once: metrics are for judging releases, never for judging health.
import { withDeadline, type Clock } from '../clock.ts';
import { sentenceOf, type Log } from '../log.ts';
import type { RequestCounters } from '../protocol.ts';

export interface MetricsTarget {
  readonly replicaId: string;
  /** The container's start: counters of another run are other counters. */
  readonly run: string;
  readonly address: string;
  readonly port: number;
  readonly path: string;
}

/** Gives a service's counters, or rejects with a sentence. */
export type Scrape = (target: MetricsTarget, signal: AbortSignal) => Promise<RequestCounters>;

const SCRAPE_LIMIT_MS = 1_000;
const SCRAPES_AT_ONCE = 8;
/** A service that starts cannot be asked yet, and that is nothing to say. */
const FAILURES_TO_SAY = 3;
/** A service that nobody uses is asked less often: a connection to each is most of what an idle agent costs. */
const QUIET_ROUNDS = 5;
const EVERY_ROUND_OF_QUIET = 3;
/** Until the server says how often it wants reports. */
const USUAL_MS = 2_000;

interface Entry {
  readonly target: MetricsTarget;
  counters: RequestCounters | null;
  /** How often in a row it could not be read. */
  failures: number;
  /** Rounds in a row in which nobody asked it for anything. */
  quietRounds: number;
}

export class MetricsBoard {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #scrape: Scrape;
  #entries = new Map<string, Entry>();
  #everyMs = USUAL_MS;
  #rounds = 0;
  #cancel: (() => void) | undefined;
  #isBusy = false;
  #closed = false;

  constructor(parts: { clock: Clock; log: Log; scrape: Scrape }) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#scrape = parts.scrape;
  }

  /** How often each is asked, in milliseconds. */
  every(ms: number): void {
    this.#everyMs = ms;
  }

  /** Sets who is asked from now on. */
  watch(targets: readonly MetricsTarget[]): void {
    this.#entries = new Map(targets.map((target) => {
      const known = this.#entries.get(target.replicaId);
      return [target.replicaId, known !== undefined && isSame(known.target, target) ? known : { target, counters: null, failures: 0, quietRounds: 0 }];
    }));
    if (this.#entries.size > 0 && this.#cancel === undefined && !this.#isBusy) this.#later(0);
  }

  /** Undefined for a replica that is not asked, null where nothing could be read. */
  counters(replicaId: string): RequestCounters | null | undefined {
    return this.#entries.get(replicaId)?.counters;
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #later(delayMs: number): void {
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#cancel = undefined;
      void this.#round();
    });
  }

  async #round(): Promise<void> {
    this.#isBusy = true;
    const begunMs = this.#clock.elapsedMs();
    this.#rounds += 1;
    const due = [...this.#entries.values()].filter(({ quietRounds }) => quietRounds < QUIET_ROUNDS || this.#rounds % EVERY_ROUND_OF_QUIET === 0);
    const worker = async (): Promise<void> => {
      for (let entry = due.pop(); entry !== undefined && !this.#closed; entry = due.pop()) await this.#ask(entry);
    };
    await Promise.all(Array.from({ length: Math.min(SCRAPES_AT_ONCE, due.length) }, worker));
    this.#isBusy = false;
    if (!this.#closed && this.#entries.size > 0) this.#later(Math.max(0, begunMs + this.#everyMs - this.#clock.elapsedMs()));
  }

  async #ask(entry: Entry): Promise<void> {
    const { target } = entry;
    try {
      const counters = await withDeadline(this.#clock, SCRAPE_LIMIT_MS, 'metrics', (signal) => this.#scrape(target, signal));
      entry.quietRounds = counters.total === entry.counters?.total ? entry.quietRounds + 1 : 0;
      entry.counters = { ...counters, atMs: this.#clock.nowMs() };
      entry.failures = 0;
    } catch (error) {
      entry.counters = null;
      entry.quietRounds = 0;
      entry.failures += 1;
      if (entry.failures === FAILURES_TO_SAY) this.#log.warn({ replica: target.replicaId, path: target.path, reason: sentenceOf(error) }, 'a service does not say what it counts');
    }
  }
}

function isSame(one: MetricsTarget, other: MetricsTarget): boolean {
  return one.run === other.run && one.address === other.address && one.port === other.port && one.path === other.path;
}
