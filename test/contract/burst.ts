// A process that changes its store as fast as it can until somebody ends it: tells its parent the number of every change that was answered.
import { openBus } from '#server/bus.ts';
import { bumpRevision, ensureCluster } from '#server/db/cluster.ts';
import { appendEvent } from '#server/db/events.ts';
import { openStore } from '#server/db/store.ts';

const AT_ONCE = 8;

const [dataDir = '', migrationsDir = ''] = process.argv.slice(2);
const store = openStore({ dataDir, migrationsDir, bus: openBus() });
await store.tx((tx) => ensureCluster(tx, 'c', 0));

/** Every seventh fails after it has written. */
async function change(number: number): Promise<void> {
  const isFailing = number % 7 === 3;
  await store.txTogether(async (tx) => {
    await bumpRevision(tx);
    await appendEvent(tx, { at: 0, actor: 'test', kind: 'test.said', subjectType: 'server', subjectId: 's', subject: 's', message: `${isFailing ? 'never' : 'burst'} ${number}` });
    if (isFailing) throw new Error('no');
  });
  process.send!(number);
}

let next = 0;
const forEver = async (): Promise<never> => {
  for (;;) await change((next += 1)).catch(() => undefined);
};
process.once('disconnect', () => process.exit());
await Promise.all(Array.from({ length: AT_ONCE }, forEver));
