// The counts that a person reads first: every host once, under the first rule that refuses it.

import { expect, test } from 'vitest';
import { eliminate } from '../eliminate.ts';
import { demandView, feasible, hostView, rules } from '../feasible.ts';
import { anyCrowd, anyDemand, type Draw, drawFrom } from '../fixtures/crowd.ts';
import { defaultPolicy, host, network, replica, snapshot, workload } from '../fixtures/build.ts';
import { occupy, overlay, type Overlay } from '../overlay.ts';
import { prepare } from '../prepare.ts';
import { countRefusals, NO_RULE } from './refusals.ts';

const shop = workload('shop', { cloud: 'never', caps: { perHost: 1 } });

test('each host stands under the first rule that refuses it, and the closest host lacks what a person would count', () => {
  const fleet = snapshot({
    policy: { ...defaultPolicy, reservePermille: { cpu: 0, memory: 0 } },
    hosts: [
      host('cordoned', { cordoned: true }),
      host('lost', { state: 'lost' }),
      host('cloud', { kind: 'cloud-vm' }),
      host('has one', { capacity: { cpuMilli: 8000, memoryMib: 65_536 } }),
      host('small', { capacity: { cpuMilli: 3000, memoryMib: 8192 } }),
      host('smaller', { capacity: { cpuMilli: 1000, memoryMib: 4096 } }),
      host('without addresses', { networkId: 'n2' }),
    ],
    networks: [network('n1', 1), network('n2', 2, { first: '10.2.0.10', last: '10.2.0.10', taken: ['10.2.0.10'] })],
    workloads: [shop],
    replicas: [replica('shop', 1, 'has one', '10.1.0.10')],
  });
  const base = prepare(fleet);
  const counted = countRefusals(overlay(base), demandView(base, shop, { cpuMilli: 4000, memoryMib: 8192 }, { perHost: 1 }, null));
  expect(counted.rules).toEqual([
    { rule: 'cpu', hosts: 2 },
    { rule: 'host-state', hosts: 1 },
    { rule: 'cloud', hosts: 1 },
    { rule: 'cordon', hosts: 1 },
    { rule: 'cap-host', hosts: 1 },
    { rule: 'addresses', hosts: 1 },
  ]);
  expect(counted.shortfall).toEqual({ hostId: 'small', host: 'small', cpuMilli: 1000, memoryMib: 0, addresses: 0 });
  expect(counted.eliminations[0]).toEqual({ group: 'physical in a', hosts: 2, closest: { rule: 'cpu', resource: 'cpuMilli', wanted: 4000, available: 3000 }, closestHost: 'small' });
});

test('an empty fleet has nothing to count and says so', () => {
  const base = prepare(snapshot({ hosts: [], workloads: [shop] }));
  const demand = demandView(base, shop, { cpuMilli: 4000, memoryMib: 8192 }, {}, null);
  expect(countRefusals(overlay(base), demand)).toEqual({ rules: [], eliminations: eliminate(overlay(base), demand), shortfall: null });
});

/** Fills a random fleet with random replicas that its rules allow. */
function filled(draw: Draw): { readonly state: Overlay; readonly lies: number[][] } {
  const crowd = anyCrowd(draw);
  const { environments } = crowd.policy;
  const base = prepare({ ...crowd, policy: { ...crowd.policy, environments: { ...environments, dev: { ...environments['dev']!, kinds: ['private-vm', 'cloud-vm'] } } } });
  const state = overlay(base);
  const workloads = [...base.workloads.values()];
  const lies = workloads.map((): number[] => []);
  for (let count = draw(60); count > 0; count -= 1) {
    const which = draw(workloads.length);
    const demand = anyDemand(draw, base, workloads[which]!, []);
    const at = draw(base.hosts.length);
    if (feasible(hostView(state, at, demand.workload.id), demand) !== undefined) continue;
    occupy(state, demand.workload.id, at, demand.charge, demand.keepsAddressOn !== base.hosts[at]!.networkId);
    lies[which]!.push(at);
  }
  return { state, lies };
}

test('on 1,500 random fleets with all rules, counts are those of asking every rule of every host', () => {
  const draw = drawFrom(11);
  const seen = new Set<string>();
  for (let round = 0; round < 1500; round += 1) {
    const { state, lies } = filled(draw);
    const { base } = state;
    const workloads = [...base.workloads.values()];
    const which = draw(workloads.length);
    const demand = anyDemand(draw, base, workloads[which]!, lies[which]!);
    const naive = new Map<string, number>();
    for (let at = 0; at < base.hosts.length; at += 1) {
      const view = hostView(state, at, demand.workload.id, demand.leaving);
      const refusing = rules.find(({ check }) => check(view, demand) !== undefined)?.rule ?? NO_RULE;
      naive.set(refusing, (naive.get(refusing) ?? 0) + 1);
      seen.add(refusing);
    }
    const counted = countRefusals(state, demand);
    expect(new Map(counted.rules.map(({ rule, hosts }) => [rule, hosts]))).toEqual(naive);
    expect(counted.rules.reduce((sum, { hosts }) => sum + hosts, 0)).toBe(base.hosts.length);
    const refused = counted.rules.some(({ rule }) => rule !== NO_RULE);
    if (refused) expect(counted.eliminations).toEqual(eliminate(state, demand));
    const { shortfall } = counted;
    if (shortfall === null) continue;
    // With what it lacks the host would take the replica.
    const at = base.hostIndex.get(shortfall.hostId)!;
    const view = hostView(state, at, demand.workload.id, demand.leaving);
    const free = { cpuMilli: Math.max(0, view.free.cpuMilli) + shortfall.cpuMilli, memoryMib: Math.max(0, view.free.memoryMib) + shortfall.memoryMib };
    expect(feasible({ ...view, free, addressesFree: view.addressesFree + shortfall.addresses }, demand)).toBeUndefined();
  }
  // Every rule was met: else the comparison would not mean much.
  expect([...seen].sort()).toEqual([...rules.map(({ rule }) => rule), NO_RULE].sort());
}, 30_000);
