// `firn address`: who holds or held which address, what is kept back of networks, conflicts, and reading in ranges.
import { readFile } from 'node:fs/promises';
import { Command, Option } from '@commander-js/extra-typings';
import type { AddressCard, AddressHistory, AddressHolding, Conflicts, ConflictView, ImportResult, Reservations, ReservationView } from '../../http/contract/index.ts';
import { counted } from '../amounts.ts';
import { path } from '../client.ts';
import { CliError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, table, type Column } from '../output.ts';

const HOLDINGS: readonly Column<AddressHolding>[] = [
  { title: 'ADDRESS', value: ({ address }) => address },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'REPLICA', value: ({ replica }) => replica },
  { title: 'HOST', value: ({ host }) => host },
  { title: 'MAC', value: ({ mac }) => mac },
  { title: 'FROM', value: ({ heldFrom }) => heldFrom },
  { title: 'UNTIL', value: ({ heldUntil, quarantinedUntil, state }) => (state === 'quarantined' ? `${heldUntil}, rests until ${quarantinedUntil}` : (heldUntil ?? 'now')) },
];

const find = (begin: Begin) =>
  new Command('find')
    .description('Searches the ledger: part of an address, MAC, replica, workload or host.')
    .argument('[part]', 'what to look for; left out: everything')
    .option('--mac <mac>', 'exactly this MAC')
    .option('--host <name>', 'on this host')
    .option('--workload <name>', 'of this workload, SERVICE.ENVIRONMENT')
    .option('--network <name>', 'of this network')
    .option('--at <instant>', 'only what was held then, 2026-11-23T09:30:00Z')
    .addOption(new Option('--state <state>', 'only in this state').choices(['held', 'leaving', 'quarantined', 'past'] as const))
    .addHelpText('after', examples('address find quote-production', 'address find 10.30.0.101 --at 2026-11-23T14:32:00+08:00', 'address find --host phy1 --state held'))
    .action(async (part, { at, ...filter }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<AddressHistory>('/addresses', { q: part, at: at === undefined ? undefined : instantOf(at), ...filter });
      await printList(io, printing, { body, rows: body.items, name: ({ address }) => address, columns: HOLDINGS, empty: 'Nothing in the ledger fits.' });
    });

/** With any offset from UTC; the server takes UTC. */
function instantOf(text: string): string {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new CliError(`"${text}" is no instant: write it as 2026-11-23T14:32:00+08:00 or ...Z.`);
  return at.toISOString();
}

const history = (begin: Begin) =>
  new Command('history')
    .description('Everything about one address: what it is now, and who had it.')
    .argument('<address>')
    .addHelpText('after', examples('address history 10.30.0.101'))
    .action(async (address, _options, self) => {
      const { io, printing, client } = begin(self);
      const card = await client().get<AddressCard>(path('addresses', address));
      await printOne(io, printing, card, card.address, () => `${card.sentence}\n${card.history.length === 0 ? '' : table(card.history, HOLDINGS)}`);
    });

const RESERVATIONS: readonly Column<ReservationView>[] = [
  { title: 'NETWORK', value: ({ network }) => network },
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'FROM', value: ({ first }) => first },
  { title: 'TO', value: ({ last }) => last },
  { title: 'COUNT', value: ({ count }) => count, align: 'right' },
  { title: 'NOTE', value: ({ note }) => note },
  { title: 'BY', value: ({ createdBy }) => createdBy },
  { title: 'ID', value: ({ id }) => id },
];

const reserve = (begin: Begin) =>
  new Command('reserve')
    .description('Keeps addresses of a network from replicas.')
    .argument('<network>')
    .argument('<first>', 'the address, or the first of several')
    .argument('[last]', 'the last of several')
    .requiredOption('--note <text>', 'what for')
    .option('--exclude', 'something that Firn does not know has them')
    .addHelpText('after', examples('address reserve sz-flat 10.30.0.200 10.30.0.209 --note "load balancers"', 'address reserve sz-flat 10.30.0.7 --exclude --note printer'))
    .action(async (network, first, last, { note, exclude }, self) => {
      const { io, printing, client } = begin(self);
      const kept = await client().send<ReservationView>('POST', '/addresses/reservations', { network, first, last, note, kind: exclude === true ? 'excluded' : 'reserved' });
      await printOne(io, printing, kept, kept.id, () => `${counted(kept.count, 'address', 'addresses')} of ${kept.network} ${kept.kind}: ${kept.note}.\n`);
    });

const unreserve = (begin: Begin) =>
  new Command('unreserve')
    .description('Lets replicas have the addresses of a reservation again.')
    .argument('<id>', 'of the reservation, see: firn address reservations')
    .addHelpText('after', examples('address unreserve 01a1f1a0-…'))
    .action(async (id, _options, self) => {
      const { io, client } = begin(self);
      await client().send('DELETE', path('addresses', 'reservations', id));
      io.err('They may be given again.\n');
    });

const reservations = (begin: Begin) =>
  new Command('reservations')
    .description('What is kept back of networks, and why.')
    .addHelpText('after', examples('address reservations'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Reservations>('/addresses/reservations');
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: RESERVATIONS, empty: 'Nothing is kept back: firn address reserve --help' });
    });

const CONFLICTS: readonly Column<ConflictView>[] = [
  { title: 'ADDRESS', value: ({ address }) => address },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'FOUND BY', value: ({ host }) => host },
  { title: 'OWN MAC', value: ({ ownMac }) => ownMac },
  { title: 'ANSWERS', value: ({ otherMac }) => otherMac },
  { title: 'FOUND', value: ({ foundAt }) => foundAt },
  { title: 'OUTCOME', value: ({ outcome }) => outcome },
  { title: 'ID', value: ({ id }) => id },
];

const conflicts = (begin: Begin) =>
  new Command('conflicts')
    .description('Addresses for which something else answered.')
    .addHelpText('after', examples('address conflicts'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Conflicts>('/addresses/conflicts');
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: CONFLICTS, empty: 'Nothing else answered for any address.' });
    });

const settle = (begin: Begin) =>
  new Command('settle')
    .description('Says that nothing else has the address of a conflict any more: it may be given again.')
    .argument('<id>', 'of the conflict, see: firn address conflicts')
    .addHelpText('after', examples('address settle 01a1f1a0-…'))
    .action(async (id, _options, self) => {
      const { io, client } = begin(self);
      await client().send('POST', `${path('addresses', 'conflicts', id)}/settle`, {});
      io.err('It may be given again.\n');
    });

const IMPORT_HELP = `
One thing a line, with commas or spaces between; # begins a comment; the first line may name the columns in another order.
  kind,network,range,note,site,gateway,first,last,dns,vlan
  network,sz-flat,10.30.0.0/24,,sz,10.30.0.1,10.30.0.100,10.30.0.250,10.30.0.2;10.30.0.3,120
  exclude,sz-flat,10.30.0.110-10.30.0.119,printers
  reserve sz-flat 10.30.0.200 load balancer
`;

const importCommand = (begin: Begin) =>
  new Command('import')
    .description('Reads in networks, reservations and exclusions from a file: all lines or none.')
    .argument('<file>')
    .option('--dry-run', 'only say what would be done, and what is wrong')
    .addHelpText('after', `${IMPORT_HELP}${examples('address import ranges.csv --dry-run', 'address import ranges.csv')}`)
    .action(async (file, { dryRun }, self) => {
      const { io, printing, client } = begin(self);
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        throw new CliError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      });
      const result = await client().send<ImportResult>('POST', '/addresses/import', { text, dryRun: dryRun === true });
      await printOne(io, printing, result, file, () => importText(result, dryRun === true));
      if (result.errors.length > 0) throw new CliError(`${counted(result.errors.length, 'line')} of ${file} cannot be read in; nothing was changed.`);
    });

function importText({ lines, errors, networks, addresses }: ImportResult, isDry: boolean): string {
  const wrong = errors.map(({ line, message, allowed }) => `line ${line}: ${message}${allowed === null || message.includes(allowed) ? '' : ` (allowed: ${allowed})`}\n`).join('');
  if (errors.length > 0) return wrong;
  return `${table(lines, [{ title: 'LINE', value: ({ line }) => line, align: 'right' }, { title: 'DOES', value: ({ action }) => action }, { title: 'NETWORK', value: ({ network }) => network }, { title: 'WHAT', value: ({ what }) => what }])}${counted(networks, 'network')} and ${counted(addresses, 'address', 'addresses')} ${isDry ? 'would be' : 'were'} read in.\n`;
}

export const command = (begin: Begin) =>
  new Command('address')
    .description('Who holds or held which address, and what is kept back.')
    .addCommand(find(begin))
    .addCommand(history(begin))
    .addCommand(importCommand(begin))
    .addCommand(reserve(begin))
    .addCommand(unreserve(begin))
    .addCommand(reservations(begin))
    .addCommand(conflicts(begin))
    .addCommand(settle(begin));
