// The whole loop on model hosts with a clock that stands still: pushed demand becomes a number, the number becomes replicas, and people stay the owners of
// what they asked for.
import { expect, test } from 'vitest';
import { removeWorkload } from '../requests/decide.ts';
import { decisionById, dropOldDecisions, listAlerts, listDecisions } from '../db/autoscale.ts';
import { listInForce } from '../db/decisions-in-force.ts';
import { listEvents } from '../db/events.ts';
import { putQuota } from '../db/quotas.ts';
import { findWorkload, workloadById } from '../db/workloads.ts';
import { AutoscaleSettings, type AutoscaleSettingsInput } from '../http/contract/autoscale.ts';
import { ANN, openWorld, type World } from '#test/contract/world.ts';
import { SignalEdit } from '../http/contract/market.ts';
import { pushSignal, setSignal, signalNamed } from '../market/signals.ts';
import { commitRound } from './commit.ts';
import { packMemory, unpackMemory } from './packed.ts';
import { preview } from './preview.ts';
import { replayDecision } from './replay.ts';
import { decideAll, readForRound } from './round.ts';
import { changeSettings, setPaused } from './settings.ts';

/** About 10 replicas of a core each are granted: 50 QPS at full load of one, 20 ms a request. */
const ASK = { peakQps: 300, survive: 'none', minReplicas: 1, headroomPermille: 0 } as const;

async function open(more: Partial<AutoscaleSettingsInput> = {}) {
  const world = await openWorld();
  for (const name of ['a', 'b', 'c']) await world.addHost(name);
  const id = await world.ask(ASK);
  await world.settle();
  await sync(world);
  await set(world, id, more);
  return { world, id, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

const rowOf = async ({ context }: World, id: string) => (await context.store.read((reader) => workloadById(reader, id)))!;
const wished = (more: Partial<AutoscaleSettingsInput>) => AutoscaleSettings.parse({ mode: 'on', markets: [], startDelaySeconds: 5, ...more });
const set = async (world: World, id: string, more: Partial<AutoscaleSettingsInput>) => await changeSettings(world.context, ANN, await rowOf(world, id), { settings: wished(more), why: 'test' });

async function sync(world: World): Promise<void> {
  for (const host of world.hosts) await host.sync();
  await world.settle();
}

/** So many seconds with so much demand, a look every ten or so seconds; null: nobody says anything. */
async function run(world: World, id: string, qps: number | null, seconds: number, every = 10): Promise<void> {
  const { context, clock } = world;
  for (let at = 0; at < seconds; at += every) {
    clock.at += every * 1_000;
    // A gauge that never moves counts as stuck: real demand does not stand still.
    if (qps !== null) context.metrics.pushes.take({ workloadId: id, source: 'gateway', atMs: clock.at, rates: { accepted: qps + (at % 4) * 0.1 + (clock.at % 7_000) / 100_000 } }, clock.at);
    await look(world);
  }
}

/** One look, and what follows from it until hosts run it. */
async function look(world: World): Promise<void> {
  const { context, clock, hosts } = world;
  for (const host of hosts) context.fleet.heard(host.id, clock.at);
  const { revision } = await context.present.read();
  await context.loops.runOnce('metrics');
  await context.loops.runOnce('autoscale');
  if ((await context.present.read()).revision === revision) return;
  await world.settle();
  await sync(world);
}

const running = async (world: World, id: string) => (await world.replicas()).filter((replica) => replica.workloadId === id && replica.hostId !== null).length;
const inForce = async ({ context }: World, id: string) => (await context.store.read(listInForce)).get(id)?.replicas ?? null;
const kinds = async ({ context }: World, kind = 'autoscale') => (await context.store.read((reader) => listEvents(reader, { limit: 500, teams: null, kind }))).map((event) => event.kind);
const decided = ({ context }: World, workload: string, actions: ('out' | 'in' | 'hold')[] = ['out', 'in']) => context.store.read((reader) => listDecisions(reader, { workload, teams: null, actions, limit: 500 }));

/** Decides everything again that is kept. @returns how many */
async function replayed(world: World, id: string): Promise<number> {
  const kept = await decided(world, id, ['out', 'in', 'hold']);
  for (const { id: decision } of kept) expect(await world.context.store.read(async (reader) => replayDecision(reader, (await decisionById(reader, decision))!))).toMatchObject({ isIdentical: true, differences: [] });
  return kept.length;
}

test('little demand takes replicas away slowly, much demand brings them back in one step, and the request stays as it was', async () => {
  await using opened = await open();
  const { world, id } = opened;
  const granted = await running(world, id);
  expect(granted).toBeGreaterThan(6);
  const asked = (await world.context.store.read((reader) => findWorkload(reader, 'quote', 'production')))!.ask;
  await run(world, id, 40, 120);
  expect(await running(world, id), 'no window of data yet').toBe(granted);
  await run(world, id, 40, 1_200);
  const few = await running(world, id);
  expect(few).toBeLessThanOrEqual(3);
  expect(few).toBe(await inForce(world, id));
  expect((await decided(world, id)).every(({ action }) => action === 'in')).toBe(true);
  // Demand at the limit: a look between two rounds decides at once.
  await run(world, id, 200, 8, 2);
  expect(await running(world, id)).toBeGreaterThanOrEqual(5);
  expect((await decided(world, id, ['out'])).length, 'one step out').toBeLessThanOrEqual(2);
  expect((await world.context.store.read((reader) => findWorkload(reader, 'quote', 'production')))!.ask).toEqual(asked);
  expect(await kinds(world)).toEqual(expect.arrayContaining(['autoscale.in', 'autoscale.out', 'autoscale.settings']));
  expect(await replayed(world, id)).toBeGreaterThan(3);
}, 60_000);

test('without metrics nothing is taken away; a pause holds the number, and switching off gives it back to the request', async () => {
  await using opened = await open();
  const { world, id } = opened;
  const granted = await running(world, id);
  await run(world, id, 40, 400);
  const some = await running(world, id);
  expect(some).toBeLessThan(granted);
  await run(world, id, null, 600);
  expect(await running(world, id)).toBe(some);
  expect((await world.context.store.read(listAlerts)).map(({ kind }) => kind)).toContain('metricLoss');
  expect(await kinds(world, 'autoscale.alert')).toContain('autoscale.alert');
  await setPaused(world.context, ANN, await rowOf(world, id), { what: 'all', why: 'a load test', isPaused: true });
  await run(world, id, 250, 60);
  expect(await running(world, id)).toBe(some);
  await set(world, id, { mode: 'off' });
  await world.settle();
  expect([await inForce(world, id), await running(world, id)]).toEqual([null, granted]);
  expect(await world.context.store.read(listAlerts)).toEqual([]);
  expect(await kinds(world)).toEqual(expect.arrayContaining(['autoscale.paused', 'autoscale.ended']));
}, 60_000);

test('preview decides and changes nothing; a look ahead with other settings changes nothing either', async () => {
  await using opened = await open({ mode: 'preview' });
  const { world, id } = opened;
  const { context } = world;
  const granted = await running(world, id);
  await run(world, id, 40, 900);
  expect([await inForce(world, id), await running(world, id)]).toEqual([null, granted]);
  expect((await decided(world, id)).map(({ mode, action }) => `${mode} ${action}`)).toContain('preview in');
  const before = { memory: JSON.stringify(context.autoscale.of(id)), revision: (await context.present.read()).revision, decisions: (await decided(world, id)).length };
  const present = await context.present.read();
  const seen = await preview(context, present, await readForRound(context), present.base.workloads.get(id)!, wished({ mode: 'on', risk: 'economy' }), 0.2);
  expect(seen.points).toBeGreaterThan(5);
  expect(seen.sum!.most).toBeLessThanOrEqual(granted);
  expect(seen.series.at.length).toBe(seen.series.replicas.length);
  expect({ memory: JSON.stringify(context.autoscale.of(id)), revision: (await context.present.read()).revision, decisions: (await decided(world, id)).length }).toEqual(before);
  // The same hours with a signal that was high then, and a rule on it that is only looked at.
  await setSignal(context, ANN, 'turnover', SignalEdit.parse({}));
  const row = await context.store.read((reader) => signalNamed(reader, 'turnover'));
  await pushSignal(context, row, { values: Array.from({ length: 10 }, (_, minute) => ({ at: new Date(world.clock.at - (10 - minute) * 60_000).toISOString(), value: 50 })) });
  const ruled = await preview(context, present, await readForRound(context), present.base.workloads.get(id)!, wished({ mode: 'on', risk: 'economy', signals: [{ signal: 'turnover', when: { above: 10 }, multiplier: 5 }] }), 0.2);
  expect(ruled.sum!.replicaHours).toBeGreaterThan(seen.sum!.replicaHours * 1.3);
}, 60_000);

test('a maximum and a quota bound it: an alert says what it would want, once, until it ends', async () => {
  await using opened = await open({ max: 6 });
  const { world, id } = opened;
  await run(world, id, 290, 60);
  expect(await running(world, id)).toBe(6);
  const [alert] = await world.context.store.read(listAlerts);
  expect(alert).toMatchObject({ kind: 'atMax', message: expect.stringMatching(/would want \d+ replicas/) });
  expect(alert!.value).toBeGreaterThan(6);
  await run(world, id, 290, 60);
  expect((await kinds(world, 'autoscale.alert')).filter((kind) => kind === 'autoscale.alert')).toHaveLength(1);
  await run(world, id, 60, 900);
  expect(await world.context.store.read(listAlerts)).toEqual([]);
  expect(await kinds(world, 'autoscale.alert-ended')).toHaveLength(1);
  // Another service of the team takes what the quota had left: 12 cores in all.
  await world.context.store.tx((tx) => putQuota(tx, { team: 'quotes', environment: 'production', cpuMilli: 12_000, memoryMib: 64_000, updatedAt: world.clock.at }));
  await set(world, id, {});
  const left = await running(world, id);
  await world.ask({ ...ASK, service: 'orders', peakQps: 150, minReplicas: 12 - left - 1 });
  await run(world, id, 290, 60);
  expect((await world.context.store.read(listAlerts)).map(({ kind }) => kind)).toContain('atQuota');
  expect(await running(world, id)).toBeLessThanOrEqual(left + 1);
}, 60_000);

test('two owners: a smaller request bounds what was decided, and a workload that is gone while it is decided is left alone', async () => {
  await using opened = await open();
  const { world, id } = opened;
  const { context } = world;
  await run(world, id, 150, 400);
  const before = (await inForce(world, id))!;
  expect(before).toBeGreaterThan(3);
  await world.ask({ ...ASK, peakQps: 50 });
  await world.settle();
  const granted = await running(world, id);
  expect(granted).toBeLessThan(before);
  await run(world, id, 150, 30);
  expect(await inForce(world, id)).toBeLessThanOrEqual(granted);
  world.clock.at += 10_000;
  const read = await readForRound(context);
  const late = decideAll(context, await context.present.read(), read);
  expect(late).toHaveLength(1);
  await removeWorkload(context, ANN, await rowOf(world, id), 'not needed');
  const changed = late.map((each) => ({ ...each, decision: { ...each.decision, replicas: 1, action: 'in' as const } }));
  expect(await commitRound(context, changed, read)).toEqual({ changed: 0, stored: 0 });
  expect(await inForce(world, id)).not.toBe(1);
  expect((await context.present.read()).base.workloads.has(id)).toBe(false);
}, 60_000);

test('what is remembered survives a restart, which takes nothing away before a window of data', async () => {
  await using opened = await open();
  const { world, id } = opened;
  await run(world, id, 40, 300);
  const remembered = world.context.autoscale.of(id);
  expect(unpackMemory(packMemory(remembered))).toEqual(JSON.parse(JSON.stringify({ version: 1, state: remembered.state, trail: remembered.trail, starts: remembered.starts, releaseId: remembered.releaseId, kept: remembered.kept, previewed: remembered.previewed })));
  expect(unpackMemory(Buffer.from('rubbish'))).toBeUndefined();
  const some = await running(world, id);
  // As the next life of the server begins: all that is known is what was written.
  world.context.autoscale.isLoaded = false;
  world.context.autoscale.workloads.clear();
  await run(world, id, 20, 120);
  expect(world.context.autoscale.of(id).state.since).toBe(remembered.state.since);
  expect(await running(world, id)).toBe(some);
  // What was decided before and after goes in two parts, and what is still there can be decided again.
  await run(world, id, 250, 60);
  const all = await replayed(world, id);
  const drop = (keep: number) => world.context.store.tx((tx) => dropOldDecisions(tx, { before: 0, keep }));
  await drop(all);
  expect(await replayed(world, id)).toBe(all);
  await drop(1);
  const late = await replayed(world, id);
  expect(late).toBeGreaterThan(0);
  expect(late).toBeLessThan(all);
  await world.context.store.tx((tx) => dropOldDecisions(tx, { before: world.clock.at + 1, keep: all }));
  expect(await replayed(world, id)).toBe(0);
}, 60_000);

test.each([
  ['a minimum above the maximum', { min: 5, max: 3 }, 'settings.min', 5, '1 to 3'],
  ['more than was granted', { min: 500 }, 'settings.min', 500, /^1 to \d+$/],
  ['a floor without metrics above the maximum', { max: 3, onMetricLoss: { floor: 4 } }, 'settings.onMetricLoss.floor', 4, '0 to 3'],
  ['a schedule that never comes', { schedules: [{ kind: 'once' as const, from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z', floor: { replicas: 2 } }] }, 'settings.schedules[0].to', expect.anything(), 'an instant within a year'],
  ['a signal that nobody knows', { signals: [{ signal: 'turnover', when: { timesUsual: 1.5 }, multiplier: 2 }] }, 'settings.signals[0].signal', 'turnover', expect.anything()],
])('%s is refused by field, and nothing changes', async (_, more, field, value, allowed) => {
  await using opened = await open();
  const { world, id } = opened;
  const refused = await set(world, id, more).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'autoscale-impossible', fields: [{ field, value, allowed: allowed instanceof RegExp ? expect.stringMatching(allowed) : allowed }] });
  expect((await readForRound(world.context)).settings(id).version).toBe(1);
}, 30_000);
