// A source that falls silent is said once, one that speaks again once it has lasted, one that comes and goes not at all.
import { expect, test } from 'vitest';
import type { SourceReading } from './model.ts';
import { openSilences } from './silences.ts';

const reading = (more: Partial<SourceReading> = {}): SourceReading => ({ source: 'gateway-1', kind: 'pushed', qps: 10, rejectedPerSecond: null, errorsPerSecond: null, p99Ms: null, at: 0, isTrusted: true, reporting: null, of: null, problem: null, ...more });
const silent = { isTrusted: false, problem: 'has not pushed' };

/** What is said while a source is as told for so many seconds each. */
function story(...parts: readonly (readonly [seconds: number, more: Partial<SourceReading>])[]): string[] {
  const silences = openSilences();
  const said: string[] = [];
  let now = 0;
  for (const [seconds, more] of parts) for (const end = now + seconds; now < end; now += 2) for (const { source, is } of silences.note('w', [reading(more)], now * 1000)) said.push(`${now} ${source} ${is}`);
  return said;
}

test('silence is told once, and speech again after half a minute of it', () => {
  expect(story([60, {}], [120, silent], [60, {}])).toEqual(['60 gateway-1 silent', '210 gateway-1 speaks']);
});

test('what speaks for a moment only is still silent', () => {
  expect(story([10, {}], [60, silent], [20, {}], [60, silent], [20, {}])).toEqual(['10 gateway-1 silent']);
});

test('one that never spoke cannot fall silent', () => {
  expect(story([300, { qps: null, isTrusted: false }])).toEqual([]);
});

test('services are one source, which speaks as long as any of them does', () => {
  const silences = openSilences();
  const hosts = (one: number, two: number) => [reading({ kind: 'scraped', source: 'phy1', reporting: one, of: 2 }), reading({ kind: 'scraped', source: 'phy2', reporting: two, of: 2 })];
  expect(silences.note('w', hosts(2, 2), 0)).toEqual([]);
  expect(silences.note('w', hosts(0, 2), 40_000)).toEqual([]);
  expect(silences.note('w', hosts(0, 0), 80_000)).toMatchObject([{ source: null, kind: 'scraped', is: 'silent' }]);
});
