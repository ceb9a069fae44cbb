// Markets: what today is on each, the calendars in force, whether schedules make sense, and surges that people announce.
import { createRoute } from '@hono/zod-openapi';
import { anchoredDay } from '#scheduler/calendar/anchors.ts';
import { dateOf, dayNumber } from '#scheduler/calendar/dates.ts';
import { CALENDAR_YEARS } from '#scheduler/calendar/years.ts';
import type { Context } from '../context.ts';
import { InvalidError } from '../errors.ts';
import { readCalendar } from '../market/calendar-text.ts';
import { readSchedule, scheduleOf } from '../market/schedules.ts';
import { announceSurge, recentSurges, takeSurgeBack } from '../market/surges.ts';
import { Id, type z as Z, z } from './contract/common.ts';
import { CalendarCheckAsk, CalendarChecked, Calendars, MarketDays, MarketDaysQuery, MarketsToday, SchedulesAsk, SchedulesView, type ScheduleView, SurgeAsk, Surges, SurgeView } from './contract/market.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { showAllToday, showCalendar, showDay, showSchedule, showSurge } from './show/market.ts';
import { instant } from './show/show.ts';

const MOST_DAYS = 400;

const todayRoute = createRoute({ method: 'get', path: '/market', operationId: 'getMarket', summary: 'What today is on each market', middleware: secured('read'), responses: { ...answer(200, 'Sessions, anchors, what comes next, and what to be warned of', MarketsToday), ...problems } });
const daysRoute = createRoute({ method: 'get', path: '/market/days', operationId: 'listMarketDays', summary: 'Days of a market, one by one', middleware: secured('read'), request: { query: MarketDaysQuery }, responses: { ...answer(200, 'In order', MarketDays), ...problems } });
const calendarsRoute = createRoute({ method: 'get', path: '/calendars', operationId: 'listCalendars', summary: 'Every calendar in force, and files with mistakes', middleware: secured('read'), responses: { ...answer(200, 'By market and year', Calendars), ...problems } });
const checkRoute = createRoute({ method: 'post', path: '/calendars/check', operationId: 'checkCalendar', summary: 'Read a calendar file without taking it into use', middleware: secured('read'), request: { body: jsonBody(CalendarCheckAsk) }, responses: { ...answer(200, 'The year, or what is wrong with line and column', CalendarChecked), ...problems } });
const schedulesRoute = createRoute({ method: 'post', path: '/schedules/check', operationId: 'checkSchedules', summary: 'What schedules mean, and when they hold next', middleware: secured('read'), request: { body: jsonBody(SchedulesAsk) }, responses: { ...answer(200, 'One entry for each', SchedulesView), ...problems } });
const surgesRoute = createRoute({ method: 'get', path: '/surges', operationId: 'listSurges', summary: 'Announced surges, newest first', middleware: secured('read'), responses: { ...answer(200, 'The newest 200', Surges), ...problems } });
const announceRoute = createRoute({ method: 'post', path: '/surges', operationId: 'announceSurge', summary: 'Say that demand will be higher for a while', middleware: secured('market.manage'), request: { body: jsonBody(SurgeAsk) }, responses: { ...answer(201, 'Announced', SurgeView), ...problems } });
const endRoute = createRoute({ method: 'delete', path: '/surges/{id}', operationId: 'endSurge', summary: 'Take an announced surge back, or end it now', middleware: secured('market.manage'), request: { params: z.object({ id: Id }) }, responses: { ...answer(200, 'It is over', SurgeView), ...problems, ...notFound, ...conflict } });

/** `/market`, `/calendars`, `/schedules`, `/surges`. */
export function marketApi(context: Context) {
  const { market, clock } = context;
  const isShipped = (name: string, year: number) => CALENDAR_YEARS.some((each) => each.market === name && each.year === year);
  return newApi()
    .openapi(todayRoute, (c) => c.json({ at: instant(clock.now()), items: showAllToday(market.years(), clock.now()), warnings: market.calendars.warnings(clock.now()) }, 200))
    .openapi(daysRoute, (c) => {
      const { market: name, from, to } = c.req.valid('query');
      const [first, last] = [dayNumber(from), dayNumber(to)];
      if (!(last >= first && last - first <= MOST_DAYS)) throw new InvalidError('range-invalid', `to is ${to}: it must be a day from ${from} on, at most ${MOST_DAYS} days later.`, [{ field: 'to', value: to, message: 'is out of range', allowed: `at most ${MOST_DAYS} days after from` }]);
      return c.json({ items: Array.from({ length: last - first + 1 }, (_, index) => showDay(anchoredDay(name, dateOf(first + index), market.years()))), next: null }, 200);
    })
    .openapi(calendarsRoute, async (c) => {
      await market.calendars.reload(clock.now());
      const { folder, readAt } = market.calendars;
      const items = market.calendars.list().map((known) => showCalendar(known, known.file !== null && isShipped(known.year.market, known.year.year)));
      return c.json({ folder, readAt: instant(readAt), items, problems: [...market.calendars.problems()], warnings: market.calendars.warnings(clock.now()) }, 200);
    })
    .openapi(checkRoute, (c) => {
      const { name, text } = c.req.valid('json');
      const { year, problems: found } = readCalendar(name, text);
      return c.json({ calendar: year === null ? null : showCalendar({ year, file: name }, isShipped(year.market, year.year)), problems: [...found] }, 200);
    })
    .openapi(schedulesRoute, (c) => c.json({ items: checked(context, c.req.valid('json')), next: null }, 200))
    .openapi(surgesRoute, async (c) => c.json({ items: (await recentSurges(context)).map((row) => showSurge(row, clock.now())), next: null }, 200))
    .openapi(announceRoute, async (c) => c.json(showSurge(await announceSurge(context, actor(c), c.req.valid('json')), clock.now()), 201))
    .openapi(endRoute, async (c) => c.json(showSurge(await takeSurgeBack(context, actor(c), c.req.valid('param').id), clock.now()), 200));
}

/** Each by itself first; where all can be, those that clash with each other too. */
function checked({ market, clock }: Context, { schedules, min, max }: Z.output<typeof SchedulesAsk>): ScheduleView[] {
  const now = clock.now();
  const read = schedules.map((said) => (typeof said === 'string' ? readSchedule(said) : scheduleOf(said)));
  const good = read.flatMap((each) => ('field' in each ? [] : [each]));
  const found = market.problemsOf(good, { min, max }, now);
  return read.map((each, index) => {
    const said = schedules[index];
    if ('field' in each) return { text: typeof said === 'string' ? said : '', schedule: null, problems: [each], warnings: [], next: [] };
    const prefix = `schedules[${good.indexOf(each)}].`;
    return showSchedule(each, found.filter(({ field }) => field.startsWith(prefix)).map((problem) => ({ ...problem, field: problem.field.slice(prefix.length) })), market, now);
  });
}
