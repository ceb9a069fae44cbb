// Which hosts are told of which images, and when: ahead of a rollout, and what to keep where a disk is full.
import { expect, test } from 'vitest';
import type { Report } from '#agents/protocol.ts';
import { insertRelease, newestRelease } from '../db/workloads.ts';
import { RolloutAsk } from '../http/contract/releases.ts';
import { ANN, openWorld, type World } from '#test/contract/world.ts';
import { openAssignmentImages } from './assignment-images.ts';
import { actOnRollout, startRollout } from '../rollouts/rollouts.ts';

const DIGEST = `sha256:${'2'.repeat(64)}`;

/** A host says how full the disk of its images is. */
async function disk(world: World, index: number, usedPermille: number): Promise<void> {
  const { context, clock, hosts } = world;
  const { id } = hosts[index]!;
  const report = context.fleet.get(id)!.report!;
  context.fleet.reported(id, { ...report, imageDisk: { usedBytes: usedPermille, totalBytes: 1_000 } } satisfies Report, clock.now());
}

test('hosts that a rollout concerns get its image ahead and clean nothing, the others hear nothing; afterwards all is as before', async () => {
  await using world = await openWorld();
  for (const name of ['one', 'two', 'three']) await world.addHost(name);
  const workloadId = await world.ask({ peakQps: 20, survive: 'none', minReplicas: 2 });
  await world.settle();
  for (const host of world.hosts) await host.sync();
  await world.settle();
  const { context } = world;
  const before = await Promise.all(world.hosts.map(async (host) => (await host.assignment())?.generation));
  const newest = (await context.store.read((reader) => newestRelease(reader, workloadId)))!;
  const release = { ...newest, id: context.ids.next(), version: 2, image: 'firn/demo:2', digest: DIGEST };
  await context.store.tx((tx) => insertRelease(tx, release));
  const rollout = await startRollout(context, { ...ANN, mayOverride: true }, release, RolloutAsk.parse({ override: ['not-proven'], why: 'a test' }));
  await world.settle();
  const concerned = new Set((await world.replicas()).flatMap(({ hostId }) => hostId ?? []));
  let told = 0;
  for (const [index, host] of world.hosts.entries()) {
    const assignment = await host.assignment();
    if (assignment?.images === undefined) expect([concerned.has(host.id), assignment?.generation]).toEqual([false, before[index]]);
    else told += 1;
    if (assignment?.images !== undefined) expect(assignment.images).toMatchObject({ prefetch: [`firn/demo@${DIGEST}`], keep: [], mayClean: false });
  }
  expect(told).toBeGreaterThanOrEqual(concerned.size);
  await actOnRollout(context, ANN, rollout.id, 'abort', 'a test');
  world.clock.at += 2_000;
  await world.settle();
  for (const host of world.hosts) expect((await host.assignment())?.images).toBeUndefined();
});

test('only a host whose disk is full is told what to keep, until it has room again', async () => {
  await using world = await openWorld();
  for (const name of ['one', 'two']) await world.addHost(name);
  const { context, hosts } = world;
  const [one, two] = [hosts[0]!.id, hosts[1]!.id];
  for (const host of hosts) context.fleet.reported(host.id, { seq: 1, at: '', generation: 0, converged: true, facts: context.fleet.get(host.id)!.facts!, replicas: [], strangers: 0, problems: [] }, 0);
  const images = openAssignmentImages({ bus: context.bus, clock: context.clock, fleet: context.fleet, registry: { ...context.registry, address: '10.9.0.2:7072' } }, async () => ['10.9.0.2:7072/b@sha256:2', '10.9.0.2:7072/a@sha256:1']);
  const look = () => context.store.read((reader) => images.refresh(reader));
  const quiet = { registry: '10.9.0.2:7072', prefetch: [], keep: [], mayClean: false };
  await disk(world, 0, 800);
  expect([await look(), images.of(one)]).toMatchObject([[], quiet]);
  await disk(world, 0, 900);
  expect([await look(), images.of(one), images.of(two)]).toMatchObject([[one], { keep: ['10.9.0.2:7072/a@sha256:1', '10.9.0.2:7072/b@sha256:2'], mayClean: true }, quiet]);
  await disk(world, 0, 800);
  expect([await look(), images.of(one)]).toMatchObject([[], { mayClean: true }]);
  await disk(world, 0, 690);
  expect([await look(), images.of(one)]).toMatchObject([[one], quiet]);
});
