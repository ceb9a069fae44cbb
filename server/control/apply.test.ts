// A plan applies on the revision that it was made from, host by host; and an address never answers twice.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findHoldings } from '../db/addresses.ts';
import { listEvents } from '../db/events.ts';
import { listPlans } from '../db/plans.ts';
import { removeWorkload } from '../requests/decide.ts';
import { cordonHost } from './hosts.ts';
import { applyPlan } from './apply.ts';
import { propose } from './planner.ts';
import { applyProposal, proposePlan } from './plans.ts';
import { workloadById } from '../db/workloads.ts';
import { presentAsRead } from '#test/contract/as-read.ts';
import { ANN, LEASE_MS, openWorld, type World } from '#test/contract/world.ts';

const plans = (world: World) => world.context.store.read((reader) => listPlans(reader, { limit: 100 }));
const kinds = async (world: World) => (await world.context.store.read((reader) => listEvents(reader, { limit: 1000, teams: null }))).map(({ kind }) => kind);

test('a plan whose parent no longer stands is refused and changes nothing', async () => {
  await using world = await openWorld();
  await world.addHost('one');
  await world.addHost('two');
  await world.ask();
  const draft = propose(world.context, await world.context.present.read(), { moves: Number.POSITIVE_INFINITY, resting: new Set(), wishes: [] });
  expect(draft.plan.steps.length).toBeGreaterThan(0);
  await cordonHost(world.context, ANN, 'one', 'somebody was faster');
  await expect(world.context.store.tx((tx) => applyPlan(world.context, tx, draft.plan))).rejects.toMatchObject({ code: 'plan-stale' });
  expect(await world.replicas()).toEqual([]);
});

test('a host that was lost after planning is refused; its replicas stay pending and find room elsewhere', async () => {
  await using world = await openWorld();
  const one = await world.addHost('one');
  await world.addHost('two');
  await world.ask({ survive: 'none' });
  const proposal = await proposePlan(world.context, ANN);
  const onOne = proposal.body.steps.filter((step) => step.kind === 'start' && step.hostId === one.id).length;
  expect(onOne).toBeGreaterThan(0);
  // Later than its last report, which would be taken for a return.
  world.clock.at += 1;
  world.context.fleet.settle(one.id, 'lost', 'power off', world.clock.at);
  const applied = await applyProposal(world.context, ANN, proposal.id);
  expect(applied.state).toBe('partly-applied');
  expect(Object.values(applied.refused)).toEqual(Array.from({ length: onOne }, () => 'host one is lost now'));
  const replicas = await world.replicas();
  expect(replicas).toHaveLength(proposal.body.steps.length);
  expect(replicas.filter(({ hostId }) => hostId === null)).toHaveLength(onOne);
  expect(await kinds(world)).toContain('plan.partly-applied');
  await world.settle();
  expect((await world.replicas()).map(({ hostId }) => hostId)).toEqual(replicas.map(() => 'host-two'));
  await expect(applyProposal(world.context, ANN, proposal.id)).rejects.toMatchObject({ code: 'plan-decided' });
});

test('what finds no room makes one plan, waits, and runs when a host appears', async () => {
  await using world = await openWorld();
  await world.addHost('one', { cpuMilli: 2_500 });
  await world.ask({ survive: 'none' });
  await world.settle();
  const wanted = (await world.replicas()).length;
  expect((await world.replicas()).filter(({ hostId }) => hostId === null)).toHaveLength(wanted - 2);
  const before = await plans(world);
  for (let tick = 0; tick < 5; tick += 1) await world.pass(LEASE_MS);
  expect(await plans(world)).toEqual(before);
  expect(world.context.loops.status().find(({ name }) => name === 'planner')?.status).toContain(`${wanted - 2} replicas wait for room`);
  await world.addHost('two');
  expect((await world.replicas()).every(({ hostId }) => hostId !== null)).toBe(true);
  expect((await plans(world)).length).toBe(before.length + 1);
});

/**
 * Two replicas run on `one`; one of them is told to move to `two` with its address, since there is no third one for a successor, and `one`
 * has not heard of it yet.
 */
async function tellToMove(world: World) {
  const [one, two] = [await world.addHost('one'), await world.addHost('two')];
  await cordonHost(world.context, ANN, 'two', 'so that both start on one');
  const small = { peakQps: 5, minReplicas: 2, headroomPermille: 0, survive: 'none' as const };
  await world.ask(small);
  await world.settle();
  await one.sync();
  await cordonHost(world.context, ANN, 'two', null);
  await world.ask({ ...small, caps: { perHost: 1 } });
  await world.settle();
  const moving = (await world.replicas()).find(({ hostId }) => hostId === two.id)!;
  return { one, two, moving };
}

test('a replica that moves with its address starts only when the old host has let go', async () => {
  await using world = await openWorld({ last: '10.9.1.1' });
  const { one, two, moving: moved } = await tellToMove(world);
  expect(one.containers.get(moved.id)?.address).toBe(moved.address);
  expect((await two.assignment())!.replicas).toEqual([]);
  await one.sync({ stops: false });
  await world.settle();
  expect((await two.assignment())!.replicas).toEqual([]);
  await one.sync();
  await world.settle();
  expect((await two.assignment())!.replicas).toMatchObject([{ id: moved.id, address: moved.address }]);
  const history = await world.context.store.read((reader) => findHoldings(reader, { address: moved.address!, now: 0, limit: 10 }));
  expect(history.map(({ host, heldUntil }) => [host, heldUntil === null])).toEqual([['two', true], ['one', false]]);
});

test('where the old host is lost before it lets go, the replica gets another address', async () => {
  await using world = await openWorld({ last: '10.9.1.3' });
  // Another service holds the addresses that would let a successor start, until the move is told.
  const three = await world.addHost('three');
  const filler = await world.ask({ service: 'filler', peakQps: 5, minReplicas: 2, headroomPermille: 0, survive: 'none' });
  await world.settle();
  await three.sync();
  await cordonHost(world.context, ANN, 'three', 'so that nothing else starts there');
  const { one, two, moving: before } = await tellToMove(world);
  await remove(world, filler);
  await world.settle();
  await three.sync();
  await cordonHost(world.context, ANN, 'three', null);
  one.isCutOff = true;
  await world.pass(world.context.config.quarantineMs + LEASE_MS * 3);
  const after = (await world.replicas()).find(({ id }) => id === before.id)!;
  expect(after.address).not.toBe(before.address);
  const assigned = [(await two.assignment())!, (await three.assignment())!].flatMap(({ replicas }) => replicas.map(({ id, address }) => ({ id, address })));
  expect(assigned).toContainEqual({ id: before.id, address: after.address });
  expect(assigned).toHaveLength(2);
});

test('whatever happens to hosts and asks, no address answers on two hosts, and generations only rise', async () => {
  const op = fc.oneof(
    fc.record({ kind: fc.constant('ask' as const), service: fc.constantFrom('a', 'b'), peakQps: fc.integer({ min: 1, max: 120 }), perHost: fc.constantFrom(undefined, 1, 2) }),
    fc.record({ kind: fc.constant('remove' as const), which: fc.nat(5) }),
    fc.record({ kind: fc.constant('cordon' as const), host: fc.nat(2), on: fc.boolean() }),
    fc.record({ kind: fc.constant('cut' as const), host: fc.nat(2) }),
    fc.record({ kind: fc.constant('mend' as const), host: fc.nat(2) }),
    fc.record({ kind: fc.constant('sync' as const), hosts: fc.subarray([0, 1, 2], { minLength: 1 }), stops: fc.boolean() }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(200, 800, 2500) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 3, maxLength: 20 }), async (ops) => {
      // Addresses are few and everything starts on one host, so that caps make replicas move, with and without successors.
      await using world = await openWorld({ last: '10.9.1.6' });
      for (const name of ['one', 'two', 'three']) await world.addHost(name);
      for (const name of ['two', 'three']) await cordonHost(world.context, ANN, name, 'test');
      const asked = [await world.ask({ service: 'a', peakQps: 40, survive: 'none' })];
      await world.settle();
      await world.hosts[0]!.sync();
      for (const name of ['two', 'three']) await cordonHost(world.context, ANN, name, null);
      const generations = new Map<string, number>();
      for (const each of ops) {
        if (each.kind === 'ask') asked.push(await world.ask({ service: each.service, peakQps: each.peakQps, survive: 'none', caps: each.perHost === undefined ? {} : { perHost: each.perHost } }));
        else if (each.kind === 'remove') await remove(world, asked[each.which]);
        else if (each.kind === 'cut') world.hosts[each.host]!.isCutOff = true;
        else if (each.kind === 'mend') world.hosts[each.host]!.isCutOff = false;
        else if (each.kind === 'cordon') await cordonHost(world.context, ANN, world.hosts[each.host]!.name, each.on ? 'test' : null);
        else if (each.kind === 'sync') for (const host of each.hosts) await world.hosts[host]!.sync({ stops: each.stops });
        else if (each.kind === 'pass') await world.pass(each.ms);
        await world.settle();
        const { kept, read } = await presentAsRead(world.context);
        expect(kept, `after ${JSON.stringify(each)}`).toEqual(read);
        const addresses = world.hosts.flatMap(({ containers }) => [...containers.values()].map(({ address }) => address));
        expect(addresses.length, `after ${JSON.stringify(each)}`).toBe(new Set(addresses).size);
        for (const host of world.hosts) {
          const { generation } = (await host.assignment())!;
          expect(generation).toBeGreaterThanOrEqual(generations.get(host.id) ?? 0);
          generations.set(host.id, generation);
        }
      }
    }),
    { numRuns: 20 },
  );
}, 120_000);

async function remove(world: World, id: string | undefined): Promise<void> {
  const row = id === undefined ? undefined : await world.context.store.read((reader) => workloadById(reader, id));
  if (row !== undefined) await removeWorkload(world.context, ANN, row, 'test');
}
