// `firn host token`: one-time tokens with which machines join, and what a machine becomes that does.
import { Command, Option } from '@commander-js/extra-typings';
import type { HostKind, JoinToken, JoinTokenCreated, z } from '../../http/contract/index.ts';
import { age, collect, collectPairs, parseDurationMs, parseInteger } from '../amounts.ts';
import { path } from '../client.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';

type Token = z.infer<typeof JoinToken>;
type Created = z.infer<typeof JoinTokenCreated>;
const KINDS: readonly z.infer<typeof HostKind>[] = ['physical', 'private-vm', 'cloud-vm', 'lxc'];

const columns = (now: number): readonly Column<Token>[] => [
  { title: 'ID', value: ({ id }) => id },
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'SITE/RACK', value: ({ site, rack }) => `${site}/${rack}` },
  { title: 'NETWORK', value: ({ mode, network }) => (network === undefined ? mode : `${mode} ${network}`) },
  { title: 'ENDS IN', value: ({ expiresAt }) => (Date.parse(expiresAt) <= now ? 'ended' : age(Date.parse(expiresAt) - now)) },
  { title: 'USED BY', value: ({ usedBy }) => usedBy },
  { title: 'MADE BY', value: ({ createdBy }) => createdBy },
];

const create = (begin: Begin) =>
  new Command('create')
    .description('Makes a token with which one machine can join; prints the command to run there.')
    .addOption(new Option('--kind <kind>', 'what the machine is').choices(KINDS).makeOptionMandatory())
    .requiredOption('--site <site>', 'where it stands')
    .requiredOption('--rack <rack>', 'its rack: what may fail at once')
    .addOption(new Option('--mode <mode>', 'flat: addresses of the site; routed: a range of its own; host: the network of the machine itself, one replica on it').choices(['flat', 'routed', 'host'] as const).makeOptionMandatory())
    .option('--network <name>', 'flat: the network that it is on')
    .option('--tunnel', 'routed: reach the other hosts through VXLAN, where no router knows their ranges; 50 bytes of each packet, and some CPU')
    .option('--dns <address>', 'a name server for its containers; repeat it', collect)
    .option('--cost <cents>', 'cost of an hour in cents', parseInteger)
    .option('--performance <0..100>', 'how fast its cores are (physical 70, private-vm 60, lxc 65, cloud-vm 50)', parseInteger)
    .option('--stability <0..100>', 'how rarely it fails (physical 70, private-vm 65, lxc 55, cloud-vm 45)', parseInteger)
    .option('--label <key=value>', 'a label; repeat it', collectPairs)
    .option('--taint <key=value>', 'a taint; repeat it', collect)
    .option('--environment <name>', 'an environment that may run there; repeat it; all when left out', collect)
    .addOption(new Option('--ends-after <duration>', 'how long it can be used').argParser(parseDurationMs).default(3_600_000, '1h'))
    .addHelpText('after', examples('host token create --kind physical --site sz --rack r1 --mode flat --network sz-flat', 'host token create --kind cloud-vm --site cloud --rack az1 --mode routed --cost 120 --ends-after 24h'))
    .action(async (options, self) => {
      const { io, printing, client } = begin(self);
      const { endsAfter, cost, label, taint, environment, ...rest } = options;
      const draft = { ...rest, expiresInSeconds: Math.round(endsAfter / 1000), costCentsPerHour: cost, labels: label, taints: taint, environments: environment };
      const token = await client().send<Created>('POST', '/join-tokens', draft);
      io.err(`Run this on the machine, as root, within ${age(endsAfter)}:\n`);
      await printOne(io, printing, token, token.id, () => `${token.command}\n`);
    });

const list = (begin: Begin) =>
  new Command('list')
    .description('Join tokens.')
    .addHelpText('after', examples('host token list'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: Token[] }>('/join-tokens');
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: columns(io.now()), empty: 'There is no join token: firn host token create --help' });
    });

const remove = (begin: Begin) =>
  new Command('delete')
    .description('Deletes a join token: nobody can join with it any more.')
    .argument('<id>')
    .addHelpText('after', examples('host token delete 01a1f1a0-…'))
    .action(async (id, _options, self) => {
      const { io, client } = begin(self);
      await client().send('DELETE', path('join-tokens', id));
      io.err('Deleted.\n');
    });

export const hostTokenCommand = (begin: Begin) => new Command('token').description('One-time tokens with which machines join.').addCommand(create(begin)).addCommand(list(begin)).addCommand(remove(begin));
