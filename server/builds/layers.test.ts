// Layers from the folder that is sent to the services that stand on them, and what a known layer makes possible: the same commit is not built twice.
// A server that starts again in the middle loses nothing of either.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import tar from 'tar-stream';
import { COMMIT, type FakeBuilder, startBuilder } from '#test/contract/builder.ts';
import { startTestServer, temporaryFolder, type TestServer, until } from '#test/contract/start.ts';
import { takeContext } from './layer-context.ts';

const stack = new AsyncDisposableStack();
const folder = temporaryFolder();
let server: TestServer;
let builder: FakeBuilder;
const config = { registryListen: { host: '127.0.0.1', port: 0 }, buildsPerHost: 2 };

beforeAll(async () => {
  stack.defer(() => folder.remove());
  server = stack.use(await startTestServer({ config, dataDir: folder.path }));
  await server.addTeam();
  builder = stack.use(await startBuilder(server, 'builder1'));
  await until(async () => (server.handle.context.registry.now.state === 'up' ? true : undefined), 'the registry');
}, 30_000);
afterAll(() => stack.disposeAsync());

async function folderOf(files: Readonly<Record<string, string>>, more: readonly { readonly name: string; readonly type: 'character-device' }[] = []): Promise<Buffer> {
  const pack = tar.pack();
  for (const [name, text] of Object.entries(files)) pack.entry({ name: `./${name}` }, text);
  for (const header of more) pack.entry(header);
  pack.finalize();
  const parts: Buffer[] = [];
  for await (const part of pack as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}
const push = async (body: Buffer, query = '') => {
  const answer = await server.call('POST', `/layers${query}`, body.toString('latin1'), { 'content-type': 'application/x-tar' });
  return answer;
};
/** Answers the next order for this layer as a builder would. */
const finish = async (name: string) => {
  const order = await until(async () => builder.orders.find(({ source }) => source.kind === 'layer' && source.name === name), `an order for ${name}`);
  builder.say({ id: order.id, attempt: order.attempt, phase: 'succeeded', result: await builder.push(order) });
  await until(async () => ((await server.call('GET', `/builds/${order.id}`)).body.state === 'succeeded' ? true : undefined), `${name} built`);
  return order;
};
const layer = async (name: string) => (await server.call('GET', `/layers/${name}`)).body;

test('a folder becomes a version, which a builder fetches with its own credential and nobody else can', async () => {
  const sent = await folderOf({ 'layer.yaml': 'name: base\nrootfs: busybox\n', 'static.sh': 'echo built\n', 'runtime.sh': 'echo starts\n', 'files/etc/motd': 'hello' });
  const pushed = await push(sent, '?note=first');
  expect([pushed.status, pushed.body]).toMatchObject([201, { name: 'base', current: null, depth: 0 }]);
  const order = await until(async () => builder.orders[0], 'an order');
  const sha256 = createHash('sha256').update(sent).digest('hex');
  expect(order.source).toMatchObject({ kind: 'layer', name: 'base', contextSha256: sha256 });
  expect(order.repository).toMatch(/\/layers\/base$/);
  const contextPath = order.source.kind === 'layer' ? order.source.contextPath : '';
  const bearer = `Bearer ${Buffer.from(builder.login['authorization']!.slice(6), 'base64').toString().replace(':', '.')}`;
  const got = await fetch(`${server.handle.agentUrl}${contextPath}`, { headers: { authorization: bearer } });
  expect(Buffer.from(await got.arrayBuffer()).equals(sent)).toBe(true);
  expect((await fetch(`${server.handle.agentUrl}${contextPath}`)).status).toBe(401);
  await finish('base');
  expect((await fetch(`${server.handle.agentUrl}${contextPath}`, { headers: { authorization: bearer } })).status).toBe(404);
  expect(await layer('base')).toMatchObject({ current: { version: 1, state: 'ready', note: 'first' }, isStale: false, bytes: 2_000, staticScript: 'echo built\n', runtimeScript: 'echo starts\n', files: expect.arrayContaining([{ path: 'files/etc/motd', bytes: 5 }]), definition: { name: 'base', rootfs: 'busybox' } });
});

test('a layer on top waits for the one below, and is stale when that one is built again; one order builds all again', async () => {
  await push(await folderOf({ 'layer.yaml': 'name: node\nfrom: base\n' }));
  expect((await finish('node')).source).toMatchObject({ from: { name: 'base' } });
  expect(await layer('node')).toMatchObject({ depth: 1, isStale: false, current: { fromVersion: 1 } });
  expect((await layer('base')).children).toEqual(['node']);
  await server.call('POST', '/layers/base/rebuild', {});
  await finish('base');
  expect(await layer('node')).toMatchObject({ isStale: true });
  const again = await server.call('POST', '/layers/base/rebuild', { above: true });
  expect(again.body.items.map(({ name }: { name: string }) => name)).toEqual(['base', 'node']);
  const waiting = (await server.call('GET', '/builds?service=node&state=queued')).body.items;
  await until(async () => ((await server.call('GET', `/builds/${waiting[0].id}`)).body.reason === 'the layer below, base, is being built' ? true : undefined), 'the reason of waiting');
  expect((await server.call('POST', '/layers/base/rebuild', {})).body.code).toBe('layer-building');
  await finish('base');
  await finish('node');
  expect(await layer('node')).toMatchObject({ isStale: false, current: { version: 2, fromVersion: 3 } });
});

test('the same commit on the same layers is answered at once by the image that is there; a newer layer builds again', async () => {
  const ask = async (more: object = {}) => (await server.call('POST', '/builds', { team: 'quotes', service: 'quote', url: 'https://git.test/quote.git', ref: COMMIT, ...more })).body;
  const first = await ask();
  const order = await builder.order(first.id);
  expect(order.source.kind === 'service' ? order.source.layers.map(({ name }) => name) : []).toEqual(['base', 'node']);
  const result = await builder.push(order, { result: { layer: 'node' } });
  builder.say({ id: first.id, attempt: 1, phase: 'succeeded', result });
  await until(async () => ((await server.call('GET', `/builds/${first.id}`)).body.state === 'succeeded' ? true : undefined), 'the first build');
  const begun = performance.now();
  const second = await ask();
  expect(performance.now() - begun).toBeLessThan(1_000);
  expect(second).toMatchObject({ state: 'succeeded', cachedFrom: first.id, digest: result.digest, pushedBytes: 0, layer: 'node 2' });
  // By a branch it is known as soon as the builder has fetched it, and the builder need not go on.
  const branch = await ask({ ref: 'main' });
  await builder.order(branch.id);
  builder.say({ id: branch.id, attempt: 1, phase: 'preparing', reason: 'commit', commit: COMMIT });
  await until(async () => builder.acks.find(({ id, isEnded }) => id === branch.id && isEnded), 'the end');
  expect((await server.call('GET', `/builds/${branch.id}`)).body).toMatchObject({ state: 'succeeded', cachedFrom: first.id, digest: result.digest, attempt: 1 });
  await until(async () => (builder.orders.length === 0 ? true : undefined), 'the order to be taken back');
  // Asked to build anyway: the same digest is told as such, another one as well.
  for (const [digest, same, differs] of [['same', 1, 0], ['other', 0, 2]] as const) {
    const third = await ask({ noCache: true });
    const next = await builder.order(third.id);
    const made = digest === 'same' ? result : await builder.push(next, { result: { layer: 'node' } });
    builder.say({ id: third.id, attempt: 1, phase: 'succeeded', result: made });
    const done = await until(async () => { const { body } = await server.call('GET', `/builds/${third.id}`); return body.state === 'succeeded' ? body : undefined; }, 'another build');
    expect([done.sameAs, done.differsFrom.length]).toEqual([same, differs]);
  }
  for (const more of [{ path: 'other' }, { network: true }, { url: 'https://git.test/fork.git' }, { ref: 'd'.repeat(40) }]) {
    const { id, cachedFrom } = await ask(more);
    expect(cachedFrom).toBeNull();
    await server.call('POST', `/builds/${id}/cancel`);
  }
  await server.call('POST', '/layers/node/rebuild', {});
  await finish('node');
  const newer = await ask();
  expect(newer.cachedFrom).toBeNull();
  await server.call('POST', `/builds/${newer.id}/cancel`);
});

test('what cannot be a layer is refused in a sentence, and leaves nothing on the disk', async () => {
  const cases: [body: Buffer, says: RegExp][] = [
    [Buffer.from('no tar at all, but long enough to look like something'.repeat(40)), /body is no tar/],
    [await folderOf({ 'readme.md': '' }), /no layer\.yaml at its root/],
    [await folderOf({ 'layer.yaml': 'name: [' }), /layer\.yaml:1:\d+/],
    [await folderOf({ 'layer.yaml': 'name: Base\nrootfs: busybox\n' }), /name must be a name of lower-case/],
    [await folderOf({ 'layer.yaml': 'name: x\n' }), /either `from`.*or `rootfs`/],
    [await folderOf({ 'layer.yaml': 'name: x\nfrom: nowhere\n' }), /from is nowhere, and there is no such layer.*There are: base, node\./],
    [await folderOf({ 'layer.yaml': 'name: base\nfrom: node\n' }), /base cannot stand on node, which stands on base/],
    [await folderOf({ 'layer.yaml': 'name: x\nrootfs: busybox\n', '../escape': '' }), /leads outside of the folder/],
    [await folderOf({ 'layer.yaml': 'name: x\nrootfs: busybox\n' }, [{ name: 'dev/null', type: 'character-device' }]), /a character-device: a layer brings files, folders and links/],
  ];
  for (const [body, says] of cases) {
    const answer = await push(body);
    expect([answer.status, answer.body.detail]).toEqual([422, expect.stringMatching(says)]);
  }
  expect((await server.call('POST', '/layers', '{}')).body.detail).toMatch(/body is application\/json: send the folder as application\/x-tar/);
  await expect(takeContext(`${folder.path}/small`, new Blob([new Uint8Array(5_000)]).stream(), 4_096)).rejects.toThrow(/larger than 0 MiB/);
  expect((await server.call('GET', '/layers/nowhere')).status).toBe(404);
});

test('a server that starts again goes on with a build where it was', async () => {
  const { body } = await server.call('POST', '/builds', { team: 'quotes', service: 'quote', url: 'https://git.test/quote.git', ref: 'main' });
  const order = await builder.order(body.id);
  builder.say({ id: body.id, attempt: 1, phase: 'building', log: { offset: 0, text: 'before\n' } });
  await until(async () => builder.acks.find(({ id, logBytes }) => id === body.id && logBytes === 7), 'the log');
  const { port } = new URL(`http://${server.handle.context.registry.address}`);
  const agentPort = Number(new URL(server.handle.agentUrl).port);
  builder.cut();
  await server[Symbol.asyncDispose]();
  const again = stack.use(await startTestServer({ dataDir: folder.path, config: { ...config, registryListen: { host: '127.0.0.1', port: Number(port) }, agentListen: { host: '127.0.0.1', port: agentPort } } }));
  server = again;
  await builder.connect(again);
  expect((await builder.order(body.id)).attempt).toBe(1);
  builder.say({ id: body.id, attempt: 1, phase: 'building', log: { offset: 7, text: 'after\n' } });
  await until(async () => (again.handle.context.registry.now.state === 'up' ? true : undefined), 'the registry');
  builder.say({ id: body.id, attempt: 1, phase: 'succeeded', result: await builder.push(order) });
  await until(async () => ((await again.call('GET', `/builds/${body.id}`)).body.state === 'succeeded' ? true : undefined), 'the end');
  expect((await again.handle.context.buildLogs.read(body.id, 0, 1_000)).bytes.toString()).toBe('before\nafter\n');
}, 20_000);
