import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { ManualClock } from '../manual-clock.ts';
import type { BuildOrder, BuildReport } from '../protocol.ts';
import { BuildRecord } from './build-record.ts';
import { Builder, type BuilderParts } from './builder.ts';
import type { BuildEngine } from './engine.ts';
import { Telling } from './telling.ts';

let home: string;
let count = 0;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'firn-builder-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** An engine with containers and nothing else: no build of these tests gets as far as an image. */
function engineWith(containers: string[]): BuildEngine {
  const never = (): Promise<never> => Promise.reject(new Error('no build of these tests comes here'));
  return {
    image: async () => undefined, pull: never, load: never, save: never, push: never, run: never, build: never, removeImage: async () => undefined,
    containers: async () => [...containers],
    removeContainer: async (id) => void containers.splice(containers.indexOf(id), 1),
  };
}

function partsOf(heard: BuildReport[], more: Partial<BuilderParts> = {}): BuilderParts {
  const folder = more.folder ?? join(home, `b${(count += 1)}`);
  return {
    clock: systemClock, log: silent, engine: engineWith([]), clusterId: 'c', hostId: 'h', credential: 'x', serverBase: 'http://127.0.0.1:1', tls: () => undefined, trustRegistry: async () => undefined, gitProtocols: ['file'], atOnce: 1,
    folder, memoryFolder: join(folder, '..', 'memory'), send: (report) => heard.push(report) > 0, ...more,
  };
}

function orderOf(id: string, more: Partial<BuildOrder> = {}): BuildOrder {
  const limits = { cpuMilli: 1_000, memoryMib: 64, seconds: 30, diskMib: 64, logBytes: 10_000 };
  return { id, attempt: 1, source: { kind: 'service', url: 'file:///nowhere/at-all', ref: 'main', path: '', layers: [] }, repository: '127.0.0.1:1/x', limits, secrets: { TOKEN: 'never-on-disk' }, network: false, ...more };
}

async function untilEnded(heard: BuildReport[], id: string): Promise<BuildReport> {
  const end = Date.now() + 5_000;
  for (;;) {
    const found = heard.find((report) => report.id === id && report.phase === 'failed');
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${id} did not end: ${JSON.stringify(heard.at(-1))}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('orders are done one after the other; an end stays on disk until it is acknowledged, an order never is', async () => {
  const heard: BuildReport[] = [];
  const parts = partsOf(heard);
  await using builder = await Builder.open(parts);
  builder.take([orderOf('one'), orderOf('two')]);
  expect(builder.phases).toEqual({ one: 'waiting', two: 'waiting' });
  const first = await untilEnded(heard, 'one');
  expect(first).toMatchObject({ attempt: 1, reason: expect.stringContaining('there is no repository at file:///nowhere/at-all') });
  expect(first.isPlatform).toBeUndefined();
  await untilEnded(heard, 'two');
  expect(heard.findIndex(({ id, phase }) => id === 'two' && phase === 'fetching')).toBeGreaterThan(heard.findIndex(({ id, phase }) => id === 'one' && phase === 'failed'));
  const filesOf = async (): Promise<string[]> => (await readdir(parts.folder, { recursive: true }).catch(() => [])).map((path) => path.split('/')[1] ?? '').filter(Boolean).sort();
  await expect.poll(filesOf).toEqual(['log', 'log', 'state.json', 'state.json']);
  for (const folder of await readdir(parts.folder)) for (const file of ['log', 'state.json']) expect(await readFile(join(parts.folder, folder, file), 'utf8')).not.toContain('never-on-disk');
  builder.ack({ id: 'one', attempt: 1, logBytes: 0, isEnded: true });
  builder.ack({ id: 'two', attempt: 7, logBytes: 0, isEnded: true });
  await expect.poll(async () => (await readdir(parts.folder)).length).toBe(1);
  expect(builder.phases).toEqual({ two: 'failed' });
});

test('what is absent from the list is gone; a higher attempt begins anew, a lower one is ignored', async () => {
  const heard: BuildReport[] = [];
  await using builder = await Builder.open(partsOf(heard));
  builder.take([orderOf('one', { attempt: 2 }), orderOf('two')]);
  await untilEnded(heard, 'one');
  builder.take([orderOf('one', { attempt: 1 })]);
  expect(builder.phases).toEqual({ one: 'failed' });
  heard.length = 0;
  builder.take([orderOf('one', { attempt: 3 })]);
  expect(await untilEnded(heard, 'one')).toMatchObject({ attempt: 3 });
});

test('an agent that died while it built says so at its next start, and tidies up', async () => {
  const parts = partsOf([]);
  const record = new BuildRecord(parts.folder, 'lost', 4);
  await record.make();
  await record.writeState({ id: 'lost', attempt: 4, phase: 'building', reason: 'running the build command' });
  record.append('before the crash\n');
  await writeFile(join(record.folder, 'layer.tar'), 'half');
  const containers = ['left'];
  const heard: BuildReport[] = [];
  await using builder = await Builder.open({ ...partsOf(heard, { folder: parts.folder }), engine: engineWith(containers) });
  expect(containers).toEqual([]);
  expect(existsSync(join(record.folder, 'layer.tar'))).toBe(false);
  heard.length = 0;
  builder.resend();
  expect(heard).toEqual([expect.objectContaining({ id: 'lost', attempt: 4, phase: 'failed', isPlatform: true, reason: expect.stringContaining('was restarted'), log: { offset: 0, text: 'before the crash\n' } })]);
});

test('a registry of builds that cannot be understood is put aside; a disk without room is no fault of the source', async () => {
  const heard: BuildReport[] = [];
  const parts = partsOf(heard);
  await Builder.open(parts);
  await writeFile(join(parts.folder, 'strange'), 'x');
  await using builder = await Builder.open(parts);
  expect(await readdir(parts.folder)).toEqual([]);
  builder.take([orderOf('big', { limits: { ...orderOf('x').limits, diskMib: 1_000_000_000 } })]);
  expect(await untilEnded(heard, 'big')).toMatchObject({ isPlatform: true, reason: expect.stringMatching(/^disk: \d+ MiB are free on this builder, and this build may need/) });
});

test('whatever is lost on the way, in either direction, the server has the whole log once, and the end after it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme', maxLength: 40_000 }), { maxLength: 6 }), fc.array(fc.boolean(), { maxLength: 30 }), async (pieces, losses) => {
      const clock = new ManualClock();
      const record = new BuildRecord(home, `told-${(count += 1)}`, 1);
      await record.make();
      let stored = Buffer.alloc(0);
      let atEnd: string | undefined;
      let turn = 0;
      const isLost = (): boolean => losses[(turn += 1) - 1] ?? false;
      const telling: Telling = new Telling(record, { id: 'b', attempt: 1, phase: 'building', reason: '' }, {
        clock,
        send: (report) => {
          if (isLost()) return true;
          if (report.log !== undefined && report.log.offset <= stored.length) stored = Buffer.concat([stored.subarray(0, report.log.offset), Buffer.from(report.log.text)]);
          if (report.phase === 'succeeded') atEnd ??= stored.toString();
          if (!isLost()) queueMicrotask(() => (report.phase === 'succeeded' ? telling.close() : telling.acknowledge(stored.length)));
          return true;
        },
      });
      for (const piece of pieces) {
        telling.write(piece);
        await clock.pass(100);
      }
      await telling.end({ phase: 'succeeded', reason: 'built' });
      await clock.pass(200_000);
      expect(atEnd).toBe(Buffer.from(pieces.join('')).toString());
      telling.close();
    }),
    { numRuns: 25 },
  );
});
