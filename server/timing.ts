// Durations, timers and turns of the event loop, as every part of the server that waits sees them. What time it is for people is `Clock` in context.ts.
// The real server uses `systemTiming`; the simulation hands in one whose time passes only when nothing is left to do, so that a whole day takes a moment
// and comes out the same each time.
import { setTimeout as delay } from 'node:timers/promises';

export interface Timing {
  /** Milliseconds since some fixed moment; never jumps. */
  elapsedMs(): number;
  /** Calls once after the delay, unless the process ends before; the function that it gives cancels that. */
  after(delayMs: number, callback: () => void): () => void;
  /** Resolves after the delay. */
  pause(delayMs: number): Promise<void>;
  /** Lets everything else that is ready go first. */
  turn(): Promise<void>;
}

export const systemTiming: Timing = {
  elapsedMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
  pause: (delayMs) => delay(delayMs),
  turn: () => new Promise(setImmediate),
};
