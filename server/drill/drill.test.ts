// Drills through the API: asked, run in the thinking thread, reported, cancelled; days from a file, from metrics and from the shelf.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, startTestServer, type TestServer, until } from '#test/contract/start.ts';
import { filled } from './day.ts';

let server: TestServer;
let workloadId: string;
const stack = new AsyncDisposableStack();
beforeAll(async () => {
  server = stack.use(await startTestServer());
  await server.addTeam();
  stack.use(await server.addHost('one'));
  expect((await server.call('POST', '/requests', draft({ survive: 'none' }))).status).toBe(201);
  workloadId = (await server.handle.context.present.read()).snapshot.workloads[0]!.id;
}, 30_000);
afterAll(() => stack.disposeAsync());

/** Every minute of a day in Shanghai: 50 QPS, and much more from 10:00 to 10:30. */
const trace = (high: number) => ['time,qps', ...Array.from({ length: 1_440 }, (_, minute) => `2026-11-20T${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00+08:00,${minute >= 600 && minute < 630 ? high : 50}`)].join('\n');
const ask = (more: object = {}) => ({ day: { kind: 'trace', csv: trace(2_000), name: 'the fair' }, workloads: [{ workloadId }], ...more });
const ended = (id: string) =>
  until(async () => {
    const { body } = await server.call('GET', `/drills/${id}`);
    return body.state === 'waiting' || body.state === 'running' ? undefined : body;
  }, 'the end of the drill', 60_000);

test('a day that is too much is reported with what ran out, what would have helped, and series', async () => {
  const asked = await server.call('POST', '/drills', ask({ times: 2 }));
  expect(asked).toMatchObject({ status: 202, body: { title: 'the fair x 2, quote.production', day: { kind: 'trace', name: 'the fair' }, times: 2, mayCancel: true } });
  const drill = await ended(asked.body.id);
  expect(drill).toMatchObject({ state: 'done', progressPermille: 1000, ask: null, verdict: { code: 'fails', said: [{ code: 'sheds-from', values: { percent: expect.any(Number), at: expect.stringContaining('Z') } }, { code: 'best-remedy' }] }, phaseCode: 'done' });
  const { report } = drill;
  expect(report).toMatchObject({ day: { name: 'the fair', from: '2026-11-19T16:00:00.000Z', points: 1440 }, fleet: { hosts: 1, cores: 16, pools: 0 }, totals: { peakQps: 4000, boughtVms: 0 } });
  expect(report.totals.shedRequests).toBe(drill.totals.shedRequests);
  expect(report.runsOut[0]).toMatchObject({ what: 'max', workload: 'quote.production', sentence: expect.stringMatching(/^quote\.production would want \d+ replicas, and \d+ is the most that was granted; [\d,]+ requests are shed\.$/) });
  expect(report.remedies.map(({ code }: { code: string }) => code).sort()).toEqual(['all-together', 'autoscale-on', 'higher-max']);
  expect(report.remedies[0].savedRequests).toBeGreaterThan(0);
  for (const values of Object.values(report.series).filter(Array.isArray)) expect(values.length).toBe(720);
  expect((await server.call('GET', '/drills')).body.items[0]).toMatchObject({ id: drill.id, totals: { peakQps: 4000 } });
  // Nothing was changed by it.
  expect((await server.handle.context.present.read()).snapshot.workloads[0]!.decision).toBeUndefined();
}, 90_000);

test('a shipped day that is small enough is carried', async () => {
  const { body } = await server.call('POST', '/drills', { day: { kind: 'shipped', name: 'usual-day' }, workloads: [{ workloadId, peakQps: 20 }] });
  expect(await ended(body.id)).toMatchObject({ state: 'done', ask: { times: 1 }, verdict: { code: 'carries' }, report: { remedies: [], runsOut: [], totals: { shedRequests: 0, peakQps: 20 } } });
}, 60_000);

test('what cannot be drilled is refused with field and line, and nothing is stored', async () => {
  const before = (await server.call('GET', '/drills')).body.items.length;
  expect(await server.call('POST', '/drills', ask({ day: { kind: 'trace', csv: 'time,qps\nyesterday,many\n' } }))).toMatchObject({ status: 422, body: { code: 'trace-invalid', detail: expect.stringContaining('line 2') } });
  expect(await server.call('POST', '/drills', ask({ workloads: [{ workloadId: 'nobody' }] }))).toMatchObject({ status: 404, body: { detail: expect.stringContaining('workloads[0].workloadId') } });
  expect(await server.call('POST', '/drills', ask({ day: { kind: 'recorded', workloadId, date: '2026-01-05' } }))).toMatchObject({ status: 422, body: { code: 'day-unknown' } });
  expect(await server.call('POST', '/drills', ask({ times: 0 }))).toMatchObject({ status: 422, body: { errors: [{ field: 'times' }] } });
  expect((await server.call('GET', '/drills')).body.items.length).toBe(before);
});

test('a drill that waits is cancelled, and one that is over is not', async () => {
  const first = (await server.call('POST', '/drills', ask())).body.id;
  const second = (await server.call('POST', '/drills', ask())).body.id;
  expect((await server.call('POST', `/drills/${second}/cancel`)).body).toMatchObject({ state: 'cancelled', stateReason: 'admin cancelled it', stateSaid: [{ code: 'cancelled-by', values: { by: 'admin' } }], mayCancel: false });
  expect((await server.call('POST', `/drills/${second}/cancel`)).status).toBe(409);
  expect((await server.call('POST', `/drills/${first}/cancel`)).status).toBe(200);
  expect((await ended(first)).report).toBe(null);
  expect((await server.call('GET', '/drills/none')).status).toBe(404);
}, 60_000);

test('minutes that are missing lie between their neighbours', () => {
  const minutes = filled([{ minute: 10, value: 100 }, { minute: 12, value: 300 }])!;
  expect([0, 10, 11, 12, 1439].map((minute) => minutes[minute])).toEqual([100, 100, 200, 300, 300]);
  expect(filled([])).toBe(null);
});
