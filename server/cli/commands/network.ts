// `firn network`: address ranges, how full they are, and when they run out.
import { Command } from '@commander-js/extra-typings';
import type { Forecasts, NetworkView, Occupancy } from '../../http/contract/index.ts';
import { collect, parseInteger } from '../amounts.ts';
import { path } from '../client.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, table, type Column } from '../output.ts';

const COLUMNS: readonly Column<NetworkView>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'MODE', value: ({ mode, vlan, tunnel }) => (vlan !== null ? `${mode}, VLAN ${vlan}` : tunnel ? `${mode}, tunnel` : mode) },
  { title: 'SITE', value: ({ site }) => site },
  { title: 'RANGE', value: ({ cidr }) => cidr },
  { title: 'FOR REPLICAS', value: ({ first, last }) => `${first} to ${last}` },
  { title: 'HELD', value: ({ held }) => held, align: 'right' },
  { title: 'RESTING', value: ({ quarantined }) => quarantined, align: 'right' },
  { title: 'KEPT', value: ({ reserved }) => reserved, align: 'right' },
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
    .option('--vlan <id>', 'the VLAN that it is in, where the uplinks of hosts carry several', parseInteger)
    .addHelpText('after', examples('network add sz-flat --site sz --range 10.30.0.0/24 --gateway 10.30.0.1 --first 10.30.0.100 --last 10.30.0.250'))
    .action(async (name, { range, exclude, ...rest }, self) => {
      const { io, printing, client } = begin(self);
      const network = await client().send<NetworkView>('POST', '/networks', { name, cidr: range, excluded: exclude, ...rest });
      await printOne(io, printing, network, network.name, () => `${network.name}: ${network.free} addresses for replicas.\n`);
    });

const edit = (begin: Begin) =>
  new Command('edit')
    .description('Changes what replicas may have of a network, or its tunnel. Nobody loses an address by it.')
    .argument('<name>')
    .option('--first <address>', 'first address for replicas')
    .option('--last <address>', 'last address for replicas')
    .option('--dns <address>', 'a name server for containers, instead of those before; repeat it', collect)
    .option('--tunnel', 'routed: reach other hosts with a tunnel through VXLAN; 50 bytes of each packet, and some CPU')
    .option('--no-tunnel', 'routed: let the routers of the site do it')
    .addHelpText('after', examples('network edit sz-flat --last 10.30.0.254', 'network edit cloud1 --tunnel'))
    .action(async (name, options, self) => {
      const { io, printing, client } = begin(self);
      // Commander makes an absent --no-tunnel true.
      const { tunnel, ...rest } = options;
      const isGiven = self.getOptionValueSource('tunnel') === 'cli';
      const network = await client().send<NetworkView>('PATCH', path('networks', name), { ...rest, ...(isGiven ? { tunnel } : {}) });
      await printOne(io, printing, network, network.name, () => `${network.name}: ${network.free} addresses free${network.tunnel ? ', with a tunnel' : ''}.\n`);
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('How the addresses of a network are used, in runs.')
    .argument('<name>')
    .addHelpText('after', examples('network show sz-flat'))
    .action(async (name, _options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Occupancy>(`${path('networks', name)}/addresses`);
      const runs = table(body.runs, [{ title: 'FROM', value: ({ first }) => first }, { title: 'TO', value: ({ last }) => last }, { title: 'COUNT', value: ({ count }) => count, align: 'right' }, { title: 'USE', value: ({ use }) => use }]);
      await printOne(io, printing, body, name, () => `${runs}${body.isCut ? 'There are more runs than are shown.\n' : ''}`);
    });

const forecast = (begin: Begin) =>
  new Command('forecast')
    .description('When each network runs out of addresses, at the rate of the last days and at the maximum of the autoscaler.')
    .addHelpText('after', examples('network forecast', 'network forecast -o json'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Forecasts>('/networks/forecast');
      const columns: readonly Column<Forecasts['items'][number]>[] = [
        { title: 'NETWORK', value: ({ network }) => network },
        { title: 'LEVEL', value: ({ level }) => level },
        { title: 'HELD', value: ({ held }) => held, align: 'right' },
        { title: 'FREE', value: ({ free }) => free, align: 'right' },
        { title: 'A DAY', value: ({ perDay }) => perDay ?? '-', align: 'right' },
        { title: 'OUT IN DAYS', value: ({ runsOutInDays }) => runsOutInDays ?? '-', align: 'right' },
        { title: 'SHORT AT MAXIMUM', value: ({ atMaximum }) => atMaximum?.short ?? '-', align: 'right' },
      ];
      await printList(io, printing, { body, rows: body.items, name: ({ network }) => network, columns, empty: 'There is no network: firn network add --help' });
    });

export const command = (begin: Begin) => new Command('network').description('Address ranges, how full they are, and when they run out.').addCommand(list(begin)).addCommand(add(begin)).addCommand(edit(begin)).addCommand(show(begin)).addCommand(forecast(begin));
