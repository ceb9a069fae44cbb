// What people rely on while a workload goes from one release to another: step by step exactly as many replicas run the new one as were asked
// for, in both directions, whatever else happens; enough serve all the while, and no more run beside the number than were allowed.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyPlan } from './apply-plan.ts';
import { check } from './check.ts';
import { anyHappening, anySnapshot, happen } from './fixtures/arbitrary.ts';
import { host, idSource, network, replica, snapshot, workload } from './fixtures/build.ts';
import type { Plan, Replica, Rollout, Snapshot } from './model.ts';
import { schedule, type ScheduleOptions } from './schedule.ts';

/** A fleet with what really serves in it: a container of this release, at this address. */
interface World {
  now: Snapshot;
  readonly serving: Set<string>;
  readonly options: Pick<ScheduleOptions, 'newId' | 'seed' | 'verb'>;
}

const open = (now: Snapshot): World => ({ now, serving: new Set(), options: { verb: 'place', seed: 1, newId: idSource() } });
const container = ({ id, releaseId, address }: Replica) => `${id} ${releaseId} ${address}`;
const lives = ({ hosts }: Snapshot, { hostId }: Replica) => hosts.some(({ id, state }) => id === hostId && state !== 'lost');
const serves = ({ now, serving }: World, each: Replica) => lives(now, each) && serving.has(container(each));
const unitsOf = ({ replicas }: Snapshot, id: string) => replicas.filter((each) => each.workloadId === id && !replicas.some(({ successor }) => successor?.replaces === each.id));
const on = (from: Snapshot, id: string, releaseId: string) => unitsOf(from, id).filter((each) => each.releaseId === releaseId).length;

/** Units of which somebody serves. */
function servingUnits(world: World, id: string): number {
  return new Set(world.now.replicas.filter((each) => each.workloadId === id && serves(world, each)).map((each) => each.successor?.replaces ?? each.id)).size;
}

function plan(world: World, more: Partial<ScheduleOptions> = {}): Plan {
  const before: Snapshot = { ...world.now, replicas: world.now.replicas.map((each) => (each.successor === undefined ? each : { ...each, successor: { ...each.successor, state: serves(world, each) ? 'serving' : 'starting' } })) };
  const silent = new Set(before.replicas.filter((each) => !serves(world, each)).map(({ id }) => id));
  const made = schedule(before, { ...world.options, serves: ({ id }) => !silent.has(id), ...more });
  expect(check(before, made, silent)).toEqual([]);
  world.now = applyPlan(before, made);
  return made;
}

/** What starts serves after a while: all of it, or every second. */
function serve(world: World, every = 1): void {
  const starting = world.now.replicas.filter((each) => lives(world.now, each) && !world.serving.has(container(each)));
  for (const [index, each] of starting.entries()) if (index % every === 0) world.serving.add(container(each));
}

function ask(world: World, id: string, rollout: Rollout | undefined): void {
  const workloads = world.now.workloads.map(({ rollout: _, ...each }) => (each.id === id && rollout !== undefined ? { ...each, rollout } : each));
  world.now = { ...world.now, revision: world.now.revision + 1, workloads };
}

const share = fc.oneof(fc.record({ count: fc.integer({ min: 0, max: 5 }) }), fc.record({ permille: fc.integer({ min: 0, max: 1000 }) }));
const anyRollout: fc.Arbitrary<Rollout> = fc.record({ id: fc.constant('one'), releaseId: fc.constantFrom('r2', 'r3'), target: share, order: fc.constantFrom('start-first', 'stop-first'), surge: share, unavailable: share });
const meaning = (part: Rollout['target'], of: number) => Math.min(of, 'count' in part ? part.count : Math.ceil((part.permille * of) / 1000));

/** Plans until nothing is left to do. */
function settle(world: World, look: (made: Plan) => void = () => undefined): Plan {
  for (let round = 0; round < 300; round += 1) {
    serve(world, 1 + (round % 2));
    const made = plan(world);
    look(made);
    if (made.steps.length === 0 && world.now.replicas.every((each) => serves(world, each) || !lives(world.now, each))) return made;
  }
  throw new Error('300 plans, and still something to do');
}

test('plans lead to exactly what is asked, forwards and back, and take no more away than they may', () => {
  fc.assert(
    fc.property(anySnapshot, fc.array(fc.option(anyRollout, { nil: undefined, freq: 4 }), { minLength: 1, maxLength: 4 }), (start, rollouts) => {
      const world = open(start);
      settle(world);
      for (const rollout of [...rollouts, undefined]) {
        ask(world, 'w1', rollout);
        const begun = servingUnits(world, 'w1');
        const most = Math.max(1, meaning(rollout?.surge ?? { permille: 250 }, unitsOf(world.now, 'w1').length));
        const pairsBefore = world.now.replicas.filter(({ successor }) => successor !== undefined).length;
        expect(pairsBefore).toBe(0);
        const last = settle(world, () => {
          const units = unitsOf(world.now, 'w1').length;
          const missing = rollout?.order === 'stop-first' ? Math.max(1, meaning(rollout.unavailable, units)) : 0;
          expect(servingUnits(world, 'w1')).toBeGreaterThanOrEqual(begun - missing);
          expect(world.now.replicas.filter((each) => each.workloadId === 'w1').length - units).toBeLessThanOrEqual(most);
        });
        const stuck = [...(last.unrenewed ?? []), ...last.unplaced].filter(({ workloadId }) => workloadId === 'w1').reduce((sum, { count }) => sum + count, 0);
        const units = unitsOf(world.now, 'w1');
        const target = rollout === undefined ? 0 : meaning(rollout.target, units.length);
        const next = rollout === undefined ? 0 : on(world.now, 'w1', rollout.releaseId);
        expect(Math.abs(next - target)).toBeLessThanOrEqual(stuck);
        expect(units.length - on(world.now, 'w1', 'r1') - next).toBeLessThanOrEqual(stuck);
      }
    }),
    { numRuns: 100 },
  );
}, 60_000);

test('whatever happens during rollouts, every plan is sound, and in the end everything is as asked', () => {
  const events = fc.oneof(
    anyHappening.map((happening) => (world: World) => void (world.now = happen(world.now, happening))),
    fc.tuple(fc.constantFrom('w1', 'w2'), fc.option(anyRollout, { nil: undefined })).map(([id, rollout]) => (world: World) => ask(world, id, rollout)),
    fc.integer({ min: 1, max: 2 }).map((every) => (world: World) => serve(world, every)),
    fc.tuple(fc.nat(11), fc.boolean()).map(([at, draining]) => (world: World) => void (world.now = { ...world.now, hosts: world.now.hosts.map((each) => (each.id === `h${at}` ? { ...each, draining } : each)) })),
    fc.nat(20).map((at) => (world: World) => void (world.now.replicas.length > 0 && world.serving.delete(container(world.now.replicas[at % world.now.replicas.length]!)))),
    fc.constantFrom(0, 3, 100).map((moves) => (world: World) => void plan(world, { moves })),
  );
  fc.assert(
    fc.property(anySnapshot, fc.array(events, { minLength: 4, maxLength: 24 }), (start, happens) => {
      const world = open(start);
      plan(world);
      serve(world);
      for (const event of happens) event(world);
      const last = settle(world);
      const told = new Set([...last.unplaced, ...(last.unrenewed ?? [])].map(({ workloadId }) => workloadId));
      for (const { id, releaseId, rollout } of world.now.workloads) {
        if (told.has(id)) continue;
        const target = rollout === undefined || rollout.releaseId === releaseId ? 0 : meaning(rollout.target, unitsOf(world.now, id).length);
        expect([id, on(world.now, id, rollout?.releaseId ?? '')]).toEqual([id, target]);
        expect([id, on(world.now, id, releaseId)]).toEqual([id, unitsOf(world.now, id).length - target]);
      }
    }),
    { numRuns: 200 },
  );
}, 60_000);

const rolling = (target: Rollout['target'], parts: Partial<Rollout> = {}): Rollout => ({ id: 'one', releaseId: 'r2', target, order: 'start-first', surge: { permille: 250 }, unavailable: { count: 1 }, ...parts });
/** Four replicas of four cores on four hosts in two racks. */
function shop(rollout: Rollout | undefined, parts: Partial<Snapshot> = {}): Snapshot {
  const hosts = [1, 2, 3, 4].map((at) => host(`h${at}`, { rack: at < 3 ? 'a' : 'b', capacity: { cpuMilli: 10_000, memoryMib: 32_768 } }));
  const replicas = [1, 2, 3, 4].map((at) => replica('shop', at, `h${at}`, `10.1.0.${9 + at}`));
  return snapshot({ hosts, workloads: [workload('shop', { peakQps: 1, minReplicas: 4 }, rollout === undefined ? {} : { rollout })], replicas, ...parts });
}
const asks = (more: Partial<ScheduleOptions> = {}): ScheduleOptions => ({ verb: 'place', seed: 1, newId: idSource(), ...more });
const told = ({ steps }: Plan) => steps.map((step) => `${step.kind} ${step.replica.id}${step.kind === 'start' || step.kind === 'renew' ? ` on ${step.hostId}` : ''} ${step.replica.releaseId} ${step.reason.code}`);
const runs = (from: Snapshot, ...ids: string[]): Snapshot => ({ ...from, replicas: from.replicas.map((each) => (ids.includes(each.id) ? { ...each, releaseId: 'r2' } : each)) });

test('a canary starts beside the replica that it replaces, in the rack that has none, and that one stops once it serves', () => {
  const canary = shop(rolling({ count: 1 }));
  const first = schedule(canary, asks());
  expect(told(first)).toEqual(['start shop-5/1 on h1 r2 released']);
  const now = applyPlan(canary, first);
  expect(schedule(now, asks()).steps).toEqual([]);
  const served = { ...now, replicas: now.replicas.map((each) => (each.successor === undefined ? each : { ...each, successor: { ...each.successor, state: 'serving' as const } })) };
  expect(told(schedule(served, asks()))).toEqual(['stop shop-1 r1 succeeded']);
  const half = { ...applyPlan(served, schedule(served, asks())), workloads: shop(rolling({ permille: 500 })).workloads };
  expect(told(schedule(half, asks()))).toEqual(['start shop-1/1 on h3 r2 released']);
});

test('a rollout keeps the number that the autoscaler decided, and where it is stuck the workload still grows and shrinks', () => {
  const hosts = ['h1', 'h2', 'h3'].map((name) => host(name));
  const rollout: Rollout = { id: 'one', releaseId: 'r2', target: { permille: 500 }, order: 'start-first', surge: { count: 1 }, unavailable: { count: 0 } };
  const decided = (replicas: number, more: { rollout?: Rollout } = {}) => workload('shop', { peakQps: 900, minReplicas: 1 }, { decision: { replicas, reason: 'x' }, ...more });
  const world = open(snapshot({ hosts, workloads: [decided(4)] }));
  const decide = (replicas: number, more: { rollout?: Rollout } = {}) => {
    world.now = { ...world.now, revision: world.now.revision + 1, workloads: [decided(replicas, more)] };
  };
  const counts = () => [unitsOf(world.now, 'shop').length, on(world.now, 'shop', 'r2')];
  settle(world);
  expect(counts()).toEqual([4, 0]);
  decide(4, { rollout });
  settle(world);
  expect(counts()).toEqual([4, 2]);
  // From now on nothing of the other release ever serves: the rollout stands still, and demand does not.
  decide(4, { rollout: { ...rollout, target: { permille: 1000 } } });
  plan(world);
  decide(8, { rollout: { ...rollout, target: { permille: 1000 } } });
  plan(world);
  expect(counts()[0]).toBe(8);
  decide(3, { rollout: { ...rollout, target: { permille: 1000 } } });
  plan(world);
  expect(counts()[0]).toBe(3);
  decide(3);
  settle(world);
  expect(counts()).toEqual([3, 0]);
});

test('in the middle of the way back a successor stops, and what it was to replace stays', () => {
  const canary = shop(rolling({ count: 1 }));
  const now = { ...applyPlan(canary, schedule(canary, asks())), workloads: shop(rolling({ count: 0 })).workloads };
  expect(told(schedule(now, asks()))).toEqual(['stop shop-5/1 r2 released']);
  const served = { ...now, replicas: now.replicas.map((each) => (each.successor === undefined ? each : { ...each, successor: { ...each.successor, state: 'serving' as const } })) };
  expect(told(schedule(served, asks()))).toEqual(['stop shop-5/1 r2 released']);
  // Where only the successor serves, it stays until another one of the right release does.
  expect(told(schedule(served, asks({ serves: ({ id }) => id !== 'shop-1' })))).toEqual(['stop shop-1 r1 succeeded', 'start shop-6/1 on h1 r1 released']);
  expect(told(schedule(runs(shop(undefined), 'shop-1', 'shop-3'), asks()))).toEqual(['start shop-5/1 on h1 r1 released']);
  // Of three one goes back, and no other.
  const three = runs(shop(rolling({ count: 2 }, { surge: { count: 4 } })), 'shop-1', 'shop-2', 'shop-3');
  expect(told(schedule(three, asks()))).toEqual(['start shop-5/1 on h1 r1 released']);
});

test('stop-first renews as many as may be missing, those that do not serve count, and what was seen to fail changes at once', () => {
  const all = shop(rolling({ permille: 1000 }, { order: 'stop-first', unavailable: { count: 2 } }));
  expect(told(schedule(all, asks()))).toEqual(['renew shop-1 on h1 r2 released', 'renew shop-3 on h3 r2 released']);
  expect(told(schedule(runs(all, 'shop-1', 'shop-3'), asks({ serves: ({ id }) => id !== 'shop-1' })))).toEqual(['renew shop-2 on h2 r2 released']);
  expect(told(schedule(all, asks({ serves: ({ id }) => id === 'shop-1' })))).toEqual(['renew shop-2 on h2 r2 released', 'renew shop-3 on h3 r2 released', 'renew shop-4 on h4 r2 released']);
  // Nobody has heard of any of them yet: none is taken away on that evidence.
  expect(told(schedule(all, asks({ serves: () => false, fails: () => false })))).toEqual([]);
  expect(told(schedule(shop(rolling({ permille: 1000 })), asks({ serves: ({ id }) => id !== 'shop-2' })))).toEqual(['renew shop-2 on h2 r2 released', 'start shop-5/1 on h3 r2 released']);
});

test('where a successor finds no room the plan says why, and everything else goes on', () => {
  const full = shop(rolling({ permille: 1000 }), { hosts: [1, 2, 3, 4].map((at) => host(`h${at}`, { capacity: { cpuMilli: 5000, memoryMib: 10_000 } })) });
  expect(schedule(full, asks())).toMatchObject({ steps: [], unplaced: [], unrenewed: [{ workload: 'shop.production', count: 4, eliminations: [{ hosts: 4, closest: { rule: 'cpu' } }] }] });
  const roomy = { ...full, hosts: [...full.hosts, host('h5', { cordoned: true })], workloads: [...full.workloads, workload('other', { peakQps: 1 })] };
  expect(schedule(roomy, asks()).unplaced).toMatchObject([{ workloadId: 'other' }]);
  expect(schedule(full, asks({ complete: true }))).toMatchObject({ steps: [{ kind: 'renew' }, { kind: 'renew' }, { kind: 'renew' }, { kind: 'renew' }] });
});

test('one successor leaves a drained host and brings the other release, whatever the pace of moves', () => {
  const drained = shop(rolling({ count: 1 }), { hosts: shop(undefined).hosts.map((each) => (each.id === 'h1' ? { ...each, draining: true } : each)) });
  expect(told(schedule(drained, asks({ moves: 0, resting: new Set(['shop-1']) })))).toEqual(['start shop-5/1 on h2 r2 drained']);
});

test('new, waiting and lost replicas take the release that is missing', () => {
  const grown = shop(rolling({ count: 2 }));
  const workloads = [workload('shop', { peakQps: 1, minReplicas: 5 }, { rollout: rolling({ count: 2 }) })];
  expect(told(schedule({ ...grown, workloads }, asks()))).toEqual(['start shop-5/1 on h1 r2 grown', 'start shop-6/2 on h2 r2 released']);
  const lost = { ...runs(shop(rolling({ count: 1 })), 'shop-2'), hosts: grown.hosts.map((each) => (each.id === 'h2' ? { ...each, state: 'lost' as const } : each)) };
  expect(schedule(lost, asks()).steps).toMatchObject([{ kind: 'move', replica: { id: 'shop-2', releaseId: 'r2' } }]);
  expect(schedule({ ...lost, workloads: shop(rolling({ count: 0 })).workloads }, asks()).steps).toMatchObject([{ kind: 'move', replica: { id: 'shop-2', releaseId: 'r1' } }]);
});

test('without room for a fifth address nothing changes start-first', () => {
  const tight = shop(rolling({ count: 1 }), { networks: [network('n1', 1, { first: '10.1.0.10', last: '10.1.0.13' })] });
  expect(schedule(tight, asks()).unrenewed).toMatchObject([{ count: 1, eliminations: [{ closest: { rule: 'addresses' } }] }]);
});

test('no more successors than the surge run at once, and a cap counts each pair as one', () => {
  const all = shop(rolling({ permille: 1000 }, { surge: { count: 1 } }));
  const first = schedule(all, asks());
  expect(told(first)).toEqual(['start shop-5/1 on h1 r2 released']);
  expect(schedule(applyPlan(all, first), asks()).steps).toEqual([]);
  const capped = { ...all, workloads: [workload('shop', { peakQps: 1, minReplicas: 4, caps: { perHost: 1, perRack: 2 } }, { rollout: rolling({ permille: 1000 }, { surge: { permille: 1000 } }) })] };
  expect(schedule(capped, asks()).steps.map((step) => 'hostId' in step && step.hostId)).toEqual(['h1', 'h3', 'h2', 'h4']);
});

test('what is renewed and has another change due waits for that with the next plan', () => {
  const larger = shop(rolling({ permille: 1000 }, { order: 'stop-first', unavailable: { count: 4 } }), { workloads: [workload('shop', { peakQps: 1, minReplicas: 4, shape: 'large' }, { rollout: rolling({ permille: 1000 }, { order: 'stop-first', unavailable: { count: 4 } }) })] });
  const both = schedule(larger, asks());
  expect(told(both)).toEqual([1, 2, 3, 4].map((at) => `resize shop-${at} r1 reshaped`));
  // No host has the room for the new shape: that is told, and keeps nobody from the release.
  const shapes = { ...larger.policy.shapes, large: { cpuMilli: 4400, memoryMib: 8192 } };
  const blocked = { ...larger, hosts: [...larger.hosts.map((each) => ({ ...each, capacity: { cpuMilli: 4800, memoryMib: 10_000 } })), host('h5', { cordoned: true })], policy: { ...larger.policy, shapes } };
  const made = schedule(blocked, asks());
  expect(made).toMatchObject({ steps: [{ kind: 'renew' }, { kind: 'renew' }, { kind: 'renew' }, { kind: 'renew' }], postponed: 4 });
  expect(check(blocked, made)).toEqual([]);
});
