// What every user of the scheduler relies on, whatever the fleet, the asks and what happens to them.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { check } from './check.ts';
import { applyPlan } from './apply-plan.ts';
import { anyHappening, anySnapshot, happen } from './fixtures/arbitrary.ts';
import { host, idSource, network, replica, snapshot, workload } from './fixtures/build.ts';
import type { Plan, Snapshot } from './model.ts';
import { schedule } from './schedule.ts';

const stories = fc.record({ start: anySnapshot, happenings: fc.array(anyHappening, { maxLength: 6 }), batch: fc.boolean(), seed: fc.integer() });
const stable = (id: string, ordinal: number) => `${id}-${ordinal}`;
const asks = (verb: Plan['verb'] = 'place') => ({ verb, seed: 1, newId: idSource() });

/** Plans and applies after everything that happens; gives each snapshot with its plan. */
function live({ start, happenings, batch, seed }: { start: Snapshot; happenings: Parameters<typeof happen>[1][]; batch: boolean; seed: number }) {
  const newId = idSource();
  const lived: { before: Snapshot; plan: Plan; after: Snapshot }[] = [];
  let now = start;
  for (const happening of [undefined, ...happenings]) {
    const before = happening === undefined ? now : happen(now, happening);
    const plan = schedule(before, { verb: 'place', seed, newId, batch });
    now = applyPlan(before, plan);
    lived.push({ before, plan, after: now });
  }
  return lived;
}

test('the independent checker finds nothing in any plan', () => {
  fc.assert(
    fc.property(stories, (story) => {
      for (const { before, plan } of live(story)) expect(check(before, plan)).toEqual([]);
    }),
    { numRuns: 250 },
  );
}, 60_000);

test('once a plan is applied there is nothing left to do but what had to wait', () => {
  fc.assert(
    fc.property(stories, (story) => {
      for (const { after, plan } of live(story)) {
        if (plan.postponed !== undefined) continue;
        // What the plan started or moved does not serve yet: only once it does may another replica stop before it starts elsewhere.
        const unsettled = new Set(plan.steps.map(({ replica }) => replica.id));
        expect(schedule(after, { ...asks(), serves: ({ id }) => !unsettled.has(id) }).steps).toEqual([]);
      }
    }),
    { numRuns: 200 },
  );
}, 60_000);

test('a plan is the same byte for byte, and when the lists of the snapshot are in another order', () => {
  fc.assert(
    fc.property(stories, (story) => {
      for (const { before } of live({ ...story, batch: false })) {
        const options = { verb: 'place', seed: story.seed, newId: stable, batch: story.batch } as const;
        const turned = { ...before, hosts: before.hosts.toReversed(), workloads: before.workloads.toReversed(), replicas: before.replicas.toReversed(), networks: before.networks.toReversed() };
        const text = JSON.stringify(schedule(before, options));
        expect(JSON.stringify(schedule(structuredClone(before), options))).toBe(text);
        expect(JSON.stringify(schedule(turned, options))).toBe(text);
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

const shop = workload('shop', { peakQps: 300 });
const found = (plan: Plan) => plan.steps.map((step) => `${step.kind} ${step.replica.ordinal}${'hostId' in step ? ` ${step.hostId}` : ''}`);
const withState = (one: Snapshot, id: string, state: 'ready' | 'lost'): Snapshot => ({ ...one, hosts: one.hosts.map((each) => (each.id === id ? { ...each, state } : each)) });

test('growth takes the lowest free ordinals and leaves the rest where it is', () => {
  const running = [replica('shop', 2, 'h1', '10.1.0.10'), replica('shop', 5, 'h2', '10.1.0.11')];
  const plan = schedule(snapshot({ workloads: [shop], replicas: running }), asks('scale'));
  expect(plan.sizings[0]?.replicas).toBe(4);
  expect(plan.steps.map(({ kind, replica: { ordinal } }) => [kind, ordinal])).toEqual([
    ['start', 1],
    ['start', 3],
  ]);
});

test('what shrinks is what does not run, then the fullest host, then the dearest, then the youngest', () => {
  const hosts = [host('h1'), host('h2', { costCentsPerHour: 90 }), host('h3')];
  const running = [
    replica('shop', 1, 'h1', '10.1.0.10'),
    replica('shop', 2, 'h1', '10.1.0.11'),
    replica('shop', 3, 'h1', '10.1.0.12'),
    replica('shop', 4, 'h2', '10.1.0.13'),
    replica('shop', 5, 'h2', '10.1.0.14'),
    replica('shop', 6, 'h3', '10.1.0.15'),
    replica('shop', 7, null, null),
  ];
  const shrunk = (peakQps: number) => found(schedule(snapshot({ hosts, workloads: [workload('shop', { peakQps })], replicas: running }), asks('scale')));
  expect(shrunk(300)).toEqual(['stop 3 h1', 'stop 5 h2', 'stop 7 null']);
  expect(shrunk(200)).toEqual(['stop 2 h1', 'stop 3 h1', 'stop 5 h2', 'stop 7 null']);
});

test('what shrinks gives back what is paid by the hour first: the dearest, there the emptiest, as far as survival allows', () => {
  const hosts = [host('h1'), host('h2'), host('v1', { kind: 'cloud-vm', costCentsPerHour: 50 }), host('v2', { kind: 'cloud-vm', costCentsPerHour: 50 }), host('v3', { kind: 'cloud-vm', costCentsPerHour: 80 })];
  const on = ['h1', 'h1', 'h1', 'h2', 'v1', 'v1', 'v2', 'v3', 'v3'];
  const running = on.map((hostId, index) => replica('shop', index + 1, hostId, `10.1.0.${10 + index}`));
  const decided = (replicas: number) => workload('shop', { peakQps: 900, cloud: 'allowed', minReplicas: 1 }, { decision: { replicas, reason: 'quiet' } });
  const shrunk = (replicas: number) => found(schedule(snapshot({ hosts, workloads: [decided(replicas)], replicas: running }), asks('scale')));
  expect(shrunk(7)).toEqual(['stop 8 v3', 'stop 9 v3']);
  expect(shrunk(6)).toEqual(['stop 7 v2', 'stop 8 v3', 'stop 9 v3']);
  expect(shrunk(3)).toEqual(['stop 3 h1', 'stop 5 v1', 'stop 6 v1', 'stop 7 v2', 'stop 8 v3', 'stop 9 v3']);
});

test('another shape is taken in place where there is room, else by a successor on another host', () => {
  const running = [replica('shop', 1, 'h1', '10.1.0.10'), replica('shop', 2, 'h2', '10.1.0.11')];
  const hosts = [host('h1'), host('h2', { capacity: { cpuMilli: 5000, memoryMib: 16_384 } }), host('h3')];
  const plan = schedule(snapshot({ hosts, workloads: [workload('shop', { peakQps: 300, shape: 'large' })], replicas: running }), asks('scale'));
  expect(plan.steps).toMatchObject([
    { kind: 'resize', hostId: 'h1', shape: { cpuMilli: 8000, memoryMib: 16_384 } },
    { kind: 'start', replica: { ordinal: 3, successor: { replaces: 'shop-2', state: 'starting' } }, reason: { code: 'reshaped' } },
  ]);
});

test('a replica that cannot take its new shape anywhere keeps running in the old one, and the plan says why', () => {
  const hosts = [host('h1', { capacity: { cpuMilli: 9000, memoryMib: 131_072 } })];
  const one = snapshot({ hosts, workloads: [workload('shop', { peakQps: 100, shape: 'large' }), workload('other', { peakQps: 1 })], replicas: [replica('shop', 1, 'h1', '10.1.0.10'), replica('other', 1, 'h1', '10.1.0.11')] });
  const plan = schedule(one, asks('scale'));
  expect(plan.steps).toEqual([]);
  expect(plan.unplaced).toMatchObject([{ workloadId: 'shop', count: 1, eliminations: [{ closest: { rule: 'cpu', resource: 'cpuMilli', wanted: 8000, available: 4100 } }] }]);
  expect(check(one, plan)).toEqual([]);
});

test('replicas of a lost host go elsewhere with fresh addresses, for the old ones may still answer there', () => {
  const one = snapshot({ workloads: [shop] });
  const two = withState(applyPlan(one, schedule(one, asks())), 'h1', 'lost');
  const plan = schedule(two, asks('heal'));
  const addresses = new Set(two.replicas.map(({ address }) => address));
  expect(plan.steps.length).toBeGreaterThan(0);
  for (const step of plan.steps) {
    expect(step).toMatchObject({ kind: 'move', fromHostId: 'h1', reason: { code: 'host-lost' } });
    expect(step.kind === 'move' && addresses.has(step.address)).toBe(false);
  }
});

test('a replica of a lost host that finds no room waits, is never forgotten, and starts when room appears', () => {
  const hosts = [host('h1'), host('h2', { capacity: { cpuMilli: 9000, memoryMib: 131_072 } })];
  const one = snapshot({ hosts, workloads: [shop] });
  const two = withState(applyPlan(one, schedule(one, asks())), 'h1', 'lost');
  const heal = schedule(two, asks('heal'));
  const waits = heal.steps.filter(({ kind }) => kind === 'wait');
  expect(waits.length).toBe(2);
  expect(heal.after.pending).toBe(2);
  const three = withState(applyPlan(two, heal), 'h1', 'ready');
  const back = schedule(three, asks('heal'));
  expect(back.steps.map(({ kind, reason }) => [kind, reason.code])).toEqual(waits.map(() => ['start', 'capacity-appeared']));
  expect(back.steps.map((step) => step.replica.id).sort()).toEqual(waits.map((step) => step.replica.id).sort());
});

test('an ask that cannot be done any more stops nothing, is told, and does not keep the others from being placed', () => {
  const survivor = workload('survivor', { peakQps: 300, survive: 'host' });
  const one = snapshot({ hosts: [host('h1'), host('h2')], workloads: [survivor] });
  const placed = applyPlan(one, schedule(one, asks()));
  const two = { ...withState(placed, 'h1', 'lost'), workloads: [survivor, workload('zebra', { peakQps: 10 })] };
  const plan = schedule(two, asks('heal'));
  expect(plan.refusals).toMatchObject([{ workloadId: 'survivor', field: 'survive', value: 'host' }]);
  expect(plan.steps.some(({ kind }) => kind === 'stop')).toBe(false);
  expect(plan.steps.filter(({ kind, replica: { workloadId } }) => kind === 'move' && workloadId === 'survivor').length).toBe(placed.replicas.filter(({ hostId }) => hostId === 'h1').length);
  expect(plan.steps.some(({ kind, replica: { workloadId } }) => kind === 'start' && workloadId === 'zebra')).toBe(true);
});

test('replicas whose workload is gone stop', () => {
  const plan = schedule(snapshot({ replicas: [replica('shop', 1, 'h1', '10.1.0.10')] }), asks('remove'));
  expect(plan.steps).toMatchObject([{ kind: 'stop', hostId: 'h1', reason: { code: 'removed' } }]);
});

test('when a smaller cap does not hold, only what is too many moves', () => {
  const running = [1, 2, 3, 4].map((ordinal) => replica('shop', ordinal, ordinal < 4 ? 'h1' : 'h2', `10.1.0.${9 + ordinal}`));
  const plan = schedule(snapshot({ workloads: [workload('shop', { peakQps: 300, caps: { perHost: 2 } })], replicas: running }), asks());
  expect(plan.steps).toMatchObject([{ kind: 'start', replica: { ordinal: 5, successor: { replaces: 'shop-3' } }, reason: { code: 'spread' } }]);
});

test('cloud hosts are used only for what does not fit on hosts of our own', () => {
  const hosts = [host('own', { capacity: { cpuMilli: 9000, memoryMib: 131_072 }, costCentsPerHour: 500 }), host('rented', { kind: 'cloud-vm', costCentsPerHour: 1 })];
  const plan = schedule(snapshot({ hosts, workloads: [shop] }), asks());
  expect(found(plan).map((each) => each.split(' ')[2])).toEqual(['own', 'own', 'rented', 'rented']);
});

test('addresses are the lowest that are free, and a network that has none left takes nothing', () => {
  const one = snapshot({ networks: [network('n1', 1, { first: '10.1.0.10', last: '10.1.0.13', taken: ['10.1.0.11'] })], workloads: [shop] });
  const plan = schedule(one, asks());
  expect(plan.steps.flatMap((step) => (step.kind === 'start' ? [step.address] : []))).toEqual(['10.1.0.10', '10.1.0.12', '10.1.0.13']);
  expect(plan.unplaced).toMatchObject([{ count: 1, eliminations: [{ hosts: 3, closest: { rule: 'addresses', resource: 'n1', wanted: 1, available: 0 } }] }]);
});

test('a move that makes the room for another change is done before it where the end is asked for', () => {
  const hosts = [host('h1', { capacity: { cpuMilli: 16_000, memoryMib: 131_072 } }), host('h2', { capacity: { cpuMilli: 6000, memoryMib: 131_072 } })];
  const workloads = [workload('a', { peakQps: 1, shape: 'large' }), workload('b', { peakQps: 1, minReplicas: 2, caps: { perHost: 1 } })];
  const replicas = [replica('a', 1, 'h1', '10.1.0.10'), replica('b', 1, 'h1', '10.1.0.11'), replica('b', 2, 'h1', '10.1.0.12')];
  const plan = schedule(snapshot({ hosts, workloads, replicas }), { ...asks(), complete: true });
  expect(found(plan)).toEqual(['move 2 h2', 'resize 1 h1']);
  expect(plan.unplaced).toEqual([]);
});

test('a replica that can leave an overfull host nowhere still takes its new shape there', () => {
  const running = [replica('shop', 1, 'h1', '10.1.0.10'), replica('shop', 2, 'h1', '10.1.0.11')];
  const one = snapshot({ hosts: [host('h1')], workloads: [workload('shop', { peakQps: 1, minReplicas: 2, shape: 'small', caps: { perHost: 1 } })], replicas: running });
  const plan = schedule(one, asks());
  expect(found(plan)).toEqual(['resize 1 h1', 'resize 2 h1']);
  expect(plan.unplaced).toMatchObject([{ count: 1, eliminations: [{ closest: { rule: 'cap-host' } }] }]);
  expect(check(one, plan)).toEqual([]);
  expect(schedule(applyPlan(one, plan), asks()).steps).toEqual([]);
});
