// Each hard rule: what it lets pass, and the reason that it gives when it does not, as data and as a sentence.

import { expect, test } from 'vitest';
import { sentence } from './explain.ts';
import { demandView, feasible, type HostView, hostView, rules } from './feasible.ts';
import { host, replica, snapshot, workload } from './fixtures/build.ts';
import type { Ask, Caps, Reason, Shape } from './model.ts';
import { overlay } from './overlay.ts';
import { prepare } from './prepare.ts';

const room = { free: { cpuMilli: 8000, memoryMib: 16_384 }, addressesFree: 5, isUsed: true, cloudCentsPerHour: 100, here: { host: 0, rack: 0, site: 0 } };
const view = (parts: Partial<HostView> = {}, facts: Parameters<typeof host>[1] = {}): HostView => ({ host: host('h1', facts), ...room, ...parts });
const ask = (parts: Partial<Ask> = {}, caps: Caps = {}, environment = 'production', keeps: string | null = null) =>
  demandView(prepare(snapshot()), workload('w', parts, { environment }), { cpuMilli: 4000, memoryMib: 8192 }, caps, keeps);

test('a host that is all a demand wants may take it', () => {
  expect(feasible(view(), ask())).toBeUndefined();
  expect(feasible(view({}, { state: 'suspect' }), ask())).toBeUndefined();
  expect(feasible(view({}, { taints: ['for=batch'], labels: { disk: 'ssd' } }), ask({ tolerations: ['for=batch'], labels: { disk: 'ssd' } }))).toBeUndefined();
  expect(feasible(view({ free: { cpuMilli: 4000, memoryMib: 8192 }, here: { host: 1, rack: 2, site: 3 } }), ask({}, { perHost: 2, perRack: 3, perSite: 4 }))).toBeUndefined();
});

const refused: readonly [HostView, ReturnType<typeof ask>, Reason, string][] = [
  [view({}, { state: 'lost' }), ask(), { rule: 'host-state', resource: 'state', wanted: 'ready', available: 'lost' }, 'the host is lost, it must be ready'],
  [view({}, { state: 'joining' }), ask(), { rule: 'host-state', resource: 'state', wanted: 'ready', available: 'joining' }, 'the host is joining, it must be ready'],
  [view({}, { environments: ['gray', 'dev'] }), ask(), { rule: 'environment', resource: 'environments', wanted: 'production', available: 'dev, gray' }, 'environment production may not run here, only dev, gray'],
  [view(), ask({}, {}, 'moon'), { rule: 'environment', resource: 'policy', wanted: 'moon', available: 'not in the policy' }, 'environment moon is not in the policy'],
  [view({}, { kind: 'cloud-vm' }), ask({ cloud: 'never' }), { rule: 'cloud', resource: 'kind', wanted: 'a host of our own', available: 'cloud-vm' }, 'the workload may not run in the cloud'],
  [view({}, { labels: { disk: 'hdd' } }), ask({ labels: { disk: 'ssd' } }), { rule: 'labels', resource: 'disk', wanted: 'ssd', available: 'hdd' }, 'label disk must be ssd, it is hdd'],
  [view(), ask({ labels: { constructor: 'x' } }), { rule: 'labels', resource: 'constructor', wanted: 'x', available: 'missing' }, 'label constructor must be x, it is missing'],
  [view({}, { taints: ['for=batch'] }), ask({ tolerations: ['for=web'] }), { rule: 'taint', resource: 'for=batch', wanted: 'tolerated', available: 'not tolerated' }, 'taint for=batch is not tolerated'],
  [view({}, { cordoned: true }), ask(), { rule: 'cordon', resource: 'cordon', wanted: 'open', available: 'cordoned' }, 'the host is cordoned: it takes nothing new'],
  [view({ here: { host: 2, rack: 2, site: 2 } }), ask({}, { perHost: 2 }), { rule: 'cap-host', resource: 'host', wanted: 3, available: 2 }, 'would be replica 3 of the workload in one host, at most 2 allowed'],
  [view({ here: { host: 0, rack: 2, site: 2 } }), ask({}, { perRack: 2 }), { rule: 'cap-rack', resource: 'rack', wanted: 3, available: 2 }, 'would be replica 3 of the workload in one rack, at most 2 allowed'],
  [view({ here: { host: 0, rack: 0, site: 9 } }), ask({}, { perSite: 9 }), { rule: 'cap-site', resource: 'site', wanted: 10, available: 9 }, 'would be replica 10 of the workload in one site, at most 9 allowed'],
  [view({ free: { cpuMilli: 3999, memoryMib: 9000 } }), ask(), { rule: 'cpu', resource: 'cpuMilli', wanted: 4000, available: 3999 }, 'needs 4 cores, 3.999 cores free'],
  [view({ free: { cpuMilli: 4000, memoryMib: -5 } }), ask(), { rule: 'memory', resource: 'memoryMib', wanted: 8192, available: 0 }, 'needs 8192 MiB of memory, 0 MiB free'],
  [view({ addressesFree: 0 }), ask(), { rule: 'addresses', resource: 'n1', wanted: 1, available: 0 }, 'no address left on network n1'],
  [view({ addressesFree: 0, sharesNetwork: true }), ask(), { rule: 'addresses', resource: 'host-network', wanted: 1, available: 0 }, 'containers share its own network and address, so it takes one replica, and has one'],
];

test.each(refused)('rule %#', (hostView, demand, reason, text) => {
  expect(feasible(hostView, demand)).toEqual(reason);
  expect(sentence(reason)).toBe(text);
});

test('a kind that the policy does not allow for the environment is refused', () => {
  const policy = { ...snapshot().policy, environments: { production: { kinds: ['lxc', 'physical'] as const, cpuOvercommitPermille: 1000 } } };
  const demand = demandView(prepare(snapshot({ policy })), workload('w'), { cpuMilli: 1, memoryMib: 1 }, {}, null);
  expect(feasible(view({}, { kind: 'cloud-vm' }), demand)).toEqual({ rule: 'host-kind', resource: 'kind', wanted: 'lxc, physical', available: 'cloud-vm' });
});

test('a cloud host that is too dear for each core is refused, one at the limit is not, nor is a host of our own', () => {
  const policy = { ...snapshot().policy, cloud: { mostCentsPerCoreHour: 3, mostCentsPerHour: null } };
  const demand = demandView(prepare(snapshot({ policy })), workload('w'), { cpuMilli: 1, memoryMib: 1 }, {}, null);
  const reason = feasible(view({}, { kind: 'cloud-vm', costCentsPerHour: 97 }), demand)!;
  expect(reason).toEqual({ rule: 'cloud-price', resource: 'centsPerCoreHour', wanted: 3, available: 3.032 });
  expect(sentence(reason)).toBe('a core costs 3.032 cents an hour there, at most 3 allowed for the cloud');
  expect(feasible(view({}, { kind: 'cloud-vm', costCentsPerHour: 96 }), demand)).toBeUndefined();
  expect(feasible(view({}, { costCentsPerHour: 97 }), demand)).toBeUndefined();
});

test('an empty cloud host is not opened beyond what the cloud may cost; one in use, or of our own, is filled on', () => {
  const policy = { ...snapshot().policy, cloud: { mostCentsPerCoreHour: null, mostCentsPerHour: 150 } };
  const demand = demandView(prepare(snapshot({ policy })), workload('w'), { cpuMilli: 1, memoryMib: 1 }, {}, null);
  const cloud = (isUsed: boolean, costCentsPerHour: number) => feasible(view({ isUsed }, { kind: 'cloud-vm', costCentsPerHour }), demand);
  expect(cloud(false, 50)).toBeUndefined();
  expect(cloud(false, 51)).toEqual({ rule: 'cloud-spend', resource: 'centsPerHour', wanted: 151, available: 150 });
  expect(sentence(cloud(false, 51)!)).toBe('the cloud would cost 151 cents an hour, at most 150 allowed');
  expect(cloud(true, 51)).toBeUndefined();
  expect(feasible(view({ isUsed: false }, { costCentsPerHour: 900 }), demand)).toBeUndefined();
});

test('a host that is being drained takes nothing new, also where nobody cordoned it', () => {
  expect(feasible(view({}, { draining: true }), ask())).toEqual({ rule: 'cordon', resource: 'cordon', wanted: 'open', available: 'draining' });
});

test("a class's caps join those of the ask, the smaller one wins; a class that the policy does not know adds nothing", () => {
  const policy = { ...snapshot().policy, classes: { stateful: { caps: { perHost: 1, perRack: 5 }, spreadPermille: 2000 } } };
  const base = prepare(snapshot({ policy }));
  const of = (name: string | undefined) => demandView(base, workload('w', { class: name }), { cpuMilli: 1, memoryMib: 1 }, { perHost: 2, perRack: 3 }, null);
  expect(of('stateful')).toMatchObject({ caps: { perHost: 1, perRack: 3 }, spreadPermille: 2000 });
  expect(of('toString')).toMatchObject({ caps: { perHost: 2, perRack: 3 }, spreadPermille: 1000 });
  expect(of(undefined)).toMatchObject({ caps: { perHost: 2, perRack: 3 }, spreadPermille: 1000 });
});

test('a replica that leaves once its successor serves counts for no cap, but holds its room', () => {
  const one = snapshot({ workloads: [workload('w')], replicas: [replica('w', 1, 'h1', '10.1.0.10')] });
  const base = prepare({ ...one, hosts: [host('h1', { capacity: { cpuMilli: 8000, memoryMib: 65_536 } })], policy: { ...one.policy, reservePermille: { cpu: 0, memory: 0 } } });
  const may = (shape: Shape, leaving?: number) => feasible(hostView(overlay(base), 0, 'w', leaving), demandView(base, one.workloads[0]!, shape, { perHost: 1, perRack: 1, perSite: 1 }, null, leaving));
  const half = { cpuMilli: 4000, memoryMib: 8192 };
  expect(may(half)?.rule).toBe('cap-site');
  expect(may(half, 0)).toBeUndefined();
  expect(may({ ...half, cpuMilli: 4001 }, 0)).toEqual({ rule: 'cpu', resource: 'cpuMilli', wanted: 4001, available: 4000 });
});

test('a replica that keeps its address needs no free one', () => {
  expect(feasible(view({ addressesFree: 0 }), ask({}, {}, 'production', 'n1'))).toBeUndefined();
  expect(feasible(view({ addressesFree: 0 }), ask({}, {}, 'production', 'n2'))?.rule).toBe('addresses');
});

test('overcommit divides CPU, rounds up, and leaves memory whole', () => {
  const demand = demandView(prepare(snapshot()), workload('w', {}, { environment: 'dev' }), { cpuMilli: 1001, memoryMib: 100 }, {}, null);
  expect(demand.charge).toEqual({ cpuMilli: 501, memoryMib: 100 });
});

test('every rule of the vocabulary is here once', () => {
  expect(rules.map(({ rule }) => rule).sort()).toEqual(['addresses', 'cap-host', 'cap-rack', 'cap-site', 'cloud', 'cloud-price', 'cloud-spend', 'cordon', 'cpu', 'environment', 'host-kind', 'host-state', 'labels', 'memory', 'taint']);
});
