import { expect, test } from 'vitest';
import { en } from '../text/en/index.ts';
import { zh } from '../text/zh/index.ts';
import { askChange, fixText, type Fix } from './fixes.ts';

const fix = (kind: string, values: Fix['values'], moves = 0): Fix => ({ kind, title: `server: ${kind}`, moves, addedCentsPerHour: 0, values, changes: null });

test('a fix is told in the language of the reader', () => {
  expect(fixText(fix('raise-cap', { cap: 'perRack', from: 2, to: 3 }), en, 'en')).toBe('Allow 3 replicas in one rack instead of 2');
  expect(fixText(fix('move', { workloads: 'kline.production' }, 2), en, 'en')).toBe('Move 2 replicas of kline.production elsewhere');
  expect(fixText(fix('lower-peak', { peakQps: 1250 }), zh, 'zh')).toBe('峰值改为 1,250 QPS');
  expect(fixText(fix('kind', { environment: 'production', hostKind: 'cloud-vm' }), zh, 'zh')).toBe('让 production 使用公有云主机');
});

test('a fix that this console does not know keeps the sentence of the server', () => {
  expect(fixText(fix('paint-it-red', {}), en, 'en')).toBe('server: paint-it-red');
  expect(fixText(fix('raise-cap', { cap: 'perPlanet', from: 1, to: 2 }), en, 'en')).toBe('server: raise-cap');
  expect(fixText(fix('uncordon', {}), zh, 'zh')).toBe('server: uncordon');
});

test('what the ask can change is handed to its form, everything else is not', () => {
  expect(askChange(fix('lower-peak', { peakQps: 300 }))).toEqual({ peakQps: '300' });
  expect(askChange(fix('raise-cap', { cap: 'perHost', from: 1, to: 2 }))).toEqual({ perHost: '2' });
  expect(askChange(fix('tolerate', { taint: 'gpu=yes' }))).toEqual({ tolerations: 'gpu=yes' });
  expect(askChange(fix('allow-cloud', {}))).toEqual({ cloud: 'allowed' });
  expect(askChange(fix('move', { workloads: 'a' }))).toBeNull();
});
