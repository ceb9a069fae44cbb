// The store's two doors: `tx` to change, `read` to look, each on one consistent state. Everything else in this folder is functions that
// take what these give. Transactions run one after the other: a promise mutex and BEGIN IMMEDIATE, because the ORM's own
// `transaction(async …)` does not roll back on SQLite. Nothing slow and nothing remote may be awaited inside.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Bus, Change, Topic } from '../bus.ts';
import type { Revised } from './cluster.ts';
import { type Checkpointer, openCheckpointer } from './checkpointer.ts';
import { openDatabase, type Database, type OpenDatabase } from './open.ts';
import { systemTiming, type Timing } from '../timing.ts';
import { oneAtATime } from './turns.ts';
import { openPending, openTogether, type Pending } from './together.ts';

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
  /** Steps of others that are committed together with this transaction, in order, each seen by it; none but in txTogether(). */
  readonly ahead: readonly Revised[];
}

export interface Store extends AsyncDisposable {
  /** All or nothing: a throwing `change` leaves no row behind. @throws what `change` throws, or an error when called inside another */
  tx<T>(change: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * The same for what many may want at the same moment: those that wait are committed together, which costs hardly more than committing one.
   * Each sees those before it, and is answered after the commit; one that throws leaves no row, and does nothing to the others.
   */
  txTogether<T>(change: (tx: Tx) => Promise<T>): Promise<T>;
  /** Reads of one consistent state; `look` must not wait for anything but reads. */
  read<T>(look: (reader: Reader) => Promise<T>): Promise<T>;
  /** Hears of every revision in order, before anything else happens after its commit. */
  onRevised(listener: (step: Revised) => void): void;
  /** A consistent copy of the database into a file, while work goes on. */
  backup(path: string): Promise<void>;
}

export interface StoreOptions {
  readonly dataDir: string;
  readonly migrationsDir: string;
  readonly bus: Bus;
  readonly timing?: Timing;
  /** For a caller that wants to end its connections in the middle of a transaction, as a crash does. */
  readonly open?: typeof openDatabase;
  readonly checkpointer?: (path: string) => Checkpointer;
}

/** @throws ServerStartError as openDatabase says */
export function openStore(options: StoreOptions): Store {
  const { timing = systemTiming } = options;
  const { path, writer, reader, writerClient, readerClient, close } = (options.open ?? openDatabase)(options.dataDir, options.migrationsDir);
  const checkpointer = (options.checkpointer ?? openCheckpointer)(path);
  const write = oneAtATime(timing);
  const look = oneAtATime(timing);
  const inside = new AsyncLocalStorage<true>();
  const listeners: ((step: Revised) => void)[] = [];
  let closed = false;
  const refuseClosed = () => {
    if (closed) throw new Error('the store is closed');
  };
  const refuseInside = () => {
    if (inside.getStore() === true) throw new Error('a transaction is open already: pass it on instead of opening another');
  };
  const perform = <T>({ tx }: Pending, change: (tx: Tx) => Promise<T>): Promise<T> => inside.run(true, () => change(tx));
  /** Says what was committed, in order; the revisions first. */
  const tell = (committed: readonly Pending[]) => {
    for (const { told } of committed) for (const listener of listeners) if (told.revised !== undefined) listener(told.revised);
    for (const { told } of committed) {
      for (const [topic, ids] of told.changes) options.bus.publish({ topic, ids: [...ids] } satisfies Change);
      for (const effect of told.effects) effect();
    }
  };
  const committing = committingOn(writerClient, () => checkpointer.committed(), refuseClosed);
  return {
    tx: (change) => {
      refuseInside();
      return write(async () => {
        const pending = openPending(writer, []);
        const result = await committing(() => perform(pending, change));
        tell([pending]);
        return result;
      });
    },
    txTogether: openTogether({ writer, write, committing, perform, tell, refuse: refuseInside, timing }),
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
      await checkpointer.close();
      await look(async () => close());
    },
  };
}

/** One transaction of SQLite after the other. @returns what does some work and gives its result once that is committed */
function committingOn(client: OpenDatabase['writerClient'], committed: () => void, refuseClosed: () => void): <T>(work: () => Promise<T>) => Promise<T> {
  return async (work) => {
    refuseClosed();
    client.exec('BEGIN IMMEDIATE');
    try {
      const result = await work();
      client.exec('COMMIT');
      committed();
      return result;
    } catch (error) {
      if (client.inTransaction) client.exec('ROLLBACK');
      throw error;
    }
  };
}
