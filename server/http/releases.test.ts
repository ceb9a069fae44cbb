// Releases through the API: what is made of what, what is shown to whom, and everything that cannot be, by field.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertBuild } from '../db/builds.ts';
import { putImage } from '../db/images.ts';
import { blockersOf } from '../releases/blockers.ts';
import { releaseById } from '../db/releases.ts';
import { workloadById } from '../db/workloads.ts';
import { draft, startTestServer, temporaryFolder, type TestServer, until } from '#test/contract/start.ts';

const stack = new AsyncDisposableStack();
let server: TestServer;
let dev: Record<string, string>;
let viewer: Record<string, string>;
const ids: Record<string, string> = {};

beforeAll(async () => {
  server = stack.use(await startTestServer());
  await server.addTeam();
  await server.call('POST', '/teams', { name: 'orders' });
  await server.call('PUT', '/quotas/quotes/staging', { cpuMilli: 100_000, memoryMib: 200_000, reason: 'test' });
  stack.use(await server.addHost('one'));
  for (const environment of ['staging', 'production']) {
    const { body } = await server.call('POST', '/requests', draft({ environment, peakQps: 5, survive: 'none', run: { image: 'firn/demo:1', env: { WHERE: environment } } }));
    ids[environment] = body.workloadId;
  }
  await server.call('POST', '/requests', draft({ service: 'other', peakQps: 5, survive: 'none' }));
  dev = await server.person('dev', [{ team: 'quotes', role: 'developer' }]);
  viewer = await server.person('viewer', [{ team: 'quotes', role: 'viewer' }]);
}, 30_000);
afterAll(() => stack.disposeAsync());

const make = (more: object, who = dev, service = 'quote') => server.call('POST', `/services/${service}/releases`, { environment: 'production', from: { kind: 'current' }, ...more }, who);
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const context = () => server.handle.context;

const REFUSED: readonly [name: string, more: object, status: number, says: RegExp][] = [
  ['an unknown secret, named with its place', { config: { secretEnv: { DB: 'nothing' } } }, 422, /config\.secretEnv\.DB is "nothing": it is not a secret of this workload \(allowed: none is set\)/],
  ['an unknown secret as a file', { config: { files: { '/app/key': { secret: 'nothing' } } } }, 422, /config\.files\.\/app\/key is "nothing"/],
  ['a path that leaves its folder', { config: { files: { '/app/../etc/passwd': { content: 'x' } } } }, 422, /config\.files\.\/app\/\.\.\/etc\/passwd must be the whole path of a file/],
  ['a relative path', { config: { files: { 'app/conf': { content: 'x' } } } }, 422, /must be an absolute path/],
  ['a file that is made for every container', { config: { files: { '/etc/hosts': { content: 'x' } } } }, 422, /is made for every container/],
  ['a file with content and secret', { config: { files: { '/app/x': { content: 'x', secret: 'y' } } } }, 422, /either content or secret/],
  ['a file that is too large', { config: { files: { '/app/x': { content: 'x'.repeat(262_145) } } } }, 422, /at most 262144 characters/],
  ['more than hosts can be told', { config: { env: { BIG: 'x'.repeat(32_000) }, files: { '/app/x': { content: 'x'.repeat(40_000) } } } }, 422, /config is too large: .* have 72\d{3} bytes together \(allowed: at most 65536\)/],
  ['a variable that is no name', { config: { env: { 'A-B': 'x' } } }, 422, /must be a name of letters/],
  ['taking away what is not there', { config: { env: { NOPE: null } } }, 422, /config\.env\.NOPE is not there to be taken away \(allowed: WHERE\)/],
  ['nothing that differs', {}, 409, /It would be the same as release 1 of quote\.production/],
  ['an environment without capacity', { environment: 'gray' }, 404, /There is no quote\.gray: ask for its capacity first/],
  ['no build', { from: { kind: 'build', buildId: 'b0' } }, 404, /There is no build b0/],
  ['no release', { from: { kind: 'release', releaseId: 'r0' } }, 404, /There is no release r0/],
  ['an image that is no name', { from: { kind: 'image', image: 'a b' } }, 422, /from\.image is "a b"/],
  ['a digest that is none', { from: { kind: 'image', image: 'example.org/x@sha256:12' } }, 422, /digest sha256:12: it must be sha256: and 64/],
  ['an unknown kind', { from: { kind: 'magic' } }, 422, /from\.kind is "magic"/],
];
test.each(REFUSED)('%s is refused and changes nothing', async (_, more, status, says) => {
  const answer = await make(more);
  expect([answer.status, answer.body.detail]).toEqual([status, expect.stringMatching(says)]);
  expect((await server.call('GET', '/services/quote/releases?environment=production')).body.items).toHaveLength(1);
});

test('a build of another service, of another team, and one that failed are refused', async () => {
  const now = Date.now();
  const row = { team: 'quotes', subject: 'quote', phase: 'x', reason: '', attempt: 1, hostId: null, host: null, layers: {}, key: null, cachedFrom: null, result: null, seconds: null, logBytes: 0, createdBy: 'dev', createdAt: now, startedAt: null, endedAt: now };
  const ask = { kind: 'service' as const, service: 'quote', url: 'u', ref: 'main', path: '', network: false, noCache: false, secretIds: {} };
  await context().store.tx(async (tx) => {
    await insertBuild(tx, { ...row, id: 'failed', state: 'failed', ask });
    await insertBuild(tx, { ...row, id: 'other', subject: 'other', state: 'succeeded', ask: { ...ask, service: 'other' } });
    await insertBuild(tx, { ...row, id: 'theirs', team: 'orders', state: 'succeeded', ask });
  });
  expect((await make({ from: { kind: 'build', buildId: 'failed' } })).body.detail).toBe('from.buildId is failed: it is failed: only what was built can be released.');
  expect((await make({ from: { kind: 'build', buildId: 'other' } })).body.detail).toBe('from.buildId is other: it is a build of other, and not of quote.');
  expect((await make({ from: { kind: 'build', buildId: 'theirs' } })).status).toBe(404);
  const first = await server.call('POST', '/requests', draft({ service: 'fresh', survive: 'none', run: { build: 'failed' } }));
  expect([first.status, first.body.detail]).toEqual([422, expect.stringMatching(/run\.build is failed: it is a build of quote, and not of fresh/)]);
  const both = await server.call('POST', '/requests', draft({ service: 'fresh', survive: 'none', run: { build: 'failed', image: 'x' } }));
  expect([both.status, both.body.detail]).toEqual([422, expect.stringMatching(/run.*either image or build/)]);
});

test('two at once make two versions', async () => {
  const made = await Promise.all([make({ config: { env: { A: '1' } } }), make({ config: { env: { B: '1' } } })]);
  expect(made.map(({ status }) => status)).toEqual([201, 201]);
  expect(made.map(({ body }) => body.version).sort()).toEqual([2, 3]);
  expect(made.map(({ body }) => Object.keys(body.env).sort().join())).toEqual(['A,WHERE', 'B,WHERE']);
});

test('a later ask for capacity cannot change what runs, and says how that is done', async () => {
  const answer = await server.call('POST', '/requests', draft({ peakQps: 6, survive: 'none', run: { image: 'firn/demo:2' } }));
  expect([answer.status, answer.body.detail]).toEqual([422, expect.stringMatching(/changes capacity only, and what runs is changed by a release .*firn release make/)]);
});

test('a promotion takes the image along and leaves the configuration where it is', async () => {
  const staged = await make({ environment: 'staging', from: { kind: 'image', image: `example.org/quote@${digest('a')}` }, config: { port: 9000 } });
  expect([staged.status, staged.body.digest, staged.body.warnings]).toEqual([201, digest('a'), []]);
  const promoted = await make({ from: { kind: 'release', releaseId: staged.body.id }, note: 'the tested one' });
  expect(promoted.body).toMatchObject({ digest: digest('a'), env: { WHERE: 'production' }, port: 8080, promotedFrom: { environment: 'staging', version: 2 }, note: 'the tested one', imageState: 'unknown', isCurrent: false, replicas: 0 });
  expect(promoted.body.warnings.map(({ code }: { code: string }) => code)).toEqual(['not-proven', 'process-differs']);
  const foreign = await make({ from: { kind: 'release', releaseId: staged.body.id } }, undefined, 'other');
  expect([foreign.status, foreign.body.detail]).toEqual([422, expect.stringMatching(/is release 2 of quote\.staging: only a release of other can be promoted/)]);
  const diff = await server.call('GET', `/releases/${promoted.body.id}/diff`);
  expect(diff.body).toMatchObject({ before: { version: 1 }, config: [], image: { before: 'firn/demo:1', after: `example.org/quote@${digest('a')}` } });
  ids['promoted'] = promoted.body.id;
  ids['staged'] = staged.body.id;
});

test('what keeps a release from being rolled out: lock, freeze, not tried before, image gone, no host for it', async () => {
  const blockers = async () =>
    await context().store.read(async (reader) => await blockersOf(context(), reader, (await workloadById(reader, ids['production']!))!, (await releaseById(reader, ids['promoted']!))!));
  expect((await blockers()).map(({ code, overridable }) => [code, overridable])).toEqual([['not-proven', true]]);
  const lock = await server.call('PUT', `/workloads/${ids['production']}/lock`, { reason: 'the migration runs', minutes: 60 }, dev);
  expect(lock.body).toMatchObject({ holder: 'dev', reason: 'the migration runs' });
  await server.call('POST', '/freezes', { name: 'audit', environment: 'production', rule: { kind: 'once', from: '2020-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z' }, reason: 'the audit' });
  expect((await blockers()).map(({ message }) => message)).toEqual([
    expect.stringMatching(/^Releases of quote\.production are locked by dev since .*, until .* \(the migration runs\)\.$/),
    'production is frozen by audit (the audit) until 2099-01-01T00:00:00.000Z.',
    expect.stringMatching(/never rolled out to the end in staging/),
  ]);
  const other = await server.person('dev2', [{ team: 'quotes', role: 'developer' }]);
  expect((await server.call('DELETE', `/workloads/${ids['production']}/lock`, undefined, other)).body).toMatchObject({ code: 'lock-of-another', detail: expect.stringContaining('only dev or an SRE may lift it') });
  expect((await server.call('PUT', `/workloads/${ids['production']}/lock`, { reason: 'mine' }, other)).status).toBe(409);
  expect((await server.call('DELETE', `/workloads/${ids['production']}/lock`)).status).toBe(204);
  expect(await server.call('GET', `/workloads/${ids['production']}/lock`, undefined, dev)).toMatchObject({ status: 200, body: null });
  expect((await server.call('GET', '/workloads/nobody/lock', undefined, dev)).status).toBe(404);
  expect((await server.call('DELETE', '/freezes/audit')).status).toBe(204);
  const image = { repository: 'services/quotes/quote', digest: digest('a'), imageId: digest('b'), architecture: 'arm64', layers: [], buildId: null, pushedAt: 1, deletedAt: null, deletedWhy: null };
  await context().store.tx((tx) => putImage(tx, image));
  const [one] = context().fleet.all();
  one!.facts = { ...one!.facts!, architecture: 'x86_64' };
  expect((await blockers()).map(({ code, message, overridable }) => [code, message, overridable])[0]).toEqual(['architecture', 'The image is for arm64, and every host that quote.production may use is amd64.', false]);
  await context().store.tx((tx) => putImage(tx, { ...image, deletedAt: 1_000, deletedWhy: 'nothing needed it' }));
  expect((await blockers())[0]).toMatchObject({ code: 'image-gone', overridable: false, message: expect.stringMatching(/is gone from the registry since 1970-01-01T00:00:01\.000Z: nothing needed it\. Build it again\.$/) });
});

test('who may only read sees names and no values, and makes nothing', async () => {
  const list = await server.call('GET', '/services/quote/releases?environment=production', undefined, viewer);
  expect(list.body.items[0].env).toEqual({ WHERE: '(hidden)' });
  const changed = list.body.items.find(({ env }: { env: object }) => 'A' in env);
  expect((await server.call('GET', `/releases/${changed.id}/diff`, undefined, viewer)).body.config).toEqual([{ name: 'env A', before: null, after: '(hidden)' }]);
  expect((await make({ config: { env: { C: '1' } } }, viewer)).status).toBe(403);
  const stranger = await server.person('stranger', [{ team: 'orders', role: 'developer' }]);
  expect((await server.call('GET', `/releases/${changed.id}`, undefined, stranger)).status).toBe(404);
  expect((await make({ config: { env: { C: '1' } } }, stranger)).status).toBe(404);
  expect((await server.call('POST', '/secrets', { team: 'quotes', name: 'x', value: 'y' }, stranger)).status).toBe(403);
  expect((await server.call('GET', '/secrets', undefined, stranger)).body.items).toEqual([]);
});

test('a lost key is a sentence: the server starts, hosts keep what runs, and secrets cannot be set', async () => {
  const folder = temporaryFolder();
  await using own = new AsyncDisposableStack();
  own.defer(() => folder.remove());
  const first = await startTestServer({ dataDir: folder.path });
  const { port } = new URL(first.handle.agentUrl);
  own.use(await first.addHost('one'));
  await first.addTeam();
  await first.call('POST', '/requests', draft({ peakQps: 5, survive: 'none' }));
  await first.call('POST', '/secrets', { team: 'quotes', service: 'quote', environment: 'production', name: 'key', value: 'v' });
  const made = await first.call('POST', '/services/quote/releases', { environment: 'production', from: { kind: 'current' }, config: { secretEnv: { KEY: 'key' } } });
  const running = async (from: TestServer) => (await from.call('GET', '/services/quote')).body.workloads[0];
  await until(async () => ((await running(first)).running === 1 ? true : undefined), 'it runs');
  const rollout = await first.call('POST', `/releases/${made.body.id}/rollout`, { strategy: { steps: [{ target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }] }, why: 'x' });
  await until(async () => ((await first.call('GET', `/rollouts/${rollout.body.id}`)).body.phase === 'succeeded' ? true : undefined), 'the rollout ends', 15_000);
  await first.handle.stop();
  rmSync(join(folder.path, 'secrets.key'));
  await using again = await startTestServer({ dataDir: folder.path, config: { agentListen: { host: '127.0.0.1', port: Number(port) } } });
  const set = await again.call('POST', '/secrets', { team: 'quotes', name: 'x', value: 'y' });
  expect([set.status, set.body.detail]).toEqual([503, expect.stringMatching(/The key file .*secrets\.key is gone, and secrets are sealed with its keys: put it back/)]);
  // Nothing that needs it can be rolled out or gone back to; what does not can.
  const [current, first1] = (await again.call('GET', '/services/quote/releases')).body.items;
  expect([current.version, first1.version]).toEqual([2, 1]);
  const next = await again.call('POST', '/services/quote/releases', { environment: 'production', from: { kind: 'current' }, config: { env: { A: '1' } } });
  const start = await again.call('POST', `/releases/${next.body.id}/rollout`, { why: 'x' });
  expect([start.status, start.body.detail]).toEqual([409, expect.stringMatching(/Release 3 of quote\.production cannot be sent to hosts\. The secret key \(version 1\) cannot be opened: The key file/)]);
  const told = await until(async () => (await again.call('GET', '/events?kind=host.not-told')).body.items[0], 'history says it', 15_000);
  expect(told).toMatchObject({ message: 'one is not told what changed and keeps what it runs', why: expect.stringMatching(/^The secret key \(version 1\) cannot be opened: The key file/) });
  await until(async () => ((await running(again)).running === 1 ? true : undefined), 'it still runs');
}, 60_000);
