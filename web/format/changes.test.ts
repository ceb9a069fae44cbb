import type { Change } from '#server/http/contract/index.ts';
import { expect, test } from 'vitest';
import { en } from '../text/en/index.ts';
import { zh } from '../text/zh/index.ts';
import { changeText } from './changes.ts';

const formats = { shape: () => '32 cores, 128 GiB', money: () => '¥3.20' };
const host = { kind: 'physical' as const, site: 'dc1', rack: 'r02', capacity: { cpuMilli: 32_000, memoryMib: 131_072 }, costCentsPerHour: 320, labels: {}, taints: [] };
const changes: Change[] = [
  { kind: 'drain', hosts: ['phy1', 'phy2'] },
  { kind: 'drain', hosts: ['a', 'b', 'c', 'd', 'e', 'f'] },
  { kind: 'lose', domain: 'rack', name: 'dc1/r01' },
  { kind: 'add', count: 1, host },
  { kind: 'buy', pools: ['small', 'large'] },
  { kind: 'buy' },
  { kind: 'grow', workload: 'quote.production', permille: 1500 },
  { kind: 'grow', workload: 'quote.production', permille: 500 },
  { kind: 'remove', workload: 'quote.gray' },
  { kind: 'rearrange', wishes: [{ replicaId: 'r1', host: 'phy1' }] },
];

test('each change is a sentence in both languages', () => {
  expect(changes.map((change) => changeText(change, en, 'en', formats))).toEqual([
    'Drain phy1 and phy2',
    'Drain a, b, c and 3 more',
    'Lose rack dc1/r01',
    'Add 1 host of 32 cores, 128 GiB in dc1 / r02, ¥3.20 an hour each',
    'Buy what is missing from small and large',
    'Buy what is missing from any pool',
    'Grow quote.production to 1.5 times its peak',
    'Shrink quote.production to 0.5 times its peak',
    'Remove quote.gray',
    'Move 1 replica',
  ]);
  expect(changes.map((change) => changeText(change, zh, 'zh', formats)).slice(0, 3)).toEqual(['腾空 phy1和phy2', '腾空 a、b、c 等另外 3 个', '失去机柜 dc1/r01']);
});
