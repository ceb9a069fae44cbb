import type { Change } from '#server/http/contract/index.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readChanges, writeChanges } from './changes-link.ts';

const name = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('drain' as const), hosts: fc.array(name, { minLength: 1, maxLength: 5 }) }),
  fc.record({ kind: fc.constant('lose' as const), domain: fc.constantFrom('host' as const, 'rack' as const, 'site' as const), name }),
  fc.record({ kind: fc.constant('grow' as const), workload: name, permille: fc.integer({ min: 1, max: 100_000 }) }),
  fc.record({ kind: fc.constant('remove' as const), workload: name }),
  fc.record({ kind: fc.constant('buy' as const) }),
  fc.record({
    kind: fc.constant('add' as const),
    count: fc.integer({ min: 1, max: 100 }),
    host: fc.record({ kind: fc.constant('physical' as const), site: name, rack: name, capacity: fc.record({ cpuMilli: fc.nat(), memoryMib: fc.nat() }), costCentsPerHour: fc.nat(), labels: fc.constant({}), taints: fc.constant<string[]>([]) }),
  }),
);

test('what a link carries comes out as it went in, whatever the names', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 10 }), (changes) => {
      const text = writeChanges(changes);
      expect(text).toMatch(/^[\w-]*$/);
      expect(readChanges(text!)).toEqual(changes);
    }),
  );
});

test('what is no composition is refused, not half read', () => {
  const of = (value: unknown) => writeChanges(value as Change[])!;
  expect(readChanges('')).toBeNull();
  expect(readChanges('%%%')).toBeNull();
  expect(readChanges(of({ kind: 'drain' }))).toBeNull();
  expect(readChanges(of([{ kind: 'explode' }]))).toBeNull();
  expect(readChanges(of([{ kind: 'drain', hosts: [1] }]))).toBeNull();
  expect(readChanges(of([{ kind: 'add', count: 1, host: {} }]))).toBeNull();
  expect(readChanges(of(Array.from({ length: 21 }, () => ({ kind: 'buy' }))))).toBeNull();
});

test('a composition that is too long for a link is told so', () => {
  expect(writeChanges([{ kind: 'drain', hosts: Array.from({ length: 1000 }, (_, at) => `host-number-${at}`) }])).toBeNull();
});
