// `firn drill`: a recorded day, times k, against the fleet as it is: what runs out when, what it costs, and what would have helped.
import { Command, Option } from '@commander-js/extra-typings';
import type { DrillDetail, DrillEvent, DrillRemedy, DrillReport, Drills, DrillView } from '../../http/contract/index.ts';
import { parseDurationMs, parseNumber } from '../amounts.ts';
import { type Client, path } from '../client.ts';
import { CliError, EXIT, usageError } from '../exit.ts';
import { type Begin, examples } from '../invocation.ts';
import type { Io } from '../io.ts';
import { type Column, fields, printList, printOne, table } from '../output.ts';
import { workloadIdOf } from '../workload-id.ts';

const LOOK_EVERY_MS = 500;

const ROWS: readonly Column<DrillView>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'TITLE', value: ({ title }) => title },
  { title: 'STATE', value: ({ state, progressPermille }) => (state === 'running' ? `running, ${Math.round(progressPermille / 10)} %` : state) },
  { title: 'SHED', align: 'right', value: ({ totals }) => (totals === null ? null : `${totals.shedPercent} %`) },
  { title: 'BY', value: ({ createdBy }) => createdBy },
  { title: 'AT', value: ({ createdAt }) => createdAt },
];
const list = (begin: Begin) =>
  new Command('list')
    .description('Drills, newest first.')
    .addHelpText('after', examples('drill list'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Drills>('/drills');
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: ROWS, empty: 'No drill was run: firn drill run quote.production --day hot-day' });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('A drill with its report.')
    .argument('<id>')
    .addHelpText('after', examples('drill show 0199...', 'drill show 0199... -o json'))
    .action(async (id, _options, self) => {
      const { io, printing, client } = begin(self);
      const drill = await client().get<DrillDetail>(path('drills', id));
      await printOne(io, printing, drill, drill.id, () => drillText(drill));
    });

interface Flags {
  readonly trace?: string | undefined;
  readonly recorded?: string | undefined;
  readonly day?: 'hot-day' | 'usual-day' | 'news-burst' | undefined;
}

async function dayOf({ trace, recorded, day }: Flags, workloadId: string, stdin: () => Promise<string>) {
  if ([trace, recorded, day].filter((each) => each !== undefined).length > 1) throw usageError('Say one of --trace, --recorded and --day.');
  if (recorded !== undefined) return { kind: 'recorded', workloadId, date: recorded };
  if (trace === undefined) return { kind: 'shipped', name: day ?? 'hot-day' };
  const { readFile } = await import('node:fs/promises');
  const csv = trace === '-' ? await stdin() : await readFile(trace, 'utf8').catch((error: Error) => Promise.reject(usageError(`The file ${trace} cannot be read: ${error.message}.`)));
  return { kind: 'trace', csv, name: (trace.split('/').at(-1) ?? '').slice(0, 100) };
}

const run = (begin: Begin) =>
  new Command('run')
    .description('Replays a day against the present fleet, quotas, policy, pools and autoscale settings, and reports. Nothing is changed. Ends with 2 where requests are shed.')
    .argument('<workload...>', 'SERVICE.ENVIRONMENT')
    .option('--trace <file>', '`time,qps` lines, - for standard input')
    .option('--recorded <day>', 'what the first workload was asked on a day, such as 2026-11-20')
    .addOption(new Option('--day <name>', 'a day that comes with the product').choices(['hot-day', 'usual-day', 'news-burst'] as const))
    .option('--times <k>', 'demand is this many times the day', parseNumber, 1)
    .option('--peak <qps>', 'the peak of the day becomes this', parseNumber)
    .option('--title <text>', 'for the list', '')
    .option('--start-delay <duration>', 'of a replica on a host that is there')
    .option('--vm-delay <duration>', 'of a VM that is bought')
    .option('--no-buy', 'buy no VMs')
    .option('--spend-cap <cents>', 'what bought VMs may cost in the day', parseNumber)
    .option('--detach', 'do not wait for the report')
    .addHelpText('after', examples('drill run quote.production --day hot-day --times 2', 'drill run quote.production news.production --trace 2015-07-08.csv --times 1.5', 'drill run quote.production --recorded 2026-11-20 --times 3 --no-buy'))
    .action(async (names, flags, self) => {
      const { io, printing, client, endWith } = begin(self);
      const ids = await Promise.all(names.map((name) => workloadIdOf(client(), name)));
      const seconds = (text: string | undefined) => (text === undefined ? undefined : Math.round(parseDurationMs(text) / 1000));
      const asked = {
        title: flags.title,
        day: await dayOf(flags, ids[0]!, () => io.stdin()),
        times: flags.times,
        workloads: ids.map((workloadId) => ({ workloadId, ...(flags.peak === undefined ? {} : { peakQps: flags.peak }) })),
        mayBuy: flags.buy,
        ...(flags.startDelay === undefined ? {} : { startDelaySeconds: seconds(flags.startDelay) }),
        ...(flags.vmDelay === undefined ? {} : { vmDelaySeconds: seconds(flags.vmDelay) }),
        ...(flags.spendCap === undefined ? {} : { spendCapCents: flags.spendCap }),
      };
      const drill = await client().send<DrillView>('POST', '/drills', asked);
      if (flags.detach === true) return await printOne(io, printing, drill, drill.id, () => `The drill runs: firn drill show ${drill.id}\n`);
      const ended = await followed(client(), drill.id, io);
      if (ended.state !== 'done') throw new CliError(`The drill ${ended.state}: ${ended.stateReason}`);
      if ((ended.totals?.shedRequests ?? 0) > 0) endWith(EXIT.pending);
      await printOne(io, printing, ended, ended.id, () => drillText(ended));
    });

async function followed(client: Client, id: string, io: Io): Promise<DrillDetail> {
  let phase = '';
  for (;;) {
    const drill = await client.get<DrillDetail>(path('drills', id));
    if (drill.state !== 'waiting' && drill.state !== 'running') return drill;
    if (drill.phase !== phase) io.err(`${drill.phase}\n`);
    ({ phase } = drill);
    await io.wait(LOOK_EVERY_MS);
  }
}

const EVENTS: readonly Column<DrillEvent>[] = [
  { title: 'FROM', value: ({ at }) => at },
  { title: 'UNTIL', value: ({ until }) => until },
  { title: 'WHAT', value: ({ what }) => what },
  { title: 'SHED', align: 'right', value: ({ shedRequests }) => shedRequests },
  { title: 'IN WORDS', value: ({ sentence }) => sentence },
];
const REMEDIES: readonly Column<DrillRemedy>[] = [
  { title: 'TRIED', value: ({ code }) => code },
  { title: 'SHED', align: 'right', value: ({ shedPercent }) => `${shedPercent} %` },
  { title: 'COST', align: 'right', value: ({ extraCents }) => `${extraCents >= 0 ? '+' : ''}${(extraCents / 100).toFixed(2)}` },
  { title: 'IN WORDS', value: ({ sentence }) => sentence },
];

function drillText({ title, state, stateReason, phase, report }: DrillDetail): string {
  if (report === null) return `${title}: ${state}${state === 'running' ? ` (${phase})` : ''}${stateReason === '' ? '' : `, ${stateReason}`}\n`;
  return `${title}: ${report.verdict.sentence}\n\n${totalsText(report)}${report.runsOut.length === 0 ? '' : `\n${table(report.runsOut.slice(0, 30), EVENTS)}`}${report.remedies.length === 0 ? '' : `\n${table(report.remedies, REMEDIES)}`}`;
}

const totalsText = ({ totals, fleet, day }: DrillReport): string =>
  fields([
    ['day', `${day.name}, from ${day.from}`],
    ['fleet', `${fleet.hosts} hosts, ${fleet.cores} cores, ${fleet.poolVms} VMs in ${fleet.pools} pools`],
    ['requests', `${totals.requests}, ${totals.shedRequests} of them shed (${totals.shedPercent} %)`],
    ['worst minute', totals.worstMinute === null ? null : `${totals.worstMinute.at}, ${totals.worstMinute.shedPercent} %`],
    ['peak', `${Math.round(totals.peakQps)} QPS, ${totals.peakReplicas} replicas on ${totals.peakHosts} hosts`],
    ['bought', `${totals.boughtVms} VMs at once, ${totals.vmHours} VM-hours, ${(totals.cloudCents / 100).toFixed(2)}`],
  ]);

const cancel = (begin: Begin) =>
  new Command('cancel')
    .description('Ends a drill that waits or runs.')
    .argument('<id>')
    .addHelpText('after', examples('drill cancel 0199...'))
    .action(async (id, _options, self) => {
      const { io, client } = begin(self);
      await client().send<DrillView>('POST', path('drills', id, 'cancel'));
      io.err('The drill is cancelled.\n');
    });

export const command = (begin: Begin) => new Command('drill').description('A day against the fleet as it is, without touching it.').addCommand(run(begin)).addCommand(list(begin)).addCommand(show(begin)).addCommand(cancel(begin));
