// Folds the write-ahead log into the database in a thread of its own, so that no commit waits for the disk: SQLite would do it inside the commit
// that finds the log too long. What this thread could not fold while commits went on, SQLite does then; it is little.
import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** A longer log is folded. */
const FOLD_BYTES = 8 * 1024 * 1024;
/** The length is looked at after so many commits. */
const COMMITS_PER_LOOK = 16;

export interface Checkpointer {
  /** To be called after each commit. */
  committed(): void;
  close(): Promise<void>;
}

/** The thread begins with the first log that is long enough. @param path of the database */
export function openCheckpointer(path: string): Checkpointer {
  let commits = 0;
  let worker: Worker | undefined;
  let isFolding = false;
  const length = (): number => statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const fold = (): void => {
    isFolding = true;
    worker ??= start();
    worker.postMessage('fold', []);
  };
  const start = (): Worker => {
    const thread = new Worker(new URL('checkpoint-thread.ts', import.meta.url), { workerData: path });
    thread.on('message', () => {
      isFolding = false;
    });
    // Without the thread SQLite folds by itself.
    thread.once('error', () => undefined);
    thread.once('exit', () => {
      worker = undefined;
    });
    // A server that ends does not wait for it.
    thread.unref();
    return thread;
  };
  return {
    committed() {
      commits += 1;
      if (commits % COMMITS_PER_LOOK === 0 && !isFolding && length() > FOLD_BYTES) fold();
    },
    close: async () => void (await worker?.terminate()),
  };
}
