// A quote is what would happen: the same as the plan after submitting, without touching anything else.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { check } from './check.ts';
import { applyPlan } from './apply-plan.ts';
import { anySnapshot, anyWorkload } from './fixtures/arbitrary.ts';
import { host, idSource, network, snapshot, workload } from './fixtures/build.ts';
import { prepare } from './prepare.ts';
import { quote } from './quote.ts';
import { schedule } from './schedule.ts';
import { isRefusal } from './size.ts';

const codes = (one: ReturnType<typeof quote>) => one.warnings.map(({ code }) => code);

test('on any fleet a quote is sound, deterministic, and leaves the base as it was', () => {
  fc.assert(
    fc.property(anySnapshot, fc.constantFrom('w1', 'draft').chain(anyWorkload), (start, draft) => {
      const filled = applyPlan(start, schedule(start, { verb: 'place', seed: 1, newId: idSource() }));
      const base = prepare(filled);
      const first = quote(base, draft);
      const text = JSON.stringify(first);
      expect(JSON.stringify(quote(base, draft))).toBe(text);
      expect(JSON.stringify(quote(filled, draft))).toBe(text);
      expect(JSON.stringify({ ...schedule(base, { verb: 'place', seed: 1, newId: idSource() }) })).toBe(JSON.stringify(schedule(filled, { verb: 'place', seed: 1, newId: idSource() })));
      expect(first.plan.steps.every(({ replica }) => replica.workloadId === draft.id)).toBe(true);
      const submitted = { ...filled, workloads: [...filled.workloads.filter(({ id }) => id !== draft.id), draft] };
      // A draft in another environment changes what its running replicas take, so the totals of the two differ; nothing else may.
      expect(check(submitted, first.plan)).toEqual([]);
    }),
    { numRuns: 300 },
  );
}, 60_000);

test('submitting on an otherwise settled fleet gives the steps that were quoted', () => {
  fc.assert(
    fc.property(anySnapshot, anyWorkload('draft'), (start, draft) => {
      const filled = applyPlan(start, schedule(start, { verb: 'place', seed: 1, newId: idSource() }));
      const quoted = quote(filled, draft);
      const submitted = schedule({ ...filled, workloads: [...filled.workloads, draft] }, { verb: 'place', seed: 0, newId: (id, ordinal) => `${id}#${ordinal}` });
      // Replicas that wait already are served first; where they get nothing, the quote is the plan.
      if (filled.replicas.every(({ hostId }) => hostId !== null)) expect(submitted.steps).toEqual(quoted.plan.steps);
    }),
    { numRuns: 200 },
  );
}, 60_000);

test('it says where replicas would be and what that costs', () => {
  const hosts = [host('h1', { capacity: { cpuMilli: 40_000, memoryMib: 81_920 }, costCentsPerHour: 100 }), host('h2', { capacity: { cpuMilli: 40_000, memoryMib: 163_840 }, costCentsPerHour: 200, rack: 'r2' })];
  const answer = quote(snapshot({ hosts }), workload('shop', { peakQps: 300, caps: { perHost: 2 } }));
  expect(answer.hosts).toMatchObject([
    { hostId: 'h1', hostName: 'h1', kind: 'physical', site: 'a', rack: 'r1', count: 2 },
    { hostId: 'h2', count: 2 },
  ]);
  // A tenth of h1 each, a tenth of h2 each.
  expect(answer.costCentsPerHour).toBe(2 * 10 + 2 * 20);
  expect(answer.plan.verb).toBe('place');
});

test('a draft for a workload that runs shows only what would change', () => {
  const shop = workload('shop', { peakQps: 300 });
  const one = snapshot({ workloads: [shop] });
  const running = applyPlan(one, schedule(one, { verb: 'place', seed: 1, newId: idSource() }));
  const more = quote(running, workload('shop', { peakQps: 600 }));
  expect(more.plan).toMatchObject({ verb: 'scale', scope: ['shop'] });
  expect(more.plan.steps.every(({ kind }) => kind === 'start')).toBe(true);
  expect(more.hosts.reduce((sum, { count }) => sum + count, 0)).toBe(isRefusal(more.sizing) ? 0 : more.sizing.replicas);
  expect(quote(running, shop).plan.steps).toEqual([]);
  expect(codes(quote(running, workload('shop', { peakQps: 10 })))).toContain('stops-replicas');
});

test('a draft that has no sum is refused and plans nothing', () => {
  const answer = quote(snapshot(), workload('shop', { peakQps: -1 }));
  expect(answer).toMatchObject({ sizing: { field: 'peakQps', value: -1 }, hosts: [], costCentsPerHour: 0, plan: { steps: [], refusals: [{ workloadId: 'shop' }] } });
});

test('a shape that no host could ever hold is refused with the largest host', () => {
  const hosts = [host('h1', { capacity: { cpuMilli: 4000, memoryMib: 8192 } }), host('h2', { capacity: { cpuMilli: 6000, memoryMib: 8192 } })];
  const { sizing } = quote(snapshot({ hosts }), workload('shop', { shape: 'large' }));
  expect(sizing).toMatchObject({ field: 'shape', value: 'large', allowed: expect.stringContaining('5400 millicores and 7372 MiB, which is what h2') });
});

test('warnings tell what could go wrong, as data', () => {
  const few = snapshot({ hosts: [host('h1', { state: 'suspect' }), host('c1', { kind: 'cloud-vm' })], networks: [network('n1', 1, { first: '10.1.0.10', last: '10.1.0.15' })] });
  expect(codes(quote(few, workload('one', { peakQps: 10 })))).toEqual(['single-replica', 'suspect-host', 'addresses-low']);
  expect(codes(quote(few, workload('spread', { peakQps: 100, survive: 'host' })))).toEqual(['survival-adds', 'uses-cloud', 'suspect-host', 'addresses-low']);
  const full = quote(few, workload('much', { peakQps: 3000 }));
  expect(full.warnings[0]).toMatchObject({ code: 'unplaced', values: { count: full.unplaced[0]!.count } });
  expect(codes(quote({ ...few, replicas: [{ id: 'p', workloadId: 'w', ordinal: 1, shape: { cpuMilli: 1, memoryMib: 1 }, releaseId: 'r', hostId: null, address: null }] }, workload('one')))).toContain('others-wait');
});
