// Whatever the server can name by a code has words in both languages: the codes are read from the sources that send them, so that a new one without words
// fails here. English readers read the server's own sentence where the English dictionary is empty on purpose.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { floorReason } from '../format/decision.ts';
import { reasonText } from '../format/reason.ts';
import { toldText } from '../format/said.ts';
import { en } from './en/index.ts';
import { zh } from './zh/index.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const source = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const sources = (folder: string): string => readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).map((name) => source(join(folder, name))).join('\n');

/** The words of a union of a source, from what stands before it to the next semicolon. */
function union(path: string, before: RegExp): string[] {
  const text = source(path);
  const at = before.exec(text);
  const words = [...text.slice((at?.index ?? 0) + (at?.[0].length ?? 0)).split(';')[0]!.matchAll(/'([a-zA-Z-]+)'/g)].map(([, word]) => word!);
  expect(words.length, `${path} has ${before.source}`).toBeGreaterThan(3);
  return words;
}
const codes = (text: string, pattern: RegExp): string[] => [...new Set([...text.matchAll(pattern)].flatMap((match) => match.slice(1).filter((code) => code !== undefined)))];

test('every rule that refuses a host is told in Chinese, and so is a full disk', () => {
  const said = (rule: string, resource = 'cpuMilli', available: string | number = 1) => reasonText({ rule, resource, wanted: 1, available, sentence: 'ENGLISH' }, zh, 'zh');
  for (const rule of union('scheduler/model.ts', /export type RuleName =/)) expect(said(rule), rule).not.toMatch(/ENGLISH|^$/);
  expect([said('cordon', 'cordon', 'disk full'), said('cordon', 'cordon', 'draining'), said('environment', 'policy')].join()).not.toContain('ENGLISH');
  expect(new Set([said('cordon', 'cordon', 'disk full'), said('cordon', 'cordon', 'draining'), said('cordon', 'cordon', 'cordoned')]).size).toBe(3);
  expect(reasonText({ rule: 'cordon', resource: 'cordon', wanted: 'open', available: 'disk full', sentence: '' }, en, 'en')).toContain('disk');
});

test.each([['en', en], ['zh', zh]] as const)('floors, what holds back, and alerts of the autoscaler have words: %s', (_language, { autoscale }) => {
  const model = 'scheduler/autoscale/model.ts';
  for (const kind of union(model, /interface Floor \{\s+readonly kind:/)) expect(autoscale.floorKinds[kind], kind).toBeDefined();
  for (const by of union(model, /export type SuppressedBy =/)) expect(autoscale.heldBy[by], by).toBeDefined();
  for (const kind of union(model, /export type AlertKind =/)) expect(autoscale.alertKinds[kind], kind).toBeDefined();
});

test('a floor with data says in Chinese what it is about, and nothing in English', () => {
  const told = [
    { kind: 'opening', data: { market: 'a-share', event: 'lunchEnd', name: '', factor: 1.6, qps: 900 }, says: /A 股午后开盘.*1\.6 倍，900 QPS/ },
    { kind: 'schedule', data: { schedule: 'daily 09:00 to 10:00 UTC at least 3 replicas' }, says: /日程“daily/ },
    { kind: 'signal', data: { signal: 'turnover', above: 5, value: 9, multiplier: 3 }, says: /信号 turnover 高于 5（9）/ },
    { kind: 'surge', data: { reason: '活动', factor: 2 }, says: /已预告：活动（2 倍）/ },
  ];
  for (const { says, ...floor } of told) {
    expect(floorReason({ ...floor, replicas: 3, reason: 'ENGLISH' }, zh.autoscale, false)).toMatch(says);
    expect(floorReason({ ...floor, replicas: 3, reason: 'ENGLISH' }, en.autoscale, true)).toBe('ENGLISH');
  }
});

test('what burst says, warnings of markets, and remedies of drills have Chinese words', () => {
  const said = codes(['server/burst', 'scheduler/burst'].map(sources).join('\n'), /\bsaid\((?:[^,'"()]*\? '([a-z-]+)' : )?'([a-z-]+)'/g);
  expect(said.length).toBeGreaterThan(50);
  said.push(...codes(source('server/http/show/burst.ts'), /\bsaid\('([a-z-]+)'/g));
  expect(said.filter((code) => zh.burst.said[code] === undefined)).toEqual([]);
  const warnings = codes(source('scheduler/quote.ts'), /\bwarn\('([a-z-]+)'/g);
  expect(warnings.filter((code) => zh.warnings[code] === undefined)).toEqual([]);
  const warned = codes(source('server/market/calendars.ts') + source('scheduler/autoscale/schedules.ts'), /code: '([a-z-]+)'/g);
  expect(warned.length).toBeGreaterThan(5);
  expect(warned.filter((code) => zh.market.warnings[code] === undefined)).toEqual([]);
  expect(union('scheduler/drill/model.ts', /export type RemedyCode =/).filter((code) => zh.drills.report.tried[code] === undefined)).toEqual([]);
});

/** Codes of sentences with the figures that stand beside them: from `said(...)`, and from data that is written out. */
function sayings(text: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const add = (code: string, keys: readonly (string | undefined)[]) => found.set(code, new Set([...(found.get(code) ?? []), ...keys.flatMap((key) => key ?? [])]));
  const keysOf = (literal = '') => [...literal.matchAll(/(?:^|,)\s*(\w+)/g)].map(([, key]) => key);
  for (const [, code, literal, sentence] of text.matchAll(/\b(?:said|because|refusal)\('([a-z-]+)', (?:\{([^}]*)\}|[^'"`]*?), ['`"]([^\n]*)/g)) add(code!, [...keysOf(literal), ...[...sentence!.matchAll(/\{(\w+)\}/g)].map(([, key]) => key)]);
  for (const [, code, literal] of text.matchAll(/code: '([a-z-]+)', values: \{([^}]*)\}/g)) add(code!, keysOf(literal));
  return found;
}

/** Figures that the words of a code ask for. */
function asked(words: (values: Record<string, string | number>) => string): string[] {
  const keys: string[] = [];
  words(new Proxy({}, { get: (_, key) => (keys.push(String(key)), undefined) }));
  return keys;
}

test('what is said of sites, names and shifts has Chinese words, made of figures that are there', () => {
  const known = sayings(`${['scheduler/sites', 'server/sites'].map(sources).join('\n')}\n${source('server/http/show/sites.ts')}`);
  expect(known.size).toBeGreaterThan(45);
  const contract = source('server/http/contract/sites.ts');
  const listed = (list: RegExp) => [...list.exec(contract)![1]!.matchAll(/'([a-z]+)'/g)].map(([, word]) => word!);
  const verbs = listed(/ShiftVerb = z\.enum\(\[([^\]]*)\]/).map((verb) => `only-${verb}`);
  const states = listed(/state: z\.enum\(\['serving', ([^\]]*)\]/).map((state) => `is-${state}`);
  expect([verbs.length, states]).toEqual([8, ['is-draining', 'is-drained', 'is-failed']]);
  expect([...known.keys(), ...verbs, ...states].filter((code) => zh.sites.said[code] === undefined)).toEqual([]);
  for (const [code, keys] of known) expect([...keys], code).toEqual(expect.arrayContaining(asked(zh.sites.said[code]!)));
  const advised = codes(source('server/sites/shift-plan.ts'), /code: '([a-z-]+)', sentence/g);
  expect(advised.length).toBe(4);
  expect(advised.filter((code) => zh.sites.shifts.advices[code] === undefined)).toEqual([]);
});

test('verdicts of back-tests have Chinese words, made of figures that are there', () => {
  const known = sayings(source('server/http/show/market.ts'));
  expect(known.size).toBe(5);
  for (const [code, keys] of known) expect([...keys], code).toEqual(expect.arrayContaining(asked(zh.signals.test.said[code]!)));
});

test('what drills say has Chinese words, made of figures that are there', () => {
  const known = sayings(`${sources('server/drill')}\n${source('scheduler/autoscale/trace.ts')}`);
  expect(known.size).toBeGreaterThan(13);
  const failures = codes(['loop', 'input', 'day'].map((name) => source(`server/drill/${name}.ts`)).join('\n'), /Error\('([a-z-]+)'|\['(drill-[a-z]+)'/g);
  expect(failures).toEqual(expect.arrayContaining(['drill-lost', 'drill-failed']));
  expect([...known.keys(), ...failures].filter((code) => zh.drills.said[code] === undefined)).toEqual([]);
  for (const [code, keys] of known) if (code !== 'best-remedy') expect([...keys], code).toEqual(expect.arrayContaining(asked(zh.drills.said[code]!)));
  expect(union('scheduler/drill/model.ts', /export type RunsOut =/).filter((what) => zh.drills.report.ranOut[what] === undefined)).toEqual([]);
});

test('parts of a sentence are told together, and one without words leaves all of it to the server', () => {
  const parts = [{ code: 'bad-for', values: { seconds: 12 } }, { code: 'name-sight', values: { site: 'dc1', well: 1, total: 4 } }];
  expect(toldText(parts, 'ENGLISH', zh.sites.said, 'zh')).toBe('不良已持续 12 秒；dc1 的 4 个副本中 1 个健康');
  expect([toldText(parts, 'ENGLISH', en.sites.said, 'en'), toldText(undefined, 'ENGLISH', zh.sites.said, 'zh'), toldText([...parts, { code: 'of a later version', values: {} }], 'ENGLISH', zh.sites.said, 'zh')]).toEqual(['ENGLISH', 'ENGLISH', 'ENGLISH']);
});
