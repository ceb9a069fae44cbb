// Verdicts on model hosts: what neighbours find, what the governor holds and people decide, and who survives when a lost host comes back.
import type { ProbeFinding, ServerMessage } from '#agents/protocol.ts';
import { ANN, LEASE_MS, type ModelHost, openWorld, type World } from '#test/contract/world.ts';
import { expect, test } from 'vitest';
import { openAddresses } from '../db/addresses.ts';
import { listHolds, putGovernorSettings } from '../db/governor.ts';
import { listTimeline } from '../db/timeline.ts';
import { GovernorSettings } from '../http/contract/verdicts.ts';
import { decideHold, mayAct } from './governor.ts';
import { callLost } from './verdicts.ts';

const OVER_MS = LEASE_MS + 600;
/** Past the grace that everybody gets after a start of the server. */
const GRACE_MS = LEASE_MS + 12_500;

async function openFleet(count: number, ask?: Parameters<World['ask']>[0]): Promise<World> {
  const world = await openWorld();
  for (let index = 1; index <= count; index += 1) await world.addHost(`h${index}`);
  if (ask !== undefined) {
    await world.ask(ask);
    await world.settle();
    for (const host of world.hosts) await host.sync();
  }
  await world.pass(GRACE_MS);
  return world;
}

const stateOf = (world: World, { id }: ModelHost) => `${world.context.fleet.get(id)!.state} ${world.context.fleet.get(id)!.code}`;
const verdictsOf = async (world: World, { id }: ModelHost) => (await world.context.store.read((reader) => listTimeline(reader, { hostId: id, kind: 'verdict', limit: 20 }))).map(({ state, grounds }) => `${state} ${grounds.code}`).toReversed();

/** Lets a host's agent look for others: `finds` says what is there, `null` that it does not answer. */
function makeWitness(world: World, { id }: ModelHost, finds: (target: { readonly id: string }) => ProbeFinding | null): void {
  world.context.connections.open(id, {
    speaks: new Set(['probe']),
    end: () => undefined,
    send(message: ServerMessage) {
      if (message.type !== 'probe') return;
      const findings = message.targets.flatMap((target) => {
        const finding = finds(target);
        return finding === null ? [] : [{ id: target.id, finding, ms: 1 }];
      });
      if (findings.length > 0) world.context.probes.answered(id, { type: 'probed', id: message.id, findings }, world.clock.at);
    },
  });
}

test('a host that nobody reaches is lost at the end of its lease, with its witnesses on record', async () => {
  await using world = await openFleet(3);
  const [gone, witness] = world.hosts as [ModelHost, ModelHost];
  makeWitness(world, witness, () => 'silent');
  gone.isCutOff = true;
  await world.pass(OVER_MS);
  expect(stateOf(world, gone)).toBe('lost unreachable');
  expect(await verdictsOf(world, gone)).toEqual(['ready first-report', 'suspect silent', 'lost unreachable']);
  const [newest] = await world.context.store.read((reader) => listTimeline(reader, { hostId: gone.id, kind: 'verdict', limit: 1 }));
  expect(newest).toMatchObject({ by: 'firn', witnesses: [{ host: 'h2', reaches: 'silent', replicasAnswer: 0 }] });
});

test('an agent that is silent while its replicas answer is no loss before the limit, and is one when they stop answering', async () => {
  await using world = await openFleet(3, { minReplicas: 3, headroomPermille: 0, peakQps: 5 });
  const [quiet, witness] = world.hosts as [ModelHost, ModelHost];
  let answers: ProbeFinding = 'answers';
  makeWitness(world, witness, ({ id }) => (id.includes(' replica ') ? answers : answers === 'silent' ? 'silent' : 'refuses'));
  const before = (await world.replicas()).map(({ id, hostId }) => `${id} ${hostId}`).sort();
  quiet.isCutOff = true;
  await world.pass(8_000);
  expect(stateOf(world, quiet)).toBe('suspect serves-without-agent');
  expect((await world.replicas()).map(({ id, hostId }) => `${id} ${hostId}`).sort()).toEqual(before);
  answers = 'silent';
  await world.pass(3 * LEASE_MS);
  expect(stateOf(world, quiet)).toBe('lost unreachable');
  expect((await world.replicas()).every(({ hostId }) => hostId !== quiet.id)).toBe(true);
});

test('a person who knows better calls a host lost that its neighbours reach, and not one that is heard', async () => {
  await using world = await openFleet(3, { minReplicas: 3, headroomPermille: 0, peakQps: 5 });
  const [quiet, witness] = world.hosts as [ModelHost, ModelHost];
  makeWitness(world, witness, () => 'answers');
  await expect(callLost(world.context, ANN, 'h1', 'it burns')).rejects.toThrow(/h1 cannot be called lost: it was heard 0\.0 s ago, within its lease/);
  quiet.isCutOff = true;
  await world.pass(OVER_MS);
  await callLost(world.context, ANN, 'h1', 'it burns');
  await world.settle();
  expect(stateOf(world, quiet)).toBe('lost person');
  expect((await world.replicas()).some(({ hostId }) => hostId === quiet.id)).toBe(false);
});

test('more hosts at once than the governor allows wait for a person, who releases or declines them', async () => {
  await using world = await openFleet(4, { minReplicas: 4, headroomPermille: 0, peakQps: 5 });
  const [a, b, c] = world.hosts as [ModelHost, ModelHost, ModelHost];
  for (const host of [a, b, c]) host.isCutOff = true;
  await world.pass(OVER_MS);
  expect([a, b, c].map((host) => stateOf(world, host))).toEqual(['suspect held', 'suspect held', 'suspect held']);
  const { store } = world.context;
  const holds = () => store.read((reader) => listHolds(reader, { state: 'all', limit: 10 }));
  const [hold, ...others] = await holds();
  expect(others).toEqual([]);
  expect(hold).toMatchObject({ action: 'replace', state: 'held', hosts: [{ name: 'h1' }, { name: 'h2' }, { name: 'h3' }], grounds: { code: 'too-many-hosts', data: { wanted: 3, most: 1, of: 4 } }, wouldDo: expect.stringMatching(/call 3 hosts lost/) });
  // Longer silence alone changes nothing.
  await world.pass(8_000);
  expect(stateOf(world, a)).toBe('suspect held');
  await decideHold(world.context, ANN, hold!.id, 'released', 'the room has no power');
  await world.pass(200);
  expect([a, b, c].map((host) => stateOf(world, host))).toEqual(['lost unwitnessed', 'lost unwitnessed', 'lost unwitnessed']);
  expect((await holds())[0]).toMatchObject({ state: 'released', decidedBy: 'ann', reason: 'the room has no power' });
  await expect(decideHold(world.context, ANN, hold!.id, 'declined', 'no')).rejects.toThrow(/does not wait any more: it is released by ann/);
});

test('what is declined stays suspect until it is heard; a hold whose hosts are heard again is over', async () => {
  await using world = await openFleet(4);
  const { store } = world.context;
  const holds = () => store.read((reader) => listHolds(reader, { state: 'all', limit: 10 }));
  const silent = world.hosts.slice(0, 2);
  for (const host of silent) host.isCutOff = true;
  await world.pass(OVER_MS);
  await decideHold(world.context, ANN, (await holds())[0]!.id, 'declined', 'the switch is being replaced');
  await world.pass(10_000);
  expect(silent.map((host) => stateOf(world, host))).toEqual(['suspect held', 'suspect held']);
  for (const host of silent) host.isCutOff = false;
  await world.pass(200);
  expect(silent.map((host) => stateOf(world, host))).toEqual(['ready heard', 'ready heard']);
  // Another silence is another question.
  for (const host of silent) host.isCutOff = true;
  await world.pass(OVER_MS);
  expect((await holds()).map(({ state }) => state)).toEqual(['held', 'declined']);
  for (const host of silent) host.isCutOff = false;
  await world.pass(400);
  expect((await holds()).map(({ state }) => state)).toEqual(['over', 'declined']);
});

test('one after the other passes once the earlier loss is out of the window', async () => {
  await using world = await openFleet(3);
  await world.context.store.tx((tx) => putGovernorSettings(tx, GovernorSettings.parse({ replace: { hostPermille: 400, replicaPermille: 1000, windowMs: 20_000 } }), 'ann', world.clock.at));
  const [a, b] = world.hosts as [ModelHost, ModelHost];
  a.isCutOff = true;
  await world.pass(OVER_MS);
  expect(stateOf(world, a)).toBe('lost unwitnessed');
  b.isCutOff = true;
  await world.pass(OVER_MS);
  expect(stateOf(world, b)).toBe('suspect held');
  await world.pass(20_000);
  expect(stateOf(world, b)).toBe('lost unwitnessed');
});

const placesOf = async (world: World) => (await world.replicas()).map(({ hostId, address }) => `${hostId} ${address}`).sort();

test('a host that comes back before its replicas serve elsewhere keeps them; its replacements are cancelled and no address is in two places', async () => {
  await using world = await openFleet(2, { minReplicas: 2, headroomPermille: 0, peakQps: 5, survive: 'host' });
  const [gone, other] = world.hosts as [ModelHost, ModelHost];
  const before = await placesOf(world);
  gone.isCutOff = true;
  await world.pass(OVER_MS);
  expect(stateOf(world, gone)).toBe('lost unwitnessed');
  expect((await world.replicas()).every(({ hostId }) => hostId === other.id)).toBe(true);
  // It never stopped, and says what runs there as it was told last.
  gone.isCutOff = false;
  world.context.fleet.reported(gone.id, { ...world.context.fleet.get(gone.id)!.report!, at: new Date(world.clock.at).toISOString() }, world.clock.at);
  await world.settle();
  expect(stateOf(world, gone)).toBe('ready reports-again');
  expect(await placesOf(world)).toEqual(before);
  for (const host of world.hosts) await host.sync();
  await world.settle();
  expect([...gone.containers.values(), ...other.containers.values()].map(({ address }) => address).sort()).toEqual((await world.replicas()).map(({ address }) => address!).sort());
  const open = await world.context.store.read((reader) => openAddresses(reader));
  expect(open.filter(({ letGoAt }) => letGoAt === null).map(({ hostId, address }) => `${hostId} ${address}`).sort()).toEqual(before);
  expect((await world.context.store.read((reader) => listTimeline(reader, { hostId: gone.id, kind: 'replica', limit: 5 })))[0]).toMatchObject({ grounds: { code: 'survivors', data: { stopped: [] } } });
});

test('a host that comes back after its replicas serve elsewhere stops them, and gives their addresses back by its own word', async () => {
  await using world = await openFleet(2, { minReplicas: 2, headroomPermille: 0, peakQps: 5, survive: 'host' });
  const [gone, other] = world.hosts as [ModelHost, ModelHost];
  gone.isCutOff = true;
  await world.pass(OVER_MS);
  await other.sync();
  await world.settle();
  const after = await placesOf(world);
  gone.isCutOff = false;
  world.context.fleet.reported(gone.id, { ...world.context.fleet.get(gone.id)!.report!, at: new Date(world.clock.at).toISOString() }, world.clock.at);
  await world.settle();
  // It is used anew, since the workload must survive a host; with other addresses than those that it still has.
  expect(await placesOf(world)).toEqual(expect.arrayContaining(after));
  const [old] = [...gone.containers];
  await gone.sync();
  await world.settle();
  expect(gone.containers.has(old![0])).toBe(false);
  expect((await world.context.store.read((reader) => openAddresses(reader, gone.id))).some(({ address }) => address === old![1].address)).toBe(false);
});

test('other automatic actions ask as well: what goes too far waits, and is done once a person released it', async () => {
  await using world = await openFleet(4);
  const { context, hosts } = { context: world.context, hosts: world.hosts };
  const restart = async (...list: ModelHost[]) => {
    const { may, holdId } = await mayAct(context, { action: 'restart', reaches: list.map(({ id }) => ({ hostId: id, replicas: {} })), wouldDo: 'restart what runs there' });
    return { may: [...may], holdId };
  };
  const holds = async () => (await context.store.read((reader) => listHolds(reader, { state: 'all', limit: 10 }))).map(({ state, hosts: held, grounds }) => `${state} ${held.map(({ name }) => name).join(' ')}: ${grounds.sentence}`);
  const [a, b, c, d] = hosts as [ModelHost, ModelHost, ModelHost, ModelHost];
  expect(await restart(a)).toEqual({ may: [a.id], holdId: null });
  // The same host again is no further one; others are, and wait together.
  const first = await restart(a, b, c);
  expect(first.may).toEqual([a.id]);
  expect(await holds()).toEqual(['held h2 h3: 2 of 4 hosts at once after 1 within the window: without a person at most 1']);
  expect(await restart(b)).toEqual({ may: [], holdId: first.holdId });
  expect(await holds()).toEqual([expect.stringMatching(/^held h2:/)]);
  await decideHold(context, ANN, first.holdId!, 'released', 'they may');
  expect(await restart(b)).toEqual({ may: [b.id], holdId: null });
  const declined = await restart(c);
  await decideHold(context, ANN, declined.holdId!, 'declined', 'not today');
  expect(await restart(c)).toEqual({ may: [], holdId: null });
  // What is not wanted any more does not wait for anybody, and what waits goes on when the window has passed.
  await restart(d);
  await restart();
  expect(await holds()).toContainEqual(expect.stringMatching(/^over h4/));
  await restart(d);
  world.clock.at += 300_000;
  expect(await restart(d)).toEqual({ may: [d.id], holdId: null });
  expect((await holds()).some((text) => text.startsWith('held'))).toBe(false);
});

test('what needs a person is not done without one, however little it is', async () => {
  await using world = await openFleet(3);
  const [a] = world.hosts as [ModelHost];
  const asked = { action: 'evict', reaches: [{ hostId: a.id, replicas: {} }], wouldDo: 'stop what nobody knows', needsPerson: true } as const;
  const { may, holdId } = await mayAct(world.context, asked);
  expect(may.size).toBe(0);
  await decideHold(world.context, ANN, holdId!, 'released', 'they were tests');
  expect((await mayAct(world.context, asked)).may).toEqual(new Set([a.id]));
});
