// A secret's value goes through the whole server to a container, and is found nowhere on the way: not in the log, in no file of the data folder, in
// no answer of the API, in no refusal. Whatever is added to the server is on this way, too.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReplicaSpec } from '#agents/protocol.ts';
import { startSimulatedHost } from '#agents/simulated.ts';
import { draft, NETWORK, startTestServer, type TestServer, until } from '#test/contract/start.ts';

const VALUE = 'marker-3f9c"value\\of a secret';
/** As it would look in JSON, in base64 (whatever stands before it), and as a part that escaping leaves alone. */
const TRACES = [VALUE, Buffer.from(VALUE).toString('base64').slice(0, -4), Buffer.from(VALUE).toString('hex'), 'marker-3f9c'];
const traceIn = (text: string): string | undefined => TRACES.find((trace) => text.includes(trace));

const stack = new AsyncDisposableStack();
let server: TestServer;
let log = '';
/** What the host was told to put into its containers, newest last. */
const specs: ReplicaSpec[] = [];

beforeAll(async () => {
  const stream = new Writable({ write: (chunk: Buffer, _encoding, done) => ((log += chunk.toString()), done()) });
  server = stack.use(await startTestServer({ overrides: { log: pino({ level: 'trace' }, stream) } }));
  await server.addTeam();
  await server.call('POST', '/networks', NETWORK);
  const { body } = await server.call('POST', '/join-tokens', { kind: 'physical', site: 'dc1', rack: 'r1', mode: 'flat', network: 'dc' });
  const prepareFiles = async (spec: Pick<ReplicaSpec, 'address'>) => {
    // It is given all of it.
    specs.push(spec as ReplicaSpec);
    return { persistPath: `/persist/${spec.address}` };
  };
  stack.use(await startSimulatedHost({ serverUrl: server.handle.agentUrl, token: body.token, name: 'one', address: '10.9.0.11', declared: { cpuMilli: 16_000, memoryMib: 32_768 }, engine: { createMs: 5, startMs: 5, serviceMs: 10 }, deps: { prepareFiles } }));
  await until(async () => ((await server.call('GET', '/hosts/one')).body.state === 'ready' ? true : undefined), 'the host is ready');
  expect((await server.call('POST', '/requests', draft({ peakQps: 5, survive: 'none' }))).body.state).toBe('approved');
  await until(async () => ((await server.call('GET', '/services/quote')).body.workloads[0]?.running === 1 ? true : undefined), 'it runs');
}, 30_000);
afterAll(() => stack.disposeAsync());

/** Every GET of the API with every id and name that there is. */
async function everyAnswer(ids: readonly string[], names: readonly string[]): Promise<string[]> {
  const document = (await (await fetch(`${server.handle.url}/openapi.json`)).json()) as { paths: Record<string, Record<string, unknown>> };
  const paths = Object.keys(document.paths).filter((path) => 'get' in document.paths[path]! && path.startsWith('/api/v1/') && !path.endsWith('/live'));
  const asked = paths.flatMap((path) => {
    const filled = path.replace('/api/v1', '');
    if (filled.includes('{id}')) return ids.map((id) => filled.replace('{id}', id));
    return /\{\w+\}/.test(filled) ? names.map((name) => filled.replace(/\{\w+\}/, name)) : [filled];
  });
  return await Promise.all(asked.map(async (path) => JSON.stringify((await server.call('GET', path)).body)));
}

const filesBelow = (folder: string): string[] => readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));

test('a secret reaches its container and is written, told and answered nowhere', async () => {
  const [workload] = (await server.call('GET', '/services/quote')).body.workloads;
  const set = await server.call('POST', '/secrets', { team: 'quotes', service: 'quote', environment: 'production', name: 'db-password', value: VALUE });
  expect([set.status, set.body]).toEqual([201, expect.objectContaining({ name: 'db-password', version: 1, usedBy: [] })]);
  const made = await server.call('POST', '/services/quote/releases', { environment: 'production', from: { kind: 'current' }, config: { env: { MODE: 'fast' }, secretEnv: { DB_PASSWORD: 'db-password' }, files: { '/app/key.pem': { mode: 0o400, secret: 'db-password' }, '/app/app.conf': { content: 'level=1' } } } });
  expect([made.status, made.body.version]).toEqual([201, 2]);
  expect(made.body).toMatchObject({ secretEnv: { DB_PASSWORD: { secret: 'db-password', version: 1 } }, files: { '/app/key.pem': { mode: 0o400, content: null, secret: { secret: 'db-password', version: 1 } } } });
  const rollout = await server.call('POST', `/releases/${made.body.id}/rollout`, { strategy: { steps: [{ target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }] }, why: 'the test' });
  expect(rollout.status).toBe(201);
  const told = await until(async () => specs.findLast(({ env }) => env['DB_PASSWORD'] !== undefined), 'the host is told');
  expect(told.env).toEqual({ MODE: 'fast', DB_PASSWORD: VALUE });
  expect(told.files?.map(({ path, mode, content }) => [path, mode, Buffer.from(content, 'base64').toString()])).toEqual([['/app/app.conf', 0o444, 'level=1'], ['/app/key.pem', 0o400, VALUE]]);
  await until(async () => ((await server.call('GET', `/rollouts/${rollout.body.id}`)).body.phase === 'succeeded' ? true : undefined), 'the rollout ends', 20_000);

  // Refusals do not repeat it either.
  const refusals = await Promise.all([
    server.call('POST', '/secrets', { team: 'quotes', name: 'x', value: VALUE.repeat(2_000) }),
    server.call('POST', '/secrets', { team: 'quotes', name: 'X Y', value: VALUE }),
    server.call('POST', '/secrets', { team: 'quotes', name: 'x', values: VALUE, value: VALUE, service: 'nobody', environment: 'production' }),
    server.call('POST', '/secrets', `{"team": "quotes", "value": "${VALUE}`),
  ]);
  expect(refusals.map(({ status }) => status)).toEqual([422, 422, 422, 400]);
  const { handle } = server;
  const plans = (await server.call('GET', '/plans')).body.items as { id: string }[];
  const answers = await everyAnswer([made.body.id, set.body.id, workload.id, rollout.body.id, ...plans.map(({ id }) => id)], ['quote', 'one', 'db-password']);
  expect(answers.length).toBeGreaterThan(40);
  const found = [
    ...answers.flatMap((text) => (traceIn(text) === undefined ? [] : [`an answer: ${text.slice(0, 200)}`])),
    ...refusals.flatMap(({ body }) => (traceIn(JSON.stringify(body)) === undefined ? [] : [`a refusal: ${JSON.stringify(body).slice(0, 300)}`])),
    ...(traceIn(log) === undefined ? [] : ['the log']),
    ...filesBelow(server.dataDir).flatMap((file) => (traceIn(readFileSync(file).toString('latin1')) === undefined ? [] : [file])),
  ];
  expect(found).toEqual([]);
  expect(log).toContain('agent.connected');
  expect(handle.context.secrets.problem).toBeNull();
}, 60_000);

test('a secret that a kept release needs stays, and one that nothing needs goes', async () => {
  const { body } = await server.call('GET', '/secrets?team=quotes');
  expect(body.items.map(({ name, version, usedBy }: { name: string; version: number; usedBy: string[] }) => [name, version, usedBy])).toEqual([['db-password', 1, ['quote.production v2']]]);
  const refused = await server.call('DELETE', `/secrets/${body.items[0].id}`);
  expect([refused.status, refused.body.detail]).toEqual([409, expect.stringMatching(/Secret db-password \(version 1\) is needed by release 2 of quote\.production/)]);
  const spare = await server.call('POST', '/secrets', { team: 'quotes', service: 'quote', environment: 'production', name: 'db-password', value: 'second' });
  expect(spare.body.version).toBe(2);
  expect((await server.call('DELETE', `/secrets/${spare.body.id}`)).status).toBe(204);
  expect((await server.call('DELETE', `/secrets/${spare.body.id}`)).status).toBe(404);
});
