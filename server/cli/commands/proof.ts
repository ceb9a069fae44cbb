// `firn proof`: how far the cluster is from the cheapest possible, proven, with the sum that anybody can do again.
import { Command } from '@commander-js/extra-typings';
import type { ClusterProof, Status } from '../../http/contract/index.ts';
import { coreCount, memory, money } from '../amounts.ts';
import { examples, type Begin } from '../invocation.ts';
import { printOne, table } from '../output.ts';

export const command = (begin: Begin) =>
  new Command('proof')
    .description('How far the cluster is from the cheapest possible, and the prices that prove it.')
    .addHelpText('after', examples('proof', 'proof -o json'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const proof = await client().get<ClusterProof>('/proof');
      const { currency } = await client().get<Status>('/status');
      await printOne(io, printing, proof, proof.gap === null ? '-' : proof.gap.percent.toFixed(2), () => text(proof, currency));
    });

function text({ sentence, gap, prices, hostClasses, revision }: ClusterProof, currency: string): string {
  if (gap === null) return `${sentence}\n`;
  const price = (cents: number) => money(cents, currency);
  return (
    `${sentence}\nOn revision ${revision}.\n\nWhat one replica is worth at most, so that no host could hold more than it costs, or hardly:\n` +
    table(prices.slice(0, 20), [
      { title: 'WORKLOAD', value: ({ workload }) => workload },
      { title: 'SIZE', value: ({ shape }) => `${coreCount(shape.cpuMilli)} ${memory(shape.memoryMib)}` },
      { title: 'REPLICAS', value: ({ replicas }) => replicas, align: 'right' },
      { title: 'WORTH EACH', value: ({ centsPerHour }) => price(centsPerHour), align: 'right' },
    ]) +
    (prices.length > 20 ? `and ${prices.length - 20} more: -o json\n` : '') +
    '\nWhat a host costs, and the dearest that it could hold at these prices:\n' +
    table(hostClasses, [
      { title: 'HOSTS', value: ({ hosts, used }) => `${used} of ${hosts} used`, align: 'right' },
      { title: 'CLASS', value: ({ name }) => name },
      { title: 'COSTS', value: ({ costCentsPerHour }) => price(costCentsPerHour), align: 'right' },
      { title: 'COULD HOLD', value: ({ worthCentsPerHour }) => price(worthCentsPerHour), align: 'right' },
    ]) +
    '\nAll replicas together are worth their prices; less what hosts could hold beyond their cost, that is the least that any arrangement costs.\n'
  );
}
