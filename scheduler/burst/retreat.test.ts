// Who goes back first, who stays since it is needed, and who is wanted back.
import { expect, test } from 'vitest';
import { defaultPolicy, host, idSource, network, replica, snapshot, workload } from '../fixtures/build.ts';
import type { Host, Policy, Snapshot } from '../model.ts';
import { lacking } from './outlook.ts';
import { type Candidate, recall, retreat } from './retreat.ts';
import { warmRoom, withWarmRoom } from './warm-room.ts';

const policy: Policy = { ...defaultPolicy, reservePermille: { cpu: 0, memory: 0 } };
const four = { cpuMilli: 4_000, memoryMib: 16_384 };
const cloud = (id: string, parts: Partial<Host> = {}) => host(id, { kind: 'cloud-vm', site: 'cloud', rack: `pool-${id}`, capacity: four, costCentsPerHour: 40, networkId: 'n2', ...parts });
const candidate = (hostId: string, parts: Partial<Candidate> = {}): Candidate => ({ vmId: hostId, name: hostId, hostId, costCentsPerHour: 40, cpuMilli: 4_000, replicas: 1, paidUntil: 1_000, isKept: false, ...parts });
/** One own host of so many cores, three VMs with a replica each. */
const fleet = (cores: number, parts: Partial<Snapshot> = {}): Snapshot =>
  snapshot({ policy, hosts: [host('own', { capacity: { cpuMilli: cores * 1000, memoryMib: 131_072 } }), cloud('vm1'), cloud('vm2'), cloud('vm3')], networks: [network('n1', 1), network('n2', 2)], workloads: [workload('shop', { peakQps: 1, minReplicas: 3 })], replicas: ['vm1', 'vm2', 'vm3'].map((hostId, index) => replica('shop', index + 1, hostId, `10.2.0.${20 + index}`)), ...parts });
const deciding = () => ({ seed: 1, newId: idSource() });
const told = (list: readonly { readonly vmId: string; readonly goes: boolean }[]) => list.map(({ vmId, goes }) => `${vmId} ${goes ? 'goes' : 'stays'}`);

test('the dearest core goes first, then the emptiest, then the one whose paid period ends soonest', () => {
  const candidates = [candidate('vm1', { paidUntil: 900 }), candidate('vm2', { costCentsPerHour: 60 }), candidate('vm3', { replicas: 0 })];
  expect(told(retreat(fleet(16), candidates, deciding()))).toEqual(['vm2 goes', 'vm3 goes', 'vm1 goes']);
  // A large VM is dearer in all and cheaper for a core.
  expect(told(retreat(fleet(16), [candidate('vm1'), candidate('vm2', { costCentsPerHour: 70, cpuMilli: 8_000 })], deciding()))).toEqual(['vm1 goes', 'vm2 goes']);
});

test('as many go as everything fits without; the others say for whom they are needed', () => {
  const order = retreat(fleet(8), ['vm1', 'vm2', 'vm3'].map((id) => candidate(id)), deciding());
  expect(told(order)).toEqual(['vm1 goes', 'vm2 goes', 'vm3 stays']);
  expect(order[2]!.reason.sentence).toBe('Without it 1 containers of shop.production would find no room');
  expect(told(retreat(fleet(8), [candidate('vm1', { isKept: true }), candidate('vm2')], deciding()))).toEqual(['vm2 goes']);
});

test('what must survive the loss of a host keeps its VM, although there is room', () => {
  const own = fleet(64, { workloads: [workload('shop', { peakQps: 1, minReplicas: 3, survive: 'host' })] });
  expect(told(retreat(own, ['vm1', 'vm2', 'vm3'].map((id) => candidate(id)), deciding()))).toEqual(['vm1 goes', 'vm2 goes', 'vm3 stays']);
});

test('warm room that is wanted keeps VMs', () => {
  expect(told(retreat(withWarmRoom(fleet(16), { production: 660 }), ['vm1', 'vm2', 'vm3'].map((id) => candidate(id)), deciding()))).toEqual(['vm1 goes', 'vm2 goes', 'vm3 stays']);
});

test('an emptied VM is wanted back when something waits, the one that is paid longest first, and no more of them than help', () => {
  const waiting = fleet(4, { hosts: [host('own', { capacity: four }), cloud('vm1', { cordoned: true, draining: true }), cloud('vm2', { cordoned: true, draining: true })], workloads: [workload('shop', { peakQps: 1, minReplicas: 2 })], replicas: [replica('shop', 1, 'own', '10.1.0.20')] });
  expect(lacking(waiting, deciding())).toHaveLength(1);
  expect(recall(waiting, [candidate('vm1', { paidUntil: 900 }), candidate('vm2', { paidUntil: 950 })], deciding()).map(({ vmId }) => vmId)).toEqual(['vm2']);
  expect(recall(fleet(16), [candidate('vm1')], deciding())).toEqual([]);
});

test('warm room is told for each environment: what the target needs, what fits, what it costs', () => {
  const [production, dev] = warmRoom(fleet(8), { production: 500 });
  // Three replicas hold three containers: half of that is two, and the own host has room for two.
  expect(production).toMatchObject({ environment: 'production', replicas: 3, wanted: 2, fits: 2, missing: 0, centsPerHour: 60 });
  expect(production!.growth.map(({ permille, containers, fits }) => [permille, containers, fits])).toEqual([[100, 1, 1], [200, 1, 1], [500, 2, 2], [1000, 3, 2]]);
  expect(dev).toMatchObject({ replicas: 0, wanted: 0, fits: 0, missing: 0 });
});
