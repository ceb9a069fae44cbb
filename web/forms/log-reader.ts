// Reads the log of a replica as it is wished, anew when the wish changes, and goes on where the connection broke. Entries that come close
// together make one drawing.
import { createEffect, createSignal, on, onCleanup } from 'solid-js';
import type { LogEntry } from '#server/http/contract/index.ts';
import { ApiError } from '../api/client.ts';
import { readLogs, type LogWish } from '../api/replicas.ts';
import { appendEntries, NO_ROWS, type LogRows } from '../format/log-feed.ts';

const DRAW_MS = 60;
const RETRY_MS = 3000;

/** `failed`: why reading does not go on at the moment; null while it does. */
export function createLogReader(id: () => string, wish: () => LogWish): { readonly log: () => LogRows; readonly failed: () => string | null; readonly again: () => void } {
  const [log, setLog] = createSignal(NO_ROWS);
  const [failed, setFailed] = createSignal<string | null>(null);
  const [round, setRound] = createSignal(0);
  createEffect(
    on([id, () => JSON.stringify(wish()), round], ([of, text]) => {
      const stop = new AbortController();
      onCleanup(() => stop.abort());
      setLog(NO_ROWS);
      setFailed(null);
      void read(of, JSON.parse(text) as LogWish, stop.signal);
    }),
  );

  const read = async (of: string, wished: LogWish, signal: AbortSignal): Promise<void> => {
    let waiting: LogEntry[] = [];
    const draw = (): void => {
      const entries = waiting;
      waiting = [];
      if (entries.length > 0 && !signal.aborted) setLog((now) => appendEntries(now, entries));
    };
    const timer = setInterval(draw, DRAW_MS);
    signal.addEventListener('abort', () => clearInterval(timer));
    let last: string | null = null;
    for (;;) {
      try {
        let isEnded = false;
        // After a break only what came later is asked for; the server says with a gap where it cannot.
        for await (const entry of readLogs(of, last === null ? wished : { ...wished, since: last }, signal)) {
          setFailed(null);
          if (entry.kind === 'end') isEnded = true;
          else if (entry.kind === 'line' && entry.at !== null) last = entry.at;
          waiting.push(entry);
        }
        draw();
        if (isEnded) break;
      } catch (error) {
        if (signal.aborted) break;
        setFailed(error instanceof ApiError ? error.message : '');
        if (error instanceof ApiError && error.status >= 400 && error.status < 500) break;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      if (signal.aborted) break;
    }
    clearInterval(timer);
  };
  return { log, failed, again: () => setRound((now) => now + 1) };
}
