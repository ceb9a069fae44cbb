// What people rely on when they ask why a replica is where it is: the parts add up to the score that was told, and name what told two hosts apart.

import { expect, test } from 'vitest';
import { defaultPolicy, host, idSource, replica, snapshot, workload } from '../fixtures/build.ts';
import type { Host, Weights } from '../model.ts';
import { prepare } from '../prepare.ts';
import { schedule } from '../schedule.ts';
import { explainPlacement } from './placement.ts';

const NONE: Weights = { pack: 0, spread: 0, cost: 0, performance: 0, stability: 0, keep: 0 };
const one = workload('one', { peakQps: 1 });

function decided(hosts: readonly Host[], weights: Partial<Weights> = defaultPolicy.weights) {
  const base = prepare(snapshot({ hosts, workloads: [one], policy: { ...defaultPolicy, weights: { ...NONE, ...weights } } }));
  const plan = schedule(base, { verb: 'place', seed: 1, newId: idSource() });
  const [step] = plan.steps;
  return { step: step!, why: explainPlacement(base, plan, step!.replica.id)! };
}

test('the parts add up to the score that the plan told', () => {
  const { step, why } = decided([host('h1', { performance: 90 }), host('h2', { stability: 10 }), host('h3', { cordoned: true })]);
  expect(why).toMatchObject({ policyVersion: 1, couldTake: 2, refused: 1, chosen: { hostId: 'h1' }, runnerUp: { hostId: 'h2' } });
  if (step.kind !== 'start') throw new Error('nothing started');
  expect(why.chosen.score).toBe(step.score);
  expect(why.chosen.parts.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(step.score, 4);
});

test.each<[keyof Weights, Partial<Host>]>([
  ['cost', { costCentsPerHour: 20 }],
  ['performance', { performance: 90 }],
  ['stability', { stability: 90 }],
])('%s decides where it is all that differs', (part, better) => {
  const { why } = decided([host('h1'), host('h2', better)]);
  expect([why.chosen.hostId, why.decidedBy]).toEqual(['h2', part]);
  const without = decided([host('h1'), host('h2', better)], { ...defaultPolicy.weights, [part]: 0 });
  expect([without.why.chosen.hostId, without.why.decidedBy]).toEqual(['h1', 'order']);
});

test('what comes before all preferences is told as that', () => {
  expect(decided([host('h1')]).why).toMatchObject({ decidedBy: 'only', runnerUp: null });
  expect(decided([host('h1', { kind: 'cloud-vm', performance: 100, costCentsPerHour: 1 }), host('h2')]).why).toMatchObject({ decidedBy: 'private-first', chosen: { hostId: 'h2' } });
  const base = prepare(snapshot({ hosts: [host('h1', { draining: true }), host('h2'), host('h3', { stability: 1, kept: [{ workloadId: 'one', replicaId: 'one-1' }] })], workloads: [one], replicas: [replica('one', 1, 'h1', '10.1.0.10')] }));
  const plan = schedule(base, { verb: 'place', seed: 1, newId: idSource() });
  expect(explainPlacement(base, plan, plan.steps[0]!.replica.id)).toMatchObject({ decidedBy: 'reserved', chosen: { hostId: 'h3' }, runnerUp: { hostId: 'h2' } });
  expect(explainPlacement(base, plan, 'one-1')).toBeUndefined();
});
