import type { PoolView } from '#server/http/contract/index.ts';
import { expect, test } from 'vitest';
import { EMPTY_POOL, fromPool, toPool } from './pool-form.ts';

const { id: _id, name, ...edit }: PoolView = { id: '1', name: 'c-large', site: 'vpc1', capacity: { cpuMilli: 16_000, memoryMib: 32_768 }, costCentsPerHour: 260, limit: 20, performance: 60, stability: 70, labels: { disk: 'ssd' }, taints: ['spot=yes'], environments: ['dev', 'staging'] };

test('a pool that is opened and not touched is the same pool', () => {
  expect(toPool(fromPool({ id: '1', name, ...edit }))).toEqual({ pool: edit, faults: {} });
});

test('what is missing or no number is told at its field', () => {
  expect(toPool({ ...EMPTY_POOL, cores: 'four', labels: 'ssd' })).toEqual({
    pool: null,
    faults: { name: { code: 'needed' }, site: { code: 'needed' }, 'capacity.cpuMilli': { code: 'notNumber' }, costCentsPerHour: { code: 'needed' }, labels: { code: 'notPair', line: 'ssd' } },
  });
});
