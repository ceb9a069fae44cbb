// `firn service`: what runs, where and how well, and giving capacity back.
import { Command } from '@commander-js/extra-typings';
import type { ServiceDetail, ServiceView, WorkloadView } from '../../http/contract/index.ts';
import { cores, counted, memory } from '../amounts.ts';
import { path } from '../client.ts';
import { CliError } from '../exit.ts';
import { confirm, examples, type Begin } from '../invocation.ts';
import { fields, printList, printOne, table, type Column } from '../output.ts';
import { REPLICA_COLUMNS, unplacedLines } from './replica-table.ts';

const COLUMNS: readonly Column<WorkloadView>[] = [
  { title: 'WORKLOAD', value: ({ name }) => name },
  { title: 'TEAM', value: ({ team }) => team },
  { title: 'QPS', value: ({ peakQps }) => peakQps, align: 'right' },
  { title: 'RUNNING', value: ({ running, wanted }) => `${running} of ${wanted}`, align: 'right' },
  { title: 'PENDING', value: ({ wanted, placed }) => (wanted > placed ? wanted - placed : null), align: 'right' },
  { title: 'CPU NOW', value: ({ cpuMilliNow }) => (cpuMilliNow === null ? null : cores(cpuMilliNow)), align: 'right' },
  { title: 'MEMORY NOW', value: ({ memoryMibNow }) => (memoryMibNow === null ? null : memory(memoryMibNow)), align: 'right' },
  { title: 'COST/H', value: ({ costCentsPerHour }) => (costCentsPerHour / 100).toFixed(2), align: 'right' },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Services with their workloads.')
    .option('--team <team>', 'only of this team')
    .addHelpText('after', examples('service list', 'service list --team quotes -o json'))
    .action(async ({ team }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: ServiceView[] }>('/services');
      const items = team === undefined ? body.items : body.items.filter((service) => service.team === team);
      await printList(io, printing, { body: { ...body, items }, rows: items.flatMap(({ workloads }) => workloads), name: ({ name }) => name, columns: COLUMNS, empty: 'Nothing runs yet: firn request submit --help' });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('One service: what was asked, what runs where, and what waits.')
    .argument('<service>')
    .option('-e, --environment <name>', 'only in this environment')
    .addHelpText('after', examples('service show quote', 'service show quote -e production -o json'))
    .action(async (name, { environment }, self) => {
      const { io, printing, client } = begin(self);
      const service = await client().get<ServiceDetail>(path('services', name));
      const workloads = environment === undefined ? service.workloads : [workloadOf(service, environment)];
      const kept = new Set(workloads.map(({ id }) => id));
      const shown = { ...service, workloads, replicas: service.replicas.filter(({ workloadId }) => kept.has(workloadId)) };
      await printOne(io, printing, shown, service.name, () => shown.workloads.map((workload) => workloadText(shown, workload)).join('\n'));
    });

/** @throws CliError naming the environments that there are */
export function workloadOf(service: ServiceView, environment: string): WorkloadView {
  const found = service.workloads.find((workload) => workload.environment === environment);
  if (found === undefined) throw new CliError(`${service.name} does not run in ${environment}.`, 1, [`it runs in: ${service.workloads.map((workload) => workload.environment).join(', ') || 'no environment'}`]);
  return found;
}

function workloadText(service: ServiceDetail, workload: WorkloadView): string {
  const replicas = service.replicas.filter(({ workloadId }) => workloadId === workload.id);
  const survives = workload.survive === 'none' ? 'survives nothing' : `survives the loss of a ${workload.survive}`;
  const text = fields([
    ['workload', `${workload.name}, team ${workload.team}`],
    ['asked', `${workload.peakQps} QPS, ${workload.profile.cpuMsPerRequest} ms CPU each, ${workload.headroomPermille / 10}% headroom, ${survives}`],
    ['runs', `${workload.running} of ${workload.wanted} replicas of shape ${workload.shape}, image ${workload.run.image}`],
    ['cost', `${(workload.costCentsPerHour / 100).toFixed(2)} an hour`],
    ['request', workload.requestId],
  ]);
  return text + (replicas.length === 0 ? '' : `\n${table(replicas, REPLICA_COLUMNS)}`) + unplacedLines(workload.pending).map((line) => `${line}\n`).join('');
}

const remove = (begin: Begin) =>
  new Command('remove')
    .description('Stops a service in an environment and gives all of its capacity back.')
    .argument('<service>')
    .requiredOption('-e, --environment <name>', 'where')
    .requiredOption('--why <reason>', 'for the history')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('service remove quote -e staging --why "the test is over" --yes'))
    .action(async (name, { environment, why, yes }, self) => {
      const invocation = begin(self);
      const client = invocation.client();
      const workload = workloadOf(await client.get<ServiceDetail>(path('services', name)), environment);
      await confirm(invocation, yes, workload.name, `${workload.name} stops, ${counted(workload.wanted, 'replica')}.`);
      await client.send('DELETE', path('workloads', workload.id), { reason: why });
      invocation.io.err(`${workload.name} is given back, ${counted(workload.wanted, 'replica')}.\n`);
    });

export const command = (begin: Begin) => new Command('service').description('What runs.').addCommand(list(begin)).addCommand(show(begin)).addCommand(remove(begin));
