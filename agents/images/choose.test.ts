// What may be cleaned away: a property that nothing that anything needs ever goes, and the order.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PresentImage } from '../docker/runtime.ts';
import { removable, type Needed } from './choose.ts';

const REGISTRY = '10.9.0.1:7072';
const image = (number: number, references: readonly string[], more: Partial<PresentImage> = {}): PresentImage => ({ id: `sha256:${number}`, references, bytes: 1, createdMs: number, labels: {}, ...more });
const needed = (more: Partial<Needed['policy']> = {}, rest: Partial<Needed> = {}): Needed => ({
  policy: { registry: REGISTRY, prefetch: [], keep: [], watermarkPermille: { high: 850, low: 700 }, mayClean: true, ...more }, usedIds: new Set(), assigned: new Set(), ...rest,
});

test('nothing that is kept, asked for ahead, assigned, in use, or of another registry ever goes; the rest goes oldest first', () => {
  const names = ['a', 'b', 'c', 'd'].flatMap((name) => [`${REGISTRY}/${name}@sha256:1`, `${REGISTRY}/${name}:1`, `elsewhere/${name}:1`]);
  const some = fc.subarray(names);
  const images = fc.array(fc.tuple(some, fc.nat(50)), { maxLength: 8 }).map((all) => all.map(([references, createdMs], index) => image(index, references, { createdMs })));
  fc.assert(fc.property(images, some, some, some, fc.subarray([0, 1, 2, 3].map((number) => `sha256:${number}`)), (all, keep, prefetch, assigned, used) => {
    const gone = removable(all, needed({ keep, prefetch }, { assigned: new Set(assigned), usedIds: new Set(used) }));
    for (const one of gone) {
      expect(one.references.some((reference) => [...keep, ...prefetch, ...assigned].includes(reference)) || used.includes(one.id)).toBe(false);
      expect(one.references.length > 0 && one.references.every((reference) => reference.startsWith(`${REGISTRY}/`))).toBe(true);
    }
    expect(gone.map(({ createdMs }) => createdMs)).toEqual(gone.map(({ createdMs }) => createdMs).toSorted((one, other) => one - other));
  }));
});

test('a registry whose name another begins with is another; without a registry nothing goes; nameless images go when their labels are ours', () => {
  const own = image(1, [`${REGISTRY}/a:1`]);
  expect(removable([own, image(2, [`${REGISTRY}0/a:1`])], needed())).toEqual([own]);
  expect(removable([own], { ...needed(), policy: { prefetch: [], keep: [], watermarkPermille: { high: 850, low: 700 }, mayClean: true } })).toEqual([]);
  const built = image(3, [], { labels: { 'io.firn.commit': 'c' } });
  expect(removable([image(2, []), built], needed())).toEqual([built]);
});
