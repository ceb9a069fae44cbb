// The whole way: ask, approve, place, dispatch, report, heal, restart; the real server with real agents on engines in memory.
import { expect, test } from 'vitest';
import { draft, startTestServer, temporaryFolder, type TestServer, until } from '#test/contract/start.ts';

const running = (server: TestServer, count: number, service = 'quote') =>
  until(async () => {
    const { body } = await server.call('GET', `/services/${service}`);
    const workload = body.workloads?.[0];
    return workload?.running === count && workload.placed === count ? body : undefined;
  }, `${count} replicas running`);

test('an ask within the quota runs on the hosts that were promised, at the promised addresses', async () => {
  await using server = await startTestServer();
  await using one = await server.addHost('one');
  await using two = await server.addHost('two');
  await using three = await server.addHost('three');
  await server.addTeam();
  const quote = await server.call('POST', '/requests/quote', draft());
  expect(quote.status).toBe(200);
  expect(quote.body.outcome).toBe('approved-at-once');
  const request = await server.call('POST', '/requests', draft({ why: 'launch' }));
  expect(request.status).toBe(201);
  expect(request.body.state).toBe('approved');
  const service = await running(server, quote.body.sizing.replicas);
  const perHost = Map.groupBy(service.replicas as { host: string }[], ({ host }) => host);
  expect(Object.fromEntries([...perHost].map(([host, list]) => [host, list.length]).sort())).toEqual(Object.fromEntries(quote.body.hosts.map((each: { host: string; replicas: number }) => [each.host, each.replicas]).sort()));
  for (const replica of service.replicas) {
    expect(replica.address).toMatch(/^10\.9\.1\./);
    expect(replica.mac).toBe(`02:42:${replica.address.split('.').map((octet: string) => Number(octet).toString(16).padStart(2, '0')).join(':')}`);
  }
  expect([one, two, three].length).toBe(3);
  const events = await server.call('GET', '/events?kind=request');
  expect(events.body.items.map((each: { kind: string; why: string }) => [each.kind, each.why])).toEqual([['request.approved', 'within the quota of quotes in production'], ['request.submitted', 'launch']]);
}, 20_000);

test('a lost host is replaced to full strength elsewhere, and drops what is no longer its own when it is back', async () => {
  await using server = await startTestServer();
  await using stack = new AsyncDisposableStack();
  for (const name of ['one', 'two', 'three']) stack.use(await server.addHost(name));
  const folder = temporaryFolder();
  stack.defer(() => folder.remove());
  const victim = await server.addHost('victim', { stateDir: folder.path });
  await server.addTeam();
  const { body: request } = await server.call('POST', '/requests', draft({ peakQps: 200 }));
  const wanted = request.quote.sizing.replicas;
  const before = await running(server, wanted);
  const affected = before.replicas.filter((each: { host: string }) => each.host === 'victim');
  expect(affected.length).toBeGreaterThan(0);
  await victim.stop();
  const after = await until(async () => {
    const { body } = await server.call('GET', '/services/quote');
    const [workload] = body.workloads;
    // With a domain less the sum may ask for more replicas, never for fewer.
    const isWhole = workload.wanted >= wanted && workload.running === workload.wanted;
    return isWhole && body.replicas.every((each: { host: string }) => each.host !== 'victim') ? body : undefined;
  }, 'full strength without the victim');
  // The old address stays with the lost host: nobody else may have it, and the replica has another one.
  for (const old of affected) {
    expect(after.replicas.map((each: { address: string }) => each.address)).not.toContain(old.address);
    const history = await server.call('GET', `/addresses?address=${old.address}`);
    expect(history.body.items[0]).toMatchObject({ host: 'victim', heldUntil: null });
  }
  expect((await server.call('GET', '/plans')).body.items[0].verb).toBe('heal');

  stack.use(await server.addHost('victim', { stateDir: folder.path, address: '10.9.0.14' }));
  for (const old of affected) {
    const history = await until(async () => {
      const { body } = await server.call('GET', `/addresses?address=${old.address}`);
      return body.items[0].heldUntil === null ? undefined : body.items[0];
    }, 'the ledger hears that the container is gone');
    expect(Date.parse(history.quarantinedUntil) - Date.parse(history.heldUntil)).toBe(500);
  }
  expect((await server.call('GET', '/events?kind=host.back')).body.items).toHaveLength(1);
}, 40_000);

test('a restart of the server moves nothing', async () => {
  const folder = temporaryFolder();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => folder.remove());
  const server = await startTestServer({ dataDir: folder.path });
  const { port } = new URL(server.handle.agentUrl);
  for (const name of ['one', 'two', 'three']) stack.use(await server.addHost(name));
  await server.addTeam();
  const { body: request } = await server.call('POST', '/requests', draft());
  const before = await running(server, request.quote.sizing.replicas);
  const status = await server.call('GET', '/status');
  await server.handle.stop();
  await using again = await startTestServer({ dataDir: folder.path, config: { agentListen: { host: '127.0.0.1', port: Number(port) } } });
  const after = await running(again, request.quote.sizing.replicas);
  const places = (service: typeof before) => service.replicas.map(({ id, host, address }: { id: string; host: string; address: string }) => ({ id, host, address }));
  expect(places(after)).toEqual(places(before));
  await again.handle.context.loops.runOnce('planner');
  await again.handle.context.loops.settled();
  expect((await again.call('GET', '/status')).body.revision).toBe(status.body.revision);
  expect((await again.call('GET', '/hosts')).body.items.every((each: { state: string }) => each.state === 'ready')).toBe(true);
}, 40_000);
