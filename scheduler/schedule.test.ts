// What every user of the scheduler relies on, whatever the fleet, the asks and what happens to them.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { check } from './check.ts';
import { applyPlan } from './fixtures/apply-plan.ts';
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
    { numRuns: 400 },
  );
});

test('once a plan is applied there is nothing left to do', () => {
  fc.assert(
    fc.property(stories, (story) => {
      for (const { after } of live(story)) expect(schedule(after, asks()).steps).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

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
    { numRuns: 100 },
  );
});
