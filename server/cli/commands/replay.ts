// `firn replay`: a recorded trace against the autoscaler and against what others do. It talks to no server: the same code decides here as there.
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { LOSSES } from '#scheduler/autoscale/site.ts';
import { type Risk, RISKS } from '#scheduler/autoscale/model.ts';
import { MARKETS } from '#scheduler/calendar/model.ts';
import { parseDurationMs, parseInteger } from '../amounts.ts';
import { usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { clean, fields, printOne, table } from '../output.ts';
import type { PolicyName, ReplayBody } from '../run-replay.ts';

const POLICY_NAMES = ['firn', 'hpa70', 'kpa', 'max3'] as const satisfies readonly PolicyName[];
const MOST_DELAY_MS = 3_600_000;
const MOST_SEED = 2 ** 32 - 1;
/** Talk about progress begins after so long, and comes this often. */
const QUIET_MS = 2000;

export const command = (begin: Begin) =>
  new Command('replay')
    .description('Replays a recorded trace (time,qps) against the autoscaler, at steps of 2 s: what would have been dropped, at risk, paid and changed. Needs no server.')
    .argument('<file>', 'a trace: lines of time,qps, such as 2020-07-06T09:30:00+08:00,1234')
    .option('--start-delay <duration>', 'from a decision to a replica that serves', parseDelay, 5000)
    .option('--risk <risk>', `share of time that may be above the ceiling: ${RISKS.join(', ')}, or permille; calm is balanced with --calm`, parseRisk, 'balanced' as const)
    .option('--warmup-days <days>', 'days at the beginning that it learns from and that are not scored', parseDays, 1)
    .option('--policy <names>', `what decides: ${POLICY_NAMES.join(', ')}; several with commas, or repeat it`, parsePolicies)
    .option('--seed <number>', 'of the noise that is added', parseSeed, 1)
    .addOption(new Option('--market <market>', 'whose openings it follows').choices(['auto', 'none', ...MARKETS] as const).default('auto' as const))
    .addOption(new Option('--gap <kind>', 'metrics are lost on every scored day').choices(LOSSES))
    .option('--gap-at <time>', 'when they are lost', parseClock, 570)
    .option('--gap-minutes <minutes>', 'for how long', parseMinutes, 20)
    .option('--calm', 'fewer changes for a little more money')
    .addHelpText('after', examples('replay trace.csv --start-delay 120s --warmup-days 7', 'replay trace.csv --policy firn,hpa70,kpa,max3 -o json', 'replay trace.csv --gap zero --gap-at 09:30 --gap-minutes 20'))
    .action(async (file, flags, self) => {
      const { io, printing } = begin(self);
      const { runReplay } = await import('../run-replay.ts');
      const started = io.now();
      let lastSaid = started;
      const said = (sentence: string) => {
        const isProgress = POLICY_NAMES.some((name) => sentence.startsWith(`${name}: `));
        if (isProgress && (io.now() - started < QUIET_MS || io.now() - lastSaid < QUIET_MS)) return;
        lastSaid = isProgress ? io.now() : lastSaid;
        io.err(`${clean(sentence)}\n`);
      };
      const loss = flags.gap === undefined ? null : { kind: flags.gap, minuteOfDay: flags.gapAt, minutes: flags.gapMinutes };
      const policies = [...new Set(flags.policy ?? (['firn'] as const))];
      const isCalm = flags.calm === true || flags.risk === 'calm';
      const risk = flags.risk === 'calm' ? ('balanced' as const) : flags.risk;
      const body = await runReplay(file, { startDelayMs: flags.startDelay, risk, warmupDays: flags.warmupDays, seed: flags.seed, policies, market: flags.market, loss, calm: isCalm }, said);
      await printOne(io, printing, body, file, () => text(body));
    });

function text(body: ReplayBody): string {
  const scores = Object.entries(body.policies ?? { [body.policy]: body });
  const right = 'right' as const;
  const figures = table(scores, [
    { title: 'POLICY', value: ([name]) => name },
    { title: 'DROPPED %', value: ([, { droppedPercent }]) => droppedPercent.toFixed(4), align: right },
    { title: 'ABOVE 85 % %', value: ([, { riskPercent }]) => riskPercent.toFixed(3), align: right },
    { title: 'COST / ORACLE', value: ([, { costOverOracle }]) => costOverOracle.toFixed(3), align: right },
    { title: 'CHANGES A DAY', value: ([, { actionsPerDay }]) => actionsPerDay, align: right },
    { title: 'REVERSALS A DAY', value: ([, { reversalsPerDay }]) => reversalsPerDay, align: right },
  ]);
  const openings = scores.flatMap(([name, { openings: list }]) => list.map((each) => ({ name, ...each })));
  const more = openings.length === 0 ? '' : `\n${table(openings, [
    { title: 'POLICY', value: ({ name }) => name },
    { title: 'FIRST 5 MINUTES FROM', value: ({ event }) => event },
    { title: 'DROPPED %', value: ({ droppedPercent }) => droppedPercent.toFixed(4), align: right },
    { title: 'WORST %', value: ({ worstPercent }) => worstPercent.toFixed(4), align: right },
    { title: 'ON', value: ({ worstDate }) => worstDate },
  ])}`;
  const lost = scores.flatMap(([name, { metricLoss }]) => (metricLoss === null ? [] : [[`${name}, metrics ${metricLoss.kind}`, `${metricLoss.droppedPercent.toFixed(4)} % dropped, ${metricLoss.scaleIns} times scaled in, in ${metricLoss.windows} windows`] as const]));
  return `${figures}${more}${lost.length === 0 ? '' : `\n${fields(lost)}`}`;
}

function parseDelay(value: string): number {
  const ms = parseDurationMs(value);
  if (ms > MOST_DELAY_MS) throw new InvalidArgumentError(`"${value}" is too long: at most 1h is allowed.`);
  return ms;
}

function parseRisk(value: string): Risk | 'calm' | number {
  if (value === 'calm') return value;
  const named = RISKS.find((risk) => risk === value);
  if (named !== undefined) return named;
  const permille = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(permille >= 1 && permille <= 200)) throw new InvalidArgumentError(`"${value}" is no risk: ${RISKS.join(', ')}, calm, or permille from 1 to 200, are allowed.`);
  return permille;
}

function between(value: string, least: number, most: number, what: string): number {
  const number = parseInteger(value);
  if (number < least || number > most) throw new InvalidArgumentError(`"${value}" is no ${what}: from ${least} to ${most} are allowed.`);
  return number;
}

const parseDays = (value: string): number => between(value, 0, 366, 'number of days');
const parseSeed = (value: string): number => between(value, 0, MOST_SEED, 'seed');
const parseMinutes = (value: string): number => between(value, 1, 720, 'number of minutes');

function parseClock(value: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(value);
  if (match === null) throw usageError(`--gap-at is "${value}": it must be a time of day such as 09:30.`);
  return Number(match[1]) * 60 + Number(match[2]);
}

function parsePolicies(value: string, before: readonly PolicyName[] | undefined): PolicyName[] {
  const names = value.split(',').map((name) => name.trim());
  const list = names.map((name) => {
    const policy = POLICY_NAMES.find((each) => each === name);
    if (policy === undefined) throw new InvalidArgumentError(`"${name}" is no policy: ${POLICY_NAMES.join(', ')} are allowed.`);
    return policy;
  });
  return [...(before ?? []), ...list];
}
