// Calendars, schedules, signals, surges and drills on the command line, against the real server.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, startTestServer, type TestServer } from '#test/contract/start.ts';
import { aPerson, type Person } from './fixtures/person.ts';

const stack = new AsyncDisposableStack();
let server: TestServer;
let admin: Person;
beforeAll(async () => {
  server = stack.use(await startTestServer({ config: { prometheusAllow: ['127.0.0.1'] } }));
  await server.addTeam();
  stack.use(await server.addHost('one'));
  expect((await server.call('POST', '/requests', draft({ survive: 'none' }))).status).toBe(201);
  const { body } = await server.call('POST', '/tokens', { name: 'cli', scopes: ['admin'] });
  admin = stack.use(aPerson({ FIRN_ADDR: server.handle.url, FIRN_TOKEN: body.secret ?? body.token }));
}, 30_000);
afterAll(() => stack.disposeAsync());

test('today, calendars and days are shown; a file is checked with line and column', async () => {
  expect(await admin.firn('calendar today')).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^MARKET +DAY[^]*a-share[^]*hong-kong[^]*us /) });
  expect((await admin.firn('calendar list -o name')).out).toContain('a-share-2026\n');
  expect((await admin.firn('calendar days hong-kong --from 2026-12-24 --to 2026-12-25')).out).toMatch(/2026-12-24 +half +01:30-04:00[^]*2026-12-25 +closed/);
  const text = 'market: us\nyear: 2027\nsource: a notice\nutcOffsets:\n  - {from: 2027-01-01, minutes: -300}\nholidays: [2027-01-02]\nhalfDays: []\n';
  expect(await admin.firn('calendar check -', { stdin: text })).toMatchObject({ exitCode: 1, err: expect.stringContaining('stdin:6:12: holidays[0] is "2027-01-02": weekends have no sessions anyway') });
  expect(await admin.firn('calendar check -', { stdin: text.replace('2027-01-02', '2027-01-01') })).toMatchObject({ exitCode: 0, out: 'us 2027: 260 days with a session.\n' });
});

test('a schedule is explained, or refused', async () => {
  const half = await admin.firn(['calendar', 'schedule', 'hong-kong open to close on half,after-break days at least 8 replicas', '-o', 'json']);
  expect(JSON.parse(half.out).items[0]).toMatchObject({ text: 'hong-kong open to close on half,after-break days at least 8 replicas', schedule: { days: ['half', 'after-break'] }, next: expect.arrayContaining([expect.objectContaining({ from: '2026-12-24T01:30:00.000Z' })]) });
  expect((await admin.firn(['calendar', 'schedule', 'mon-fri 20:00 to 21:00 Asia/Shanghai at least 8 replicas'])).out).toMatch(/T12:00:00\.000Z +\S+T13:00:00\.000Z +yes/);
  expect(await admin.firn(['calendar', 'schedule', 'us lunchEnd to close at least 8 replicas'])).toMatchObject({ exitCode: 1, err: expect.stringContaining('from is lunchEnd: it is no time of a day of us') });
});

test('a signal is declared, pushed, read and removed; a surge is announced and ended', async () => {
  expect((await admin.firn('signal set turnover --unit bn')).exitCode).toBe(0);
  expect((await admin.firn('signal push turnover 12.5')).out).toBe('1 values in 1 minutes.\n');
  expect(await admin.firn('signal push turnover --stdin', { stdin: 'time,value\nnoon,3\n' })).toMatchObject({ exitCode: 64, err: expect.stringContaining('Line 2 is "noon,3"') });
  expect((await admin.firn('signal values turnover')).out).toContain('12.5');
  expect((await admin.firn('signal try turnover quote.production --above 10')).out).toContain('There is no data of the signal, or of the workload, in that time.');
  expect((await admin.firn('signal rm turnover --yes')).exitCode).toBe(0);
  const to = new Date(Date.now() + 3_600_000).toISOString();
  const { out } = await admin.firn(['calendar', 'surge', '--factor', '2', '--to', to, '--why', 'a show', '-o', 'name']);
  expect((await admin.firn('calendar surge')).out).toContain('a show');
  expect((await admin.firn(`calendar surge --end ${out.trim()}`)).err).toBe('The surge is over.\n');
});

test('a drill is run to its end, shown, and ends with 2 where it sheds', async () => {
  const said = await admin.firn('drill run quote.production --day hot-day --times 30');
  expect(said).toMatchObject({ exitCode: 2, out: expect.stringContaining('quote.production would want') });
  expect(said.out).toMatch(/autoscale-on/);
  expect((await admin.firn('drill list')).out).toContain('hot-day x 30, quote.production');
  expect(await admin.firn('drill run quote.production --trace a.csv --day hot-day')).toMatchObject({ exitCode: 64 });
}, 60_000);

test('a Prometheus is added, asked, listed and removed; without one the others are named', async () => {
  await using prometheus = createServer((_request, response) => response.setHeader('content-type', 'application/json').end('{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[0,"431.5"]}]}}'));
  prometheus.listen(0, '127.0.0.1');
  await once(prometheus, 'listening');
  const url = `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
  expect((await admin.firn('metrics source list')).err).toContain('firn metrics source add');
  expect(await admin.firn(['metrics', 'source', 'add', 'quote.production', 'nginx', url, '--query', 'sum(rate(x[30s]))', '--every', '5s'])).toMatchObject({ exitCode: 0, out: expect.stringContaining('every 5 s') });
  expect((await admin.firn('metrics source test quote.production nginx')).out).toMatch(/^431\.5 requests\/s, within \d+ ms\.\n$/);
  expect((await admin.firn('metrics source list quote.production')).out).toMatch(/quote\.production +nginx .* 5s +http:\/\/127/);
  expect(await admin.firn('metrics source test quote.production envoy')).toMatchObject({ exitCode: 1, err: expect.stringContaining('quote.production has no Prometheus source envoy; it has: nginx.') });
  expect((await admin.firn('metrics source rm quote.production nginx --yes')).exitCode).toBe(0);
  expect((await admin.firn('metrics source list -o name')).out).toBe('');
  expect((await admin.firn('metrics quote.production')).out).toContain('replicas serve');
});
