// The present follows what the server commits without reading it again, and is what a new server would read.
import { expect, test } from 'vitest';
import { presentAsRead } from '#test/contract/as-read.ts';
import { draft } from '#test/contract/start.ts';
import { ANN, openWorld, type World } from '#test/contract/world.ts';
import { putQuota } from '../db/quotas.ts';
import { deleteWorkload, workloadById } from '../db/workloads.ts';
import { Draft } from '../http/contract/requests.ts';
import { removeWorkload } from '../requests/decide.ts';
import { cordonHost } from './hosts.ts';
import { answerDraft } from '../requests/quote.ts';
import { submitRequest } from '../requests/submit.ts';

/** Whether the second present follows the first, or was read anew: a fleet that is read anew is another list. */
async function followed(world: World, work: () => Promise<unknown>): Promise<boolean> {
  const before = await world.context.present.read();
  await work();
  const after = await world.context.present.read();
  const { kept, read } = await presentAsRead(world.context);
  expect(kept).toEqual(read);
  expect(after.revision).toBeGreaterThan(before.revision);
  return after.base.hosts === before.base.hosts;
}

test('asks, plans and removals are followed; what people do to hosts is read anew', async () => {
  await using world = await openWorld();
  for (const name of ['one', 'two', 'three']) await world.addHost(name);
  let first = '';
  expect(await followed(world, async () => (first = await world.ask({ service: 'a' })))).toBe(true);
  expect(await followed(world, () => world.settle())).toBe(true);
  expect(await followed(world, async () => (await world.ask({ service: 'b', peakQps: 90 }), await world.ask({ service: 'c' }), await world.settle()))).toBe(true);
  expect(await followed(world, async () => (await world.ask({ service: 'b', peakQps: 20 }), await world.settle()))).toBe(true);
  const workload = (await world.context.store.read((reader) => workloadById(reader, first)))!;
  expect(await followed(world, async () => (await removeWorkload(world.context, ANN, workload, ''), await world.settle()))).toBe(true);
  expect(await followed(world, () => cordonHost(world.context, ANN, 'one', 'test'))).toBe(false);
  expect(await followed(world, async () => (await world.ask({ service: 'd' }), await world.settle()))).toBe(true);
});

test('a transaction that fails leaves the present as it was', async () => {
  await using world = await openWorld();
  await world.addHost('one');
  await world.addHost('two');
  await world.ask({ service: 'a' });
  const before = await world.context.present.read();
  const workload = (await world.context.store.read((reader) => workloadById(reader, [...before.base.workloads.keys()][0]!)))!;
  await expect(world.context.store.tx(async (tx) => {
    await deleteWorkload(tx, workload);
    throw new Error('no');
  })).rejects.toThrow('no');
  expect(await world.context.present.read()).toBe(before);
});

test('asks that come together count each other, and each is answered as if it had come alone', async () => {
  await using world = await openWorld();
  for (const name of ['one', 'two', 'three']) await world.addHost(name);
  const { context } = world;
  const asked = (service: string) => submitRequest(context, ANN, Draft.parse(draft({ service })));
  // The quota has room for one of them.
  const { after } = (await answerDraft(context, Draft.parse(draft({ service: 'a' })))).quota;
  await context.store.tx((tx) => putQuota(tx, { team: 'quotes', environment: 'production', ...after, updatedAt: 0 }));
  expect(await followed(world, async () => {
    const [first, unknown, second] = await Promise.allSettled([asked('a'), submitRequest(context, ANN, Draft.parse(draft({ service: 'b', team: 'nobody' }))), asked('c')]);
    expect([first, second].map((each) => each?.status === 'fulfilled' && each.value.state)).toEqual(['approved', 'waiting']);
    expect(unknown?.status === 'rejected' && String(unknown.reason)).toContain('is not a team');
    await putMore(world);
    const states = (await Promise.all(['d', 'e', 'f', 'd'].map(asked))).map(({ state }) => state);
    expect(states).toEqual(['approved', 'approved', 'approved', 'approved']);
  })).toBe(true);
  expect((await context.present.read()).base.workloads.size).toBe(4);
  await world.settle();
  expect((await world.replicas()).length).toBeGreaterThan(0);
  const { kept, read } = await presentAsRead(context);
  expect(kept).toEqual(read);
});

const putMore = ({ context }: World) => context.store.tx((tx) => putQuota(tx, { team: 'quotes', environment: 'production', cpuMilli: 1_000_000, memoryMib: 1_000_000, updatedAt: 0 }));

test('a present that was asked for at a revision is that revision or nothing', async () => {
  await using world = await openWorld();
  await world.addHost('one');
  await world.addHost('two');
  const { revision } = await world.context.present.read();
  await world.ask();
  expect(world.context.present.at(revision)).toBeUndefined();
  expect(world.context.present.at(revision + 1)?.base.workloads.size).toBe(1);
});
