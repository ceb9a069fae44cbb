// What a host can give and what a replica takes, in integers that never round in the replica's favour.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultPolicy, host } from './fixtures/build.ts';
import { charge, dominantShare, usable } from './resources.ts';

test('a host gives its capacity less the share of the policy and what it keeps, never less than nothing', () => {
  expect(usable(host('h', { capacity: { cpuMilli: 9999, memoryMib: 1001 }, reserved: { cpuMilli: 99, memoryMib: 0 } }), defaultPolicy)).toEqual({ cpuMilli: 8900, memoryMib: 900 });
  expect(usable(host('h', { capacity: { cpuMilli: 100, memoryMib: 100 }, reserved: { cpuMilli: 500, memoryMib: 500 } }), defaultPolicy)).toEqual({ cpuMilli: 0, memoryMib: 0 });
});

test('however CPU is overcommitted, what replicas hold is never more than their charges allow', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64_000 }), fc.integer({ min: 1000, max: 8000 }), (cpuMilli, permille) => {
      const policy = { ...defaultPolicy, environments: { dev: { kinds: [], cpuOvercommitPermille: permille } } };
      const taken = charge({ cpuMilli, memoryMib: 7 }, policy, 'dev');
      expect(Number.isInteger(taken.cpuMilli)).toBe(true);
      expect(taken.cpuMilli * permille).toBeGreaterThanOrEqual(cpuMilli * 1000);
      expect((taken.cpuMilli - 1) * permille).toBeLessThan(cpuMilli * 1000);
      expect(taken.memoryMib).toBe(7);
    }),
  );
  expect(charge({ cpuMilli: 1000, memoryMib: 1 }, defaultPolicy, undefined).cpuMilli).toBe(1000);
});

test('the dominant share is the larger of the two', () => {
  expect(dominantShare({ cpuMilli: 1000, memoryMib: 3 }, { cpuMilli: 4000, memoryMib: 4 })).toBe(0.75);
  expect(dominantShare({ cpuMilli: 1, memoryMib: 1 }, { cpuMilli: 0, memoryMib: 4 })).toBe(1);
});
