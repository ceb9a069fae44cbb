import { expect, test } from 'vitest';
import { lifeOf, mixText, saidText } from './burst.ts';

const states = (vm: Parameters<typeof lifeOf>[0]) => lifeOf(vm).map(({ state }) => state);

test('the rail stands where the VM is', () => {
  expect(states({ state: 'joining', readyAt: null, address: '10.60.0.4' })).toEqual(['done', 'done', 'here', 'ahead', 'ahead', 'ahead', 'ahead']);
  expect(states({ state: 'emptied', readyAt: '2026-11-23T01:00:00Z', address: '10.60.0.4' })).toEqual(['done', 'done', 'done', 'done', 'done', 'here', 'ahead']);
});

test('a VM that was given back has nothing ahead', () => {
  expect(new Set(states({ state: 'released', readyAt: '2026-11-23T01:00:00Z', address: null }))).toEqual(new Set(['done']));
});

test('a failed VM is broken where it came to, and not further', () => {
  expect(states({ state: 'failed', readyAt: null, address: null })).toEqual(['done', 'broken', 'ahead', 'ahead', 'ahead', 'ahead', 'ahead']);
  expect(states({ state: 'failed', readyAt: null, address: '10.60.0.4' })[2]).toBe('broken');
});

test('a sentence of the server is said in the reader’s language where its code is known, else as it is', () => {
  const said = { code: 'pool-limit', values: { pool: 'c-large', limit: 4 }, sentence: 'Pool c-large sells at most 4' };
  const words = { 'pool-limit': ({ pool, limit }: Record<string, string | number>) => `池 ${pool} 最多 ${limit} 台` };
  expect(saidText(said, words, 'zh')).toBe('池 c-large 最多 4 台');
  expect(saidText(said, words, 'en')).toBe('Pool c-large sells at most 4');
  expect(saidText({ ...said, code: 'new' }, words, 'zh')).toBe('Pool c-large sells at most 4');
});

test('a mix names each pool with its count', () => {
  expect(mixText([{ pool: 'c-large', count: 2 }, { pool: 'c-small', count: 1 }])).toBe('2 × c-large, 1 × c-small');
});
