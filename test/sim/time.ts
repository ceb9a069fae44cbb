// Time of a simulation: one queue of events for every process and every cable, and lives, which are processes that may end at any moment.
// Time passes only when nothing is left to do: all promises that can go on have gone on, and no turn of an event loop waits.
import { setImmediate as realTurn } from 'node:timers/promises';
import type { Clock } from '#agents/clock.ts';
import type { Timing } from '#server/timing.ts';

/** `look`: a timer of a process; where nothing can come of it, a jump takes it along. `once`: something is under way. `plan`: what the seed lets happen. */
export type EventKind = 'look' | 'once' | 'plan';

interface Event {
  atMs: number;
  readonly order: number;
  readonly kind: EventKind;
  readonly owner: string;
  callback: (() => void) | null;
}

/** When every simulation begins, in milliseconds since 1970. */
export const EPOCH_MS = Date.UTC(2026, 0, 5);

export class Time {
  nowMs = 0;
  /** Work that may wait for files or threads of the machine is under way: nothing else happens while it does. */
  machineWork = 0;
  /** Events that happened. */
  count = 0;
  readonly #heap: Event[] = [];
  readonly #turns: (() => void)[] = [];
  readonly #pending = { look: 0, once: 0, plan: 0 };
  #order = 0;
  /** Time of the CPU by owner, in milliseconds; measured where it is set. */
  spentMs: Map<string, number> | undefined;

  /** Calls at that moment; the function that it gives cancels that. */
  at(atMs: number, kind: EventKind, owner: string, callback: () => void): () => void {
    const event: Event = { atMs, order: (this.#order += 1), kind, owner, callback };
    this.#pending[kind] += 1;
    push(this.#heap, event);
    return () => {
      if (event.callback !== null) this.#pending[kind] -= 1;
      event.callback = null;
    };
  }

  after(delayMs: number, kind: EventKind, owner: string, callback: () => void): () => void {
    return this.at(this.nowMs + Math.max(0, delayMs), kind, owner, callback);
  }

  /** Calls at this moment, when everything else that can go on has gone on. */
  turn(callback: () => void): void {
    this.#turns.push(callback);
  }

  /** Lets everything go on that can, without time passing. */
  async settle(): Promise<void> {
    await realTurn();
    for (let next = this.#turns.shift(); next !== undefined; next = this.#turns.shift()) {
      next();
      await realTurn();
    }
  }

  /** Lets events happen until the work is done. @throws when that takes longer than the limit, or nothing more happens */
  async finish<T>(work: Promise<T>, what: string, limitMs = 120_000): Promise<T> {
    const endMs = this.nowMs + limitMs;
    let isOver = false;
    const over = (): void => void (isOver = true);
    work.then(over, over);
    await this.settle();
    while (!isOver) {
      // Files and certificates take real time, in which nothing else may happen.
      if (isMachineAtWork()) {
        await this.settle();
        continue;
      }
      if ((this.nextMs ?? Number.POSITIVE_INFINITY) > endMs) throw new Error(`${what} does not end within ${limitMs} ms`);
      await this.step();
    }
    return await work;
  }

  /** When the next event is due; undefined: none is. */
  get nextMs(): number | undefined {
    while (this.#heap[0]?.callback === null) pop(this.#heap);
    return this.#heap[0]?.atMs;
  }

  /** Lets the next event happen, and all that follows from it at once. */
  async step(): Promise<void> {
    const event = pop(this.#heap);
    if (event === undefined || event.callback === null) return;
    this.nowMs = Math.max(this.nowMs, event.atMs);
    this.#pending[event.kind] -= 1;
    this.count += 1;
    const { callback } = event;
    event.callback = null;
    if (this.spentMs === undefined) {
      callback();
      await this.settle();
      while (this.machineWork > 0 && isMachineAtWork()) await this.settle();
      return;
    }
    const begun = cpuMs();
    callback();
    await this.settle();
    this.spentMs.set(event.owner, (this.spentMs.get(event.owner) ?? 0) + cpuMs() - begun);
  }

  /** Nothing that was to happen happens any more. */
  forget(): void {
    this.#heap.length = 0;
    Object.assign(this.#pending, { look: 0, once: 0, plan: 0 });
  }

  /** Goes on to a later moment at once; looks that are due come as much later. */
  jump(toMs: number): void {
    const byMs = toMs - this.nowMs;
    this.nowMs = toMs;
    for (const event of this.#heap) if (event.kind === 'look') event.atMs += byMs;
    const events = this.#heap.splice(0).filter(({ callback }) => callback !== null);
    for (const event of events) push(this.#heap, event);
  }
}

/** One process from its start to its end. When it is over, nothing of it goes on: no timer fires, nothing that it waits for comes. */
export class Life {
  isOver = false;
  readonly #time: Time;
  readonly #owner: string;
  /** What somebody set the host's clock to, beside the truth. */
  readonly #skewMs: () => number;

  constructor(time: Time, owner: string, skewMs: () => number = () => 0) {
    this.#time = time;
    this.#owner = owner;
    this.#skewMs = skewMs;
  }

  end(): void {
    this.isOver = true;
  }

  /** Makes the work's answer one that a dead process never hears. */
  hears<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then((value) => this.isOver || resolve(value), (error: unknown) => this.isOver || reject(error instanceof Error ? error : new Error(String(error))));
    });
  }

  after(delayMs: number, callback: () => void, kind: EventKind = 'look'): () => void {
    return this.#time.after(delayMs, kind, this.#owner, () => {
      if (!this.isOver) callback();
    });
  }

  /** As agents see time. */
  get clock(): Clock {
    return { nowMs: () => EPOCH_MS + Math.round(this.#time.nowMs) + this.#skewMs(), elapsedMs: () => this.#time.nowMs, after: (delayMs, callback) => this.after(delayMs, callback) };
  }

  /** As the server waits. */
  get timing(): Timing {
    return {
      elapsedMs: () => this.#time.nowMs,
      after: (delayMs, callback) => this.after(delayMs, callback),
      pause: (delayMs) => new Promise((resolve) => void this.after(delayMs, resolve)),
      turn: () => new Promise((resolve) => this.#time.turn(() => void (this.isOver || resolve()))),
    };
  }
}

/** Whether this process waits for its file system or for what its threads compute. */
const isMachineAtWork = (): boolean => process.getActiveResourcesInfo().some((name) => /Req|Job|Work/.test(name));

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

const isBefore = (one: Event, other: Event): boolean => one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);

function push(heap: Event[], event: Event): void {
  let index = heap.push(event) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(event, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
  return first;
}
