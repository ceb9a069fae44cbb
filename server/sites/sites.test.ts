// Names, sites and shifts on the real server with two sites of simulated hosts, over its API.
import { expect, test } from 'vitest';
import { draft, until } from '#test/contract/start.ts';
import { NAME, PATIENT_MS, startTwoSites } from '#test/contract/two-sites.ts';

test('clients are told the healthy replicas of their own site, and what dies leaves the answers', async () => {
  await using sites = await startTwoSites();
  const { server, ask, healthy } = sites;
  await server.call('PUT', '/sites/dc1', { clients: ['10.1.0.0/16'] });
  await server.call('PUT', '/sites/dc2', { clients: ['10.2.0.0/16'] });
  await healthy(NAME, { dc1: 3, dc2: 3 });
  expect(await ask(NAME, '10.1.0.7')).toMatchObject({ site: 'dc1', code: 'nearest', ttlSeconds: 60 });
  expect(await ask(NAME, '10.2.0.7')).toMatchObject({ site: 'dc2', code: 'nearest' });
  // Both hosts of dc2 go dark.
  await sites.hosts.get('b1')!.stop();
  await sites.hosts.get('b2')!.stop();
  const moved = await until(async () => ((await ask(NAME, '10.2.0.7')).site === 'dc1' ? await ask(NAME, '10.2.0.7') : undefined), 'clients of dc2 at dc1', PATIENT_MS);
  expect(moved.addresses.every(({ address }) => address.startsWith('10.8.'))).toBe(true);
}, 120_000);

test('what a scale-in makes too many leaves the answers, is taken back when demand returns, and stops when the TTL is over', async () => {
  let ahead = 0;
  await using sites = await startTwoSites({ overrides: { clock: { now: () => Date.now() + ahead } } });
  const { server, ask, healthy } = sites;
  await healthy(NAME, { dc1: 3, dc2: 3 });
  const replicas = async () => (await server.call('GET', '/services/quote')).body.replicas as readonly { readonly id: string; readonly leaving?: { readonly owner: string; readonly until: string | null } }[];
  const want = async (peakQps: number, minReplicas: number) => expect((await server.call('POST', '/requests', draft({ survive: 'site', minReplicas, peakQps }))).status).toBe(201);
  const before = (await replicas()).map(({ id }) => id).sort();
  const leave = async () => {
    await want(1, 2);
    return await until(async () => ((await ask(NAME)).addresses.length === 1 ? (await replicas()).filter(({ leaving }) => leaving !== undefined) : undefined), 'answers without what is too many', PATIENT_MS);
  };
  expect((await leave()).flatMap(({ leaving }) => (leaving?.until === null ? [] : [leaving?.owner]))).toEqual(['planner', 'planner', 'planner', 'planner']);
  await server.handle.context.loops.runOnce('planner');
  expect((await replicas()).map(({ id }) => id).sort()).toEqual(before);
  await want(40, 4);
  await until(async () => ((await ask(NAME)).addresses.length === 3 ? true : undefined), 'all are told again', PATIENT_MS);
  expect((await replicas()).map(({ id }) => id).sort()).toEqual(before);
  const going = (await leave()).map(({ id }) => id);
  ahead += 70_000;
  const left = await until(async () => ((await replicas()).length === 2 ? await replicas() : undefined), 'two replicas', PATIENT_MS);
  expect(left.filter(({ id }) => going.includes(id))).toEqual([]);
}, 120_000);

test('bad input is refused by field, and a name without capacity cannot be made', async () => {
  await using sites = await startTwoSites();
  const { call } = sites.server;
  const refused = async (method: string, path: string, body: unknown) => {
    const { status, body: answer } = await call(method, path, body);
    return [status, answer.code, answer.errors?.[0]?.field];
  };
  expect(await refused('PUT', '/sites/dc1', { links: [{ to: 'dc9', data: 'both' }] })).toEqual([422, 'site-unknown', 'links.0.to']);
  expect(await refused('PUT', '/sites/dc1', { clients: ['10.0.0.0/33'] })).toEqual([422, 'invalid-input', 'clients[0]']);
  expect(await refused('PUT', '/names/Not-A-Name', { service: 'quote', environment: 'production' })).toEqual([422, 'invalid-input', 'name']);
  expect(await refused('PUT', '/names/x.firn.test', { service: 'nobody', environment: 'production' })).toEqual([422, 'workload-unknown', 'service']);
  expect(await refused('PUT', `/names/${NAME}`, { service: 'quote', environment: 'production', weights: { dc9: 10 } })).toEqual([422, 'site-unknown', 'weights.dc9']);
  expect(await refused('POST', '/shifts/preview', { kind: 'weights', changes: [{ name: 'no.such', weights: { dc1: 0 } }] })).toEqual([422, 'name-unknown', 'changes.0.name']);
  expect((await call('GET', `/names/${NAME}/answer?client=nonsense`)).status).toBe(422);
}, 120_000);

test('what is not declared read-only never goes where data only arrives', async () => {
  await using sites = await startTwoSites();
  const { server, ask, healthy } = sites;
  await healthy(NAME, { dc1: 3, dc2: 3 });
  await server.call('PUT', '/sites/dc2', { clients: ['10.2.0.0/16'] });
  await server.call('PUT', '/sites/dc1', { clients: ['10.1.0.0/16'], links: [{ to: 'dc2', data: 'one-way' }] });
  expect(await ask(NAME, '10.2.0.7')).toMatchObject({ site: 'dc1', code: 'elsewhere', why: 'dc1, since data only arrives at dc2, and the service is not declared read-only' });
  const refused = await server.call('POST', '/shifts', { kind: 'drain', site: 'dc1' });
  expect([refused.status, refused.body.code]).toEqual([422, 'shift-refused']);
  expect((await server.call('PUT', '/stages/quote/production', { stages: { dc2: 'active-active' } })).body.code).toBe('stage-refused');
  await server.call('PUT', '/stages/quote/production', { isReadOnly: true, stages: { dc2: 'read-only' } });
  expect(await ask(NAME, '10.2.0.7')).toMatchObject({ site: 'dc2', code: 'nearest' });
}, 120_000);

test('a site is drained by a shift that a second person approves, step by step, and taken back at once', async () => {
  await using sites = await startTwoSites();
  const { server, ask, healthy } = sites;
  await healthy(NAME, { dc1: 3, dc2: 3 });
  await server.call('PUT', '/sites/dc2', { clients: ['10.2.0.0/16'] });
  const other = await server.person('ann', [{ team: null, role: 'sre' }]);
  const shift = await server.call('POST', '/shifts', { kind: 'drain', site: 'dc2', steps: 2, stepSeconds: 0, reason: 'new switches' });
  expect(shift.status).toBe(201);
  expect(shift.body.plan.loads.find(({ site }: { site: string }) => site === 'dc1')).toMatchObject({ afterPermille: 1000, fits: true });
  const act = (verb: string, headers = {}) => server.call('POST', `/shifts/${shift.body.id}`, { verb }, headers);
  expect((await act('approve')).body.detail).toBe('Somebody else has to approve it: you made it.');
  expect((await act('apply')).status).toBe(409);
  expect((await act('approve', other)).body.state).toBe('approved');
  await act('apply');
  await until(async () => ((await server.call('GET', `/shifts/${shift.body.id}`)).body.state === 'done' ? true : undefined), 'the shift done', PATIENT_MS);
  expect(await ask(NAME, '10.2.0.7')).toMatchObject({ site: 'dc1', code: 'elsewhere', why: 'dc1, since dc2 is drained' });
  expect((await server.call('GET', '/sites')).body.items.find(({ name }: { name: string }) => name === 'dc2')).toMatchObject({ state: 'drained', stateBy: 'admin', reason: 'new switches' });
  await server.call('POST', `/shifts/${shift.body.id}`, { verb: 'undo' });
  expect(await ask(NAME, '10.2.0.7')).toMatchObject({ site: 'dc2' });
  expect((await server.call('GET', `/shifts/${shift.body.id}`)).body.state).toBe('undone');
}, 120_000);

test('a shift brings replicas to the other side first, start-first, and what they replace goes on for the TTL without new clients', async () => {
  let ahead = 0;
  await using sites = await startTwoSites({ ask: { survive: 'none', peakQps: 60 }, overrides: { clock: { now: () => Date.now() + ahead } } });
  const { server } = sites;
  const { loops } = server.handle.context;
  const seen = async () => {
    const { body } = await server.call('GET', `/names/${NAME}`);
    const at = (site: string) => body.sites.find((each: { site: string }) => each.site === site) ?? { addresses: 0, healthy: 0, leaving: 0 };
    return { dc1: at('dc1'), dc2: at('dc2') };
  };
  const before = await until(async () => {
    const { dc1, dc2 } = await seen();
    return dc1.healthy + dc2.healthy >= 5 && dc1.healthy === dc1.addresses && dc2.healthy === dc2.addresses && dc2.healthy > 0 ? { dc1, dc2 } : undefined;
  }, 'replicas at both sites', PATIENT_MS);
  const shift = await server.call('POST', '/shifts', { kind: 'drain', site: 'dc2', steps: 1, stepSeconds: 0 });
  expect(shift.body.plan.advice.map(({ code }: { code: string }) => code)).toContain('more-replicas');
  for (const verb of ['approve', 'apply']) await server.call('POST', `/shifts/${shift.body.id}`, { verb });
  const waiting = await until(async () => {
    const { body } = await server.call('GET', `/shifts/${shift.body.id}`);
    return body.waitsFor?.code === 'replicas' ? body : undefined;
  }, 'the shift waiting for replicas', PATIENT_MS);
  expect(waiting).toMatchObject({ waitsFor: { said: [{ code: 'step-needs', values: { step: 1, site: 'dc1' } }] }, said: [{ code: 'step-in-force' }, { code: 'step-needs' }], maySaid: { apply: [{ code: 'only-apply', values: { state: 'applying' } }] } });
  expect(waiting.waitsFor.sentence).toMatch(/step 1 needs \d healthy replicas of quote.production at dc1, and \d are there/);
  // The successor serves at dc1; the one that it replaces is healthy, is told to nobody new, and is still there.
  const moving = await until(async () => {
    const { dc1, dc2 } = await seen();
    return dc1.healthy > before.dc1.healthy && dc2.leaving > 0 ? { dc1, dc2 } : undefined;
  }, 'a successor at dc1', PATIENT_MS);
  await loops.runOnce('planner');
  expect((await seen()).dc2.addresses).toBe(moving.dc2.addresses);
  ahead += 70_000;
  await until(async () => ((await seen()).dc2.leaving === 0 ? true : undefined), 'the replaced one gone', PATIENT_MS);
  await until(async () => ((await server.call('GET', `/shifts/${shift.body.id}`)).body.state === 'done' ? true : undefined), 'the shift done', PATIENT_MS);
}, 120_000);
