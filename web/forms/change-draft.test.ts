import type { Change } from '#server/http/contract/index.ts';
import { expect, test } from 'vitest';
import { fromChange, moved, newDraft, toChange } from './change-draft.ts';

const CHANGES: Change[] = [
  { kind: 'drain', hosts: ['phy1', 'phy2'] },
  { kind: 'lose', domain: 'rack', name: 'dc1/r01' },
  { kind: 'add', count: 3, host: { kind: 'cloud-vm', site: 'vpc1', rack: 'r01', capacity: { cpuMilli: 16_000, memoryMib: 32_768 }, costCentsPerHour: 260, labels: { disk: 'ssd' }, taints: ['spot=yes'] } },
  { kind: 'buy' },
  { kind: 'buy', pools: ['small'] },
  { kind: 'grow', workload: 'quote.production', permille: 1500 },
  { kind: 'remove', workload: 'quote.gray' },
  { kind: 'rearrange', wishes: [{ replicaId: 'r1', host: 'phy1' }] },
];

test('what is opened from a link and not touched is the same change', () => {
  for (const change of CHANGES) expect(toChange(fromChange(change, 1))).toEqual({ change, faults: {} });
});

test('a step that is not filled in yet is no change, and says what is missing', () => {
  expect(toChange(newDraft('drain', 1))).toEqual({ change: null, faults: { hosts: { code: 'needed' } } });
  expect(toChange(newDraft('lose', 1)).faults).toEqual({ name: { code: 'needed' } });
  expect(toChange({ ...newDraft('grow', 1), workload: 'a.b', factor: '0' }).faults).toEqual({ factor: { code: 'range', least: 0.001, most: 100 } });
  expect(toChange({ ...newDraft('add', 1), site: 'dc1', rack: 'r1', count: '1.5', cores: 'many' }).faults).toEqual({ count: { code: 'notWhole' }, cores: { code: 'notNumber' } });
});

test('rows change places, and stay at the ends', () => {
  expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b', 'c'], 1, 1)).toEqual(['a', 'c', 'b']);
  expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b']);
  expect(moved(['a', 'b'], 1, 1)).toEqual(['a', 'b']);
});
