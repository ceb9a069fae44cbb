// A release on the command line, against the real server with agents in memory: what a person reads meanwhile, and what their scripts learn.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, startTestServer, type TestServer, until } from '#test/contract/start.ts';
import { aPerson, type Person } from './fixtures/person.ts';

const stack = new AsyncDisposableStack();
let server: TestServer;
let dev: Person;

beforeAll(async () => {
  server = stack.use(await startTestServer());
  await server.addTeam();
  const behaviours = new Map([['firn/demo:crash', { crashesMs: 5, lastWords: 'no quotes.db' }]]);
  for (const name of ['one', 'two', 'three']) stack.use(await server.addHost(name, { engine: { behaviours } }));
  const { body: token } = await server.call('POST', '/tokens', { name: 'cli', scopes: ['admin'] });
  dev = stack.use(aPerson({ FIRN_ADDR: server.handle.url, FIRN_TOKEN: token.secret }));
  await server.call('POST', '/requests', draft({ peakQps: 50, survive: 'none' }));
  await until(async () => ((await server.call('GET', '/services/quote')).body.workloads?.[0]?.running === 4 ? true : undefined), 'four run', 20_000);
}, 40_000);
afterAll(() => stack.disposeAsync());

const release = async (image: string) => expect((await server.call('POST', '/services/quote/releases', { environment: 'production', from: { kind: 'image', image } })).status).toBe(201);

test('started and followed to its end: replicas, phases, exit code 0', async () => {
  await release('firn/demo:2');
  const dry = await dev.firn('rollout start quote -e production --at-once --dry-run');
  expect([dry.exitCode, dry.out]).toEqual([0, expect.stringMatching(/^STEP +REPLICAS +BESIDE +FITS +WHERE\n +1 +4 of 4 +\d +yes +\w/)]);
  const said = await dev.firn(['rollout', 'start', 'quote', '-e', 'production', '--at-once', '--why', 'faster']);
  expect([said.exitCode, said.err]).toEqual([0, expect.stringMatching(/quote\.production: (preparing|rolling)\n/)]);
  expect(said.err).toMatch(/ {2}quote-production-\d: version 2, running on (one|two|three)\n/);
  expect(said.out).toMatch(/phase +succeeded\n[^]*serving +4 on the new release, 0 on the old one, of 4 wanted\nstarted +.* by admin\/cli: faster/);
  expect((await dev.firn('rollout list')).out).toMatch(/quote\.production +1 -> 2 +succeeded +4 of 4 +admin\/cli/);
  expect((await dev.firn('rollout status quote -e production')).out).toContain('phase      succeeded');
}, 30_000);

test('a release that crashes ends with 2 and says why; one that waits for a person with 3; going back with 0', async () => {
  await release('firn/demo:crash');
  const crashed = await dev.firn('rollout start quote -e production');
  expect([crashed.exitCode, crashed.out]).toEqual([2, expect.stringMatching(/phase +rolled-back\n[^]*trouble +.*(failures of replicas|no replica of the new release served)/)]);
  await release('firn/demo:3');
  const file = JSON.stringify({ steps: [{ target: { count: 2 }, promotion: { by: 'hand' } }, { target: { permille: 1000 }, promotion: { by: 'hand' } }] });
  const waits = await dev.firn('rollout start quote -e production --strategy -', { stdin: file });
  expect([waits.exitCode, waits.err]).toEqual([3, expect.stringContaining('waits for person: 2 replicas serve on the new release, and somebody has to promote it')]);
  expect((await dev.firn('rollout pause quote -e production')).exitCode).toBe(0);
  expect((await dev.firn('rollout accept quote -e production')).err).toBe('error: It is paused: only what a gate holds can be accepted.\n');
  const twice = await dev.firn('rollout start quote -e production --to 2');
  expect([twice.exitCode, twice.err]).toEqual([1, expect.stringContaining('has been rolling quote.production to version 4 since')]);
  const back = await dev.firn(['rollback', 'quote', '-e', 'production', '--why', 'not today']);
  expect([back.exitCode, back.out]).toEqual([0, expect.stringMatching(/phase +rolled-back\n[^]*trouble +admin\/cli rolled it back: not today/)]);
  const earlier = await dev.firn(['rollback', 'quote', '-e', 'production', '--to', '1', '--why', 'the first one']);
  expect([earlier.exitCode, earlier.out]).toEqual([0, expect.stringContaining('back from version 2 to 1')]);
  expect((await dev.firn(['rollback', 'quote', '-e', 'production', '--to', '9', '--why', 'x'])).err).toBe('error: quote has no version 9 in production.\n  it has: 4, 3, 2, 1\n');
}, 40_000);
