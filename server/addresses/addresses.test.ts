// The ledger answers who held an address at an instant; what is kept back or answered for by something else is never given; ranges are read in
// whole or not at all; and networks say when they run out.
import { expect, test } from 'vitest';
import type { AddressConflict } from '#agents/protocol.ts';
import { listConflicts } from '../db/address-conflicts.ts';
import { listReservations } from '../db/address-reservations.ts';
import { listEvents } from '../db/events.ts';
import { insertNetwork } from '../db/networks.ts';
import { replicaById } from '../db/replicas.ts';
import { openWorld, type World } from '#test/contract/world.ts';
import { forecast, heldByDay, shared, slope } from './forecast.ts';
import { importLines } from './import.ts';
import { cardOf, reserve, searchLedger, settleConflict, unreserve } from './addresses.ts';
import { hostNetwork, whoseWaysChanged } from './host-network.ts';
import { runsOf, usesOf, viewNetworks } from './network-views.ts';
import { editNetwork, requireNetwork } from './networks.ts';

const SRE = { id: 'u', name: 'sre' } as never;
const DAY_MS = 86_400_000;

async function worldWithOne(last = '10.9.1.15'): Promise<{ world: World; replicaId: string; address: string }> {
  const world = await openWorld({ last });
  await world.addHost('one');
  await world.ask({ survive: 'none' });
  await world.settle();
  for (const host of world.hosts) await host.sync();
  await world.settle();
  const replica = (await world.replicas()).find(({ address }) => address !== null)!;
  return { world, replicaId: replica.id, address: replica.address! };
}

test('who held an address at an instant is found by address, MAC, host, workload and part of a name', async () => {
  const { world, address, replicaId } = await worldWithOne();
  await using _ = world;
  const now = world.clock.at;
  const find = (filter: Parameters<typeof searchLedger>[1]) => world.context.store.read((reader) => searchLedger(reader, filter));
  const [held] = await find({ address, now, limit: 10 });
  expect(held).toMatchObject({ replicaId, host: 'one', heldUntil: null });
  for (const filter of [{ mac: held!.mac }, { host: 'one' }, { workload: held!.workload }, { replica: held!.replica }, { q: held!.replica.slice(1, -1).toUpperCase() }, { network: 'dc' }, { state: 'held' as const }]) {
    expect((await find({ ...filter, now, limit: 100 })).map((row) => row.replicaId)).toContain(replicaId);
  }
  expect(await find({ address, at: held!.heldFrom - 1, now, limit: 10 })).toEqual([]);
  expect(await find({ address, at: held!.heldFrom, now, limit: 10 })).toHaveLength(1);
  expect(await find({ q: '%', now, limit: 10 })).toEqual([]);
  await expect(find({ network: 'elsewhere', now, limit: 1 })).rejects.toThrow('There is no network elsewhere.');
});

test('what is kept back is given to nobody, shows with its note, and may be given again', async () => {
  const { world, address } = await worldWithOne();
  await using _ = world;
  const { context } = world;
  const view = async () => (await context.store.read((reader) => viewNetworks(reader, world.clock.at)))[0]!;
  const before = await view();
  const row = await reserve(context, SRE, { network: 'dc', kind: 'reserved', first: '10.9.1.10', last: '10.9.1.12', note: 'printers' });
  expect([(await view()).free, (await view()).reserved]).toEqual([before.free - 3, 3]);
  const card = await context.store.read((reader) => cardOf(reader, '10.9.1.11', world.clock.at));
  expect([card.use, card.reservation?.note]).toEqual(['reserved', 'printers']);
  const refused = (first: string, last: string, kind: 'reserved' | 'excluded' = 'excluded') => reserve(context, SRE, { network: 'dc', kind, first, last, note: 'x' });
  await expect(refused(address, address)).rejects.toThrow(new RegExp(`^${address.replaceAll('.', '\\.')} is held by .* on one: move or remove it first`));
  await expect(refused('10.9.1.12', '10.9.1.13')).rejects.toThrow(/overlaps 10\.9\.1\.10 to 10\.9\.1\.12, which sre reserved: printers/);
  await expect(refused('10.9.1.13', '10.9.2.13')).rejects.toThrow(/last is 10\.9\.2\.13: it is not among the addresses for replicas of dc \(allowed: 10\.9\.1\.0 to 10\.9\.1\.15\)/);
  const runs = await context.store.read(async (reader) => runsOf(await requireNetwork(reader, 'dc'), await usesOf(reader, await requireNetwork(reader, 'dc'), world.clock.at)));
  expect(runs.runs).toContainEqual({ first: '10.9.1.10', last: '10.9.1.12', count: 3, use: 'reserved' });
  expect(runs.runs.reduce((sum, { count }) => sum + count, 0)).toBe(16);
  await unreserve(context, SRE, row.id);
  expect((await view()).free).toBe(before.free);
});

test('lines are read in whole or not at all; errors name line, field and what is allowed; a dry run finds the same', async () => {
  const { world, address } = await worldWithOne();
  await using _ = world;
  const { context } = world;
  const good = ['kind,network,range,note,site,gateway,first,last,dns,vlan', '# new floor', 'network,floor2,10.40.0.0/24,,dc2,10.40.0.1,10.40.0.10,10.40.0.99,10.40.0.2;10.40.0.3,120', 'exclude,floor2,10.40.0.20-10.40.0.29,"printers, old"', 'reserve,dc,10.9.1.14,spare'].join('\n');
  const bad = `${good}\nreserve,dc,${address},mine\nexclude,nowhere,10.40.0.1,x\nreserve,dc,10.9.1.900,x\nfoo,dc,10.9.1.3,x\nreserve dc 10.9.1.13`;
  const failed = await importLines(context, SRE, bad, false);
  expect(failed.applied).toBe(false);
  expect(failed.errors.map(({ line, field, value }) => [line, field, value])).toEqual([[6, 'first', address], [7, 'network', 'nowhere'], [8, 'range', '10.9.1.900'], [9, 'kind', 'foo'], [10, 'note', '']]);
  expect(failed.errors[0]!.message).toMatch(/is held by .* on one/);
  const dry = await importLines(context, SRE, good, true);
  expect(dry).toMatchObject({ applied: false, errors: [], networks: 1, addresses: 11 });
  expect(await context.store.read((reader) => listReservations(reader))).toEqual([]);
  expect(await importLines(context, SRE, good, false)).toEqual({ ...dry, applied: true });
  expect((await context.store.read((reader) => requireNetwork(reader, 'floor2'))).vlan).toBe(120);
  expect((await context.store.read((reader) => listReservations(reader))).map(({ first, last, note, kind }) => [first, last, note, kind])).toEqual([['10.40.0.20', '10.40.0.29', 'printers, old', 'excluded'], ['10.9.1.14', '10.9.1.14', 'spare', 'reserved']]);
  expect((await importLines(context, SRE, good, false)).lines.map(({ action }) => action)).toEqual(['already', 'already', 'already']);
});

test('an address that something else answers for is told with both MACs, given to nobody, and its replica gets another one', async () => {
  const { world, address, replicaId } = await worldWithOne();
  await using _ = world;
  const { context, hosts: [host] } = world;
  const conflict: AddressConflict = { address, replicaId, ownMac: '02:42:0a:09:01:00', otherMac: '52:54:00:aa:00:01', running: false, at: new Date(world.clock.at).toISOString() };
  const report = context.fleet.get(host!.id)!.report!;
  context.fleet.reported(host!.id, { ...report, conflicts: [conflict] }, world.clock.at);
  await context.loops.runOnce('addresses');
  await world.settle();
  const replica = await context.store.read((reader) => replicaById(reader, replicaId));
  expect(replica!.hostId).toBe(host!.id);
  expect(replica!.address).not.toBe(address);
  const [row] = await context.store.read((reader) => listConflicts(reader, { limit: 10 }));
  expect(row).toMatchObject({ address, otherMac: '52:54:00:aa:00:01', action: 'given-another', endedAt: null });
  expect(row!.outcome).toContain(`has ${replica!.address} instead`);
  const events = await context.store.read((reader) => listEvents(reader, { limit: 50, teams: null }));
  expect(events.find(({ kind }) => kind === 'address.conflict')?.message).toMatch(/is answered for by 52:54:00:aa:00:01 besides its own 02:42:0a:09:01:00/);
  // The host stops the one and starts the other; nobody gets the address that something else has.
  await host!.sync();
  await world.settle();
  await world.pass(context.config.quarantineMs + 1_000);
  expect(host!.containers.get(replicaId)?.address).toBe(replica!.address);
  expect((await context.store.read((reader) => cardOf(reader, address, world.clock.at))).use).toBe('conflict');
  await settleConflict(context, SRE, row!.id);
  expect((await context.store.read((reader) => cardOf(reader, address, world.clock.at))).use).toBe('free');
});

test('where no other address is left the replica waits, and says so', async () => {
  const { world, address, replicaId } = await worldWithOne();
  await using _ = world;
  const { context, hosts: [host] } = world;
  const { runs } = await context.store.read(async (reader) => runsOf(await requireNetwork(reader, 'dc'), await usesOf(reader, await requireNetwork(reader, 'dc'), world.clock.at)));
  for (const { first, last } of runs.filter(({ use }) => use === 'free')) await reserve(context, SRE, { network: 'dc', kind: 'excluded', first, last, note: 'full' });
  const conflict: AddressConflict = { address, replicaId, ownMac: 'a', otherMac: 'b', running: false, at: new Date(world.clock.at).toISOString() };
  const report = context.fleet.get(host!.id)!.report!;
  context.fleet.reported(host!.id, { ...report, conflicts: [conflict] }, world.clock.at);
  await context.loops.runOnce('addresses');
  const [row] = await context.store.read((reader) => listConflicts(reader, { limit: 10 }));
  expect(row).toMatchObject({ action: 'waits', outcome: expect.stringMatching(/waits: its network has no other address left/) });
  // Whoever answered is gone, and the host started it: the conflict ends by itself.
  context.fleet.reported(host!.id, report, world.clock.at);
  await context.loops.runOnce('addresses');
  expect((await context.store.read((reader) => listConflicts(reader, { limit: 1 })))[0]!.endedAt).not.toBeNull();
});

test('a change of a range takes no address from anybody', async () => {
  const { world, address } = await worldWithOne();
  await using _ = world;
  await expect(editNetwork(world.context, SRE, 'dc', { excluded: [address] })).rejects.toThrow(/is held by .* on one: it would no longer be one of network dc/);
  await expect(editNetwork(world.context, SRE, 'dc', { first: '10.9.1.9' })).rejects.toThrow(/is held by/);
  await expect(editNetwork(world.context, SRE, 'dc', { tunnel: true })).rejects.toThrow(/tunnel is true: it is for routed networks, and dc is flat/);
  await editNetwork(world.context, SRE, 'dc', { last: '10.9.1.30' });
  expect((await world.context.store.read((reader) => requireNetwork(reader, 'dc'))).last).toBe('10.9.1.30');
});

test('a trend is the line through the days, and the maximum of the autoscaler is shared out whole', () => {
  expect(slope([1])).toBeNull();
  expect(slope([10, 12, 14, 16])).toBe(2);
  expect(slope([5, 5, 5])).toBe(0);
  expect(heldByDay(20, [{ daysAgo: 0, taken: 5, givenBack: 1 }, { daysAgo: 1, taken: 0, givenBack: 2 }], 2 * DAY_MS)).toEqual([18, 16, 20]);
  expect(heldByDay(20, [], DAY_MS / 2)).toEqual([20]);
  expect([...shared(5, ['a', 'b', 'b'])]).toEqual([['a', 2], ['b', 3]]);
  expect([...shared(5, [])]).toEqual([]);
  const view = { id: 'n', name: 'dc', mode: 'flat', site: 's', held: 16, quarantined: 0, reserved: 0, free: 10 } as never;
  expect(forecast(view, [10, 12, 14, 16], 14, 0)).toMatchObject({ runsOutInDays: 5, level: 'short', atMaximum: { more: 14, short: 4 }, sentence: "dc runs out in about 5 days at the present rate (2 a day over 3 days, 10 free); at the autoscaler's maximum it is short by 4 of 14." });
  expect(forecast(view, [16], undefined, 0)).toMatchObject({ runsOutInDays: null, level: 'well', sentence: 'dc has 10 free addresses; there is less than a day of history to tell a trend from.' });
  expect(forecast(view, [20, 18, 16], undefined, 0)).toMatchObject({ runsOutInDays: null, level: 'well' });
});

test('hosts of one tunnel hear of one another, and of nobody else', async () => {
  const end = (host: string, vni: number, last: number) => ({ vni, hostId: host, address: `10.8.0.${last}`, cidr: `10.77.${last}.0/24` });
  const ends = [end('a', 1, 1), end('b', 1, 2), end('c', 2, 3)];
  const network = { id: 'n', name: 'a', mode: 'routed', cidr: '10.77.1.0/24', gateway: '10.77.1.1', vlan: null, tunnelVni: 1 } as Parameters<typeof insertNetwork>[1];
  expect(hostNetwork({ id: 'a', address: '10.8.0.1', uplink: 'eth0' }, network, ends).tunnel).toEqual({ vni: 1, peers: [{ address: '10.8.0.2', cidr: '10.77.2.0/24' }] });
  expect(hostNetwork({ id: 'a', address: '10.8.0.1', uplink: 'eth0' }, { ...network, tunnelVni: null, vlan: 7 }, ends)).toEqual({ name: 'firn', bridge: 'firn0', mode: 'routed', uplink: 'eth0', cidr: '10.77.1.0/24', gateway: '10.77.1.1', hostAddress: '10.8.0.1', vlan: 7 });
  expect(whoseWaysChanged(ends, ends)).toEqual([]);
  expect(whoseWaysChanged(ends, [...ends, end('d', 2, 4)])).toEqual(['c', 'd']);
});
