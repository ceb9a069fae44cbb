// Time as everything in the agent sees it: wall clock for reports, a steady clock for durations, and timers.
// The real agent uses `systemClock`; simulations hand in a clock of their own, so no other file may call Date or setTimeout.
import { setTimeout as startTimer, clearTimeout as stopTimer } from 'node:timers';

export interface Clock {
  /** Milliseconds since 1970; may jump when somebody sets the host's clock. */
  nowMs(): number;
  /** Milliseconds since some fixed moment; never jumps. */
  elapsedMs(): number;
  /** Calls once after the delay; the function that it gives cancels that. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = startTimer(callback, delayMs);
    return () => stopTimer(timer);
  },
};

/** Waits; resolves early (never rejects) when the signal aborts. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Nobody answered in time. */
export class DeadlineError extends Error {
  override name = 'DeadlineError';
}

/**
 * Runs work that must end within `limitMs`; the work's signal aborts at the deadline.
 * Rejects with DeadlineError even when the work ignores its signal, because no wait of the agent may be endless.
 */
export async function withDeadline<T>(clock: Clock, limitMs: number, what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let cancel: (() => void) | undefined;
  const expired = new Promise<never>((_, reject) => {
    cancel = clock.after(limitMs, () => {
      const error = new DeadlineError(`${what}: no answer within ${limitMs} ms`);
      reject(error);
      controller.abort(error);
    });
  });
  const answer = work(controller.signal);
  // When the deadline wins, the work's own failure has nobody left to hear it.
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, expired]);
  } finally {
    cancel?.();
  }
}

/** Exponential back-off with full jitter: between zero and the bound, so that many hosts do not return at the same moment. */
export function fullJitterMs(attempt: number, firstMs: number, mostMs: number, random: () => number): number {
  return Math.round(random() * backoffMs(attempt, firstMs, mostMs));
}

/** Exponential back-off without jitter; `attempt` counts from 1. */
export function backoffMs(attempt: number, firstMs: number, mostMs: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(attempt - 1, 30));
}
