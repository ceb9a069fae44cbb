// `firn metrics source`: the Prometheus servers that arrivals of workloads are read from. A source is named as its workload has it.
import { Command } from '@commander-js/extra-typings';
import type { PrometheusSources, PrometheusSourceView, PrometheusTested } from '../../http/contract/index.ts';
import { age, parseDurationMs } from '../amounts.ts';
import { type Client, path } from '../client.ts';
import { CliError } from '../exit.ts';
import { type Begin, confirm, examples } from '../invocation.ts';
import { type Column, printList, printOne } from '../output.ts';
import { workloadIdOf } from '../workload-id.ts';

const columns = (now: number): readonly Column<PrometheusSourceView>[] => [
  { title: 'WORKLOAD', value: ({ workload }) => workload },
  { title: 'NAME', value: ({ name }) => name },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'REQUESTS/S', align: 'right', value: ({ qps }) => qps },
  { title: 'SAID', value: ({ saidAt }) => (saidAt === null ? 'never' : `${age(now - Date.parse(saidAt))} ago`) },
  { title: 'EVERY', align: 'right', value: ({ everySeconds }) => `${everySeconds}s` },
  { title: 'URL', value: ({ url }) => url },
  { title: 'PROBLEM', value: ({ problem }) => problem },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Every Prometheus that arrivals are read from, and what it said last.')
    .argument('[workload]', 'SERVICE.ENVIRONMENT; absent: of all')
    .addHelpText('after', examples('metrics source list', 'metrics source list quote.production -o yaml'))
    .action(async (workload, _options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<PrometheusSources>('/prometheus/sources', workload === undefined ? {} : { workload: await workloadIdOf(client(), workload) });
      await printList(io, printing, { body, rows: body.items, name: ({ workload: of, name }) => `${of} ${name}`, columns: columns(io.now()), empty: 'None is asked: firn metrics source add WORKLOAD NAME URL --query QUERY' });
    });

const add = (begin: Begin) =>
  new Command('add')
    .description("Reads a workload's arrivals from a Prometheus. The query must give one number: requests a second.")
    .argument('<workload>', 'SERVICE.ENVIRONMENT')
    .argument('<name>')
    .argument('<url>', 'of the server; /api/v1/query is added')
    .requiredOption('--query <promql>', 'what it is asked')
    .option('--every <duration>', 'how often', parseDurationMs, 10_000)
    .addHelpText('after', examples(`metrics source add quote.production nginx http://prometheus.quotes.internal:9090 --query 'sum(rate(nginx_requests_total{service="quote"}[30s]))'`))
    .action(async (workload, name, url, { query, every }, self) => {
      const { io, printing, client } = begin(self);
      const source = await client().send<PrometheusSourceView>('POST', '/prometheus/sources', { workload: await workloadIdOf(client(), workload), name, url, query, everySeconds: Math.round(every / 1000) });
      await printOne(io, printing, source, source.name, () => `Arrivals of ${source.workload} are read from ${source.name} every ${source.everySeconds} s. Try it: firn metrics source test ${source.workload} ${source.name}\n`);
    });

const tryOne = (begin: Begin) =>
  new Command('test')
    .description('Asks a Prometheus now, and shows the number that it gave.')
    .argument('<workload>', 'SERVICE.ENVIRONMENT')
    .argument('<name>')
    .addHelpText('after', examples('metrics source test quote.production nginx'))
    .action(async (workload, name, _options, self) => {
      const { io, printing, client } = begin(self);
      const { id } = await sourceNamed(client(), workload, name);
      const tested = await client().send<PrometheusTested>('POST', path('prometheus', 'sources', id, 'test'));
      if (tested.problem !== null) throw new CliError(`${name} gave no number: ${tested.problem}.`);
      await printOne(io, printing, tested, name, () => `${tested.qps} requests/s, within ${tested.ms} ms.\n`);
    });

const remove = (begin: Begin) =>
  new Command('rm')
    .description('Does not ask a Prometheus any more.')
    .argument('<workload>', 'SERVICE.ENVIRONMENT')
    .argument('<name>')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('metrics source rm quote.production nginx --yes'))
    .action(async (workload, name, { yes }, self) => {
      const begun = begin(self);
      const { io, client } = begun;
      const { id } = await sourceNamed(client(), workload, name);
      await confirm(begun, yes, name, `Arrivals of ${workload} are not read from ${name} any more.`);
      await client().send('DELETE', path('prometheus', 'sources', id));
      io.err(`${name} is not asked any more.\n`);
    });

/** @throws CliError naming those that there are */
async function sourceNamed(client: Client, workload: string, name: string): Promise<PrometheusSourceView> {
  const { items } = await client.get<PrometheusSources>('/prometheus/sources', { workload: await workloadIdOf(client, workload) });
  const found = items.find((source) => source.name === name);
  if (found === undefined) throw new CliError(`${workload} has no Prometheus source ${name}; ${items.length === 0 ? 'it has none' : `it has: ${items.map((source) => source.name).join(', ')}`}.`);
  return found;
}

export const source = (begin: Begin) => new Command('source').description('Prometheus servers that arrivals are read from.').addCommand(list(begin)).addCommand(add(begin)).addCommand(tryOne(begin)).addCommand(remove(begin));
