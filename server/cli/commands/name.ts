// `firn name`: names that clients ask for, where they lead, and what a client would be told.
import { Command, Option } from '@commander-js/extra-typings';
import type { AnswerView, ClientsView, Names, NameView } from '../../http/contract/index.ts';
import { collect, collectPairs, parseInteger } from '../amounts.ts';
import { path } from '../client.ts';
import { usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';

const COLUMNS: readonly Column<NameView>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'WORKLOAD', value: ({ service, environment }) => `${service}.${environment}` },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'BY', value: ({ preference }) => preference },
  { title: 'TTL', value: ({ ttlSeconds }) => `${ttlSeconds}s`, align: 'right' },
  { title: 'WHERE', value: ({ sites }) => sites.map(({ site, weight, healthy, addresses, code }) => `${site} ${code === 'serves' ? weight : code} ${healthy}/${addresses}`).join(', ') },
  { title: 'QPS', value: ({ queriesPerSecond }) => Math.round(queriesPerSecond * 10) / 10, align: 'right' },
];
const nameText = ({ name, state, reason, sites, ttlSeconds }: NameView): string =>
  `${name} is ${state}: ${reason}. TTL ${ttlSeconds} s.\n${sites.map(({ site, weight, healthy, addresses, why }) => `  ${site}: weight ${weight}, ${healthy} of ${addresses} healthy; ${why}\n`).join('')}`;

/** `dc1=700` -> {dc1: 700}. */
export function weightsOf(pairs: Readonly<Record<string, string>>): Record<string, number> {
  return Object.fromEntries(Object.entries(pairs).map(([site, text]) => {
    if (!/^\d{1,4}$/.test(text) || Number(text) > 1000) throw usageError(`--weight ${site}=${text}: a weight is a whole number from 0 to 1000.`);
    return [site, Number(text)];
  }));
}

const list = (begin: Begin) =>
  new Command('list')
    .description('Every name and where it leads: site, weight or what keeps clients away, healthy addresses.')
    .addHelpText('after', examples('name list'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Names>('/names');
      await printList(io, printing, { body, rows: body.items, name: ({ name }) => name, columns: COLUMNS, empty: 'There is no name: firn name set quote.example --service quote' });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('Where a name leads, site by site.')
    .argument('<name>')
    .addHelpText('after', examples('name show quote.example'))
    .action(async (name, _options, self) => {
      const { io, printing, client } = begin(self);
      const view = await client().get<NameView>(path('names', name));
      await printOne(io, printing, view, view.name, () => nameText(view));
    });

const set = (begin: Begin) =>
  new Command('set')
    .description('Adds a name, or says anew and whole where it leads. To change weights of a name in use, shift traffic instead.')
    .argument('<name>')
    .requiredOption('--service <service>', 'that it leads to')
    .option('-e, --environment <name>', 'of the service', 'production')
    .option('--port <port>', "where it is not the release's", parseInteger)
    .addOption(new Option('--prefer <how>', 'which site a client is sent to').choices(['nearest', 'weights', 'order'] as const).default('nearest' as const))
    .option('--order <site>', 'sites, the first that is well serves; repeat it', collect)
    .option('--weight <site=0..1000>', 'share of the clients; repeat it', collectPairs)
    .option('--ttl <seconds>', 'how long clients may keep an answer', parseInteger, 60)
    .option('--most <count>', 'addresses in one answer', parseInteger, 4)
    .addHelpText('after', examples('name set quote.example --service quote', 'name set quote.example --service quote --prefer weights --weight dc1=700 --weight dc2=300 --ttl 60', 'name set pay.example --service pay --prefer order --order dc1 --order dc2'))
    .action(async (name, { service, environment, port, prefer, order, weight, ttl, most }, self) => {
      const { io, printing, client } = begin(self);
      const input = { service, environment, ...(port === undefined ? {} : { port }), preference: prefer, order: order ?? [], weights: weightsOf(weight ?? {}), ttlSeconds: ttl, mostAddresses: most };
      const view = await client().send<NameView>('PUT', path('names', name), input);
      await printOne(io, printing, view, view.name, () => nameText(view));
    });

const remove = (begin: Begin) =>
  new Command('rm')
    .description('Removes a name: clients are told that there is none.')
    .argument('<name>')
    .addHelpText('after', examples('name rm quote.example'))
    .action(async (name, _options, self) => {
      const { io, client } = begin(self);
      await client().send('DELETE', path('names', name));
      io.err(`${name} is removed.\n`);
    });

const resolve = (begin: Begin) =>
  new Command('resolve')
    .description('What a client would be told now, and why.')
    .argument('<name>')
    .requiredOption('--client <address>', 'of the client')
    .addHelpText('after', examples('name resolve quote.example --client 10.20.0.7'))
    .action(async (name, { client: address }, self) => {
      const { io, printing, client } = begin(self);
      const told = await client().get<AnswerView>(path('names', name, 'answer'), { client: address });
      const text = () => `${told.addresses.map((each) => `${each.address}:${told.port} ${each.site}\n`).join('')}for ${told.ttlSeconds} s: ${told.why}\n${told.tried.filter(({ site }) => site !== told.site).map(({ site, why }) => `  ${site}: ${why}\n`).join('')}`;
      await printOne(io, printing, told, name, text);
    });

const clients = (begin: Begin) =>
  new Command('clients')
    .description('Who asked in the last half hour, by nearest site, and where answers led.')
    .argument('<name>')
    .addHelpText('after', examples('name clients quote.example'))
    .action(async (name, _options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<ClientsView>(path('names', name, 'clients'));
      const columns: readonly Column<ClientsView['minutes'][number]>[] = [
        { title: 'MINUTE', value: ({ at }) => at },
        { title: 'NEAR', value: ({ near }) => near },
        { title: 'SENT TO', value: ({ site }) => site },
        { title: 'HTTP', value: ({ http }) => http, align: 'right' },
        { title: 'DNS', value: ({ dns }) => dns, align: 'right' },
      ];
      await printList(io, printing, { body, rows: body.minutes, name: ({ at, site }) => `${at} ${site ?? '-'}`, columns, empty: 'Nobody asked.' });
    });

export const command = (begin: Begin) => new Command('name').description('Names that clients ask for.').addCommand(list(begin)).addCommand(show(begin)).addCommand(set(begin)).addCommand(remove(begin)).addCommand(resolve(begin)).addCommand(clients(begin));
