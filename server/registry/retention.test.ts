// Cleaning the real registry of a real server: what nobody needs goes and its disk space with it, what is kept can be pulled as before, and nothing
// is cleaned while a build or a rollout is under way.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeBuilder, startBuilder } from '#test/contract/builder.ts';
import { draft, startTestServer, type TestServer, until } from '#test/contract/start.ts';
import { keepSet } from './retention.ts';

const stack = new AsyncDisposableStack();
let server: TestServer;
let builder: FakeBuilder;
let skipMs = 0;

beforeAll(async () => {
  server = stack.use(await startTestServer({ config: { registryListen: { host: '127.0.0.1', port: 0 }, keepReleases: 1, keepDays: 1 }, overrides: { clock: { now: () => Date.now() + skipMs } } }));
  await server.addTeam();
  builder = stack.use(await startBuilder(server, 'builder1'));
  await until(async () => (server.handle.context.registry.now.state === 'up' ? true : undefined), 'the registry');
}, 30_000);
afterAll(() => stack.disposeAsync());

const MIB = 1_048_576;
const build = async (service: string): Promise<{ id: string; image: string; digest: string }> => {
  const { body } = await server.call('POST', '/builds', { team: 'quotes', service, url: 'https://git.test/quote.git', ref: 'main' });
  const order = await builder.order(body.id);
  builder.say({ id: body.id, attempt: 1, phase: 'succeeded', result: await builder.push(order, { layer: randomBytes(2 * MIB) }) });
  return await until(async () => { const { body: now } = await server.call('GET', `/builds/${body.id}`); return now.state === 'succeeded' ? now : undefined; }, 'the build');
};
/** Lets hours pass, and waits until the builder is heard again. */
const later = async (hours: number) => {
  skipMs += hours * 3_600_000;
  await until(async () => ((await server.call('GET', '/hosts/builder1')).body.state === 'ready' ? true : undefined), 'the builder to be heard');
};
const pull = async (image: string): Promise<number> => {
  const [name = '', digest] = image.split('@');
  const [address, ...repository] = name.split('/');
  return (await fetch(`http://${address}/v2/${repository.join('/')}/manifests/${digest}`, { headers: { ...builder.login, accept: 'application/vnd.docker.distribution.manifest.v2+json' } })).status;
};

test('what is not needed is deleted and frees its disk space; what is kept can be pulled, and is what hosts are told to keep', async () => {
  const { registry, store } = server.handle.context;
  const runs = await build('quote');
  await server.addHost('host1');
  const asked = await server.call('POST', '/requests', draft({ run: { image: runs.image } }));
  expect([asked.status, asked.body.state]).toEqual([201, 'approved']);
  const old = await build('quote');
  const next = await build('quote');
  const other = await build('other');
  expect((await server.call('POST', '/registry/clean', { dryRun: true })).body).toEqual({ images: [], freedBytes: 0, dryRun: true });

  await later(2);
  const before = (await registry.usedBytes())!;
  const view = (await server.call('GET', '/registry')).body;
  const whys = Object.fromEntries(view.images.map((image: { digest: string; keptFor: { why: string }[]; ownBytes: number }) => [image.digest, [image.keptFor.map(({ why }) => why), image.ownBytes]]));
  expect(whys).toEqual({ [runs.digest]: [['runs', 'rollback'], 2 * MIB], [old.digest]: [[], 2 * MIB], [next.digest]: [['next'], 2 * MIB], [other.digest]: [['next'], 2 * MIB] });
  expect(view).toMatchObject({ kind: 'embedded', state: 'up', mayClean: true, whyNotClean: null, lastCleaned: null, retention: { keepReleases: 1, keepDays: 1 } });
  expect(view.diskBytes).toBeGreaterThan(view.usedBytes);

  const kept = await store.read((reader) => keepSet(server.handle.context, reader));
  expect([...kept.keys()].sort()).toEqual([runs.image, next.image, other.image].sort());
  const dry = (await server.call('POST', '/registry/clean', { dryRun: true })).body;
  expect(dry).toEqual({ images: [{ repository: 'services/quotes/quote', digest: old.digest, bytes: 2 * MIB }], freedBytes: 2 * MIB, dryRun: true });
  const cleaned = (await server.call('POST', '/registry/clean', {})).body;
  expect(cleaned.images).toEqual(dry.images);
  expect(cleaned.freedBytes).toBeGreaterThanOrEqual(2 * MIB);
  await until(async () => (registry.now.state === 'up' ? true : undefined), 'the registry after cleaning');
  expect((await registry.usedBytes())!).toBeLessThan(before - 2 * MIB + 65_536);
  expect([await pull(runs.image), await pull(next.image), await pull(other.image), await pull(old.image)]).toEqual([200, 200, 200, 404]);
  expect((await server.call('GET', '/registry')).body.lastCleaned).toMatchObject({ deletedImages: 1, reason: 'asked by admin' });
  expect((await server.call('GET', '/events?kind=registry.cleaned')).body.items[0].message).toMatch(/^1 images were deleted from the registry, and [2-9] MiB became free$/);
}, 30_000);

test('nothing is cleaned while a build runs, and a build that comes meanwhile waits', async () => {
  const { body } = await server.call('POST', '/builds', { team: 'quotes', service: 'quote', url: 'https://git.test/quote.git', ref: 'main' });
  await builder.order(body.id);
  const refused = await server.call('POST', '/registry/clean', {});
  expect([refused.status, refused.body.detail]).toEqual([409, 'A build runs: what is being pushed has no name yet.']);
  expect((await server.call('GET', '/registry')).body).toMatchObject({ mayClean: false, whyNotClean: 'A build runs: what is being pushed has no name yet.' });
  await server.call('POST', `/builds/${body.id}/cancel`);
  const viewer = await server.person('viewer', [{ team: 'quotes', role: 'viewer' }]);
  const answer = await fetch(`${server.handle.url}/api/v1/registry/clean`, { method: 'POST', headers: { ...viewer, 'content-type': 'application/json' }, body: '{}' });
  expect(answer.status).toBe(403);
});
