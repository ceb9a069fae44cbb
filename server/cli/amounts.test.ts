import fc from 'fast-check';
import { expect, test } from 'vitest';
import { age, collectPairs, cores, memory, parseCpuMilli, parseDurationMs, parseInteger, parseMemoryMib, parseMemoryPerQpsKib, parseNumber, parsePermille } from './amounts.ts';

test.each([
  ['4', 4000], ['1.5', 1500], ['0.001', 1], ['500m', 500], ['0', 0],
])('%s of CPU is %i millicores', (text, milli) => expect(parseCpuMilli(text)).toBe(milli));

test.each([
  ['512', 512], ['256Mi', 256], ['8Gi', 8192], ['8GiB', 8192], ['1.5Gi', 1536], ['2048Ki', 2], ['1Ti', 1_048_576],
])('%s of memory is %i MiB', (text, mib) => expect(parseMemoryMib(text)).toBe(mib));

test.each([
  ['512', 512], ['0.5Mi', 512], ['0', 0], ['0.25', 0.25],
])('%s of memory for each QPS is %d KiB', (text, kib) => expect(parseMemoryPerQpsKib(text)).toBe(kib));

test.each([
  ['90s', 90_000], ['5m', 300_000], ['1h30m', 5_400_000], ['30d', 2_592_000_000], ['250ms', 250],
])('%s is %i milliseconds', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

test.each([
  [parseCpuMilli, '-1'], [parseCpuMilli, '4 cores'], [parseCpuMilli, '1.5m'], [parseCpuMilli, '1e3'], [parseCpuMilli, ''],
  [parseMemoryMib, '8G'], [parseMemoryMib, '1Ki'], [parseMemoryMib, '-8Gi'], [parseMemoryMib, 'lots'],
  [parseDurationMs, '5'], [parseDurationMs, 'm'], [parseDurationMs, '5 m'], [parsePermille, '25'], [parsePermille, '-5%'],
  [parseNumber, 'abc'], [parseNumber, ''], [parseNumber, 'Infinity'], [parseNumber, '0x10'], [parseInteger, '1.5'],
  [(text: string) => collectPairs(text, undefined), 'novalue'], [(text: string) => collectPairs(text, undefined), '=x'],
])('%o refuses %j and repeats what was said', (parse, text) => {
  expect(() => parse(text)).toThrow(`"${text}"`);
});

test('every whole amount of CPU and memory that is printed reads back as itself', () => {
  fc.assert(fc.property(fc.nat(10_000_000), (milli) => parseCpuMilli(cores(milli)) === milli));
  fc.assert(fc.property(fc.nat(1023), (mib) => parseMemoryMib(memory(mib).replace(' ', '')) === mib));
  fc.assert(fc.property(fc.integer({ min: 1, max: 1023 }), (gib) => parseMemoryMib(memory(gib * 1024).replace(' ', '')) === gib * 1024));
});

test('pairs collect, the last of a name wins, and a value may hold anything', () => {
  expect(collectPairs('a=c=d', collectPairs('a=b', collectPairs('b=', undefined)))).toEqual({ a: 'c=d', b: '' });
});

test('ages read in the largest unit that says enough', () => {
  expect([5_000, 119_000, 300_000, 10_000_000, 400_000_000].map(age)).toEqual(['5s', '119s', '5m', '3h', '5d']);
});
