// A proposal's whole life on simulated hosts: asked, approved by somebody else, applied, carried out, taken back; and what is refused on the way.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertProposal, listProposals, updateProposal } from '../db/proposals.ts';
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
  expect((await server.call('POST', '/requests', draft({ survive: 'none' }))).status).toBe(201);
  await settled();
}, 30_000);
afterAll(() => stack.disposeAsync());

const runs = async () => (await server.call('GET', '/services/quote')).body.workloads[0];
/** Waits until everything that was approved runs, nothing is being planned, and of what was given back nothing stands on a host any more. */
const settled = () =>
  until(async () => {
    const workload = await runs();
    const { body: hosts } = await server.call('GET', '/hosts');
    const standing = hosts.items.reduce((sum: number, { replicas: count }: { replicas: number }) => sum + count, 0);
    return workload?.running === workload?.wanted && workload?.placed === workload?.wanted && standing === workload?.wanted ? workload : undefined;
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

const replicas = async () => (await server.call('GET', '/services/quote')).body.replicas as { id: string; name: string; host: string }[];
const hostOf = async (id: string) => (await replicas()).find((each) => each.id === id)?.host;
/** Approves, once more on the present where that changed since it was simulated: stops of what was given back go on after everything wanted runs. */
async function approve(id: string): Promise<void> {
  while ((await act(id, 'approve', bo)).body.code === 'proposal-stale') await act(id, 'refresh');
}
/** Approves and applies, once more on the present where it changed meanwhile. */
async function carryOut(id: string): Promise<void> {
  for (;;) {
    await act(id, 'approve', bo);
    const applied = await act(id, 'apply');
    if (applied.status === 200) return;
    expect(applied.body.code).toBe('proposal-stale');
    expect((await act(id, 'refresh')).status).toBe(200);
  }
}

test('moves that were asked for are done start-first, one after the other, and taken back the same way', async () => {
  const [victim] = await replicas();
  const target = ['one', 'two', 'three', 'four'].find((name) => name !== victim!.host)!;
  const made = await propose('tidy up', [{ kind: 'rearrange', wishes: [{ replicaId: victim!.id, host: target }] }]);
  expect(made.body).toMatchObject({ kinds: ['rearrange'], moves: { planned: 1, done: 0 } });
  expect(made.body.simulation.stages[0].counts.moves).toBe(1);
  await carryOut(made.body.id);
  const done = await reaches(made.body.id, 'done');
  expect(done.moves).toEqual({ planned: 1, done: 1, declined: 0, underWay: 0 });
  await settled();
  expect(await hostOf(victim!.id)).toBeUndefined();
  expect((await replicas()).some(({ host }) => host === target)).toBe(true);
  const before = (await replicas()).filter(({ host }) => host === victim!.host).length;
  expect((await act(made.body.id, 'undo', bo)).body).toMatchObject({ state: 'undoing', moves: { planned: 1 } });
  await reaches(made.body.id, 'undone');
  await settled();
  expect((await replicas()).filter(({ host }) => host === victim!.host).length).toBe(before + 1);
}, 60_000);

test('a wish that cannot be is declined with the reason, and the proposal ends', async () => {
  const [victim] = await replicas();
  const target = ['one', 'two', 'three', 'four'].find((name) => name !== victim!.host)!;
  const made = await propose('too late', [{ kind: 'rearrange', wishes: [{ replicaId: victim!.id, host: target }] }]);
  await server.call('POST', `/hosts/${target}/cordon`, { reason: 'test' });
  expect((await server.call('GET', `/proposals/${made.body.id}`)).body).toMatchObject({ state: 'stale' });
  expect((await act(made.body.id, 'approve', bo)).body).toMatchObject({ code: 'proposal-stale', detail: expect.stringMatching(/^It was simulated from revision \d+, and the desired state is at revision \d+ now: refresh it first\.$/) });
  await carryOut(made.body.id);
  const done = await reaches(made.body.id, 'done');
  expect(done.stateReason).toBe('Carried out, 1 move was declined.');
  expect(done.declined).toEqual([{ replica: victim!.name, host: target, reason: expect.stringMatching(/takes nothing new/) }]);
  await server.call('POST', `/hosts/${target}/uncordon`);
}, 40_000);

test('a host is drained and a workload grows together; undoing gives both back', async () => {
  const { host } = (await replicas())[0]!;
  const { peakQps, id: workloadId } = await runs();
  const made = await propose('make room', [{ kind: 'drain', hosts: [host] }, { kind: 'grow', workload: 'quote.production', permille: 1_500 }]);
  expect(made.body.simulation.stages.map(({ title }: { title: string }) => title)).toEqual([`drain ${host}`, 'grow quote.production to 150 % of its peak']);
  await carryOut(made.body.id);
  await reaches(made.body.id, 'done');
  expect((await server.call('GET', `/hosts/${host}`)).body.replicas).toBe(0);
  expect(await runs()).toMatchObject({ peakQps: peakQps * 1.5 });
  const [request] = (await server.call('GET', '/requests')).body.items;
  expect(request).toMatchObject({ state: 'approved', submittedBy: 'ann', workloadId, decisionReason: 'proposal "make room"', draft: { peakQps: peakQps * 1.5 } });
  expect((await act(made.body.id, 'undo')).status).toBe(200);
  await reaches(made.body.id, 'undone');
  expect(await runs()).toMatchObject({ peakQps });
  expect((await server.call('GET', `/hosts/${host}`)).body.drain).toBe(null);
}, 60_000);

test('what others changed since is not trampled on, and a removal cannot be undone', async () => {
  await settled();
  const grown = await propose('grow', [{ kind: 'grow', workload: 'quote.production', permille: 1_100 }]);
  await carryOut(grown.body.id);
  await reaches(grown.body.id, 'done');
  await server.call('POST', '/requests', draft({ peakQps: 90, survive: 'none' }));
  expect((await act(grown.body.id, 'undo')).body).toMatchObject({ code: 'changed-since', detail: 'quote.production was asked for anew since: change its ask instead.' });
  await server.call('POST', '/requests', draft({ service: 'gone', peakQps: 10, survive: 'none' }));
  const removed = await propose('remove', [{ kind: 'remove', workload: 'gone.production' }]);
  await carryOut(removed.body.id);
  const done = await reaches(removed.body.id, 'done');
  expect(done.may.undo).toMatch(/^It gave all capacity of gone\.production back, and that cannot be undone/);
  expect((await act(removed.body.id, 'undo')).status).toBe(409);
}, 60_000);

test('an approval stands through a refresh where the same comes out, and not where something else does', async () => {
  await settled();
  const made = await propose('room', [{ kind: 'grow', workload: 'quote.production', permille: 2_000 }]);
  await approve(made.body.id);
  await server.call('POST', '/hosts/one/cordon', { reason: 'test' });
  await server.call('POST', '/hosts/one/uncordon');
  const same = await act(made.body.id, 'refresh');
  expect([same.body.state, same.body.decidedBy]).toEqual(['approved', 'bo']);
  await server.call('POST', '/requests', draft({ peakQps: 200, survive: 'none' }));
  await settled();
  const other = await act(made.body.id, 'refresh');
  expect([other.body.state, other.body.decidedBy]).toEqual(['draft', null]);
  expect((await act(made.body.id, 'withdraw', bo)).body.detail).toBe('Only ann, who made it, may withdraw it; others reject it.');
  expect((await act(made.body.id, 'reject', bo, 'not now')).body).toMatchObject({ state: 'rejected', stateReason: 'Rejected by bo: not now.' });
  expect((await act(made.body.id, 'refresh')).status).toBe(409);
}, 60_000);

test('there are never more than two hundred open proposals', async () => {
  const { store } = server.handle.context;
  const [like] = await store.read((reader) => listProposals(reader, { limit: 1 }));
  await store.tx(async (tx) => {
    for (let index = 0; index < 200; index += 1) await insertProposal(tx, { ...like!, id: `many-${index}`, state: 'draft' });
  });
  const refused = await propose('one more', [{ kind: 'grow', workload: 'quote.production', permille: 1_100 }]);
  expect([refused.status, refused.body.code, refused.body.detail]).toEqual([409, 'too-many-proposals', 'There are 200 open proposals already: withdraw or reject some of them first.']);
  await store.tx(async (tx) => {
    for (let index = 0; index < 200; index += 1) await updateProposal(tx, `many-${index}`, { state: 'withdrawn' });
  });
});

test('where nobody else may approve, the author may, and history says so', async () => {
  for (const name of ['bo', 'admin']) {
    const { body } = await server.call('GET', '/users');
    const { id } = body.items.find((each: { name: string }) => each.name === name);
    if (name === 'bo') await server.call('PATCH', `/users/${id}`, { disabled: true });
  }
  // The first admin is left: she is the author.
  const { body: made } = await server.call('POST', '/proposals', { title: 'alone', changes: [{ kind: 'grow', workload: 'quote.production', permille: 1_010 }] });
  expect(made.may.approve).toBe('Somebody else has to approve it: you made it.');
  const { body: users } = await server.call('GET', '/users');
  await server.call('PATCH', `/users/${users.items.find((each: { name: string }) => each.name === 'ann').id}`, { disabled: true });
  const approved = await server.call('POST', `/proposals/${made.id}`, { verb: 'approve' });
  expect(approved.body.state).toBe('approved');
  expect((await events('proposal.approved'))[0]!.message).toBe('admin approved "alone", who made it: nobody else could');
}, 30_000);
