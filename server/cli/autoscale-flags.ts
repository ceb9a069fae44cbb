// Flags of `firn autoscale set` and `preview` -> settings: those that hold, with what the flags change. Ranges are the server's to judge.
import { type Command, Option } from '@commander-js/extra-typings';
import type { AutoscaleSettings, SchedulesView } from '../http/contract/index.ts';
import { parseDurationMs } from './amounts.ts';
import type { Client } from './client.ts';
import { usageError } from './exit.ts';
import { type Invocation, readDocument } from './invocation.ts';

export interface SettingsFlags {
  readonly file?: string;
  readonly mode?: AutoscaleSettings['mode'];
  readonly min?: number;
  readonly max?: number | null;
  readonly risk?: AutoscaleSettings['risk'];
  readonly ceiling?: number | null;
  readonly market?: readonly string[];
  readonly schedule?: readonly string[];
  readonly onMetricLoss?: AutoscaleSettings['onMetricLoss'];
  readonly startDelay?: number | null;
  readonly slo?: number | null;
  readonly demand?: AutoscaleSettings['demand'];
  readonly flaps?: number | null;
  readonly calm?: boolean;
}

const wholeOf = (text: string): number => {
  if (!/^\d+$/.test(text)) throw usageError(`"${text}" is no whole number.`);
  return Number(text);
};
const orNone = <T>(read: (text: string) => T) => (text: string): T | null => (text === 'none' ? null : read(text));
const gather = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
const RISKS = ['economy', 'balanced', 'performance'] as const;
const riskOf = (text: string): AutoscaleSettings['risk'] => RISKS.find((name) => name === text) ?? (/^\d+$/.test(text) ? Number(text) : fail(`"${text}" is no risk: write economy, balanced, performance, or permille of time.`));
const lossOf = (text: string): AutoscaleSettings['onMetricLoss'] => (text === 'hold' || text === 'forecast' ? text : /^\d+$/.test(text) ? { floor: Number(text) } : fail(`"${text}" is not what to do without metrics: write hold, forecast, or a number of replicas.`));

function fail(message: string): never {
  throw usageError(message);
}

/** Adds the flags to a command. */
export function withSettingsFlags<Args extends unknown[]>(command: Command<Args>) {
  return command
    .option('-f, --file <file>', 'settings as `show -o yaml` prints them, instead of those that hold; - for stdin')
    .addOption(new Option('--mode <mode>', 'preview decides, and nothing follows from it').choices(['off', 'preview', 'on'] as const))
    .option('--min <replicas>', 'at least', wholeOf)
    .option('--max <replicas>', 'at most; none: what was granted', orNone(wholeOf))
    .option('--risk <risk>', 'economy, balanced, performance, or permille of time above the ceiling', riskOf)
    .option('--ceiling <permille>', 'how busy a replica may be; none: by square-root staffing', orNone(wholeOf))
    .option('--market <name>', 'whose openings it follows; several times for several, none for none', gather)
    .option('--schedule <text>', '"a-share open-10m to close+5m at least 20"; several times; instead of those that hold; none for none', gather)
    .option('--on-metric-loss <what>', 'hold, forecast, or a number of replicas at least', lossOf)
    .option('--start-delay <duration>', 'none: measured', orNone(parseDurationMs))
    .option('--slo <ms>', 'a p99 above it adds replicas; none: it does not', orNone(wholeOf))
    .addOption(new Option('--demand <from>', 'what demand is read from').choices(['qps', 'cpu'] as const))
    .option('--flaps <count>', 'changes of direction an hour; none: without limit', orNone(wholeOf))
    .option('--calm', 'fewer changes for a little more money')
    .option('--no-calm', 'as many as are due');
}

/** What is to be set. @throws CliError naming a schedule that cannot be read */
export async function settingsFrom(invocation: Invocation, client: Client, present: AutoscaleSettings, flags: SettingsFlags): Promise<AutoscaleSettings> {
  const { file, mode, min, max, risk, ceiling, market, schedule, onMetricLoss, startDelay, slo, demand, flaps, calm } = flags;
  const base = file === undefined ? present : await fromFile(invocation, file);
  return {
    ...base,
    ...(mode === undefined ? {} : { mode }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(risk === undefined ? {} : { risk }),
    ...(ceiling === undefined ? {} : { ceilingPermille: ceiling }),
    ...(market === undefined ? {} : { markets: market.filter((name) => name !== 'none') as AutoscaleSettings['markets'] }),
    ...(schedule === undefined ? {} : { schedules: await readSchedules(client, schedule.filter((text) => text !== 'none')) }),
    ...(onMetricLoss === undefined ? {} : { onMetricLoss }),
    ...(startDelay === undefined ? {} : { startDelaySeconds: startDelay === null ? null : Math.round(startDelay / 1000) }),
    ...(slo === undefined ? {} : { latencySloMs: slo }),
    ...(demand === undefined ? {} : { demand }),
    ...(flaps === undefined ? {} : { flapBudgetPerHour: flaps }),
    ...(calm === undefined ? {} : { calm }),
  };
}

async function fromFile(invocation: Invocation, file: string): Promise<AutoscaleSettings> {
  const document = await readDocument(invocation, file);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw usageError(`${file} must hold one workload's settings: what \`firn autoscale show -o yaml\` prints.`);
  return ('settings' in document ? document.settings : document) as AutoscaleSettings;
}

async function readSchedules(client: Client, texts: readonly string[]): Promise<AutoscaleSettings['schedules']> {
  if (texts.length === 0) return [];
  const { items } = await client.send<SchedulesView>('POST', '/schedules/check', { schedules: texts });
  return items.map(({ text, schedule, problems }) => schedule ?? fail(`The schedule "${text}" cannot be read: ${problems.map(({ field, value, message }) => `${field} is ${value}: it ${message}`).join('; ')}.`));
}
