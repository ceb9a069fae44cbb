import { expect, test } from 'vitest';
import { snapshot, workload } from '../fixtures/build.ts';
import { prepare } from '../prepare.ts';
import { extraOf } from './extra.ts';
import { percentile, releaseFigures } from './figures.ts';
import { type Judged, judge } from './gates.ts';
import type { Reading, ReleaseFigures } from './model.ts';

const reading = (at: number, requests: number | null, cpuMs: number | null, more: Partial<Reading> = {}): Reading => ({ at, cpuMicros: cpuMs === null ? null : cpuMs * 1000, requests, errors: requests === null ? null : 0, durations: null, ...more });
const of = (...readings: Reading[]) => ({ replicaId: 'q-1', releaseId: 'r2', readings });

test('figures are what passed between readings, over all replicas', () => {
  const durations = (...counts: number[]) => [0.01, 0.1, 1].map((leSeconds, index) => ({ leSeconds, count: counts[index]! }));
  const one = of(reading(0, 100, 500, { durations: durations(90, 99, 100) }), reading(10_000, 200, 700, { errors: 3, durations: durations(180, 198, 200) }));
  const two = { ...of(reading(0, 0, 0, { durations: durations(0, 0, 0) }), reading(10_000, 100, 300, { durations: durations(50, 100, 100) })), replicaId: 'q-2' };
  expect(releaseFigures([one, two], { least: 50 })).toEqual({ replicas: 2, requests: 200, errors: 3, p99Ms: 98.475, p99AtLeastMs: 94.268, cpuMsPerRequest: 2.5 });
});

test('a counter that began again counts from nothing, and what a start took is no cost of requests', () => {
  const figures = releaseFigures([of(reading(0, 1000, 5000), reading(1000, 1100, 5200), reading(2000, 30, 900), reading(3000, 80, 1000))], { least: 10 });
  expect(figures).toMatchObject({ requests: 180, cpuMsPerRequest: 2 });
});

test('what is not known stays unknown', () => {
  expect(releaseFigures([of(reading(0, null, 10), reading(1000, null, 900))], { least: 1 })).toEqual({ replicas: 1, requests: 0, errors: 0, p99Ms: null, p99AtLeastMs: null, cpuMsPerRequest: null });
  expect(releaseFigures([of(reading(0, 0, 0), reading(1000, 5, 1))], { least: 1 }).cpuMsPerRequest).toBe(null);
  expect(percentile(new Map([[0.1, 10]]), 1000, 0.99)).toBe(100);
});

const figures = (more: Partial<ReleaseFigures> = {}): ReleaseFigures => ({ replicas: 1, requests: 1000, errors: 0, p99Ms: 50, cpuMsPerRequest: 2, ...more });
const judged = (more: Partial<Judged> = {}): Judged => ({
  gates: { windowSeconds: 60, leastRequests: 50, mostErrorsPermille: 10, mostP99Permille: 2000, mostCpuPermille: 1200 },
  before: figures(), after: figures(), watchedSeconds: 60, isMeasured: true, failures: { count: 0, most: 2 }, ...more,
});
const verdicts = (more: Partial<Judged> = {}) => Object.fromEntries(judge(judged(more)).map(({ gate, state }) => [gate, state]));
const sentences = (more: Partial<Judged> = {}) => judge(judged(more)).filter(({ state }) => state !== 'passes').map(({ sentence }) => sentence);

test('as good as the old one passes; worse is said with its figures', () => {
  expect(verdicts()).toEqual({ health: 'passes', requests: 'passes', errors: 'passes', p99: 'passes', cpu: 'passes' });
  expect(sentences({ after: figures({ errors: 20, p99Ms: 130, cpuMsPerRequest: 4 }) })).toEqual([
    '20 of 1000 requests failed on the new release (20 of a thousand), at most 10 of a thousand may',
    'p99 is 130 ms on the new release and 50 ms on the old one: 260 % of it, at most 200 % allowed',
    'a request costs 4 ms of CPU on the new release and 2 ms on the old one: 200 % of it, at most 120 % allowed',
  ]);
  expect(verdicts({ after: figures({ errors: 20, p99Ms: 130, cpuMsPerRequest: 4 }) })).toMatchObject({ errors: 'fails', p99: 'fails', cpu: 'holds' });
});

test('a p99 of few requests, or one that differs by little, is not worse', () => {
  expect(verdicts({ after: figures({ requests: 200, p99Ms: 500 }) })).toMatchObject({ p99: 'passes' });
  expect(verdicts({ before: figures({ p99Ms: 1 }), after: figures({ p99Ms: 5 }) })).toMatchObject({ p99: 'passes' });
});

test('a p99 that is worse only by what so few requests show by chance is looked at on, and fails once they prove it', () => {
  const doubtful = figures({ requests: 400, p99Ms: 130, p99AtLeastMs: 60 });
  expect(verdicts({ after: doubtful })).toMatchObject({ p99: 'waits' });
  expect(sentences({ after: doubtful })).toEqual(['p99 is 130 ms on the new release and 50 ms on the old one: 260 % of it, at most 200 % allowed; of 400 requests that can be chance: it is 60 ms at least']);
  expect(verdicts({ after: doubtful, watchedSeconds: 600 })).toMatchObject({ p99: 'passes' });
  expect(verdicts({ after: { ...doubtful, p99AtLeastMs: 101 } })).toMatchObject({ p99: 'fails' });
  const many = (times: number) => [0.01, 0.1, 1].map((leSeconds, index) => ({ leSeconds, count: [980, 986, 1000][index]! * times }));
  const few = (times: number) => releaseFigures([of(reading(0, 0, 0, { durations: many(0) }), reading(1000, 1000 * times, 10, { durations: many(times) }))], { least: 1 });
  expect([few(1).p99Ms, few(20).p99Ms]).toEqual([357.143, 357.143]);
  expect([few(1).p99AtLeastMs! < 101, few(20).p99AtLeastMs! > 250]).toEqual([true, true]);
});

test('where only the old release has used enough CPU to compare, it waits for the new one, but not for ever', () => {
  const after = figures({ cpuMsPerRequest: null });
  expect(verdicts({ after })).toMatchObject({ cpu: 'waits' });
  expect(verdicts({ after, watchedSeconds: 600 })).toMatchObject({ cpu: 'passes' });
  expect(verdicts({ after, before: figures({ cpuMsPerRequest: null }) })).toMatchObject({ cpu: 'passes' });
});

test('before the window is over only errors are judged, and only where enough requests say so', () => {
  expect(verdicts({ watchedSeconds: 5 })).toMatchObject({ requests: 'waits', errors: 'waits', p99: 'waits', cpu: 'waits' });
  expect(verdicts({ watchedSeconds: null, after: figures({ errors: 50 }) })).toMatchObject({ errors: 'fails', p99: 'waits' });
  expect(verdicts({ watchedSeconds: 5, after: figures({ requests: 4, errors: 4 }) })).toMatchObject({ errors: 'waits' });
});

test('with few requests it looks on for ten windows, and then judges by those', () => {
  const few = figures({ requests: 12, cpuMsPerRequest: null, p99Ms: null });
  expect(verdicts({ after: few })).toMatchObject({ requests: 'waits', errors: 'waits', p99: 'waits', cpu: 'waits' });
  expect(verdicts({ after: few, watchedSeconds: 600 })).toMatchObject({ requests: 'passes', errors: 'passes', p99: 'passes', cpu: 'passes' });
  expect(verdicts({ after: { ...few, errors: 6 }, watchedSeconds: 600 })).toMatchObject({ errors: 'fails' });
});

test('without traffic or without metrics the window alone decides, and it is said', () => {
  const nothing = figures({ requests: 0, p99Ms: null, cpuMsPerRequest: null });
  for (const isMeasured of [true, false]) expect(new Set(Object.values(verdicts({ before: nothing, after: nothing, isMeasured })))).toEqual(new Set(['passes']));
  expect(judge(judged({ before: nothing, after: nothing })).map(({ sentence }) => sentence)).toContain('no requests came, on neither release: only its health counts');
  // Where the old release is asked and the new one never, it waits: its figures may yet come.
  expect(verdicts({ after: nothing })).toMatchObject({ requests: 'waits', errors: 'waits' });
});

test('twice the cost is quoted in replicas and money at the asked peak', () => {
  const asked = workload('w', { peakQps: 1000 });
  const base = prepare(snapshot({ workloads: [asked] }));
  const extra = extraOf(base, asked, { before: figures(), after: figures({ cpuMsPerRequest: 4 }), centsPerReplica: 25 });
  expect(extra!.replicas).toBeGreaterThan(0);
  expect(extra).toEqual({ replicas: extra!.replicas, costCentsPerHour: extra!.replicas * 25, cpuMsPerRequest: 4 });
  expect(extraOf(base, asked, { before: figures(), after: figures(), centsPerReplica: 25 })).toBe(null);
});
