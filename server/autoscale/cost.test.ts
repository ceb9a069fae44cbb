// After a release a request costs what it cost before at least, for a day; then what was learnt since counts.
import { capacityOf as fullCapacityOf } from '#scheduler/autoscale/capacity.ts';
import { DEFAULT_SETTINGS } from '#scheduler/autoscale/settings.ts';
import { expect, test } from 'vitest';
import { noteRelease } from './commit.ts';
import { openAutoscaleMemory } from './memory.ts';
import { capacityOf } from './observe.ts';

const DAY_MS = 86_400_000;
const SHAPE = { cpuMilli: 4_000, memoryMib: 8_192 };
const workload = (releaseId: string) => ({ id: 'w', releaseId, ask: { profile: { cpuMsPerRequest: 10, memoryBaseMib: 100, memoryKibPerQps: 0 } } as Parameters<typeof capacityOf>[0]['ask'] });

test('the larger of the old and the new cost counts for a day, and never more than twice what is declared', () => {
  const autoscale = openAutoscaleMemory();
  const costAt = (at: number, driftPermille: number) => fullCapacityOf(DEFAULT_SETTINGS, capacityOf(workload('r2'), SHAPE, autoscale.of('w'), at), driftPermille, false).cpuMsPerRequest;
  const release = (releaseId: string, at: number, learnt: number | null) => noteRelease({ autoscale }, { workload: workload(releaseId), at }, learnt);
  expect(release('r1', 0, null), 'the first sight of a workload is no release').toBe(false);
  autoscale.of('w').state = { ...autoscale.of('w').state, cost: { weight: 100, qps: 100, cpu: 1_500, qpsQps: 100, qpsCpu: 1_500 } };
  expect(release('r2', 1_000, 15)).toBe(true);
  expect(autoscale.of('w').state.cost.weight, 'it is learnt anew').toBe(0);
  expect([costAt(2_000, 1_000), costAt(2_000, 800), costAt(2_000, 1_800)]).toEqual([15, 15, 18]);
  expect(costAt(2_000 + DAY_MS, 800)).toBe(8);
  release('r3', 3_000, 90);
  expect(costAt(4_000, 1_000)).toBe(20);
  // Back within the day, with nothing learnt meanwhile: what was known stays.
  release('r2', 5_000, null);
  expect(costAt(6_000, 1_000)).toBe(20);
});
