// `firn token`: one's own API tokens, for scripts and CI.
import { Command, Option } from '@commander-js/extra-typings';
import type { Token, TokenCreated, z } from '../../http/contract/index.ts';
import { age, parseDurationMs } from '../amounts.ts';
import { path } from '../client.ts';
import { CliError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';

type TokenView = z.infer<typeof Token>;
const SCOPES = ['read', 'request', 'deploy', 'operate', 'push', 'admin'] as const;

const columns = (now: number): readonly Column<TokenView>[] => [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'SCOPES', value: ({ scopes }) => scopes.join(' ') },
  { title: 'TEAM', value: ({ team }) => team ?? 'all' },
  { title: 'ENDS IN', value: ({ expiresAt }) => (Date.parse(expiresAt) <= now ? 'ended' : age(Date.parse(expiresAt) - now)) },
  { title: 'LAST USED', value: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : `${age(now - Date.parse(lastUsedAt))} ago`) },
  { title: 'ID', value: ({ id }) => id },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Your API tokens, newest first.')
    .addHelpText('after', examples('token list'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: TokenView[] }>('/tokens');
      await printList(io, printing, { body, rows: body.items, name: ({ name }) => name, columns: columns(io.now()), empty: 'You have no API token: firn token create NAME --scope read' });
    });

const create = (begin: Begin) =>
  new Command('create')
    .description('Makes an API token and prints it: it is shown this once.')
    .argument('<name>')
    .addOption(new Option('--scope <scopes...>', 'what it may do').choices(SCOPES).makeOptionMandatory())
    .option('--team <team>', 'only in this team')
    .addOption(new Option('--ends-after <duration>', 'how long it can be used').argParser(parseDurationMs).default(2_592_000_000, '30d'))
    .addHelpText('after', examples('token create ci --scope read request --team quotes --ends-after 90d', 'token create dashboard --scope read'))
    .action(async (name, { scope, team, endsAfter }, self) => {
      const { io, printing, client } = begin(self);
      const token = await client().send<z.infer<typeof TokenCreated>>('POST', '/tokens', { name, scopes: scope, team: team ?? null, expiresInSeconds: Math.round(endsAfter / 1000) });
      io.err(`Token ${token.name} ends at ${token.expiresAt}. It is shown this once; use it as FIRN_TOKEN:\n`);
      await printOne(io, printing, token, token.secret, () => `${token.secret}\n`);
    });

const remove = (begin: Begin) =>
  new Command('delete')
    .description('Deletes one of your API tokens: it ends at once.')
    .argument('<name or id>')
    .addHelpText('after', examples('token delete ci'))
    .action(async (asked, _options, self) => {
      const { io, client } = begin(self);
      const connected = client();
      const { items } = await connected.get<{ items: TokenView[] }>('/tokens');
      const found = items.find(({ id, name }) => id === asked || name === asked);
      if (found === undefined) throw new CliError(`You have no API token "${asked}".`, 1, [`you have: ${items.map(({ name }) => name).join(', ') || 'none'}`]);
      await connected.send('DELETE', path('tokens', found.id));
      io.err(`Token ${found.name} is deleted.\n`);
    });

export const command = (begin: Begin) => new Command('token').description('Your API tokens.').addCommand(list(begin)).addCommand(create(begin)).addCommand(remove(begin));
