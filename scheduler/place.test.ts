// Online against batch: the search may only make things better, never touch what runs, and is the same every time.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { check } from './check.ts';
import { applyPlan } from './apply-plan.ts';
import { anySnapshot, anyWorkload } from './fixtures/arbitrary.ts';
import { host, idSource, snapshot, workload } from './fixtures/build.ts';
import type { Plan } from './model.ts';
import { schedule } from './schedule.ts';

const started = (plan: Plan) => plan.steps.filter(({ kind }) => kind === 'start').length;
const stable = (id: string, ordinal: number) => `${id}-${ordinal}`;

test('a batch never places fewer than one after the other, and never as many at more cost', () => {
  let better = 0;
  fc.assert(
    fc.property(anySnapshot, fc.array(anyWorkload('x'), { maxLength: 4 }), fc.integer(), (start, more, seed) => {
      const filled = applyPlan(start, schedule(start, { verb: 'place', seed: 1, newId: idSource() }));
      const added = more.map((each, index) => ({ ...each, id: `x${index}`, name: `x${index}.production` }));
      const one = { ...filled, workloads: [...filled.workloads, ...added] };
      const online = schedule(one, { verb: 'place', seed, newId: stable });
      const batch = schedule(one, { verb: 'place', seed, newId: stable, batch: true });
      expect(check(one, batch)).toEqual([]);
      expect(started(batch)).toBeGreaterThanOrEqual(started(online));
      if (started(batch) === started(online)) expect(batch.after.costCentsPerHour).toBeLessThanOrEqual(online.after.costCentsPerHour);
      if (started(batch) > started(online) || batch.after.costCentsPerHour < online.after.costCentsPerHour) better += 1;
      expect(batch.steps.some(({ kind }) => kind === 'move' || kind === 'stop')).toBe(false);
    }),
    { numRuns: 200 },
  );
  expect(better).toBeGreaterThan(0);
}, 60_000);

test('who may use few hosts is not crowded out by who may use all', () => {
  const hosts = [host('h1', { labels: { disk: 'ssd' }, capacity: { cpuMilli: 18_000, memoryMib: 65_536 } }), host('h2', { capacity: { cpuMilli: 18_000, memoryMib: 65_536 }, costCentsPerHour: 900 })];
  const workloads = [workload('any', { peakQps: 300 }), workload('picky', { peakQps: 300, labels: { disk: 'ssd' } })];
  const one = snapshot({ hosts, workloads });
  expect(schedule(one, { verb: 'place', seed: 1, newId: stable }).unplaced.length).toBeGreaterThan(0);
  expect(schedule(one, { verb: 'place', seed: 1, newId: stable, batch: true }).unplaced).toEqual([]);
});
