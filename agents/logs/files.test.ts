// What a container may do to the folder that the host reads for it: nothing of it leads elsewhere.
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import type { LogsItem } from '../protocol.ts';
import { listLogFiles, logsFolder, openLogFile, whyNotFile } from './files.ts';
import { readFile } from './read-file.ts';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'firn-logs-'));
  folder = logsFolder(root, '10.0.0.1');
  await mkdir(join(folder, 'app'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const all = async (items: AsyncIterable<LogsItem>): Promise<LogsItem[]> => {
  const found: LogsItem[] = [];
  for await (const item of items) found.push(item);
  return found;
};
const texts = (items: readonly LogsItem[]) => items.map((item) => (item.kind === 'line' ? item.text : item.kind === 'gap' ? `gap ${item.code}` : item.kind));
const never = new AbortController().signal;

test('files are listed with the newest first; links, pipes and what is behind them are not', async () => {
  await writeFile(join(root, 'secret'), 'of the host\n');
  await writeFile(join(folder, 'app', 'a.log'), 'one\n');
  await symlink(join(root, 'secret'), join(folder, 'link.log'));
  await symlink('/etc', join(folder, 'etc'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  expect((await listLogFiles(folder)).map(({ path }) => path)).toEqual(['app/a.log']);
  await expect(openLogFile(folder, 'link.log')).rejects.toThrow('link.log is a link, which is not followed');
  await expect(openLogFile(folder, 'etc/passwd')).rejects.toThrow('etc/passwd leads out of /persist/logs');
  await expect(openLogFile(folder, 'pipe')).rejects.toThrow('pipe is no plain file');
  await expect(openLogFile(folder, '../../secret')).rejects.toThrow('without . or ..');
  expect(await openLogFile(folder, 'absent.log')).toBeUndefined();
  expect(['a', 'a/b.log', '/a', 'a//b', 'a/..', '.', ''].map((path) => whyNotFile(path) === undefined)).toEqual([true, true, false, false, false, false, false]);
});

test('a folder that the container put a link in place of has no logs', async () => {
  await rm(folder, { recursive: true });
  await symlink('/etc', folder);
  expect(await listLogFiles(folder)).toEqual([]);
  expect(await openLogFile(folder, 'passwd')).toBeUndefined();
});

test('the tail of a file is its last lines, also of a large one and also of matches', async () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `2026-11-23T09:30:00Z INFO line ${index}${index % 5_000 === 0 ? ' needle' : ''}`);
  await writeFile(join(folder, 'a.log'), `${lines.join('\n')}\nhalf a line`);
  expect(texts(await all(readFile(systemClock, folder, 'a.log', { tail: 3, follow: false }, never)))).toEqual([...lines.slice(-2), 'half a line']);
  expect(texts(await all(readFile(systemClock, folder, 'a.log', { tail: 2, search: 'NEEDLE', follow: false }, never)))).toEqual([lines[10_000], lines[15_000]]);
  expect(await all(readFile(systemClock, folder, 'a.log', { follow: false }, never))).toHaveLength(20_001);
  expect(await all(readFile(systemClock, folder, 'a.log', { follow: false, sinceMs: Date.parse('2026-11-23T09:30:01Z') }, never))).toEqual([]);
});

test('following goes on over a rotation without losing a line, and marks a file that was cut', async () => {
  const path = join(folder, 'a.log');
  await writeFile(path, 'one\ntwo\n');
  const closing = new AbortController();
  const items: LogsItem[] = [];
  const until = async (count: number): Promise<void> => {
    for (const endMs = performance.now() + 5_000; items.length < count && performance.now() < endMs; ) await new Promise(setImmediate);
    expect(texts(items)).toHaveLength(count);
  };
  const reading = (async () => {
    for await (const item of readFile(systemClock, folder, 'a.log', { tail: 1, follow: true }, closing.signal)) if (item.kind !== 'live') items.push(item);
  })();
  await until(1);
  await appendFile(path, 'three\nfo');
  await until(2);
  await appendFile(path, 'ur\n');
  await rename(path, `${path}.1`);
  await writeFile(path, 'five\n');
  await until(4);
  await truncate(path, 0);
  await until(5);
  await appendFile(path, 'six\n');
  await until(6);
  closing.abort();
  await reading;
  expect(texts(items)).toEqual(['two', 'three', 'four', 'five', 'gap truncated', 'six']);
});
