// Addresses as integers and back, and the lowest that nobody holds.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressRange, addressSource, freeAddresses, toDotted, toInteger } from './addresses.ts';
import { network } from './fixtures/build.ts';

test('an address survives the way to an integer and back', () => {
  fc.assert(fc.property(fc.ipV4(), (address) => toDotted(toInteger(address)) === address));
  expect(toInteger('255.255.255.255')).toBe(2 ** 32 - 1);
});

test.each(['', '10.1.0', '10.1.0.256', '10.1.0.1.2', '10.1.0.-1', '10.1.0.x', '10..0.1'])('"%s" is no address', (text) => {
  expect(() => toInteger(text)).toThrow(`address is "${text}"`);
});

test('free addresses come lowest first, each once, over everything that is taken or held', () => {
  const range = addressRange(network('n', 1, { first: '10.1.0.254', last: '10.1.1.3', taken: ['10.1.1.0', '10.1.0.1', '10.1.1.0'] }), [toInteger('10.1.0.255'), toInteger('10.9.9.9')]);
  expect(freeAddresses(range)).toBe(4);
  const next = addressSource(range);
  expect([next(), next(), next(), next(), next(), next()]).toEqual(['10.1.0.254', '10.1.1.1', '10.1.1.2', '10.1.1.3', undefined, undefined]);
});

test('as many come as are free, whatever is taken', () => {
  const offset = fc.integer({ min: 0, max: 40 });
  fc.assert(
    fc.property(offset, offset, fc.array(offset), (from, length, taken) => {
      const dotted = (each: number) => toDotted(toInteger('10.1.0.240') + each);
      const range = addressRange(network('n', 1, { first: dotted(from), last: dotted(from + length), taken: taken.map(dotted) }), []);
      const next = addressSource(range);
      const given: string[] = [];
      for (let address = next(); address !== undefined; address = next()) given.push(address);
      expect(given.length).toBe(freeAddresses(range));
      expect(new Set([...given, ...taken.map(dotted)]).size).toBe(given.length + new Set(taken).size);
    }),
  );
});
