// A base that was advanced must be the base of the next snapshot, in everything that a decision may read, also in what it remembers.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toDotted, toInteger } from './addresses.ts';
import { advance, type Recorded } from './advance.ts';
import { applyPlan } from './apply-plan.ts';
import { capacityIndex } from './capacity-index.ts';
import { anyHappening, anySnapshot, happen } from './fixtures/arbitrary.ts';
import { host, idSource, network, replica, snapshot, workload } from './fixtures/build.ts';
import { anyCrowd, anyDemand, drawFrom, pick } from './fixtures/crowd.ts';
import type { Network, Replica, Snapshot, Workload } from './model.ts';
import { occupy, overlay } from './overlay.ts';
import { type Base, prepare } from './prepare.ts';
import { schedule } from './schedule.ts';

const byId = <T extends { readonly id: string }>(list: readonly T[]) => new Map(list.map((each) => [each.id, each]));

/** What differs between two snapshots of one fleet. */
function recorded(before: Snapshot, after: Snapshot): Recorded {
  const diff = <T extends { readonly id: string }>(one: readonly T[], other: readonly T[]) => {
    const [was, is] = [byId(one), byId(other)];
    return { put: other.filter((each) => was.get(each.id) !== each), removed: one.filter(({ id }) => !is.has(id)) };
  };
  const workloads = diff<Workload>(before.workloads, after.workloads);
  return { revision: after.revision, workloads: { put: workloads.put, removed: workloads.removed.map(({ id }) => id) }, replicas: diff<Replica>(before.replicas, after.replicas) };
}

/** All that is not a memory, with lists in an order that means nothing put in order. */
function facts({ memory: _, snapshot: of, ...rest }: Base) {
  const ordered = <T extends { readonly id: string }>(list: readonly T[]) => list.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const networks = of.networks.map((each): Network => ({ ...each, taken: [...new Set(each.taken)].sort() }));
  return { ...rest, workloads: [...rest.workloads], replicasOf: ordered([...rest.replicasOf].map(([id, replicas]) => ({ id, replicas }))), snapshot: { ...of, networks, workloads: ordered(of.workloads), replicas: ordered(of.replicas) } };
}

test('plans, new asks and removals: an advanced base equals the base that is prepared anew', () => {
  let advanced = 0;
  fc.assert(
    fc.property(anySnapshot, fc.array(anyHappening, { maxLength: 8 }), (start, happenings) => {
      let base = prepare(start);
      const newId = idSource();
      const follow = (next: Snapshot, isSameFleet: boolean) => {
        base = isSameFleet ? advance(base, recorded(base.snapshot, next)) : prepare(next);
        advanced += Number(isSameFleet);
        expect(facts(base)).toEqual(facts(prepare(next)));
      };
      for (const happening of [undefined, ...happenings]) {
        if (happening !== undefined) follow(happen({ ...base.snapshot }, happening), happening.kind === 'ask' || happening.kind === 'removed');
        follow(applyPlan(base.snapshot, schedule(base, { verb: 'place', seed: 1, newId })), true);
      }
    }),
    { numRuns: 150 },
  );
  expect(advanced).toBeGreaterThan(500);
}, 60_000);

test('what an advanced base remembers of rooms is what one prepared anew finds out, whoever was asked before', () => {
  for (let seed = 0; seed < 150; seed += 1) {
    const draw = drawFrom(seed);
    let base = prepare(anyCrowd(draw));
    for (let turn = 0; turn < 30; turn += 1) {
      const state = overlay(base);
      const of = pick(draw, [...base.workloads.values()]);
      const put: Replica[] = [];
      for (let count = draw(5); count > 0; count -= 1) {
        const demand = anyDemand(draw, base, of, []);
        const best = capacityIndex(state, { ...demand, keepsAddressOn: null }).best();
        if (best === undefined) continue;
        occupy(state, of.id, best.host, demand.charge, true);
        const { networkId } = base.hosts[best.host]!;
        const { first } = base.snapshot.networks.find(({ id }) => id === networkId)!;
        const free = firstFree(base, networkId, put);
        put.push(replica(of.id, 100 * turn + count, base.hosts[best.host]!.id, free === undefined ? first : free, { id: `${seed}-${turn}-${count}`, shape: demand.shape }));
      }
      const present = [...base.replicasOf.values()].flat();
      const removed = present.filter(() => draw(6) === 0);
      const before = base;
      base = advance(before, { revision: before.snapshot.revision + 1, workloads: { put: [], removed: [] }, replicas: { put, removed } });
      for (const each of [before, base]) {
        const asked = anyDemand(draw, each, pick(draw, [...each.workloads.values()]), []);
        expect(capacityIndex(overlay(each), asked).best(), `seed ${seed}, turn ${turn}`).toEqual(capacityIndex(overlay(prepare({ ...each.snapshot })), asked).best());
      }
    }
  }
}, 60_000);

function firstFree(base: Base, networkId: string, put: readonly Replica[]): string | undefined {
  const index = base.networkIds.indexOf(networkId);
  const { first, last, taken } = base.ranges[index]!;
  const held = new Set([...taken, ...put.map(({ address }) => toInteger(address!))]);
  for (let value = first; value <= last; value += 1) if (!held.has(value)) return toDotted(value);
  return undefined;
}

test('the earlier base stays as it was, two may follow it, and addresses that are given up stay taken', () => {
  const one = snapshot({ hosts: [host('h1'), host('h2')], networks: [network('n1', 1)], workloads: [workload('w')], replicas: [replica('w', 1, 'h1', '10.1.0.10')] });
  const base = prepare(one);
  const before = facts(prepare(one));
  const grow = (address: string, hostId: string) => advance(base, { revision: 2, workloads: { put: [], removed: [] }, replicas: { put: [replica('w', 2, hostId, address)], removed: [one.replicas[0]!] } });
  const [left, right] = [grow('10.1.0.11', 'h1'), grow('10.1.0.12', 'h2')];
  expect(left.snapshot.networks[0]!.taken).toEqual(['10.1.0.11']);
  expect(right.snapshot.networks[0]!.taken).toEqual(['10.1.0.12']);
  expect([...left.ranges[0]!.taken].map((value) => value % 256)).toEqual([10, 11]);
  expect([...right.ranges[0]!.taken].map((value) => value % 256)).toEqual([10, 12]);
  expect(left.totals).toMatchObject({ replicas: 1, hostsUsed: 1 });
  expect(right.freeCpu[0]).toBe(right.usableCpu[0]);
  expect(facts(base)).toEqual(before);
});

test('a successor of a replica that is gone is a replica like any other', () => {
  const successor = replica('w', 2, 'h2', '10.1.0.11', { successor: { replaces: 'w-1', state: 'serving' } });
  const one = snapshot({ workloads: [workload('w')], replicas: [replica('w', 1, 'h1', '10.1.0.10'), successor] });
  const next = advance(prepare(one), { revision: 2, workloads: { put: [], removed: [] }, replicas: { put: [], removed: [one.replicas[0]!] } });
  const { successor: _, ...alone } = successor;
  expect(next.replicasOf.get('w')).toEqual([alone]);
});
