// `firn status`: the cluster at a glance.
import { Command } from '@commander-js/extra-typings';
import type { Status } from '../../http/contract/index.ts';
import { age, coreCount, cores, memory, money } from '../amounts.ts';
import { examples, type Begin } from '../invocation.ts';
import { fields, printOne, table } from '../output.ts';

export const command = (begin: Begin) =>
  new Command('status')
    .description('The cluster at a glance: hosts, capacity, what runs, what waits, and the control loops.')
    .addHelpText('after', examples('status', 'status -o json'))
    .action(async (_options, self) => {
      const invocation = begin(self);
      const status = await invocation.client().get<Status>('/status');
      await printOne(invocation.io, invocation.printing, status, status.clusterId, () => text(status, invocation.io.now()));
    });

function text(status: Status, now: number): string {
  const { totals } = status;
  const fleet = status.fleet === 'real' ? 'real hosts' : `${status.fleet}${status.fleetNote === null ? '' : `: ${status.fleetNote}`}`;
  const loops = status.loops.map((loop) => ({ ...loop, ago: loop.lastRunAt === null ? null : `${age(now - Date.parse(loop.lastRunAt))} ago` }));
  return (
    fields([
      ['cluster', `${status.clusterId}, Firn ${status.version}, revision ${status.revision}`],
      ['fleet', fleet],
      ['hosts', `${totals.hostsReady} of ${totals.hosts} ready`],
      ['CPU', `${cores(totals.allocated.cpuMilli)} of ${coreCount(totals.capacity.cpuMilli)} allocated`],
      ['memory', `${memory(totals.allocated.memoryMib)} of ${memory(totals.capacity.memoryMib)} allocated`],
      ['replicas', `${totals.running} of ${totals.replicas} running, ${totals.pending} pending`],
      ['requests', totals.requestsWaiting === 0 ? 'none waits' : `${totals.requestsWaiting} wait for a decision: firn request list --state waiting`],
      ['cost', `${money(totals.costCentsPerHour, status.currency)} an hour${totals.gap === null ? '' : `, proven within ${totals.gap.percent.toFixed(2)} % of the cheapest possible`}`],
    ]) +
    '\n' +
    table(loops, [
      { title: 'LOOP', value: ({ name }) => name },
      { title: 'RAN', value: ({ ago }) => ago },
      { title: 'TOOK', value: ({ lastMs }) => (lastMs === null ? null : `${Math.round(lastMs)} ms`), align: 'right' },
      { title: 'STATUS', value: ({ failing, status: said }) => (failing ? `FAILING: ${said}` : said) },
    ])
  );
}
