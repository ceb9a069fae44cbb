// `firn pool`: cloud VMs that could be bought, for what-if and why-not to reckon with.
import { Command } from '@commander-js/extra-typings';
import type { PoolView } from '../../http/contract/index.ts';
import { collect, collectPairs, coreCount, memory, parseCpuMilli, parseInteger, parseMemoryMib } from '../amounts.ts';
import { path } from '../client.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';

const COLUMNS: readonly Column<PoolView>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'SITE', value: ({ site }) => site },
  { title: 'SIZE', value: ({ capacity }) => `${coreCount(capacity.cpuMilli)} ${memory(capacity.memoryMib)}` },
  { title: 'CENTS AN HOUR', value: ({ costCentsPerHour }) => costCentsPerHour, align: 'right' },
  { title: 'AT MOST', value: ({ limit }) => limit, align: 'right' },
  { title: 'ENVIRONMENTS', value: ({ environments }) => environments.join(' ') || 'all' },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Every pool.')
    .addHelpText('after', examples('pool list', 'pool list -o json'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: PoolView[] }>('/pools');
      await printList(io, printing, { body, rows: body.items, name: ({ name }) => name, columns: COLUMNS, empty: 'There is no pool: firn pool set NAME --site SITE --cpu 16 --memory 32Gi --cost 90 --limit 20' });
    });

const set = (begin: Begin) =>
  new Command('set')
    .description('Adds a pool, or says anew and whole what it has.')
    .argument('<name>')
    .requiredOption('--site <site>', 'where its VMs would stand')
    .requiredOption('--cpu <cores>', 'of one VM', parseCpuMilli)
    .requiredOption('--memory <amount>', 'of one VM', parseMemoryMib)
    .requiredOption('--cost <cents>', 'of an hour of one VM', parseInteger)
    .requiredOption('--limit <count>', 'how many could be bought at most', parseInteger)
    .option('--label <key=value>', 'a label that its VMs would carry; repeat it', collectPairs)
    .option('--taint <key=value>', 'a taint that they would have; repeat it', collect)
    .option('--environment <name>', 'an environment that may run there; repeat it', collect)
    .addHelpText('after', examples('pool set large --site cn-a --cpu 16 --memory 32Gi --cost 90 --limit 20'))
    .action(async (name, { site, cpu, memory: memoryMib, cost, limit, label, taint, environment }, self) => {
      const { io, printing, client } = begin(self);
      const edit = { site, capacity: { cpuMilli: cpu, memoryMib }, costCentsPerHour: cost, limit, labels: label ?? {}, taints: taint ?? [], environments: environment ?? [] };
      const pool = await client().send<PoolView>('PUT', path('pools', name), edit);
      await printOne(io, printing, pool, pool.name, () => `${pool.name}: up to ${pool.limit} of ${coreCount(pool.capacity.cpuMilli)} and ${memory(pool.capacity.memoryMib)} in ${pool.site}.\n`);
    });

const remove = (begin: Begin) =>
  new Command('remove')
    .description('Forgets a pool; hosts that came from it stay.')
    .argument('<name>')
    .addHelpText('after', examples('pool remove large'))
    .action(async (name, _options, self) => {
      const { io, client } = begin(self);
      await client().send('DELETE', path('pools', name));
      io.err(`${name} is forgotten.\n`);
    });

export const command = (begin: Begin) => new Command('pool').description('Cloud VMs that could be bought.').addCommand(list(begin)).addCommand(set(begin)).addCommand(remove(begin));
