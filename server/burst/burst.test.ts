// The whole way of a burst with a cloud in memory behind a real hook: bought when room is short, joined by itself, used, emptied when it is spared, given
// back, and every cent of it in the ledger; and hooks that refuse, hang, lie and deliver less.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cloud } from '#test/contract/cloud.ts';
import { ANN, openWorld, type World } from '#test/contract/world.ts';
import { temporaryFolder } from '#test/contract/start.ts';
import { decideHold } from '../control/governor.ts';
import { setPool } from './pools.ts';
import { chargesOfVms, historyOf, listVms, type BurstVmRow, vmsOut } from '../db/burst-vms.ts';
import { listEvents } from '../db/events.ts';
import { listHolds, putGovernorSettings } from '../db/governor.ts';
import { listHosts } from '../db/hosts.ts';
import { listJoinTokens } from '../db/join-tokens.ts';
import { listNetworks } from '../db/networks.ts';
import { currentPolicy, insertPolicy } from '../db/policies.ts';
import { BurstSettings, type BurstSettingsInput, ProvisionerEdit } from '../http/contract/burst.ts';
import { GovernorSettings } from '../http/contract/verdicts.ts';
import { setProvisioner, setRules } from './rules.ts';
import { decideProposal } from './proposals.ts';
import { listBurstProposals } from '../db/burst.ts';
import { actOnVm, buyNow, retreatNow } from './verbs.ts';
import { alertsNow } from './alerts.ts';
import { openBurstMemory } from './memory.ts';

const MINUTE = 60_000;
const SIZE = { cpuMilli: 16_000, memoryMib: 32_768 };
let stack: AsyncDisposableStack;
let world: World;
let cloud: Cloud;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  const folder = temporaryFolder();
  stack.defer(() => folder.remove());
  cloud = stack.use(new Cloud());
  world = stack.use(await openWorld({ config: { provisioners: await cloud.start(folder.path) } }));
  await setPool(world.context, ANN, 'vm16', { site: 'cloud', capacity: SIZE, costCentsPerHour: 90, limit: 5, performance: 50, stability: 50, labels: {}, taints: [], environments: [] });
  await setProvisioner(world.context, ANN, 'vm16', ProvisionerEdit.parse({ hook: 'cloud', rangeSupernet: '10.60.0.0/16' }));
  await world.context.store.tx(async (tx) => {
    const { version, record } = await currentPolicy(tx);
    await insertPolicy(tx, { version: version + 1, record: { ...record, movesPerHour: 1_000 }, createdBy: 'ann', createdAt: world.clock.at, why: 'test' });
  });
  await world.addHost('own');
});
afterEach(() => stack.disposeAsync());

const rules = (more: BurstSettingsInput = {}) => setRules(world.context, ANN, BurstSettings.parse({ mode: 'automatic', capCentsPerHour: 400, capCentsPerDay: 4_000, retreat: { holdMinutes: 1 }, ...more }));
/** So many containers of the default shape, of which the own host holds three. */
const want = (minReplicas: number) => world.ask({ peakQps: 1, minReplicas, headroomPermille: 0, survive: 'none', cloud: 'allowed', shape: 'standard' });

/** The loop looks, calls end, hosts do what they are told; so often, a few seconds apart. */
async function rounds(count: number, stepMs = 4_000): Promise<void> {
  for (let round = 0; round < count; round += 1) {
    world.clock.at += stepMs;
    for (const host of world.hosts) if (!host.isCutOff) world.context.fleet.heard(host.id, world.clock.at);
    await world.settle();
    await world.context.loops.runOnce('burst');
    await Promise.all([...world.context.burst.vms.values()].flatMap(({ call }) => (call === null ? [] : [call.done])));
    await world.context.loops.settled();
    for (const host of world.hosts) await host.sync();
    await world.settle();
  }
}

const all = () => world.context.store.read((reader) => listVms(reader, { limit: 100 }));
const states = async () => (await all()).map(({ name, state }) => `${name} ${state}`).sort();
const paid = async (row: BurstVmRow) => (await world.context.store.read((reader) => chargesOfVms(reader, [row.id]))).map(({ cents }) => cents);
const messages = async (kind: string) => (await world.context.store.read((reader) => listEvents(reader, { limit: 50, kind, teams: null }))).map(({ message }) => message);
const actions = () => cloud.asked.map(({ action }) => action).filter((action) => action !== 'describe' && action !== 'list');

test('short room is bought, joins with its route, serves, goes when it is spared, and the ledger has each paid hour once', async () => {
  await rules();
  const workload = await want(6);
  await rounds(6);
  expect(await states()).toEqual(['burst-vm16-1 joining']);
  expect([actions(), [...cloud.routes]]).toEqual([['create', 'route-add'], ['10.60.0.0/24 via 10.8.0.11']]);
  await cloud.boot(world, 'burst-vm16-1');
  await rounds(3);
  expect(await states()).toEqual(['burst-vm16-1 in-use']);
  const host = (await world.context.store.read(listHosts)).find(({ name }) => name === 'burst-vm16-1')!;
  const there = (await world.replicas()).filter(({ hostId }) => hostId === host.id);
  expect([there.length, there.every(({ address }) => address?.startsWith('10.60.0.'))]).toEqual([3, true]);
  // Demand falls: what is left fits at home.
  await world.ask({ peakQps: 1, minReplicas: 2, headroomPermille: 0, survive: 'none', cloud: 'allowed', shape: 'standard' });
  await rounds(10, 15_000);
  expect(await states()).toEqual(['burst-vm16-1 emptied']);
  expect((await world.replicas()).filter(({ hostId, workloadId }) => hostId === host.id && workloadId === workload)).toEqual([]);
  await rounds(2, 28 * MINUTE);
  await rounds(6);
  expect(await states()).toEqual(['burst-vm16-1 released']);
  const [row] = await all();
  expect([await paid(row!), row!.predictedCents, cloud.machines.size, cloud.routes.size, actions()]).toEqual([[90], 90, 0, 0, ['create', 'route-add', 'destroy', 'route-remove']]);
  expect((await world.context.store.read(listHosts)).map(({ name }) => name)).toEqual(['own']);
  expect((await world.context.store.read(listNetworks)).map(({ name }) => name)).toEqual(['dc']);
  const history = await world.context.store.read((reader) => historyOf(reader, row!.id));
  expect([...new Set(history.map(({ state }) => state))]).toEqual(['asked', 'provisioning', 'joining', 'ready', 'in-use', 'emptying', 'emptied', 'releasing', 'released']);
}, 60_000);

test('an emptied VM is taken back before another one is bought', async () => {
  await rules();
  await want(6);
  await rounds(6);
  await cloud.boot(world, 'burst-vm16-1');
  await rounds(3);
  await want(2);
  await rounds(10, 15_000);
  expect(await states()).toEqual(['burst-vm16-1 emptied']);
  await want(6);
  await rounds(5);
  expect(await states()).toEqual(['burst-vm16-1 in-use']);
  expect(actions()).toEqual(['create', 'route-add']);
}, 60_000);

test('of VMs that are spared, more at once than the governor lets go wait for a person', async () => {
  await rules();
  await want(9);
  await rounds(6);
  for (const name of ['burst-vm16-1', 'burst-vm16-2']) await cloud.boot(world, name);
  await rounds(4);
  const limit = { hostPermille: 250, replicaPermille: 1000, windowMs: 3_600_000 };
  await world.context.store.tx((tx) => putGovernorSettings(tx, GovernorSettings.parse({ retreat: limit }), 'ann', world.clock.at));
  await world.addHost('own2', { cpuMilli: 32_000, memoryMib: 65_536 });
  await rounds(8, 15_000);
  const holds = await world.context.store.read((reader) => listHolds(reader, { state: 'held', limit: 5 }));
  expect(holds.map(({ action, hosts, workloads }) => [action, hosts.length, workloads.map(({ replicas }) => replicas)])).toEqual([['retreat', 1, [3]]]);
  const [waits] = holds[0]!.hosts;
  expect((await states()).filter((state) => state.endsWith('in-use'))).toEqual([`${waits!.name} in-use`]);
  await decideHold(world.context, ANN, holds[0]!.id, 'released', 'the day is over');
  await rounds(8, 15_000);
  expect((await states()).filter((state) => state.endsWith('in-use'))).toEqual([]);
}, 60_000);

test('a hook that fails first is asked again, and there is one machine', async () => {
  await rules();
  let failures = 0;
  cloud.manner = (ask) => (ask.action === 'create' && (failures += 1) < 3 ? (failures === 1 ? 'no json' : { version: 1, ok: false, error: 'the region is busy', retry: true }) : null);
  await want(4);
  await rounds(12);
  await cloud.boot(world, 'burst-vm16-1');
  await rounds(3);
  expect([await states(), actions().filter((action) => action === 'create').length, cloud.machines.size]).toEqual([['burst-vm16-1 in-use'], 3, 1]);
  expect((await all())[0]!.attempt).toBe(3);
  // Each try had a token of its own, and nobody joins with those that are left.
  expect((await world.context.store.read(listJoinTokens)).filter(({ createdBy }) => createdBy.startsWith('burst')).map(({ usedBy }) => usedBy)).toEqual(['burst-vm16-1']);
}, 60_000);

test('a refusal ends without a cent, and the pool cools while another one is bought from', async () => {
  await setPool(world.context, ANN, 'other', { site: 'cloud', capacity: SIZE, costCentsPerHour: 120, limit: 5, performance: 50, stability: 50, labels: {}, taints: [], environments: [] });
  await setProvisioner(world.context, ANN, 'other', ProvisionerEdit.parse({ hook: 'cloud', rangeSupernet: '10.61.0.0/16' }));
  await rules();
  cloud.manner = (ask) => (ask.action === 'create' && ask.pool === 'vm16' ? { version: 1, ok: false, error: 'no quota in this region', retry: false } : null);
  await want(4);
  await rounds(12);
  expect(await states()).toEqual(['burst-other-1 joining', 'burst-vm16-1 failed']);
  const failed = (await all()).find(({ pool }) => pool === 'vm16')!;
  expect((await messages('burst.vm-failed'))).toEqual(['burst-vm16-1: The provisioner refuses it: no quota in this region']);
  expect([failed.reason.sentence, await paid(failed)]).toEqual(['The provisioner refuses it: no quota in this region', []]);
}, 60_000);

test('a smaller VM is used at its real size; one that is far too small is given back and paid for', async () => {
  await rules();
  await want(4);
  await rounds(6);
  await cloud.boot(world, 'burst-vm16-1', { cpuMilli: 9_000, memoryMib: 20_000 });
  await rounds(3);
  const [row] = await all();
  expect([row!.state, row!.delivered, (await messages('burst.vm-ready'))[0]]).toEqual(['in-use', { cpuMilli: 9_000, memoryMib: 20_000 }, 'burst-vm16-1: It joined with 9000 millicores and 20000 MiB instead of 16000 and 32768, and is used at that size']);
  await want(8);
  await rounds(6);
  await cloud.boot(world, 'burst-vm16-2', { cpuMilli: 2_000, memoryMib: 4_000 });
  await rounds(6);
  const small = (await all()).find(({ name }) => name === 'burst-vm16-2')!;
  expect([small.state, small.reason.code, await paid(small), cloud.machines.size]).toEqual(['failed', 'too-small', [90], 1]);
}, 60_000);

test('after a crash of the server nothing is bought twice, and what was asked for is found', async () => {
  await rules();
  cloud.manner = (ask) => {
    if (ask.action !== 'create') return null;
    cloud.answer(ask);
    return 'the answer is lost';
  };
  await want(4);
  await rounds(3);
  expect([(await all()).length, cloud.machines.size]).toEqual([1, 1]);
  // What the process knew is gone; the rows are not.
  Object.assign(world.context.burst, openBurstMemory());
  cloud.manner = () => null;
  await rounds(4);
  expect([await states(), cloud.machines.size, actions().filter((action) => action === 'create').length]).toEqual([['burst-vm16-1 joining'], 1, 1]);
}, 60_000);

test('a cap keeps what is needed from being bought, and says what would be; a cap of zero buys nothing', async () => {
  await rules({ capCentsPerHour: 100 });
  await want(12);
  await rounds(4);
  expect((await world.context.store.read(vmsOut)).length).toBe(1);
  expect((await alertsNow(world.context)).map(({ sentence }) => sentence)).toEqual(['The cap of 100 cents an hour leaves 10: would buy 2 VMs for 180 cents an hour, buys 0']);
  await rules({ capCentsPerDay: 0 });
  await rounds(2);
  expect((await alertsNow(world.context)).map(({ code }) => code)).toEqual(['cap-zero']);
  await expect(buyNow(world.context, ANN, { mix: [{ pool: 'vm16', count: 1 }], reason: 'try', dryRun: false })).rejects.toMatchObject({ code: 'cap-reached' });
}, 60_000);

test('a proposal says what it would be, buys when somebody approves, and lapses when it is not needed', async () => {
  await rules({ mode: 'propose' });
  await want(6);
  await rounds(4);
  const open = () => world.context.store.read((reader) => listBurstProposals(reader, 'open', 10));
  const [proposal] = await open();
  expect([cloud.asked.length > 0 ? actions() : [], proposal!.purchase.mix.map(({ pool, count }) => [pool, count]), proposal!.purchase.givesRoomFor]).toEqual([[], [['vm16', 1]], [{ workload: 'quote.production', replicas: 3 }]]);
  await decideProposal(world.context, ANN, proposal!.id, 'approve', '');
  await expect(decideProposal(world.context, ANN, proposal!.id, 'approve', '')).rejects.toMatchObject({ code: 'burst-proposal-decided' });
  await rounds(4);
  expect([await states(), await open()]).toEqual([['burst-vm16-1 joining'], []]);
}, 60_000);

test('people buy, keep, let go and abandon; each refusal says why', async () => {
  await rules();
  expect((await buyNow(world.context, ANN, { reason: 'look', dryRun: true })).sentence.code).toBe('nothing');
  expect((await buyNow(world.context, ANN, { mix: [{ pool: 'vm16', count: 2 }], reason: 'tomorrow', dryRun: true })).vms).toEqual([]);
  await buyNow(world.context, ANN, { mix: [{ pool: 'vm16', count: 2 }], reason: 'tomorrow', dryRun: false });
  await expect(buyNow(world.context, ANN, { mix: [{ pool: 'vm16', count: 4 }], reason: 'more', dryRun: false })).rejects.toMatchObject({ code: 'pool-limit' });
  await rounds(3);
  await expect(actOnVm(world.context, ANN, 'burst-vm16-1', { verb: 'retreat', reason: 'x' })).rejects.toThrow('it is joining, and only a VM that serves can be emptied');
  for (const name of ['burst-vm16-1', 'burst-vm16-2']) await cloud.boot(world, name);
  await rounds(2);
  await actOnVm(world.context, ANN, 'burst-vm16-1', { verb: 'keep', until: new Date(world.clock.at + 60 * MINUTE).toISOString(), reason: 'a push' });
  await rounds(10, 15_000);
  expect(await states()).toEqual(['burst-vm16-1 ready', 'burst-vm16-2 emptied']);
  expect((await retreatNow(world.context, ANN, { reason: 'look', dryRun: true })).steps).toEqual([]);
  await actOnVm(world.context, ANN, 'burst-vm16-1', { verb: 'abandon', reason: 'wrong region' });
  await rounds(6);
  expect([await states(), cloud.machines.size]).toEqual([['burst-vm16-1 released', 'burst-vm16-2 emptied'], 1]);
}, 60_000);

test('a machine that nothing here knows is shown and told, and not taken away', async () => {
  await rules();
  cloud.manner = (ask) => (ask.action === 'list' ? { version: 1, ok: true, machines: [{ providerId: 'i-99', state: 'running', name: 'forgotten', requestId: 'r-0' }] } : null);
  await rounds(1);
  await expect.poll(() => world.context.burst.strangers.size, { timeout: 10_000 }).toBe(1);
  expect((await alertsNow(world.context)).map(({ code }) => code)).toEqual(['stranger']);
  expect(actions()).toEqual([]);
}, 60_000);
