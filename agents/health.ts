// Whether the services of this host answer: one probe a replica, by TCP or HTTP from the host, or by a command in its container where it asks for one.
// Takes targets, gives verdicts; starting services are asked often, well ones seldom, and never more than a few at the same time.
import { connect } from 'node:net';
import { withDeadline, type Clock } from './clock.ts';
import { sentenceOf } from './log.ts';

/** What to ask. Another `run` (the container's start) is another target: what was known about the run before does not count. */
export interface HealthTarget {
  readonly replicaId: string;
  readonly run: string;
  readonly address: string;
  readonly port: number;
  readonly path?: string;
  /** Asked by a command in its container; the address is not asked then. */
  readonly command?: { readonly containerId: string; readonly words: readonly string[] };
  /** What the service asks for instead of what is usual. */
  readonly pace?: { readonly intervalMs?: number; readonly timeoutMs?: number; readonly failures?: number; readonly startGraceMs?: number };
}

export type Verdict = { readonly state: 'unknown' } | { readonly state: 'starting' | 'unhealthy'; readonly reason: string } | { readonly state: 'well' };

/** Nothing could be found out, as when an engine is down: what was known stays. */
export class NoEvidence extends Error {
  override name = 'NoEvidence';
}

/** Resolves when the service is well, rejects with the reason when not, or with NoEvidence. */
export type Probe = (target: HealthTarget, signal: AbortSignal) => Promise<void>;

const PROBE_LIMIT_MS = 2_000;
const PROBES_AT_ONCE = 16;
/** A service that has just been started is asked this often, so that it counts within moments of answering. */
const FIRST_PAUSE_MS = 100;
const STARTING_PAUSE_MS = 1_000;
const WELL_PAUSE_MS = 5_000;
const DOUBTFUL_PAUSE_MS = 1_000;
/** One lost packet must not take a service out; three failures in a row, about three seconds, do. */
const FAILURES_TO_UNHEALTHY = 3;
/** A service that has not answered for this long after its start is called unhealthy instead of starting. */
const START_LIMIT_MS = 60_000;

interface Entry {
  readonly target: HealthTarget;
  readonly sinceMs: number;
  verdict: Verdict;
  failures: number;
  /** Since when it has been well without a break, on the steady clock. */
  wellSinceMs: number | undefined;
  probes: number;
  cancel: () => void;
}

export class HealthBoard {
  readonly #clock: Clock;
  readonly #probe: Probe;
  readonly #onChange: () => void;
  readonly #entries = new Map<string, Entry>();
  readonly #due: Entry[] = [];
  #underWay = 0;

  /** `onChange` is called when a verdict becomes another one. */
  constructor(parts: { clock: Clock; probe: Probe; onChange: () => void }) {
    this.#clock = parts.clock;
    this.#probe = parts.probe;
    this.#onChange = parts.onChange;
  }

  /** Sets what is watched from now on; known targets keep their verdicts. */
  watch(targets: readonly HealthTarget[]): void {
    const wanted = new Map(targets.map((target) => [target.replicaId, target]));
    for (const [id, entry] of this.#entries) {
      const target = wanted.get(id);
      if (target !== undefined && isSame(target, entry.target)) wanted.delete(id);
      else this.#drop(id, entry);
    }
    for (const [id, target] of wanted) {
      const entry: Entry = { target, sinceMs: this.#clock.elapsedMs(), verdict: { state: 'unknown' }, failures: 0, wellSinceMs: undefined, probes: 0, cancel: () => undefined };
      this.#entries.set(id, entry);
      this.#enqueue(entry);
    }
  }

  verdict(replicaId: string): Verdict {
    return this.#entries.get(replicaId)?.verdict ?? { state: 'unknown' };
  }

  /** How long it has been well without a break; 0: it is not. */
  wellForMs(replicaId: string): number {
    const since = this.#entries.get(replicaId)?.wellSinceMs;
    return since === undefined ? 0 : this.#clock.elapsedMs() - since;
  }

  /** Whether every target has been asked at least once. */
  get settled(): boolean {
    return [...this.#entries.values()].every((entry) => entry.probes > 0);
  }

  close(): void {
    for (const [id, entry] of this.#entries) this.#drop(id, entry);
  }

  #drop(id: string, entry: Entry): void {
    entry.cancel();
    this.#entries.delete(id);
  }

  #enqueue(entry: Entry): void {
    this.#due.push(entry);
    while (this.#underWay < PROBES_AT_ONCE) {
      const next = this.#due.shift();
      if (next === undefined) return;
      if (this.#isWatched(next)) void this.#ask(next);
    }
  }

  async #ask(entry: Entry): Promise<void> {
    this.#underWay += 1;
    let failure: string | undefined;
    let isEvidence = true;
    try {
      await withDeadline(this.#clock, entry.target.pace?.timeoutMs ?? PROBE_LIMIT_MS, where(entry.target), (signal) => this.#probe(entry.target, signal));
    } catch (error) {
      failure = sentenceOf(error);
      isEvidence = !(error instanceof NoEvidence);
    }
    this.#underWay -= 1;
    if (this.#isWatched(entry)) {
      if (isEvidence) this.#judge(entry, failure);
      else entry.probes += 1;
      entry.cancel = this.#clock.after(pauseOf(entry), () => this.#enqueue(entry));
    }
    const next = this.#due.shift();
    if (next !== undefined) this.#enqueue(next);
  }

  #judge(entry: Entry, failure: string | undefined): void {
    const before = entry.verdict;
    entry.probes += 1;
    entry.failures = failure === undefined ? 0 : entry.failures + 1;
    if (failure === undefined) {
      entry.verdict = { state: 'well' };
      entry.wellSinceMs ??= this.#clock.elapsedMs();
    }
    else if (before.state === 'well' || before.state === 'unhealthy') {
      if (entry.failures >= (entry.target.pace?.failures ?? FAILURES_TO_UNHEALTHY) || before.state === 'unhealthy') {
        entry.verdict = { state: 'unhealthy', reason: failure };
        entry.wellSinceMs = undefined;
      }
    } else {
      const late = this.#clock.elapsedMs() - entry.sinceMs > (entry.target.pace?.startGraceMs ?? START_LIMIT_MS);
      entry.verdict = { state: late ? 'unhealthy' : 'starting', reason: `waits for the service: ${failure}` };
    }
    if (before.state !== entry.verdict.state) this.#onChange();
  }

  #isWatched(entry: Entry): boolean {
    return this.#entries.get(entry.target.replicaId) === entry;
  }
}

/** Opens a TCP connection, or gets a path over HTTP and wants an answer from 200 to 299. */
export const networkProbe: Probe = (target, signal) => (target.path === undefined ? probeTcp(target, signal) : probeHttp(target, target.path, signal));

function probeTcp(target: HealthTarget, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.address, port: target.port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', (error) => reject(new Error(`${where(target)}: ${sentenceOf(error)}`)));
  });
}

/** What may come before the end of the first line of an answer. */
const MOST_LINE = 1_024;

/** The status decides: nothing but its line is read, which takes a third less than a whole exchange would. A body that never ends keeps nothing. */
function probeHttp(target: HealthTarget, path: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (/[^\x21-\x7e]/.test(path)) return reject(new Error(`${where(target)}: the path has characters that no URL has`));
    const socket = connect({ host: target.address, port: target.port, signal });
    const over = (failure: string | undefined): void => {
      socket.destroy();
      if (failure === undefined) resolve();
      else reject(new Error(`${where(target)}: ${failure}`));
    };
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (more: string) => {
      text = afterInformation(text + more);
      const line = text.indexOf('\n');
      const status = line < 0 ? undefined : /^HTTP\/1\.[01] (\d{3})\b/.exec(text)?.[1];
      if (status?.startsWith('1') === true && text.length <= MOST_LINE) return;
      if (status !== undefined) over(status.startsWith('2') ? undefined : `HTTP ${status}`);
      else if (line >= 0 || text.length > MOST_LINE) over('the answer is not HTTP');
    });
    socket.once('end', () => over('the connection was closed without an answer'));
    socket.once('error', (error) => over(sentenceOf(error)));
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${target.address}:${target.port}\r\nuser-agent: firn-agent\r\nconnection: close\r\n\r\n`);
  });
}

/** Answers of 100 to 199 come before the one that counts. */
function afterInformation(text: string): string {
  const end = /^HTTP\/1\.1 1\d\d\b/.test(text) ? text.indexOf('\r\n\r\n') : -1;
  return end < 0 ? text : afterInformation(text.slice(end + 4));
}

function pauseOf(entry: Entry): number {
  const usualMs = entry.target.pace?.intervalMs ?? WELL_PAUSE_MS;
  const doubtfulMs = Math.min(usualMs, DOUBTFUL_PAUSE_MS);
  if (entry.verdict.state === 'well') return entry.failures > 0 ? doubtfulMs : usualMs;
  // A process in a container costs more than a connection.
  if (entry.verdict.state === 'unhealthy' || entry.target.command !== undefined) return doubtfulMs;
  return Math.min(FIRST_PAUSE_MS * Math.max(1, entry.probes), STARTING_PAUSE_MS);
}

const where = (target: HealthTarget): string => (target.command === undefined ? `${target.address}:${target.port}${target.path ?? ''}` : `command ${target.command.words.join(' ').slice(0, 80)}`);

function isSame(one: HealthTarget, other: HealthTarget): boolean {
  return one.run === other.run && one.address === other.address && one.port === other.port && one.path === other.path && JSON.stringify([one.command, one.pace]) === JSON.stringify([other.command, other.pace]);
}
