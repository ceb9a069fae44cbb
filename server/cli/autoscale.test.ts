// `firn autoscale` against the real server with a simulated host: what people set, see, look ahead with, and ask about decisions; and what they may not.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, startTestServer, type TestServer, until } from '#test/contract/start.ts';
import { aPerson, type Person, type Said } from './fixtures/person.ts';

const stack = new AsyncDisposableStack();
let server: TestServer;
let person: Person;
let id: string;
beforeAll(async () => {
  server = stack.use(await startTestServer());
  await server.addTeam();
  stack.use(await server.addHost('one'));
  id = (await server.call('POST', '/requests', draft({ peakQps: 100, survive: 'none', minReplicas: 1 }))).body.workloadId;
  person = stack.use(aPerson({ FIRN_ADDR: server.handle.url }));
  expect((await person.firn('login --name admin', { answers: ['admin-of-this-test'] })).exitCode).toBe(0);
}, 30_000);
afterAll(() => stack.disposeAsync());

const ok = ({ exitCode, out, err }: Said): string => {
  expect(`${exitCode} ${exitCode === 0 ? '' : err}`).toBe('0 ');
  return out;
};
const view = async () => (await server.call('GET', `/workloads/${id}/autoscale`)).body;
const decisions = async () => (await server.call('GET', `/decisions?workload=${id}`)).body.items;

test('without settings it is a preview; what is set is a version with its reason, and what no flag names stays', async () => {
  expect(await view()).toMatchObject({ version: 0, settings: { mode: 'preview', risk: 'balanced', schedules: [] }, mayManage: true });
  const said = await person.firn(['autoscale', 'set', 'quote.production', '--mode', 'on', '--min', '2', '--market', 'a-share', '--market', 'us', '--schedule', 'a-share open-10m to close+5m at least 3', '--why', 'openings']);
  expect(ok(said)).toMatch(/version 1 by admin\S* at .*: openings/);
  expect(ok(await person.firn(['autoscale', 'set', 'quote.production', '--risk', 'performance', '--why', 'a hot week']))).toContain('version 2');
  expect((await view()).settings).toMatchObject({ mode: 'on', min: 2, risk: 'performance', markets: ['a-share', 'us'], schedules: [{ kind: 'session', market: 'a-share', from: 'open-10m', to: 'close+5m', floor: { replicas: 3 } }] });
  expect((await server.call('GET', `/workloads/${id}/autoscale/versions`)).body.items.map(({ version, why }: { version: number; why: string }) => [version, why])).toEqual([[2, 'a hot week'], [1, 'openings']]);
  // As it was printed it is read again.
  const printed = ok(await person.firn('autoscale show quote.production -o yaml'));
  expect(ok(await person.firn(['autoscale', 'set', 'quote.production', '-f', '-', '--why', 'the same'], { stdin: printed }))).toContain('version 3');
  expect((await view()).settings.risk).toBe('performance');
});

test('the behavior of a Kubernetes manifest is taken as it is, and told in our words; what it gets wrong is named', async () => {
  const manifest = (select: string) => `mode: on\nbehavior:\n  scaleUp: {stabilizationWindowSeconds: 30, policies: [{type: Pods, value: 4, periodSeconds: 15}, {type: Percent, value: 100, periodSeconds: 15}], selectPolicy: Max}\n  scaleDown: {stabilizationWindowSeconds: 300, tolerance: 0.05, selectPolicy: ${select}}\n`;
  ok(await person.firn(['autoscale', 'set', 'quote.production', '-f', '-', '--why', 'as it was'], { stdin: manifest('Disabled') }));
  expect((await view()).settings.behavior).toEqual({
    scaleUp: { windowSeconds: 30, policies: [{ kind: 'count', value: 4, periodSeconds: 15 }, { kind: 'percent', value: 100, periodSeconds: 15 }], select: 'max', tolerancePermille: 0 },
    scaleDown: { windowSeconds: 300, policies: [], select: 'disabled', tolerancePermille: 50 },
  });
  expect((await person.firn(['autoscale', 'set', 'quote.production', '-f', '-', '--why', 'x'], { stdin: manifest('Sometimes') })).err).toMatch(/settings\.behavior\.scaleDown\.selectPolicy is "Sometimes": .*Max, Min, Disabled/);
});

test.each([
  ['--min 5 --max 3', 'settings.min is 5: is above max, which is 3 (allowed: 1 to 3)'],
  ['--min 5000', 'settings.min is 5000: is above the'],
  ['--risk 900', 'settings.risk'],
  ['--ceiling 20', 'settings.ceilingPermille is 20'],
])('autoscale set %s is refused by field', async (flags, says) => {
  const before = (await view()).version;
  const said = await person.firn(`autoscale set quote.production ${flags} --why test`);
  expect(said).toMatchObject({ exitCode: 1, out: '' });
  expect(said.err).toContain(says);
  expect((await view()).version).toBe(before);
});

test('an unknown field, and settings that somebody else changed meanwhile, are refused', async () => {
  const { settings, version } = await view();
  const put = (body: object) => server.call('PUT', `/workloads/${id}/autoscale`, body);
  expect(await put({ settings: { ...settings, mood: 'good' }, why: 'x' })).toMatchObject({ status: 422, body: { errors: [{ field: 'settings.mood', message: 'is not a field that is known here' }] } });
  expect(await put({ settings, why: 'x', version: version - 1 })).toMatchObject({ status: 409, body: { code: 'autoscale-changed' } });
  expect((await person.firn(['autoscale', 'set', 'quote.production', '--schedule', 'a-share noon to close at least 3', '--why', 'x'])).err).toMatch(/schedule/i);
});

test('decisions are listed, explained, and made again to the last byte', async () => {
  const [first] = await until(async () => ((await decisions()).length > 0 ? await decisions() : undefined), 'a decision');
  expect(ok(await person.firn('autoscale decisions quote.production'))).toContain(first.id);
  expect(ok(await person.firn(`autoscale explain ${first.id}`))).toContain('quote.production at');
  expect(ok(await person.firn(`autoscale replay ${first.id}`))).toBe('The same decision comes out, to the last byte.\n');
  const detail = (await server.call('GET', `/decisions/${first.id}`)).body;
  expect(Object.keys(detail.input)).toEqual(['settings', 'state', 'observation']);
  expect(detail.input.observation.capacity).toMatchObject({ cpuMsPerRequest: 20 });
  const page = (await server.call('GET', '/decisions?limit=1')).body;
  if (page.next !== null) expect((await server.call('GET', `/decisions?limit=1&after=${page.next}`)).body.items[0]?.id).not.toBe(page.items[0].id);
  expect(ok(await person.firn('autoscale list'))).toMatch(/quote\.production +on/);
});

test('a preview and the charts answer and change nothing; a pause is told and taken back', async () => {
  const before = await view();
  expect(ok(await person.firn('autoscale preview quote.production --risk economy --over 1h'))).toContain('Now: ');
  const chart = (await server.call('GET', `/workloads/${id}/autoscale/chart?hours=1`)).body;
  expect(chart.past.at.length).toBe(60);
  expect(new Set([chart.past.qps.length, chart.past.bound.length, chart.past.capacityQps.length])).toEqual(new Set([60]));
  expect((await view()).version).toBe(before.version);
  expect(ok(await person.firn(['autoscale', 'pause', 'quote.production', '--why', 'a load test']))).toBe('quote.production: It is paused: the number stays as it is.\n');
  expect((await view()).state).toBe('paused');
  ok(await person.firn(['autoscale', 'resume', 'quote.production', '--why', 'over']));
  expect((await view()).settings.isPaused).toBe(false);
});

test('another team sees nothing of it, and who only reads changes nothing', async () => {
  await server.call('POST', '/teams', { name: 'orders' });
  const other = await server.person('other', [{ team: 'orders', role: 'developer' }]);
  const viewer = await server.person('viewer', [{ team: 'quotes', role: 'viewer' }]);
  const [first] = await decisions();
  for (const path of [`/workloads/${id}/autoscale`, `/workloads/${id}/autoscale/chart`, `/decisions/${first.id}`]) expect((await server.call('GET', path, undefined, other)).status).toBe(404);
  expect((await server.call('GET', '/decisions', undefined, other)).body.items).toEqual([]);
  expect((await server.call('GET', '/autoscale', undefined, other)).body.items).toEqual([]);
  expect((await server.call('POST', `/workloads/${id}/autoscale/pause`, { why: 'x' }, viewer)).status).toBe(403);
  expect((await server.call('GET', `/workloads/${id}/autoscale`, undefined, viewer)).body).toMatchObject({ mayManage: false, whyNotManage: expect.stringContaining('autoscale.manage') });
});
