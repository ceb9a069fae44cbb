// `firn network`: address ranges, and who had which address when.
import { Command } from '@commander-js/extra-typings';
import type { AddressHistory, NetworkView, z } from '../../http/contract/index.ts';
import { collect } from '../amounts.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';

const COLUMNS: readonly Column<NetworkView>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'MODE', value: ({ mode }) => mode },
  { title: 'SITE', value: ({ site }) => site },
  { title: 'RANGE', value: ({ cidr }) => cidr },
  { title: 'FOR REPLICAS', value: ({ first, last }) => `${first} to ${last}` },
  { title: 'HELD', value: ({ held }) => held, align: 'right' },
  { title: 'RESTING', value: ({ quarantined }) => quarantined, align: 'right' },
  { title: 'FREE', value: ({ free }) => free, align: 'right' },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Networks with what is left of them.')
    .addHelpText('after', examples('network list'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: NetworkView[] }>('/networks');
      await printList(io, printing, { body, rows: body.items, name: ({ name }) => name, columns: COLUMNS, empty: 'There is no network: firn network add --help' });
    });

const add = (begin: Begin) =>
  new Command('add')
    .description('Declares a flat network: the range of a site, and the part of it that replicas may have.')
    .argument('<name>')
    .requiredOption('--site <site>', 'the site that it spans')
    .requiredOption('--range <cidr>', 'the whole range, 10.30.0.0/24')
    .requiredOption('--gateway <address>', 'the router of the site')
    .requiredOption('--first <address>', 'first address for replicas')
    .requiredOption('--last <address>', 'last address for replicas')
    .option('--exclude <address>', 'an address between them that something else has; repeat it', collect)
    .option('--dns <address>', 'a name server for containers; repeat it', collect)
    .addHelpText('after', examples('network add sz-flat --site sz --range 10.30.0.0/24 --gateway 10.30.0.1 --first 10.30.0.100 --last 10.30.0.250'))
    .action(async (name, { range, exclude, ...rest }, self) => {
      const { io, printing, client } = begin(self);
      const network = await client().send<NetworkView>('POST', '/networks', { name, cidr: range, excluded: exclude, ...rest });
      await printOne(io, printing, network, network.name, () => `${network.name}: ${network.free} addresses for replicas.\n`);
    });

type Held = z.infer<typeof AddressHistory>['items'][number];
const HELD_COLUMNS: readonly Column<Held>[] = [
  { title: 'ADDRESS', value: ({ address }) => address },
  { title: 'REPLICA', value: ({ replica }) => replica },
  { title: 'HOST', value: ({ host }) => host },
  { title: 'MAC', value: ({ mac }) => mac },
  { title: 'FROM', value: ({ heldFrom }) => heldFrom },
  { title: 'UNTIL', value: ({ heldUntil }) => heldUntil ?? 'now' },
];

const address = (begin: Begin) =>
  new Command('address')
    .description('Who had an address, and when.')
    .argument('<address>')
    .option('--at <instant>', 'only who had it then, 2026-11-23T09:30:00Z')
    .addHelpText('after', examples('network address 10.30.0.101', 'network address 10.30.0.101 --at 2026-11-23T09:30:00Z'))
    .action(async (asked, { at }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<z.infer<typeof AddressHistory>>('/addresses', { address: asked, at });
      await printList(io, printing, { body, rows: body.items, name: ({ replica }) => replica, columns: HELD_COLUMNS, empty: `Nobody had ${asked}${at === undefined ? '' : ' then'}.` });
    });

export const command = (begin: Begin) => new Command('network').description('Address ranges, and who had which address.').addCommand(list(begin)).addCommand(add(begin)).addCommand(address(begin));
