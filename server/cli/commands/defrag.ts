// `firn defrag`: how many moves free how many hosts, as a price list; and proposing a point of it.
import { Command } from '@commander-js/extra-typings';
import type { Frontier, ProposalDetail, Status } from '../../http/contract/index.ts';
import { counted, money, parseInteger } from '../amounts.ts';
import { CliError, usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';

type Point = Frontier['points'][number] & { readonly number: number };

const columns = (currency: string): readonly Column<Point>[] => [
  { title: 'POINT', value: ({ number }) => number, align: 'right' },
  { title: 'MOVES', value: ({ moves }) => moves, align: 'right' },
  { title: 'FREES', value: ({ hostsFreed }) => counted(hostsFreed, 'host'), align: 'right' },
  { title: 'SAVES AN HOUR', value: ({ savedCentsPerHour }) => money(savedCentsPerHour, currency), align: 'right' },
  { title: 'EMPTIES', value: ({ emptied }) => `${emptied.slice(0, 5).join(', ')}${emptied.length > 5 ? `, … (${emptied.length})` : ''}` },
];

export const command = (begin: Begin) =>
  new Command('defrag')
    .description('What so many moves would free or save. Each replica is started elsewhere before it stops, at the pace of the policy.')
    .option('--moves <count>', 'the best point with at most so many moves', parseInteger)
    .option('--point <number>', 'this point of the list', parseInteger)
    .option('--propose', 'propose the point: it waits for a second person')
    .addHelpText('after', examples('defrag', 'defrag --moves 20', 'defrag --point 3 --propose', 'defrag -o json'))
    .action(async ({ moves, point, propose }, self) => {
      const { io, printing, client } = begin(self);
      if (moves !== undefined && point !== undefined) throw usageError('Say --moves or --point, not both.');
      const frontier = await client().get<Frontier>('/frontier');
      const { currency } = await client().get<Status>('/status');
      const points = frontier.points.map((each, index): Point => ({ ...each, number: index + 1 }));
      if (moves === undefined && point === undefined) {
        if (propose === true) throw usageError('Say which point to propose: --point NUMBER or --moves COUNT.');
        await printList(io, printing, { body: frontier, rows: points, name: ({ number }) => String(number), columns: columns(currency), empty: 'No number of moves would free a host or save money.' });
        return;
      }
      const chosen = points.findLast((each) => (point === undefined ? each.moves <= moves! : each.number === point));
      if (chosen === undefined) throw new CliError(point === undefined ? `No point needs at most ${counted(moves!, 'move')}.` : `There is no point ${point}: the list has ${points.length}.`);
      const { emptied, wishes } = chosen;
      if (propose !== true) {
        const lines = wishes.map(({ replica, from, host }) => `  ${replica}: ${from} -> ${host}\n`).join('');
        await printOne(io, printing, chosen, String(chosen.number), () => `${counted(chosen.moves, 'move')} free ${counted(chosen.hostsFreed, 'host')} (${emptied.join(', ')}) and save ${money(chosen.savedCentsPerHour, currency)} an hour:\n${lines}`);
        io.err(`To do it: firn defrag --point ${chosen.number} --propose\n`);
        return;
      }
      const title = `free ${counted(chosen.hostsFreed, 'host')} with ${counted(chosen.moves, 'move')}`;
      const proposal = await client().send<ProposalDetail>('POST', '/proposals', { title, changes: [{ kind: 'rearrange', wishes: wishes.map(({ replicaId, host }) => ({ replicaId, host })) }] });
      await printOne(io, printing, proposal, proposal.id, () => `Proposal ${proposal.id}: ${proposal.title}. ${proposal.stateReason}\n`);
    });
