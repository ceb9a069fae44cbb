// Schedules: when they hold, what they want, what they refuse, and that text and data are one thing.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MARKETS } from '../calendar/model.ts';
import { CALENDAR_YEARS } from '../calendar/years.ts';
import { type LearntOpen, schedulesAt, windowsOf } from './schedules.ts';
import { scheduleProblems, schedulesProblems } from './schedules-check.ts';
import type { Schedule, Times } from './schedules-model.ts';
import { readSchedule, scheduleText } from './schedules-text.ts';

/** New York as its clocks were in 2026; Shanghai. */
const NEW_YORK = [{ from: 0, minutes: -300 }, { from: Date.parse('2026-03-08T07:00Z'), minutes: -240 }, { from: Date.parse('2026-11-01T06:00Z'), minutes: -300 }];
const TIMES: Times = { years: CALENDAR_YEARS, zones: { 'Asia/Shanghai': [{ from: 0, minutes: 480 }], 'America/New_York': NEW_YORK } };
const NOW = Date.parse('2026-11-23T00:00Z');
const at = (text: string) => Date.parse(text);
const short = (instant: number) => new Date(instant).toISOString().slice(5, 16);
const read = (text: string): Schedule => {
  const schedule = readSchedule(text);
  if ('field' in schedule) throw new Error(`${schedule.field}: ${schedule.message}`);
  return schedule;
};
const windows = (text: string, from: string, days: number) => windowsOf(read(text), at(from), at(from) + days * 86_400_000, TIMES).map((window) => `${short(window.from)} ${short(window.to)}${window.isUnsure ? ' unsure' : ''}`);
const FACTS = { opens: [], replicaQps: 700 };

test('around sessions: holidays and weekends are left out, half days end early', () => {
  expect(windows('a-share open-10m to close+5m at least 20 replicas', '2026-09-24T00:00Z', 5)).toEqual(['09-24T01:20 09-24T07:05', '09-28T01:20 09-28T07:05']);
  expect(windows('hong-kong lunchEnd-15m to close at least 2 replicas', '2026-12-23T00:00Z', 2)).toEqual(['12-23T04:45 12-23T08:00']);
  expect(windows('hong-kong open to close on half days at least 2 replicas', '2026-12-01T00:00Z', 31)).toEqual(['12-24T01:30 12-24T04:00', '12-31T01:30 12-31T04:00']);
  expect(windows('a-share preOpen to open+30m on after-break days at least 2 replicas', '2026-09-20T00:00Z', 30)).toEqual(['09-28T01:15 09-28T02:00', '10-08T01:15 10-08T02:00']);
});

test('by the clock of a place, with daylight saving and over midnight', () => {
  expect(windows('mon-fri 09:00 to 10:00 America/New_York at least 3 replicas', '2026-03-06T00:00Z', 4)).toEqual(['03-06T14:00 03-06T15:00', '03-09T13:00 03-09T14:00']);
  expect(windows('fri 22:00 to 06:00 Asia/Shanghai at least 3 replicas', '2026-11-23T00:00Z', 7)).toEqual(['11-27T14:00 11-27T22:00']);
  expect(windows('cron 30 20 * * 1-5 for 45m Asia/Shanghai at least 3 replicas', '2026-11-27T00:00Z', 4)).toEqual(['11-27T12:30 11-27T13:15', '11-30T12:30 11-30T13:15']);
  expect(windows('cron 0 2 8 3 * for 30m America/New_York at least 3 replicas', '2026-03-01T00:00Z', 30)).toEqual(['03-08T07:00 03-08T07:30']);
});

test('of a year that nobody knows a floor holds at all hours that it could be, a cap at none, and both are said', () => {
  expect(windows('us open-15m to open+30m at least 3 replicas', '2027-07-02T00:00Z', 4)).toEqual(['07-02T13:15 07-02T15:00 unsure', '07-05T13:15 07-05T15:00 unsure']);
  const both = schedulesAt([read('a-share open to close at least 5 replicas'), read('a-share open to close at most 2 replicas')], at('2027-10-01T02:00Z'), FACTS, TIMES);
  expect(both).toMatchObject({ floors: [{ kind: 'schedule', replicas: 5 }], cap: null });
  expect(both.warnings.map(({ code }) => code)).toEqual(['unsure', 'unsure', 'cap-unsure']);
  expect(both.warnings[0]?.message).toBe('No calendar knows today on a-share: the schedule "a-share open to close at least 5 replicas" holds at all hours that it could be.');
});

const open = (day: string, qps: number, kind: LearntOpen['kind'] = 'open', market = 'a-share'): LearntOpen => ({ market, kind, at: at(`${day}T01:30Z`), qps });
test('a multiple of the largest of the last opens, as they were learnt', () => {
  const schedule = read('a-share open-10m to open+30m at least 1.6x the largest of the last 2 opens');
  const opens = [open('2026-11-18', 90_000), open('2026-11-19', 10_000), open('2026-11-20', 12_600), open('2026-11-20', 50_000, 'lunchEnd'), open('2026-11-20', 70_000, 'open', 'us')];
  const when = at('2026-11-23T01:25Z');
  // ceil(1.6 x 12,600 / 700); the 90,000 are the third last, those of lunch and of New York are others.
  expect(schedulesAt([schedule], when, { opens, replicaQps: 700 }, TIMES).floors).toEqual([{ kind: 'schedule', replicas: 29, reason: 'a-share open-10m to open+30m at least 1.6x the largest of the last 2 opens (12600 QPS)', data: { schedule: 'a-share open-10m to open+30m at least 1.6x the largest of the last 2 opens', qps: 12_600 } }]);
  expect(schedulesAt([{ ...schedule, to: 'close' } as Schedule], when, { opens, replicaQps: 700 }, TIMES).floors[0]?.replicas).toBe(115);
  expect(schedulesAt([schedule], when, FACTS, TIMES)).toMatchObject({ floors: [], warnings: [{ code: 'no-opens' }] });
  expect(schedulesAt([schedule], at('2026-11-23T01:19:59Z'), { opens, replicaQps: 700 }, TIMES).floors).toEqual([]);
  expect(schedulesAt([schedule], at('2026-11-23T02:00Z'), { opens, replicaQps: 700 }, TIMES).floors).toEqual([]);
});

test('the smallest cap counts', () => {
  const schedules = ['mon-sun 00:00 to 06:00 Asia/Shanghai at most 9 replicas', 'cron 0 0 * * * for 60m Asia/Shanghai at most 4 replicas'].map(read);
  expect(schedulesAt(schedules, at('2026-11-22T16:30Z'), FACTS, TIMES).cap).toEqual({ replicas: 4, reason: 'cron 0 0 * * * for 60m Asia/Shanghai at most 4 replicas' });
  expect(schedulesAt(schedules, at('2026-11-22T17:30Z'), FACTS, TIMES).cap?.replicas).toBe(9);
});

const BAD: readonly [text: string, field: string, says: RegExp][] = [
  ['a-share open to close on half days at least 2 replicas', 'days', /never comes within a year/],
  ['cron 0 0 30 2 * for 10m Asia/Shanghai at least 2 replicas', 'cron', /never comes within a year/],
  ['us lunchEnd to close at least 2 replicas', 'from', /no time of a day of us.*preOpen, open, closeAuction, close, afterClose/],
  ['us start to close at least 2 replicas', 'from', /no time of a day/],
  ['a-share close to open at least 2 replicas', 'to', /is not after from \(close\)/],
  ['a-share open+90m to lunchStart-60m at least 2 replicas', 'to', /is not after from/],
  ['us preOpen-900m to afterClose+60m at least 2 replicas', 'to', /overlaps itself/],
  ['cron */10 * * * * for 15m Asia/Shanghai at least 2 replicas', 'minutes', /overlaps itself.*at most 10 minutes/],
  ['cron 61 * * * * for 15m Asia/Shanghai at least 2 replicas', 'cron', /"61" as minute.*from 0 to 59/],
  ['mon 09:00 to 09:00 Asia/Shanghai at least 2 replicas', 'to', /the same as from/],
  ['mon 09:00 to 10:00 Asia/Shangai at least 2 replicas', 'timeZone', /not a time zone that is known/],
  ['a-share open to close at least 50 replicas', 'floor.replicas', /above the maximum.*at most 40/],
  ['a-share open to close at least 20 replicas at most 10 replicas', 'floor.replicas', /above the cap.*at most 10/],
  ['a-share open to close at most 1 replicas', 'cap', /below the minimum.*at least 2/],
  ['mon 09:00 to 10:00 Asia/Shanghai at least 1.6x the largest of the last 5 opens', 'floor.timesLargestOfLast', /openings of a market/],
  ['once 2026-12-02T00:00Z to 2026-12-01T00:00Z at least 2 replicas', 'to', /is not after from/],
  ['once 2026-10-01T00:00Z to 2026-10-02T00:00Z at least 2 replicas', 'to', /is past/],
];
test.each(BAD)('%s is refused', (text, field, says) => {
  const [problem, ...more] = scheduleProblems(read(text), { min: 2, max: 40 }, NOW, TIMES);
  expect(more).toEqual([]);
  expect(problem?.field).toBe(field);
  expect(`${problem?.message}; ${problem?.allowed}`).toMatch(says);
});

test('a market that no calendar knows is named', () => {
  const moon = { ...read('a-share open to close at least 2 replicas'), market: 'moon' } as unknown as Schedule;
  expect(scheduleProblems(moon, { min: 1, max: null }, NOW, TIMES)).toEqual([{ field: 'market', value: 'moon', message: 'is not a market that any calendar knows', allowed: 'a-share, hong-kong, us' }]);
});

test('a floor above the cap of another schedule at the same time is refused, at another time it is not', () => {
  const [day, night] = [read('a-share open to close at least 20 replicas'), read('mon-fri 14:00 to 16:00 Asia/Shanghai at most 5 replicas')];
  expect(schedulesProblems([day, night], { min: 1, max: null }, NOW, TIMES)).toEqual([{ field: 'schedules[1].cap', value: 5, message: 'is below the floor of "a-share open to close at least 20 replicas", which holds at the same time, first on 2026-11-23', allowed: 'at least 20, or times that do not meet' }]);
  expect(schedulesProblems([day, read('mon-fri 16:00 to 18:00 Asia/Shanghai at most 5 replicas')], { min: 1, max: null }, NOW, TIMES)).toEqual([]);
  expect(schedulesProblems([day, read('us lunchEnd to close at least 2 replicas')], { min: 1, max: null }, NOW, TIMES)[0]?.field).toBe('schedules[1].from');
});

test.each([
  ['a-share open-10m to close+5m at least 20', 'text'],
  ['every day', 'text'],
  ['a-share open to close', 'text'],
  ['a-share open to close at least many', 'floor'],
  ['moon open to close at least 3 replicas', 'text'],
  ['mon-xyz 09:00 to 10:00 UTC at least 3 replicas', 'text'],
])('"%s" is read or refused', (text, field) => {
  const schedule = readSchedule(text);
  if (text.endsWith('20')) expect(schedule).toMatchObject({ kind: 'session', floor: { replicas: 20 }, cap: null });
  else expect(schedule).toMatchObject({ field, allowed: expect.any(String) });
});

const clock = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 })).map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
const bounds = { floor: fc.oneof(fc.record({ replicas: fc.integer({ min: 1, max: 100_000 }) }), fc.record({ timesLargestOfLast: fc.record({ factor: fc.integer({ min: 100, max: 9_999 }).map((value) => value / 1000), opens: fc.integer({ min: 1, max: 20 }) }) })), cap: fc.option(fc.integer({ min: 0, max: 100_000 })) };
const anchor = fc.tuple(fc.constantFrom('preOpen', 'open', 'lunchEnd', 'close'), fc.constantFrom('', '-10m', '+300m')).map((parts) => parts.join(''));
const schedules = fc.oneof(
  fc.record({ kind: fc.constant('session' as const), market: fc.constantFrom(...MARKETS), from: anchor, to: anchor, days: fc.subarray(['full', 'half', 'after-break'] as const), ...bounds }),
  fc.record({ kind: fc.constant('weekly' as const), timeZone: fc.constantFrom('Asia/Shanghai', 'UTC'), days: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }), from: clock, to: clock, ...bounds }),
  fc.record({ kind: fc.constant('cron' as const), timeZone: fc.constant('Asia/Shanghai'), cron: fc.constantFrom('0 20 * * 1-5', '*/15 9-11 1,15 * *'), minutes: fc.integer({ min: 1, max: 10_080 }), ...bounds }),
  fc.record({ kind: fc.constant('once' as const), from: fc.integer({ min: 0, max: 60_000_000 }).map((minutes) => minutes * 60_000), to: fc.integer({ min: 0, max: 60_000_000 }).map((minutes) => minutes * 60_000), ...bounds }),
);
test('what is written is read again as the same', () => {
  fc.assert(
    fc.property(schedules, (schedule) => {
      expect(readSchedule(scheduleText(schedule))).toEqual(schedule);
    }),
  );
});

test('a window that holds at an instant is among those of the time around it', () => {
  fc.assert(
    fc.property(schedules, fc.integer({ min: at('2025-06-01T00:00Z'), max: at('2027-02-01T00:00Z') }), (schedule, instant) => {
      for (const window of windowsOf(schedule, instant, instant + 3 * 86_400_000, TIMES)) {
        expect(window.to).toBeGreaterThan(instant);
        if (schedule.kind !== 'once') expect(window.to).toBeGreaterThan(window.from);
      }
    }),
  );
});
