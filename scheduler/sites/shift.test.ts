import fc from 'fast-check';
import { expect, test } from 'vitest';
import { host, network, workload } from '../fixtures/build.ts';
import { defaultPolicy } from '../fixtures/build.ts';
import type { Replica, Snapshot } from '../model.ts';
import { prepare } from '../prepare.ts';
import { decay, stillOldPermille } from './decay.ts';
import { client, site, spec, targets } from './fixtures/names.ts';
import { answer, readyName } from './answer.ts';
import type { Site, Weights } from './model.ts';
import { shares } from './share.ts';
import { shift } from './shift.ts';

const QUOTE = workload('quote');
/** 100 QPS of 20 ms with 20 % headroom on containers of 4 cores: 2 cores busy, 1.7 QPS of room a core: 3 replicas at site a. */
const snapshot = (bHosts: number): Snapshot => ({
  revision: 7,
  policy: defaultPolicy,
  hosts: [host('a1'), ...Array.from({ length: bHosts }, (_, index) => host(`b${index}`, { site: 'b', capacity: { cpuMilli: 5000, memoryMib: 16_384 }, networkId: 'n2' }))],
  networks: [network('n1', 1), network('n2', 2)],
  workloads: [QUOTE],
  replicas: [1, 2, 3].map((ordinal): Replica => ({ id: `a-${ordinal - 1}`, workloadId: 'quote', ordinal, shape: { cpuMilli: 4000, memoryMib: 8192 }, releaseId: 'r1', hostId: 'a1', address: `10.1.0.${10 + ordinal}` })),
});
const asked = (bHosts: number, { sites = [site('a'), site('b')], before = { a: 1000, b: 0 }, after, isReadOnly = false }: { sites?: Site[]; before?: Weights; after: Weights; isReadOnly?: boolean }) =>
  shift({ base: prepare(snapshot(bHosts)), sites, steps: 2, stepSeconds: 60, names: [{ spec: spec({ preference: 'weights', isReadOnly, targets: targets('a', 3) }), workloadId: 'quote', ttlSeconds: 60, before, after, nearby: {} }] });

test('a shift says the replicas and cores that the other side needs, and that they have room there', () => {
  const { loads, refusals, movedPermille } = asked(3, { after: { a: 500, b: 500 } });
  expect(refusals).toEqual([]);
  expect(movedPermille).toEqual({ 'quote.example': 500 });
  expect(loads.find((load) => load.site === 'b')).toMatchObject({ beforePermille: 0, afterPermille: 500, peakQps: 50, replicas: 1, running: 0, missing: 1, cpuMilli: 4000, fits: true, carriesPermille: 1000, carriesNowPermille: 0, refusal: null });
});

test('what the other side cannot carry is refused, with how much it can', () => {
  const { refusals, loads } = asked(1, { after: { a: 0, b: 1000 } });
  expect(loads.find((load) => load.site === 'b')).toMatchObject({ replicas: 2, fits: false, carriesPermille: 500 });
  expect(refusals).toMatchObject([{ code: 'no-room', site: 'b', sentence: expect.stringContaining('b cannot carry 100 % of quote.example: 2 replicas of 4 cores are needed there for 100 QPS and 1 have room, which carry 50 %') }]);
});

test('nothing goes where data only arrives unless it is declared read-only, nor to a failed, drained or unknown site', () => {
  const oneWay = [site('a', { links: [{ to: 'b', data: 'one-way' as const }] }), site('b')];
  expect(asked(3, { sites: oneWay, after: { a: 500, b: 500 } }).refusals).toMatchObject([{ code: 'one-way-data', site: 'b' }]);
  expect(asked(3, { sites: oneWay, after: { a: 500, b: 500 }, isReadOnly: true }).refusals).toEqual([]);
  expect(asked(3, { sites: [site('a'), site('b', { mark: 'failed' })], after: { a: 500, b: 500 } }).refusals).toMatchObject([{ code: 'site-failed' }]);
  expect(asked(3, { sites: [site('a'), site('b', { mark: 'drained' })], after: { a: 500, b: 500 } }).refusals).toMatchObject([{ code: 'site-drained' }]);
  expect(asked(0, { after: { a: 500, b: 500 } }).refusals).toMatchObject([{ code: 'site-unknown' }]);
  expect(asked(3, { after: { a: 0, b: 0 } }).refusals).toMatchObject([{ code: 'no-site' }]);
});

test('two names that are shifted together share the room of the site', () => {
  const base = prepare({ ...snapshot(2), workloads: [QUOTE, workload('trade')] });
  const both = ['quote', 'trade'].map((workloadId) => ({ spec: spec({ name: `${workloadId}.example`, preference: 'weights', targets: targets('a', 2) }), workloadId, ttlSeconds: 60, before: { a: 1000, b: 0 }, after: { a: 0, b: 1000 }, nearby: {} }));
  const alone = shift({ base, sites: [site('a'), site('b')], steps: 1, stepSeconds: 0, names: both.slice(1) });
  const { refusals } = shift({ base, sites: [site('a'), site('b')], steps: 1, stepSeconds: 0, names: both });
  expect(alone.refusals).toEqual([]);
  expect(refusals.map(({ name, code }) => [name, code])).toEqual([['trade.example', 'no-room']]);
});

test('shares add up, and are what clients are really told', () => {
  const weights = fc.record({ a: fc.integer({ min: 0, max: 1000 }), b: fc.integer({ min: 1, max: 1000 }), c: fc.integer({ min: 0, max: 1000 }) });
  fc.assert(
    fc.property(weights, fc.constantFrom('nearest' as const, 'weights' as const, 'order' as const), fc.constantFrom([], ['b'], ['c', 'a']), fc.constantFrom(null, 'a', 'b'), (given, preference, order, near) => {
      const part = shares({ preference, order }, given, ['a', 'b', 'c'], { [near ?? '']: 1 });
      expect(Object.values(part).reduce((sum, each) => sum + each, 0)).toBe(1000);
      const ready = readyName([], spec({ preference, order, weights: given, targets: [...targets('a', 1), ...targets('b', 1), ...targets('c', 1)] }));
      const answers = Array.from({ length: 2000 }, (_, index) => answer(ready, client(index * 7919), near).site!);
      for (const each of ['a', 'b', 'c']) expect(Math.abs(answers.filter((at) => at === each).length / 2 - (part[each] ?? 0))).toBeLessThan(60);
    }),
    { numRuns: 60 },
  );
});

test('clients decay over the TTL, with a tail of those that keep answers too long', () => {
  expect([-1, 0, 30, 60, 600].map((at) => Math.round(stillOldPermille(at, 60)))).toEqual([1000, 1000, 523, 45, 0]);
  const { points, doneAfterSeconds } = decay([0, 60].map((atSeconds) => ({ permille: 500, atSeconds, ttlSeconds: 60 })));
  expect(points[0]).toEqual({ seconds: 0, oldPermille: 1000, weightPermille: 500 });
  expect(points.at(-1)).toEqual({ seconds: 660, oldPermille: 0, weightPermille: 0 });
  for (const [index, point] of points.entries()) if (index > 0) expect(point.oldPermille).toBeLessThanOrEqual(points[index - 1]!.oldPermille);
  expect(doneAfterSeconds).toBeGreaterThan(120);
  expect(doneAfterSeconds).toBeLessThan(600);
});
