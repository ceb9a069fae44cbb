// The composition root: everything that the server's parts share, made once, ended in reverse order. Tests make the same with overrides.
import { randomUUIDv7 } from 'node:crypto';
import type { Bus } from './bus.ts';
import { openBus } from './bus.ts';
import type { Config } from './config.ts';
import { openStore, type Store } from './db/store.ts';
import { type Log, openLog } from './log.ts';

export interface Clock {
  /** Milliseconds since 1970, in UTC. */
  now(): number;
}

export interface Ids {
  /** An id that nobody had before; later ones sort after earlier ones. */
  next(): string;
}

export interface Context extends AsyncDisposable {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly bus: Bus;
}

/** What a test or another starter may put in place of the usual. */
export interface Overrides {
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly log?: Log;
}

/** @throws ServerStartError when the data folder cannot be used */
export async function openContext(config: Config, overrides: Overrides = {}): Promise<Context> {
  const log = overrides.log ?? openLog(config);
  const bus = openBus();
  const store = openStore({ dataDir: config.dataDir, migrationsDir: config.migrationsDir, bus });
  return {
    config,
    store,
    clock: overrides.clock ?? { now: () => Date.now() },
    ids: overrides.ids ?? { next: () => randomUUIDv7() },
    log,
    bus,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
