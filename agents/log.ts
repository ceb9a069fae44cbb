// The agent's log: events with fields, one JSON line each on standard output, which systemd or the lab collects.
import { pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** What the agent needs of a logger; pino is one. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A logger that names its host in every line. Writes synchronously: the last lines before a crash are the ones that matter. */
export function openLog(level: LogLevel, host: string): Log {
  return pino({ level, base: { host }, timestamp: pino.stdTimeFunctions.isoTime });
}

/** What went wrong, in one line, whatever was thrown. */
export function sentenceOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(sentenceOf).join('; ');
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').trim().slice(0, 600);
}
