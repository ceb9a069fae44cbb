// The life of an ask: approved at once, waiting, decided once, withdrawn, replaced, repeated; and who sees what of it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, startTestServer, type TestServer } from '#test/contract/start.ts';

let server: TestServer;
const stack = new AsyncDisposableStack();
beforeAll(async () => {
  server = stack.use(await startTestServer());
  await server.addTeam({ cpuMilli: 10_000, memoryMib: 40_000 });
  for (const name of ['one', 'two', 'three']) stack.use(await server.addHost(name));
}, 30_000);
afterAll(() => stack.disposeAsync());

const state = async (id: string) => (await server.call('GET', `/requests/${id}`)).body.state as string;

test('over the quota it waits; an SRE approves it, once; the excess stays visible', async () => {
  const big = draft({ service: 'big', peakQps: 500, why: 'the market opens' });
  const quote = await server.call('POST', '/requests/quote', big);
  expect(quote.body.outcome).toBe('waits-for-approval');
  expect(quote.body.warnings.map((each: { code: string }) => each.code)).toContain('over-quota');
  const { body: request } = await server.call('POST', '/requests', big);
  expect(request.state).toBe('waiting');
  const quota = async () => (await server.call('GET', '/quotas')).body.items[0];
  expect((await quota()).waiting.cpuMilli).toBe(request.quote.sizing.replicas * 1000);
  const approved = await server.call('POST', `/requests/${request.id}/approve`, { reason: 'go' });
  expect([approved.status, approved.body.state, approved.body.decidedBy]).toEqual([200, 'approved', 'admin']);
  const again = await server.call('POST', `/requests/${request.id}/deny`, { reason: 'too late' });
  expect([again.status, again.body.code]).toEqual([409, 'request-decided']);
  expect(again.body.detail).toMatch(/was approved by admin at .*cannot be decided again/);
  const after = await quota();
  expect(after.used.cpuMilli).toBeGreaterThan(after.limit.cpuMilli);
  expect(after.waiting.cpuMilli).toBe(0);

  // Giving back is approved at once although the quota is exceeded; growing waits.
  const smaller = await server.call('POST', '/requests', draft({ service: 'big', peakQps: 450 }));
  expect([smaller.body.state, smaller.body.decisionReason]).toEqual(['approved', 'it gives capacity back']);
  const larger = await server.call('POST', '/requests', draft({ service: 'big', peakQps: 600, run: undefined }));
  expect(larger.body.state).toBe('waiting');
  const newer = await server.call('POST', '/requests', draft({ service: 'big', peakQps: 650 }));
  expect(await state(larger.body.id)).toBe('superseded');
  const withdrawn = await server.call('POST', `/requests/${newer.body.id}/withdraw`);
  expect(withdrawn.body.state).toBe('withdrawn');
  const kinds = (await server.call('GET', '/events?subject=big.production&kind=request')).body.items.map((each: { kind: string }) => each.kind);
  expect(kinds).toEqual(['request.withdrawn', 'request.submitted', 'request.superseded', 'request.submitted', 'request.approved', 'request.submitted', 'request.approved', 'request.submitted']);
});

test('a repeated submission with the same key is one request; the key with another draft is refused', async () => {
  const headers = { 'idempotency-key': 'once-and-only-once' };
  const body = draft({ service: 'once', peakQps: 5 });
  const both = await Promise.all([server.call('POST', '/requests', body, headers), server.call('POST', '/requests', body, headers)]);
  expect(both.map(({ status }) => status)).toEqual([201, 201]);
  expect(new Set(both.map(({ body: made }) => made.id)).size).toBe(1);
  const other = await server.call('POST', '/requests', { ...body, peakQps: 6 }, headers);
  expect([other.status, other.body.code]).toEqual([409, 'idempotency-key-reused']);
});

test('two asks at the same time both count: the quota is not passed by racing', async () => {
  await server.call('PUT', '/quotas/quotes/staging', { cpuMilli: 2_000, memoryMib: 8_000 });
  const ask = (service: string) => server.call('POST', '/requests', draft({ service, environment: 'staging', peakQps: 5, survive: 'none', minReplicas: 2 }));
  const both = await Promise.all([ask('race-one'), ask('race-two')]);
  expect(both.map(({ body }) => body.state).sort()).toEqual(['approved', 'waiting']);
});

test('names that would give the same hostnames are refused', async () => {
  expect((await server.call('POST', '/requests', draft({ service: 'a-dev', environment: 'staging', peakQps: 1, survive: 'none' }))).status).toBe(201);
  const { body: policy } = await server.call('GET', '/policy');
  const environments = { ...policy.record.environments, 'dev-staging': policy.record.environments.dev };
  expect((await server.setPolicy({ ...policy.record, environments })).status).toBe(200);
  await server.call('PUT', '/quotas/quotes/dev-staging', { cpuMilli: 9_000, memoryMib: 90_000 });
  await server.call('PUT', '/quotas/quotes/staging', { cpuMilli: 90_000, memoryMib: 90_000 });
  const waiting = (await server.call('GET', '/requests?state=waiting')).body.items as { id: string; draft: { service: string } }[];
  for (const { id } of waiting) await server.call('POST', `/requests/${id}/approve`, { reason: '' });
  const clash = await server.call('POST', '/requests', draft({ service: 'a', environment: 'dev-staging', peakQps: 1, survive: 'none' }));
  expect([clash.status, clash.body.code]).toEqual([422, 'name-clashes']);
});

test('giving a workload back stops its replicas and frees its quota', async () => {
  const { body: request } = await server.call('POST', '/requests', draft({ service: 'gone', environment: 'dev', peakQps: 5, survive: 'none' }));
  await server.call('POST', `/requests/${request.id}/approve`, { reason: '' });
  const { body: service } = await server.call('GET', '/services/gone');
  expect((await server.call('DELETE', `/workloads/${service.workloads[0].id}`, { reason: '' })).status).toBe(422);
  expect((await server.call('DELETE', `/workloads/${service.workloads[0].id}`, { reason: 'not needed' })).status).toBe(204);
  await server.handle.context.loops.runOnce('planner');
  expect((await server.call('GET', '/services/gone')).status).toBe(404);
  expect((await server.call('GET', '/quotas')).body.items.filter((each: { environment: string; used: { cpuMilli: number } }) => each.environment === 'dev' && each.used.cpuMilli > 0)).toEqual([]);
  expect((await server.call('DELETE', `/workloads/${service.workloads[0].id}`, { reason: 'again' })).status).toBe(404);
});

test('other teams neither see the request nor the values of its environment', async () => {
  const { body: request } = await server.call('POST', '/requests', draft({ service: 'secretive', peakQps: 1, survive: 'none', run: { image: 'x', env: { PASSWORD: 'hunter2' } } }));
  expect(request.draft.run.env).toEqual({ PASSWORD: 'hunter2' });
  await server.call('POST', '/teams', { name: 'others' });
  for (const [name, team] of [['viewer', 'quotes'], ['stranger', 'others']] as const) {
    const headers = await server.person(name, [{ team, role: 'viewer' }]);
    const seen = await server.call('GET', `/requests/${request.id}`, undefined, headers);
    if (name === 'viewer') expect(seen.body.draft.run.env).toEqual({ PASSWORD: '(hidden)' });
    else expect(seen.status).toBe(404);
    const service = await server.call('GET', '/services/secretive', undefined, headers);
    expect(JSON.stringify(service.body)).not.toContain('hunter2');
    expect((await server.call('POST', `/requests/${request.id}/withdraw`, undefined, headers)).status).toBe(403);
    expect((await server.call('GET', '/events', undefined, headers)).body.items.some((each: { team: string | null }) => each.team === 'quotes')).toBe(name === 'viewer');
  }
}, 20_000);
