import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gather } from './gather.ts';

test('what lies near to each other becomes one group, what is outside is left out', () => {
  expect(gather([10, 20, NaN, 34, 90], 25)).toEqual([{ at: 10, members: [0, 1, 3] }, { at: 90, members: [4] }]);
});

test('groups never lie nearer than the least distance, and every place is in one of them', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 80 }), fc.integer({ min: 1, max: 60 }), (unsorted, least) => {
      const places = unsorted.toSorted((one, other) => one - other);
      const groups = gather(places, least);
      expect(groups.flatMap(({ members }) => members)).toEqual(places.map((_, index) => index));
      for (const [index, group] of groups.entries()) if (index > 0) expect(group.at - groups[index - 1]!.at).toBeGreaterThanOrEqual(least);
    }),
  );
});
