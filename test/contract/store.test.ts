// What everybody relies on of the store, whatever is underneath: all or nothing, one after the other, keys and ledgers that cannot be broken,
// and a folder that says why it cannot be used.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { sql } from 'drizzle-orm';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { afterEach, expect, test } from 'vitest';
import { openBus } from '#server/bus.ts';
import { DEFAULTS } from '#server/config.ts';
import { holdAddresses, letGo, closeAddress, lettingGo, takenAddresses, whyTaken } from '#server/db/addresses.ts';
import { putAssignment } from '#server/db/assignments.ts';
import { bumpRevision, ensureCluster, readCluster } from '#server/db/cluster.ts';
import { appendEvent, dropOldEvents, listEvents } from '#server/db/events.ts';
import * as accounts from '#server/db/schema/accounts.ts';
import * as addressTables from '#server/db/schema/addresses.ts';
import * as autoscale from '#server/db/schema/autoscale.ts';
import * as burst from '#server/db/schema/burst.ts';
import * as maintenance from '#server/db/schema/maintenance.ts';
import * as market from '#server/db/schema/market.ts';
import * as metrics from '#server/db/schema/metrics.ts';
import * as sites from '#server/db/schema/sites.ts';
import * as story from '#server/db/schema/story.ts';
import * as shells from '#server/db/schema/shells.ts';
import * as questions from '#server/db/schema/proposals.ts';
import * as releases from '#server/db/schema/releases.ts';
import * as fleet from '#server/db/schema/fleet.ts';
import * as identity from '#server/db/schema/identity.ts';
import * as upkeep from '#server/db/schema/upkeep.ts';
import * as verdicts from '#server/db/schema/verdicts.ts';
import * as schema from '#server/db/schema/desired.ts';
import { openStore, type Store } from '#server/db/store.ts';
import { systemTiming } from '#server/timing.ts';
import { temporaryFolder } from './start.ts';

const migrationsDir = DEFAULTS.migrationsDir;
const cleanups: (() => void | PromiseLike<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folder(): string {
  const { path, remove } = temporaryFolder();
  cleanups.push(remove);
  return path;
}

/** A turn lasts as long as there is work: how much goes along must not depend on who else uses the machine. */
const timing = { ...systemTiming, elapsedMs: () => 0 };

async function open(dataDir = folder(), bus = openBus()): Promise<Store> {
  const store = openStore({ dataDir, migrationsDir, bus, timing });
  cleanups.push(() => store[Symbol.asyncDispose]());
  await store.tx((tx) => ensureCluster(tx, 'c', 0));
  return store;
}

const event = (message: string) => ({ at: 0, actor: 'test', kind: 'test.said', subjectType: 'server' as const, subjectId: 's', subject: 's', message });
const messages = async (store: Store) => (await store.read((reader) => listEvents(reader, { after: 0, limit: 1000, teams: null }))).map(({ message }) => message);

test('a transaction that throws leaves no row and tells nobody', async () => {
  const bus = openBus();
  const heard: string[] = [];
  bus.subscribe(({ topic }) => heard.push(topic));
  const store = await open(folder(), bus);
  heard.length = 0;
  let effects = 0;
  const failing = store.tx(async (tx) => {
    await appendEvent(tx, event('never'));
    tx.afterCommit(() => (effects += 1));
    await Promise.resolve();
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await messages(store)).toEqual([]);
  expect([heard, effects]).toEqual([[], 0]);
  await store.tx((tx) => appendEvent(tx, event('said')));
  expect(heard).toEqual(['events']);
});

test('transactions run one after the other, and readers see none of them half', async () => {
  const store = await open();
  const seen: number[] = [];
  const work = Array.from({ length: 20 }, (_, index) =>
    store.tx(async (tx) => {
      await appendEvent(tx, event(`${index} a`));
      await new Promise(setImmediate);
      await appendEvent(tx, event(`${index} b`));
    }),
  );
  const looks = Array.from({ length: 20 }, async () => seen.push((await messages(store)).length % 2));
  await Promise.all([...work, ...looks]);
  expect(new Set(seen)).toEqual(new Set([0]));
  const all = await messages(store);
  for (let index = 0; index < all.length; index += 2) expect(all[index]!.split(' ')[0]).toBe(all[index + 1]!.split(' ')[0]);
});

test('what waits together is committed together, and one that fails leaves nothing behind and hurts nobody', async () => {
  const bus = openBus();
  const heard: string[] = [];
  const store = await open(folder(), bus);
  bus.subscribe(({ topic, ids }) => heard.push(`${topic} ${ids.join()}`));
  const revised: string[] = [];
  store.onRevised(({ from, to }) => revised.push(`${from}-${to}`));
  const committed: number[] = [];
  const ask = (index: number) =>
    store.txTogether(async (tx) => {
      const revision = await bumpRevision(tx);
      await appendEvent(tx, event(`ask ${index}`));
      tx.afterCommit(() => committed.push(index));
      await Promise.resolve();
      if (index % 3 === 1) throw new Error(`no ${index}`);
      // Those before it are there and those that failed are not; of those that are not committed yet, readers see none.
      return { revision, seen: (await listEvents(tx, { limit: 10, teams: null })).length, both: tx.ahead.length + 1 + (await messages(store)).length };
    });
  const outcomes = await Promise.allSettled(Array.from({ length: 7 }, (_, index) => ask(index)));
  expect(outcomes.map((each) => (each.status === 'fulfilled' ? each.value : (each.reason as Error).message))).toEqual([
    { revision: 1, seen: 1, both: 1 },
    'no 1',
    { revision: 2, seen: 2, both: 2 },
    { revision: 3, seen: 3, both: 3 },
    'no 4',
    { revision: 4, seen: 4, both: 4 },
    { revision: 5, seen: 5, both: 5 },
  ]);
  const kept = [0, 2, 3, 5, 6];
  expect(await messages(store)).toEqual(kept.map((index) => `ask ${index}`));
  expect((await store.read(readCluster)).revision).toBe(5);
  expect(revised).toEqual(['0-1', '1-2', '2-3', '3-4', '4-5']);
  expect(committed).toEqual(kept);
  expect(heard).toHaveLength(5);
});

test('a change that the database itself refuses does not take its neighbours along', async () => {
  const store = await open();
  const holding = { networkId: 'n', address: '10.0.0.1', replicaId: 'r', replica: 'r', workload: 'w', hostId: 'h', host: 'h', heldFrom: 0 };
  const hold = (id: string) =>
    store.txTogether(async (tx) => {
      await appendEvent(tx, event(id));
      await holdAddresses(tx, [{ id, ...holding }]);
    });
  const outcomes = await Promise.allSettled([hold('first'), hold('second'), store.txTogether((tx) => appendEvent(tx, event('third')))]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await messages(store)).toEqual(['first', 'third']);
});

test('where the commit itself fails, all that waited together are told so, and nothing of any is there', async () => {
  const store = await open();
  const told: string[] = [];
  store.onRevised(({ to }) => told.push(`revision ${to}`));
  const good = store.txTogether(async (tx) => {
    await bumpRevision(tx);
    await appendEvent(tx, event('good'));
    tx.afterCommit(() => told.push('good'));
  });
  // A reference to nothing that is looked at by COMMIT only.
  const bad = store.txTogether(async (tx) => {
    tx.db.run(sql`PRAGMA defer_foreign_keys = ON`);
    await tx.db.insert(schema.workloads).values({ id: 'w', serviceId: 'nobody', environment: 'e', ask: {} as never, releaseId: 'r', requestId: 'q', updatedAt: 0 });
  });
  for (const each of await Promise.allSettled([good, bad])) expect(String(each.status === 'rejected' && each.reason)).toContain('FOREIGN KEY');
  expect(await messages(store)).toEqual([]);
  expect(told).toEqual([]);
  expect((await store.read(readCluster)).revision).toBe(0);
  await store.txTogether((tx) => appendEvent(tx, event('later')));
  expect(await messages(store)).toEqual(['later']);
});

test('what was answered outlives the process, however it ends in the middle of a burst', async () => {
  const dataDir = folder();
  const child = fork(fileURLToPath(new URL('burst.ts', import.meta.url)), [dataDir, migrationsDir], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const answered = new Set<string>();
  child.on('message', (number: number) => {
    answered.add(`burst ${number}`);
    // In the middle of what comes next.
    if (answered.size === 500) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const store = await open(dataDir);
  const all = await messages(store);
  expect(answered.size).toBeGreaterThanOrEqual(500);
  expect([...answered].filter((message) => !all.includes(message))).toEqual([]);
  // Each once, with its own step of the revision, and nothing of those that failed.
  expect(new Set(all).size).toBe(all.length);
  expect((await store.read(readCluster)).revision).toBe(all.length);
  expect(all.filter((message) => message.includes('never'))).toEqual([]);
}, 20_000);

test('a transaction inside another is refused instead of waiting for itself for ever', async () => {
  const store = await open();
  await expect(store.tx(() => store.tx(async () => 1))).rejects.toThrow('a transaction is open already');
  await expect(store.txTogether(() => store.txTogether(async () => 1))).rejects.toThrow('a transaction is open already');
  expect(await store.tx(async () => 2)).toBe(2);
});

test('the revision rises once a transaction, however much it changes', async () => {
  const store = await open();
  const revisions = await store.tx(async (tx) => [await bumpRevision(tx), await bumpRevision(tx)]);
  expect(revisions).toEqual([1, 1]);
  expect(await store.tx((tx) => bumpRevision(tx))).toBe(2);
  await store.tx((tx) => appendEvent(tx, event('observed')));
  expect((await store.read(readCluster)).revision).toBe(2);
});

test('the ledger never gives an address twice, and keeps it until the host has let go and the quarantine is over', async () => {
  const store = await open();
  const holding = (id: string, replicaId: string, hostId: string) => ({ id, networkId: 'n', address: '10.0.0.7', replicaId, replica: replicaId, workload: 'w', hostId, host: hostId, heldFrom: 10 });
  await store.tx((tx) => holdAddresses(tx, [holding('1', 'r1', 'h1')]));
  await expect(store.tx((tx) => holdAddresses(tx, [holding('2', 'r2', 'h2')]))).rejects.toThrow();
  await store.tx((tx) => letGo(tx, ['r1'], 20));
  await expect(store.tx((tx) => holdAddresses(tx, [holding('3', 'r2', 'h2')]))).rejects.toThrow();
  expect(await store.read((reader) => whyTaken(reader, '10.0.0.7', 'r2', 25))).toBe('10.0.0.7 is held by r1 on h1');
  await store.tx(async (tx) => closeAddress(tx, (await lettingGo(tx))[0]!, 30, 90));
  expect(await store.read((reader) => whyTaken(reader, '10.0.0.7', 'r2', 89))).toBe('10.0.0.7 is in quarantine after r1');
  expect([...(await store.read((reader) => takenAddresses(reader, 89))).values()]).toEqual([['10.0.0.7']]);
  expect(await store.read((reader) => whyTaken(reader, '10.0.0.7', 'r2', 90))).toBeUndefined();
  await store.tx((tx) => holdAddresses(tx, [holding('4', 'r2', 'h2')]));
});

test('the generation of a host only rises', async () => {
  const store = await open();
  const body = (generation: number) => ({ clusterId: 'c', hostId: 'h', generation, network: { name: 'firn', bridge: 'firn0', mode: 'flat' as const, uplink: 'eth0', cidr: '10.0.0.0/24', gateway: '10.0.0.1', hostAddress: '10.0.0.2' }, replicas: [] });
  await store.tx((tx) => putAssignment(tx, body(3), 'x', 0));
  for (const generation of [3, 2]) await expect(store.tx((tx) => putAssignment(tx, body(generation), 'y', 0))).rejects.toThrow('does not rise above 3');
  await store.tx((tx) => putAssignment(tx, body(4), 'y', 0));
});

test('numbers of events go on after old ones are dropped', async () => {
  const dataDir = folder();
  const store = await open(dataDir);
  for (let index = 1; index <= 5; index += 1) await store.tx((tx) => appendEvent(tx, event(String(index))));
  expect(await store.tx((tx) => dropOldEvents(tx, 2))).toBe(3);
  expect(await messages(store)).toEqual(['4', '5']);
  await store.tx((tx) => dropOldEvents(tx, 0));
  await store.tx((tx) => appendEvent(tx, event('6')));
  expect((await store.read((reader) => listEvents(reader, { after: 0, limit: 9, teams: null })))[0]!.seq).toBe(6);
});

test('migrations make exactly the tables of the schema, and no key takes NULL', async () => {
  const dataDir = folder();
  await open(dataDir);
  const client = new Sqlite(join(dataDir, 'firn.db'), { readonly: true });
  cleanups.push(() => void client.close());
  const tables = [schema, fleet, identity, accounts, addressTables, autoscale, burst, maintenance, market, metrics, questions, releases, sites, shells, story, upkeep, verdicts].flatMap((module) => Object.values(module)).filter((each) => each instanceof SQLiteTable).map(getTableConfig);
  const made = client.prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migrations' ORDER BY name").all();
  expect(made.map(({ name }) => name)).toEqual(tables.map(({ name }) => name).sort());
  for (const { name, columns, indexes, uniqueConstraints: _ } of tables) {
    const info = client.prepare<[], { name: string; type: string; notnull: number; pk: number }>(`PRAGMA table_info(${name})`).all();
    // A column that a later migration added stands last, wherever the schema names it.
    expect(info.map((each) => `${name}.${each.name} ${each.type.toLowerCase()}`).sort()).toEqual(columns.map((column) => `${name}.${column.name} ${column.getSQLType()}`).sort());
    // An INTEGER key is the rowid itself, which is never NULL.
    for (const column of info.filter(({ pk, type }) => pk > 0 && type.toLowerCase() !== 'integer')) expect(`${name}.${column.name} ${column.notnull}`).toBe(`${name}.${column.name} 1`);
    const present = new Set(client.prepare<[], { name: string }>(`PRAGMA index_list(${name})`).all().map((each) => each.name));
    for (const index of indexes) expect(present).toContain(index.config.name);
  }
});

test('a folder in use, one that is no folder, and a newer database are refused in one sentence', async () => {
  const dataDir = folder();
  const store = await open(dataDir);
  expect(() => openStore({ dataDir, migrationsDir, bus: openBus() })).toThrow(/is in use by another Firn server/);
  await store[Symbol.asyncDispose]();
  const client = new Sqlite(join(dataDir, 'firn.db'));
  client.prepare('INSERT INTO migrations (hash, created_at, name) VALUES (?, ?, ?)').run('x', 1, '29990101000000_future');
  client.close();
  expect(() => openStore({ dataDir, migrationsDir, bus: openBus() })).toThrow(/was written by a newer Firn \(it has the migration 29990101000000_future/);
  const file = join(folder(), 'file');
  writeFileSync(file, '');
  expect(() => openStore({ dataDir: join(file, 'data'), migrationsDir, bus: openBus() })).toThrow(/is not writable: ENOTDIR/);
  expect(() => openStore({ dataDir: '/proc/firn/data', migrationsDir, bus: openBus() })).toThrow(/is not writable: ENOENT/);
  const broken = join(folder(), 'broken');
  mkdirSync(broken);
  writeFileSync(join(broken, 'firn.db'), 'this is no database, and it is long enough to be taken for one '.repeat(20));
  expect(() => openStore({ dataDir: broken, migrationsDir, bus: openBus() })).toThrow(/cannot be opened: file is not a database/);
});

test('a backup is a whole database', async () => {
  const dataDir = folder();
  const store = await open(dataDir);
  await store.tx((tx) => appendEvent(tx, event('kept')));
  const copy = folder();
  await store.backup(join(copy, 'firn.db'));
  expect(await messages(await open(copy))).toEqual(['kept']);
});
