// Deciding only what changed gives the plan of deciding everything; and checking only the part that a plan touches finds what checking
// everything finds.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyPlan } from './apply-plan.ts';
import { check } from './check.ts';
import { partOf } from './check-part.ts';
import { anySnapshot, anyWorkload } from './fixtures/arbitrary.ts';
import { host, idSource, snapshot, workload } from './fixtures/build.ts';
import type { Plan, Snapshot, Step } from './model.ts';
import { prepare } from './prepare.ts';
import { decide, schedule } from './schedule.ts';

const stable = (id: string, ordinal: number) => `${id}-${ordinal}`;
const options = { verb: 'place' as const, seed: 1, newId: stable };

/** The snapshot once nothing is left to do, and the plan that says so; undefined where moves would go on for long. */
function settled(start: Snapshot): { readonly at: Snapshot; readonly last: Plan } | undefined {
  const newId = idSource();
  let at = start;
  for (let round = 0; round < 6; round += 1) {
    const last = schedule(at, { ...options, newId });
    if (last.steps.length === 0) return (last.postponed ?? 0) === 0 ? { at, last } : undefined;
    at = applyPlan(at, last);
  }
  return undefined;
}

/** Of a settled fleet on which some asks changed: ids to decide, as the planner chooses them. */
const changed = fc.record({ start: anySnapshot, asks: fc.array(fc.constantFrom('w1', 'w2', 'w3', 'w4').chain((id) => anyWorkload(id)), { minLength: 1, maxLength: 3 }) }).map(({ start, asks }) => {
  const rest = settled(start);
  if (rest === undefined) return undefined;
  const { at, last } = rest;
  const present = new Map(at.workloads.map((each) => [each.id, each]));
  for (const ask of asks) present.set(ask.id, { ...ask, environment: present.get(ask.id)?.environment ?? ask.environment });
  const scope = [...new Set([...asks.map(({ id }) => id), ...last.unplaced.map(({ workloadId }) => workloadId), ...last.refusals.map(({ workloadId }) => workloadId)])];
  return { next: { ...at, revision: at.revision + 1, workloads: [...present.values()] }, scope };
});

function decideSome(next: Snapshot, scope: readonly string[]): Plan {
  const base = prepare(next);
  return decide(base, scope.toSorted().flatMap((id) => base.workloads.get(id) ?? []), options, scope);
}

test('what is at rest need not be decided again: the steps, what waits and what is refused are the same', () => {
  let steps = 0;
  fc.assert(
    fc.property(changed, (given) => {
      if (given === undefined) return;
      const all = schedule(given.next, options);
      const some = decideSome(given.next, given.scope);
      expect(some.steps).toEqual(all.steps);
      expect(some.unplaced).toEqual(all.unplaced);
      expect(some.refusals.map(({ workloadId }) => workloadId).sort()).toEqual(all.refusals.map(({ workloadId }) => workloadId).sort());
      expect(some.after).toEqual(all.after);
      steps += some.steps.length;
    }),
    { numRuns: 300 },
  );
  expect(steps).toBeGreaterThan(300);
}, 60_000);

/** Plans that are wrong in one thing each. */
const corruptions: readonly ((plan: Plan, next: Snapshot) => Plan)[] = [
  (plan) => ({ ...plan, steps: plan.steps.slice(1) }),
  (plan, { hosts }) => replaced(plan, (step) => ('address' in step ? { ...step, hostId: hosts[0]!.id } : step)),
  (plan) => replaced(plan, (step) => ('address' in step ? { ...step, address: '10.1.0.10' } : step)),
  (plan) => replaced(plan, (step) => ('address' in step ? { ...step, replica: { ...step.replica, shape: { cpuMilli: 64_000, memoryMib: 1_000_000 } } } : step)),
  (plan) => ({ ...plan, after: { ...plan.after, costCentsPerHour: plan.after.costCentsPerHour + 1 } }),
  (plan) => ({ ...plan, sizings: plan.sizings.slice(1) }),
];

function replaced(plan: Plan, change: (step: Step) => Step): Plan {
  return { ...plan, steps: plan.steps.map(change) };
}

test('the part of a sound plan is sound, and what is wrong with a plan is wrong with its part', () => {
  let wrong = 0;
  fc.assert(
    fc.property(changed, (given) => {
      if (given === undefined) return;
      const { next, scope } = given;
      const plan = decideSome(next, scope);
      const found = (each: Plan, where: Snapshot) => check(where, each).map(({ invariant, subject }) => `${invariant} ${subject}`).sort();
      const part = partOf(next, plan);
      expect(found(part.plan, part.snapshot)).toEqual(found(plan, next));
      for (const corrupt of corruptions) {
        const bad = corrupt(plan, next);
        const badPart = partOf(next, bad);
        const whole = found(bad, next);
        if (whole.length > 0) wrong += 1;
        expect(found(badPart.plan, badPart.snapshot).length > 0, JSON.stringify(whole)).toBe(whole.length > 0);
      }
    }),
    { numRuns: 150 },
  );
  expect(wrong).toBeGreaterThan(200);
}, 60_000);

test('a plan of everything is its own part, and hosts that a plan does not touch are left out', () => {
  const next = snapshot({ hosts: [host('h1'), host('h2', { cordoned: true })], workloads: [workload('w')] });
  const all = schedule(next, options);
  expect(partOf(next, all)).toEqual({ snapshot: next, plan: all });
  expect(partOf(next, decideSome(next, ['w'])).snapshot.hosts.map(({ id }) => id)).toEqual(['h1']);
});
