// One reading of one replica's log from its host, over the session with its agent: opened, granted credit as it is read, cancelled when nobody reads on.
import type { LogsItem, LogsQuery } from '#agents/protocol.ts';
import type { StreamMessage } from '../control/agent-streams.ts';
import type { Context } from '../context.ts';

export interface LogEnd {
  readonly code: 'complete' | 'limit' | 'gone' | 'too-many' | 'failed' | 'host-away' | 'stopped';
  readonly reason: string;
}

/** What may be on its way at once. */
const CREDIT_BYTES = 512 * 1024;
/** An agent that has not said a word about a stream by then does not know it. */
const ANSWER_LIMIT_MS = 15_000;

/** Why the log of a host cannot be asked for now, as a sentence; null: it can. */
export function whyNotLogs({ connections }: Pick<Context, 'connections'>, hostId: string, host: string): string | null {
  if (!connections.has(hostId)) return `${host} is not connected: its logs can be read when it is back`;
  if (!connections.speaks(hostId, 'logs')) return `the agent of ${host} is of an older version, which cannot send logs`;
  return null;
}

/** Items as the agent sends them. Gives why it ended; ends early, with `stopped`, when the signal aborts. */
export async function* readHostLog(context: Context, hostId: string, query: LogsQuery, signal: AbortSignal): AsyncGenerator<LogsItem[], LogEnd> {
  const { streams, connections, ids, timing } = context;
  const id = ids.next();
  const batches: Extract<StreamMessage, { type: 'logs-data' }>[] = [];
  let end: LogEnd | undefined;
  let wake: () => void = () => undefined;
  const finish = (code: LogEnd['code'], reason: string): void => {
    end ??= { code, reason };
    wake();
  };
  const cancelLimit = timing.after(ANSWER_LIMIT_MS, () => {
    if (!query.follow) finish('failed', `no answer within ${ANSWER_LIMIT_MS / 1000} s`);
  });
  const stop = (): void => finish('stopped', '');
  signal.addEventListener('abort', stop, { once: true });
  streams.open(id, {
    hostId,
    hear(message) {
      cancelLimit();
      if (message.type === 'logs-data') batches.push(message);
      else if (message.type === 'logs-end') finish(message.code, message.reason);
      wake();
    },
    away: () => finish('host-away', 'the host is not connected any more'),
  });
  try {
    if (!connections.send(hostId, { type: 'logs-open', id, query, creditBytes: CREDIT_BYTES })) finish('host-away', 'the host is not connected');
    for (;;) {
      const next = batches.shift();
      if (next !== undefined) {
        yield next.items;
        connections.send(hostId, { type: 'logs-credit', id, bytes: next.bytes });
      } else if (signal.aborted) return { code: 'stopped', reason: '' };
      else if (end !== undefined) return end;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    cancelLimit();
    signal.removeEventListener('abort', stop);
    streams.close(id);
    if (end === undefined || end.code === 'stopped') connections.send(hostId, { type: 'logs-cancel', id });
  }
}
