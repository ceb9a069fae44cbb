// Another registry behind the door: hosts sign in with their own credentials, the server with the registry's, and nobody learns where it is.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder, until } from '#test/contract/start.ts';
import { DEFAULTS } from '../config.ts';
import { openLog } from '../log.ts';
import { pushImage } from './fixtures/push-image.ts';
import { openRegistry, type Registry } from './registry.ts';

const stack = new AsyncDisposableStack();
const folder = temporaryFolder();
const LOGIN = 'robot:a-password-of-this-test';
let front: Server;
let registry: Registry;
let child: ChildProcess;

/** Asks for the login as a registry of somebody else does, in front of a real one on a socket; its absolute addresses are its own. */
function inFront(socketPath: string): Server {
  return createServer((asked, answer) => {
    if (asked.headers.authorization !== `Basic ${Buffer.from(LOGIN).toString('base64')}`) return void answer.writeHead(401, { 'www-authenticate': 'Basic realm="theirs"' }).end();
    const onward = request({ socketPath, method: asked.method, path: asked.url, headers: asked.headers }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  });
}

beforeAll(async () => {
  stack.defer(() => folder.remove());
  mkdirSync(join(folder.path, 'theirs'));
  const socketPath = join(folder.path, 'theirs.sock');
  writeFileSync(join(folder.path, 'theirs.yml'), JSON.stringify({ version: '0.1', log: { level: 'error' }, storage: { filesystem: { rootdirectory: join(folder.path, 'theirs') }, delete: { enabled: true } }, http: { net: 'unix', addr: socketPath } }));
  child = spawn('docker-registry', ['serve', join(folder.path, 'theirs.yml')], { stdio: 'ignore' });
  stack.defer(() => void child.kill('SIGKILL'));
  front = inFront(socketPath);
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  stack.defer(() => void front.close());
  writeFileSync(join(folder.path, 'login'), `${LOGIN}\n`);
  const registryUrl = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  // It may still start: only an answer counts.
  await until(async () => ((await fetch(`${registryUrl}/v2/`, { headers: { authorization: `Basic ${Buffer.from(LOGIN).toString('base64')}` } }).catch(() => null))?.ok === true ? true : undefined), 'their registry');
  const config = { ...DEFAULTS, dataDir: folder.path, registryListen: { host: '127.0.0.1', port: 0 }, registryUrl, registryLoginFile: join(folder.path, 'login') };
  registry = stack.use(openRegistry({ config, log: openLog({ logLevel: 'silent' }), onChange: () => undefined }));
  await registry.open({ authenticate: async (id) => ({ id, name: id }), whyNotPush: async () => null });
  await until(async () => (registry.now.state === 'up' ? true : undefined), 'the registry');
}, 30_000);
afterAll(() => stack.disposeAsync());

test('images go through the door to the other registry and back; deleting works, its disk is its own business', async () => {
  const host = { authorization: `Basic ${Buffer.from('host1:a-credential-of-host1').toString('base64')}` };
  const begun = await fetch(`http://${registry.address}/v2/services/quotes/quote/blobs/uploads/`, { method: 'POST', headers: host });
  expect([begun.status, begun.headers.get('location')]).toEqual([202, expect.stringMatching(/^\/v2\/services\/quotes\/quote\/blobs\/uploads\//)]);
  const image = await pushImage(`http://${registry.address}`, host, { repository: 'services/quotes/quote', tag: 'v1', layer: randomBytes(100_000) });
  const reference = registry.referenceOf('services/quotes/quote', image.digest);
  expect((await registry.resolve(reference)).imageId).toBe(image.imageId);
  expect([registry.kind, await registry.usedBytes(), await registry.disk(), await registry.manifests()]).toEqual(['external', null, null, []]);
  expect(await registry.clean(() => registry.remove('services/quotes/quote', image.digest))).toBeNull();
  expect(await registry.hasImage(reference)).toBe(false);
});

test('a file with its login that is not there stops the start with a sentence', async () => {
  const config = { ...DEFAULTS, dataDir: folder.path, registryListen: { host: '127.0.0.1', port: 0 }, registryUrl: 'http://127.0.0.1:1', registryLoginFile: join(folder.path, 'nothing') };
  await using other = openRegistry({ config, log: openLog({ logLevel: 'silent' }), onChange: () => undefined });
  await expect(other.open({ authenticate: async () => undefined, whyNotPush: async () => null })).rejects.toThrow(/FIRN_REGISTRY_LOGIN_FILE must name a file with USER:PASSWORD\.$/);
});
