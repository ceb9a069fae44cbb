import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { loadSolver } from '#server/solver.ts';
import { applyPlan } from '../apply-plan.ts';
import { check } from '../check.ts';
import { anySnapshot } from '../fixtures/arbitrary.ts';
import { host, idSource, network, replica, snapshot, workload } from '../fixtures/build.ts';
import type { Snapshot, Wish } from '../model.ts';
import type { Solve } from '../pack/problem.ts';
import { prepare } from '../prepare.ts';
import { schedule } from '../schedule.ts';
import { frontier } from './frontier.ts';

let solve: Solve;
beforeAll(async () => {
  solve = await loadSolver();
});

const effort = { seed: 1, steps: 50 };
const quiet = { headroomPermille: 0, peakQps: 1, profile: { cpuMsPerRequest: 1, memoryBaseMib: 1, memoryKibPerQps: 0 } };

/** Hosts of 28.8 cores: seven containers of 4 cores each. The first holds 2, the second 3, the third 4, the fourth 5. */
const thinlySpread = (): Snapshot => {
  const hosts = ['h1', 'h2', 'h3', 'h4'].map((id) => host(id));
  const replicas = [2, 3, 4, 5].flatMap((count, at) => Array.from({ length: count }, (_, index) => replica('w', 10 * at + index + 1, `h${at + 1}`, `10.1.1.${10 * at + index + 1}`)));
  return snapshot({ hosts, workloads: [workload('w', { ...quiet, minReplicas: 14 })], replicas });
};

test('the price list of a fleet that a person can work out: 2 moves free a host, 5 free two', () => {
  const { points, boundCentsPerHour } = frontier(thinlySpread(), { ...effort, solve });
  expect(points.map(({ moves, hostsFreed, savedCentsPerHour }) => [moves, hostsFreed, savedCentsPerHour])).toEqual([
    [2, 1, 60],
    [5, 2, 120],
  ]);
  expect(points.at(-1)!.emptiedHostIds.toSorted()).toEqual(['h1', 'h2']);
  expect(boundCentsPerHour).toBe(120);
});

test('a host that is drained is emptied first, and nothing goes to one that is closed or suspect', () => {
  const world = thinlySpread();
  const hosts = world.hosts.map((each) => (each.id === 'h3' ? { ...each, draining: true } : each.id === 'h4' ? { ...each, state: 'suspect' as const } : each));
  const { points } = frontier({ ...world, hosts }, effort);
  expect(points[0]!.emptiedHostIds).toEqual(['h3']);
  for (const { wishes } of points) for (const { hostId } of wishes) expect(['h1', 'h2']).toContain(hostId);
});

test('a dear host is exchanged for a cheaper empty one where nothing else has room', () => {
  const hosts = [host('dear', { costCentsPerHour: 200 }), host('cheap', { costCentsPerHour: 90 })];
  const replicas = [1, 2, 3].map((ordinal) => replica('w', ordinal, 'dear', `10.1.1.${ordinal}`));
  const { points } = frontier(snapshot({ hosts, workloads: [workload('w', { ...quiet, minReplicas: 3 })], replicas }), effort);
  expect(points).toMatchObject([{ moves: 3, hostsFreed: 0, savedCentsPerHour: 110, emptiedHostIds: ['dear'] }]);
});

test('a smaller replica makes room for a larger one, and goes first', () => {
  const shapes = { small: { cpuMilli: 2000, memoryMib: 4096 }, large: { cpuMilli: 8000, memoryMib: 16_384 } };
  // Usable: 9 cores each. a holds a large one; b a small one; c 7 cores of small ones and room for one more: b's must go there.
  const hosts = ['a', 'b', 'c'].map((id) => host(id, { capacity: { cpuMilli: 10_000, memoryMib: 65_536 } }));
  const workloads = [workload('big', { ...quiet, shape: 'large' }), workload('tiny', { ...quiet, shape: 'small', minReplicas: 4 })];
  const at = ['b', 'c', 'c', 'c'];
  const replicas = [replica('big', 1, 'a', '10.1.1.1', { shape: shapes.large }), ...at.map((id, index) => replica('tiny', index + 1, id, `10.1.2.${index + 1}`, { shape: shapes.small }))];
  const { points } = frontier(snapshot({ hosts, workloads, replicas }), effort);
  // Emptying b alone takes one move; a and b cannot both be emptied.
  expect(points.map(({ moves, emptiedHostIds }) => [moves, emptiedHostIds])).toEqual([[1, ['b']]]);
});

test('the same seed and effort give the same frontier', () => {
  const world = thinlySpread();
  const shuffled = { ...world, hosts: world.hosts.toReversed(), replicas: world.replicas.toReversed() };
  expect(frontier(shuffled, { ...effort, solve })).toEqual(frontier(world, { ...effort, solve }));
});

/** Carries one wish out as the server would: the successor starts, serves, and the other one stops. Every plan on the way is checked. */
function carryOut(world: Snapshot, wish: Wish, newId: ReturnType<typeof idSource>): Snapshot {
  const begin = schedule(world, { verb: 'defragment', seed: 1, newId, wishes: [wish], moves: 1 });
  expect(check(world, begin)).toEqual([]);
  expect(begin.declined ?? []).toEqual([]);
  expect(begin.steps).toMatchObject([{ kind: 'start', hostId: wish.hostId, replica: { successor: { replaces: wish.replicaId } } }]);
  const started = applyPlan(world, begin);
  const serving = { ...started, replicas: started.replicas.map((each) => (each.successor === undefined ? each : { ...each, successor: { ...each.successor, state: 'serving' as const } })) };
  const end = schedule(serving, { verb: 'defragment', seed: 1, newId, moves: 0 });
  expect(check(serving, end)).toEqual([]);
  expect(end.steps).toMatchObject([{ kind: 'stop', replica: { id: wish.replicaId } }]);
  return applyPlan(serving, end);
}

/** A fleet that has settled after one of its workloads went away: with holes everywhere. */
function settled(start: Snapshot, newId: ReturnType<typeof idSource>): Snapshot {
  const policy = { ...start.policy, weights: { ...start.policy.weights, spread: 90, pack: 1 } };
  const full = applyPlan({ ...start, policy }, schedule({ ...start, policy }, { verb: 'place', seed: 1, newId }));
  let world: Snapshot = { ...full, workloads: full.workloads.slice(1) };
  for (let round = 0; round < 4; round += 1) world = applyPlan(world, schedule(world, { verb: 'remove', seed: 1, newId, complete: true }));
  return world;
}

test('wishes carried out one by one find their room start-first, break no rule, and give what the point says', () => {
  let carried = 0;
  fc.assert(
    fc.property(anySnapshot, fc.nat(100), (start, seed) => {
      const newId = idSource();
      const world = settled(start, newId);
      // Where something is due anyway or waits for room, a plan does more than the wish.
      fc.pre(world.replicas.every(({ hostId }) => hostId !== null) && schedule(world, { verb: 'place', seed: 1, newId: idSource() }).steps.length === 0);
      const { points, before } = frontier(world, { seed, steps: 20 });
      for (const [index, point] of points.entries()) {
        expect(point.moves).toBe(point.wishes.length);
        const previous = points[index - 1] ?? { moves: 0, hostsFreed: 0, savedCentsPerHour: 0 };
        expect(point.moves).toBeGreaterThan(previous.moves);
        expect(point.hostsFreed + point.savedCentsPerHour).toBeGreaterThan(previous.hostsFreed + previous.savedCentsPerHour);
      }
      const last = points.at(-1);
      if (last === undefined) return;
      const after = prepare(last.wishes.reduce((state, wish) => carryOut(state, wish, newId), world));
      expect(before.hostsUsed - after.totals.hostsUsed).toBe(last.hostsFreed);
      expect(before.costCentsPerHour - after.totals.costCentsPerHour).toBe(last.savedCentsPerHour);
      for (const id of last.emptiedHostIds) expect(after.replicaCount[after.hostIndex.get(id)!]).toBe(0);
      carried += last.wishes.length;
    }),
    { numRuns: 250 },
  );
  expect(carried).toBeGreaterThan(40);
}, 60_000);

test('caps, addresses and the most moves hold back what would break them', () => {
  const world = thinlySpread();
  const capped = { ...world, workloads: world.workloads.map((each) => ({ ...each, ask: { ...each.ask, caps: { perHost: 5 } } })) };
  expect(frontier(capped, effort).points.map(({ moves }) => moves)).toEqual([2]);
  const noAddresses = { ...world, networks: [network('n1', 1, { first: '10.1.1.1', last: '10.1.1.36' })] };
  const used = new Set(world.replicas.map(({ address }) => address));
  const taken = Array.from({ length: 36 }, (_, index) => `10.1.1.${index + 1}`).filter((address) => !used.has(address));
  expect(frontier({ ...noAddresses, networks: noAddresses.networks.map((each) => ({ ...each, taken })) }, effort).points).toEqual([]);
  expect(frontier(world, { ...effort, most: 4 }).points.map(({ moves }) => moves)).toEqual([2]);
});
