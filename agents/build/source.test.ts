import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fetchSource, protocolOf, type Source, type SourceOrder } from './source.ts';

let home: string;
let repository: string;
let first: string;
let count = 0;

const git = (...args: string[]): string => execFileSync('git', ['-C', repository, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args], { encoding: 'utf8' }).trim();

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'firn-source-'));
  repository = join(home, 'repository');
  await mkdir(join(repository, 'services/quote'), { recursive: true });
  git('init', '--quiet', '--initial-branch=main');
  await writeFile(join(repository, 'README'), 'first\n');
  git('add', '-A');
  git('commit', '--quiet', '-m', 'first: one file');
  first = git('rev-parse', 'HEAD');
  await writeFile(join(repository, 'services/quote/firn.yaml'), 'runtime: node\n');
  await writeFile(join(repository, 'services/quote/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  await symlink('firn.yaml', join(repository, 'services/quote/link'));
  git('add', '-A');
  git('commit', '--quiet', '-m', 'second');
  git('tag', '-a', 'v1', '-m', 'one');
});
afterAll(() => rm(home, { recursive: true, force: true }));

function fetch(order: Partial<SourceOrder>, more: { protocols?: string[]; limitMs?: number; signal?: AbortSignal } = {}): Promise<Source> {
  const work = join(home, `work-${(count += 1)}`);
  return fetchSource(
    { url: `file://${repository}`, ref: 'main', path: '', ...order },
    { folder: join(work, 'git'), memoryFolder: join(work, 'memory'), protocols: more.protocols ?? ['file', 'http'], limitMs: more.limitMs ?? 20_000, mostBytes: 1 << 20, signal: more.signal ?? new AbortController().signal },
  );
}

test('branch, tag, whole and shortened commit are found, with who and when', async () => {
  const head = git('rev-parse', 'HEAD');
  for (const ref of ['main', 'v1', head, head.slice(0, 9)]) {
    const source = await fetch({ ref });
    expect([ref, source.commit, source.tree, source.author, source.subject]).toEqual([ref, head, git('rev-parse', 'HEAD^{tree}'), 'Ann', 'second']);
    expect(source.committedSeconds).toBe(Number(git('log', '-1', '--format=%ct')));
  }
  expect((await fetch({ ref: first })).subject).toBe('first: one file');
});

test('the folder that was asked for is unpacked with modes and links, and nothing else', async () => {
  const target = join(home, 'unpacked');
  const source = await fetch({ path: 'services/quote/' });
  expect(source.tree).toBe(git('rev-parse', 'HEAD:services/quote'));
  await source.unpack(target);
  expect((await readdir(target)).sort()).toEqual(['firn.yaml', 'link', 'run.sh']);
  expect(await readlink(join(target, 'link'))).toBe('firn.yaml');
  expect(await readFile(join(target, 'run.sh'), 'utf8')).toBe('#!/bin/sh\n');
});

test.each<[string, Partial<SourceOrder>, string]>([
  ['no such branch', { ref: 'nope' }, 'has no branch, tag or commit "nope"'],
  ['no such commit', { ref: '0123456789012345678901234567890123456789' }, 'has no commit 0123456789'],
  ['an option as a ref', { ref: '--upload-pack=touch /tmp/x' }, 'ref: "--upload-pack=touch /tmp/x" is not allowed'],
  ['a list as a ref', { ref: 'a:b' }, 'ref: "a:b" is not allowed'],
  ['no repository', { url: 'file:///nowhere/at-all' }, 'url: there is no repository at file:///nowhere/at-all'],
  ['no such folder', { path: 'services/none' }, 'path: there is no folder "services/none"'],
  ['a file as a folder', { path: 'README' }, 'path: there is no folder "README"'],
  ['a way out', { path: '../x' }, 'path: "../x" is not allowed'],
  ['nobody listens', { url: 'http://127.0.0.1:1/x.git' }, 'cannot be reached from this builder'],
])('%s: a sentence', async (_, order, sentence) => {
  await expect(fetch(order)).rejects.toThrow(sentence);
});

test('only allowed protocols, no credentials in the address, nothing that git would run', () => {
  for (const url of ['ext::sh -c "touch /tmp/x"', '-x', 'https://-oProxyCommand=x/y', 'fd::3', 'https://a b/c', '', 'nothing']) expect(() => protocolOf(url, ['https', 'ssh', 'file'])).toThrow(/^url: /);
  expect(() => protocolOf('file:///x', ['https', 'ssh'])).toThrow('speaks file; this builder allows https, ssh');
  expect(() => protocolOf('https://ann:secret@host/x.git', ['https'])).toThrow('credentials may not be part of the address');
  expect(protocolOf('git@host:team/x.git', ['ssh'])).toBe('ssh');
  expect(protocolOf('https://ann@host/x.git', ['https'])).toBe('https');
});

test('a repository that needs credentials says so; given ones are sent and never in an argument or left on disk', async () => {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers.authorization ?? 'none');
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.git`;
  await expect(fetch({ url })).rejects.toThrow('needs credentials');
  const before = count;
  await expect(fetch({ url, credentials: { username: 'ann', password: "it's secret" } })).rejects.toThrow('refuses the credentials');
  expect(heard).toContain(`Basic ${Buffer.from("ann:it's secret").toString('base64')}`);
  expect(await readdir(join(home, `work-${before + 1}`, 'memory'))).toEqual([]);
  server.close();
  server.closeAllConnections();
});

test('a host that never answers ends at the deadline, a cancelled fetch at once', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.git`;
  await expect(fetch({ url }, { limitMs: 500 })).rejects.toThrow('did not give the source in time');
  const control = new AbortController();
  const fetching = fetch({ url }, { signal: control.signal });
  setTimeout(() => control.abort(new Error('taken back')), 200);
  await expect(fetching).rejects.toThrow('taken back');
  server.close();
  server.closeAllConnections();
});
