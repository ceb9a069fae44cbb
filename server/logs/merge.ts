// Logs of several replicas as one, by the time of their lines. What was there when it was asked for is put in order exactly; what comes afterwards is held
// for a moment, so that lines that were written together stand together, and is then passed on however late something else may be.
import type { Timing } from '../timing.ts';

/** One entry of one source: its time as text, absent where it belongs to the entry before it. */
export interface Timed {
  readonly at?: string | undefined;
}
export type Merged<T> = { readonly items: readonly T[] } | { readonly live: true };

/** Lines of one moment reach the server within this time of each other. */
const HOLD_MS = 250;
/** A source that is slow to tell what it had keeps the others waiting no longer than this. */
const BACKLOG_LIMIT_MS = 5_000;

interface Source<T> {
  readonly queue: { readonly item: T; readonly at: string }[];
  at: string;
  isOld: boolean;
  isOver: boolean;
}

/** @param sources each gives batches in its own order, and `live` when what it had has been said; a source that ends has said everything */
export async function* mergeByTime<T extends Timed>(timing: Timing, sources: readonly AsyncIterable<Merged<T>>[]): AsyncGenerator<readonly T[]> {
  let wake: () => void = () => undefined;
  const state = sources.map((): Source<T> => ({ queue: [], at: '', isOld: true, isOver: false }));
  const pumps = sources.map(async (source, index) => {
    const own = state[index]!;
    try {
      for await (const next of source) {
        if ('live' in next) own.isOld = false;
        else for (const item of next.items) own.queue.push({ item, at: (own.at = item.at ?? own.at) });
        wake();
        // Not faster than it is read.
        while (own.queue.length > 5_000) await timing.pause(10);
      }
    } finally {
      own.isOver = true;
      own.isOld = false;
      wake();
    }
  });
  const done = Promise.all(pumps);
  done.catch(() => wake());
  const startedMs = timing.elapsedMs();
  for (;;) {
    const isLate = timing.elapsedMs() - startedMs > BACKLOG_LIMIT_MS;
    const isOld = !isLate && state.some((one) => one.isOld);
    if (state.every((one) => one.isOver && one.queue.length === 0)) {
      await done;
      return;
    }
    if (!isOld && state.some((one) => one.queue.length > 0 && !one.isOver)) await timing.pause(HOLD_MS);
    const ready = takeReady(state, isOld);
    if (ready.length > 0) yield ready;
    else {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      if (state.every((one) => one.queue.length === 0) || isOld) {
        const cancel = timing.after(HOLD_MS, resolve);
        await promise;
        cancel();
      }
    }
  }
}

/** Takes what may be said: in order as long as every source that still tells of the past has something to compare with, else everything. */
function takeReady<T>(state: readonly Source<T>[], isOld: boolean): T[] {
  const taken: T[] = [];
  for (;;) {
    if (isOld && state.some((one) => one.isOld && one.queue.length === 0)) return taken;
    let first: Source<T> | undefined;
    for (const one of state) if (one.queue.length > 0 && (first === undefined || one.queue[0]!.at < first.queue[0]!.at)) first = one;
    if (first === undefined) return taken;
    taken.push(first.queue.shift()!.item);
  }
}
