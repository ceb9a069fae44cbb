// `firn why`: why replicas of a workload find no room, host by host, and the cheapest changes that would help.
import { Command } from '@commander-js/extra-typings';
import type { ServiceView, Status, WhyNots } from '../../http/contract/index.ts';
import { coreCount, counted, memory, money } from '../amounts.ts';
import { path } from '../client.ts';
import { CliError, usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printOne, table } from '../output.ts';

export const command = (begin: Begin) =>
  new Command('why')
    .description('Why replicas of a workload find no room: how many hosts each rule refuses, what the closest lacks, and what would help, cheapest first.')
    .argument('<workload>', 'SERVICE.ENVIRONMENT')
    .addHelpText('after', examples('why quote.production', 'why quote.production -o json'))
    .action(async (name, _options, self) => {
      const { io, printing, client } = begin(self);
      const at = name.lastIndexOf('.');
      if (at < 1) throw usageError(`"${name}" is no workload: write it as SERVICE.ENVIRONMENT.`);
      const service = await client().get<ServiceView>(path('services', name.slice(0, at)));
      const workload = service.workloads.find(({ environment }) => environment === name.slice(at + 1));
      if (workload === undefined) throw new CliError(`${service.name} has no capacity in ${name.slice(at + 1)}; it runs in: ${service.workloads.map(({ environment }) => environment).join(', ')}.`);
      const whys = await client().get<WhyNots>(path('workloads', workload.id, 'why'));
      const { currency } = await client().get<Status>('/status');
      await printOne(io, printing, whys, name, () => (whys.items.length === 0 ? `Every replica of ${name} has its host.\n` : whys.items.map((each) => whyText(each, currency)).join('\n')));
    });

function whyText({ workload, count, shape, hosts, rules, shortfall, fixes }: WhyNots['items'][number], currency: string): string {
  const refusing = rules.filter((rule) => rule.hosts > 0);
  const lacks = shortfall === null ? '' : `The closest is ${shortfall.host}: it lacks ${[coreCount(shortfall.missing.cpuMilli), memory(shortfall.missing.memoryMib)].filter((_, index) => [shortfall.missing.cpuMilli, shortfall.missing.memoryMib][index]! > 0).join(' and ') || counted(shortfall.addresses, 'address', 'addresses')}.\n`;
  const helps = fixes.length === 0 ? 'No single change was found that would help.\n' : `What would help, cheapest first; each was tried:\n${fixes.map(({ title, addedCentsPerHour }) => `  ${title}${addedCentsPerHour > 0 ? ` (${money(addedCentsPerHour, currency)} more an hour)` : ''}\n`).join('')}`;
  return `${count} of ${workload} (${coreCount(shape.cpuMilli)}, ${memory(shape.memoryMib)}) find no room on ${counted(hosts, 'host')}:\n${table(refusing, [{ title: 'HOSTS', value: (rule) => rule.hosts, align: 'right' }, { title: 'REFUSED BY', value: ({ rule }) => rule }])}${lacks}${helps}`;
}
