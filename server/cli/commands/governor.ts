// `firn governor`: how far automatic actions may reach without a person, what waits for one, and the answer.
import { Command, Option } from '@commander-js/extra-typings';
import type { GovernorView, HoldView, Holds } from '../../http/contract/index.ts';
import { counted } from '../amounts.ts';
import { type Client, path } from '../client.ts';
import { usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, table, type Column } from '../output.ts';

/** What has limits; what hosts run that the database does not know (`evict`) always waits for a person. */
const ACTIONS = ['replace', 'retreat', 'upgrade'] as const;

const COLUMNS: readonly Column<HoldView>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'ACTION', value: ({ action }) => action },
  { title: 'HOSTS', value: ({ hosts }) => hosts.map(({ name }) => name).join(',') },
  { title: 'SINCE', value: ({ since }) => since },
  { title: 'BECAUSE', value: ({ grounds }) => grounds.sentence },
  { title: 'BY', value: ({ decidedBy }) => decidedBy },
];

function governorText({ settings, hosts, used, holds }: GovernorView): string {
  const limits = table(used, [
    { title: 'ACTION', value: ({ action }) => action },
    { title: 'HOSTS', value: (row) => `${row.hosts} of at most ${row.mostHosts} (${hosts} hosts)` },
    { title: 'SHARE', value: ({ action }) => `${settings[action].hostPermille / 10} % of hosts, ${settings[action].replicaPermille / 10} % of a workload` },
    { title: 'WITHIN', value: ({ action }) => `${settings[action].windowMs / 1000} s` },
  ]);
  if (holds.length === 0) return `${limits}\nNothing waits for a person.\n`;
  const waiting = holds.map(({ id, wouldDo, grounds }) => `${id}: would ${wouldDo}\n  held since ${grounds.sentence}\n  firn governor release ${id} --why "..."   or   firn governor decline ${id} --why "..."\n`);
  return `${limits}\n${counted(holds.length, 'hold')} wait for a person:\n${waiting.join('')}`;
}

const show = (begin: Begin) =>
  new Command('show')
    .description('The limits, how much of each is used, and what waits.')
    .addHelpText('after', examples('governor show'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const view = await client().get<GovernorView>('/governor');
      await printOne(io, printing, view, 'governor', () => governorText(view));
    });

const list = (begin: Begin) =>
  new Command('list')
    .description('What waits for a person; with --all also what waited.')
    .option('--all', 'what was decided or is over, too')
    .addHelpText('after', examples('governor list', 'governor list --all'))
    .action(async ({ all }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Holds>('/governor/holds', { state: all === true ? 'all' : 'held' });
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: COLUMNS, empty: 'Nothing waits for a person.' });
    });

/** The hold that is meant: by its id, by the end of it, or the only one that waits. */
async function find(client: Client, id: string | undefined): Promise<string> {
  const { items } = await client.get<Holds>('/governor/holds', { state: 'held' });
  if (id === undefined) {
    if (items.length !== 1) throw usageError(items.length === 0 ? 'Nothing waits for a person.' : `${items.length} holds wait: name one of ${items.map((hold) => hold.id).join(', ')}.`);
    return items[0]!.id;
  }
  const named = items.filter((hold) => hold.id.endsWith(id));
  return named.length === 1 ? named[0]!.id : id;
}

const decide = (verb: 'release' | 'decline', description: string) => (begin: Begin) =>
  new Command(verb)
    .description(description)
    .argument('[hold]', 'its id or the end of it; the only one that waits, if left out')
    .requiredOption('--why <reason>', 'for whoever wonders tomorrow')
    .addHelpText('after', examples(`governor ${verb} --why "${verb === 'release' ? 'rack 3 has no power' : 'the switch is being replaced'}"`))
    .action(async (id, { why }, self) => {
      const { io, printing, client: connect } = begin(self);
      const client = connect();
      const hold = await client.send<HoldView>('POST', path('governor', 'holds', await find(client, id), verb), { reason: why });
      await printOne(io, printing, hold, hold.id, () => `${hold.action} of ${hold.hosts.map(({ name }) => name).join(', ')} is ${hold.state}.\n`);
    });

const number = (most: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > most) throw usageError(`"${text}" is no whole number from 0 to ${most}.`);
  return value;
};

const set = (begin: Begin) =>
  new Command('set')
    .description('Changes how far one kind of action may reach without a person. One host is always allowed.')
    .addOption(new Option('--action <action>', 'which').choices(ACTIONS).makeOptionMandatory())
    .option('--hosts <permille>', 'thousandths of the hosts', number(1000))
    .option('--replicas <permille>', "thousandths of a workload's replicas", number(1000))
    .option('--window <seconds>', 'within how long', number(86_400))
    .addHelpText('after', examples('governor set --action replace --hosts 250', 'governor set --action upgrade --hosts 100 --window 3600'))
    .action(async ({ action, hosts, replicas, window }, self) => {
      const { io, printing, client: connect } = begin(self);
      const client = connect();
      const { settings } = await client.get<GovernorView>('/governor');
      const limit = { hostPermille: hosts ?? settings[action].hostPermille, replicaPermille: replicas ?? settings[action].replicaPermille, windowMs: window === undefined ? settings[action].windowMs : window * 1000 };
      const view = await client.send<GovernorView>('PUT', '/governor', { ...settings, [action]: limit });
      await printOne(io, printing, view, 'governor', () => governorText(view));
    });

export const command = (begin: Begin) =>
  new Command('governor')
    .description('How far automatic actions may reach without a person.')
    .addCommand(show(begin))
    .addCommand(list(begin))
    .addCommand(decide('release', 'Lets what is held be done.')(begin))
    .addCommand(decide('decline', 'Keeps it from being done, as long as these hosts are silent.')(begin))
    .addCommand(set(begin));
