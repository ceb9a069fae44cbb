// A machine joins in each mode of its network: with its own network shared by its containers, or with a tunnel to the others; and gets the one
// address, the ways and nothing else.
import { expect, test } from 'vitest';
import { PROTOCOL_VERSION, type JoinRequest } from '#agents/protocol.ts';
import { modelHost, openWorld, type World } from '#test/contract/world.ts';
import { assignmentOf } from '../db/assignments.ts';
import { listHosts } from '../db/hosts.ts';
import { insertJoinToken } from '../db/join-tokens.ts';
import type { JoinTerms } from '../db/schema/fleet.ts';
import { hashOf, joinHost } from './join.ts';
import { viewNetworks } from '../addresses/network-views.ts';
import { addNetwork } from '../addresses/networks.ts';

const FACTS: JoinRequest['facts'] = { hostname: 'h', bootId: 'b', agentVersion: '0', engineVersion: '20', engineApiVersion: '1.41', kernel: '6', architecture: 'x64', cgroupVersion: 2, cpuMilli: 16_000, memoryMib: 32_768 };
const SRE = { id: 'u', name: 'sre' } as never;

async function join(world: World, name: string, terms: Partial<JoinTerms>, request: Partial<JoinRequest>): Promise<string> {
  const token = `token-of-${name}-0123456789`;
  const now = world.clock.at;
  const all: JoinTerms = { kind: 'physical', site: 'dc1', rack: name, mode: 'host', dns: [], costCentsPerHour: 0, performance: 50, stability: 50, labels: {}, taints: [], environments: [], ...terms };
  await world.context.store.tx((tx) => insertJoinToken(tx, { id: world.context.ids.next(), tokenHash: hashOf(token), terms: all, createdBy: 'sre', createdAt: now, expiresAt: now + 60_000, usedBy: null }));
  return (await joinHost(world.context, { protocol: PROTOCOL_VERSION, token, name, address: '10.9.1.77', uplink: 'eth0', facts: FACTS, ...request })).hostId;
}

const networkOfHost = async (world: World, hostId: string) => (await world.context.store.read((reader) => assignmentOf(reader, hostId)))?.network;

test("a host whose containers share its network takes one replica, with its own address, which nobody else is given", async () => {
  await using world = await openWorld();
  const free = async () => Object.fromEntries((await world.context.store.read((reader) => viewNetworks(reader, world.clock.at))).map(({ name, free: left }) => [name, left]));
  const before = await free();
  const hostId = await join(world, 'edge1', {}, {});
  // Its address lies in the flat network's range for replicas, and is taken out of it.
  expect(await free()).toEqual({ dc: before['dc']! - 1, edge1: 1 });
  const host = modelHost(world.context, world.clock, hostId, 'edge1');
  await world.settle();
  await host.sync();
  await world.settle();
  await world.ask({ survive: 'none', minReplicas: 2 });
  await world.settle();
  const placed = (await world.replicas()).filter((replica) => replica.hostId === hostId);
  expect(placed.map(({ address }) => address)).toEqual(['10.9.1.77']);
  expect(await networkOfHost(world, hostId)).toMatchObject({ mode: 'host', cidr: '10.9.1.77/32', gateway: '10.9.1.77', hostAddress: '10.9.1.77' });
  expect((await free())['edge1']).toBe(0);
  // Whoever waits beside it is told why, as data.
  expect(world.context.waiting.current.unplaced[0]?.eliminations.map(({ closest }) => [closest.rule, closest.resource])).toEqual([['addresses', 'host-network']]);
});

test('hosts that join with a tunnel hear of each other, and a third one is told to both', async () => {
  await using world = await openWorld();
  const ids: string[] = [];
  for (const number of [1, 2, 3]) {
    ids.push(await join(world, `vm${number}`, { kind: 'cloud-vm', mode: 'routed', tunnel: true }, { address: `10.8.0.${number}`, containerCidr: `10.77.${number}.0/24` }));
    await world.context.loops.runOnce('dispatch');
  }
  const peersOf = async (id: string) => (await networkOfHost(world, id))?.tunnel?.peers.map(({ cidr }) => cidr);
  expect(await Promise.all(ids.map(peersOf))).toEqual([['10.77.2.0/24', '10.77.3.0/24'], ['10.77.1.0/24', '10.77.3.0/24'], ['10.77.1.0/24', '10.77.2.0/24']]);
});

test('a flat network may be added around a host that shares its own, and never gives its address', async () => {
  await using world = await openWorld();
  await join(world, 'edge2', {}, { address: '10.55.0.20' });
  await addNetwork(world.context, SRE, { name: 'floor', site: 'dc1', cidr: '10.55.0.0/24', gateway: '10.55.0.1', first: '10.55.0.20', last: '10.55.0.21', excluded: [], dns: [], vlan: 7 });
  const floor = (await world.context.store.read((reader) => viewNetworks(reader, world.clock.at))).find(({ name }) => name === 'floor');
  expect([floor?.free, floor?.vlan]).toEqual([1, 7]);
});

test('a token for one machine is good once, for a short time, and for the kind, the place and the range that it was made for', async () => {
  await using world = await openWorld();
  const terms = { kind: 'cloud-vm', site: 'cloud', rack: 'pool-vm16', mode: 'routed', containerCidr: '10.60.0.0/24' } as const;
  const away = { address: '10.50.0.9' };
  await expect(join(world, 'vm1', terms, { ...away, containerCidr: '10.60.1.0/24' })).rejects.toThrow(/containerCidr.*is not the range that this machine was made for/s);
  const hostId = await join(world, 'vm2', { ...terms, containerCidr: '10.60.2.0/24' }, away);
  expect((await world.context.store.read(listHosts)).find(({ id }) => id === hostId)).toMatchObject({ kind: 'cloud-vm', site: 'cloud', rack: 'pool-vm16', name: 'vm2' });
  const again = { protocol: PROTOCOL_VERSION, token: 'token-of-vm2-0123456789', name: 'vm3', address: '10.50.0.10', uplink: 'eth0', facts: FACTS };
  await expect(joinHost(world.context, again)).rejects.toThrow('This join token was used by vm2');
  world.clock.at += 60_001;
  // A refused join used nothing up, and its time is over all the same.
  await expect(joinHost(world.context, { ...again, token: 'token-of-vm1-0123456789' })).rejects.toThrow('This join token expired at');
});
