import { expect, test } from 'vitest';
import { en } from '../text/en/index.ts';
import { zh } from '../text/zh/index.ts';
import { freezeText } from './freeze.ts';

test('a rule reads as a person would say it', () => {
  expect(freezeText({ kind: 'session', market: 'a-share', from: 'open-10m', to: 'close+5m' }, en, 'en')).toBe('A-share: open − 10 min to close + 5 min');
  expect(freezeText({ kind: 'session', market: 'a-share', from: 'open', to: 'close+5m' }, zh, 'zh')).toBe('A 股：开盘 到 收盘 + 5 分钟');
  expect(freezeText({ kind: 'weekly', timeZone: 'Asia/Shanghai', days: [6, 5], from: '16:00', to: '23:00' }, en, 'en')).toBe('Fri and Sat 16:00–23:00 (Asia/Shanghai)');
  expect(freezeText({ kind: 'once', from: '2026-12-31T10:00:00.000Z', to: '2027-01-01T10:00:00.000Z' }, en, 'en')).toMatch(/31 Dec.*1 Jan/);
});
