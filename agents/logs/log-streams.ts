// Streams of logs that the server has open: each a reading that sends no more bytes than it has credit for, in small batches, within a pace that all of
// them share. Hears `logs-open`, `logs-credit` and `logs-cancel`; says `logs-data` and `logs-end`.
import { pause, type Clock } from '../clock.ts';
import { Credit } from '../credit.ts';
import { sentenceOf, type Log } from '../log.ts';
import { MOST_LOGS_BYTES, type AgentMessage, type LogsItem, type LogsQuery, type ServerMessage } from '../protocol.ts';
import { sizeOf } from './read-logs.ts';

export type LogsMessage = Extract<ServerMessage, { type: 'logs-open' | 'logs-credit' | 'logs-cancel' }>;

export interface LogStreamsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly send: (message: AgentMessage) => boolean;
  readonly read: (query: LogsQuery, signal: AbortSignal) => AsyncIterable<LogsItem>;
}

const AT_ONCE = 32;
/** Of one answer that does not follow: what is longer is for tools that fetch files. */
const MOST_ANSWER_BYTES = 64 * 1024 * 1024;
/** All streams of this host together. */
const BYTES_PER_SECOND = 8 * 1024 * 1024;
/** Lines come in bursts; a reader notices nothing of this. */
const GATHER_MS = 40;
const BATCH_BYTES = 64 * 1024;
const BATCH_ITEMS = 500;

type End = Extract<AgentMessage, { type: 'logs-end' }>['code'];

export class LogStreams {
  readonly #parts: LogStreamsParts;
  readonly #open = new Map<string, Credit>();
  #paceMs = 0;

  constructor(parts: LogStreamsParts) {
    this.#parts = parts;
  }

  take(message: LogsMessage): void {
    if (message.type === 'logs-credit') this.#open.get(message.id)?.grant(message.bytes);
    else if (message.type === 'logs-cancel') this.#open.get(message.id)?.cancel();
    else void this.#run(message);
  }

  /** The server is away: nobody reads any more. */
  cancelAll(): void {
    for (const stream of this.#open.values()) stream.cancel();
  }

  async #run({ id, query, creditBytes }: Extract<LogsMessage, { type: 'logs-open' }>): Promise<void> {
    const end = (code: End, reason: string): void => void this.#parts.send({ type: 'logs-end', id, code, reason: reason.slice(0, 1_000) });
    if (this.#open.has(id)) return;
    if (this.#open.size >= AT_ONCE) return end('too-many', `this host has ${AT_ONCE} logs open already`);
    const stream = new Credit(creditBytes);
    this.#open.set(id, stream);
    try {
      const code = await this.#pump(id, stream, query);
      if (!stream.signal.aborted) end(code, code === 'complete' ? '' : `an answer has at most ${MOST_ANSWER_BYTES >> 20} MiB; ask for less with tail, since or search`);
    } catch (error) {
      this.#parts.log.warn({ replica: query.replicaId, reason: sentenceOf(error) }, 'a log could not be read');
      end('failed', sentenceOf(error));
    } finally {
      stream.cancel();
      this.#open.delete(id);
    }
  }

  async #pump(id: string, stream: Credit, query: LogsQuery): Promise<'complete' | 'limit'> {
    const { clock } = this.#parts;
    const { signal } = stream;
    let batch: LogsItem[] = [];
    let [bytes, answered] = [0, 0];
    let sending: Promise<unknown> = Promise.resolve();
    let cancelFlush: (() => void) | undefined;
    const flush = (): void => {
      cancelFlush?.();
      cancelFlush = undefined;
      if (batch.length === 0) return;
      const [items, size] = [batch, bytes];
      [batch, bytes] = [[], 0];
      sending = sending.then(() => this.#send(id, stream, items, size));
    };
    try {
      for await (const item of this.#parts.read(query, signal)) {
        if (signal.aborted) break;
        batch.push(item);
        bytes += sizeOf(item);
        answered += sizeOf(item);
        if (bytes >= BATCH_BYTES || batch.length >= BATCH_ITEMS) {
          flush();
          await sending;
        } else cancelFlush ??= clock.after(GATHER_MS, flush);
        if (!query.follow && answered > MOST_ANSWER_BYTES) return 'limit';
      }
      return 'complete';
    } finally {
      flush();
      await sending;
    }
  }

  async #send(id: string, stream: Credit, items: LogsItem[], bytes: number): Promise<void> {
    const { clock, send } = this.#parts;
    if (!(await stream.spend(bytes))) return;
    const now = clock.elapsedMs();
    this.#paceMs = Math.max(this.#paceMs, now) + (bytes * 1_000) / BYTES_PER_SECOND;
    // Short of a quarter of a second nobody is kept waiting.
    if (this.#paceMs - now > 250) await pause(clock, this.#paceMs - now - 250, stream.signal);
    if (!stream.signal.aborted && !send({ type: 'logs-data', id, bytes: Math.min(bytes, MOST_LOGS_BYTES), items })) stream.cancel();
  }
}
