// What can be asked about one replica: its life, what it wrote, and whether a terminal in it may be opened.
import type { LogEntry, LogSources, Shells, ShellMay, ShellView, Story } from '#server/http/contract/index.ts';
import { call, get, openLines } from './client.ts';

type Signal = { readonly signal: AbortSignal };
const part = encodeURIComponent;
const ROOT = '/api/v1';

/** What of a replica's logs is wanted; absent fields are the server's usual. */
export interface LogWish {
  readonly source: 'stdout' | 'files';
  readonly file?: string;
  readonly previous: boolean;
  readonly follow: boolean;
  readonly tail?: number;
  readonly since?: string;
  readonly search?: string;
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
}

export const replicaQueries = {
  story: (id: string) => ({ queryKey: ['services', 'replica', id, 'story'], queryFn: ({ signal }: Signal) => get<Story>(`/replicas/${part(id)}/story`, signal) }),
  logSources: (id: string) => ({ queryKey: ['services', 'replica', id, 'logs'], queryFn: ({ signal }: Signal) => get<LogSources>(`/replicas/${part(id)}/logs/sources`, signal) }),
  shellMay: (id: string) => ({ queryKey: ['services', 'replica', id, 'shell'], queryFn: ({ signal }: Signal) => get<ShellMay>(`/replicas/${part(id)}/shell/may`, signal) }),
  /** Terminals that are and were open in it, newest first. */
  shells: (id: string) => ({ queryKey: ['shells', id], queryFn: async ({ signal }: Signal): Promise<ShellView[]> => (await get<Shells>(`/shells?limit=100&replica=${part(id)}`, signal)).items }),
};

export const replicaMutations = {
  endShell: (id: string) => call<void>('POST', `/shells/${part(id)}/end`, { body: {} }),
};

/** Entries as they come, until the answer ends or the signal aborts. @throws ApiError when there is no answer */
export function readLogs(id: string, wish: LogWish, signal: AbortSignal): AsyncGenerator<LogEntry> {
  const query = new URLSearchParams({ source: wish.source, follow: String(wish.follow), previous: String(wish.previous) });
  for (const name of ['file', 'since', 'search', 'level'] as const) if (wish[name] !== undefined) query.set(name, wish[name]);
  if (wish.tail !== undefined) query.set('tail', String(wish.tail));
  return openLines<LogEntry>(`/replicas/${part(id)}/logs?${query.toString()}`, signal);
}

/** Where the recording of a terminal is read: an asciicast. */
export const recordingPath = (id: string): string => `${ROOT}/shells/${part(id)}/recording`;

/** The WebSocket of a terminal in the replica: binary frames are the terminal's bytes, text frames the messages of the contract. */
export function openShell(id: string, size: { readonly columns: number; readonly rows: number }, reason: string): WebSocket {
  const query = new URLSearchParams({ columns: String(size.columns), rows: String(size.rows), ...(reason === '' ? {} : { reason }) });
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${ROOT}/replicas/${part(id)}/shell?${query.toString()}`);
  socket.binaryType = 'arraybuffer';
  return socket;
}
