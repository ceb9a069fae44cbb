// History on a real database: two seconds, minutes, ten minutes; over a restart, and bounded.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openBus } from '../bus.ts';
import { DEFAULTS } from '../config.ts';
import { chunksBetween } from '../db/metrics.ts';
import { openStore, type Store } from '../db/store.ts';
import { type History, MINUTES_KEPT_MS, openHistory } from './history.ts';
import { emptyGrid, get, pack, put, unpack } from './pack.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});
async function open(): Promise<Store> {
  const dataDir = await mkdtemp(join(tmpdir(), 'firn-history-'));
  const store = openStore({ dataDir, migrationsDir: DEFAULTS.migrationsDir, bus: openBus() });
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }), async () => await store[Symbol.asyncDispose]());
  return store;
}
const HOUR = 3_600_000;
const T = Date.parse('2026-11-23T09:00:00Z');
/** QPS is the minute since T, so that a value says when it is of. */
function fill(history: History, from: number, to: number, stepMs = 20_000): void {
  for (let at = from; at < to; at += stepMs) history.add('workload:w', { qps: (at - T) / 60_000, qpsMax: (at - T) / 60_000, cpuMilli: 100, ready: 3 }, at);
}

test('the last ten minutes are kept by two seconds; what was not measured is null', async () => {
  const history = openHistory(await open());
  for (let at = T; at < T + 60_000; at += 2_000) if (at !== T + 30_000) history.add('cluster', { qps: (at - T) / 1000 }, at);
  const series = await history.series('cluster', ['qps'], { from: T + 26_000, to: T + 36_000, points: 300 }, T + 60_000);
  expect(series).toEqual({ at: T + 26_000, stepMs: 2_000, resolution: 'raw', values: { qps: [26, 28, null, 32, 34] } });
  const fewer = await history.series('cluster', ['qps'], { from: T, to: T + 60_000, points: 6 }, T + 60_000);
  expect(fewer.stepMs).toBe(10_000);
  expect(fewer.values.qps).toEqual([4, 14, 24, 35, 44, 54]);
  // Ten minutes later what was there ten minutes before is not taken for what is missing.
  history.add('cluster', { qps: 7 }, T + 604_000);
  expect((await history.series('cluster', ['qps'], { from: T + 600_000, to: T + 606_000, points: 300 }, T + 606_000)).values.qps).toEqual([null, null, 7]);
});

test('minutes are means, the highest of a minute is kept, and a restart in the middle of an hour loses nothing', async () => {
  const store = await open();
  const first = openHistory(store);
  fill(first, T, T + 20 * 60_000);
  await first.flush();
  const second = openHistory(store);
  fill(second, T + 22 * 60_000, T + 40 * 60_000);
  await second.keep(T + 40 * 60_000);
  const { resolution, values } = await second.series('workload:w', ['qps', 'qpsMax'], { from: T + 18 * 60_000, to: T + 24 * 60_000, points: 300 }, T + 40 * 60_000);
  expect(resolution).toBe('minute');
  expect(values.qps).toEqual([expect.closeTo(18.33, 1), expect.closeTo(19.33, 1), null, null, expect.closeTo(22.33, 1), expect.closeTo(23.33, 1)]);
  expect(values.qpsMax?.[0]).toBeCloseTo(18.67, 1);
});

test('hours that are over become ten minutes of their day, once; old minutes are dropped', async () => {
  const store = await open();
  const history = openHistory(store);
  fill(history, T, T + 3 * HOUR);
  for (const after of [1, 2, 3]) await history.keep(T + 3 * HOUR + after * 600_000);
  const later = T + MINUTES_KEPT_MS + 5 * HOUR;
  await history.keep(later);
  const { resolution, stepMs, values } = await history.series('workload:w', ['qps', 'ready', 'p99Ms'], { from: T, to: T + HOUR, points: 300 }, later);
  expect([resolution, stepMs]).toEqual(['ten-minutes', 600_000]);
  expect(values.qps).toEqual([4.83, 14.83, 24.83, 34.83, 44.83, 54.83].map((value) => expect.closeTo(value, 1)));
  expect(values.ready).toEqual(Array(6).fill(3));
  expect(values.p99Ms).toEqual(Array(6).fill(null));
  expect(await store.read((reader) => chunksBetween(reader, null, 60_000, 0, later))).toEqual([]);
});

test('what is packed is read back to the value, and bytes that are none are not read', () => {
  const grid = emptyGrid(60);
  put(grid, 7, { qps: 1234.5, ready: 3 });
  const again = unpack(pack(grid), 60);
  expect([get(again!, 'qps', 7), get(again!, 'ready', 7), get(again!, 'qps', 8), get(again!, 'p99Ms', 7)]).toEqual([1234.5, 3, null, null]);
  expect(unpack(Buffer.from('nonsense'), 60)).toBeUndefined();
});
