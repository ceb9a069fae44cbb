// What the server knows about the present by itself, and what it finds out when asked: on simulated hosts, through the API.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, startTestServer, type TestServer, until } from '#test/contract/start.ts';

let server: TestServer;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  server = stack.use(await startTestServer());
  await server.addTeam();
  for (const name of ['one', 'two', 'three']) stack.use(await server.addHost(name));
}, 30_000);
afterAll(() => stack.disposeAsync());

const revision = async () => (await server.call('GET', '/status')).body.revision as number;
/** What a route knows of the newest revision. */
const known = (path: string) =>
  until(async () => {
    const { body } = await server.call('GET', path);
    return body.at !== null && body.revision === (await revision()) ? body : undefined;
  }, `${path} of the newest revision`, 20_000);

test('before anything runs nothing is proven, and that is said', async () => {
  expect((await server.call('GET', '/proof')).body).toMatchObject({ gap: null, pricesFromRevision: null, sentence: expect.stringContaining('Nothing is proven yet') });
  expect((await server.call('GET', '/survival')).body).toMatchObject({ at: null, domains: [] });
  expect((await server.call('GET', '/status')).body.totals.gap).toBe(null);
});

test('the proven gap and survival follow the present; prices and host classes let anybody check the sum', async () => {
  expect((await server.call('POST', '/requests', draft({ peakQps: 200, survive: 'none', cloud: 'allowed' }))).status).toBe(201);
  const proof = await known('/proof');
  expect(proof.gap.costCentsPerHour).toBe(300);
  expect(proof.gap.boundCentsPerHour).toBeGreaterThan(0);
  expect(proof.gap.boundCentsPerHour).toBeLessThanOrEqual(300);
  expect(proof.hostClasses).toEqual([expect.objectContaining({ hosts: 3, used: 3, costCentsPerHour: 100 })]);
  expect(proof.prices[0]).toMatchObject({ workload: 'quote.production', shape: { cpuMilli: 1000, memoryMib: 2048 } });
  // The bound again, with a pencil: what the replicas are worth, less what hosts are worth beyond their price.
  const [{ replicas, centsPerHour }] = proof.prices;
  const [{ hosts, worthCentsPerHour, costCentsPerHour }] = proof.hostClasses;
  expect(replicas * centsPerHour - hosts * Math.max(0, worthCentsPerHour - costCentsPerHour)).toBeCloseTo(proof.gap.boundCentsPerHour, 3);
  expect(proof.sentence).toMatch(/^Proven (within [\d.]+ %|to be the cheapest)/);
  const survival = await known('/survival');
  expect(survival.domains.map(({ domain, tried, survives }: { domain: string; tried: number; survives: boolean }) => [domain, tried, survives])).toEqual([['host', 3, true], ['rack', 3, true], ['site', 1, false]]);
  expect(survival.sentence).toMatch(/^Any one host or rack may die now and everything fits again; if site dc1 dies now/);
  expect((await server.call('GET', '/status')).body.totals.gap.percent).toBeCloseTo(proof.gap.percent, 6);
}, 30_000);

test('an event tells when a host may no longer die, and when it may again', async () => {
  await server.call('PUT', '/quotas/quotes/staging', { cpuMilli: 1_000_000, memoryMib: 2_000_000 });
  const { body: request } = await server.call('POST', '/requests', draft({ service: 'filler', environment: 'staging', peakQps: 500, shape: 'double', survive: 'none', profile: { cpuMsPerRequest: 20, memoryBaseMib: 64, memoryKibPerQps: 1 } }));
  expect(request.state).toBe('approved');
  const full = await known('/survival');
  expect(full.domains[0]).toMatchObject({ domain: 'host', survives: false });
  const told = async () => (await server.call('GET', '/events?kind=survival')).body.items.map(({ kind, subject }: { kind: string; subject: string }) => `${kind} ${subject}`);
  expect(await told()).toEqual(['survival.lost loss of a rack', 'survival.lost loss of a host']);
  const { body: service } = await server.call('GET', '/services/filler');
  expect((await server.call('DELETE', `/workloads/${service.workloads[0].id}`, { reason: 'enough' })).status).toBe(204);
  expect((await known('/survival')).domains[0].survives).toBe(true);
  expect(await told()).toEqual(['survival.regained loss of a rack', 'survival.regained loss of a host', 'survival.lost loss of a rack', 'survival.lost loss of a host']);
}, 60_000);

test('why a draft finds no room: every host counted by the rule that refuses it, and fixes that were tried', async () => {
  const big = draft({ service: 'big', peakQps: 3_000, shape: 'double', survive: 'none', profile: { cpuMsPerRequest: 20, memoryBaseMib: 64, memoryKibPerQps: 1 } });
  const { status, body } = await server.call('POST', '/requests/why', big);
  expect(status).toBe(200);
  const [why] = body.items;
  expect(why).toMatchObject({ workload: 'big.production', hosts: 3, shape: { cpuMilli: 8000 } });
  expect(why.rules.reduce((sum: number, { hosts }: { hosts: number }) => sum + hosts, 0)).toBe(3);
  expect(why.eliminations[0].closest.sentence).toMatch(/cores/);
  expect(why.fixes.length).toBeGreaterThan(0);
  expect(why.fixes.map(({ title }: { title: string }) => title).join('\n')).toMatch(/lower the peak to/);
  expect((await server.call('POST', '/requests/why', { ...big, team: 'nobody' })).status).toBe(422);
  const { body: service } = await server.call('GET', '/services/quote');
  expect((await server.call('GET', `/workloads/${service.workloads[0].id}/why`)).body.items).toEqual([]);
  expect((await server.call('GET', '/workloads/nothing/why')).status).toBe(404);
}, 30_000);

test('pools are kept by name, refused by field, and what-if buys from them', async () => {
  const pool = { site: 'dc1', capacity: { cpuMilli: 16_000, memoryMib: 32_768 }, costCentsPerHour: 90, limit: 20 };
  expect((await server.call('PUT', '/pools/large', { ...pool, environments: ['mars'] })).body.detail).toMatch(/environments\.0 is mars/);
  expect((await server.call('PUT', '/pools/large', { ...pool, limit: -1 })).status).toBe(422);
  expect((await server.call('PUT', '/pools/large', pool)).body).toMatchObject({ name: 'large', limit: 20, performance: 50 });
  expect((await server.call('PUT', '/pools/large', { ...pool, limit: 30 })).body.limit).toBe(30);
  const { body: simulation } = await server.call('POST', '/simulate', { changes: [{ kind: 'grow', workload: 'quote.production', permille: 20_000 }, { kind: 'buy' }] });
  expect(simulation.stages[0].unplaced[0].count).toBeGreaterThan(0);
  expect(simulation.stages[1].unplaced).toEqual([]);
  expect(simulation.stages[1].bought).toEqual([expect.objectContaining({ pool: 'large' })]);
  expect(simulation.onlyForLooking).toMatch(/VMs that are not bought/);
  expect((await server.call('DELETE', '/pools/large')).status).toBe(204);
  expect((await server.call('DELETE', '/pools/large')).status).toBe(404);
  expect((await server.call('GET', '/pools')).body.items).toEqual([]);
}, 30_000);

test('the price list of moves is found once for a revision', async () => {
  const { status, body } = await server.call('GET', '/frontier');
  expect(status).toBe(200);
  expect(body).toMatchObject({ revision: await revision(), before: { hostsUsed: 3 } });
  expect((await server.call('GET', '/frontier')).body.seconds).toBe(body.seconds);
}, 30_000);
