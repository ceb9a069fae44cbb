// What a replica wrote, as rows for people: lines, gaps and containers in the order in which they came, only so many of the last ones. Pure.
import type { LogEntry } from '#server/http/contract/index.ts';
import { MOST_LINES, plain } from './log.ts';

/** What is drawn; beats and ends are no rows. */
export type LogRow = Exclude<LogEntry, { kind: 'beat' } | { kind: 'end' }>;
export type LogEnd = Extract<LogEntry, { kind: 'end' }>;

export interface LogRows {
  readonly rows: readonly LogRow[];
  /** Lines at the beginning that were given up. */
  readonly cut: number;
  /** How the answer ended; null while it goes on. */
  readonly end: LogEnd | null;
}

export const NO_ROWS: LogRows = { rows: [], cut: 0, end: null };

/** `most`: rows that are kept. Texts lose the colours of a terminal. */
export function appendEntries(log: LogRows, entries: readonly LogEntry[], most = MOST_LINES): LogRows {
  const more: LogRow[] = [];
  let { end } = log;
  for (const entry of entries) {
    if (entry.kind === 'end') end = entry;
    else if (entry.kind === 'line') more.push({ ...entry, text: plain(entry.text) });
    else if (entry.kind !== 'beat') more.push(entry);
  }
  const rows = more.length === 0 ? log.rows : [...log.rows, ...more];
  const over = Math.max(0, rows.length - most);
  return { rows: over === 0 ? rows : rows.slice(over), cut: log.cut + over, end };
}
