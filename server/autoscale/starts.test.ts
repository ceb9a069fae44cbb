// How long starts take is measured from the first sight of a replica until it serves, apart for hosts that were there and those that came for it.
import { expect, test } from 'vitest';
import { openStartWatch, p95 } from './starts.ts';

const replica = (id: string, hostId: string | null, isServing: boolean) => ({ id, workloadId: 'w', hostId, isServing });

test('what was there before tells nothing; a start counts once, as cold where its host came later', () => {
  const watch = openStartWatch();
  expect(watch.look([replica('old', 'h1', false)], ['h1'], 0)).toEqual([]);
  expect(watch.look([replica('old', 'h1', true), replica('warm', 'h1', false), replica('cold', null, false)], ['h1'], 2_000)).toEqual([]);
  expect(watch.look([replica('old', 'h1', true), replica('warm', 'h1', true), replica('cold', 'h2', false)], ['h1', 'h2'], 7_000)).toEqual([{ workloadId: 'w', class: 'warm', ms: 5_000 }]);
  expect(watch.look([replica('warm', 'h1', false), replica('cold', 'h2', true)], ['h1', 'h2'], 122_000)).toEqual([{ workloadId: 'w', class: 'cold', ms: 120_000 }]);
  expect(watch.look([replica('warm', 'h1', true), replica('cold', 'h2', true)], ['h1', 'h2'], 124_000), 'ill and well again is no start').toEqual([]);
});

test('a replica that never serves is in trouble and no slow start', () => {
  const watch = openStartWatch();
  watch.look([], ['h1'], 0);
  watch.look([replica('a', 'h1', false)], ['h1'], 2_000);
  watch.look([replica('a', 'h1', false)], ['h1'], 2_000_000);
  expect(watch.look([replica('a', 'h1', true)], ['h1'], 2_010_000)).toEqual([]);
});

test('95 of 100 starts are no longer', () => {
  expect([p95([]), p95([7]), p95(Array.from({ length: 20 }, (_, index) => index + 1))]).toEqual([null, 7, 19]);
});
