// A clock that stands still until it is told to go on: for tests and simulations of everything that waits.
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from './clock.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  #nowMs = 0;
  #count = 0;
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return Date.UTC(2026, 0, 1) + this.#nowMs;
  }

  elapsedMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { atMs: this.#nowMs + delayMs, order: (this.#count += 1), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Goes on by that much, timer by timer; what a timer sets going is let to finish before the next. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      await turn();
      const next = [...this.#timers].sort((one, other) => one.atMs - other.atMs || one.order - other.order)[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    this.#nowMs = endMs;
  }
}
