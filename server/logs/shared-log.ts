// Readers who follow the same log share one reading from its host: what it said last is kept for those who come later, within bounds, and each reader has
// a queue of its own, so that a slow one loses its oldest lines, with a mark, and holds nobody up.
import { type LogsItem, type LogsQuery } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { type LogEnd, readHostLog } from './host-log.ts';

/** Lines that a reader may ask for and still share; as many are kept. */
const MOST_LINES = 1_000;
const MOST_BYTES = 512 * 1024;

const bytesOf = (item: LogsItem): number => (item.kind === 'line' ? item.text.length : 64);
const isMark = ({ kind }: LogsItem): boolean => kind !== 'line' && kind !== 'gap';

/** Lines and marks in their order, within bounds: the oldest lines go, marks stay. */
class Kept {
  items: LogsItem[] = [];
  lostBytes = 0;
  #bytes = 0;

  push(items: readonly LogsItem[]): void {
    this.items.push(...items);
    for (const item of items) this.#bytes += bytesOf(item);
    while (this.#bytes > MOST_BYTES || this.items.length > MOST_LINES + 100) {
      const at = this.items.findIndex((item) => !isMark(item));
      const [gone] = this.items.splice(Math.max(0, at), 1);
      this.#bytes -= bytesOf(gone!);
      this.lostBytes += bytesOf(gone!);
    }
  }

  /** Everything, with a mark where something went. */
  take(): LogsItem[] {
    const lost: LogsItem[] = this.lostBytes === 0 ? [] : [{ kind: 'gap', bytes: this.lostBytes, code: 'slow-reader', reason: 'these lines came faster than they were read' }];
    const all = [...lost, ...this.items];
    [this.items, this.lostBytes, this.#bytes] = [[], 0, 0];
    return all;
  }
}

interface Reader {
  readonly queue: Kept;
  wake: () => void;
}

class Shared {
  readonly readers = new Set<Reader>();
  readonly closing = new AbortController();
  end: LogEnd | undefined;
  readonly #past = new Kept();

  async run(reading: AsyncGenerator<LogsItem[], LogEnd>): Promise<void> {
    for (;;) {
      const next = await reading.next();
      if (next.done === true) this.end = next.value;
      else {
        this.#past.push(next.value);
        for (const { queue } of this.readers) queue.push(next.value);
      }
      for (const { wake } of this.readers) wake();
      if (next.done === true) return;
    }
  }

  /** @param tail so many lines of before */
  join(tail: number): Reader {
    const reader: Reader = { queue: new Kept(), wake: () => undefined };
    let skipped = this.#past.items.filter(({ kind }) => kind === 'line').length - tail;
    reader.queue.push(this.#past.items.filter((item) => isMark(item) || (skipped -= item.kind === 'line' ? 1 : 0) < 0));
    this.readers.add(reader);
    return reader;
  }
}

const open = new WeakMap<Context, Map<string, Shared>>();

/** As `readHostLog`; questions that are the same and follow are asked once. */
export function readSharedLog(context: Context, hostId: string, query: LogsQuery, signal: AbortSignal): AsyncGenerator<LogsItem[], LogEnd> {
  const { tail, sinceMs, follow } = query;
  return !follow || sinceMs !== undefined || tail === undefined || tail > MOST_LINES ? readHostLog(context, hostId, query, signal) : followShared(context, hostId, { ...query, tail }, signal);
}

async function* followShared(context: Context, hostId: string, query: LogsQuery & { readonly tail: number }, signal: AbortSignal): AsyncGenerator<LogsItem[], LogEnd> {
  const streams = open.get(context) ?? new Map<string, Shared>();
  open.set(context, streams);
  const key = JSON.stringify([hostId, query]);
  const shared = streams.get(key) ?? begin(context, streams, key, hostId, query);
  const reader = shared.join(query.tail);
  const leave = (): void => {
    shared.readers.delete(reader);
    if (shared.readers.size === 0) {
      shared.closing.abort();
      if (streams.get(key) === shared) streams.delete(key);
    }
    reader.wake();
  };
  signal.addEventListener('abort', leave, { once: true });
  try {
    for (;;) {
      const items = reader.queue.take();
      if (items.length > 0) yield items;
      else if (signal.aborted) return { code: 'stopped', reason: '' };
      else if (shared.end !== undefined) return shared.end;
      else await new Promise<void>((resolve) => (reader.wake = resolve));
    }
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}

function begin(context: Context, streams: Map<string, Shared>, key: string, hostId: string, query: LogsQuery): Shared {
  const shared = new Shared();
  streams.set(key, shared);
  const failed = (error: unknown): void => {
    shared.end = { code: 'failed', reason: error instanceof Error ? error.message : String(error) };
    for (const { wake } of shared.readers) wake();
  };
  void shared.run(readHostLog(context, hostId, query, shared.closing.signal)).catch(failed).finally(() => streams.get(key) === shared && streams.delete(key));
  return shared;
}
