// The thread of checkpointer.ts: folds the log when told, as far as that goes without holding anybody up.
import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';

const client = new Sqlite(workerData as string);
parentPort?.on('message', () => {
  // Another connection that folds at the moment is as good.
  client.pragma('wal_checkpoint(PASSIVE)');
  parentPort?.postMessage('folded', []);
});
