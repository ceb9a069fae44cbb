// `firn metrics`: what a workload does now, who says so, and the time before it as a line.
import { Command, Option } from '@commander-js/extra-typings';
import type { LatestMetrics, MetricsHistory, MetricSource } from '../../http/contract/index.ts';
import { age, parseDurationMs } from '../amounts.ts';
import { path } from '../client.ts';
import { examples, type Begin } from '../invocation.ts';
import { printOne, table, type Column } from '../output.ts';
import { sparkline } from '../sparkline.ts';
import { workloadIdOf } from '../workload-id.ts';
import { source } from './metrics-source.ts';

type Row = MetricsHistory['series'][number];
const SHOWN = ['qps', 'errorsPerSecond', 'rejectedPerSecond', 'p99Ms', 'cpuMilli', 'memoryMib', 'connections', 'throttledPermille', 'ready', 'wanted'] as const;
const NAMES: Readonly<Partial<Record<Row['metric'], string>>> = { qps: 'requests/s', errorsPerSecond: 'errors/s', rejectedPerSecond: 'rejected/s', p99Ms: 'p99 ms', cpuMilli: 'cpu millicores', memoryMib: 'memory MiB', throttledPermille: 'throttled ‰' };
const WIDTH = 48;

const known = ({ values }: Row): number[] => values.filter((value) => value !== null);
const rounded = (value: number | null | undefined): number | null => (value === null || value === undefined ? null : value < 10 ? Math.round(value * 100) / 100 : Math.round(value));
const columns = (latest: LatestMetrics): readonly Column<Row>[] => [
  { title: 'METRIC', value: ({ metric }) => NAMES[metric] ?? metric },
  { title: 'NOW', align: 'right', value: (row) => rounded(row.metric in latest ? (latest[row.metric as keyof LatestMetrics] as number | null) : row.metric === 'wanted' ? latest.of : null) },
  { title: 'LEAST', align: 'right', value: (row) => rounded(known(row).length === 0 ? null : Math.min(...known(row))) },
  { title: 'MOST', align: 'right', value: (row) => rounded(known(row).length === 0 ? null : Math.max(...known(row))) },
  { title: 'BEFORE', value: ({ values }) => sparkline(values) },
];
const SOURCES: readonly Column<MetricSource>[] = [
  { title: 'SOURCE', value: ({ source }) => source },
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'REQUESTS/S', align: 'right', value: ({ qps }) => rounded(qps) },
  { title: 'AGE', align: 'right', value: ({ ageMs }) => age(ageMs) },
  { title: 'SAYS', value: ({ reporting, of }) => (reporting === null || of === null ? null : `${reporting} of ${of}`) },
  { title: 'TRUSTED', value: ({ isTrusted, problem }) => (isTrusted ? 'yes' : `no: ${problem ?? 'too old'}`) },
];

export const command = (begin: Begin) =>
  new Command('metrics')
    .description('What a workload does now, who says so, and the time before it as a line. Figures older than 30 seconds are not trusted.')
    .argument('<workload>', 'SERVICE.ENVIRONMENT')
    .addOption(new Option('--since <duration>', 'how far back the line goes').argParser(parseDurationMs).default(600_000, '10m'))
    .addCommand(source(begin))
    .addHelpText('after', examples('metrics quote.production', 'metrics quote.production --since 1d', 'metrics quote.production -o json'))
    .action(async (name, { since }, self) => {
      const { io, printing, client } = begin(self);
      const id = await workloadIdOf(client(), name);
      const latest = await client().get<LatestMetrics>(path('workloads', id, 'metrics'));
      const from = encodeURIComponent(new Date(io.now() - since).toISOString());
      const history = await client().get<MetricsHistory>(`/metrics?workload=${encodeURIComponent(id)}&metrics=${SHOWN.join(',')}&points=${WIDTH}&from=${from}`);
      await printOne(io, printing, { latest, history }, name, () => textOf(latest, history));
    });

function textOf(latest: LatestMetrics, history: MetricsHistory): string {
  const series = history.series.filter((row) => known(row).length > 0);
  const partial = latest.isPartial ? `Somebody who tells of its requests is silent: the sum may be too small.\n` : '';
  const sources = latest.sources.length === 0 ? 'Nobody tells of its requests: give its release a metrics path, or let a gateway push.\n' : table(latest.sources, SOURCES);
  return `${latest.workload}: ${latest.ready} of ${latest.of} replicas serve\n${partial}\n${series.length === 0 ? 'Nothing was measured in that time.\n' : table(series, columns(latest))}\n${sources}`;
}
