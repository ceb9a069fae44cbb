// Markets, calendars, schedules and signals as the API tells them.
import { said, type Said, saying } from '#scheduler/said.ts';
import { type AnchoredDay, anchoredDay } from '#scheduler/calendar/anchors.ts';
import { dateOf, dayAt } from '#scheduler/calendar/dates.ts';
import { type CalendarYear, type Market, MARKETS } from '#scheduler/calendar/model.ts';
import type { BackTest } from '#scheduler/autoscale/signals-back-test.ts';
import type { Schedule, ScheduleProblem } from '#scheduler/autoscale/schedules-model.ts';
import { windowsOf } from '#scheduler/autoscale/schedules.ts';
import type { SurgeRow } from '../../db/surges.ts';
import { type KnownCalendar, yearWarnings } from '../../market/calendars.ts';
import type { MarketRoom } from '../../market/market.ts';
import { scheduleText, toSetting } from '../../market/schedules.ts';
import { offsetAt } from '../../market/zones.ts';
import type { BackTestView, CalendarView, MarketDayView, MarketToday, ScheduleView, SurgeView } from '../contract/market.ts';
import { instant } from './show.ts';

const DAY_MS = 86_400_000;
const TITLES: Readonly<Record<Market, { readonly title: string; readonly timeZone: string }>> = {
  'a-share': { title: 'Shanghai and Shenzhen', timeZone: 'Asia/Shanghai' },
  'hong-kong': { title: 'Hong Kong', timeZone: 'Asia/Hong_Kong' },
  us: { title: 'New York', timeZone: 'America/New_York' },
};
/** Of a schedule, as many times as a person reads. */
const NEXT_WINDOWS = 10;

export const showDay = ({ date, dayType, isAfterBreak, utcOffsetMinutes, sessions, anchors }: AnchoredDay): MarketDayView => ({
  date,
  dayType,
  isAfterBreak,
  utcOffsetMinutes,
  sessions: sessions.map(({ name, open, close }) => ({ name, open: instant(open), close: instant(close) })),
  anchors: anchors.map(({ name, at, latest }) => ({ name, at: instant(at), latest: instant(latest) })),
});

export function showToday(market: Market, years: readonly CalendarYear[], now: number): MarketToday {
  const { title, timeZone } = TITLES[market];
  // The day that a clock there shows, also where no calendar knows the year.
  const day = dayAt(now, offsetAt(timeZone, now));
  const days = Array.from({ length: 22 }, (_, more) => anchoredDay(market, dateOf(day - 1 + more), years));
  const today = days[1]!;
  const open = days.slice(0, 3).flatMap(({ sessions }) => sessions).find((session) => session.open <= now && now < session.close);
  const next = days.slice(0, 12).flatMap(({ anchors }) => anchors).filter(({ at }) => at > now).sort((one, other) => one.at - other.at)[0];
  const later = days.slice(2).find(({ anchors }) => anchors.length > 0);
  return {
    market,
    title,
    timeZone,
    today: showDay(today),
    isSession: open !== undefined,
    session: open?.name ?? null,
    next: next === undefined ? null : { anchor: next.name, at: instant(next.at), inSeconds: Math.round((next.at - now) / 1000) },
    nextSession: later === undefined ? null : showDay(later),
    warnings: yearWarnings(market, years, now),
  };
}

export const showAllToday = (years: readonly CalendarYear[], now: number): MarketToday[] => MARKETS.map((market) => showToday(market, years, now));

export function showCalendar({ year, file }: KnownCalendar, replaces: boolean): CalendarView {
  const days = Array.from({ length: 366 }, (_, index) => new Date(Date.UTC(year.year, 0, 1) + index * DAY_MS)).filter((date) => date.getUTCFullYear() === year.year && date.getUTCDay() % 6 !== 0);
  return { market: year.market, year: year.year, origin: file === null ? 'shipped' : 'file', file, source: year.source, sessions: days.length - year.holidays.length, holidays: [...year.holidays], halfDays: [...year.halfDays], replaces };
}

/** A schedule that could be read, with everything that is to be said of it. */
export function showSchedule(schedule: Schedule, problems: readonly ScheduleProblem[], market: MarketRoom, now: number): ScheduleView {
  const windows = problems.length > 0 ? [] : windowsOf(schedule, now, now + 366 * DAY_MS, market.times([schedule], now), NEXT_WINDOWS);
  const unsure = windows.find(({ isUnsure }) => isUnsure);
  const text = scheduleText(schedule);
  const warnings: ScheduleView['warnings'] = [];
  if (unsure !== undefined && schedule.kind === 'session') {
    const year = instant(unsure.from).slice(0, 4);
    warnings.push({ code: 'unsure', message: `No calendar knows ${year} of ${schedule.market}: there "${text}" holds on every weekday, at all hours that it could be.`, data: { market: schedule.market, year: Number(year) } });
    if (schedule.cap !== null) warnings.push({ code: 'cap-unsure', message: `On days that no calendar knows, the cap of ${schedule.cap} does not hold.`, data: { market: schedule.market, cap: schedule.cap } });
  }
  return { text, schedule: toSetting(schedule), problems: [...problems], warnings, next: windows.map(({ from, to, isUnsure }) => ({ from: instant(from), to: instant(to), isUnsure })) };
}

export const showSurge = ({ from, to, createdAt, services, environments, ...row }: SurgeRow, now: number): SurgeView => ({
  ...row,
  services: [...services],
  environments: [...environments],
  from: instant(from),
  to: instant(to),
  createdAt: instant(createdAt),
  state: now < from && to > from ? 'announced' : now < to ? 'active' : 'over',
});

const VERDICTS: Readonly<Record<BackTest['verdict'], (test: BackTest) => Said>> = {
  useful: ({ leads, rises }) => said('test-useful', { rises: rises.length, leads: leads.length, minutes: middle(leads) ?? 0 }, 'It rose {rises} times and {leads} of them came before demand, by {minutes} minutes in the middle.'),
  late: ({ rises }) => said('test-late', { rises: rises.length }, 'It rose {rises} times, and demand had risen before it each time: it would not have helped.'),
  noisy: ({ rises, leads }) => said('test-noisy', { rises: rises.length, leads: leads.length }, 'It rose {rises} times, and only {leads} of them came before a rise of demand.'),
  silent: () => said('test-silent', {}, 'It never rose so far: the rule would have done nothing.'),
  'no-data': () => said('test-no-data', {}, 'There is no data of the signal, or of the workload, in that time.'),
};
const middle = (values: readonly number[]): number | null => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? null;

export function showBackTest(signal: string, workload: string, test: BackTest): BackTestView {
  const count = (outcome: BackTest['rises'][number]['outcome']) => test.rises.filter((rise) => rise.outcome === outcome).length;
  const verdict = VERDICTS[test.verdict](test);
  return {
    signal,
    workload,
    minutes: test.minutes,
    rises: test.rises.slice(0, 500).map(({ at, until, surgeAt, ...rise }) => ({ ...rise, at: instant(at), until: instant(until), surgeAt: surgeAt === null ? null : instant(surgeAt) })),
    surges: test.surges.slice(0, 500).map(({ at, until, ...surge }) => ({ ...surge, at: instant(at), until: instant(until) })),
    hits: count('hit'),
    late: count('late'),
    falseAlarms: count('false-alarm'),
    missed: test.surges.filter(({ foreseen }) => !foreseen).length,
    leadMinutes: { median: middle(test.leads), least: test.leads.length === 0 ? null : Math.min(...test.leads), most: test.leads.length === 0 ? null : Math.max(...test.leads) },
    extraReplicaHours: test.extraReplicaHours,
    series: test.series.map(({ at, ...point }) => ({ at: instant(at), ...point })),
    verdict: { code: test.verdict, sentence: verdict.sentence, said: [saying(verdict)] },
  };
}
