// Money: whole periods, each once, whoever asks and however often.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { freeRange, rangesLeft } from './address-ranges.ts';
import { centsFor, centsOfPeriod, chargesOf, paidUntil, promisedCents, releaseAt } from './charges.ts';
import { MINUTE, vm } from './fixtures.ts';

test('a period is paid as it begins, and rounded up', () => {
  const out = vm({ billedFrom: 10 * MINUTE });
  expect(chargesOf(out, 5 * MINUTE)).toEqual([]);
  expect(chargesOf(out, 10 * MINUTE)).toHaveLength(1);
  expect(chargesOf(out, 70 * MINUTE)).toHaveLength(2);
  expect(chargesOf({ ...out, endedAt: 70 * MINUTE }, 700 * MINUTE)).toHaveLength(1);
  expect([paidUntil(out, 20 * MINUTE), releaseAt(out, 20 * MINUTE)]).toEqual([70 * MINUTE, 67 * MINUTE]);
  expect(centsOfPeriod({ costCentsPerHour: 41, billingMs: MINUTE })).toBe(1);
  expect(centsFor({ costCentsPerHour: 40, billingMs: 60 * MINUTE }, 61 * MINUTE)).toBe(80);
});

test('what never existed costs nothing', () => {
  expect([chargesOf(vm(), 1e12), paidUntil(vm(), 1e12)]).toEqual([[], null]);
});

test('what is promised is what is still to be paid', () => {
  const out = vm({ billedFrom: 0 });
  expect(promisedCents(out, 30 * MINUTE, 90 * MINUTE, 600 * MINUTE)).toBe(40);
  expect(promisedCents(out, 30 * MINUTE, 50 * MINUTE, 600 * MINUTE)).toBe(0);
  expect(promisedCents(out, 30 * MINUTE, null, 180 * MINUTE)).toBe(80);
  expect(promisedCents({ ...out, endedAt: 1 }, 30 * MINUTE, null, 180 * MINUTE)).toBe(0);
});

test('asked at any moments, the periods are the same and never overlap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 90 }), fc.array(fc.integer({ min: 0, max: 600 }), { minLength: 1, maxLength: 20 }), (billing, moments) => {
      const out = vm({ billedFrom: 3 * MINUTE, terms: { ...vm().terms, billingMs: billing * MINUTE } });
      const rows = new Map(moments.flatMap((at) => chargesOf(out, at * MINUTE).map((charge) => [charge.period, charge] as const)));
      const last = Math.max(...moments);
      expect([...rows.values()].sort((one, other) => one.period - other.period)).toEqual(chargesOf(out, last * MINUTE));
      for (const charge of rows.values()) expect(charge.from).toBe(3 * MINUTE + charge.period * billing * MINUTE);
    }),
  );
});

test('each VM gets the first range that nothing touches', () => {
  expect(freeRange('10.60.0.0/16', 24, [])).toBe('10.60.0.0/24');
  expect(freeRange('10.60.0.0/16', 24, ['10.60.0.0/23', '10.60.2.7/32', '10.0.0.0/9'])).toBeUndefined();
  expect(freeRange('10.60.0.0/16', 24, ['10.60.0.0/23', '10.60.2.7/32'])).toBe('10.60.3.0/24');
  expect(rangesLeft('10.60.0.0/22', 24, ['10.60.1.128/25'])).toBe(3);
  expect(freeRange('10.60.0.0/26', 24, [])).toBeUndefined();
});
