// What an SRE relies on before acting: a what-if ends where the verbs themselves would end, and a bad question is answered by name.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyPlan } from '../apply-plan.ts';
import { check } from '../check.ts';
import { anySnapshot } from '../fixtures/arbitrary.ts';
import { defaultPolicy, host, idSource, network, replica, snapshot, workload } from '../fixtures/build.ts';
import type { Host, Pool, Snapshot } from '../model.ts';
import { prepare } from '../prepare.ts';
import { schedule } from '../schedule.ts';
import { alter } from './alter.ts';
import { NEVER_HOURS } from './consequence.ts';
import type { Change, NewHost } from './model.ts';
import { QuestionError } from './question-error.ts';
import { simulate } from './simulate.ts';

const options = () => ({ seed: 1, newId: idSource() });
const machine: NewHost = { kind: 'physical', site: 'a', rack: 'r9', capacity: { cpuMilli: 32_000, memoryMib: 131_072 }, reserved: { cpuMilli: 0, memoryMib: 0 }, costCentsPerHour: 60, performance: 50, stability: 50, labels: {}, taints: [], environments: [] };
const pool: Pool = { id: 'p1', name: 'vm8', site: 'cloud', capacity: { cpuMilli: 8000, memoryMib: 16_384 }, costCentsPerHour: 40, limit: 5, performance: 50, stability: 50, labels: {}, taints: [], environments: [] };

/** 100 QPS of 20 ms: two replicas of four cores. Two hosts that could hold either of them twice. */
const settled: Snapshot = snapshot({
  hosts: [host('h1', { capacity: { cpuMilli: 10_000, memoryMib: 32_768 } }), host('h2', { capacity: { cpuMilli: 10_000, memoryMib: 32_768 }, rack: 'r2' })],
  workloads: [workload('shop')],
  replicas: [replica('shop', 1, 'h1', '10.1.0.10'), replica('shop', 2, 'h2', '10.1.0.11')],
});
const bad = (changes: readonly Change[], from: Snapshot = settled) => {
  try {
    simulate(from, changes, options());
  } catch (error) {
    if (error instanceof QuestionError) return { field: error.field, value: error.value, message: error.message };
    throw error;
  }
  return undefined;
};

test('draining a host shows its replica on the other, one host less in use, and the time that one move takes', () => {
  const { stages, consequence } = simulate({ ...settled, policy: { ...defaultPolicy, movesPerHour: 4 } }, [{ kind: 'drain', hostIds: ['h1'] }], options());
  expect(stages[0]?.plan.steps.map((step) => [step.kind, step.replica.ordinal, 'hostId' in step && step.hostId])).toEqual([['move', 1, 'h2']]);
  expect(consequence).toMatchObject({ moves: 1, healed: 0, starts: 0, stops: 0, hours: 0.25, movedWorkloads: [{ workloadId: 'shop', workload: 'shop.production', moves: 1 }], unplaced: [] });
  expect([consequence.before.hostsUsed, consequence.after.hostsUsed]).toEqual([2, 1]);
  // 9,000 usable millicores a host: h2 is full with two, and h1 takes nothing any more.
  expect(consequence.headroom).toEqual([{ site: 'a', before: { freeCpuMilli: 10_000, freeMemoryMib: 2 * 29_491 - 16_384, containers: 2 }, after: { freeCpuMilli: 1000, freeMemoryMib: 29_491 - 16_384, containers: 0 } }]);
});

test('each change begins where the one before ended: a drain leaves no room for what is lost next', () => {
  const three = { ...settled, hosts: [...settled.hosts, host('h3', { capacity: { cpuMilli: 5000, memoryMib: 16_384 } })] };
  const { stages, consequence } = simulate(three, [{ kind: 'drain', hostIds: ['h1'] }, { kind: 'lose', hostIds: ['h2'], label: 'h2' }], options());
  expect(stages[0]?.plan.unplaced).toEqual([]);
  // Two replicas ran on h2 and h3 or both on h2; only h3 is left, with room for one.
  expect(stages[1]?.plan.unplaced.map(({ workload: name, count }) => [name, count])).toEqual([['shop.production', 1]]);
  expect(consequence.after.pending).toBe(1);
});

test('a lost host heals at once, whatever the pace', () => {
  const { consequence } = simulate({ ...settled, policy: { ...defaultPolicy, movesPerHour: 0 } }, [{ kind: 'lose', hostIds: ['h1'], label: 'h1' }], options());
  expect(consequence).toMatchObject({ moves: 1, healed: 1, hours: 0 });
});

test('what a policy without moves would never do is told as such', () => {
  const { consequence } = simulate({ ...settled, policy: { ...defaultPolicy, movesPerHour: 0 } }, [{ kind: 'drain', hostIds: ['h1'] }], options());
  expect(consequence).toMatchObject({ moves: 1, hours: NEVER_HOURS });
});

test('moves that are due without the changes are told apart', () => {
  // h1 is drained already, and the plan for it has not begun; draining h2 as well then moves nothing else.
  const begun = { ...settled, hosts: [host('h1', { draining: true, cordoned: true }), host('h2'), host('h3')] };
  const { consequence } = simulate(begun, [{ kind: 'drain', hostIds: ['h2'] }], options());
  expect(consequence).toMatchObject({ moves: 2, due: 1 });
});

test('growing a workload counts from its peak and forgets what the autoscaler decided for the old one', () => {
  const decided = { ...settled, workloads: [{ ...workload('shop'), decision: { replicas: 1, reason: 'quiet' } }] };
  const { stages, consequence } = simulate(decided, [{ kind: 'grow', workloadId: 'shop', permille: 2000 }], options());
  expect(stages[0]?.plan.sizings[0]?.forPeak).toBe(3);
  expect(consequence.starts).toBe(1);
});

test('hosts that join have names, networks and room of their own', () => {
  const { stages, consequence } = simulate({ ...settled, networks: [network('n1', 1, { last: '10.1.0.11' })] }, [{ kind: 'add', count: 2, host: machine }, { kind: 'grow', workloadId: 'shop', permille: 4000 }, { kind: 'add', count: 1, host: machine }], options());
  const started = stages[1]!.plan.steps.filter(({ kind }) => kind === 'start');
  expect(new Set(started.map((step) => ('hostId' in step ? step.hostId : '')))).toEqual(new Set(['added-1', 'added-2']));
  expect(consequence.unplaced).toEqual([]);
  expect(consequence.after.replicas).toBe(5);
});

test('headroom ends where addresses do', () => {
  const scarce = { ...settled, hosts: [host('h1'), host('h2')], networks: [network('n1', 1, { last: '10.1.0.14' })] };
  const { consequence } = simulate(scarce, [{ kind: 'remove', workloadId: 'shop' }], options());
  // Five addresses for both hosts: two are held, and what is freed stays in quarantine.
  expect(consequence.headroom[0]?.before.containers).toBe(3);
  expect(consequence.headroom[0]?.after.containers).toBe(3);
});

test('buying gives everything that waits its room with the fewest VMs', () => {
  const { stages, consequence } = simulate({ ...settled, pools: [pool] }, [{ kind: 'grow', workloadId: 'shop', permille: 4000 }, { kind: 'buy' }], options());
  // Five replicas at this peak: the hosts hold four, and one VM of eight cores holds the fifth.
  expect(stages[0]?.plan.unplaced[0]?.count).toBe(1);
  expect(stages[1]?.bought).toEqual([{ pool, count: 1 }]);
  expect(consequence.unplaced).toEqual([]);
  expect(consequence.after.costCentsPerHour - consequence.before.costCentsPerHour).toBe(40);
});

test('removing a workload frees what it took', () => {
  const { consequence } = simulate(settled, [{ kind: 'remove', workloadId: 'shop' }], options());
  expect(consequence).toMatchObject({ stops: 2, moves: 0, after: { replicas: 0, costCentsPerHour: 0 } });
});

test('a rearrangement is carried out in its order', () => {
  const { stages, consequence } = simulate(settled, [{ kind: 'rearrange', wishes: [{ replicaId: 'shop-1', hostId: 'h2' }] }], options());
  expect(stages[0]?.plan.declined ?? []).toEqual([]);
  expect(consequence).toMatchObject({ moves: 1, after: { hostsUsed: 1 } });
});

test('what may die is told before and after', () => {
  const { consequence } = simulate(settled, [{ kind: 'drain', hostIds: ['h1'] }], { ...options(), withSurvival: true });
  const hosts = (survivals: typeof consequence.survival.before) => survivals.find(({ domain }) => domain === 'host');
  expect(hosts(consequence.survival.before)).toMatchObject({ tried: 2, survives: true });
  expect(hosts(consequence.survival.after)).toMatchObject({ tried: 1, survives: false, failures: [{ label: 'h2', missing: 2 }] });
});

test('the gap is that of the proof which the caller gives', () => {
  const proof = () => ({ scale: 100, prices: [], bound: 10_000, costCentsPerHour: 120 });
  expect(simulate(settled, [{ kind: 'remove', workloadId: 'shop' }], { ...options(), proof }).consequence.gap?.before).toEqual({ costCentsPerHour: 120, boundCentsPerHour: 100, percent: 20 });
});

test.each<[string, readonly Change[], string]>([
  ['nothing at all', [], 'changes'],
  ['no host', [{ kind: 'drain', hostIds: [] }], 'changes.0.hostIds'],
  ['an unknown host', [{ kind: 'drain', hostIds: ['h1', 'nowhere'] }], 'changes.0.hostIds'],
  ['the loss of everything', [{ kind: 'lose', hostIds: ['h1', 'h2'], label: 'site a' }], 'changes.0.hostIds'],
  ['the loss of the rest', [{ kind: 'lose', hostIds: ['h1'], label: 'h1' }, { kind: 'lose', hostIds: ['h2'], label: 'h2' }], 'changes.1.hostIds'],
  ['no new host', [{ kind: 'add', count: 0, host: machine }], 'changes.0.count'],
  ['half a host', [{ kind: 'add', count: 1.5, host: machine }], 'changes.0.count'],
  ['a machine without cores', [{ kind: 'add', count: 1, host: { ...machine, capacity: { cpuMilli: 0, memoryMib: 1024 } } }], 'changes.0.host.capacity.cpuMilli'],
  ['a machine of no place', [{ kind: 'add', count: 1, host: { ...machine, site: '' } }], 'changes.0.host.site'],
  ['a purchase where there is no pool', [{ kind: 'buy' }], 'changes.0.pools'],
  ['an unknown workload', [{ kind: 'grow', workloadId: 'nobody', permille: 1500 }], 'changes.0.workloadId'],
  ['growth to nothing', [{ kind: 'grow', workloadId: 'shop', permille: 0 }], 'changes.0.permille'],
  ['the removal of what is not there', [{ kind: 'remove', workloadId: 'nobody' }], 'changes.0.workloadId'],
  ['no wish', [{ kind: 'rearrange', wishes: [] }], 'changes.0.wishes'],
  ['an unknown replica', [{ kind: 'rearrange', wishes: [{ replicaId: 'x', hostId: 'h1' }] }], 'changes.0.wishes.0.replicaId'],
  ['a replica in two places', [{ kind: 'rearrange', wishes: [{ replicaId: 'shop-1', hostId: 'h1' }, { replicaId: 'shop-1', hostId: 'h2' }] }], 'changes.0.wishes.1.replicaId'],
  ['a policy without its default shape', [{ kind: 'policy', policy: { ...defaultPolicy, defaultShape: 'huge' } }], 'changes.0.policy.defaultShape'],
])('%s is refused by field, value and what is allowed', (_, changes, field) => {
  const refusal = bad(changes);
  expect(refusal?.field).toBe(field);
  expect(refusal?.message).toMatch(/ is .+: it must be .+/);
});

test('an unknown pool is answered with those that there are', () => {
  expect(bad([{ kind: 'buy', pools: ['gpu'] }], { ...settled, pools: [pool] })?.message).toBe('changes.0.pools.0 is gpu: it must be one of vm8');
});

const anyChange = (hosts: readonly Host[]): fc.Arbitrary<Change> =>
  fc.oneof(
    fc.constantFrom(...hosts).map(({ id }): Change => ({ kind: 'drain', hostIds: [id] })),
    fc.constantFrom(...hosts).map(({ id, name }): Change => ({ kind: 'lose', hostIds: [id], label: name })),
    fc.record({ kind: fc.constant('grow' as const), workloadId: fc.constantFrom('w1', 'w2', 'w3'), permille: fc.integer({ min: 200, max: 3000 }) }),
    fc.constant<Change>({ kind: 'add', count: 2, host: machine }),
    fc.constant<Change>({ kind: 'policy', policy: { ...defaultPolicy, version: 2, privateFirst: false } }),
  );

test('a simulation ends where doing it step by step ends, and every plan of it is sound', () => {
  const stories = anySnapshot.chain((start) => fc.record({ start: fc.constant(start), changes: fc.array(anyChange(start.hosts), { minLength: 1, maxLength: 4 }), seed: fc.integer() }));
  fc.assert(
    fc.property(stories, ({ start, changes, seed }) => {
      const stable = (id: string, ordinal: number) => `${id}-${ordinal}`;
      const begun = applyPlan(start, schedule(start, { verb: 'place', seed, newId: stable, complete: true }));
      fc.pre(bad(changes, begun) === undefined);
      const { stages, consequence } = simulate(begun, changes, { seed, newId: stable });
      let now = begun;
      for (const [index, change] of changes.entries()) {
        if (change.kind === 'buy') continue;
        const { snapshot: altered, wishes, verb } = alter(now, change, '');
        const plan = schedule(altered, { verb, seed, newId: stable, complete: true, wishes });
        expect(stages[index]?.plan).toEqual(plan);
        expect(check(altered, plan)).toEqual([]);
        now = applyPlan(altered, plan);
      }
      expect(consequence.after).toEqual(prepare(now).totals);
      expect(consequence.after.replicas - consequence.after.pending - (consequence.before.replicas - consequence.before.pending)).toBeLessThanOrEqual(consequence.starts);
    }),
    { numRuns: 120 },
  );
}, 60_000);
