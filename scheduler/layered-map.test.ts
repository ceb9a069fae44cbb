// A layered map reads like the map that copying would give, and the earlier one stays what it was.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withEntries } from './layered-map.ts';

test('any sequence of additions reads like one map, in the same order', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.tuple(fc.nat(120), fc.nat()), { maxLength: 30 }), { maxLength: 12 }), (additions) => {
      let layered: ReadonlyMap<number, number> = new Map();
      const plain = new Map<number, number>();
      for (const entries of additions) {
        const before = layered;
        const was = [...layered];
        layered = withEntries(layered, entries);
        for (const [key, value] of entries) plain.set(key, value);
        expect([...layered]).toEqual([...plain]);
        expect([...layered.keys()]).toEqual([...plain.keys()]);
        expect([...layered.values()]).toEqual([...plain.values()]);
        expect(layered.size).toBe(plain.size);
        for (let key = 0; key <= 120; key += 1) expect([layered.has(key), layered.get(key)]).toEqual([plain.has(key), plain.get(key)]);
        expect([...before]).toEqual(was);
      }
    }),
    { numRuns: 50 },
  );
});
