// From built images to releases, with the real registry: a workload that begins with a build, its next build, what is resolved once, and what is gone.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BuildResult } from '#agents/protocol.ts';
import { type FakeBuilder, SPEC, startBuilder } from '#test/contract/builder.ts';
import { draft, startTestServer, type TestServer, until } from '#test/contract/start.ts';

const stack = new AsyncDisposableStack();
let server: TestServer;
let builder: FakeBuilder;

beforeAll(async () => {
  server = stack.use(await startTestServer({ config: { registryListen: { host: '127.0.0.1', port: 0 } } }));
  await server.addTeam();
  stack.use(await server.addHost('one'));
  builder = stack.use(await startBuilder(server, 'builder1'));
  await until(async () => (server.handle.context.registry.now.state === 'up' ? true : undefined), 'the registry');
}, 30_000);
afterAll(() => stack.disposeAsync());

async function built(ref: string, result: Partial<BuildResult>): Promise<{ readonly id: string; readonly digest: string; readonly image: string }> {
  const { body } = await server.call('POST', '/builds', { team: 'quotes', service: 'quote', url: 'https://git.test/quote.git', ref });
  const order = await builder.order(body.id);
  builder.say({ id: body.id, attempt: order.attempt, phase: 'succeeded', result: await builder.push(order, { result }) });
  return await until(async () => {
    const build = await server.call('GET', `/builds/${body.id}`);
    return build.body.state === 'succeeded' ? build.body : undefined;
  }, 'the build');
}
const make = (more: object) => server.call('POST', '/services/quote/releases', { environment: 'production', ...more });

test('a workload begins with a build, and the next build keeps what the environment set itself', async () => {
  const first = await built('main', { commit: 'a'.repeat(40), subject: 'first', spec: { ...SPEC, healthPath: '/health', env: { MODE: 'fast', LEVEL: 'info' } } });
  const request = await server.call('POST', '/requests', draft({ peakQps: 5, survive: 'none', run: { build: first.id, env: { LEVEL: 'debug' } } }));
  expect([request.status, request.body.detail, request.body.state]).toEqual([201, undefined, 'approved']);
  const [release] = (await server.call('GET', '/services/quote/releases?environment=production')).body.items;
  expect(release).toMatchObject({ version: 1, image: first.image, digest: first.digest, buildId: first.id, command: SPEC.start, port: 8080, healthPath: '/health', env: { MODE: 'fast', LEVEL: 'debug' }, commit: { id: 'a'.repeat(40), subject: 'first' }, imageState: 'kept', isCurrent: true });

  await built('main', { commit: 'b'.repeat(40), subject: 'second', spec: SPEC });
  const third = await built('main', { commit: 'c'.repeat(40), subject: 'third', spec: { ...SPEC, start: ['node', 'other.mjs'], port: 9000, env: { MODE: 'slow', NEW: '1' } } });
  const made = await make({ from: { kind: 'build', buildId: third.id } });
  expect([made.status, made.body]).toEqual([201, expect.objectContaining({ version: 2, digest: third.digest, command: ['node', 'other.mjs'], port: 9000, healthPath: null, env: { MODE: 'slow', NEW: '1', LEVEL: 'debug' }, warnings: [] })]);
  const { body: diff } = await server.call('GET', `/releases/${made.body.id}/diff`);
  expect(diff.commits.map(({ subject }: { subject: string }) => subject)).toEqual(['third', 'second']);
  expect(diff.config.map(({ name, before, after }: { name: string; before: string; after: string }) => [name, before, after])).toEqual([
    ['command', '["node","main.mjs"]', '["node","other.mjs"]'],
    ['port', '8080', '9000'],
    ['healthPath', '/health', null],
    ['env MODE', 'fast', 'slow'],
    ['env NEW', null, '1'],
  ]);
  expect(diff.layers.map(({ change }: { change: string }) => change)).toEqual(['added', 'removed']);
}, 20_000);

test('a tag is resolved once; what the registry does not have, or has with another digest, is refused', async () => {
  const { id, digest, image } = await built('main', { commit: 'd'.repeat(40) });
  const tag = image.replace(/@.*$/, `:build-${id}`);
  const made = await make({ from: { kind: 'image', image: tag } });
  expect([made.status, made.body.image, made.body.digest, made.body.warnings]).toEqual([201, image, digest, []]);
  const missing = await make({ from: { kind: 'image', image: tag.replace(/:build-.*$/, ':nothing') } });
  expect([missing.status, missing.body.code, missing.body.detail]).toEqual([422, 'image-gone', expect.stringMatching(/:nothing: the registry does not have it \(any more\)/)]);
  const other = await make({ from: { kind: 'image', image: image.replace(/.$/, image.endsWith('0') ? '1' : '0') } });
  expect([other.status, other.body.code]).toEqual([422, 'image-gone']);
  await server.handle.context.registry.remove('services/quotes/quote', digest);
  const gone = await make({ from: { kind: 'build', buildId: id } });
  expect([gone.status, gone.body.code, gone.body.detail]).toEqual([422, 'image-gone', expect.stringMatching(/the registry does not have it any more\. Build it again\./)]);
}, 20_000);
