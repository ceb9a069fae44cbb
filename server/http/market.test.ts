// Markets through the API: today, calendars that operators add, schedules, signals with their rules, and announced surges.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { marketLoop } from '../market/loop.ts';
import { openTestApp, type TestApp } from './fixtures/open-app.ts';

let app: TestApp;
let sre: { readonly cookie: string };
let dev: { readonly cookie: string };
const call = (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = sre) => app.call(method, path, { headers, ...(body === undefined ? {} : { body }) });
const file = (name: string) => join(app.context.market.calendars.folder, name);

beforeAll(async () => {
  app = await openTestApp();
  sre = await app.person('sam', [{ team: null, role: 'sre' }]);
  dev = await app.person('dee', [{ team: 'quotes', role: 'developer' }]);
  await app.context.market.calendars.reload(1);
});
afterAll(() => app[Symbol.asyncDispose]());

test('today on each market, with what comes next, and that the years end soon', async () => {
  const { body } = await call('GET', '/market');
  // 17:00 in Shanghai, 04:00 in New York.
  expect(body['items']).toMatchObject([
    { market: 'a-share', timeZone: 'Asia/Shanghai', isSession: false, today: { date: '2026-11-23', dayType: 'trading' }, next: { anchor: 'preOpen', at: '2026-11-24T01:15:00.000Z', inSeconds: 58_500 }, nextSession: { date: '2026-11-24' } },
    { market: 'hong-kong', today: { sessions: [{ name: 'morning' }, { name: 'afternoon', close: '2026-11-23T08:00:00.000Z' }] } },
    { market: 'us', session: null, today: { date: '2026-11-23', utcOffsetMinutes: -300 }, next: { anchor: 'open', at: '2026-11-23T14:30:00.000Z' } },
  ]);
  expect((body['warnings'] as { code: string; message: string }[]).map(({ code }) => code)).toEqual(['year-ends', 'year-ends', 'year-ends']);
  expect((body['warnings'] as { message: string }[])[0]?.message).toBe('The calendar of a-share ends with 2026, in 39 days: add a-share-2027.yaml to the folder of calendars.');
  const days = (await call('GET', '/market/days?market=hong-kong&from=2026-12-24&to=2026-12-28')).body['items'] as { dayType: string }[];
  expect(days.map(({ dayType }) => dayType)).toEqual(['half', 'closed', 'weekend', 'weekend', 'trading']);
  expect(await call('GET', '/market/days?market=us&from=2026-12-24&to=2028-12-28')).toMatchObject({ status: 422 });
});

const YEAR = 'market: a-share\nyear: 2027\nsource: notice of the exchanges\nholidays:\n  - 2027-01-01\n  - 2027-02-08\nhalfDays: []\n';
test('a file of the folder counts without a restart; one with a mistake names its line and changes nothing', async () => {
  await writeFile(file('a-share-2027.yaml'), YEAR);
  const added = (await call('GET', '/calendars')).body;
  expect(added['problems']).toEqual([]);
  expect((added['items'] as { market: string; year: number }[]).find(({ market, year }) => market === 'a-share' && year === 2027)).toMatchObject({ origin: 'file', file: 'a-share-2027.yaml', sessions: 259, replaces: false });

  await writeFile(file('a-share-2027.yaml'), YEAR.replace('2027-02-08', '2027-02-30'));
  const broken = (await call('GET', '/calendars')).body;
  expect(broken['problems']).toEqual([{ file: 'a-share-2027.yaml', line: 6, column: 5, message: 'holidays[1] is "2027-02-30": it must be a day of 2027, such as 2027-01-02' }]);
  expect((broken['warnings'] as { code: string }[])[0]).toMatchObject({ code: 'file-problem', data: { file: 'a-share-2027.yaml', line: 6, column: 5 } });
  // What the file said before its mistake stays in force.
  expect((await call('GET', '/market/days?market=a-share&from=2027-02-08&to=2027-02-08')).body['items']).toMatchObject([{ dayType: 'closed' }]);

  await writeFile(file('again.json'), JSON.stringify({ market: 'a-share', year: 2027, source: 'x', holidays: [], halfDays: [] }));
  expect(((await call('GET', '/calendars')).body['problems'] as { message: string }[]).map(({ message }) => message)).toContain('a-share-2027.yaml says 2027 of a-share already: that one counts');
  await writeFile(file('us-2027.yaml'), 'market: us\nyear: [2027\n');
  expect(((await call('GET', '/calendars')).body['problems'] as { file: string; line: number }[]).find(({ file: name }) => name === 'us-2027.yaml')).toMatchObject({ line: 3 });
  for (const name of ['again.json', 'us-2027.yaml', 'a-share-2027.yaml']) await rm(file(name));
  expect((await call('GET', '/calendars')).body['problems']).toEqual([]);
});

test('a calendar is checked without being taken into use', async () => {
  expect((await call('POST', '/calendars/check', { text: YEAR })).body).toMatchObject({ calendar: { year: 2027, sessions: 259 }, problems: [] });
  expect((await call('POST', '/calendars/check', { text: 'market: moon\nyear: 2027\n' })).body).toMatchObject({ calendar: null, problems: [{ line: 1, column: 9 }, { message: 'source is needed: where the days come from' }, {}, {}] });
  expect((await call('GET', '/market/days?market=a-share&from=2027-02-08&to=2027-02-08')).body['items']).toMatchObject([{ dayType: 'unknown' }]);
});

test('what is wrong with calendars becomes an event, once', async () => {
  const loop = marketLoop(app.context);
  await loop.run();
  await loop.run();
  const events = (await call('GET', '/events?kind=calendar')).body['items'] as { message: string }[];
  expect(events.length).toBe(3);
});

test('schedules are read, said back, and refused with what is allowed', async () => {
  const schedules = ['a-share open-10m to close+5m at least 1.6x the largest of the last 5 opens', 'us lunchEnd to close at least 3 replicas', 'whenever', { kind: 'weekly', timeZone: 'Asia/Shanghai', days: [1], from: '09:00', to: '10:00', floor: { replicas: 90 } }];
  const items = (await call('POST', '/schedules/check', { schedules, max: 50 })).body['items'] as Record<string, unknown>[];
  expect(items).toMatchObject([
    { text: schedules[0], problems: [], next: [{ from: '2026-11-24T01:20:00.000Z', to: '2026-11-24T07:05:00.000Z', isUnsure: false }, {}, {}, {}, {}, {}, {}, {}, {}, {}] },
    { problems: [{ field: 'from', value: 'lunchEnd' }] },
    { schedule: null, problems: [{ field: 'text' }] },
    { problems: [{ field: 'floor.replicas', value: 90, allowed: 'at most 50' }] },
  ]);
});

test('a signal is declared by operators, pushed by whoever may, and shown with what is usual', async () => {
  expect((await call('PUT', '/signals/turnover', { unit: 'bn' }, dev)).status).toBe(403);
  expect((await call('POST', '/signals/turnover', { values: [{ value: 1 }] })).status).toBe(404);
  expect((await call('PUT', '/signals/turnover', { unit: 'bn', title: 'Turnover of the minute' })).status).toBe(200);
  expect(await call('POST', '/signals/turnover', { values: [{ value: 1 }] }, dev)).toMatchObject({ status: 403, body: { detail: expect.stringContaining('belongs to none') } });
  const now = app.context.clock.now();
  const values = [3, 2, 1, 0].flatMap((back) => [{ at: new Date(now - back * 60_000).toISOString(), value: 10 + back }, { at: new Date(now - back * 60_000 + 1_000).toISOString(), value: 20 + back }]);
  // The days before, at the same minute: Friday and Thursday.
  const usual = [3, 4].map((days) => ({ at: new Date(now - days * 86_400_000).toISOString(), value: 8 }));
  expect((await call('POST', '/signals/turnover', { values: [...values, ...usual] })).body).toEqual({ stored: 6, values: 10 });
  expect((await call('GET', '/signals')).body['items']).toMatchObject([{ name: 'turnover', last: { value: 15 }, usual: 8, isSilent: false, rules: [] }]);
  const points = (await call('GET', `/signals/turnover/values?from=${new Date(now - 180_000).toISOString()}&to=${new Date(now + 60_000).toISOString()}`)).body['points'] as { value: number }[];
  expect(points.map(({ value }) => value)).toEqual([18, 17, 16, 15]);
  expect(await call('POST', '/signals/turnover', { values: [{ at: '2036-01-01T00:00:00Z', value: 1 }] })).toMatchObject({ status: 422 });
  expect(await call('POST', '/signals/turnover', { values: [{ value: 'high' }] })).toMatchObject({ status: 422 });
  await call('PUT', '/signals/pushes', { team: 'quotes', combine: 'sum' });
  expect((await call('POST', '/signals/pushes', { values: [{ value: 4 }, { value: 5 }] }, dev)).status).toBe(200);
  expect(((await call('GET', '/signals')).body['items'] as { last: { value: number } }[])[0]?.last.value).toBe(9);
});

test('floors follow a signal and a surge at once, for those whom they concern', async () => {
  const { market, clock } = app.context;
  const subject = { workloadId: 'w1', service: 'quote', environment: 'production', markets: ['a-share'] };
  const rules = { schedules: [], signals: [{ signal: 'turnover', when: { above: 12 }, multiplier: 2, decayMinutes: 30, cap: null }] };
  const facts = { openings: {}, replicaQps: 100, level: 1_000 };
  expect(market.floorsFor(subject, rules, facts, clock.now()).floors).toEqual([]);
  expect(await call('POST', '/surges', { factor: 3, from: '2026-11-23T09:00:00Z', to: '2026-11-23T08:00:00Z', reason: 'show' })).toMatchObject({ status: 422, body: { errors: [{ field: 'to' }] } });
  expect(await call('POST', '/surges', { factor: 3, from: '2026-11-23T09:00:00Z', to: '2026-11-23T10:00:00Z', services: ['nobody'], reason: 'show' })).toMatchObject({ status: 422, body: { errors: [{ field: 'services[0]' }] } });
  const surge = await call('POST', '/surges', { factor: 3, from: '2026-11-23T09:00:00Z', to: '2026-11-23T10:00:00Z', environments: [], reason: 'live show' });
  expect(surge).toMatchObject({ status: 201, body: { state: 'active' } });
  await marketLoop(app.context).run();
  expect(market.floorsFor(subject, rules, facts, clock.now()).floors).toMatchObject([{ kind: 'surge', replicas: 30, reason: 'announced: live show (3x)' }]);
  expect(market.floorsFor(subject, rules, { ...facts, replicaQps: 0 }, clock.now()).floors).toEqual([]);
  expect((await call('DELETE', `/surges/${String(surge.body['id'])}`)).body).toMatchObject({ state: 'over', endedBy: 'sam' });
  expect((await call('DELETE', `/surges/${String(surge.body['id'])}`)).status).toBe(409);
  await marketLoop(app.context).run();
  expect(market.floorsFor(subject, rules, facts, clock.now()).floors).toEqual([]);
});

test('a rule is tried on the past, or told that there is none', async () => {
  const { clock } = app.context;
  const ask = { workloadId: 'nobody', rule: { when: { above: 12 }, multiplier: 2 }, from: new Date(clock.now() - 86_400_000).toISOString(), to: new Date(clock.now()).toISOString() };
  expect((await call('POST', '/signals/turnover/back-test', ask)).status).toBe(404);
  expect((await call('POST', '/signals/turnover/back-test', { ...ask, rule: { ...ask.rule, multiplier: 0.5 } })).body).toMatchObject({ errors: [{ field: 'rule.multiplier' }] });
  expect((await call('DELETE', '/signals/turnover')).status).toBe(204);
  expect((await call('DELETE', '/signals/turnover')).status).toBe(404);
});
