// The checker must see every way in which a plan can be wrong: each test breaks a sound plan in one way.

import { expect, test } from 'vitest';
import { applyPlan } from './apply-plan.ts';
import { check } from './check.ts';
import { defaultPolicy, host, idSource, network, replica, snapshot, workload } from './fixtures/build.ts';
import type { Plan, Replica, Snapshot, Step } from './model.ts';
import { schedule } from './schedule.ts';

const newId = idSource();
const options = { verb: 'place', seed: 1, newId } as const;
const hosts = [host('h1'), host('h2', { rack: 'r2' }), host('h3', { rack: 'r3', networkId: 'n2' }), host('tiny', { rack: 'r4', capacity: { cpuMilli: 1000, memoryMib: 1024 } }), host('cloud', { kind: 'cloud-vm', rack: 'r5' })];
const networks = [network('n1', 1, { taken: ['10.1.0.10'] }), network('n2', 2)];
const shop = workload('shop', { peakQps: 300, survive: 'host', cloud: 'never' });
const fresh = snapshot({ hosts, networks, workloads: [shop] });
const placing = schedule(fresh, options);

/** A fleet in which one host was lost, the ask grew and its shape too: its plan has every kind of step. */
const running = applyPlan(fresh, placing);
const changed: Snapshot = {
  ...running,
  hosts: hosts.map((each) => (each.id === 'h1' ? { ...each, state: 'lost' } : each)),
  workloads: [workload('shop', { peakQps: 300, shape: 'large', cloud: 'never', minReplicas: 4 })],
};
const changing = schedule(changed, options);

const replaced = (plan: Plan, kind: Step['kind'], change: (step: Step) => Step): Plan => {
  const at = plan.steps.findIndex((step) => step.kind === kind);
  if (at < 0) throw new Error(`no ${kind} step`);
  return { ...plan, steps: plan.steps.with(at, change(plan.steps[at]!)) };
};
const without = (plan: Plan, kind: Step['kind']): Plan => ({ ...plan, steps: plan.steps.toSpliced(plan.steps.findIndex((step) => step.kind === kind), 1) });
const to = (hostId: string, address?: string) => (step: Step) => ({ ...step, hostId, ...(address === undefined ? {} : { address }) }) as Step;
const onHost = (id: string, parts: Partial<Snapshot['hosts'][number]>, from = fresh): Snapshot => ({ ...from, hosts: from.hosts.map((each) => (each.id === id ? { ...each, ...parts } : each)) });
const moved = changing.steps.find((step) => step.kind === 'move')!;
const otherAddress = placing.steps.flatMap((step) => (step.kind === 'start' ? [step.address] : []))[1]!;
const usedHost = placing.steps.flatMap((step) => (step.kind === 'start' ? [step.hostId] : []))[0]!;

test('the sound plans that are broken here are sound, and hold the steps that they are broken in', () => {
  expect(check(fresh, placing)).toEqual([]);
  expect(check(changed, changing)).toEqual([]);
  expect(new Set(changing.steps.map(({ kind }) => kind))).toEqual(new Set(['stop', 'resize', 'move']));
});

const corruptions: readonly [string, string, Snapshot, Plan][] = [
  ['a stale parent', 'parent', { ...fresh, revision: 2 }, placing],
  ['another policy', 'parent', { ...fresh, policy: { ...defaultPolicy, version: 9 } }, placing],
  ['a host that does not exist', 'step', fresh, replaced(placing, 'start', to('h9'))],
  ['a stop of an unknown replica', 'step', changed, replaced(changing, 'stop', (step) => ({ ...step, replica: { ...step.replica, id: 'nobody' } }))],
  ['a resize of an unknown replica', 'step', changed, replaced(changing, 'resize', (step) => ({ ...step, replica: { ...step.replica, id: 'nobody' } }))],
  ['a move from another host', 'step', changed, replaced(changing, 'move', (step) => ({ ...step, fromHostId: 'cloud' }) as Step)],
  ['a stop on another host', 'step', changed, replaced(changing, 'stop', to('cloud'))],
  ['two steps for a replica', 'step', fresh, { ...placing, steps: [...placing.steps, placing.steps[0]!] }],
  ['a replica that is started twice', 'step', running, { ...placing, parent: running.revision }],
  ['a step for a workload outside the scope', 'step', fresh, { ...placing, scope: ['other'] }],
  ['a step for an unknown workload', 'step', fresh, replaced(placing, 'start', (step) => ({ ...step, replica: { ...step.replica, workloadId: 'ghost' } }))],
  ['a replica that waits though its host lives', 'step', running, { ...changing, parent: running.revision, steps: [{ kind: 'wait', replica: running.replicas[0]!, reason: { code: 'asked', detail: '' } }] }],
  ['CPU that is not there', 'overcommit', onHost(usedHost, { capacity: { cpuMilli: 4000, memoryMib: 131_072 } }), placing],
  ['memory that is not there', 'overcommit', onHost(usedHost, { capacity: { cpuMilli: 64_000, memoryMib: 8192 } }), placing],
  ['room that the host keeps for itself', 'overcommit', onHost(usedHost, { reserved: { cpuMilli: 31_000, memoryMib: 0 } }), placing],
  ['room that the policy reserves', 'overcommit', { ...fresh, policy: { ...defaultPolicy, reservePermille: { cpu: 990, memory: 0 } } }, placing],
  ['a resize beyond the room', 'overcommit', changed, replaced(changing, 'resize', (step) => ({ ...step, shape: { cpuMilli: 64_000, memoryMib: 16_384 } }) as Step)],
  ['a cordoned host', 'rule', onHost(usedHost, { cordoned: true }), placing],
  ['a lost host', 'rule', onHost(usedHost, { state: 'lost' }), placing],
  ['a joining host', 'rule', onHost(usedHost, { state: 'joining' }), placing],
  ['a taint', 'rule', onHost(usedHost, { taints: ['for=batch'] }), placing],
  ['a host for another environment', 'rule', onHost(usedHost, { environments: ['dev'] }), placing],
  ['a kind that the policy does not allow', 'rule', { ...fresh, policy: { ...defaultPolicy, environments: { production: { kinds: ['lxc'], cpuOvercommitPermille: 1000 } } } }, placing],
  ['the cloud, though never', 'rule', fresh, replaced(placing, 'start', to('cloud'))],
  ['a label that is missing', 'rule', { ...fresh, workloads: [workload('shop', { ...shop.ask, labels: { disk: 'ssd' } })] }, placing],
  ['a cap of the ask', 'spread', { ...fresh, workloads: [workload('shop', { ...shop.ask, caps: { perHost: 1 } })] }, placing],
  ['a cap per site of the ask', 'spread', { ...fresh, workloads: [workload('shop', { ...shop.ask, caps: { perSite: 2 } })] }, placing],
  ['all on one host, though it must survive one', 'survival', fresh, { ...placing, steps: placing.steps.map((step) => (step.kind === 'start' ? { ...step, hostId: 'h1' } : step)) }],
  ['an address that a new replica has', 'address', fresh, replaced(placing, 'start', (step) => ({ ...step, address: otherAddress }) as Step)],
  ['an address that is taken', 'address', fresh, replaced(placing, 'start', (step) => ({ ...step, address: '10.1.0.10' }) as Step)],
  ['an address of another network', 'address', fresh, replaced(placing, 'start', to('h1', '10.2.0.99'))],
  ['an address outside the range', 'address', fresh, replaced(placing, 'start', to('h1', '10.1.255.250'))],
  ['text that is no address', 'address', fresh, replaced(placing, 'start', to('h1', 'here'))],
  ['the address of a replica that may still run on a lost host', 'address', changed, replaced(changing, 'move', (step) => ({ ...step, address: running.replicas.find(({ id }) => id === moved.replica.id)!.address }) as Step)],
  ['a replica that is forgotten', 'size', fresh, without(placing, 'start')],
  ['a replica that is left on a lost host', 'dropped', changed, without(changing, 'move')],
  ['a workload that is not decided', 'dropped', fresh, { ...placing, sizings: [] }],
  ['a workload that is gone and not stopped', 'dropped', { ...running, workloads: [] }, { ...placing, parent: running.revision, steps: [], sizings: [], before: placing.after }],
  ['a replica that waits and is not admitted', 'dropped', fresh, replaced(placing, 'start', ({ replica, reason }) => ({ kind: 'wait', replica, reason }))],
  ['no room without a reason', 'dropped', fresh, { ...placing, unplaced: [{ workloadId: 'shop', workload: 'shop.production', count: 1, shape: placing.sizings[0]!.shape, eliminations: [] }] }],
  ['an ordinal that is used twice', 'dropped', fresh, replaced(placing, 'start', (step) => ({ ...step, replica: { ...step.replica, ordinal: 2 } }))],
  ['a stop of a workload that has no sum', 'dropped', running, { ...changing, parent: running.revision, sizings: [], refusals: [{ workloadId: 'shop', workload: 'shop', field: 'survive', value: 'host', allowed: '', message: '' }] }],
  ['a replica left in the old shape', 'size', changed, without(changing, 'resize')],
  ['a sum that does not carry the peak', 'size', { ...fresh, workloads: [workload('shop', { ...shop.ask, peakQps: 30_000 })] }, placing],
  ['fewer than asked for', 'size', { ...fresh, workloads: [workload('shop', { ...shop.ask, minReplicas: 50 })] }, placing],
  ['a wrong total before', 'totals', fresh, { ...placing, before: { ...placing.before, replicas: 3 } }],
  ['a wrong total after', 'totals', fresh, { ...placing, after: { ...placing.after, costCentsPerHour: 1 } }],
  ['a wrong number of hosts in use', 'totals', fresh, { ...placing, after: { ...placing.after, hostsUsed: 99 } }],
];

test.each(corruptions)('%s is seen as a violation of %s', (_, invariant, from, plan) => {
  expect(check(from, plan).map((each) => each.invariant)).toContain(invariant);
});

/** Two replicas of a workload that needs both, one of them on a host that is drained, and the plan that begins to move it. */
const needed = workload('pair', { peakQps: 100, headroomPermille: 0 });
const other = workload('other', { peakQps: 1 });
const still = applyPlan(snapshot({ workloads: [needed, other] }), schedule(snapshot({ workloads: [needed, other] }), options));
const stranger = still.replicas.find(({ workloadId }) => workloadId === 'other')!;
const members = still.replicas.filter(({ workloadId }) => workloadId === 'pair');
const leaving = members.find(({ hostId }) => hostId !== stranger.hostId)!;
const staying = members.find((each) => each !== leaving)!;
const drained = onHost(leaving.hostId!, { draining: true }, still);
const succeeding = schedule(drained, options);
const begun = applyPlan(drained, succeeding);
const heir = begun.replicas.find(({ successor }) => successor !== undefined)!;
const served = { ...begun, replicas: begun.replicas.map((each) => (each === heir ? { ...heir, successor: { replaces: leaving.id, state: 'serving' as const } } : each)) };
const takingOver = schedule(served, options);

const replacing = (parts: Partial<Replica['successor']>) => (step: Step) => ({ ...step, replica: { ...step.replica, successor: { replaces: leaving.id, state: 'starting', ...parts } } }) as Step;
const successorStep = succeeding.steps.find(({ replica }) => replica.successor !== undefined)!;
const also = { ...successorStep, replica: { ...successorStep.replica, id: 'second', ordinal: 99 }, address: '10.1.0.200' } as Step;
const stopOf = (replica: Replica): Step => ({ kind: 'stop', replica, hostId: replica.hostId, reason: { code: 'succeeded', detail: '' } });
const moveOf = (replica: Replica): Step => ({ kind: 'move', replica, fromHostId: replica.hostId!, hostId: 'h3', address: '10.1.0.201', score: 0, reason: { code: 'drained', detail: '' } });
const cloudy = snapshot({ hosts: [host('cloud', { kind: 'cloud-vm' })], workloads: [workload('shop')] });
const renting = schedule(cloudy, options);
const renters = (cloud: Partial<Snapshot['policy']['cloud']>): Snapshot => ({ ...cloudy, policy: { ...defaultPolicy, cloud: { ...defaultPolicy.cloud, ...cloud } } });

test('the sound plans that move something are sound', () => {
  expect(check(drained, succeeding)).toEqual([]);
  expect(check(served, takingOver)).toEqual([]);
  expect(takingOver.steps).toMatchObject([{ kind: 'stop', replica: { id: leaving.id } }]);
  expect(check(cloudy, renting)).toEqual([]);
});

const moves: readonly [string, string, Snapshot, Plan][] = [
  ['a host that is drained', 'rule', onHost(usedHost, { draining: true }), placing],
  ['a cloud host that is too dear', 'rule', renters({ mostCentsPerCoreHour: 1 }), renting],
  ['a cloud host that would cost too much in all', 'spend', renters({ mostCentsPerHour: 59 }), renting],
  ['a cap of its class', 'spread', { ...fresh, policy: { ...defaultPolicy, classes: { apart: { caps: { perHost: 1 }, spreadPermille: 1000 } } }, workloads: [workload('shop', { ...shop.ask, class: 'apart' })] }, placing],
  ['a successor of nobody', 'successor', drained, replaced(succeeding, 'start', replacing({ replaces: 'nobody' }))],
  ['a successor of another workload', 'successor', drained, replaced(succeeding, 'start', replacing({ replaces: stranger.id }))],
  ['a successor that is said to serve', 'successor', drained, replaced(succeeding, 'start', replacing({ state: 'serving' }))],
  ['a successor on the same host', 'successor', still, replaced(succeeding, 'start', to(leaving.hostId!))],
  ['two successors of one replica', 'successor', drained, { ...succeeding, steps: [...succeeding.steps, also] }],
  ['a successor of what stops', 'successor', drained, { ...succeeding, steps: [...succeeding.steps, stopOf(leaving)] }],
  ['a successor of a successor', 'successor', begun, { ...succeeding, parent: begun.revision, steps: [replacing({ replaces: heir.id })(also)] }],
  ['a stop before the successor serves', 'successor', begun, takingOver],
  ['a move of one of a pair', 'successor', begun, { ...takingOver, steps: [moveOf(heir)] }],
  ['a move that leaves too few serving', 'serving', drained, { ...succeeding, steps: [moveOf(leaving)] }],
  ['a stop of one that is needed', 'serving', served, { ...takingOver, steps: [...takingOver.steps, stopOf(staying)] }],
  ['both of a pair stopped', 'serving', served, { ...takingOver, steps: [stopOf(leaving), stopOf(heir)] }],
];

test.each(moves)('of moves: %s is seen as a violation of %s', (_, invariant, from, plan) => {
  expect(check(from, plan).map((each) => each.invariant)).toContain(invariant);
});

test('a cloud host that is emptied leaves its price to the next one, and not before it is empty', () => {
  const there = replica('shop', 90, 'cloud', '10.1.0.90');
  const from = { ...renters({ mostCentsPerHour: 60 }), hosts: [host('cloud', { kind: 'cloud-vm' }), host('next', { kind: 'cloud-vm' })], replicas: [there] };
  const opening = to('next')(renting.steps[0]!);
  const spending = (...steps: Step[]) => check(from, { ...renting, steps }).filter(({ invariant }) => invariant === 'spend');
  expect(spending(stopOf(there), opening)).toEqual([]);
  expect(spending(opening, stopOf(there))).toMatchObject([{ subject: 'next', message: expect.stringContaining('costs 120 cents') }]);
});

test('what is only for looking may show more than the pace and the serving ones allow', () => {
  const whole = schedule(drained, { ...options, complete: true });
  expect(whole.steps).toMatchObject([{ kind: 'move' }]);
  expect(check(drained, whole)).toEqual([]);
});
