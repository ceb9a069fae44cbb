// What retention keeps: each reason by an example, and for any history that nothing which is needed is missing.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepOf, type KeepInput } from './keep-set.ts';

const NOW = Date.UTC(2026, 10, 23);
const DAY = 86_400_000;
const digest = (mark: number) => `sha256:${mark.toString(16).padStart(64, '0')}`;
const EMPTY: KeepInput = { now: NOW, keepReleases: 2, keepDays: 14, images: [], releases: [], workloads: [], runningReleaseIds: new Set(), rolloutReleaseIds: new Set(), builds: [], layers: [] };
const image = (mark: number, ageMs = 30 * DAY) => ({ repository: 'services/quotes/quote', digest: digest(mark), buildId: `b${mark}`, pushedAt: NOW - ageMs });
const release = (version: number, mark = version) => ({ id: `r${version}`, workloadId: 'w', version, digest: digest(mark) });
const build = (mark: number, ageMs: number, more: object = {}) => ({ id: `b${mark}`, team: 'quotes', subject: 'quote', isLayer: false, digest: digest(mark), layer: 'node', layerDigest: null, endedAt: NOW - ageMs, ...more });
const kept = (input: Partial<KeepInput>) => Object.fromEntries([...keepOf({ ...EMPTY, ...input })].map(([name, reasons]) => [Number(`0x${name.split(':')[1]}`), reasons.map(({ why, subject }) => `${why}: ${subject}`)]));

test('what runs, what a rollout moves between, and the last releases stay; older ones go', () => {
  const input = { images: [1, 2, 3, 4, 5].map((mark) => image(mark)), releases: [1, 2, 3, 4, 5].map((version) => release(version)), workloads: [{ id: 'w', name: 'quote.production', releaseId: 'r3' }] };
  expect(kept({ ...input, runningReleaseIds: new Set(['r2']) })).toEqual({
    2: ['runs: quote.production release 2'],
    3: ['runs: quote.production release 3'],
    4: ['rollback: quote.production release 4'],
    5: ['rollback: quote.production release 5'],
  });
  expect(kept({ ...input, rolloutReleaseIds: new Set(['r1', 'r5']) })).toMatchObject({ 1: ['rollout: quote.production release 1'], 5: ['rollout: quote.production release 5', 'rollback: quote.production release 5'] });
  // Of a workload that is gone nothing is needed.
  expect(kept({ ...input, workloads: [] })).toEqual({});
});

test('the newest build that may come next stays for its days, and whatever was pushed just now', () => {
  const images = [image(1), image(2), image(3, 1_000)];
  expect(kept({ images, builds: [build(1, 5 * DAY), build(2, 2 * DAY)] })).toEqual({ 2: ['next: newest build of quote'], 3: ['new: pushed within the last hour'] });
  expect(kept({ images, builds: [build(2, 15 * DAY)] })).toEqual({ 3: ['new: pushed within the last hour'] });
  expect(Object.keys(kept({ images, builds: [build(1, DAY), build(2, DAY, { layer: 'jvm' })] }))).toEqual(['1', '2', '3']);
});

test('current layers stay with what they stand on, and old ones as long as a kept image stands on them', () => {
  const layer = (name: string, version: number, mark: number, from: string | null = null, fromVersion: number | null = null) => ({ name, version, digest: digest(mark), from, fromVersion });
  const layers = [layer('base', 1, 10), layer('base', 2, 11), layer('base', 3, 12), layer('node', 1, 20, 'base', 1), layer('node', 2, 21, 'base', 2)];
  const images = [10, 11, 12, 20, 21, 1].map((mark) => image(mark));
  expect(Object.keys(kept({ images, layers })).map(Number)).toEqual([11, 12, 21]);
  const input = { images, layers, builds: [build(1, 30 * DAY, { layerDigest: digest(20) })], releases: [release(1)], workloads: [{ id: 'w', name: 'quote.production', releaseId: 'r1' }] };
  expect(Object.keys(kept(input)).map(Number)).toEqual([1, 10, 11, 12, 20, 21]);
});

test('for any history, nothing that runs, is rolled out, is among the last releases or is new is missing', () => {
  const histories = fc.record({
    keepReleases: fc.integer({ min: 1, max: 4 }),
    marks: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 15 }),
    running: fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 3 }),
    rolling: fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 2 }),
    current: fc.integer({ min: 1, max: 15 }),
    ages: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 12, maxLength: 12 }),
  });
  fc.assert(
    fc.property(histories, ({ keepReleases, marks, running, rolling, current, ages }) => {
      const releases = marks.map((mark, index) => release(index + 1, mark));
      const images = ages.map((hours, index) => image(index + 1, hours * 3_600_000 + 1_800_000));
      const input = { ...EMPTY, keepReleases, images, releases, workloads: [{ id: 'w', name: 'w', releaseId: `r${current}` }], runningReleaseIds: new Set(running.map((version) => `r${version}`)), rolloutReleaseIds: new Set(rolling.map((version) => `r${version}`)) };
      const names = new Set(keepOf(input).keys());
      const needed = releases.filter(({ version }) => [...running, ...rolling, current].includes(version) || version > marks.length - keepReleases);
      for (const each of needed) expect(names).toContain(`services/quotes/quote@${each.digest}`);
      const young = images.filter(({ pushedAt }) => NOW - pushedAt < 3_600_000);
      for (const each of young) expect(names).toContain(`services/quotes/quote@${each.digest}`);
      const allowed = new Set([...needed, ...young].map((each) => each.digest));
      expect([...names].every((name) => allowed.has(name.split('@')[1]!))).toBe(true);
    }),
  );
});
