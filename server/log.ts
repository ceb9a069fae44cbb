// The server's log: one JSON line per event on stderr, with fixed names and fields; stdout stays free for what a person asked for.
import pino, { type Logger } from 'pino';
import type { Config } from './config.ts';

export type Log = Logger;

/** The root of all loggers; areas take `log.child({ area })`. */
export function openLog(config: Pick<Config, 'logLevel'>): Log {
  return pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }));
}
