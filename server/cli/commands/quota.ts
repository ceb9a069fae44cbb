// `firn quota`: what teams may have without asking, and changing it.
import { Command } from '@commander-js/extra-typings';
import type { QuotaView } from '../../http/contract/index.ts';
import { coreCount, cores, memory, parseCpuMilli, parseMemoryMib } from '../amounts.ts';
import { path } from '../client.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';

const COLUMNS: readonly Column<QuotaView>[] = [
  { title: 'TEAM', value: ({ team }) => team },
  { title: 'ENVIRONMENT', value: ({ environment }) => environment },
  { title: 'CPU USED', value: ({ used, limit }) => `${cores(used.cpuMilli)} of ${cores(limit.cpuMilli)}`, align: 'right' },
  { title: 'MEMORY USED', value: ({ used, limit }) => `${memory(used.memoryMib)} of ${memory(limit.memoryMib)}`, align: 'right' },
  { title: 'WAITING', value: ({ waiting }) => (waiting.cpuMilli === 0 && waiting.memoryMib === 0 ? null : `${coreCount(waiting.cpuMilli)}, ${memory(waiting.memoryMib)}`) },
  { title: 'NOTE', value: ({ used, limit }) => (used.cpuMilli > limit.cpuMilli || used.memoryMib > limit.memoryMib ? 'over quota' : null) },
];
const nameOf = ({ team, environment }: QuotaView): string => `${team}/${environment}`;

const list = (begin: Begin) =>
  new Command('list')
    .description('Limits and use, by team and environment.')
    .option('--team <team>', 'only of this team')
    .addHelpText('after', examples('quota list', 'quota list --team quotes -o json'))
    .action(async ({ team }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: QuotaView[] }>('/quotas');
      const items = team === undefined ? body.items : body.items.filter((quota) => quota.team === team);
      await printList(io, printing, { body: { ...body, items }, rows: items, name: nameOf, columns: COLUMNS, empty: 'No quota is set: firn quota set TEAM ENVIRONMENT --cpu 40 --memory 80Gi' });
    });

const set = (begin: Begin) =>
  new Command('set')
    .description('Sets what a team may have in an environment without asking. Lowering it below what is used stops nothing; it shows.')
    .argument('<team>')
    .argument('<environment>')
    .requiredOption('--cpu <cores>', 'cores (40) or millicores (500m)', parseCpuMilli)
    .requiredOption('--memory <amount>', '256Mi, 80Gi', parseMemoryMib)
    .option('--why <reason>', 'for the history')
    .addHelpText('after', examples('quota set quotes production --cpu 40 --memory 80Gi --why "earnings season"'))
    .action(async (team, environment, { cpu, memory: mib, why }, self) => {
      const { io, printing, client } = begin(self);
      const quota = await client().send<QuotaView>('PUT', path('quotas', team, environment), { cpuMilli: cpu, memoryMib: mib, ...(why === undefined ? {} : { reason: why }) });
      await printOne(io, printing, quota, nameOf(quota), () => `${nameOf(quota)} may have ${coreCount(quota.limit.cpuMilli)} and ${memory(quota.limit.memoryMib)}; ${coreCount(quota.used.cpuMilli)} and ${memory(quota.used.memoryMib)} are used.\n`);
    });

export const command = (begin: Begin) => new Command('quota').description('What teams may have without asking.').addCommand(list(begin)).addCommand(set(begin));
