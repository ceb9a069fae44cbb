// What people rely on while a host is drained: the room that was promised stays theirs, whatever else is asked meanwhile; only what a lost host left goes
// before it; and a forced host lets go of everything that nobody replaces yet.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyPlan } from '../apply-plan.ts';
import { check } from '../check.ts';
import { anySnapshot } from '../fixtures/arbitrary.ts';
import { host, idSource, replica, snapshot, workload } from '../fixtures/build.ts';
import type { Snapshot } from '../model.ts';
import { prepare } from '../prepare.ts';
import { quote } from '../quote.ts';
import { schedule } from '../schedule.ts';
import { drainTargets } from './targets.ts';

const small = { cpuMilli: 4000, memoryMib: 8192 };
/** A host that takes so many standard replicas. */
const sized = (id: string, replicas: number) => host(id, { capacity: { cpuMilli: Math.ceil((replicas * 4000) / 0.9), memoryMib: 65_536 } });

function draining(from: Snapshot, ids: readonly string[]): Snapshot {
  return { ...from, hosts: from.hosts.map((each) => (ids.includes(each.id) ? { ...each, draining: true } : each)) };
}

function keeping(from: Snapshot): Snapshot {
  const { targets } = drainTargets(prepare(from), new Set(from.hosts.filter(({ draining: isDrained }) => isDrained === true).map(({ id }) => id)));
  return { ...from, hosts: from.hosts.map((each) => ({ ...each, kept: targets.filter(({ hostId }) => hostId === each.id).map(({ replica: { id, workloadId } }) => ({ replicaId: id, workloadId })) })) };
}

const one = workload('one', { peakQps: 150, headroomPermille: 0 });
const two = [replica('one', 1, 'h1', '10.1.0.10'), replica('one', 2, 'h2', '10.1.0.11')];

test('room that is kept is not given to others, and its replica gets it', () => {
  const from = keeping(draining(snapshot({ hosts: [sized('h1', 2), sized('h2', 2)], workloads: [one], replicas: two }), ['h1']));
  expect(from.hosts.map(({ kept }) => kept?.length)).toEqual([0, 1]);
  const other = workload('other', { peakQps: 1 });
  expect(quote(from, other).unplaced).toHaveLength(1);
  expect(quote({ ...from, hosts: from.hosts.map(({ kept: _, ...each }) => each) }, other).unplaced).toEqual([]);
  const plan = schedule({ ...from, workloads: [one, other] }, { verb: 'place', seed: 1, newId: idSource() });
  expect(plan.steps.map(({ kind, replica: { workloadId } }) => `${kind} ${workloadId}`)).toEqual(['start one', 'wait other']);
});

test('a plan that gives kept room away is found by the checker', () => {
  const from = keeping(draining(snapshot({ hosts: [sized('h1', 2), sized('h2', 2)], workloads: [one], replicas: two }), ['h1']));
  const other = { ...from, workloads: [one, workload('other', { peakQps: 1 })] };
  const unaware = schedule({ ...other, hosts: other.hosts.map(({ kept: _, ...each }) => each) }, { verb: 'place', seed: 1, newId: idSource(), moves: 0 });
  expect(check(other, unaware).map(({ invariant, subject }) => [invariant, subject])).toEqual([['kept', 'h2']]);
});

test('what a lost host left takes kept room where it finds no other', () => {
  const hosts = [sized('h1', 1), { ...sized('h2', 1), state: 'lost' as const }, sized('h3', 1)];
  const from = draining({ ...snapshot({ hosts, workloads: [one], replicas: two }) }, ['h1']);
  const kept = { ...from, hosts: from.hosts.map((each) => (each.id === 'h3' ? { ...each, kept: [{ workloadId: 'one', replicaId: 'one-1' }] } : each)) };
  const plan = schedule(kept, { verb: 'place', seed: 1, newId: idSource() });
  expect(plan.steps.map((step) => [step.kind, step.replica.id, step.reason.code])).toEqual([['move', 'one-2', 'host-lost']]);
  expect(check(kept, plan)).toEqual([]);
});

test('a pace of its own holds for what leaves those hosts, and for nothing else', () => {
  const hosts = [host('h1'), host('h2'), host('h3')];
  const workloads = ['a', 'b', 'c', 'd'].map((id) => workload(id, { peakQps: 1 }));
  const replicas = workloads.map(({ id }, index) => replica(id, 1, index < 3 ? 'h1' : 'h2', `10.1.0.${10 + index}`));
  const from = draining(snapshot({ hosts, workloads, replicas }), ['h1', 'h2']);
  const plan = schedule(from, { verb: 'place', seed: 1, newId: idSource(), limits: [{ hostIds: ['h1'], moves: 2 }] });
  expect(plan.steps.map(({ kind, replica: { workloadId } }) => `${kind} ${workloadId}`)).toEqual(['start a', 'start b', 'start d']);
  expect(plan.postponed).toBe(1);
});

test('what finds no host is named with the rule', () => {
  const picky = workload('picky', { peakQps: 1, labels: { disk: 'ssd' } });
  const from = draining(snapshot({ hosts: [host('h1', { labels: { disk: 'ssd' } }), host('h2')], workloads: [picky], replicas: [replica('picky', 1, 'h1', '10.1.0.10')] }), ['h1']);
  const { targets, blockers } = drainTargets(prepare(from), new Set(['h1']));
  expect(targets).toEqual([]);
  expect(blockers.map(({ workloadId, replicas, eliminations }) => [workloadId, replicas.length, eliminations.map(({ closest }) => closest.rule).sort()])).toEqual([['picky', 1, ['cordon', 'labels']]]);
});

test('what is kept can be carried out: at any fleet, every replica with a target gets a successor there, and plans stay sound', () => {
  fc.assert(
    fc.property(anySnapshot, fc.nat(11), fc.boolean(), (start, at, forced) => {
      const settled = applyPlan(start, schedule(start, { verb: 'place', seed: 1, newId: idSource() }));
      const subject = settled.hosts[at % Math.max(1, settled.hosts.length)];
      if (subject === undefined) return;
      const from = keeping(draining(settled, [subject.id]));
      const world = forced ? { ...from, hosts: from.hosts.map((each) => (each.id === subject.id ? { ...each, forced } : each)) } : from;
      const plan = schedule(world, { verb: 'place', seed: 1, newId: idSource() });
      expect(check(world, plan)).toEqual([]);
      if (!forced) return;
      const left = applyPlan(world, plan).replicas.filter(({ hostId, id }) => hostId === subject.id && !world.replicas.some(({ successor }) => successor?.replaces === id));
      expect(subject.state === 'lost' ? [] : left.filter(({ workloadId }) => world.workloads.some(({ id }) => id === workloadId))).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test('a replica that shares its shape with what is kept still counts once', () => {
  const from = keeping(draining(snapshot({ hosts: [sized('h1', 1), sized('h2', 2)], workloads: [one], replicas: two }), ['h1']));
  const plan = schedule(from, { verb: 'place', seed: 1, newId: idSource() });
  const after = applyPlan(from, plan);
  expect(after.replicas.map(({ hostId, shape }) => [hostId, shape])).toEqual([['h1', small], ['h2', small], ['h2', small]]);
  expect(quote(after, workload('other', { peakQps: 1 })).unplaced).toHaveLength(1);
});
