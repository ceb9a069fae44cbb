// The store's two doors: `tx` to change, `read` to look, each on one consistent state. Everything else in this folder is functions that
// take what these give. Transactions run one after the other: a promise mutex and BEGIN IMMEDIATE, because the ORM's own
// `transaction(async …)` does not roll back on SQLite. Nothing slow and nothing remote may be awaited inside.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Bus, Change, Topic } from '../bus.ts';
import type { Revised } from './cluster.ts';
import { openDatabase, type Database } from './open.ts';

/** A view of one committed state. */
export interface Reader {
  readonly db: Pick<Database, 'select' | 'selectDistinct' | '$count'>;
}

/** An open transaction. Functions that need it as an argument cannot run outside of one. */
export interface Tx extends Reader {
  readonly db: Omit<Database, 'transaction'>;
  /** Says what changes, for those who listen; told after the commit, and never when it fails. */
  changed(topic: Topic, ...ids: readonly string[]): void;
  /** Says that the desired state goes one revision further, and by what; told first after the commit, and never when it fails. */
  revises(step: Revised): void;
  /** Runs after the commit, and never when it fails. */
  afterCommit(effect: () => void): void;
}

export interface Store extends AsyncDisposable {
  /** All or nothing: a throwing `change` leaves no row behind. @throws what `change` throws, or an error when called inside another */
  tx<T>(change: (tx: Tx) => Promise<T>): Promise<T>;
  /** Reads of one consistent state; `look` must not wait for anything but reads. */
  read<T>(look: (reader: Reader) => Promise<T>): Promise<T>;
  /** Hears of every revision in order, before anything else happens after its commit. */
  onRevised(listener: (step: Revised) => void): void;
  /** A consistent copy of the database into a file, while work goes on. */
  backup(path: string): Promise<void>;
}

/** @throws ServerStartError as openDatabase says */
export function openStore(options: { readonly dataDir: string; readonly migrationsDir: string; readonly bus: Bus }): Store {
  const { writer, reader, writerClient, readerClient, close } = openDatabase(options.dataDir, options.migrationsDir);
  const write = oneAtATime();
  const look = oneAtATime();
  const inside = new AsyncLocalStorage<true>();
  const listeners: ((step: Revised) => void)[] = [];
  let closed = false;
  const refuseClosed = () => {
    if (closed) throw new Error('the store is closed');
  };
  return {
    tx: (change) => {
      if (inside.getStore() === true) throw new Error('a transaction is open already: pass it on instead of opening another');
      return write(async () => {
        refuseClosed();
        const changes = new Map<Topic, Set<string>>();
        const effects: (() => void)[] = [];
        let revised: Revised | undefined;
        writerClient.exec('BEGIN IMMEDIATE');
        let result;
        try {
          result = await inside.run(true, () =>
            change({
              db: writer,
              changed: (topic, ...ids) => {
                const known = changes.get(topic) ?? new Set();
                for (const id of ids) known.add(id);
                changes.set(topic, known);
              },
              revises: (step) => void (revised = step),
              afterCommit: (effect) => void effects.push(effect),
            }),
          );
          writerClient.exec('COMMIT');
        } catch (error) {
          if (writerClient.inTransaction) writerClient.exec('ROLLBACK');
          throw error;
        }
        for (const listener of listeners) if (revised !== undefined) listener(revised);
        for (const [topic, ids] of changes) options.bus.publish({ topic, ids: [...ids] } satisfies Change);
        for (const effect of effects) effect();
        return result;
      });
    },
    read: (fn) =>
      look(async () => {
        refuseClosed();
        readerClient.exec('BEGIN');
        try {
          return await fn({ db: reader });
        } finally {
          readerClient.exec('COMMIT');
        }
      }),
    onRevised: (listener) => void listeners.push(listener),
    backup: async (path) => {
      await readerClient.backup(path);
    },
    async [Symbol.asyncDispose]() {
      await write(async () => {
        closed = true;
      });
      await look(async () => close());
    },
  };
}

/** Work of this connection without a turn of the event loop: a queue of transactions must not hold up sockets and timers. */
const LONGEST_TURN_MS = 10;

/** Runs what it gets one after the other, in order; a failure stops nobody else. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let turnedAt = performance.now();
  let waiting = 0;
  return (work) => {
    if (waiting === 0) turnedAt = performance.now();
    waiting += 1;
    const start = async () => {
      if (performance.now() - turnedAt > LONGEST_TURN_MS) {
        await new Promise(setImmediate);
        turnedAt = performance.now();
      }
      try {
        return await work();
      } finally {
        waiting -= 1;
      }
    };
    const next = last.then(start, start);
    last = next.catch(() => undefined);
    return next;
  };
}
