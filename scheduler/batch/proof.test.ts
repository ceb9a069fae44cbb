import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { loadSolver } from '#server/solver.ts';
import { checkProof } from '../check-proof.ts';
import { applyPlan } from '../apply-plan.ts';
import { anyHappening, anySnapshot, happen } from '../fixtures/arbitrary.ts';
import { host, idSource, replica, snapshot, workload } from '../fixtures/build.ts';
import type { Proof, Snapshot } from '../model.ts';
import type { Solve } from '../pack/problem.ts';
import { prepare } from '../prepare.ts';
import { schedule } from '../schedule.ts';
import { capOnHost } from './fleet.ts';
import { prove, reprove } from './proof.ts';

let solve: Solve;
beforeAll(async () => {
  solve = await loadSolver();
});

/** Three hosts of 32 cores hold two containers of 4 cores each; one host would do. */
const scattered = () => {
  const workloads = [workload('w1')];
  const replicas = [1, 2, 3, 4, 5, 6].map((ordinal) => replica('w1', ordinal, `h${1 + (ordinal % 3)}`, `10.1.0.${10 + ordinal}`));
  return snapshot({ workloads, replicas });
};

test('three hosts at 60 cents hold what one could: the proof says 60', () => {
  const proof = prove(scattered(), { solve });
  expect(proof.costCentsPerHour).toBe(180);
  // 6 of the 7 containers that fit on a host: 51.4 by the prices alone, and no arrangement costs less than a whole host.
  expect(proof.bound / proof.scale).toBe(60);
  expect(checkProof(scattered(), undefined, proof)).toMatchObject({ ok: true, problems: [], gap: { costCentsPerHour: 180 } });
});

test('what must survive the loss of a host needs two hosts, and the proof knows it', () => {
  const one = workload('w1', { survive: 'host', minReplicas: 6 });
  // 100 QPS of 20 ms are 2 busy cores: 2 of 6 replicas must remain, so 4 may lie on one host.
  const snapshot = { ...scattered(), workloads: [one] };
  expect(capOnHost(one, snapshot.policy, 6)).toBeLessThan(6);
  const proof = prove(snapshot, { solve });
  expect(proof.bound / proof.scale).toBe(120);
  expect(checkProof(snapshot, undefined, proof).ok).toBe(true);
});

const settled = (start: Snapshot, seed: number) => applyPlan(start, schedule(start, { verb: 'place', seed, newId: idSource() }));

test('on any fleet, after anything, a proof is accepted, is never above the cost, and needs no solver', () => {
  fc.assert(
    fc.property(anySnapshot, fc.array(anyHappening, { maxLength: 3 }), fc.nat(), (start, happenings, seed) => {
      const world = happenings.reduce(happen, settled(start, seed));
      for (const options of [{ solve }, {}]) {
        const proof = prove(world, options);
        const verdict = checkProof(world, undefined, proof);
        expect(verdict.problems).toEqual([]);
        expect(proof.bound).toBeLessThanOrEqual(proof.costCentsPerHour * proof.scale);
        expect(verdict.gap.boundCentsPerHour).toBe(proof.bound / proof.scale);
      }
    }),
    { numRuns: 100 },
  );
}, 60_000);

test('a proof of a plan is accepted for the end state that the plan leaves', () => {
  fc.assert(
    fc.property(anySnapshot, anyHappening, fc.nat(), (start, happening, seed) => {
      const world = happen(settled(start, seed), happening);
      const plan = schedule(world, { verb: 'heal', seed, newId: idSource() });
      const proof = prove(applyPlan(world, plan), { solve });
      expect(checkProof(world, plan, proof).problems).toEqual([]);
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('old prices prove a bound for every later state', () => {
  fc.assert(
    fc.property(anySnapshot, fc.array(anyHappening, { minLength: 1, maxLength: 4 }), fc.nat(), (start, happenings, seed) => {
      const before = settled(start, seed);
      const after = settled(happenings.reduce(happen, before), seed + 1);
      const proof = reprove(after, prove(before, { solve }));
      expect(checkProof(after, undefined, proof).problems).toEqual([]);
    }),
    { numRuns: 60 },
  );
}, 60_000);

/** The least that the placed replicas can cost, by trying every host for every one of them. */
function cheapest(world: Snapshot): number {
  const base = prepare(world);
  const items = world.replicas.filter(({ hostId }) => hostId !== null);
  const load = new Map<string, { cpuMilli: number; memoryMib: number; of: Map<string, number> }>();
  let best = Number.POSITIVE_INFINITY;
  const place = (index: number, cost: number): void => {
    if (cost >= best) return;
    if (index === items.length) {
      best = cost;
      return;
    }
    const { workloadId, shape } = items[index]!;
    const cap = capOnHost(base.workloads.get(workloadId)!, world.policy, items.length);
    for (const [at, { id, costCentsPerHour }] of base.hosts.entries()) {
      const now = load.get(id) ?? { cpuMilli: 0, memoryMib: 0, of: new Map() };
      const here = now.of.get(workloadId) ?? 0;
      if (now.cpuMilli + shape.cpuMilli > base.usableCpu[at]! || now.memoryMib + shape.memoryMib > base.usableMemory[at]! || here >= cap) continue;
      load.set(id, { cpuMilli: now.cpuMilli + shape.cpuMilli, memoryMib: now.memoryMib + shape.memoryMib, of: new Map(now.of).set(workloadId, here + 1) });
      place(index + 1, cost + (now.cpuMilli === 0 ? costCentsPerHour : 0));
      load.set(id, now);
    }
  };
  place(0, 0);
  return best;
}

const smallFleet = fc
  .record({
    hosts: fc.array(fc.record({ cpuMilli: fc.constantFrom(9000, 14_000, 18_000), memoryMib: fc.constantFrom(18_400, 28_000, 40_000), costCentsPerHour: fc.integer({ min: 1, max: 50 }) }), { minLength: 3, maxLength: 5 }),
    perHost: fc.constantFrom(undefined, 1, 2),
    shapes: fc.array(fc.constantFrom({ cpuMilli: 2000, memoryMib: 4096 }, { cpuMilli: 4000, memoryMib: 8192 }, { cpuMilli: 1000, memoryMib: 9000 }), { minLength: 2, maxLength: 6 }),
  })
  .map(({ hosts, perHost, shapes }) => {
    const fleet = hosts.map(({ costCentsPerHour, ...capacity }, index) => host(`h${index}`, { capacity, costCentsPerHour }));
    const workloads = [workload('w1', { caps: { perHost } }), workload('w2', { caps: { perHost } })];
    const start = snapshot({ hosts: fleet, workloads });
    // One after the other on the first host with room: some arrangement that the rules allow.
    const replicas: Snapshot['replicas'][number][] = [];
    for (const [index, shape] of shapes.entries()) {
      const id = `w${1 + (index % 2)}`;
      const base = prepare({ ...start, replicas });
      const at = base.hosts.findIndex((each, where) => base.freeCpu[where]! >= shape.cpuMilli && base.freeMemory[where]! >= shape.memoryMib && replicas.filter((one) => one.workloadId === id && one.hostId === each.id).length < (perHost ?? 9));
      if (at >= 0) replicas.push(replica(id, index + 1, `h${at}`, `10.1.0.${20 + index}`, { shape }));
    }
    return { ...start, replicas };
  });

test('the bound is never above the cheapest arrangement there is', () => {
  fc.assert(
    fc.property(smallFleet, (world) => {
      const proof = prove(world, { solve });
      expect(checkProof(world, undefined, proof).problems).toEqual([]);
      expect(proof.bound / proof.scale).toBeLessThanOrEqual(cheapest(world));
    }),
    { numRuns: 60 },
  );
}, 60_000);

/** Every number of the proof, one at a time, changed by a little and by much. */
function* corrupted(proof: Proof): Generator<Proof> {
  for (const change of [1, -1, 0.5, 1000, -1000, Number.NaN]) {
    yield { ...proof, bound: proof.bound + change };
    yield { ...proof, scale: proof.scale + change };
    yield { ...proof, costCentsPerHour: proof.costCentsPerHour + change };
    for (const [at, entry] of proof.prices.entries()) {
      const put = (other: Proof['prices'][number]) => ({ ...proof, prices: proof.prices.with(at, other) });
      yield put({ ...entry, price: entry.price + change });
      yield put({ ...entry, shape: { ...entry.shape, cpuMilli: entry.shape.cpuMilli + change } });
      yield put({ ...entry, shape: { ...entry.shape, memoryMib: entry.shape.memoryMib + change } });
    }
  }
  for (const [at, entry] of proof.prices.entries()) {
    yield { ...proof, prices: proof.prices.toSpliced(at, 1) };
    yield { ...proof, prices: [...proof.prices, entry] };
    yield { ...proof, prices: proof.prices.with(at, { ...entry, workloadId: 'nobody' }) };
    yield { ...proof, prices: proof.prices.with(at, { ...entry, price: -entry.price }) };
  }
}

test('a proof with any figure changed is rejected, or proves no more than before', () => {
  const workloads = [workload('w1'), workload('w2', { survive: 'host', shape: 'large', minReplicas: 5 }), workload('w3', { shape: 'small', minReplicas: 4 })];
  const hosts = ['h1', 'h2', 'h3', 'h4'].map((id, index) => host(id, { costCentsPerHour: 40 + 7 * index, capacity: { cpuMilli: 24_000 + 8000 * (index % 2), memoryMib: 65_536 } }));
  const world = settled(snapshot({ hosts, workloads }), 1);
  const proof = prove(world, { solve });
  expect(checkProof(world, undefined, proof).ok).toBe(true);
  let tried = 0;
  for (const other of corrupted(proof)) {
    const verdict = checkProof(world, undefined, other);
    if (verdict.ok) expect(verdict.gap.boundCentsPerHour).toBeLessThanOrEqual(proof.bound / proof.scale);
    else expect(verdict.problems.length).toBeGreaterThan(0);
    if (!(other.bound <= proof.bound) || other.costCentsPerHour !== proof.costCentsPerHour) expect(verdict.ok).toBe(false);
    tried += 1;
  }
  expect(tried).toBeGreaterThan(80);
});
