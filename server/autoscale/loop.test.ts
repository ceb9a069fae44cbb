// The whole loop on model hosts with a clock that stands still: pushed demand becomes a number, the number becomes replicas, and people stay the owners of
// what they asked for.
import { expect, test } from 'vitest';
import { listDecisions } from '../db/autoscale.ts';
import { listInForce } from '../db/decisions-in-force.ts';
import { listEvents } from '../db/events.ts';
import { findWorkload, workloadById } from '../db/workloads.ts';
import { AutoscaleSettings, type AutoscaleSettingsInput } from '../http/contract/autoscale.ts';
import { ANN, openWorld, type World } from '#test/contract/world.ts';
import { changeSettings } from './settings.ts';

/** 10 replicas of a core each are granted: 50 QPS at full load of one, 20 ms a request. */
const ASK = { peakQps: 300, survive: 'none', minReplicas: 1, headroomPermille: 0 } as const;

async function open(more: Partial<AutoscaleSettingsInput> = {}, ask: object = {}) {
  const world = await openWorld();
  for (const name of ['a', 'b', 'c']) await world.addHost(name);
  const id = await world.ask({ ...ASK, ...ask });
  await world.settle();
  await sync(world);
  await set(world, id, more);
  return { world, id, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

async function set({ context }: World, id: string, more: Partial<AutoscaleSettingsInput>, why = 'test') {
  const workload = (await context.store.read((reader) => workloadById(reader, id)))!;
  return await changeSettings(context, ANN, workload, { settings: AutoscaleSettings.parse({ mode: 'on', markets: [], startDelaySeconds: 5, ...more }), why });
}

async function sync(world: World): Promise<void> {
  for (const host of world.hosts) await host.sync();
  await world.settle();
}

/** So many seconds with so much demand, a look every two seconds. */
async function run(world: World, id: string, qps: number | null, seconds: number): Promise<void> {
  const { context, clock } = world;
  for (let at = 0; at < seconds; at += 2) {
    clock.at += 2_000;
    for (const host of world.hosts) context.fleet.heard(host.id, clock.at);
    // A gauge that never moves counts as stuck: real demand does not stand still.
    if (qps !== null) context.metrics.pushes.take({ workloadId: id, source: 'gateway', atMs: clock.at, rates: { accepted: qps + (at % 4) * 0.1 } }, clock.at);
    await context.loops.runOnce('metrics');
    await context.loops.runOnce('autoscale');
    await world.settle();
    await sync(world);
  }
}

const running = async (world: World, id: string) => (await world.replicas()).filter((replica) => replica.workloadId === id && replica.hostId !== null).length;
const inForce = async ({ context }: World, id: string) => (await context.store.read(listInForce)).get(id)?.replicas ?? null;
const kinds = async ({ context }: World, kind = 'autoscale') => (await context.store.read((reader) => listEvents(reader, { limit: 100, teams: null, kind }))).map((event) => event.kind);

test('little demand takes replicas away slowly, much demand brings them back in one step, and the request stays as it was', async () => {
  await using opened = await open();
  const { world, id } = opened;
  const granted = await running(world, id);
  expect(granted).toBeGreaterThan(6);
  const asked = (await world.context.store.read((reader) => findWorkload(reader, 'quote', 'production')))!.ask;
  await run(world, id, 40, 120);
  expect(await running(world, id), 'no window of data yet').toBe(granted);
  await run(world, id, 40, 900);
  const few = await running(world, id);
  expect(few).toBeLessThanOrEqual(3);
  expect(few).toBe(await inForce(world, id));
  const before = await world.context.store.read((reader) => listDecisions(reader, { workload: id, teams: null, actions: ['in', 'out'], limit: 100 }));
  await run(world, id, 200, 10);
  const after = await world.context.store.read((reader) => listDecisions(reader, { workload: id, teams: null, actions: ['out'], limit: 100 }));
  expect(await running(world, id)).toBeGreaterThanOrEqual(5);
  expect(after.length, 'one step out').toBeLessThanOrEqual(2);
  expect(before.every(({ body }) => body.action === 'in')).toBe(true);
  expect((await world.context.store.read((reader) => findWorkload(reader, 'quote', 'production')))!.ask).toEqual(asked);
  expect(await kinds(world)).toEqual(expect.arrayContaining(['autoscale.in', 'autoscale.out', 'autoscale.settings']));
}, 120_000);
