// Metrics through the API, on a whole server with a simulated host: what a gateway pushes, what is absurd, what a Prometheus says and how badly, and what is exposed.
import { spawn } from 'node:child_process';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askPrometheus } from '../metrics/prometheus-ask.ts';
import { draft, startTestServer, type TestServer, until } from '#test/contract/start.ts';

/** Other tests share the machine: what takes a second alone may take many. */
const PATIENT_MS = 40_000;
const stack = new AsyncDisposableStack();
let server: TestServer;
let dev: Record<string, string>;
let gateway: Record<string, string>;
let secret: string;
let id: string;

beforeAll(async () => {
  server = stack.use(await startTestServer({ config: { prometheusAllow: ['127.0.0.1'] } }));
  await server.addTeam();
  stack.use(await server.addHost('one'));
  id = (await server.call('POST', '/requests', draft({ peakQps: 5, survive: 'none' }))).body.workloadId;
  await server.call('POST', '/teams', { name: 'orders' });
  dev = await server.person('dev', [{ team: 'quotes', role: 'developer' }]);
  secret = (await server.call('POST', '/tokens', { name: 'gateway', scopes: ['push'], team: 'quotes' }, dev)).body.secret;
  gateway = { authorization: `Bearer ${secret}` };
}, 90_000);
afterAll(() => stack.disposeAsync());

const push = (body: object, who = gateway) => server.call('POST', '/metrics/push', body, who);
const one = (more: object = {}) => ({ source: 'gateway-1', workloads: [{ service: 'quote', environment: 'production', rates: { accepted: 120, rejected: 5 }, ...more }] });
const becomes = (what: string, look: () => Promise<boolean>) => until(async () => ((await look()) ? true : undefined), what, PATIENT_MS);
const latest = async () => (await server.call('GET', `/workloads/${id}/metrics`, undefined, dev)).body;

test('a gateway pushes with a token that can do nothing else, and the workload shows it at once', async () => {
  await becomes('a replica serves', async () => (await latest()).ready > 0);
  expect(await push(one())).toMatchObject({ status: 200, body: { taken: [{ workload: 'quote.production', qps: 125 }], refused: [] } });
  expect(await latest()).toMatchObject({ qps: 125, qpsFrom: 'pushed', isPartial: false, rejectedPerSecond: 5, sources: [{ source: 'gateway-1', kind: 'pushed', isTrusted: true, problem: null }] });
  expect((await server.call('GET', '/services', undefined, gateway)).status).toBe(403);
  const orders = await server.person('other', [{ team: 'orders', role: 'developer' }]);
  expect((await server.call('GET', `/workloads/${id}/metrics`, undefined, orders)).status).toBe(404);
  expect((await push(one(), orders)).body.detail).toMatch(/workloads\[0\]: there is no workload quote\.production for which other may push/);
});

const text = (source: string) => JSON.stringify(one()).replace('"gateway-1"', source);
test.each([
  ['a negative counter', one({ rates: undefined, counters: { accepted: -1 } }), /workloads\[0\]\.counters\.accepted is -1: must be a whole number from 0 to 9007199254740991/],
  ['a counter beyond what is exact', one({ rates: undefined, counters: { accepted: 1e18 } }), /workloads\[0\]\.counters\.accepted is 1000000000000000000: must be a whole number from 0/],
  ['a counter with decimals', one({ rates: undefined, counters: { accepted: 1.5 } }), /workloads\[0\]\.counters\.accepted is 1\.5: must be a whole number/],
  ['a rate beyond all sites', one({ rates: { accepted: 1e18 } }), /workloads\[0\]\.rates\.accepted is 1000000000000000000: must be at most 100000000/],
  ['NaN, which is no number in JSON', one({ rates: { accepted: 'NaN' } }), /workloads\[0\]\.rates\.accepted is "NaN": must be a number/],
  ['counters and rates together', one({ counters: { accepted: 1 } }), /either counters or rates/],
  ['neither', one({ rates: undefined }), /either counters or rates/],
  ['the far past', { ...one(), at: '2020-01-01T00:00:00Z' }, /at is \d+ seconds behind the server's clock .* at most 60 are allowed/],
  ['the far future', { ...one(), at: '2090-01-01T00:00:00Z' }, /at is \d+ seconds ahead of the server's clock/],
  ['a field that nobody knows', { ...one(), more: 1 }, /more/],
  ['nothing', { source: 'g', workloads: [] }, /workloads/],
  ['an unknown workload', { source: 'g', workloads: [{ workload: 'w0', rates: { accepted: 1 } }] }, /there is no workload w0/],
  ['a source that is no name', text('"a b"'), /source is "a b"/],
])('%s is refused by field and changes nothing', async (_, body, says) => {
  const before = (await latest()).sources.length;
  const answer = await server.call('POST', '/metrics/push', typeof body === 'string' ? JSON.parse(body) : body, gateway);
  expect([answer.status, answer.body.detail]).toEqual([422, expect.stringMatching(says)]);
  expect((await latest()).sources.length).toBe(before);
});

test('a push beyond 64 KiB is refused unread, and one unknown workload keeps no other from being taken', async () => {
  expect((await push({ source: 'g', workloads: Array.from({ length: 200 }, () => ({ service: 'quote', environment: 'production', rates: { accepted: 1 }, workload: 'x'.repeat(500) })) })).status).toBe(413);
  const mixed = await push({ source: 'gateway-1', workloads: [{ service: 'gone', environment: 'production', rates: { accepted: 1 } }, ...one().workloads] });
  expect(mixed).toMatchObject({ status: 200, body: { taken: [{ qps: 125 }], refused: [{ index: 0, message: expect.stringContaining('gone.production') }] } });
});

test('a gateway that was taken away can be forgotten', async () => {
  await push({ ...one(), source: 'gateway-9' });
  expect((await latest()).sources).toHaveLength(2);
  expect((await server.call('DELETE', `/workloads/${id}/metrics/sources/gateway-9`, undefined, dev)).status).toBe(204);
  expect((await latest()).sources).toHaveLength(1);
  expect((await server.call('DELETE', `/workloads/${id}/metrics/sources/gateway-9`, undefined, dev)).status).toBe(404);
});

test('the example for Node pushes', async () => {
  const child = spawn(process.execPath, [new URL('../metrics/examples/push.mjs', import.meta.url).pathname], { env: { FIRN_ADDR: server.handle.url, FIRN_TOKEN: secret, GATEWAY: 'example' }, stdio: ['ignore', 'inherit', 'pipe'] });
  stack.defer(() => void child.kill());
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await becomes('the example pushed', async () => (await latest()).sources.some(({ source, qps }: { source: string; qps: number | null }) => source === 'example' && qps === 0));
  child.kill();
  expect(said).not.toContain('not taken');
  await server.call('DELETE', `/workloads/${id}/metrics/sources/example`, undefined, dev);
}, 60_000);

test('history is asked for by name, range and number of points, and says its unit', async () => {
  const { body } = await server.call('GET', `/metrics?workload=${id}&metrics=qps,ready&points=20`, undefined, dev);
  expect(body).toMatchObject({ subject: `workload:${id}`, resolution: 'raw', series: [{ metric: 'qps', unit: 'per-second' }, { metric: 'ready', unit: 'count' }] });
  expect(Math.max(...body.series[1].values)).toBeGreaterThan(0);
  for (const query of ['metrics=speed', 'metrics=qps&from=2030-01-01T00:00:00Z', 'metrics=qps&points=1', `metrics=qps&workload=${id}&host=one`]) expect((await server.call('GET', `/metrics?${query}`, undefined, dev)).status).toBe(422);
  expect((await server.call('GET', '/metrics?host=one', undefined, dev)).body.subject).toMatch(/^host:/);
});

test('Prometheus reads everything that the caller may read, in its own format, and nothing without a token', async () => {
  const get = async (headers: Record<string, string>) => await fetch(`${server.handle.url}/metrics`, { headers });
  expect((await get({})).status).toBe(401);
  expect((await get(gateway)).status).toBe(403);
  const token = (await server.call('POST', '/tokens', { name: 'prometheus', scopes: ['read'] }, dev)).body.secret;
  const answer = await get({ authorization: `Bearer ${token}` });
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const exposed = await answer.text();
  expect(exposed).toMatch(/^firn_workload_requests_per_second\{service="quote",environment="production",team="quotes"\} 125$/m);
  expect(exposed).toMatch(/^firn_replica_cpu_seconds_total\{replica="quote-production-1",service="quote",environment="production",team="quotes",host="one",site="[^"]*"\} [\d.]+$/m);
  expect(exposed).toMatch(/^firn_host_up\{host="one",.*\} 1$/m);
  expect(exposed).toMatch(/^nodejs_eventloop_lag_seconds/m);
  const names = exposed.split('\n').filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
  expect(new Set(names).size).toBe(names.length);
  const orders = await server.person('outside', [{ team: 'orders', role: 'viewer' }]);
  expect(await (await get(orders)).text()).not.toContain('quote');
});

test('http_sd gives an existing Prometheus every replica that has metrics', async () => {
  expect((await server.call('GET', '/prometheus/targets', undefined, dev)).body).toEqual([]);
  const release = await server.call('POST', '/services/quote/releases', { environment: 'production', from: { kind: 'current' }, config: { metricsPath: '/metrics' } }, dev);
  await server.call('POST', `/releases/${release.body.id}/rollout`, {}, dev);
  const targets = await until(async () => {
    const { body } = await server.call('GET', '/prometheus/targets', undefined, dev);
    return body.length > 0 ? body : undefined;
  }, 'targets');
  expect(targets[0]).toEqual({ targets: [expect.stringMatching(/^10\..*:8080$|^\d.*:\d+$/)], labels: { __metrics_path__: '/metrics', team: 'quotes', service: 'quote', environment: 'production', host: 'one', site: expect.any(String), release: '2', replica: expect.stringMatching(/^quote-production-\d+$/) } });
}, 60_000);

// --- a Prometheus, and what it may do wrong ----------------------------------------------------------------------------------------------

async function prometheus(answer: RequestListener): Promise<string> {
  const listener = createServer(answer);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  stack.defer(() => {
    listener.closeAllConnections();
    listener.close();
  });
  return `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
}
const says = (body: unknown, status = 200): RequestListener => (_, response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
const vector = (...values: string[]) => ({ status: 'success', data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1_763_880_000, value] })) } });

test('arrivals are read from a team that has a Prometheus already', async () => {
  const asked: string[] = [];
  const url = await prometheus((request, response) => {
    asked.push(request.url ?? '');
    says(vector('431.5'))(request, response);
  });
  const added = await server.call('POST', '/prometheus/sources', { name: 'nginx', workload: id, url, query: 'sum(rate(x[30s]))', everySeconds: 2 }, dev);
  expect(added.status).toBe(201);
  await server.call('DELETE', `/workloads/${id}/metrics/sources/gateway-1`, undefined, dev);
  await becomes('Prometheus was asked', async () => (await latest()).qps === 431.5);
  expect(asked[0]).toBe('/api/v1/query?query=sum%28rate%28x%5B30s%5D%29%29');
  expect((await latest()).qpsFrom).toBe('prometheus');
  expect((await server.call('GET', '/prometheus/sources', undefined, dev)).body.items).toMatchObject([{ name: 'nginx', state: 'speaks', qps: 431.5, problem: null }]);
  expect((await server.call('POST', `/prometheus/sources/${added.body.id}/test`, {}, dev)).body).toMatchObject({ qps: 431.5, problem: null });
  expect((await server.call('PATCH', `/prometheus/sources/${added.body.id}`, { isEnabled: false }, dev)).body.state).toBe('disabled');
  expect((await server.call('POST', '/prometheus/sources', { name: 'nginx', workload: id, url, query: 'x' }, dev)).status).toBe(409);
  expect((await server.call('DELETE', `/prometheus/sources/${added.body.id}`, undefined, dev)).status).toBe(204);
}, 60_000);

test('an address of this machine or a private network is not asked unless the configuration names it', async () => {
  const refused = await server.call('POST', '/prometheus/sources', { name: 'inside', workload: id, url: 'http://10.0.0.9:9090', query: 'x' }, dev);
  expect([refused.status, refused.body.detail]).toEqual([422, expect.stringMatching(/url cannot be asked: 10\.0\.0\.9 is an address of this machine or of a private network: FIRN_PROMETHEUS_ALLOW does not name it/)]);
  const url = (await prometheus(says(vector('1')))).replace('127.0.0.1', 'localhost');
  expect((await askPrometheus({ url, query: 'x', allow: [] })).problem).toMatch(/FIRN_PROMETHEUS_ALLOW does not name it/);
});

test.each<[string, RequestListener, RegExp]>([
  ['hangs', () => undefined, /no answer within 0\.3 seconds/],
  ['hangs in the middle', (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{'), /no answer within 0\.3 seconds/],
  ['answers a megabyte', (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('x'.repeat(1_048_576)), /more than 65536 bytes/],
  ['answers a page', (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'), /with text\/html, and not with application\/json/],
  ['sends elsewhere', (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1/' }).end(), /302: redirects are not followed/],
  ['is no Prometheus', says({ hello: 1 }), /no result of an instant query/],
  ['breaks off', says('{"status":'), /is no JSON/],
  ['refuses the query', says({ status: 'error', errorType: 'bad_data', error: 'parse error: unexpected "("' }, 400), /it refused the query: parse error/],
  ['gives nothing', says(vector()), /gives nothing: no series matches/],
  ['gives several', says(vector('1', '2')), /gives 2 series and must give one/],
  ['gives NaN', says(vector('NaN')), /gives NaN; a rate is a number from 0/],
  ['gives a negative', says(vector('-3')), /gives -3; a rate/],
  ['gives the infinite', says({ status: 'success', data: { resultType: 'scalar', result: [1, '+Inf'] } }), /gives \+Inf; a rate/],
])('a Prometheus that %s says nothing, and why', async (_, answer, reason) => {
  const url = await prometheus(answer);
  const said = await askPrometheus({ url, query: 'x', allow: ['127.0.0.1'], deadlineMs: 300 });
  expect(said).toEqual({ qps: null, problem: expect.stringMatching(reason) });
});
