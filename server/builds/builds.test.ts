// Builds against the real server, its real registry and builder hosts that speak the agents' protocol: what a team relies on from asking to the
// image, and what becomes of a build whose builder fails, goes away or never comes.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMIT, type FakeBuilder, startBuilder } from '#test/contract/builder.ts';
import { startTestServer, type TestServer, until } from '#test/contract/start.ts';

const stack = new AsyncDisposableStack();
let server: TestServer;
let one: FakeBuilder;
let two: FakeBuilder;
const ASK = { team: 'quotes', service: 'quote', url: 'https://git.test/quote.git', ref: 'main' };

beforeAll(async () => {
  server = stack.use(await startTestServer({ config: { registryListen: { host: '127.0.0.1', port: 0 }, buildsPerHost: 1 } }));
  await server.addTeam();
  one = stack.use(await startBuilder(server, 'builder1'));
  await until(async () => (server.handle.context.registry.now.state === 'up' ? true : undefined), 'the registry');
}, 30_000);
afterAll(() => stack.disposeAsync());

const ask = async (more: object = {}): Promise<string> => {
  const { status, body } = await server.call('POST', '/builds', { ...ASK, ...more });
  expect([status, body.detail]).toEqual([201, undefined]);
  return body.id;
};
const build = async (id: string) => (await server.call('GET', `/builds/${id}`)).body;
const inState = (id: string, state: string) => until(async () => ((await build(id)).state === state ? await build(id) : undefined), `${state} of ${id}`);
const logOf = async (id: string, offset = 0) => {
  const cookie = await server.person(`reader-${randomBytes(4).toString('hex')}`, [{ team: 'quotes', role: 'viewer' }]);
  const answer = await fetch(`${server.handle.url}/api/v1/builds/${id}/log?offset=${offset}`, { headers: cookie });
  return { text: await answer.text(), bytes: Number(answer.headers.get('x-log-bytes')) };
};

test('a build is given to a builder, its log can be followed, and its image can be pulled and is told', async () => {
  const id = await ask();
  const order = await one.order(id);
  expect(order).toMatchObject({ attempt: 1, repository: `${server.handle.context.registry.address}/services/quotes/quote`, secrets: {}, network: false, source: { kind: 'service', url: ASK.url, ref: 'main', path: '' } });
  one.say({ id, attempt: 1, phase: 'building', reason: 'npm ci', log: { offset: 0, text: 'added 12 packages ✓\n' } });
  await until(async () => ((await build(id)).phase === 'building' ? true : undefined), 'building');
  expect(await logOf(id)).toEqual({ text: 'added 12 packages ✓\n', bytes: 22 });
  expect(await logOf(id, 6)).toEqual({ text: '12 packages ✓\n', bytes: 22 });
  const result = await one.push(order);
  one.say({ id, attempt: 1, phase: 'succeeded', result, seconds: { fetch: 0.1, build: 1.5, pack: 0.2, push: 0.3 } });
  const done = await inState(id, 'succeeded');
  expect(done).toMatchObject({ digest: result.digest, imageId: result.imageId, host: 'builder1', commit: { id: COMMIT, subject: 'a change' }, pushedBytes: 2_000, seconds: { build: 1.5 }, mayCancel: false, sameAs: 0 });
  expect(await server.handle.context.registry.hasImage(done.image)).toBe(true);
  await until(async () => one.acks.find((ack) => ack.id === id && ack.isEnded), 'the acknowledged end');
  await until(async () => (one.orders.length === 0 ? true : undefined), 'no orders');
  // Said again, it changes nothing and is acknowledged.
  one.say({ id, attempt: 1, phase: 'failed', reason: 'no' });
  await until(async () => (one.acks.filter((ack) => ack.id === id && ack.isEnded).length > 1 ? true : undefined), 'another acknowledgement');
  expect((await build(id)).state).toBe('succeeded');
  const kinds = (await server.call('GET', `/events?subject=${id}`)).body.items.map(({ kind }: { kind: string }) => kind);
  expect(kinds).toEqual(['build.succeeded', 'build.started', 'build.asked']);
});

test('a failure of the source ends the build with its sentence; it is not tried again', async () => {
  const id = await ask();
  await one.order(id);
  one.say({ id, attempt: 1, phase: 'failed', reason: 'firn.yaml:3:1: unknown field "strat"; did you mean "start"?', isPlatform: false });
  expect(await inState(id, 'failed')).toMatchObject({ attempt: 1, reason: 'firn.yaml:3:1: unknown field "strat"; did you mean "start"?', image: null });
});

test('a log whose connection was lost in the middle is whole, and each piece is there once', async () => {
  const id = await ask();
  await one.order(id);
  one.say({ id, attempt: 1, phase: 'building', log: { offset: 0, text: 'one\n' } });
  await until(async () => one.acks.find((ack) => ack.id === id && ack.logBytes === 4), 'the first piece');
  one.cut();
  await one.connect();
  expect((await one.order(id)).attempt).toBe(1);
  one.say({ id, attempt: 1, phase: 'building', log: { offset: 8, text: 'three\n' } });
  await until(async () => one.acks.filter((ack) => ack.id === id && ack.logBytes === 4)[1], 'the gap to be told');
  one.say({ id, attempt: 1, phase: 'building', log: { offset: 0, text: 'one\ntwo\n' } });
  one.say({ id, attempt: 1, phase: 'building', log: { offset: 8, text: 'three\n' } });
  one.say({ id, attempt: 1, phase: 'building', log: { offset: 4, text: 'two\n' } });
  one.say({ id, attempt: 1, phase: 'failed', reason: 'done' });
  await inState(id, 'failed');
  expect(await logOf(id)).toEqual({ text: 'one\ntwo\nthree\n', bytes: 14 });
});

test('a build that waits or runs can be cancelled, and its builder is told', async () => {
  const running = await ask();
  await one.order(running);
  const waiting = await ask();
  await until(async () => ((await build(waiting)).reason.includes('every builder is busy') ? true : undefined), 'the reason of waiting');
  expect((await server.call('POST', `/builds/${waiting}/cancel`)).body).toMatchObject({ state: 'cancelled', reason: 'cancelled by admin' });
  expect((await server.call('POST', `/builds/${running}/cancel`)).body.state).toBe('cancelled');
  await until(async () => (one.orders.length === 0 ? true : undefined), 'the order to be taken back');
  const again = await server.call('POST', `/builds/${running}/cancel`);
  expect([again.status, again.body.code]).toEqual([409, 'build-ended']);
});

test('what the builder or the registry did wrong is tried again, elsewhere; a push that is not there does not count', async () => {
  two = stack.use(await startBuilder(server, 'builder2'));
  const id = await ask();
  const first = await until(async () => [one, two].find(({ orders }) => orders.some((order) => order.id === id)), 'the first attempt');
  const other = first === one ? two : one;
  first.say({ id, attempt: 1, phase: 'building', log: { offset: 0, text: 'first try\n' } });
  first.say({ id, attempt: 1, phase: 'failed', reason: 'the disk of the builder is full', isPlatform: true });
  const order = await other.order(id);
  expect(order.attempt).toBe(2);
  // The first one does not know yet that it was taken back.
  first.say({ id, attempt: 1, phase: 'building', log: { offset: 10, text: 'late\n' } });
  other.say({ id, attempt: 2, phase: 'succeeded', result: { ...(await other.push(order)), digest: `sha256:${'0'.repeat(64)}` } });
  const third = await first.order(id);
  expect([third.attempt, (await build(id)).attempt]).toEqual([3, 3]);
  first.cut();
  const failed = await inState(id, 'failed');
  expect(failed.reason).toMatch(/^builder\d was lost while it built \(attempt 3 of 3\)$/);
  expect((await logOf(id)).text).toMatch(/^first try\n--- attempt 1: the disk of the builder is full; it is tried again ---\n--- attempt 2: the registry does not have sha256:0{64}, which builder\d says that it pushed; it is tried again ---\n$/);
  await first.connect();
}, 20_000);

test('a lost builder costs one attempt, and the build goes on elsewhere', async () => {
  const id = await ask();
  const first = await until(async () => [one, two].find(({ orders }) => orders.some((order) => order.id === id)), 'the first attempt');
  first.cut();
  const other = first === one ? two : one;
  const order = await other.order(id);
  other.say({ id, attempt: order.attempt, phase: 'succeeded', result: await other.push(order) });
  expect(await inState(id, 'succeeded')).toMatchObject({ attempt: 2, host: other.name });
  await first.connect();
  expect(first.orders).toEqual([]);
}, 20_000);

test('without a builder it waits and says what to do; a label takes a host out', async () => {
  for (const name of ['builder1', 'builder2']) await server.call('PATCH', `/hosts/${name}`, { labels: { 'firn/builder': 'false' } });
  const id = await ask();
  await until(async () => ((await build(id)).reason === 'no builder: start the agent of a host with FIRN_AGENT_BUILDS=1, and do not label it firn/builder=false' ? true : undefined), 'the reason');
  for (const name of ['builder1', 'builder2']) await server.call('PATCH', `/hosts/${name}`, { labels: {} });
  await until(async () => [one, two].find(({ orders }) => orders.some((order) => order.id === id)), 'an order');
  await server.call('POST', `/builds/${id}/cancel`);
});

test('fields that cannot be are refused by name, and nothing is noted', async () => {
  const before = (await server.call('GET', '/builds')).body.items.length;
  const cases: [more: object, says: RegExp][] = [
    [{ team: 'nobody' }, /team is "nobody": it is no team/],
    [{ service: 'Quote!' }, /service is "Quote!"/],
    [{ url: 'ftp://git.test/x' }, /url .*speaks ftp/],
    [{ url: '--upload-pack=x' }, /url .*taken for an option/],
    [{ url: 'https://ann:hunter2@git.test/x.git' }, /url is "https:\/\/…@git\.test\/x\.git": it holds a password/],
    [{ url: 'nonsense' }, /is no address of a git repository/],
    [{ ref: '-x' }, /ref is "-x"/],
    [{ ref: 'a..b' }, /ref is "a..b": it is no name that git takes/],
    [{ path: '../etc' }, /path is "..\/etc": it must be a folder inside of the repository/],
    [{ path: '/etc' }, /path is "\/etc"/],
    [{ secrets: ['npm-token'] }, /secrets\.0 is "npm-token": it is no secret of team quotes as a whole/],
    [{ credentials: 'git' }, /credentials is "git": it is no secret of team quotes/],
    [{ network: 'yes' }, /network/],
    [{ colour: 'red' }, /colour/],
  ];
  for (const [more, says] of cases) {
    const { status, body } = await server.call('POST', '/builds', { ...ASK, ...more });
    expect([status, body.detail]).toEqual([422, expect.stringMatching(says)]);
    expect(JSON.stringify(body)).not.toContain('hunter2');
  }
  expect((await server.call('GET', '/builds')).body.items.length).toBe(before);
});

test('a secret reaches the builder in its order alone: neither the database, nor the API, nor an event holds its value', async () => {
  const value = `marker-${randomBytes(12).toString('hex')}`;
  for (const [name, secret] of [['npm-token', value], ['git', `robot:${value}`]]) expect((await server.call('POST', '/secrets', { team: 'quotes', name, value: secret })).status).toBeLessThan(300);
  const id = await ask({ secrets: ['npm-token'], credentials: 'git' });
  const order = await until(async () => [one, two].flatMap(({ orders }) => orders).find((each) => each.id === id), 'an order');
  expect(order.secrets).toEqual({ npm_token: value });
  expect(order.source).toMatchObject({ credentials: { username: 'robot', password: value } });
  for (const path of [`/builds/${id}`, '/builds', '/events', '/secrets?team=quotes', '/status']) expect(JSON.stringify((await server.call('GET', path)).body)).not.toContain(value);
  const files = readdirSync(server.dataDir, { withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);
  expect(files.length).toBeGreaterThan(1);
  for (const name of files) expect(readFileSync(join(server.dataDir, name)).includes(value)).toBe(false);
  await server.call('POST', `/builds/${id}/cancel`);
});

test('another team neither sees nor cancels a build', async () => {
  const id = await ask();
  await server.call('POST', '/teams', { name: 'orders', title: 'Orders' });
  const headers = await server.person('stranger', [{ team: 'orders', role: 'developer' }]);
  const call = async (method: string, path: string) => (await fetch(`${server.handle.url}/api/v1${path}`, { method, headers })).status;
  expect([await call('GET', `/builds/${id}`), await call('GET', `/builds/${id}/log`), await call('POST', `/builds/${id}/cancel`)]).toEqual([404, 404, 404]);
  await server.call('POST', `/builds/${id}/cancel`);
});
