// What is bought must be enough, allowed, and the cheapest there is.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadSolver } from '#server/solver.ts';
import { applyPlan } from '../apply-plan.ts';
import { check } from '../check.ts';
import { anySnapshot } from '../fixtures/arbitrary.ts';
import { defaultPolicy, host, idSource, snapshot, workload } from '../fixtures/build.ts';
import type { Policy, Pool, Snapshot } from '../model.ts';
import { prepare } from '../prepare.ts';
import { decide, schedule } from '../schedule.ts';
import { buy, type Bought } from './buy.ts';
import { joinHosts, poolHost, poolPrefix } from './join-hosts.ts';

const policy: Policy = { ...defaultPolicy, reservePermille: { cpu: 0, memory: 0 } };
const pool = (name: string, cores: number, costCentsPerHour: number, parts: Partial<Pool> = {}): Pool => ({
  id: name, name, site: 'cloud', capacity: { cpuMilli: cores * 1000, memoryMib: cores * 4096 }, costCentsPerHour, limit: 10, performance: 50, stability: 50, labels: {}, taints: [], environments: [], ...parts,
});
const options = () => ({ seed: 1, newId: idSource() });
const told = ({ bought, costCentsPerHour, missing }: Bought) => ({ mix: bought.map(({ pool: { name }, count }) => [name, count]), costCentsPerHour, missing });
/** A full fleet, and a workload of so many standard replicas (four cores each). */
const wanting = (replicas: number, pools: readonly Pool[], parts: Partial<Snapshot> = {}) => snapshot({ policy, hosts: [host('tiny', { capacity: { cpuMilli: 1000, memoryMib: 2048 } })], workloads: [workload('shop', { peakQps: 1, minReplicas: replicas })], pools, ...parts });

test('the cheapest mix is not that of the cheapest core', () => {
  // Three replicas: two a big VM at 5 cents each, one a small VM at 6. One of each costs 16, two big ones 20, three small ones 18.
  expect(told(buy(wanting(3, [pool('big', 8, 10), pool('small', 4, 6)]), options()))).toEqual({ mix: [['big', 1], ['small', 1]], costCentsPerHour: 16, missing: 0 });
  expect(told(buy(wanting(4, [pool('big', 8, 10), pool('small', 4, 6)]), options()))).toEqual({ mix: [['big', 2]], costCentsPerHour: 20, missing: 0 });
});

test('a pool sells no more than its limit, and none that only the named ones may sell', () => {
  const pools = [pool('big', 8, 10, { limit: 1 }), pool('small', 4, 6)];
  expect(told(buy(wanting(4, pools), options()))).toEqual({ mix: [['big', 1], ['small', 2]], costCentsPerHour: 22, missing: 0 });
  expect(told(buy(wanting(4, pools), { ...options(), pools: ['small'] }))).toEqual({ mix: [['small', 4]], costCentsPerHour: 24, missing: 0 });
});

test('what cannot all be had is bought as far as it helps, and the rest is told', () => {
  expect(told(buy(wanting(4, [pool('small', 4, 6, { limit: 3 })]), options()))).toEqual({ mix: [['small', 3]], costCentsPerHour: 18, missing: 1 });
});

test('nothing is bought for what may not use it: too small, forbidden, too dear', () => {
  const nothing = { mix: [], costCentsPerHour: 0, missing: 2 };
  expect(told(buy(wanting(2, [pool('little', 2, 1)]), options()))).toEqual(nothing);
  expect(told(buy(wanting(2, [pool('big', 8, 10)], { workloads: [workload('shop', { peakQps: 1, minReplicas: 2, cloud: 'never' })] }), options()))).toEqual(nothing);
  expect(told(buy(wanting(2, [pool('dear', 8, 80)], { policy: { ...policy, cloud: { mostCentsPerCoreHour: 5, mostCentsPerHour: null } } }), options()))).toEqual(nothing);
});

test('the policy limits what the cloud may cost in all', () => {
  expect(told(buy(wanting(4, [pool('small', 4, 6)], { policy: { ...policy, cloud: { mostCentsPerCoreHour: null, mostCentsPerHour: 13 } } }), options()))).toEqual({ mix: [['small', 2]], costCentsPerHour: 12, missing: 2 });
});

test('caps count: VMs of one pool are one rack', () => {
  const shop = workload('shop', { peakQps: 1, minReplicas: 4, caps: { perHost: 1, perRack: 2 } });
  expect(told(buy(wanting(4, [pool('big', 32, 10), pool('other', 32, 11)], { workloads: [shop] }), options()))).toEqual({ mix: [['big', 2], ['other', 2]], costCentsPerHour: 42, missing: 0 });
});

test('for many workloads at once a solver is no worse than none, and near the least that any mix costs', async () => {
  const solve = await loadSolver();
  const pools = [pool('vm4', 4, 7, { limit: 30 }), pool('vm8', 8, 12, { limit: 30 }), pool('vm16', 16, 25, { limit: 30 })];
  const workloads = ['small', 'standard', 'large'].flatMap((shape, at) => [1, 2, 3].map((ordinal) => workload(`${shape}${ordinal}`, { peakQps: 1, minReplicas: 2 + at + ordinal, shape })));
  const fleet = wanting(1, pools, { workloads });
  const [alone, solved] = [buy(fleet, options()), buy(fleet, { ...options(), solve })];
  expect([alone.missing, solved.missing]).toEqual([0, 0]);
  expect(solved.costCentsPerHour).toBeLessThanOrEqual(alone.costCentsPerHour);
  // The cheapest core costs 12 / 8 cents an hour, so no mix is cheaper than what is needed at that price.
  const cores = workloads.reduce((sum, { ask: { shape, minReplicas } }) => sum + (policy.shapes[shape]!.cpuMilli * minReplicas) / 1000, 0);
  expect(solved.costCentsPerHour).toBeLessThanOrEqual(Math.ceil((cores * 12) / 8 / 12) * 12 * 1.02);
});

test('nothing is bought where nothing waits', () => {
  expect(told(buy(wanting(2, [pool('big', 8, 10)], { hosts: [host('h1')] }), options()))).toEqual({ mix: [], costCentsPerHour: 0, missing: 0 });
});

/** The cheapest of all mixes with which nothing waits, by trying each; undefined where there is none. */
function cheapest(from: Snapshot, pools: readonly Pool[], workloadId: string): number | undefined {
  let least: number | undefined;
  const extend = (counts: readonly number[]): void => {
    const next = pools[counts.length];
    if (next !== undefined) {
      for (let count = 0; count <= next.limit; count += 1) extend([...counts, count]);
      return;
    }
    const cost = pools.reduce((sum, { costCentsPerHour }, index) => sum + costCentsPerHour * counts[index]!, 0);
    if (least !== undefined && cost >= least) return;
    const richer = pools.reduce((now, each, index) => (counts[index]! > 0 ? joinHosts(now, poolHost(each), counts[index]!, poolPrefix(each)) : now), from);
    const base = prepare(richer);
    const plan = decide(base, [base.workloads.get(workloadId)!], { verb: 'place', ...options(), complete: true }, [workloadId]);
    const isGood = plan.unplaced.length === 0 && !plan.refusals.some(({ field }) => field === 'shape' || field === 'survive');
    if (isGood) least = cost;
  };
  extend([]);
  return least;
}

test('on random fleets what is bought does, is sound, and no mix is cheaper', () => {
  let bought = 0;
  const anyPools = fc.record({ limits: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), costs: fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 90 })), site: fc.constantFrom('a', 'cloud') });
  fc.assert(
    fc.property(anySnapshot, anyPools, (start, { limits, costs, site }) => {
      const pools = [pool('vm8', 8, costs[0], { limit: limits[0], site }), pool('vm16', 16, costs[1], { limit: limits[1] })];
      const begun = { ...applyPlan(start, schedule(start, { verb: 'place', ...options(), complete: true })), pools };
      for (const { id } of begun.workloads) {
        const answer = buy(begun, { ...options(), workloadId: id });
        const least = cheapest(begun, pools, id);
        expect(answer.missing === 0).toBe(least !== undefined);
        if (least !== undefined) expect(answer.costCentsPerHour).toBe(least);
        if (answer.bought.length > 0) bought += 1;
        for (const { pool: { name }, count } of answer.bought) expect(count).toBeLessThanOrEqual(pools.find((each) => each.name === name)!.limit);
        const plan = schedule(answer.snapshot, { verb: 'place', ...options(), complete: true });
        expect(check(answer.snapshot, plan)).toEqual([]);
      }
    }),
    { numRuns: 150, seed: 9 },
  );
  expect(bought).toBeGreaterThan(20);
}, 60_000);
