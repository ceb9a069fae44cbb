import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { loadSolver } from '#server/solver.ts';
import { check } from '../check.ts';
import { applyPlan } from '../apply-plan.ts';
import { anyHappening, anySnapshot, happen } from '../fixtures/arbitrary.ts';
import { defaultPolicy, host, idSource, network, snapshot, workload } from '../fixtures/build.ts';
import type { Snapshot } from '../model.ts';
import type { Solve } from '../pack/problem.ts';
import { schedule } from '../schedule.ts';
import { prove } from './proof.ts';

let solve: Solve;
beforeAll(async () => {
  solve = await loadSolver();
});

const quiet = { headroomPermille: 0, peakQps: 1, profile: { cpuMsPerRequest: 1, memoryBaseMib: 1, memoryKibPerQps: 0 } };
const packing = { ...defaultPolicy, weights: { pack: 60, spread: 10, cost: 30, performance: 0, stability: 0, keep: 0 } };
const options = (batch: boolean) => ({ verb: 'place', seed: 1, newId: idSource(), batch, solve }) as const;
const waiting = ({ unplaced }: ReturnType<typeof schedule>) => unplaced.reduce((sum, { count }) => sum + count, 0);

/** Large containers and small ones on hosts where only the right mix leaves nothing over: 7 cores and 1 on 8. */
const jigsaw = (): Snapshot => {
  const policy = { ...packing, reservePermille: { cpu: 0, memory: 0 }, shapes: { large: { cpuMilli: 7000, memoryMib: 1024 }, middle: { cpuMilli: 5000, memoryMib: 7168 }, small: { cpuMilli: 1000, memoryMib: 7168 }, third: { cpuMilli: 3000, memoryMib: 1024 } }, defaultShape: 'small' };
  const hosts = Array.from({ length: 10 }, (_, index) => host(`h${index}`, { capacity: { cpuMilli: 8000, memoryMib: 8192 } }));
  const workloads = [workload('w1', { ...quiet, shape: 'small', minReplicas: 5 }), workload('w2', { ...quiet, shape: 'third', minReplicas: 5 }), workload('w3', { ...quiet, shape: 'middle', minReplicas: 5 }), workload('w4', { ...quiet, shape: 'large', minReplicas: 5 })];
  return snapshot({ policy, hosts, workloads });
};

test('where only one mix has room for everything, a batch finds it', () => {
  const plan = schedule(jigsaw(), options(true));
  expect(plan.unplaced).toEqual([]);
  expect(plan.after.hostsUsed).toBe(10);
  expect(check(jigsaw(), plan)).toEqual([]);
});

test('a batch under a policy that packs costs what the proof says that it must, within a few percent', () => {
  const hosts = Array.from({ length: 40 }, (_, index) => host(`h${String(index).padStart(2, '0')}`, { costCentsPerHour: [60, 95, 40][index % 3]!, capacity: { cpuMilli: [32_000, 64_000, 16_000][index % 3]!, memoryMib: [65_536, 131_072, 65_536][index % 3]! } }));
  const workloads = ['small', 'standard', 'large'].map((shape, index) => workload(`w${index}`, { ...quiet, shape, minReplicas: 40 }));
  const world = snapshot({ policy: packing, hosts, workloads });
  const batch = schedule(world, options(true));
  const online = schedule(world, options(false));
  const { bound, scale } = prove(applyPlan(world, batch), { solve });
  expect(batch.after.costCentsPerHour).toBeLessThanOrEqual(online.after.costCentsPerHour);
  expect(batch.after.costCentsPerHour).toBeLessThanOrEqual((1.03 * bound) / scale);
});

test('a policy that spreads keeps what online placement chose, if that has room for everything', () => {
  const hosts = Array.from({ length: 6 }, (_, index) => host(`h${index}`));
  const world = snapshot({ hosts, workloads: [workload('w', { ...quiet, minReplicas: 6 })] });
  expect(schedule(world, options(true)).steps).toEqual(schedule(world, options(false)).steps);
});

test('addresses of hosts with networks of their own are counted, and nothing is dropped', () => {
  const hosts = ['a', 'b', 'c'].map((id, index) => host(id, { networkId: `n${index}`, capacity: { cpuMilli: 64_000, memoryMib: 262_144 } }));
  const networks = [0, 1, 2].map((index) => network(`n${index}`, index + 1, { mode: 'routed', first: `10.${index + 1}.0.10`, last: `10.${index + 1}.0.13` }));
  const world = snapshot({ policy: packing, hosts, networks, workloads: [workload('w', { ...quiet, shape: 'small', minReplicas: 14 })] });
  const plan = schedule(world, options(true));
  expect(check(world, plan)).toEqual([]);
  expect(plan.steps.filter(({ kind }) => kind === 'start').length).toBe(12);
  expect(waiting(plan)).toBe(2);
});

test('plans of batches break no rule, leave no more waiting than online ones, and are the same each time', () => {
  fc.assert(
    fc.property(anySnapshot, fc.array(anyHappening, { maxLength: 3 }), fc.boolean(), (start, happenings, packs) => {
      const first = packs ? { ...start, policy: { ...start.policy, weights: packing.weights } } : start;
      const world = happenings.reduce(happen, applyPlan(first, schedule(first, options(true))));
      const batch = schedule(world, options(true));
      const online = schedule(world, options(false));
      expect(check(world, batch)).toEqual([]);
      expect(waiting(batch)).toBeLessThanOrEqual(waiting(online));
      expect(schedule(world, options(true))).toEqual(batch);
    }),
    { numRuns: 60 },
  );
}, 60_000);
