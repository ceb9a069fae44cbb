// Releases on model hosts: what counts as serving the release that a replica should run, when a successor is late, and that none of it is a move
// that keeps the policy's pace. The rollout is paused, so that what it asks for stays as the test says.
import type { ObservedReplica } from '#agents/protocol.ts';
import type { Rollout } from '#scheduler/model.ts';
import { presentAsRead } from '#test/contract/as-read.ts';
import { type ModelHost, openWorld, type World } from '#test/contract/world.ts';
import { expect, test } from 'vitest';
import { listEvents } from '../db/events.ts';
import { listMovesUnderWay } from '../db/moves.ts';
import { putRollout, type RolloutRow, rolloutUnderWay } from '../db/rollouts.ts';
import { insertRelease, newestRelease, setRelease } from '../db/workloads.ts';
import { readMoves } from './moves.ts';

const START_SECONDS = 30;

interface Site {
  readonly world: World;
  readonly hosts: readonly ModelHost[];
  readonly workloadId: string;
  /** Asks for this mix, and lets the loops answer. */
  roll(target: Rollout['target'], order?: Rollout['order']): Promise<void>;
  /** What hosts say from now on of the replicas that this names; everything else runs. */
  say(of: (replica: ObservedReplica) => Partial<ObservedReplica>): Promise<void>;
  mix(): Promise<string[]>;
}

/** Two replicas on two hosts, and a second release. */
async function openSite(): Promise<Site> {
  const world = await openWorld();
  const hosts = [await world.addHost('one'), await world.addHost('two')];
  const workloadId = await world.ask({ peakQps: 5, minReplicas: 2, headroomPermille: 0, survive: 'none' });
  await world.settle();
  for (const host of hosts) await host.sync();
  await world.settle();
  const { store, clock } = world.context;
  await store.tx(async (tx) => insertRelease(tx, { ...(await newestRelease(tx, workloadId))!, id: 'second', version: 2, image: 'firn/demo:2', createdAt: clock.now() }));
  const first = (await world.replicas())[0]!.releaseId;
  return {
    world,
    hosts,
    workloadId,
    async roll(target, order = 'start-first') {
      const strategy: RolloutRow['strategy'] = { steps: [{ target: { permille: 1000 }, promotion: { by: 'hand' } }], order, surge: { count: 1 }, unavailable: { count: 1 }, gates: { windowSeconds: 60, leastRequests: 1 }, prepareSeconds: 900, startSeconds: START_SECONDS, mostFailures: 2, onFailure: 'roll-back' };
      const state: RolloutRow['state'] = { phase: 'paused', resumes: 'rolling', step: 0, target, since: clock.now(), wait: null, trouble: null, accepted: false, isForced: false, figures: null, failures: {} };
      await store.tx((tx) => putRollout(tx, { id: 'rollout', workloadId, kind: 'release', fromReleaseId: first, toReleaseId: 'second', strategy, state, preflight: null, readiness: null, startedBy: 'ann', startedAt: clock.now(), endedAt: null, why: '' }));
      await world.settle();
    },
    async say(of) {
      for (const host of hosts) {
        await host.sync();
        const { report } = world.context.fleet.get(host.id)!;
        world.context.fleet.reported(host.id, { ...report!, replicas: report!.replicas.map((replica) => ({ ...replica, ...of(replica) })) }, world.clock.at);
      }
      await world.settle();
    },
    mix: async () => (await world.replicas()).map(({ releaseId, replaces }) => `${releaseId === 'second' ? 'second' : 'first'}${replaces === null ? '' : ' starting'}`).sort(),
  };
}

const gone = async ({ world }: Site) => (await world.context.store.read((reader) => listEvents(reader, { limit: 100, kind: 'replica.given-up', teams: null }))).length;
const pass = async ({ world }: Site, seconds: number) => {
  world.clock.at += seconds * 1_000;
  for (const host of world.hosts) world.context.fleet.heard(host.id, world.clock.at);
  await world.pass(200);
};

test('a successor of a rollout keeps no pace, is not late while its host gets the image, and rests for nothing', async () => {
  const site = await openSite();
  await using world = site.world;
  await site.roll({ permille: 1000 });
  expect(await site.mix()).toEqual(['first', 'first', 'second starting']);
  expect(await world.context.store.read(listMovesUnderWay)).toEqual([]);
  const [, successor] = (await world.replicas()).toSorted((one, other) => Number(one.replaces !== null) - Number(other.replaces !== null)).slice(1);
  const onlyIt = (parts: Partial<ObservedReplica>) => site.say(({ id }) => (id === successor!.id ? parts : {}));
  await onlyIt({ state: 'pulling', reason: 'the registry does not answer' });
  await pass(site, 3_600);
  expect([await site.mix(), await gone(site)]).toEqual([['first', 'first', 'second starting'], 0]);
  // From its start on it has the time that the strategy gives.
  await onlyIt({ state: 'starting', startedAt: new Date(world.clock.at).toISOString() });
  await pass(site, START_SECONDS - 1);
  expect(await gone(site)).toBe(0);
  await onlyIt({ state: 'starting', startedAt: new Date(world.clock.at - (START_SECONDS - 1) * 1_000).toISOString() });
  await pass(site, 10);
  expect(await gone(site)).toBe(1);
  await world.settle();
  expect(await site.mix()).toEqual(['first', 'first', 'second starting']);
  const { snapshot } = await world.context.present.read();
  expect((await readMoves(world.context, snapshot.policy.movesPerHour)).resting.size).toBe(0);
  const { kept, read } = await presentAsRead(world.context);
  expect(kept).toEqual(read);
});

test('what is renewed does not serve before its host has done it, and of what nobody has heard nothing is taken away', async () => {
  const site = await openSite();
  await using world = site.world;
  const places = async () => (await world.replicas()).map(({ id, hostId, address }) => `${id} ${hostId} ${address}`);
  const before = await places();
  await site.roll({ permille: 1000 }, 'stop-first');
  expect(await site.mix()).toEqual(['first', 'second']);
  // The host still reports the container of the release before, which runs.
  await world.pass(2_000);
  expect(await site.mix()).toEqual(['first', 'second']);
  // A host that names releases: it runs the old one for as long as it says so.
  const { releaseId: old } = (await world.replicas()).find(({ releaseId }) => releaseId !== 'second')!;
  await site.say(() => ({ release: old }));
  expect(await site.mix()).toEqual(['first', 'second']);
  for (const host of site.hosts) await host.sync();
  await world.settle();
  expect(await site.mix()).toEqual(['second', 'second']);
  for (const host of site.hosts) await host.sync();
  await world.settle();
  // The server starts again: no host has reported yet.
  for (const { hostId, state, reason, since, lastSeenAt, facts, reportedGeneration } of world.context.fleet.all()) world.context.fleet.watch({ hostId, state, reason, since, lastSeenAt, facts, reportedGeneration });
  await site.roll({ count: 0 }, 'stop-first');
  expect(await site.mix()).toEqual(['second', 'second']);
  for (const host of site.hosts) await host.sync();
  await world.settle();
  expect(await site.mix()).toEqual(['first', 'second']);
  expect(await places()).toEqual(before);
});

test('a rollout goes with every revision of its workload, and its end completes by itself', async () => {
  const site = await openSite();
  await using world = site.world;
  await site.roll({ count: 1 });
  const rolloutOf = async () => (await world.context.present.read()).base.workloads.get(site.workloadId)?.rollout;
  expect(await rolloutOf()).toMatchObject({ id: 'rollout', releaseId: 'second', target: { count: 1 } });
  await world.ask({ peakQps: 5, minReplicas: 3, headroomPermille: 0, survive: 'none', run: undefined });
  expect(await rolloutOf()).toMatchObject({ id: 'rollout' });
  await world.settle();
  const { store, clock } = world.context;
  await store.tx(async (tx) => {
    await setRelease(tx, site.workloadId, 'second');
    await putRollout(tx, { ...(await rolloutUnderWay(tx, site.workloadId))!, endedAt: clock.now() });
  });
  expect(await rolloutOf()).toBeUndefined();
  const { kept, read } = await presentAsRead(world.context);
  expect(kept).toEqual(read);
  for (let round = 0; round < 8; round += 1) {
    for (const host of site.hosts) await host.sync();
    await world.settle();
    await world.pass(400);
  }
  expect(await site.mix()).toEqual(['second', 'second', 'second']);
});
