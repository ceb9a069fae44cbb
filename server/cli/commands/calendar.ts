// `firn calendar`: what today is on each market, the calendars that say so, schedules as they would hold, and surges that people announce.
import { Command, Option } from '@commander-js/extra-typings';
import type { CalendarChecked, CalendarProblem, Calendars, CalendarView, MarketDays, MarketDayView, MarketsToday, MarketToday, SchedulesView, Surges, SurgeView } from '../../http/contract/index.ts';
import { collect, parseNumber } from '../amounts.ts';
import { path } from '../client.ts';
import { CliError, usageError } from '../exit.ts';
import { type Begin, examples, type Invocation } from '../invocation.ts';
import { clean, type Column, printList, printOne } from '../output.ts';

const MARKETS = ['a-share', 'hong-kong', 'us'] as const;
const DAY_MS = 86_400_000;

const warn = ({ io }: Pick<Invocation, 'io'>, warnings: readonly { readonly message: string }[]) => {
  for (const { message } of warnings) io.err(`warning: ${clean(message)}\n`);
};
const TODAY: readonly Column<MarketToday>[] = [
  { title: 'MARKET', value: ({ market }) => market },
  { title: 'DAY', value: ({ today }) => today.date },
  { title: 'KIND', value: ({ today }) => `${today.dayType}${today.isAfterBreak ? ', after a break' : ''}` },
  { title: 'NOW', value: ({ session }) => session ?? 'closed' },
  { title: 'NEXT', value: ({ next }) => (next === null ? null : `${next.anchor} ${next.at}`) },
  { title: 'NEXT DAY', value: ({ nextSession }) => nextSession?.date ?? null },
];
const today = (begin: Begin) =>
  new Command('today')
    .description('What today is on each market, and what comes next.')
    .addHelpText('after', examples('calendar today', 'calendar today -o json'))
    .action(async (_options, self) => {
      const begun = begin(self);
      const body = await begun.client().get<MarketsToday>('/market');
      warn(begun, body.warnings);
      await printList(begun.io, begun.printing, { body, rows: body.items, name: ({ market }) => market, columns: TODAY, empty: 'No market is known.' });
    });

const CALENDARS: readonly Column<CalendarView>[] = [
  { title: 'MARKET', value: ({ market }) => market },
  { title: 'YEAR', align: 'right', value: ({ year }) => year },
  { title: 'SESSIONS', align: 'right', value: ({ sessions }) => sessions },
  { title: 'HOLIDAYS', align: 'right', value: ({ holidays }) => holidays.length },
  { title: 'HALF DAYS', align: 'right', value: ({ halfDays }) => halfDays.length },
  { title: 'FROM', value: ({ file }) => file ?? 'the product' },
  { title: 'SOURCE', value: ({ source }) => source },
];
const list = (begin: Begin) =>
  new Command('list')
    .description('Every calendar in force; files with mistakes are named with their line.')
    .addHelpText('after', examples('calendar list', 'calendar list -o yaml'))
    .action(async (_options, self) => {
      const begun = begin(self);
      const body = await begun.client().get<Calendars>('/calendars');
      warn(begun, body.warnings);
      await printList(begun.io, begun.printing, { body, rows: body.items, name: ({ market, year }) => `${market}-${year}`, columns: CALENDARS, empty: `No calendar: put a file into ${body.folder}` });
    });

const placeOf = ({ file, line, column }: CalendarProblem): string => [file, line, column].filter((part) => part !== null).join(':');
const check = (begin: Begin) =>
  new Command('check')
    .description('Reads a calendar file as the server would, without taking it into use. Mistakes are named with line and column; then it ends with 1.')
    .argument('<file>', '- for standard input')
    .addHelpText('after', examples('calendar check a-share-2027.yaml', 'calendar check - < us-2027.json'))
    .action(async (file, _options, self) => {
      const begun = begin(self);
      const { readFile } = await import('node:fs/promises');
      const text = file === '-' ? await begun.io.stdin() : await readFile(file, 'utf8').catch((error: Error) => Promise.reject(usageError(`The file ${file} cannot be read: ${error.message}.`)));
      const checked = await begun.client().send<CalendarChecked>('POST', '/calendars/check', { name: file === '-' ? 'stdin' : file.slice(-200), text });
      if (checked.calendar === null) throw new CliError(`${file} is no calendar.`, 1, checked.problems.map((problem) => `${placeOf(problem)}: ${problem.message}`));
      const { market, year, sessions, replaces } = checked.calendar;
      await printOne(begun.io, begun.printing, checked, `${market}-${year}`, () => `${market} ${year}: ${sessions} days with a session.${replaces ? ' It would take the place of what comes with the product.' : ''}\n`);
    });

const DAYS: readonly Column<MarketDayView>[] = [
  { title: 'DATE', value: ({ date }) => date },
  { title: 'KIND', value: ({ dayType, isAfterBreak }) => `${dayType}${isAfterBreak ? ', after a break' : ''}` },
  { title: 'SESSIONS (UTC)', value: ({ sessions }) => sessions.map(({ open, close }) => `${open.slice(11, 16)}-${close.slice(11, 16)}`).join(' ') },
  { title: 'ANCHORS (UTC)', value: ({ anchors }) => anchors.map(({ name, at, latest }) => `${name} ${at.slice(11, 16)}${latest === at ? '' : `..${latest.slice(11, 16)}`}`).join(', ') },
];
const days = (begin: Begin) =>
  new Command('days')
    .description('Days of a market, one by one, with their sessions and anchors.')
    .argument('<market>', MARKETS.join(', '))
    .option('--from <day>', 'first day; absent: today')
    .option('--to <day>', 'last day; absent: two weeks later')
    .addHelpText('after', examples('calendar days hong-kong --from 2026-12-21 --to 2026-12-31'))
    .action(async (market, { from, to }, self) => {
      const { io, printing, client } = begin(self);
      const first = from ?? new Date(io.now()).toISOString().slice(0, 10);
      const last = to ?? new Date(Date.parse(first) + 14 * DAY_MS).toISOString().slice(0, 10);
      const body = await client().get<MarketDays>('/market/days', { market, from: first, to: last });
      await printList(io, printing, { body, rows: body.items, name: ({ date }) => date, columns: DAYS, empty: 'No day.' });
    });

const schedule = (begin: Begin) =>
  new Command('schedule')
    .description('Says what schedules mean and when they hold next, or what is wrong with them; then it ends with 1. They are set with firn autoscale set.')
    .argument('<schedule...>', 'as text')
    .option('--max <replicas>', "the autoscaler's maximum", parseNumber)
    .addHelpText('after', examples('calendar schedule "a-share open-10m to close+5m at least 1.6x the largest of the last 5 opens"', 'calendar schedule "mon-fri 20:00 to 21:00 Asia/Shanghai at least 8 replicas"', 'calendar schedule "cron 0 2 * * * for 120m Asia/Shanghai at most 4 replicas"'))
    .action(async (schedules, { max }, self) => {
      const begun = begin(self);
      const body = await begun.client().send<SchedulesView>('POST', '/schedules/check', { schedules, ...(max === undefined ? {} : { max }) });
      warn(begun, body.items.flatMap(({ warnings }) => warnings));
      const wrong = body.items.flatMap(({ text, problems }) => problems.map(({ field, value, message, allowed }) => `${text}: ${field} is ${String(value)}: it ${message} (allowed: ${allowed})`));
      if (wrong.length > 0) throw new CliError('These schedules cannot be.', 1, wrong);
      await printList(begun.io, begun.printing, { body, rows: body.items.flatMap(({ text, next }) => next.map((window) => ({ text, ...window }))), name: ({ text }) => text, columns: [{ title: 'FROM', value: ({ from }) => from }, { title: 'TO', value: ({ to }) => to }, { title: 'SURE', value: ({ isUnsure }) => (isUnsure ? 'no calendar knows' : 'yes') }, { title: 'SCHEDULE', value: ({ text }) => text }], empty: 'They never hold.' });
    });

const SURGES: readonly Column<SurgeView>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'FACTOR', align: 'right', value: ({ factor }) => `${factor}x` },
  { title: 'FROM', value: ({ from }) => from },
  { title: 'TO', value: ({ to }) => to },
  { title: 'SERVICES', value: ({ services }) => (services.length === 0 ? 'all' : services.join(' ')) },
  { title: 'BY', value: ({ createdBy }) => createdBy },
  { title: 'REASON', value: ({ reason }) => reason },
];
const surge = (begin: Begin) =>
  new Command('surge')
    .description('Announces that demand will be higher for a while; without --factor the announced ones are listed, --end takes one back.')
    .option('--factor <times>', 'of what is usual', parseNumber)
    .option('--from <instant>', 'absent: now')
    .option('--to <instant>', 'such as 2026-12-01T13:00:00Z')
    .option('--service <name>', 'only this one; repeat it', collect)
    .option('--why <reason>', 'such as "live show"')
    .addOption(new Option('--end <id>', 'take it back, or end it now').conflicts(['factor', 'to']))
    .addHelpText('after', examples('calendar surge', 'calendar surge --factor 2.5 --from 2026-12-01T12:00:00Z --to 2026-12-01T14:00:00Z --why "live show"', 'calendar surge --end 0199...'))
    .action(async ({ factor, from, to, service, why, end }, self) => {
      const { io, printing, client } = begin(self);
      if (end !== undefined) {
        const { state } = await client().send<SurgeView>('DELETE', path('surges', end));
        return io.err(`The surge is ${state}.\n`);
      }
      if (factor === undefined) {
        const body = await client().get<Surges>('/surges');
        return await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: SURGES, empty: 'No surge is announced: firn calendar surge --factor 2 --to INSTANT --why REASON' });
      }
      if (to === undefined || why === undefined) throw usageError('A surge needs --to and --why.');
      const made = await client().send<SurgeView>('POST', '/surges', { factor, from: from ?? new Date(io.now()).toISOString(), to, services: service ?? [], reason: why });
      await printOne(io, printing, made, made.id, () => `${made.factor}x from ${made.from} to ${made.to} is ${made.state}.\n`);
    });

export const command = (begin: Begin) =>
  new Command('calendar').description('What today is on each market, and what follows from it.').addCommand(today(begin)).addCommand(list(begin)).addCommand(days(begin)).addCommand(check(begin)).addCommand(schedule(begin)).addCommand(surge(begin));
