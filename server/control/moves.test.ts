// Moves of what serves, through all loops with model hosts: a drain empties a host start-first, at the policy's pace, over an hour and more,
// and a successor that does not serve is given up and rests.
import { expect, test } from 'vitest';
import { ANN, type ModelHost, openWorld, type World } from '#test/contract/world.ts';
import { currentPolicy, insertPolicy } from '../db/policies.ts';
import { listEvents } from '../db/events.ts';
import type { Context } from '../context.ts';
import { drainHost, undrainHost } from './hosts.ts';

const MINUTE_MS = 60_000;
const small = { peakQps: 5, minReplicas: 1, headroomPermille: 0, survive: 'none' as const };

const events = (context: Context, kind: string) => context.store.read((reader) => listEvents(reader, { limit: 100, kind, teams: null }));
const on = async (world: World, host: ModelHost) => (await world.replicas()).filter(({ hostId }) => hostId === host.id).length;
const successors = async (world: World) => (await world.replicas()).filter(({ replaces }) => replaces !== null);

/** Every host does what it was told, and all loops draw the conclusions. */
async function syncAll(world: World): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    for (const host of world.hosts) await host.sync();
    await world.settle();
  }
}

async function later(world: World, ms: number): Promise<void> {
  world.clock.at += ms;
  for (const host of world.hosts) world.context.fleet.heard(host.id, world.clock.at);
  await world.pass(200);
}

async function setPace(world: World, movesPerHour: number): Promise<void> {
  await world.context.store.tx(async (tx) => {
    const { version, record } = await currentPolicy(tx);
    await insertPolicy(tx, { version: version + 1, record: { ...record, movesPerHour }, createdBy: 'ann', createdAt: world.clock.at, why: 'test' });
  });
}

/** `services` services with a replica each, all on the first of two hosts. */
async function openSite(services: number): Promise<{ readonly world: World; readonly one: ModelHost; readonly two: ModelHost }> {
  const world = await openWorld();
  const one = await world.addHost('one');
  for (let each = 0; each < services; each += 1) await world.ask({ service: `s${each}`, ...small });
  await world.settle();
  const two = await world.addHost('two');
  await syncAll(world);
  expect(await on(world, one)).toBe(services);
  return { world, one, two };
}

test('a replica of a drained host stops when its successor is seen to serve, not before', async () => {
  const { world, one, two } = await openSite(1);
  await using _ = world;
  await drainHost(world.context, ANN, 'one', 'new disk');
  await world.settle();
  await one.sync();
  expect([one.containers.size, await on(world, one), await on(world, two)]).toEqual([1, 1, 1]);
  await world.pass(5_000);
  await one.sync();
  expect([one.containers.size, await on(world, one)]).toEqual([1, 1]);

  await two.sync();
  await world.settle();
  expect([await on(world, one), await on(world, two)]).toEqual([0, 1]);
  expect(await successors(world)).toEqual([]);
  await syncAll(world);
  expect([one.containers.size, two.containers.size]).toEqual([0, 1]);
  expect((await events(world.context, 'host.drained')).map(({ subject, why }) => [subject, why])).toEqual([['one', 'new disk']]);
  await expect(drainHost(world.context, ANN, 'one', 'again')).rejects.toMatchObject({ code: 'host-draining' });
  await undrainHost(world.context, ANN, 'one');
  await expect(undrainHost(world.context, ANN, 'one')).rejects.toMatchObject({ code: 'host-not-draining' });
});

test('a successor that does not serve by its deadline is given up, said so, and not tried again for ten minutes', async () => {
  const { world, one } = await openSite(1);
  await using _ = world;
  await drainHost(world.context, ANN, 'one', 'new disk');
  const [first] = await successors(world);
  await later(world, world.context.config.startDeadlineMs + 1_000);
  expect(await successors(world)).toEqual([]);
  expect(await on(world, one)).toBe(1);
  expect(await events(world.context, 'replica.given-up')).toMatchObject([{ subjectId: first!.id, message: expect.stringContaining('did not serve in time on two'), why: 'its host has not said anything of it' }]);
  await later(world, 9 * MINUTE_MS);
  expect(await successors(world)).toEqual([]);
  await later(world, 2 * MINUTE_MS);
  expect(await successors(world)).toHaveLength(1);
});

test('no more begin in an hour than the policy says, and a twelfth of them in five minutes; what is begun is remembered in the store', async () => {
  const { world, one } = await openSite(5);
  await using _ = world;
  await setPace(world, 2);
  await drainHost(world.context, ANN, 'one', 'new disk');
  await syncAll(world);
  expect(await on(world, one)).toBe(4);
  expect(world.context.waiting.current.postponed).toBe(4);
  await later(world, 6 * MINUTE_MS);
  await syncAll(world);
  expect(await on(world, one)).toBe(3);
  await later(world, 53 * MINUTE_MS);
  await syncAll(world);
  expect(await on(world, one)).toBe(3);
  await later(world, 2 * MINUTE_MS);
  await syncAll(world);
  expect(await on(world, one)).toBe(2);
  await setPace(world, 0);
  await later(world, 120 * MINUTE_MS);
  await syncAll(world);
  expect(await on(world, one)).toBe(2);
});

test('at most ten are under way at once', async () => {
  const { world, one } = await openSite(12);
  await using _ = world;
  await setPace(world, 600);
  await drainHost(world.context, ANN, 'one', 'new disk');
  await world.settle();
  expect(await successors(world)).toHaveLength(10);
  await syncAll(world);
  expect(await on(world, one)).toBe(0);
});

test('a host that is lost while it is drained is healed at once, whatever the pace; its successors take over unseen', async () => {
  const { world, one, two } = await openSite(3);
  await using _ = world;
  await setPace(world, 1);
  await drainHost(world.context, ANN, 'one', 'new disk');
  expect(await successors(world)).toHaveLength(1);
  one.isCutOff = true;
  await world.pass(4_000);
  expect([await on(world, one), await on(world, two)]).toEqual([0, 3]);
  expect(await successors(world)).toEqual([]);
});
