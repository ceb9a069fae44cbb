// Stored plans on trial: every plan that the server made holds and comes out again, here and without a server; damage is named.
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, startTestServer, type TestServer, until } from '#test/contract/start.ts';
import { inputs } from '../db/schema/proposals.ts';
import { loadSolver } from '../solver.ts';
import { verify } from '../worker/verify.ts';

let server: TestServer;
const stack = new AsyncDisposableStack();
beforeAll(async () => {
  server = stack.use(await startTestServer());
  await server.addTeam();
  for (const name of ['one', 'two', 'three']) stack.use(await server.addHost(name));
  for (const [service, peakQps] of [['quote', 100], ['news', 50], ['quote', 200], ['news', 20]] as const) {
    await server.call('POST', '/requests', draft({ service, peakQps, survive: 'none' }));
    await server.handle.context.loops.settled();
  }
}, 30_000);
afterAll(() => stack.disposeAsync());

const plans = async () => (await server.call('GET', '/plans')).body.items as { id: string; state: string; revision: number }[];

test('every plan breaks no invariant and comes out again bit for bit', async () => {
  const made = await plans();
  expect(made.length).toBeGreaterThanOrEqual(4);
  for (const { id } of made) {
    const { status, body } = await server.call('POST', `/plans/${id}/verify`);
    expect([status, body]).toEqual([200, expect.objectContaining({ planId: id, ok: true, violations: [], replay: { same: true, difference: null } })]);
  }
}, 30_000);

test('a record is one document that holds without a server', async () => {
  const [newest] = await plans();
  const { body: record } = await server.call('GET', `/plans/${newest!.id}/record`);
  expect(record).toMatchObject({ format: 'firn-plan-record', planId: newest!.id, decision: { seed: expect.any(Number) }, snapshot: { hosts: expect.any(Array) } });
  expect(verify(record, await loadSolver())).toMatchObject({ ok: true, replay: { same: true } });
});

test('the plan that led to a quiet state carries the proof of it', async () => {
  const [newest] = await plans();
  const detail = await until(async () => {
    const { body } = await server.call('GET', `/plans/${newest!.id}`);
    return body.gap === null ? undefined : body;
  }, 'a proof of the newest plan', 15_000);
  expect(detail.gap).toEqual((await server.call('GET', '/proof')).body.gap);
  const { body: verdict } = await server.call('POST', `/plans/${newest!.id}/verify`);
  expect(verdict).toMatchObject({ ok: true, proof: { ok: true, problems: [] } });
  expect(verdict.proof.gap.boundCentsPerHour).toBeLessThanOrEqual(detail.gap.costCentsPerHour);
}, 20_000);

test('what does not exist, is not recorded or is damaged is named', async () => {
  expect((await server.call('POST', '/plans/nothing/verify')).body).toMatchObject({ code: 'plan-unknown' });
  const { store } = server.handle.context;
  // A plan that builds on the record of another, and that other.
  const [later] = await store.read(({ db }) => db.select().from(inputs).where(eq(inputs.place, 1)).limit(1));
  const { planId, chainId } = later!;
  await store.tx(async (tx) => void (await tx.db.update(inputs).set({ body: Buffer.from('no longer what it was') }).where(eq(inputs.planId, chainId))));
  const damaged = await server.call('POST', `/plans/${chainId}/verify`);
  expect([damaged.status, damaged.body.code, damaged.body.detail]).toEqual([422, 'record-damaged', `The record of plan ${chainId} is damaged: its stored input is not what was written.`]);
  expect((await server.call('GET', `/plans/${planId}/record`)).body.detail).toBe(`The record of plan ${planId} is damaged: the stored input of plan ${chainId}, on which it builds, is not what was written.`);
  await store.tx(async (tx) => void (await tx.db.delete(inputs).where(eq(inputs.planId, planId))));
  expect((await server.call('GET', `/plans/${planId}/record`)).body).toMatchObject({ code: 'record-missing' });
  await store.tx(async (tx) => void tx.db.run(sql`update plans set body = '{"parent": 1, "ste' where id = ${chainId}`));
  expect((await server.call('POST', `/plans/${chainId}/verify`)).body).toMatchObject({ code: 'plan-damaged', detail: `The stored plan ${chainId} is damaged: it is no JSON.` });
  expect((await server.call('GET', `/plans/${chainId}`)).body).toMatchObject({ code: 'plan-damaged' });
  // The others can still be read.
  expect((await plans()).map(({ id }) => id)).not.toContain(chainId);
});
