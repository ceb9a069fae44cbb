// `firn autoscale`: how workloads follow demand: what is set, what is decided and why, and what other settings would do.
import { Command, Option } from '@commander-js/extra-typings';
import type { AutoscaleOverview, AutoscalePreview, AutoscaleRow, AutoscaleView, DecisionDetail, DecisionReplay, Decisions, DecisionView } from '../../http/contract/index.ts';
import { age, parseDurationMs } from '../amounts.ts';
import { settingsFrom, withSettingsFlags } from '../autoscale-flags.ts';
import { path } from '../client.ts';
import { type Begin, examples } from '../invocation.ts';
import { type Column, fields, printList, printOne, table } from '../output.ts';
import { sparkline } from '../sparkline.ts';
import { workloadIdOf } from '../workload-id.ts';

const WORKLOAD = 'SERVICE.ENVIRONMENT';

const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value));
const ROWS: readonly Column<AutoscaleRow>[] = [
  { title: 'WORKLOAD', value: ({ workload }) => workload },
  { title: 'MODE', value: ({ mode }) => mode },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'QPS', align: 'right', value: ({ qps }) => rounded(qps) },
  { title: 'HEAT', align: 'right', value: ({ heat }) => (heat === null ? null : `${heat.toFixed(2)}x`) },
  { title: 'WANTED', align: 'right', value: ({ wanted }) => wanted },
  { title: 'READY', align: 'right', value: ({ ready }) => ready },
  { title: 'BOUNDS', value: ({ min, max }) => `${min} to ${max}` },
  { title: 'ALERTS', value: ({ alerts }) => alerts.map(({ kind }) => kind).join(', ') },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Every workload: demand against what is usual at this minute, replicas, alerts.')
    .addHelpText('after', examples('autoscale list', 'autoscale list -o json'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<AutoscaleOverview>('/autoscale');
      await printList(io, printing, { body, rows: body.items, name: ({ workload }) => workload, columns: ROWS, empty: 'Nothing runs yet: firn request submit' });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('What is set for a workload, and what the autoscaler sees and does now.')
    .argument('<workload>', WORKLOAD)
    .addHelpText('after', examples('autoscale show quote.production', 'autoscale show quote.production -o yaml'))
    .action(async (name, _options, self) => {
      const { io, printing, client } = begin(self);
      const view = await client().get<AutoscaleView>(path('workloads', await workloadIdOf(client(), name), 'autoscale'));
      await printOne(io, printing, view, name, () => viewText(view));
    });

function viewText({ workload, sentence, settings, version, changedBy, changedAt, why, bounds, replicas, demand, startDelay, cost, floors, alerts }: AutoscaleView): string {
  const { mode, risk, markets, schedules, signals } = settings;
  return `${workload}: ${sentence}\n\n${fields([
    ['mode', mode],
    ['replicas', `${replicas.wanted} wanted, ${replicas.ready} ready, ${replicas.pending} on their way`],
    ['bounds', `${bounds.min} to ${bounds.max} (${bounds.granted} granted${bounds.quota === null ? '' : `, the quota leaves ${bounds.quota}`})`],
    ['demand', demand.qps === null ? 'not known' : `${Math.round(demand.qps)} QPS${demand.heat === null ? '' : `, ${demand.heat.toFixed(2)}x of what is usual now`}`],
    ['risk', typeof risk === 'number' ? `${risk} permille` : risk],
    ['follows', [...markets, ...(schedules.length === 0 ? [] : [`${schedules.length} schedules`]), ...signals.map(({ signal }) => `signal ${signal}`)].join(', ')],
    ['start delay', startDelay.usedSeconds === null ? null : `${startDelay.usedSeconds} s (${startDelay.from})`],
    ['CPU of a request', `${cost.usedMsPerRequest} ms counted, ${cost.declaredMsPerRequest} declared${cost.learntMsPerRequest === null ? '' : `, ${cost.learntMsPerRequest} learnt`}`],
    ['settings', version === 0 ? 'defaults: nobody set any' : `version ${version} by ${changedBy} at ${changedAt}: ${why}`],
  ])}${floors.map(({ kind, replicas: least, reason }) => `floor    ${least} (${kind}): ${reason}\n`).join('')}${alerts.map(({ kind, message }) => `alert    ${kind}: ${message}\n`).join('')}${cost.warning === null ? '' : `warning  ${cost.warning}\n`}`;
}

const set = (begin: Begin) =>
  withSettingsFlags(new Command('set').description('Changes how a workload follows demand: what no flag names stays as it is.').argument('<workload>', WORKLOAD))
    .requiredOption('--why <reason>', 'goes into the history')
    .addHelpText('after', examples('autoscale set quote.production --mode on --min 4 --why "it follows the market now"', 'autoscale set quote.production --market a-share --market us --schedule "a-share open-10m to close+5m at least 20" --why "openings"', 'autoscale set quote.production --max none --risk performance --why "a hot week"'))
    .action(async (name, { why, ...flags }, self) => {
      const invocation = begin(self);
      const client = invocation.client();
      const id = await workloadIdOf(client, name);
      const { settings, version } = await client.get<AutoscaleView>(path('workloads', id, 'autoscale'));
      const view = await client.send<AutoscaleView>('PUT', path('workloads', id, 'autoscale'), { settings: await settingsFrom(invocation, client, settings, flags), why, version });
      await printOne(invocation.io, invocation.printing, view, name, () => viewText(view));
    });

const preview = (begin: Begin) =>
  withSettingsFlags(new Command('preview').description('What other settings would decide now, and would have done over the stored hours. Changes nothing.').argument('<workload>', WORKLOAD))
    .addOption(new Option('--over <duration>', 'how far back it is played').argParser(parseDurationMs).default(21_600_000, '6h'))
    .addHelpText('after', examples('autoscale preview quote.production --risk economy', 'autoscale preview quote.production --mode on --max 12 --over 1d'))
    .action(async (name, { over, ...flags }, self) => {
      const invocation = begin(self);
      const client = invocation.client();
      const id = await workloadIdOf(client, name);
      const { settings } = await client.get<AutoscaleView>(path('workloads', id, 'autoscale'));
      const body = await client.send<AutoscalePreview>('POST', path('workloads', id, 'autoscale', 'preview'), { settings: await settingsFrom(invocation, client, settings, flags), hours: over / 3_600_000 });
      await printOne(invocation.io, invocation.printing, body, name, () => previewText(body));
    });

const SUMS = [
  ['changes', 'actions'],
  ['reversals', 'reversals'],
  ['least replicas', 'least'],
  ['most replicas', 'most'],
  ['replica hours', 'replicaHours'],
  ['above the ceiling, permille', 'aboveCeilingPermille'],
  ['shed, permille', 'shedPermille'],
] as const;

function previewText({ sentence, from, to, points, series, sum, present, warnings }: AutoscalePreview): string {
  const rows = sum === null ? [] : SUMS.map(([title, key]) => ({ title, asked: sum[key], now: present?.[key] ?? null }));
  const columns: readonly Column<(typeof rows)[number]>[] = [
    { title: '', value: ({ title }) => title },
    { title: 'ASKED', align: 'right', value: ({ asked }) => asked },
    { title: 'PRESENT', align: 'right', value: ({ now }) => now },
  ];
  const played = rows.length === 0 ? '' : `\nOver ${points} minutes of ${from} to ${to}:\n${table(rows, columns)}replicas ${sparkline(series.replicas)}\n`;
  return `Now: ${sentence}\n${warnings.map(({ message }) => `warning: ${message}\n`).join('')}${played}`;
}

const pausing = (begin: Begin, verb: 'pause' | 'resume') =>
  new Command(verb)
    .description(verb === 'pause' ? 'Keeps the number as it is; --scale-in: only keeps replicas from being taken away.' : 'Goes on; --scale-in: only replicas may be taken away again.')
    .argument('<workload>', WORKLOAD)
    .option('--scale-in', 'only this direction', false)
    .requiredOption('--why <reason>', 'goes into the history')
    .addHelpText('after', examples(`autoscale ${verb} quote.production --why "the load test"`, `autoscale ${verb} quote.production --scale-in --why "results at 20:00"`))
    .action(async (name, { scaleIn, why }, self) => {
      const { io, printing, client } = begin(self);
      const connected = client();
      const view = await connected.send<AutoscaleView>('POST', path('workloads', await workloadIdOf(connected, name), 'autoscale', verb), { what: scaleIn ? 'scale-in' : 'all', why });
      await printOne(io, printing, view, name, () => `${view.workload}: ${view.sentence}\n`);
    });

const decisionColumns = (now: number): readonly Column<DecisionView>[] => [
  { title: 'ID', value: ({ id }) => id },
  { title: 'AGE', align: 'right', value: ({ at }) => age(now - Date.parse(at)) },
  { title: 'WORKLOAD', value: ({ workload }) => workload },
  { title: 'REPLICAS', value: ({ before, replicas }) => (before === replicas ? String(replicas) : `${before} -> ${replicas}`) },
  { title: 'WHY', value: ({ mode, explanation }) => (mode === 'preview' ? `(preview) ${explanation}` : explanation) },
];

const decisions = (begin: Begin) =>
  new Command('decisions')
    .description('What was decided and why, newest first.')
    .argument('[workload]', WORKLOAD)
    .addOption(new Option('--only <what>', 'which of them').choices(['changes', 'out', 'in', 'hold'] as const))
    .option('--limit <count>', 'how many', (text) => Number(text), 20)
    .addHelpText('after', examples('autoscale decisions quote.production', 'autoscale decisions --only changes --limit 100'))
    .action(async (workload, { only, limit }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Decisions>('/decisions', { workload, action: only, limit });
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: decisionColumns(io.now()), empty: 'Nothing was decided yet.' });
    });

const explain = (begin: Begin) =>
  new Command('explain')
    .description('One decision with everything that led to it.')
    .argument('<decision>', 'its id')
    .addHelpText('after', examples('autoscale explain 0199a0c2-...', 'autoscale explain 0199a0c2-... -o json'))
    .action(async (id, _options, self) => {
      const { io, printing, client } = begin(self);
      const decision = await client().get<DecisionDetail>(path('decisions', id));
      await printOne(io, printing, decision, id, () => explainText(decision));
    });

function explainText({ workload, at, explanation, level, forecast, bound, expert, phase, need, wouldWant, replicas, floors, suppressed, witnesses, alerts }: DecisionView): string {
  return `${workload} at ${at}: ${explanation}\n\n${fields([
    ['demand', level === null ? 'not known' : `${level} QPS`],
    ['forecast', `${forecast} QPS by ${expert ?? 'nobody'}, bound ${bound} (${phase})`],
    ['needs', `${need} replicas`],
    ['would want', wouldWant],
    ['decided', replicas],
  ])}${floors.map((floor) => `floor    ${floor.replicas} (${floor.kind}): ${floor.reason}\n`).join('')}${suppressed.map(({ replicas: wish, by, why }) => `held     ${wish} by ${by}: ${why}\n`).join('')}${witnesses.map(({ name, qps, verdict }) => `witness  ${name}: ${qps === null ? 'silent' : `${Math.round(qps)} QPS, ${verdict}`}\n`).join('')}${alerts.map(({ kind, message }) => `alert    ${kind}: ${message}\n`).join('')}`;
}

const replay = (begin: Begin) =>
  new Command('replay')
    .description('Decides again from what was kept of a decision. Ends with 2 where something else comes out.')
    .argument('<decision>', 'its id')
    .addHelpText('after', examples('autoscale replay 0199a0c2-...'))
    .action(async (id, _options, self) => {
      const { io, printing, client, endWith } = begin(self);
      const body = await client().send<DecisionReplay>('POST', path('decisions', id, 'replay'));
      await printOne(io, printing, body, id, () => `${body.sentence}\n${body.differences.map(({ field, stored, again }) => `  ${field}: ${JSON.stringify(stored)} -> ${JSON.stringify(again)}\n`).join('')}`);
      if (!body.isIdentical) endWith(2);
    });

export const command = (begin: Begin) =>
  new Command('autoscale')
    .description('How workloads follow demand: what is set, what is decided and why.')
    .addCommand(list(begin))
    .addCommand(show(begin))
    .addCommand(set(begin))
    .addCommand(preview(begin))
    .addCommand(pausing(begin, 'pause'))
    .addCommand(pausing(begin, 'resume'))
    .addCommand(decisions(begin))
    .addCommand(explain(begin))
    .addCommand(replay(begin));
