// A host whose disk is full takes nothing new, says why, keeps what it has, and takes replicas again when there is room.
import { expect, test } from 'vitest';
import { openWorld } from '#test/contract/world.ts';

const DISK = { place: 'engine', totalBytes: 1_000 } as const;

test('a full disk closes a host to new replicas and to nothing else', async () => {
  await using world = await openWorld();
  const { context } = world;
  const one = await world.addHost('one');
  const two = await world.addHost('two');
  const fill = async (id: string, usedBytes: number): Promise<void> => {
    const { report } = context.fleet.get(id)!;
    context.fleet.reported(id, { ...report!, disks: [{ place: 'persist', usedBytes: 10, totalBytes: 1_000 }, { ...DISK, usedBytes }] }, world.clock.now());
    await context.loops.runOnce('upkeep');
  };
  await one.sync();
  await two.sync();
  await fill(one.id, 940);
  expect([...context.fleet.fullDisks]).toEqual([]);
  await fill(one.id, 960);
  expect([...context.fleet.fullDisks]).toEqual([one.id]);
  await world.ask({ peakQps: 100, survive: 'none' });
  await world.settle();
  const placed = await world.replicas();
  expect(placed.length).toBeGreaterThan(0);
  expect(placed.every(({ hostId }) => hostId === two.id)).toBe(true);
  await fill(one.id, 900);
  expect([...context.fleet.fullDisks]).toEqual([one.id]);
  await fill(one.id, 800);
  expect([...context.fleet.fullDisks]).toEqual([]);
});
