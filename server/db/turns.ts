// Work of a connection to the database, one after the other: takes functions, runs them in order, and lets others have the event loop in between.
import type { Timing } from '../timing.ts';

/** Work of this connection without a turn of the event loop: a queue of transactions must not hold up sockets and timers. */
export const LONGEST_TURN_MS = 10;

export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs what it gets one after the other, in order; a failure stops nobody else. */
export function oneAtATime(timing: Timing): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  let turnedAt = timing.elapsedMs();
  let waiting = 0;
  return (work) => {
    if (waiting === 0) turnedAt = timing.elapsedMs();
    waiting += 1;
    const start = async () => {
      if (timing.elapsedMs() - turnedAt > LONGEST_TURN_MS) {
        await timing.turn();
        turnedAt = timing.elapsedMs();
      }
      try {
        return await work();
      } finally {
        waiting -= 1;
      }
    };
    const next = last.then(start, start);
    last = next.catch(() => undefined);
    return next;
  };
}
