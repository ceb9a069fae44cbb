// `firn replay` as a person types it: what it prints, and what it says about traces and words that cannot be.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EXIT } from './exit.ts';
import type { Io } from './io.ts';
import { run } from './program.ts';
import type { ReplayBody } from './run-replay.ts';

const folder = mkdtempSync(join(tmpdir(), 'firn-replay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Three mornings from 09:00 to 11:00 with an opening at 09:30, some of them with a fault. */
function trace(name: string, fault: (line: string, index: number) => string[] = (line) => [line]): string {
  const rows = [2, 3, 4].flatMap((day) => Array.from({ length: 120 }, (_, minute) => `2026-11-0${day}T${minute < 60 ? '09' : '10'}:${String(minute % 60).padStart(2, '0')}:00+08:00,${minute < 30 ? 1000 : 6000 + day}`));
  const path = join(folder, name);
  writeFileSync(path, ['time,qps', ...rows.flatMap(fault)].join('\n'));
  return path;
}

async function firn(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const io: Io = { out: (text) => void (out += text), err: (text) => void (err += text), color: { out: false, err: false }, interactive: false, env: {}, now: () => 0, wait: async () => {}, ask: async () => '', stdin: async () => '', signal: new AbortController().signal };
  const code = await run(['replay', ...words], io);
  return { code, out, err };
}

test('the body has the figures, openings and days that were promised', async () => {
  const { code, out, err } = await firn(trace('plain.csv'), '--start-delay', '5s', '--risk', 'balanced', '--warmup-days', '2', '-o', 'json');
  expect(code).toBe(EXIT.ok);
  const body = JSON.parse(out) as ReplayBody;
  expect(body).toMatchObject({ policy: 'firn', startDelaySeconds: 5, risk: 'balanced', warmupDays: 2, seed: 1, market: { name: 'learnt' }, perDay: [{ date: '2026-11-04' }], openings: [{ event: '09:30', days: 1 }] });
  for (const field of ['droppedPercent', 'riskPercent', 'costOverOracle', 'actionsPerDay', 'reversalsPerDay'] as const) expect(body[field]).toBeGreaterThanOrEqual(0);
  expect(err).toContain('openings: no market fits; steps that come back at 09:30');
});

test('several policies stand side by side, as data and as a table', async () => {
  const path = trace('several.csv');
  const body = JSON.parse((await firn(path, '--policy', 'hpa70,kpa', '--policy', 'firn', '--warmup-days', '2', '--start-delay', '120s', '-o', 'json')).out) as ReplayBody;
  expect(Object.keys(body.policies ?? {})).toEqual(['hpa70', 'kpa', 'firn']);
  expect(body.policies!.hpa70!.droppedPercent).toBeGreaterThan(body.droppedPercent);
  const { out } = await firn(path, '--policy', 'hpa70,max3', '--warmup-days', '2');
  expect(out).toMatch(/POLICY +DROPPED %.*\nhpa70 .*\nmax3 /);
});

test('calm may be asked for as a risk too', async () => {
  const path = trace('calm.csv');
  const bodies = await Promise.all([['--risk', 'calm'], ['--calm']].map(async (words) => JSON.parse((await firn(path, ...words, '--warmup-days', '2', '-o', 'json')).out) as ReplayBody));
  expect(bodies[0]).toMatchObject({ risk: 'balanced', calm: true });
  expect(bodies[0]).toEqual(bodies[1]);
});

test('lost metrics are told apart', async () => {
  const { out } = await firn(trace('lost.csv'), '--warmup-days', '2', '--gap', 'zero', '--gap-at', '09:30', '--gap-minutes', '20', '-o', 'json');
  expect((JSON.parse(out) as ReplayBody).metricLoss).toMatchObject({ kind: 'zero', windows: 1, scaleIns: 0 });
});

test('what was mended is said on stderr and in the body', async () => {
  const path = trace('mended.csv', (line, index) => (index === 10 ? [line, line] : index === 20 ? [line.replace(/,.*/, ',NaN')] : [line]));
  const { code, out, err } = await firn(path, '--warmup-days', '2', '-o', 'json');
  expect(code).toBe(EXIT.ok);
  const warnings = (JSON.parse(out) as ReplayBody).warnings;
  expect(warnings).toContain('line 13 has the time of line 12: dropped');
  expect(warnings.some((line) => line.startsWith('line 23: qps is "NaN"'))).toBe(true);
  for (const line of warnings) expect(err).toContain(line);
});

test.each([
  ['a line that is none', trace('broken.csv', (line, index) => (index === 4 ? ['hello'] : [line])), ['--warmup-days', '1'], 'line 6 is "hello": it must be time,qps'],
  ['no file', join(folder, 'absent.csv'), [], 'cannot be read'],
  ['nothing to score', trace('short.csv'), ['--warmup-days', '3'], '--warmup-days must be below 3'],
  ['a policy that is none', trace('policy.csv'), ['--policy', 'best'], '"best" is no policy: firn, hpa70, kpa, max3 are allowed.'],
  ['a delay that is none', trace('delay.csv'), ['--start-delay', 'soon'], '"soon" is no duration'],
  ['a risk that is none', trace('risk.csv'), ['--risk', 'high'], '"high" is no risk: economy, balanced, performance, calm, or permille from 1 to 200, are allowed.'],
])('%s is refused, and nothing is printed as data', async (_, path, words, sentence) => {
  const { code, out, err } = await firn(path, ...words);
  expect(code).toBe(EXIT.usage);
  expect(out).toBe('');
  expect(err).toContain(sentence);
});
