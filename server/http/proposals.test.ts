// A proposal's whole life on simulated hosts: asked, approved by somebody else, applied, carried out, taken back; and what is refused on the way.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, startTestServer, type TestServer, until } from '#test/contract/start.ts';

let server: TestServer;
let ann: Record<string, string>;
let bo: Record<string, string>;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  server = stack.use(await startTestServer());
  await server.addTeam();
  for (const name of ['one', 'two', 'three', 'four']) stack.use(await server.addHost(name));
  ann = await server.person('ann', [{ team: null, role: 'sre' }]);
  bo = await server.person('bo', [{ team: null, role: 'sre' }]);
  expect((await server.call('POST', '/requests', draft())).status).toBe(201);
  await settled();
}, 30_000);
afterAll(() => stack.disposeAsync());

const runs = async () => (await server.call('GET', '/services/quote')).body.workloads[0];
/** Waits until everything that was approved runs, and nothing is being planned. */
const settled = () =>
  until(async () => {
    const workload = await runs();
    return workload?.running === workload?.wanted && workload?.placed === workload?.wanted ? workload : undefined;
  }, 'everything runs');
const propose = (title: string, changes: unknown[]) => server.call('POST', '/proposals', { title, note: 'for the test', changes }, ann);
const act = (id: string, verb: string, who = ann, reason = '') => server.call('POST', `/proposals/${id}`, { verb, reason }, who);
const reaches = (id: string, state: string) =>
  until(async () => {
    const { body } = await server.call('GET', `/proposals/${id}`);
    return body.state === state ? body : undefined;
  }, `${id} is ${state}`, 15_000);
const events = async (kind: string) => (await server.call('GET', `/events?kind=${kind}`)).body.items as { message: string; actor: string; why: string | null }[];

test('a policy is weighed, approved by a second person, applied, and undone in one step', async () => {
  const { body: before } = await server.call('GET', '/policy');
  const record = { ...before.record, reservePermille: { cpu: 200, memory: 200 }, movesPerHour: 100_000 };
  const made = await propose('more room for the system', [{ kind: 'policy', record }]);
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({ state: 'draft', kinds: ['policy'], createdBy: 'ann', stateReason: 'It waits for somebody other than ann to approve it.' });
  const { consequence } = made.body.simulation;
  expect(consequence.headroom[0].after.containers).toBeLessThan(consequence.headroom[0].before.containers);
  expect(consequence.gap.after.percent).toBeGreaterThanOrEqual(0);
  expect(consequence.survival.after.map(({ domain }: { domain: string }) => domain)).toEqual(['host', 'rack', 'site']);
  expect(made.body.may.approve).toBe('Somebody else has to approve it: you made it.');
  expect((await act(made.body.id, 'approve')).body).toMatchObject({ code: 'proposal-state', detail: 'Somebody else has to approve it: you made it.' });
  expect((await act(made.body.id, 'apply')).body.detail).toBe('It is draft: only what is approved can be applied.');
  expect((await act(made.body.id, 'approve', bo)).body).toMatchObject({ state: 'approved', decidedBy: 'bo' });
  expect((await act(made.body.id, 'apply')).status).toBe(200);
  const done = await reaches(made.body.id, 'done');
  expect(done).toMatchObject({ appliedBy: 'ann', stateReason: 'Carried out.' });
  expect((await server.call('GET', '/policy')).body).toMatchObject({ version: before.version + 1, record, createdBy: 'ann', why: 'proposal "more room for the system"' });
  expect((await act(made.body.id, 'undo', bo)).status).toBe(200);
  await reaches(made.body.id, 'undone');
  const { body: versions } = await server.call('GET', '/policy/versions');
  expect(versions.items.slice(0, 3).map((each: { version: number; record: { reservePermille: object } }) => [each.version, each.record.reservePermille])).toEqual([
    [before.version + 2, before.record.reservePermille],
    [before.version + 1, { cpu: 200, memory: 200 }],
    [before.version, before.record.reservePermille],
  ]);
  expect((await events('proposal')).map(({ message }) => message)).toEqual([
    '"more room for the system" is taken back',
    'bo takes "more room for the system" back',
    '"more room for the system" is carried out',
    'ann applied "more room for the system": change the policy to version 2',
    'bo approved "more room for the system"',
    'ann proposed "more room for the system": change the policy to version 2',
  ]);
}, 40_000);
