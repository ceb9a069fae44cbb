import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULTS } from '../config.ts';
import { openContext } from '../context.ts';
import { createApp } from './app.ts';

let folder: string;
let stack: AsyncDisposableStack;
let get: (path: string, headers?: Record<string, string>) => Promise<Response>;
beforeAll(async () => {
  stack = new AsyncDisposableStack();
  folder = await mkdtemp(join(tmpdir(), 'firn-console-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'console/assets'), { recursive: true });
  await writeFile(join(folder, 'console/index.html'), '<!doctype html><script>theme()</script><script type="module" src="/assets/index-Ck3b9_aZ.js"></script>');
  await writeFile(join(folder, 'console/assets/index-Ck3b9_aZ.js'), `console.log(${'1+'.repeat(2000)}1)`);
  await writeFile(join(folder, 'console/.secret'), 'secret');
  await writeFile(join(folder, 'outside.txt'), 'outside');
  const context = stack.use(await openContext({ ...DEFAULTS, dataDir: join(folder, 'data'), consoleDir: join(folder, 'console'), logLevel: 'silent' }));
  const app = createApp(context);
  get = async (path, headers = {}) => app.request(`http://firn.test${path}`, { headers });
});
afterAll(() => stack.disposeAsync());

test('every path of the console is the page, which is asked for each time and lets its own scripts run, and no others', async () => {
  for (const path of ['/', '/services/quote', '/hosts/phy1']) {
    const answer = await get(path);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([200, 'text/html; charset=utf-8', 'no-cache']);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/script-src 'self' 'sha256-[A-Za-z0-9+/=]{44}';/);
    expect(policy).not.toContain("'unsafe-eval'");
    expect(policy.replace("style-src-attr 'unsafe-inline'", '')).not.toContain('unsafe-inline');
    expect(policy).toContain("frame-ancestors 'none'");
  }
});

test('files with a hash in their name are kept for a year, squeezed for those who can, and not sent twice', async () => {
  const squeezed = await get('/assets/index-Ck3b9_aZ.js', { 'accept-encoding': 'gzip, deflate' });
  expect([squeezed.headers.get('cache-control'), squeezed.headers.get('content-encoding'), squeezed.headers.get('content-type')]).toEqual(['public, max-age=31536000, immutable', 'gzip', 'text/javascript; charset=utf-8']);
  expect(gunzipSync(Buffer.from(await squeezed.arrayBuffer())).toString()).toContain('console.log(1+');
  expect((await get('/assets/index-Ck3b9_aZ.js', { 'accept-encoding': 'br, gzip' })).headers.get('content-encoding')).toBe('br');
  expect((await get('/assets/index-Ck3b9_aZ.js', { 'accept-encoding': 'br;q=0' })).headers.get('content-encoding')).toBeNull();
  expect((await get('/assets/index-Ck3b9_aZ.js', { 'if-none-match': squeezed.headers.get('etag') ?? '' })).status).toBe(304);
});

test('a file that is not there is a 404 and not the page; nothing outside the folder and nothing hidden can be named', async () => {
  for (const path of ['/assets/gone-Ck3b9_aZ.js', '/logo.png', '/.secret', '/..%2foutside.txt', '/%2e%2e/outside.txt', '/assets/..%2f..%2foutside.txt', '/%00.txt', '/%zz.js']) {
    const answer = await get(path);
    expect(`${path} ${answer.status}`).toBe(`${path} 404`);
    expect(await answer.text()).not.toMatch(/outside$|^secret/);
  }
});

test('unknown paths of the API are problems, not pages, and answers of the API are not kept', async () => {
  const answer = await get('/api/v1/nothing');
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([404, 'application/problem+json', 'no-store']);
});
