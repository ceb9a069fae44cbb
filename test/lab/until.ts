/**
 * Waiting in tests: for a condition, never for a time. Bounded; says what it waited for and the last error when it gives up.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when `holds` answers true; an error counts as not yet. Throws after `deadlineMs`. */
export async function until(what: string, holds: () => Promise<boolean>, deadlineMs = 30_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      if (await holds()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms for: ${what}${last instanceof Error ? `: ${last.message}` : ''}`, { cause: last });
    await delay(50);
  }
}

/** Like `until`, and throws within a moment of the signal's abortion. */
export async function untilUnless(signal: AbortSignal, what: string, holds: () => Promise<boolean>, deadlineMs: number): Promise<void> {
  await until(what, async () => signal.aborted || (await holds()), deadlineMs);
  signal.throwIfAborted();
}
