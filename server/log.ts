// The server's log: one JSON line per event on stderr, with fixed names and fields; stdout stays free for what a person asked for. Of errors it keeps
// what helps to find them and not what they carry: what a query was called with may be somebody's secret.
import pino, { type DestinationStream, type Logger } from 'pino';
import type { Config } from './config.ts';

export type Log = Logger;

/** The root of all loggers; areas take `log.child({ area })`. */
export function openLog(config: Pick<Config, 'logLevel'>, destination: DestinationStream = pino.destination({ dest: 2, sync: true })): Log {
  return pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: errorOf } }, destination);
}

interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

/** The database layer ends its messages with the values of the query, on a line of their own. */
const VALUES = /\nparams:.*/s;
const DEEPEST_CAUSE = 4;

/** Name, sentence, code, places and causes of whatever was thrown; nothing else that hangs on it. */
function errorOf(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { stack, cause } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    type: error.name, message: error.message.replace(VALUES, ''),
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack: placesOf(stack, error.message) }),
    ...(cause === undefined || depth >= DEEPEST_CAUSE ? {} : { cause: errorOf(cause, depth + 1) }),
  };
}

/** A stack begins with the message, which may have values in it. */
const placesOf = (stack: string, message: string): string => stack.replace(message, '').split('\n').filter((line) => line.startsWith('    at ')).join('\n');
