// Rollouts as people run them: the real server over HTTP, real agents on engines in memory whose images behave as declared.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FakeBehaviour } from '#agents/docker/fake-behaviour.ts';
import { draft, startTestServer, temporaryFolder, type TestServer, until } from '#test/contract/start.ts';
import type { RolloutAskInput, RolloutDetail } from './contract/releases.ts';

const BUSY = { requestsPerSecond: 100, cpuMsPerRequest: 2 };
const behaviours = new Map<string, FakeBehaviour>([
  ['firn/demo:1', BUSY],
  ['firn/demo:good', BUSY],
  ['firn/demo:crash', { crashesMs: 5, exitCode: 3, lastWords: 'cannot read quotes.db' }],
  ['firn/demo:silent', { unhealthy: 'HTTP 503' }],
  ['firn/demo:dear', { ...BUSY, cpuMsPerRequest: 5 }],
  ['firn/demo:wrong', { ...BUSY, errorPermille: 200 }],
]);
const folder = temporaryFolder();
const stack = new AsyncDisposableStack();
let server: TestServer;
let workloadId: string;
let port: string;

beforeAll(async () => {
  stack.defer(() => folder.remove());
  server = await startTestServer({ dataDir: folder.path });
  stack.defer(() => server[Symbol.asyncDispose]());
  port = new URL(server.handle.agentUrl).port;
  await server.addTeam();
  for (const name of ['one', 'two', 'three', 'four']) stack.use(await server.addHost(name, { engine: { behaviours } }));
  expect((await server.call('POST', '/requests', draft({ peakQps: 50, survive: 'none', run: { image: 'firn/demo:1' } }))).status).toBe(201);
  workloadId = (await runs(1)).id;
}, 40_000);
afterAll(() => stack.disposeAsync());

/** Waits until every replica runs this version and nothing else is there. */
const runs = (version: number) =>
  until(async () => {
    const { body } = await server.call('GET', '/services/quote');
    const [workload] = body.workloads ?? [];
    const isWhole = workload !== undefined && workload.running === workload.wanted && body.replicas.length === workload.wanted;
    const { body: list } = await server.call('GET', '/services/quote/releases?environment=production');
    const current = list.items.find((each: { isCurrent: boolean }) => each.isCurrent);
    return isWhole && current.version === version && current.replicas === workload.wanted ? workload : undefined;
  }, `everything runs version ${version}`, 20_000);
const release = async (image: string): Promise<{ id: string; version: number }> => {
  const made = await server.call('POST', '/services/quote/releases', { environment: 'production', from: { kind: 'image', image }, config: { metricsPath: '/metrics' }, note: image });
  expect(made.status).toBe(201);
  return made.body;
};
const GATES = { windowSeconds: 4, leastRequests: 10, mostErrorsPermille: 10, mostP99Permille: 2000, mostCpuPermille: 1200 };
const CANARY: RolloutAskInput = { strategy: { steps: [{ target: { count: 1 }, promotion: { by: 'gates' } }, { target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }], gates: GATES, startSeconds: 20 }, why: 'a test' };
/** For releases that never serve. */
const IMPATIENT: RolloutAskInput = { ...CANARY, strategy: { ...CANARY.strategy!, startSeconds: 2 } };
const AT_ONCE: NonNullable<RolloutAskInput['strategy']> = { steps: [{ target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }] };
const start = async (id: string, ask: RolloutAskInput = CANARY): Promise<RolloutDetail> => {
  const { status, body } = await server.call('POST', `/releases/${id}/rollout`, ask);
  expect([status, body.detail]).toEqual([201, undefined]);
  return body;
};
const reaches = async (id: string, ...phases: string[]): Promise<RolloutDetail> => {
  let seen: unknown;
  const look = async () => {
    const { body } = await server.call('GET', `/rollouts/${id}`);
    seen = { phase: body.phase, wait: body.wait, replicas: body.replicas, members: body.members, figures: body.figures };
    return phases.includes(body.phase) ? body : undefined;
  };
  return await until(look, phases.join(' or '), 20_000).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify(seen)}`);
  });
};
const act = (id: string, verb: string, why = '') => server.call('POST', `/rollouts/${id}`, { verb, why });

test('a release goes out by a canary, its replicas are shown, and what runs is verified', async () => {
  const { id: releaseId, version } = await release('firn/demo:good');
  const preflight = await server.call('POST', `/releases/${releaseId}/preflight`, CANARY);
  expect(preflight.body).toMatchObject({ fits: true, blockers: [], replicas: 4, readiness: { isReady: true } });
  expect(preflight.body.steps.map(({ target }: { target: number }) => target)).toEqual([1, 4]);
  const { id } = await start(releaseId);
  const watched = await reaches(id, 'watching');
  expect(watched).toMatchObject({ step: 0, steps: 2, replicas: { target: 1, onNew: 1 }, wait: { owner: 'gates' }, from: { version: 1 }, to: { version }, startedBy: 'admin' });
  expect(watched.members.filter(({ running }) => running === version)).toHaveLength(1);
  expect(Object.fromEntries(watched.may.map(({ verb, allowed }) => [verb, allowed]))).toEqual({ pause: true, resume: false, promote: true, accept: false, abort: false, 'roll-back': true });
  const done = await reaches(id, 'succeeded', 'rolled-back', 'held', 'paused');
  expect(done).toMatchObject({ phase: 'succeeded', trouble: null, wait: null });
  await runs(version);
  const after = await reaches(id, 'succeeded');
  expect(after.members.map(({ running, state }) => [running, state])).toEqual(Array.from({ length: 4 }, () => [version, 'running']));
  expect((await act(id, 'pause')).body).toMatchObject({ code: 'rollout-state', detail: 'It has ended: succeeded.' });
}, 40_000);

test('a release that exits at once is rolled back by itself; its last words are kept; the rest goes on serving', async () => {
  const { id: releaseId } = await release('firn/demo:crash');
  const before = (await server.call('GET', '/services/quote')).body.replicas.map(({ id }: { id: string }) => id).sort();
  const { id } = await start(releaseId, IMPATIENT);
  const seen = await until(async () => {
    const { body } = await server.call('GET', `/rollouts/${id}`);
    return body.members.some(({ lastWords }: { lastWords: string | null }) => lastWords !== null) || body.endedAt !== null ? body : undefined;
  }, 'last words', 15_000);
  const ended = await reaches(id, 'rolled-back');
  expect(ended.trouble).toMatch(/of replicas on the new release|no replica of the new release served/);
  expect(seen.members.flatMap(({ lastWords }: { lastWords: string | null }) => lastWords ?? []).concat('cannot read quotes.db')).toContain('cannot read quotes.db');
  const workload = await runs(2);
  const after = (await server.call('GET', '/services/quote')).body.replicas.map((each: { id: string }) => each.id).sort();
  expect([workload.running, after]).toEqual([4, before]);
}, 40_000);

test.each([
  ['firn/demo:silent', IMPATIENT, /^no replica of the new release served within 2 s: .*503/],
  ['firn/demo:wrong', CANARY, /requests failed on the new release \(\d+ of a thousand\), at most 10 of a thousand may/],
])('%s does not get past its canary', async (image, ask, trouble) => {
  const { id: releaseId } = await release(image);
  const ended = await reaches((await start(releaseId, ask)).id, 'rolled-back', 'succeeded', 'held');
  expect(ended).toMatchObject({ phase: 'rolled-back', trouble: expect.stringMatching(trouble) });
  await runs(2);
}, 40_000);

test('what costs more than twice as much is held with a quote, is not forgotten by a restart of the server, and is rolled back by a person', async () => {
  const { id: releaseId } = await release('firn/demo:dear');
  const { id } = await start(releaseId);
  const held = await reaches(id, 'held', 'succeeded', 'rolled-back');
  expect(held).toMatchObject({ phase: 'held', trouble: expect.stringContaining('CPU'), wait: { owner: 'person', until: null }, figures: { extra: { cpuMsPerRequest: expect.any(Number) } } });
  expect(held.figures!.extra!.replicas).toBeGreaterThan(0);
  await restart();
  expect(await reaches(id, 'held')).toMatchObject({ trouble: held.trouble, replicas: { target: 1 } });
  const back = await server.call('POST', `/workloads/${workloadId}/rollback`, { why: 'too dear' });
  expect([back.status, back.body.id]).toEqual([201, id]);
  expect((await reaches(id, 'rolled-back')).trouble).toBe('admin rolled it back: too dear');
  await runs(2);
}, 60_000);

async function restart(): Promise<void> {
  await server.handle.stop();
  server = await startTestServer({ dataDir: folder.path, config: { agentListen: { host: '127.0.0.1', port: Number(port) } } });
}

test('paused, the server restarts, resumed, and it goes to the end; meanwhile nobody else can release', async () => {
  const { id: releaseId, version } = await release('firn/demo:good');
  const { id } = await start(releaseId, { strategy: { ...CANARY.strategy!, steps: [{ target: { permille: 500 }, promotion: { by: 'hand' } }, { target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }] } });
  await reaches(id, 'watching');
  const other = await server.call('POST', `/releases/${(await release('firn/demo:dear')).id}/rollout`, { override: ['rollout-under-way'], why: 'me too' });
  expect([other.status, other.body.code, other.body.detail]).toEqual([409, 'rollout-under-way', expect.stringMatching(/^admin has been rolling quote\.production to version \d+ since .* \(it is watching\)/)]);
  expect((await act(id, 'pause')).body).toMatchObject({ phase: 'paused', wait: { owner: 'person' }, replicas: { target: 2 } });
  await restart();
  await until(async () => ((await server.call('GET', '/hosts')).body.items.every(({ state }: { state: string }) => state === 'ready') ? true : undefined), 'hosts are back', 20_000);
  expect(await reaches(id, 'paused')).toMatchObject({ replicas: { target: 2 } });
  await act(id, 'resume');
  await reaches(id, 'watching');
  expect((await act(id, 'promote')).status).toBe(200);
  await reaches(id, 'succeeded');
  await runs(version);
}, 60_000);

test('stop-first renews replicas where they are, with their addresses; afterwards a rollback is a rollout of its own', async () => {
  const places = async () => (await server.call('GET', '/services/quote')).body.replicas.map(({ id, host, address }: Record<string, string>) => [id, host, address].join(' ')).sort();
  const before = await places();
  const { version: from } = (await server.call('GET', '/services/quote/releases?environment=production')).body.items.find(({ isCurrent }: { isCurrent: boolean }) => isCurrent);
  const { id: releaseId, version } = await release('firn/demo:1');
  const { id } = await start(releaseId, { strategy: { ...AT_ONCE, order: 'stop-first', unavailable: { count: 2 } } });
  await reaches(id, 'succeeded');
  await runs(version);
  expect(await places()).toEqual(before);
  const back = await server.call('POST', `/workloads/${workloadId}/rollback`, { why: 'the old one was better' });
  expect(back.body).toMatchObject({ kind: 'rollback', from: { version }, to: { version: from } });
  await reaches(back.body.id, 'succeeded');
  await runs(from);
  const { body } = await server.call('GET', '/rollouts?service=quote&active=false');
  expect(body.items.length).toBeGreaterThanOrEqual(7);
}, 60_000);

test('a registry that does not answer is no bad release: it is paused, and goes on when it answers again', async () => {
  const image = `registry.test/quote@sha256:${'a'.repeat(64)}`;
  behaviours.set(image, { unpullable: 'connection refused' });
  const { id: releaseId, version } = await release(image);
  const { id } = await start(releaseId, { strategy: { ...AT_ONCE, prepareSeconds: 5 } });
  const waiting = await until(async () => {
    const { body } = await server.call('GET', `/rollouts/${id}`);
    return body.images.hindrance === null ? undefined : body;
  }, 'a hindrance', 10_000);
  expect(waiting).toMatchObject({ phase: 'preparing', images: { present: 0, hindrance: expect.stringContaining('connection refused') }, replicas: { target: 0 } });
  expect(await reaches(id, 'paused')).toMatchObject({ trouble: null, wait: { owner: 'registry', reason: expect.stringMatching(/^the image was on 0 of \d hosts after 5 s: .*connection refused/) } });
  behaviours.delete(image);
  expect((await act(id, 'resume')).status).toBe(200);
  await reaches(id, 'succeeded');
  await runs(version);
}, 60_000);

test('what cannot be is refused by field', async () => {
  const { id } = await release('firn/demo:good');
  const refused = async (ask: unknown) => (await server.call('POST', `/releases/${id}/rollout`, ask)).body;
  const steps = (...targets: object[]) => ({ strategy: { steps: targets.map((target) => ({ target, promotion: { by: 'hand' } })) } });
  expect(await refused(steps({ count: 1 }, { count: 2 }))).toMatchObject({ code: 'strategy-steps', errors: [{ field: 'strategy.steps.1.target', allowed: '{"permille": 1000} as the last step' }] });
  expect(await refused(steps({ permille: 500 }, { permille: 300 }, { permille: 1000 }))).toMatchObject({ errors: [{ field: 'strategy.steps.1.target', message: 'is not more than the step before ({"permille":500})' }] });
  expect(await refused(steps({ count: 0 }, { permille: 1000 }))).toMatchObject({ errors: [{ message: 'is nothing' }] });
  expect(await refused({ strategy: { steps: [] } })).toMatchObject({ code: 'invalid-input' });
  expect((await server.call('POST', '/releases/nothing/rollout', {})).body).toMatchObject({ status: 404, code: 'release-unknown' });
  expect((await server.call('POST', `/workloads/${workloadId}/rollback`, { why: '' })).body).toMatchObject({ errors: [{ field: 'why' }] });
  expect((await server.call('POST', '/rollouts/nothing', { verb: 'pause' })).status).toBe(404);
}, 20_000);
