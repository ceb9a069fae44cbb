// Orphans and drift through the API, with a real agent on an engine in memory: what is listed, who may decide, and that hosts follow.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SimulatedHost } from '#agents/simulated.ts';
import { draft, startTestServer, type TestServer, until } from '#test/contract/start.ts';
import { readCluster } from '../db/cluster.ts';

const stack = new AsyncDisposableStack();
let server: TestServer;
let viewer: Record<string, string>;
let host: SimulatedHost;

beforeAll(async () => {
  server = stack.use(await startTestServer());
  await server.addTeam();
  host = stack.use(await server.addHost('one'));
  viewer = await server.person('viewer', [{ team: 'quotes', role: 'viewer' }]);
  const { id: clusterId } = await server.handle.context.store.read(readCluster);
  for (const name of ['old-1', 'old-2']) host.engine.addLabelled(name, { clusterId, replicaId: `gone-${name}`, workload: 'old.production', identity: 'x' });
}, 30_000);
afterAll(() => stack.disposeAsync());

const orphans = async () => (await server.call('GET', '/orphans?host=one')).body;
const events = async (kind: string) => (await server.call('GET', `/events?kind=${kind}`)).body.items as { message: string; why: string | null }[];

test('an orphan is listed with its grace and told as an event; whoever may operate hosts decides', async () => {
  const body = await until(async () => ((await orphans()).items.length === 2 ? orphans() : undefined), 'two orphans listed');
  const [one, two] = body.items;
  expect(body).toMatchObject({ graceSeconds: 600, mayDecide: true, hostsThatDoNotLook: [] });
  expect(one).toMatchObject({ host: 'one', kind: 'container', name: 'old-1', isRunning: true, state: 'waiting', decision: null, reason: expect.stringContaining('no assignment that this agent has had names that replica') });
  await until(async () => ((await events('orphan.found')).length === 2 ? true : undefined), 'told');
  const decide = (verb: string, id: string, who?: Record<string, string>) => server.call('POST', '/orphans/decisions', { host: 'one', kind: 'container', id, verb, note: 'why not' }, who);
  expect((await decide('remove', one.id, viewer)).status).toBe(403);
  expect((await decide('remove', 'nothing')).body).toMatchObject({ code: 'orphan-unknown', detail: 'Host one lists no orphaned container nothing.' });
  expect((await server.call('GET', '/orphans?host=none')).status).toBe(404);
  expect((await decide('keep', one.id)).body).toMatchObject({ state: 'kept', removeAt: null, decision: { verb: 'keep', by: 'admin', note: 'why not' } });
  expect((await decide('remove', two.id)).body).toMatchObject({ state: 'going' });
  await until(async () => ((await orphans()).items.length === 1 ? true : undefined), 'one removed');
  expect((await orphans()).items[0]).toMatchObject({ name: 'old-1', state: 'kept' });
  expect((await decide('wait', one.id)).body).toMatchObject({ state: 'waiting', decision: null });
  await until(async () => ((await orphans()).items[0].removeAt === null ? undefined : true), 'the grace counts again');
});

test('what hands did is listed and told; a repair that was given up goes on when somebody says so', async () => {
  await server.call('POST', '/requests', draft({ peakQps: 5, survive: 'none' }));
  const replica = await until(async () => (await server.call('GET', '/services/quote')).body.replicas?.find((each: { state: string }) => each.state === 'running'), 'a replica runs');
  const drift = async () => (await server.call('GET', '/drift')).body.items[0];
  for (let count = 1; count <= 5; count += 1) {
    host.engine.stopByHand(replica.name.replaceAll('.', '-'));
    await until(async () => (((await drift())?.repairs ?? 0) === count ? true : undefined), `repair ${count}`);
    await until(async () => ((await server.call('GET', '/services/quote')).body.replicas[0].state === 'running' ? true : undefined), 'runs again');
  }
  expect(await drift()).toMatchObject({ host: 'one', replica: replica.name, team: 'quotes', kind: 'stopped', found: 'somebody stopped the container', state: 'repaired', mayResume: false });
  expect((await server.call('POST', '/drift/resume', { replicaId: replica.id })).body).toMatchObject({ code: 'drift-not-given-up' });
  host.engine.stopByHand(replica.name.replaceAll('.', '-'));
  await until(async () => ((await drift()).state === 'given-up' ? true : undefined), 'given up');
  await until(async () => ((await events('replica.repairs-given-up')).length === 1 ? true : undefined), 'told');
  expect((await events('replica.drift'))[0]?.message).toBe(`${replica.name} on one: somebody stopped the container; it is put right`);
  expect((await server.call('POST', '/drift/resume', { replicaId: replica.id }, viewer)).status).toBe(403);
  expect((await server.call('POST', '/drift/resume', { replicaId: replica.id })).body).toMatchObject({ state: 'repairing' });
  await until(async () => ((await drift()).state === 'repaired' ? true : undefined), 'repaired again');
  expect((await server.call('POST', '/drift/resume', { replicaId: 'nobody' })).body).toMatchObject({ code: 'drift-unknown' });
}, 40_000);

test('a service that runs out of memory is told at once', async () => {
  const [replica] = (await server.call('GET', '/services/quote')).body.replicas;
  await until(async () => ((await server.call('GET', '/services/quote')).body.replicas[0].state === 'running' ? true : undefined), 'runs');
  host.engine.crash(replica.name.replaceAll('.', '-'), 137, true);
  const [event] = await until(async () => ((await events('replica.out-of-memory')).length > 0 ? events('replica.out-of-memory') : undefined), 'told');
  expect(event?.message).toBe(`${replica.name} on one was killed because its memory ran out`);
});
