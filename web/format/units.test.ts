import { expect, test } from 'vitest';
import { bytes, coreCount, cores, gapPercent, memory, money, number, percent, permille, share, signed } from './units.ts';

test('cores read as a person says them', () => {
  expect(cores(12_000, 'en')).toBe('12 cores');
  expect(cores(1000, 'en')).toBe('1 core');
  expect(cores(3500, 'en')).toBe('3.5 cores');
  expect(cores(50, 'en')).toBe('0.05 cores');
  expect(cores(1_234_567, 'en')).toBe('1,235 cores');
  expect(cores(3500, 'zh')).toBe('3.5 核');
  expect(coreCount(0, 'en')).toBe('0');
});

test('memory changes its unit at 1024', () => {
  expect(memory(300, 'en')).toBe('300 MiB');
  expect(memory(8192, 'en')).toBe('8 GiB');
  expect(memory(1536, 'en')).toBe('1.5 GiB');
  expect(memory(1_572_864, 'en')).toBe('1.5 TiB');
});

test('money has cents below a thousand and none above', () => {
  expect(money(320, 'CNY', 'en')).toBe('¥3.20');
  expect(money(320, 'CNY', 'zh')).toBe('¥3.20');
  expect(money(12_345_678, 'USD', 'en')).toBe('$123,457');
  expect(money(0, 'EUR', 'en')).toBe('€0.00');
});

test('numbers, changes and shares', () => {
  expect(number(1234.5678, 'en')).toBe('1,235');
  expect(number(0.12345, 'en')).toBe('0.123');
  expect(number(36.66, 'en')).toBe('36.7');
  expect(signed(3, 'en')).toBe('+3');
  expect(signed(-2, 'en')).toBe('-2');
  expect(signed(0, 'en')).toBe('±0');
  expect(percent(1, 3, 'en')).toBe('33%');
  expect(percent(1, 0, 'en')).toBe('0%');
  expect(share(5, 4)).toBe(1.25);
  expect(share(-1, 4)).toBe(0);
});

test('a proven gap is rounded up, so that the claim holds', () => {
  expect([0, 0.0004, 0.401, 1.23, 12.1].map((percent) => gapPercent(percent, 'en'))).toEqual(['0%', '0.01%', '0.41%', '1.3%', '13%']);
});

test('bytes change their unit at 1024, and thousandths read as percent', () => {
  expect([0, 640, 1536, 25_769_803_776, 5e15].map((value) => bytes(value, 'en'))).toEqual(['0 B', '640 B', '1.5 KiB', '24 GiB', '4,547 TiB']);
  expect([0, 5, 10, 250, 1000].map((value) => permille(value, 'en'))).toEqual(['0%', '0.5%', '1%', '25%', '100%']);
});
