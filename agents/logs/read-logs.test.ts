// What a person sees of a replica's output: the end of it, what comes, what was before, and marks wherever something is missing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { FakeOutput } from '../docker/fake-streams.ts';
import type { Container } from '../docker/runtime.ts';
import { openLog } from '../log.ts';
import { ManualClock } from '../manual-clock.ts';
import type { LogsItem, LogsQuery } from '../protocol.ts';
import { DEFAULT_LIMITS, LogArchive } from './archive.ts';
import { LiveQueue } from './live-queue.ts';
import { readLogs, type ReadParts } from './read-logs.ts';

let folder: string;
let outputs: Map<string, FakeOutput>;
let present: Container | undefined;
let parts: ReadParts;
let archive: LogArchive;
const clock = new ManualClock();

const container = (id: string): Container => ({ id, name: 'quote-1', status: 'running', stopSeconds: 1, restarts: 0, outOfMemory: false, address: '10.0.0.1', owner: { clusterId: 'c', replicaId: 'r1', workload: 'quote', identity: '', release: id } });
const outputOf = (id: string): FakeOutput => {
  const output = outputs.get(id) ?? new FakeOutput(clock);
  outputs.set(id, output);
  return output;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firn-read-'));
  outputs = new Map();
  present = container('c1');
  archive = new LogArchive({ clock, log: openLog('silent', 'h'), folder: join(folder, 'kept'), limits: DEFAULT_LIMITS });
  parts = { clock: systemClock, archive, persistDir: folder, containerOf: () => present, holderOf: () => 'r1', runtime: { output: (id, query, signal) => outputOf(id).read(query, signal) } };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ask = (more: Partial<LogsQuery> = {}): LogsQuery => ({ replicaId: 'r1', source: 'stdout', previous: false, follow: false, ...more });
const said = (item: LogsItem): string => (item.kind === 'line' ? item.text : item.kind === 'instance' ? `-- ${item.state} ${item.containerId}` : item.kind === 'gap' ? `gap ${item.code} ${item.bytes}` : item.kind);
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};
const answer = async (query: LogsQuery): Promise<string[]> => {
  const found: string[] = [];
  for await (const item of readLogs(parts, query, new AbortController().signal)) found.push(said(item));
  return found;
};
const keep = (id: string) => archive.keep({ replicaId: 'r1', name: 'quote-1', workload: 'quote', containerId: id, release: id }, (signal) => outputOf(id).read({ follow: false }, signal), new AbortController().signal);

test('the tail, a search and a level', async () => {
  for (let index = 0; index < 10; index += 1) outputOf('c1').write(`${index % 3 === 0 ? 'ERROR' : 'INFO'} line ${index}`);
  expect(await answer(ask({ tail: 2 }))).toEqual(['-- present c1', 'INFO line 8', 'ERROR line 9']);
  expect(await answer(ask({ tail: 0 }))).toEqual(['-- present c1']);
  expect(await answer(ask({ tail: 1, search: 'LINE 3' }))).toEqual(['-- present c1', 'ERROR line 3']);
  expect(await answer(ask({ level: 'error' }))).toEqual(['-- present c1', 'ERROR line 0', 'ERROR line 3', 'ERROR line 6', 'ERROR line 9']);
});

test('following neither repeats nor loses a line, and goes on with the container that takes the place', async () => {
  const closing = new AbortController();
  const found: string[] = [];
  for (const text of ['one', 'two']) outputOf('c1').write(text);
  const reading = (async () => {
    for await (const item of readLogs(parts, ask({ tail: 1, follow: true }), closing.signal)) if (item.kind !== 'live') found.push(said(item));
  })();
  const until = async (text: string): Promise<void> => {
    for (const endMs = performance.now() + 5_000; found.at(-1) !== text && performance.now() < endMs; ) await new Promise(setImmediate);
    expect(found.at(-1)).toBe(text);
  };
  await until('two');
  outputOf('c1').write('three');
  await until('three');
  outputOf('c2').write('born');
  outputOf('c2').write('and alive');
  present = container('c2');
  outputOf('c1').runs(false);
  await until('and alive');
  closing.abort();
  await reading;
  expect(found).toEqual(['-- present c1', 'two', 'three', '-- present c2', 'born', 'and alive']);
});

test('what containers wrote that are gone is kept, once, with whose it is; and no longer than the bounds say', async () => {
  outputOf('c0').write('old 1\rwith a carriage return');
  outputOf('c0').write('old 2', 'stderr');
  await keep('c0');
  await keep('c0');
  await clock.pass(1_000);
  outputOf('c1').write('newer');
  await keep('c1');
  expect(await answer(ask({ previous: true }))).toEqual(['-- gone c0', 'old 1\rwith a carriage return', 'old 2', '-- gone c1', 'newer']);
  expect(await answer(ask({ previous: true, tail: 1 }))).toEqual(['-- gone c0', '-- gone c1', 'newer']);
  const [item] = await all(readLogs(parts, ask({ source: 'sources' }), new AbortController().signal));
  expect(item).toMatchObject({ instances: [{ containerId: 'c0', state: 'gone', release: 'c0' }, { containerId: 'c1', state: 'gone' }, { containerId: 'c1', state: 'present' }] });
  await clock.pass(DEFAULT_LIMITS.keepMs);
  await archive.sweep();
  expect(await answer(ask({ previous: true }))).toEqual(['-- gone c1', 'newer']);
  await clock.pass(1_000);
  await archive.sweep();
  expect(await answer(ask({ previous: true }))).toEqual([]);
});

test('of a very long output the newest part is kept, and the mark says how much is not', async () => {
  archive = new LogArchive({ clock, log: openLog('silent', 'h'), folder: join(folder, 'kept'), limits: { ...DEFAULT_LIMITS, pieceBytes: 10_000 } });
  parts = { ...parts, archive };
  const line = 'x'.repeat(1_000);
  for (let index = 0; index < 600; index += 1) outputOf('c1').write(`${index} ${line}`);
  await keep('c1');
  const [kept] = await archive.of('r1');
  const found = await answer(ask({ previous: true }));
  expect(found[1]).toBe(`gap limit ${kept?.lostBytes}`);
  expect(kept?.lostBytes).toBeGreaterThan(0);
  expect(found.at(-1)).toBe(`599 ${line}`);
  expect(found.length).toBeLessThan(602);
});

test('a reader that is too slow gets the newest and the size of what is missing', async () => {
  const queue = new LiveQueue<number>(10);
  for (let index = 0; index < 5; index += 1) queue.push(index, 4);
  queue.end();
  expect(await all(queue.read())).toEqual([{ lost: { bytes: 12, items: 3 } }, { item: 3 }, { item: 4 }]);
});
