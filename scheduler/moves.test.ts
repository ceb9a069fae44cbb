// What people rely on while replicas move: nothing that serves is taken away before enough others serve, whatever happens in between, and
// in the end everything is where it should be, or the plan says why not.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyPlan } from './apply-plan.ts';
import { check } from './check.ts';
import { anyHappening, anySnapshot, type Happening, happen } from './fixtures/arbitrary.ts';
import { host, idSource, network, replica, snapshot, workload } from './fixtures/build.ts';
import type { Plan, Replica, Snapshot, Wish } from './model.ts';
import { schedule, type ScheduleOptions } from './schedule.ts';

type Event =
  | { readonly kind: 'happens'; readonly happening: Happening }
  | { readonly kind: 'drain'; readonly at: number; readonly draining: boolean }
  | { readonly kind: 'kinds'; readonly kinds: Snapshot['policy']['environments'][string]['kinds'] }
  /** Hosts report: of the replicas that start, those at these positions serve now. */
  | { readonly kind: 'serve'; readonly every: number }
  | { readonly kind: 'overdue' }
  | { readonly kind: 'plan'; readonly lingers: number; readonly moves: number; readonly wishes: readonly (readonly [replica: number, host: number])[] };

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('happens' as const), happening: anyHappening }),
  fc.record({ kind: fc.constant('drain' as const), at: fc.nat(11), draining: fc.boolean() }),
  fc.record({ kind: fc.constant('kinds' as const), kinds: fc.constantFrom(['physical' as const, 'private-vm' as const], ['cloud-vm' as const, 'lxc' as const, 'physical' as const]) }),
  fc.record({ kind: fc.constant('serve' as const), every: fc.integer({ min: 1, max: 2 }) }),
  fc.constant({ kind: 'overdue' as const }),
  fc.record({ kind: fc.constant('plan' as const), lingers: fc.constantFrom(0, 0, 1, 2, 3), moves: fc.constantFrom(0, 1, 3, 100), wishes: fc.array(fc.tuple(fc.nat(20), fc.nat(11)), { maxLength: 4 }) }),
);

/** A fleet with what really serves in it, apart from what plans believe. */
interface World {
  now: Snapshot;
  readonly serving: Set<string>;
  readonly overdue: Set<string>;
  readonly options: Pick<ScheduleOptions, 'newId' | 'seed' | 'verb'>;
}

const open = (start: Snapshot): World => ({ now: start, serving: new Set(), overdue: new Set(), options: { verb: 'place', seed: 1, newId: idSource() } });
const isAlive = ({ hosts }: Snapshot, { hostId }: Replica) => hosts.some(({ id, state }) => id === hostId && state !== 'lost');

/** The snapshot as the server would read it: successors as observed. */
function observed({ now, serving, overdue }: World): Snapshot {
  const stateOf = (id: string) => (serving.has(id) ? 'serving' : overdue.has(id) ? 'overdue' : 'starting');
  return { ...now, replicas: now.replicas.map((each) => (each.successor === undefined ? each : { ...each, successor: { ...each.successor, state: stateOf(each.id) } })) };
}

function decide(world: World, more: Partial<ScheduleOptions> = {}): { readonly before: Snapshot; readonly plan: Plan } {
  const before = observed(world);
  const plan = schedule(before, { ...world.options, serves: ({ id }) => world.serving.has(id), ...more });
  expect(check(before, plan)).toEqual([]);
  const count = (from: Snapshot, workloadId: string) => from.replicas.filter((each) => each.workloadId === workloadId && world.serving.has(each.id) && isAlive(from, each)).length;
  const after = applyPlan(before, plan);
  for (const step of plan.steps) if (step.kind === 'move' || step.kind === 'wait') world.serving.delete(step.replica.id);
  for (const { workloadId, mustRemain } of plan.sizings) {
    const units = new Set(before.replicas.filter((each) => each.workloadId === workloadId && world.serving.has(each.id)).map(({ id, successor }) => successor?.replaces ?? id)).size;
    expect(count(after, workloadId)).toBeGreaterThanOrEqual(Math.min(count(before, workloadId), units, mustRemain));
  }
  world.now = after;
  return { before, plan };
}

function serve(world: World, every: number): void {
  const starting = world.now.replicas.filter((each) => isAlive(world.now, each) && !world.serving.has(each.id));
  for (const [index, { id }] of starting.entries()) if (index % every === 0) world.serving.add(id);
}

function befall(world: World, event: Event): void {
  if (event.kind === 'happens') world.now = happen(world.now, event.happening);
  else if (event.kind === 'drain') world.now = { ...world.now, revision: world.now.revision + 1, hosts: world.now.hosts.map((each) => (each.id === `h${event.at}` ? { ...each, draining: event.draining } : each)) };
  else if (event.kind === 'kinds') {
    const { policy } = world.now;
    world.now = { ...world.now, revision: world.now.revision + 1, policy: { ...policy, version: policy.version + 1, environments: { ...policy.environments, production: { kinds: event.kinds, cpuOvercommitPermille: 1000 } } } };
  } else if (event.kind === 'serve') serve(world, event.every);
  else if (event.kind === 'overdue') for (const { id, successor } of world.now.replicas) if (successor !== undefined) world.overdue.add(id);
  if (event.kind !== 'plan') return;
  const { replicas, hosts } = world.now;
  const wishes = event.wishes.flatMap(([which, where]): Wish[] => (replicas.length === 0 || hosts.length === 0 ? [] : [{ replicaId: replicas[which % replicas.length]!.id, hostId: hosts[where % hosts.length]!.id }]));
  // Clients still come to some: none of those is stopped for being too many.
  const lingers = ({ ordinal }: Replica) => event.lingers > 0 && ordinal % event.lingers === 0;
  const { before, plan } = decide(world, { moves: event.moves, wishes, lingers });
  for (const { kind, replica: each, reason } of plan.steps) if (kind === 'stop' && reason.code === 'shrunk' && isAlive(before, each)) expect(lingers(each)).toBe(false);
}

test('whatever happens between plans, no plan takes away what must serve, and each is sound', () => {
  fc.assert(
    fc.property(anySnapshot, fc.array(anyEvent, { minLength: 4, maxLength: 24 }), (start, events) => {
      const world = open(start);
      decide(world);
      serve(world, 1);
      for (const event of events) befall(world, event);
    }),
    { numRuns: 1000 },
  );
}, 60_000);

test('when successors serve, everything ends where it should be, or the plan names what does not', () => {
  fc.assert(
    fc.property(anySnapshot, fc.array(anyEvent, { maxLength: 10 }), (start, events) => {
      const world = open(start);
      decide(world);
      serve(world, 1);
      for (const event of events) befall(world, event);
      world.overdue.clear();
      let last: Plan | undefined;
      for (let round = 0; round < 200 && (last === undefined || last.steps.length > 0); round += 1) {
        serve(world, 1);
        last = decide(world).plan;
      }
      expect(last?.steps).toEqual([]);
      expect(last?.postponed).toBeUndefined();
      expect(world.now.replicas.filter(({ successor }) => successor !== undefined)).toEqual([]);
      const told = new Set([...last!.unplaced, ...last!.refusals].map(({ workloadId }) => workloadId));
      const drained = new Set(world.now.hosts.filter(({ draining }) => draining === true).map(({ id }) => id));
      for (const { hostId, workloadId } of world.now.replicas) if (drained.has(hostId ?? '')) expect(told).toContain(workloadId);
    }),
    { numRuns: 500 },
  );
}, 60_000);

const shop = (ask: Parameters<typeof workload>[1] = {}) => workload('shop', { peakQps: 1, minReplicas: 2, ...ask });
const asks = (more: Partial<ScheduleOptions> = {}): ScheduleOptions => ({ verb: 'place', seed: 1, newId: idSource(), ...more });
const kinds = (plan: Plan) => plan.steps.map((step) => `${step.kind} ${step.replica.id} ${step.reason.code}`);
const pair = [replica('shop', 1, 'h1', '10.1.0.10'), replica('shop', 2, 'h2', '10.1.0.11'), replica('shop', 3, 'h3', '10.1.0.12', { successor: { replaces: 'shop-1', state: 'starting' } })];

test('a pair counts as one, for the number and for the caps', () => {
  const one = snapshot({ workloads: [shop({ caps: { perRack: 2, perSite: 2 } })], replicas: pair });
  expect(schedule(one, asks())).toMatchObject({ steps: [], unplaced: [] });
  expect(kinds(schedule({ ...one, workloads: [shop({ minReplicas: 3 })] }, asks()))).toEqual(['start shop-4/1 grown']);
});

test('where there are too many, what does not serve stops first, and a pair stops as a whole', () => {
  const running = [1, 2, 3].map((ordinal) => replica('shop', ordinal, `h${ordinal}`, `10.1.0.${9 + ordinal}`));
  const one = snapshot({ workloads: [shop()], replicas: running });
  expect(kinds(schedule(one, asks({ serves: ({ id }) => id !== 'shop-1' })))).toEqual(['stop shop-1 shrunk']);
  expect(kinds(schedule({ ...one, workloads: [shop({ minReplicas: 1 })], replicas: pair }, asks()))).toEqual(['stop shop-1 shrunk', 'stop shop-3 shrunk']);
});

test('of too many, those to which clients still come go on and are named; others stop, and those that left first', () => {
  const running = [1, 2, 3, 4].map((ordinal) => replica('shop', ordinal, `h${ordinal % 3 + 1}`, `10.1.0.${9 + ordinal}`));
  const one = snapshot({ workloads: [shop()], replicas: running });
  const told = (lingers: (id: string) => boolean) => ((plan: Plan) => [kinds(plan), plan.lingering?.map(({ replicaId }) => replicaId)])(schedule(one, asks({ lingers: ({ id }) => lingers(id) })));
  expect(told(() => true)).toEqual([[], ['shop-4', 'shop-3']]);
  expect(told((id) => id !== 'shop-1')).toEqual([['stop shop-1 shrunk'], ['shop-4']]);
  expect(told(() => false)).toEqual([['stop shop-3 shrunk', 'stop shop-4 shrunk'], undefined]);
});

test('a replica without a second address stops first only where the others are enough', () => {
  const networks = [network('n1', 1, { first: '10.1.0.10', last: '10.1.0.11' })];
  const hosts = [host('h1', { draining: true }), host('h2'), host('h3')];
  const one = snapshot({ hosts, networks, workloads: [shop()], replicas: pair.slice(0, 2) });
  expect(schedule(one, asks()).steps).toMatchObject([{ kind: 'move', replica: { id: 'shop-1' }, address: '10.1.0.10' }]);
  const both = { ...one, workloads: [workload('shop', { peakQps: 100, headroomPermille: 0 })] };
  expect(schedule(both, asks()).steps).toEqual([]);
  expect(schedule(both, asks()).unplaced).toMatchObject([{ count: 1, eliminations: [{ hosts: 2, closest: { rule: 'addresses' } }, { hosts: 1, closest: { rule: 'cordon' } }] }]);
  expect(schedule(one, asks({ serves: ({ id }) => id !== 'shop-2' })).steps).toEqual([]);
});

test('a wish for a replica that must leave anyhow says where it goes', () => {
  const one = snapshot({ hosts: [host('h1', { draining: true }), host('h2'), host('h3'), host('h4', { costCentsPerHour: 900 })], workloads: [shop()], replicas: pair.slice(0, 2) });
  expect(schedule(one, asks({ wishes: [{ replicaId: 'shop-1', hostId: 'h4' }] })).steps).toMatchObject([{ kind: 'start', hostId: 'h4', reason: { code: 'drained' } }]);
});

test('of many replicas a tenth may move at a time; a resting one waits', () => {
  const replicas = Array.from({ length: 30 }, (_, index) => replica('shop', index + 1, 'h1', `10.1.0.${index + 10}`, { shape: { cpuMilli: 2000, memoryMib: 1024 } }));
  const hosts = [host('h1', { draining: true, capacity: { cpuMilli: 128_000, memoryMib: 262_144 } }), host('h2', { capacity: { cpuMilli: 128_000, memoryMib: 262_144 } })];
  const policy = { ...snapshot().policy, shapes: { standard: { cpuMilli: 2000, memoryMib: 1024 } } };
  const one = snapshot({ hosts, policy, workloads: [shop({ minReplicas: 30 })], replicas });
  expect(schedule(one, asks())).toMatchObject({ steps: [{ kind: 'start' }, { kind: 'start' }, { kind: 'start' }], postponed: 27 });
  expect(schedule(one, asks({ moves: 2 }))).toMatchObject({ steps: [{ kind: 'start' }, { kind: 'start' }], postponed: 28 });
  const rests = schedule(one, asks({ moves: 1, resting: new Set(['shop-1']) }));
  expect(rests.steps).toMatchObject([{ replica: { successor: { replaces: 'shop-2' } } }]);
});
