// What an operator relies on at night: that a loss which is said to be survivable is, and that one which is not is named.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyPlan } from '../apply-plan.ts';
import { domainOf } from '../eligible.ts';
import { demandView, feasible, hostView } from '../feasible.ts';
import { anySnapshot } from '../fixtures/arbitrary.ts';
import { defaultPolicy, host, idSource, replica, snapshot, workload } from '../fixtures/build.ts';
import type { FailureDomain, Replica, Snapshot } from '../model.ts';
import { occupy, overlay, type Overlay, vacate } from '../overlay.ts';
import { type Base, prepare, withHosts } from '../prepare.ts';
import { takeOff } from '../reconcile.ts';
import { schedule, wantedOf } from '../schedule.ts';
import { lossTrial } from './loss.ts';
import { survival, survivalRun } from './survival.ts';

const EVERY: readonly FailureDomain[] = ['host', 'rack', 'site'];
/** Room for two standard replicas of four cores. */
const twin = (id: string, rack: string, site = 'a') => host(id, { rack, site, capacity: { cpuMilli: 9000, memoryMib: 32_768 } });
const noReserve = { ...defaultPolicy, reservePermille: { cpu: 0, memory: 0 } };
const shop = workload('shop');

test('a host whose replica fits elsewhere may die; one whose replicas do not is named with who would be short', () => {
  const fleet = snapshot({
    policy: noReserve,
    hosts: [twin('h1', 'r1'), twin('h2', 'r1'), twin('h3', 'r2')],
    workloads: [shop, workload('mail')],
    replicas: [replica('shop', 1, 'h1', '10.1.0.10'), replica('shop', 2, 'h2', '10.1.0.11'), replica('mail', 1, 'h1', '10.1.0.12'), replica('mail', 2, 'h3', '10.1.0.13')],
  });
  const [hosts, racks, sites] = survival(fleet, EVERY);
  expect(hosts).toEqual({ domain: 'host', tried: 3, survives: true, failures: [] });
  // Rack r1 holds three of four replicas, and h3 has room for one more.
  expect(racks).toEqual({ domain: 'rack', tried: 2, survives: false, failures: [{ label: 'a/r1', missing: 2, workloads: [{ workloadId: 'shop', workload: 'shop.production', missing: 2 }] }] });
  expect(sites?.failures[0]).toMatchObject({ label: 'a', missing: 4 });
  expect(survival(fleet, ['host', 'rack'])).toEqual([hosts, racks]);
  expect(survival(fleet, ['host'])).toEqual([hosts]);
});

test('a rule counts as much as room: what may run in one place only does not survive it', () => {
  const fleet = snapshot({ hosts: [host('h1', { labels: { disk: 'ssd' } }), host('h2')], workloads: [workload('shop', { labels: { disk: 'ssd' } })], replicas: [replica('shop', 1, 'h1', '10.1.0.10'), replica('shop', 2, 'h1', '10.1.0.11')] });
  expect(survival(fleet, ['host'])[0]).toMatchObject({ tried: 1, failures: [{ label: 'h1', missing: 2 }] });
});

test('what survives a rack is summed for the racks that are left: a loss that the planner would mend is survived', () => {
  const fleet = snapshot({ hosts: ['r1', 'r2', 'r3'].map((rack) => host(`h-${rack}`, { rack })), workloads: [workload('shop', { survive: 'rack', peakQps: 200 })] });
  const now = lived(fleet);
  expect(survival(now, ['rack'])[0]).toMatchObject({ tried: 3, survives: true });
  const lost = { ...now, hosts: now.hosts.map((each) => (each.rack === 'r1' ? { ...each, state: 'lost' as const } : each)) };
  expect(schedule(lost, { verb: 'heal', seed: 1, newId: idSource() }).unplaced).toEqual([]);
});

test('hosts that hold nothing or are lost already are not tried', () => {
  const fleet = snapshot({ hosts: [host('h1', { state: 'lost' }), host('h2'), host('h3')], workloads: [shop], replicas: [replica('shop', 1, 'h1', '10.1.0.10'), replica('shop', 2, 'h2', '10.1.0.11')] });
  expect(survival(fleet, ['host'])).toEqual([{ domain: 'host', tried: 1, survives: true, failures: [] }]);
});

test('a pair counts as one: the loss of either half leaves the other, and only the loss of both needs room', () => {
  const pair = [replica('shop', 1, 'h1', '10.1.0.10'), replica('shop', 2, 'h2', '10.1.0.11', { successor: { replaces: 'shop-1', state: 'starting' } })];
  const full = snapshot({ policy: noReserve, hosts: [twin('h1', 'r1'), twin('h2', 'r1'), host('h3', { rack: 'r2', capacity: { cpuMilli: 3000, memoryMib: 8192 } })], workloads: [workload('shop', { peakQps: 30 })], replicas: pair });
  expect(survival(full, ['host'])[0]).toMatchObject({ tried: 2, survives: true });
  expect(survival(full, ['rack'])[0]).toMatchObject({ tried: 1, failures: [{ label: 'a/r1', missing: 1 }] });
});

test('a replica that was leaving counts again once its successor is lost', () => {
  const leaving = [
    replica('shop', 1, 'h1', '10.1.0.10'),
    replica('shop', 2, 'h2', '10.1.0.11', { successor: { replaces: 'shop-1', state: 'starting' } }),
    replica('shop', 3, 'h2', '10.1.0.12'),
  ];
  // At most one on a host: once h2 is lost the first stays on h1, so that the third has nowhere to go.
  const fleet = snapshot({ hosts: [twin('h1', 'r1'), host('h2')], workloads: [workload('shop', { caps: { perHost: 1 }, minReplicas: 2 })], replicas: leaving });
  expect(survival(fleet, ['host'])[0]?.failures).toContainEqual(expect.objectContaining({ label: 'h2', missing: 1 }));
});

test('a run in pieces ends as a run in one, fullest domains first', () => {
  fc.assert(
    fc.property(anySnapshot, fc.integer({ min: 1, max: 5 }), (start, piece) => {
      const run = survivalRun(lived(start), EVERY);
      while (run.proceed(piece) > 0);
      expect(run.result()).toEqual(survival(lived(start), EVERY));
    }),
    { numRuns: 40 },
  );
});

test('nothing that one trial does is seen by the next, pairs under way included', () => {
  let pairs = 0;
  fc.assert(
    fc.property(anySnapshot, fc.nat(2), (start, third) => {
      const begun = lived(start);
      const draining = { ...begun, hosts: begun.hosts.map((each) => (Number(each.id.slice(1)) % 3 === third ? { ...each, draining: true, cordoned: true } : each)) };
      const now = applyPlan(draining, schedule(draining, { verb: 'drain', seed: 1, newId: idSource() }));
      pairs += now.replicas.filter(({ successor }) => successor !== undefined).length;
      const base = prepare(now);
      const shared = lossTrial(base);
      const hosts = base.hosts.flatMap((each, at) => (each.state === 'lost' ? [] : [at]));
      for (const at of [...hosts, ...hosts.toReversed()]) expect(shared.lose([at])).toEqual(lossTrial(base).lose([at]));
    }),
    { numRuns: 100, seed: 3 },
  );
  expect(pairs).toBeGreaterThan(10);
});

function lived(start: Snapshot): Snapshot {
  return applyPlan(start, schedule(start, { verb: 'place', seed: 1, newId: idSource() }));
}

/** Replicas on these hosts that cannot be given a place all together, tried in every way: the fewest. */
function bruteForce(base: Base, dead: ReadonlySet<number>): number {
  const after = withHosts(base, base.hosts.map((each, index) => (dead.has(index) ? { ...each, state: 'lost' } : each)));
  demandsAfter = new Map([...base.workloads].map(([id, each]) => [id, wantedOf(after, each).wanted]));
  const state = overlay(after);
  const lost = base.snapshot.replicas.filter(({ hostId }) => hostId !== null && dead.has(base.hostIndex.get(hostId)!));
  for (const each of lost) takeOff(state, each);
  return fewestMissing(state, lost, lost.length);
}

function fewestMissing(state: Overlay, [first, ...rest]: readonly Replica[], limit: number): number {
  if (first === undefined) return 0;
  const { base } = state;
  const asked = base.workloads.get(first.workloadId)!;
  const { demand, keepsShapes } = demandsAfter.get(first.workloadId)!;
  const view = demandView(base, asked, keepsShapes ? first.shape : demand.shape, demand.caps, null);
  let fewest = limit <= 1 ? 1 : Math.min(limit, 1 + fewestMissing(state, rest, limit - 1));
  for (let at = 0; at < base.hosts.length && fewest > 0; at += 1) {
    if (feasible(hostView(state, at, asked.id), view) !== undefined) continue;
    occupy(state, asked.id, at, view.charge, true);
    fewest = Math.min(fewest, fewestMissing(state, rest, fewest));
    vacate(state, asked.id, at, view.charge, true);
  }
  return fewest;
}

/** By the sums of the fleet that is left. */
let demandsAfter = new Map<string, ReturnType<typeof wantedOf>['wanted']>();

test('what it says of each domain is what trying every way says', () => {
  let tried = 0;
  fc.assert(
    fc.property(anySnapshot, (start) => {
      const now = lived(start);
      const base = prepare(now);
      for (const domain of ['host', 'rack'] as const) {
        const failures = new Map(survival(base, [domain])[0]!.failures.map(({ label, missing }) => [label, missing]));
        for (const index of new Set(base.hosts.map((_, at) => domainOf(base, domain, at)))) {
          const members = base.hosts.flatMap((each, at) => (each.state !== 'lost' && domainOf(base, domain, at) === index ? [at] : []));
          const held = now.replicas.filter(({ hostId }) => hostId !== null && members.includes(base.hostIndex.get(hostId)!));
          if (held.length === 0 || held.length > 6) continue;
          const first = base.hosts[members[0]!]!;
          const told = failures.get(domain === 'host' ? first.name : `${first.site}/${first.rack}`) ?? 0;
          const least = bruteForce(base, new Set(members));
          expect(told).toBe(least);
          tried += 1;
        }
      }
    }),
    { numRuns: 400, seed: 7 },
  );
  expect(tried).toBeGreaterThan(1000);
}, 60_000);
