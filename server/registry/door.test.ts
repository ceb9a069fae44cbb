// The real registry behind its door: who may pull and push what, in the registry's own words, and that bytes come back as they went in.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULTS } from '../config.ts';
import { openLog } from '../log.ts';
import { temporaryFolder, until } from '#test/contract/start.ts';
import { intentOf } from './door-rules.ts';
import { openRegistry, type Registry } from './registry.ts';
import { pushImage } from './fixtures/push-image.ts';

const stack = new AsyncDisposableStack();
const folder = temporaryFolder();
let registry: Registry;
const CREDENTIAL = 'a-credential-of-this-test';
const as = (host: string, credential = CREDENTIAL) => ({ authorization: `Basic ${Buffer.from(`${host}:${credential}`).toString('base64')}` });
const ask = (path: string, init: RequestInit = {}) => fetch(`http://${registry.address}${path}`, init);

beforeAll(async () => {
  stack.defer(() => folder.remove());
  const config = { ...DEFAULTS, dataDir: folder.path, registryListen: { host: '127.0.0.1', port: 0 } };
  registry = stack.use(openRegistry({ config, log: openLog({ logLevel: 'silent' }), onChange: () => undefined }));
  await registry.open({
    authenticate: async (id, credential) => (credential === CREDENTIAL ? { id, name: id } : undefined),
    whyNotPush: async ({ name }, repository) => (name === 'builder' && repository === 'services/quotes/quote' ? null : `${name} may not push to ${repository}`),
  });
  await until(async () => (registry.now.state === 'up' ? true : undefined), 'the registry');
}, 30_000);
afterAll(() => stack.disposeAsync());

test('nobody gets in without the credential of a host, and is told how', async () => {
  for (const headers of [{}, as('builder', 'x'.repeat(24)), { authorization: 'Bearer x' }, { authorization: 'Basic %%%' }]) {
    const answer = await ask('/v2/', { headers });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="firn"']);
    expect(await answer.json()).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
  }
  expect((await ask('/v2/', { headers: as('anybody') })).status).toBe(200);
});

test('a builder pushes to the repository of its build, every host pulls the same bytes, nobody deletes', async () => {
  const image = await pushImage(`http://${registry.address}`, as('builder'), { repository: 'services/quotes/quote', tag: 'v1', layer: randomBytes(3_000_000) });
  const reference = registry.referenceOf('services/quotes/quote', image.digest);
  expect(await registry.resolve(reference)).toEqual({ digest: image.digest, imageId: image.imageId, architecture: 'amd64', layers: [{ digest: image.layerDigest, bytes: 3_000_000 }] });
  expect((await registry.resolve(`${registry.address}/services/quotes/quote:v1`)).digest).toBe(image.digest);
  expect([await registry.hasImage(reference), await registry.hasImage(reference.replace(/.$/, (last) => (last === '0' ? '1' : '0'))), await registry.hasImage('elsewhere:1/x:1')]).toEqual([true, false, false]);
  const blob = await ask(`/v2/services/quotes/quote/blobs/${image.layerDigest}`, { headers: as('another') });
  expect(`sha256:${createHash('sha256').update(Buffer.from(await blob.arrayBuffer())).digest('hex')}`).toBe(image.layerDigest);
  for (const host of ['builder', 'another']) {
    expect((await ask(`/v2/services/quotes/quote/manifests/${image.digest}`, { method: 'DELETE', headers: as(host) })).status).toBe(404);
    expect((await ask('/v2/_catalog', { headers: as(host) })).status).toBe(404);
  }
  for (const [host, repository] of [['another', 'services/quotes/quote'], ['builder', 'services/orders/order']] as const) {
    const refused = await ask(`/v2/${repository}/blobs/uploads/`, { method: 'POST', headers: as(host) });
    expect([refused.status, await refused.json()]).toEqual([403, { errors: [{ code: 'DENIED', message: `${host} may not push to ${repository}`, detail: null }] }]);
  }
  await expect(registry.resolve(`${registry.address}/services/quotes/quote:missing`)).rejects.toThrow('The registry has no image services/quotes/quote:missing.');
  await expect(registry.resolve('elsewhere:5000/quote:1')).rejects.toThrow(`elsewhere:5000/quote:1 is not an image of the registry ${registry.address}.`);
});

test('what is removed is gone after collecting, the disk is used less, and what stays is whole; asking meanwhile says when to come back', async () => {
  const push = (tag: string) => pushImage(`http://${registry.address}`, as('builder'), { repository: 'services/quotes/quote', tag, layer: randomBytes(2_000_000) });
  const [kept, gone] = [await push('kept'), await push('gone')];
  // An upload that nobody finishes.
  const begun = await ask('/v2/services/quotes/quote/blobs/uploads/', { method: 'POST', headers: as('builder') });
  await ask(begun.headers.get('location')!, { method: 'PATCH', headers: { ...as('builder'), 'content-type': 'application/octet-stream' }, body: randomBytes(1_000_000) });
  const removed = Promise.withResolvers<void>();
  const collecting = registry.clean(async () => {
    await registry.remove('services/quotes/quote', gone.digest);
    setImmediate(removed.resolve);
  });
  await removed.promise;
  const meanwhile = await ask('/v2/', { headers: as('another') });
  expect([meanwhile.status, meanwhile.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await collecting).toBeGreaterThanOrEqual(3_000_000);
  await until(async () => (registry.now.state === 'up' ? true : undefined), 'the registry after cleaning');
  expect((await ask(`/v2/services/quotes/quote/blobs/${kept.layerDigest}`, { headers: as('another') })).status).toBe(200);
  expect((await ask(`/v2/services/quotes/quote/blobs/${gone.layerDigest}`, { headers: as('another') })).status).toBe(404);
  expect((await registry.manifests()).map(({ digest }) => digest)).not.toContain(gone.digest);
  // The same content can be pushed again.
  const again = await pushImage(`http://${registry.address}`, as('builder'), { repository: 'services/quotes/quote', tag: 'gone', layer: gone.layer });
  expect(again.digest).toBe(gone.digest);
  expect((await ask(`/v2/services/quotes/quote/blobs/${gone.layerDigest}`, { headers: as('another') })).status).toBe(200);
}, 30_000);

test('a registry that dies is started again, with everything that it had', async () => {
  const image = await pushImage(`http://${registry.address}`, as('builder'), { repository: 'services/quotes/quote', tag: 'survives', layer: randomBytes(1_000) });
  const pid = () => Number(readFileSync(join(folder.path, 'registry/pid'), 'utf8'));
  const before = pid();
  process.kill(before, 'SIGKILL');
  await until(async () => (registry.now.state === 'down' && existsSync(join(folder.path, 'registry/pid')) ? registry.now.reason : undefined), 'its end');
  await until(async () => (registry.now.state === 'up' && pid() !== before ? true : undefined), 'its next start');
  expect(await registry.hasImage(registry.referenceOf('services/quotes/quote', image.digest))).toBe(true);
});

test('only named pulls and pushes pass the door', () => {
  expect(intentOf('GET', '/v2/')).toEqual({ kind: 'ping' });
  expect(intentOf('HEAD', '/v2/layers/node/manifests/1')).toEqual({ kind: 'pull', repository: 'layers/node' });
  expect(intentOf('POST', '/v2/a/b/blobs/uploads/')).toEqual({ kind: 'push', repository: 'a/b', startsUpload: true });
  expect(intentOf('PUT', '/v2/a/b/manifests/v1')).toEqual({ kind: 'push', repository: 'a/b', startsUpload: false });
  expect(intentOf('DELETE', '/v2/a/b/blobs/uploads/uuid')).toMatchObject({ kind: 'push' });
  const refused = [['GET', '/v2/_catalog'], ['DELETE', '/v2/a/manifests/sha256:0'], ['DELETE', '/v2/a/blobs/sha256:0'], ['GET', '/v2/a%2Fb/manifests/1'], ['GET', '/v2/a/../b/manifests/1'], ['OPTIONS', '/v2/'], ['POST', '/v2/'], ['GET', '/'], ['GET', '/debug/vars'], ['PUT', '/v2/a/tags/list'], ['GET', '/v2/A/manifests/1']];
  for (const [method = '', path = ''] of refused) expect([method, path, intentOf(method, path)]).toEqual([method, path, undefined]);
});
