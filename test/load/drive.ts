/**
 * An open-loop HTTP load generator: requests arrive at a constant rate, whether or not earlier ones were answered, as users do.
 * Takes targets, a rate and a duration; gives counts, reasons and latencies, for every second and in all.
 * Bounded in time, count and requests in flight; sends only to this machine and its labs.
 */
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { summarise, type Arrival, type LoadResult } from './summary.ts';
import { allowedNetworks, checkTarget } from './targets.ts';

export interface LoadOptions {
  /** URLs, driven in turn; or a function that gives the URLs of the moment, asked ten times a second, for replicas that move. */
  readonly targets: readonly string[] | (() => readonly string[]);
  /** Arrivals a second, up to 20,000. */
  readonly qps: number;
  /** How long to send, up to 3,600; answers are waited for afterwards, up to `timeoutMs`. */
  readonly seconds: number;
  /** A request without a whole answer after this many milliseconds has failed. */
  readonly timeoutMs?: number;
  /** An arrival that finds this many requests unanswered is not sent, and counts as failed. */
  readonly maxInFlight?: number;
  /** Ends the run early; what was sent until then is reported. */
  readonly signal?: AbortSignal;
}

const MAX_QPS = 20_000;
const MAX_SECONDS = 3_600;
const MAX_REQUESTS = 2_000_000;
/** How often the list of targets is asked for again. */
const TARGETS_AGE_MS = 100;
/** Codes of a kept connection that the other side had closed when the request came; an idle connection's end is nobody's error. */
const STALE_CONNECTION = new Set(['ECONNRESET', 'EPIPE']);

/** Drives the targets and resolves with the figures when every answer is there or overdue. Throws before sending on bad options. */
export async function drive(options: LoadOptions): Promise<LoadResult> {
  within('qps', options.qps, MAX_QPS);
  within('seconds', options.seconds, MAX_SECONDS);
  within('qps x seconds', options.qps * options.seconds, MAX_REQUESTS);
  const run = new Run(options, await allowedNetworks());
  return run.finish();
}

class Run {
  readonly #options: LoadOptions;
  readonly #networks: readonly string[];
  readonly #timeoutMs: number;
  readonly #maxInFlight: number;
  readonly #agent: Agent;
  readonly #start = performance.now();
  readonly #arrivals: Arrival[] = [];
  readonly #checked = new Map<string, URL>();
  #targets: readonly URL[] = [];
  #targetsAtMs = Number.NEGATIVE_INFINITY;
  #inFlight = 0;
  #retried = 0;

  constructor(options: LoadOptions, networks: readonly string[]) {
    this.#options = options;
    this.#networks = networks;
    this.#timeoutMs = options.timeoutMs ?? 5_000;
    this.#maxInFlight = options.maxInFlight ?? 2_000;
    this.#agent = new Agent({ keepAlive: true, maxFreeSockets: this.#maxInFlight });
  }

  async finish(): Promise<LoadResult> {
    const { qps, seconds, signal } = this.#options;
    const count = Math.round(qps * seconds);
    this.#currentTargets();
    try {
      let next = 0;
      while (next < count && !signal?.aborted) {
        // Everything that is due goes out at once: a late timer delays arrivals (and is reported), it never drops them.
        const due = Math.min(count, (this.#now() / 1000) * qps);
        for (; next < due; next += 1) this.#arrive(next, (next / qps) * 1000);
        await delay(1);
      }
      const end = this.#now() + this.#timeoutMs + 1_000;
      while (this.#inFlight > 0 && this.#now() < end) await delay(5);
    } finally {
      this.#agent.destroy();
    }
    return summarise(this.#arrivals, { askedQps: qps, seconds, retried: this.#retried });
  }

  #now(): number {
    return performance.now() - this.#start;
  }

  #arrive(number: number, dueMs: number): void {
    const sentMs = this.#now();
    const targets = this.#currentTargets();
    const url = targets[number % Math.max(1, targets.length)];
    const target = url?.href ?? 'none';
    const end = (failure: string | undefined): void => {
      this.#arrivals.push({ dueMs, sentMs, endMs: this.#now(), target, failure });
    };
    if (!url) return end('there was no target');
    if (this.#inFlight >= this.#maxInFlight) return end(`not sent: ${this.#maxInFlight} requests were unanswered`);
    this.#inFlight += 1;
    this.#request(url, (failure) => {
      this.#inFlight -= 1;
      end(failure);
    });
  }

  /** One request; `done` is called exactly once. */
  #request(url: URL, done: (failure: string | undefined) => void, again = false): void {
    let settled = false;
    const settle = (failure: string | undefined): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      done(failure);
    };
    const request = get(url, { agent: this.#agent }, (response) => {
      const status = response.statusCode ?? 0;
      response.once('end', () => settle(status >= 200 && status < 300 ? undefined : `status ${status}`));
      response.once('error', (error) => settle(`answer broke off: ${codeOf(error)}`));
      response.resume();
    });
    const timer = setTimeout(() => {
      settle(`no answer within ${this.#timeoutMs} ms`);
      request.destroy();
    }, this.#timeoutMs);
    request.once('error', (error) => {
      if (settled) return;
      if (again || !request.reusedSocket || !STALE_CONNECTION.has(codeOf(error))) return settle(codeOf(error));
      settled = true;
      clearTimeout(timer);
      this.#retried += 1;
      this.#request(url, done, true);
    });
  }

  #currentTargets(): readonly URL[] {
    const now = this.#now();
    if (now - this.#targetsAtMs < TARGETS_AGE_MS) return this.#targets;
    this.#targetsAtMs = now;
    const { targets } = this.#options;
    this.#targets = (typeof targets === 'function' ? targets() : targets).map((target) => {
      const url = this.#checked.get(target) ?? checkTarget(target, this.#networks);
      this.#checked.set(target, url);
      return url;
    });
    return this.#targets;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

function within(field: string, value: number, most: number): void {
  if (!(value > 0 && value <= most)) throw new RangeError(`${field}: ${value} is not allowed; give a number above 0 and at most ${most}`);
}
