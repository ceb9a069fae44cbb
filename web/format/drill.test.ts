import { expect, test } from 'vitest';
import type { DrillReport, DrillSeries, DrillTotals } from '#server/http/contract/index.ts';
import { zh } from '../text/zh/index.ts';
import { compareTotals, mendedText, phaseText, timesOf, verdictText } from './drill.ts';

test('points are apart by the step from the start on', () => {
  expect(timesOf({ from: '2026-11-23T00:00:00Z', stepSeconds: 120, demandQps: [1, 2, null] } as DrillSeries)).toEqual([1_795_392_000, 1_795_392_120, 1_795_392_240]);
});

test('less shed is better, more money is worse, and more replicas are neither', () => {
  const totals = (shedPercent: number, cloudCents: number, peakReplicas: number) => ({ shedPercent, cloudCents, peakReplicas }) as DrillTotals;
  const rows = compareTotals(totals(0.1, 500, 40), totals(2, 100, 20)).filter(({ figure }) => ['shedPercent', 'cloudCents', 'peakReplicas'].includes(figure));
  expect(rows.map(({ figure, tone }) => [figure, tone])).toEqual([['shedPercent', 'better'], ['peakReplicas', 'same'], ['cloudCents', 'worse']]);
});

test('a verdict, a phase and what was mended are told in the language of the reader', () => {
  const said = [{ code: 'sheds-from', values: { percent: 0.3, minutes: 5, at: '2026-11-20T02:00:00.000Z' } }, { code: 'best-remedy', values: { remedy: 'higher-max', replicas: 44, shedPercent: 0 } }];
  expect(verdictText({ code: 'sheds', sentence: 'ENGLISH', said }, zh.drills.said, 'zh', () => '10:00')).toBe('从 10:00 起，5 分钟内丢弃 0.3% 的请求；最多批准 44 个副本，将丢弃 0%');
  expect([phaseText({ phase: 'higher-max', phaseCode: 'higher-max' }, zh.drills), phaseText({ phase: 'of a later version' }, zh.drills)]).toEqual(['正在尝试：提高最大副本数', 'of a later version']);
  const day: DrillReport['day'] = { name: 'a day', from: '', to: '', points: 1433, warnings: ['ENGLISH', 'OLD'], warningsSaid: [{ code: 'minutes-unknown', values: { minutes: 7 } }] };
  expect(mendedText(day, zh.drills.said, 'zh')).toEqual(['那一天有 7 分钟未知，已用前后的值补上', 'OLD']);
});
