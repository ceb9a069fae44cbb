// `firn signal`: series from outside that raise floors: declared, pushed, looked at, and tried on the past.
import { Command, Option } from '@commander-js/extra-typings';
import type { BackTestView, SignalPushed, Signals, SignalSeries, SignalView } from '../../http/contract/index.ts';
import { parseDurationMs, parseNumber } from '../amounts.ts';
import { path } from '../client.ts';
import { usageError } from '../exit.ts';
import { type Begin, confirm, examples } from '../invocation.ts';
import { type Column, fields, printList, printOne } from '../output.ts';
import { workloadIdOf } from '../workload-id.ts';

const SIGNALS: readonly Column<SignalView>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'LAST', align: 'right', value: ({ last, unit }) => (last === null ? null : `${last.value} ${unit}`.trim()) },
  { title: 'USUAL', align: 'right', value: ({ usual }) => usual },
  { title: 'AT', value: ({ last, isSilent }) => (last === null ? 'never' : `${last.at}${isSilent ? ', silent' : ''}`) },
  { title: 'TEAM', value: ({ team }) => team },
  { title: 'LISTENERS', value: ({ rules }) => rules.map(({ workload, isActive }) => `${workload}${isActive ? ' (active)' : ''}`).join(', ') },
];
const list = (begin: Begin) =>
  new Command('list')
    .description('Every signal, its last value beside what is usual, and who listens.')
    .addHelpText('after', examples('signal list'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Signals>('/signals');
      await printList(io, printing, { body, rows: body.items, name: ({ name }) => name, columns: SIGNALS, empty: 'No signal is declared: firn signal set NAME' });
    });

const set = (begin: Begin) =>
  new Command('set')
    .description('Declares a signal, or changes it.')
    .argument('<name>')
    .option('--title <text>', 'for people', '')
    .option('--unit <unit>', 'such as bn CNY', '')
    .option('--team <team>', 'whose members may push it')
    .addOption(new Option('--combine <how>', 'what a minute with several values counts as').choices(['mean', 'max', 'sum'] as const).default('mean' as const))
    .addHelpText('after', examples('signal set turnover --unit "bn CNY"', 'signal set pushes-sent --combine sum --team push'))
    .action(async (name, { title, unit, team, combine }, self) => {
      const { io, printing, client } = begin(self);
      const signal = await client().send<SignalView>('PUT', path('signals', name), { title, unit, combine, ...(team === undefined ? {} : { team }) });
      await printOne(io, printing, signal, signal.name, () => `${signal.name} can be pushed: firn signal push ${signal.name} VALUE\n`);
    });

const push = (begin: Begin) =>
  new Command('push')
    .description('Pushes one value now, or --stdin lines of `instant,value`.')
    .argument('<name>')
    .argument('[value]', 'a number', parseNumber)
    .option('--at <instant>', 'absent: now')
    .option('--stdin', 'read lines of `instant,value`')
    .addHelpText('after', examples('signal push turnover 12.5', 'signal push turnover --stdin < turnover.csv'))
    .action(async (name, value, { at, stdin }, self) => {
      const { io, printing, client } = begin(self);
      if ((value === undefined) === (stdin !== true)) throw usageError('Say one value, or --stdin.');
      const values = stdin === true ? linesOf(await io.stdin()) : [{ value: value!, ...(at === undefined ? {} : { at }) }];
      let stored = 0;
      for (let start = 0; start < values.length; start += 5_000) stored += (await client().send<SignalPushed>('POST', path('signals', name), { values: values.slice(start, start + 5_000) })).stored;
      await printOne(io, printing, { stored, values: values.length }, name, () => `${values.length} values in ${stored} minutes.\n`);
    });

function linesOf(text: string): { readonly at: string; readonly value: number }[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '' || (index === 0 && /^[a-z]/i.test(line))) return [];
    const [at = '', value = ''] = line.split(',').map((part) => part.trim());
    if (Number.isNaN(Date.parse(at)) || value === '' || !Number.isFinite(Number(value))) throw usageError(`Line ${index + 1} is "${line}": write an instant and a number, such as 2026-11-23T01:30:00Z,12.5.`);
    return [{ at: new Date(at).toISOString(), value: Number(value) }];
  });
}

const range = (last: string, now: number): { readonly from: string; readonly to: string } => ({ from: new Date(now - parseDurationMs(last)).toISOString(), to: new Date(now).toISOString() });
const values = (begin: Begin) =>
  new Command('values')
    .description('A signal over time, beside what is usual.')
    .argument('<name>')
    .option('--last <duration>', 'such as 6h', '2h')
    .addHelpText('after', examples('signal values turnover --last 1d -o json'))
    .action(async (name, { last }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<SignalSeries>(path('signals', name, 'values'), range(last, io.now()));
      const rows = body.points.filter(({ value }) => value !== null);
      await printList(io, printing, { body, rows, name: ({ at }) => at, columns: [{ title: 'AT', value: ({ at }) => at }, { title: 'VALUE', align: 'right', value: ({ value }) => value }, { title: 'USUAL', align: 'right', value: ({ usual }) => usual }], empty: `Nothing was pushed: firn signal push ${name} VALUE` });
    });

const tryOne = (begin: Begin) =>
  new Command('try')
    .description('What a rule on a signal would have done for a workload: lead, hits, false alarms, cost.')
    .argument('<name>')
    .argument('<workload>', 'SERVICE.ENVIRONMENT')
    .option('--above <value>', 'the signal is high above it', parseNumber)
    .option('--times-usual <times>', 'or at so many times what is usual', parseNumber)
    .option('--multiplier <times>', 'of demand', parseNumber, 1.5)
    .option('--decay <duration>', 'how long the floor takes to fall back', '30m')
    .option('--last <duration>', 'such as 14d', '7d')
    .addHelpText('after', examples('signal try turnover quote.production --times-usual 2 --multiplier 1.6 --last 14d'))
    .action(async (name, workload, { above, timesUsual, multiplier, decay, last }, self) => {
      const { io, printing, client } = begin(self);
      if ((above === undefined) === (timesUsual === undefined)) throw usageError('Say --above or --times-usual, and not both.');
      const when = above === undefined ? { timesUsual } : { above };
      const tested = await client().send<BackTestView>('POST', path('signals', name, 'back-test'), { workloadId: await workloadIdOf(client(), workload), rule: { when, multiplier, decayMinutes: Math.max(1, Math.round(parseDurationMs(decay) / 60_000)) }, ...range(last, io.now()) });
      await printOne(io, printing, tested, name, () => testText(tested));
    });

function testText({ verdict, minutes, rises, surges, hits, late, falseAlarms, missed, leadMinutes, extraReplicaHours }: BackTestView): string {
  return `${verdict.sentence}\n\n${fields([
    ['minutes of data', `${minutes.signal} of the signal, ${minutes.demand} of demand`],
    ['rises of the signal', `${rises.length}: ${hits} before demand, ${late} after it, ${falseAlarms} for nothing`],
    ['rises of demand', `${surges.length}, ${missed} of them unforeseen`],
    ['lead', leadMinutes.median === null ? null : `${leadMinutes.median} minutes (${leadMinutes.least} to ${leadMinutes.most})`],
    ['cost', `${extraReplicaHours} replica-hours beyond what demand needed`],
  ])}`;
}

const remove = (begin: Begin) =>
  new Command('rm')
    .description('Removes a signal with its values.')
    .argument('<name>')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('signal rm turnover --yes'))
    .action(async (name, { yes }, self) => {
      const begun = begin(self);
      await confirm(begun, yes, name, `The signal ${name} goes with all its values.`);
      await begun.client().send('DELETE', path('signals', name));
      begun.io.err(`${name} is removed.\n`);
    });

export const command = (begin: Begin) => new Command('signal').description('Series from outside that raise floors, and never lower them.').addCommand(list(begin)).addCommand(set(begin)).addCommand(push(begin)).addCommand(values(begin)).addCommand(tryOne(begin)).addCommand(remove(begin));
