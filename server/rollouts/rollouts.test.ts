// Rollouts on model hosts and a clock that the test moves: planner, dispatch, the rollouts' loop and the state machine together.
import { expect, test } from 'vitest';
import type { ObservedReplica, Report } from '#agents/protocol.ts';
import { listEvents } from '../db/events.ts';
import { rolloutById, type RolloutRow } from '../db/rollouts.ts';
import { images } from '../db/schema/releases.ts';
import { insertRelease, newestRelease, type ReleaseRow, workloadById } from '../db/workloads.ts';
import { ConflictError } from '../errors.ts';
import { RolloutAsk, type RolloutAskInput } from '../http/contract/releases.ts';
import { ANN, openWorld, type World } from '#test/contract/world.ts';
import { actOnRollout, rollBack, startRollout } from './rollouts.ts';

const BO = { ...ANN, mayOverride: true };
/** What a test makes of a replica that runs this release. */
type Behaviour = (release: string, replica: ObservedReplica) => ObservedReplica;

interface Site extends AsyncDisposable {
  readonly world: World;
  readonly workloadId: string;
  behaviour: Behaviour;
  release(more?: Partial<ReleaseRow>): Promise<ReleaseRow>;
  start(release: ReleaseRow, ask?: RolloutAskInput): Promise<RolloutRow>;
  /** Lets seconds pass, in steps of one: hosts do what they are told and report, loops run. */
  pass(seconds: number): Promise<void>;
  now(id: string): Promise<RolloutRow>;
  /** Replicas by the version that they should run. */
  mix(): Promise<Record<number, number>>;
  lines(): Promise<string[]>;
}

/** Ten replicas of one core. @param cpuMilli of each of the hosts */
async function openSite({ hosts = ['one', 'two', 'three', 'four'], cpuMilli = 16_000 }: { readonly hosts?: readonly string[]; readonly cpuMilli?: number } = {}): Promise<Site> {
  const world = await openWorld();
  const { context } = world;
  for (const name of hosts) await world.addHost(name, { cpuMilli });
  const workloadId = await world.ask({ peakQps: 200, survive: 'none', minReplicas: 4 });
  const versions = new Map<string, number>();
  const site: Site = {
    world,
    workloadId,
    behaviour: (_release, replica) => replica,
    async release(more = {}) {
      const newest = (await context.store.read((reader) => newestRelease(reader, workloadId)))!;
      const row = { ...newest, id: context.ids.next(), version: newest.version + 1, image: `firn/demo:${newest.version + 1}`, metricsPath: '/metrics', ...more };
      await context.store.tx((tx) => insertRelease(tx, row));
      versions.set(row.id, row.version).set(newest.id, newest.version);
      return row;
    },
    start: (release, ask = {}) => startRollout(context, BO, release, RolloutAsk.parse({ override: ['not-proven'], why: 'a test', ...ask })),
    async pass(seconds) {
      for (let second = 0; second < seconds; second += 1) {
        world.clock.at += 1_000;
        await turn(site);
      }
    },
    now: async (id) => (await context.store.read((reader) => rolloutById(reader, id)))!,
    async mix() {
      const rows = await world.replicas();
      return Object.fromEntries([...Map.groupBy(rows, ({ releaseId }) => versions.get(releaseId) ?? 1)].map(([version, list]) => [version, list.length]));
    },
    lines: async () => (await context.store.read((reader) => listEvents(reader, { limit: 100, kind: 'rollout', teams: null }))).map(({ message }) => message).reverse(),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
  await site.pass(3);
  return site;
}

async function turn(site: Site): Promise<void> {
  const { world } = site;
  const { loops, clock } = world.context;
  await loops.settled();
  const rows = new Map((await world.replicas()).map((row) => [row.id, row]));
  for (const host of world.hosts) {
    if (host.isCutOff) continue;
    await host.sync();
    const replicas = [...host.containers].map(([id, { address }]): ObservedReplica => {
      const release = rows.get(id)?.releaseId ?? 'gone';
      return site.behaviour(release, { id, state: 'running', address, restarts: 0, containerId: `c-${id}`, release, startedAt: new Date(clock.now()).toISOString() });
    });
    const report = world.context.fleet.get(host.id)!.report!;
    world.context.fleet.reported(host.id, { ...report, replicas } satisfies Report, clock.now());
  }
  for (const loop of ['observe', 'rollouts', 'planner', 'dispatch'] as const) await loops.runOnce(loop);
  await loops.settled();
}

const GONE = { repository: 'quote', digest: `sha256:${'0'.repeat(64)}`, imageId: 'sha256:1', architecture: 'amd64', layers: [], buildId: null, pushedAt: 0, deletedAt: 1, deletedWhy: 'retention' };
const QUICK = { windowSeconds: 5, leastRequests: 10 };
/** Counters of a service with 20 requests a second, so many milliseconds of CPU each. */
const busy = (clock: { now(): number }, { cpuMs = 2, errors = 0 }): Pick<ObservedReplica, 'usage'> => {
  const total = (clock.now() % 1_000_000_000) / 50;
  return { usage: { cpuMicros: Math.round(total * cpuMs * 1000), cpuMilli: 40, throttledPeriods: 0, memoryBytes: 1, networkReceivedBytes: 0, networkSentBytes: 0, blockReadBytes: 0, blockWrittenBytes: 0, requests: { total, errors: total * errors } } };
};

test('a canary by gates, then batches, to the end: the workload is on the new release, and nothing was ever missing', async () => {
  await using site = await openSite();
  const { clock } = site.world;
  site.behaviour = (_release, replica) => ({ ...replica, ...busy(clock, {}) });
  const v2 = await site.release();
  const { id } = await site.start(v2, { strategy: { steps: [{ target: { count: 1 }, promotion: { by: 'gates' } }, { target: { permille: 500 }, promotion: { by: 'time', seconds: 2 } }, { target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }], gates: { ...QUICK, mostErrorsPermille: 10, mostCpuPermille: 1200 } } });
  const before = await site.mix();
  for (let second = 0; second < 40 && (await site.now(id)).endedAt === null; second += 1) {
    await site.pass(1);
    const rows = await site.world.replicas();
    const serving = rows.filter(({ id: replicaId, hostId }) => site.world.context.fleet.get(hostId!)?.replicas.get(replicaId)?.state === 'running').length;
    expect(serving).toBeGreaterThanOrEqual(before[1]!);
  }
  const row = await site.now(id);
  expect(row.state).toMatchObject({ phase: 'succeeded', trouble: null, failures: {} });
  expect((await site.world.context.store.read((reader) => workloadById(reader, site.workloadId)))!.releaseId).toBe(v2.id);
  await site.pass(2);
  expect(await site.mix()).toEqual({ 2: before[1] });
  expect(await site.lines()).toMatchInlineSnapshot(`
    [
      "quote.production to version 2: ann started it in 3 steps",
      "quote.production to version 2: step 1 of 3 begins: 1 replica of 10 on the new release",
      "quote.production to version 2: step 1 of 3 is reached: 1 replica of 10 on the new release",
      "quote.production to version 2: step 2 of 3 begins: 5 replicas of 10 on the new release",
      "quote.production to version 2: step 2 of 3 is reached: 5 replicas of 10 on the new release",
      "quote.production to version 2: step 3 of 3 begins: 10 replicas of 10 on the new release",
      "quote.production to version 2: step 3 of 3 is reached: 10 replicas of 10 on the new release",
      "quote.production to version 2: done: 10 replicas serve on the new release",
      "quote.production to version 2: 10 replicas run the release as their hosts say; its image has no id to compare with",
    ]
  `);
}, 30_000);

test('a release that crashes is rolled back by itself, and history says why', async () => {
  await using site = await openSite();
  const before = await site.mix();
  const bad = await site.release();
  let restarts = 0;
  site.behaviour = (release, replica) => (release === bad.id ? { ...replica, state: 'restarting', restarts: (restarts += 1), reason: 'ended with exit code 1; Docker starts it again' } : replica);
  const { id } = await site.start(bad);
  await site.pass(10);
  expect((await site.now(id)).state).toMatchObject({ phase: 'rolled-back', trouble: expect.stringMatching(/failures of replicas on the new release, and at most 2 are allowed: ended with exit code 1/) });
  expect(await site.mix()).toEqual(before);
  expect((await site.world.context.store.read((reader) => workloadById(reader, site.workloadId)))!.releaseId).not.toBe(bad.id);
}, 30_000);

test('a release that costs twice as much is held with a quote until a person accepts it', async () => {
  await using site = await openSite();
  const { clock, context } = site.world;
  const dear = await site.release();
  site.behaviour = (release, replica) => ({ ...replica, ...busy(clock, { cpuMs: release === dear.id ? 4 : 2 }) });
  const { id } = await site.start(dear, { strategy: { steps: [{ target: { count: 1 }, promotion: { by: 'gates' } }, { target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }], gates: { ...QUICK, mostCpuPermille: 1200 } } });
  await site.pass(15);
  const held = await site.now(id);
  expect(held.state).toMatchObject({ phase: 'held', wait: { owner: 'person', until: null }, figures: { before: { cpuMsPerRequest: 2 }, after: { cpuMsPerRequest: 4 } }, learnt: { cpuMsPerRequest: 4 } });
  expect(held.state.figures!.extra!.replicas).toBeGreaterThan(0);
  expect(held.state.wait!.reason).toMatch(/^a request costs 4 ms of CPU on the new release and 2 ms on the old one: 200 % of it, at most 120 % allowed; at the asked peak that is \d+ replicas and \d+\.\d\d an hour more$/);
  expect(await site.mix()).toMatchObject({ 2: 1 });
  await site.pass(30);
  expect((await site.now(id)).state.phase).toBe('held');
  await actOnRollout(context, ANN, id, 'accept', 'worth it');
  await site.pass(20);
  expect((await site.now(id)).state.phase).toBe('succeeded');
}, 30_000);

test('paused it keeps its mix while the workload grows, and two people cannot release at once', async () => {
  await using site = await openSite();
  const { context } = site.world;
  const v2 = await site.release();
  const { id } = await site.start(v2, { strategy: { steps: [{ target: { permille: 500 }, promotion: { by: 'hand' } }, { target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }] } });
  const v3 = await site.release();
  const second = await site.start(v3).catch((error: unknown) => error);
  expect(second).toBeInstanceOf(ConflictError);
  expect((second as ConflictError).message).toMatch(/^ann has been rolling quote\.production to version 2 since 2026-11-23T.*: wait for it, or roll it back\./);
  await site.pass(12);
  const wanted = (await site.mix())[1]! + (await site.mix())[2]!;
  expect(await site.mix()).toEqual({ 1: Math.floor(wanted / 2), 2: Math.ceil(wanted / 2) });
  await actOnRollout(context, ANN, id, 'pause', '');
  await site.world.ask({ peakQps: 200, survive: 'none', minReplicas: wanted + 4, why: 'more' });
  await site.pass(8);
  expect(await site.mix()).toEqual({ 1: Math.floor(wanted / 2) + 4, 2: Math.ceil(wanted / 2) });
  await expect(actOnRollout(context, ANN, id, 'abort', '')).rejects.toThrow(/serve on the new release: roll it back instead/);
  await actOnRollout(context, ANN, id, 'resume', '');
  await site.pass(10);
  await actOnRollout(context, ANN, id, 'promote', '');
  await site.pass(25);
  expect((await site.now(id)).state.phase).toBe('succeeded');
}, 40_000);

test('rolled back in the middle it turns round; rolled back afterwards it goes to the release before, and never to an image that is gone', async () => {
  await using site = await openSite();
  const { context } = site.world;
  const before = await site.mix();
  const v2 = await site.release();
  const first = await site.start(v2, { strategy: { steps: [{ target: { permille: 500 }, promotion: { by: 'hand' } }, { target: { permille: 1000 }, promotion: { by: 'hand' } }] } });
  await site.pass(10);
  expect((await rollBack(context, ANN, site.workloadId, { why: 'customers complain' })).id).toBe(first.id);
  await site.pass(8);
  expect((await site.now(first.id)).state).toMatchObject({ phase: 'rolled-back', trouble: 'ann rolled it back: customers complain' });
  expect(await site.mix()).toEqual(before);
  const again = await site.start(v2, { strategy: { steps: [{ target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }] } });
  await site.pass(15);
  expect((await site.now(again.id)).state.phase).toBe('succeeded');
  const gone = await site.release({ digest: GONE.digest, image: `registry/quote@${GONE.digest}` });
  await context.store.tx(async (tx) => tx.db.insert(images).values(GONE));
  await expect(rollBack(context, ANN, site.workloadId, { releaseId: gone.id, why: 'older' })).rejects.toThrow(/^The image of release 3 of quote\.production \(registry\/quote@sha256:0+\) is gone from the registry since .*: retention/);
  const back = await rollBack(context, ANN, site.workloadId, { why: 'after all' });
  expect(back).toMatchObject({ kind: 'rollback', fromReleaseId: v2.id, state: { isForced: true, target: { permille: 1000 } } });
  await site.pass(8);
  expect((await site.now(back.id)).state.phase).toBe('succeeded');
  expect(await site.mix()).toEqual(before);
}, 40_000);

const AT_ONCE = { steps: [{ target: { permille: 1000 }, promotion: { by: 'time' as const, seconds: 0 } }] };

test('where successors find no room it is refused with what would help; stop-first needs none; passed over, it waits for the planner and holds nobody up', async () => {
  await using site = await openSite({ hosts: ['one', 'two'], cpuMilli: 6_000 });
  const v2 = await site.release();
  const { strategy } = RolloutAsk.parse({ strategy: AT_ONCE });
  await expect(site.start(v2, { strategy })).rejects.toThrow(/no room for a successor.*Stop-first needs no room.*releases\.override/s);
  await expect(startRollout(site.world.context, { ...ANN, mayOverride: false }, v2, RolloutAsk.parse({ strategy: AT_ONCE, override: ['no-room'], why: 'now' }))).rejects.toThrow(/lacks the permission releases\.override/);
  await expect(site.start(v2, { strategy, override: ['no-room'], why: '' })).rejects.toThrow(/why is needed/);
  const stuck = await site.start(v2, { strategy, override: ['no-room'], why: 'somebody frees a host' });
  expect(stuck.why).toBe('somebody frees a host (passed over: no-room)');
  await site.pass(3);
  expect((await site.now(stuck.id)).state).toMatchObject({ phase: 'rolling', trouble: null, wait: { owner: 'planner', reason: expect.stringMatching(/^0 of 10 replicas serve on the new release; .*no room/) } });
  await actOnRollout(site.world.context, ANN, stuck.id, 'abort', '');
  const { id } = await site.start(v2, { strategy: { ...AT_ONCE, order: 'stop-first', unavailable: { count: 3 } } });
  await site.pass(14);
  expect((await site.now(id)).state).toMatchObject({ phase: 'succeeded', wait: null });
  expect(await site.mix()).toEqual({ 2: 10 });
}, 30_000);

test('a host that goes silent in the middle is waited for, healed, and the rollout goes on', async () => {
  await using site = await openSite();
  const v2 = await site.release();
  const { id } = await site.start(v2, { strategy: { ...AT_ONCE, steps: [{ target: { permille: 500 }, promotion: { by: 'hand' } }, ...AT_ONCE.steps] } });
  await site.pass(3);
  const victim = site.world.hosts[0]!;
  victim.isCutOff = true;
  await site.world.pass(4_000);
  expect(site.world.context.fleet.stateOf(victim.id)).toBe('lost');
  await site.pass(8);
  const { state } = await site.now(id);
  expect(state).toMatchObject({ phase: 'watching', trouble: null, failures: {} });
  expect((await site.world.replicas()).filter(({ hostId }) => hostId === victim.id)).toEqual([]);
  expect(await site.mix()).toEqual({ 1: 5, 2: 5 });
}, 30_000);

test('a way back for which growth has taken the room goes on stop-first', async () => {
  await using site = await openSite({ hosts: ['one', 'two'], cpuMilli: 7_000 });
  const v2 = await site.release();
  const { id } = await site.start(v2, { strategy: { ...AT_ONCE, steps: [{ target: { permille: 500 }, promotion: { by: 'hand' } }, ...AT_ONCE.steps] } });
  await site.pass(6);
  await site.world.ask({ peakQps: 200, survive: 'none', minReplicas: 12, why: 'more' });
  await site.pass(4);
  expect(await site.mix()).toEqual({ 1: 6, 2: 6 });
  await rollBack(site.world.context, ANN, site.workloadId, { why: 'no' });
  await site.pass(16);
  expect((await site.now(id)).state).toMatchObject({ phase: 'rolled-back' });
  expect(await site.mix()).toEqual({ 1: 12 });
  expect((await site.lines()).some((line) => line.includes('goes back stop-first, each replica where it is'))).toBe(true);
}, 30_000);
