// The present follows what the server commits without reading it again, and is what a new server would read.
import { expect, test } from 'vitest';
import { presentAsRead } from '#test/contract/as-read.ts';
import { ANN, openWorld, type World } from '#test/contract/world.ts';
import { deleteWorkload, workloadById } from '../db/workloads.ts';
import { removeWorkload } from './decide.ts';
import { cordonHost } from './hosts.ts';

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

test('a present that was asked for at a revision is that revision or nothing', async () => {
  await using world = await openWorld();
  await world.addHost('one');
  await world.addHost('two');
  const { revision } = await world.context.present.read();
  await world.ask();
  expect(world.context.present.at(revision)).toBeUndefined();
  expect(world.context.present.at(revision + 1)?.base.workloads.size).toBe(1);
});
