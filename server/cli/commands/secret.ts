// `firn secret`: values go in through standard input or are asked for, never through the command line, where history and process lists show them.
import { Command } from '@commander-js/extra-typings';
import type { Secrets, SecretView } from '../../http/contract/index.ts';
import { age, parseInteger } from '../amounts.ts';
import { path } from '../client.ts';
import { CliError, usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import type { Io } from '../io.ts';
import { printList, printOne, type Column } from '../output.ts';

const ownerOf = ({ team, service, environment }: SecretView): string => (service === null ? `team ${team}` : `${service}.${environment ?? ''}`);
const columns = (now: number): readonly Column<SecretView>[] => [
  { title: 'OF', value: ownerOf },
  { title: 'NAME', value: ({ name }) => name },
  { title: 'VERSION', value: ({ version }) => version, align: 'right' },
  { title: 'USED BY', value: ({ usedBy }) => usedBy.join(', ') },
  { title: 'SET BY', value: ({ createdBy }) => createdBy },
  { title: 'AGE', value: ({ createdAt }) => age(now - Date.parse(createdAt)), align: 'right' },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Versions of secrets and the releases that use them; values are never shown.')
    .option('--team <team>', 'only of this team')
    .option('--service <service>', 'only of this service')
    .option('-e, --environment <name>', 'only of this environment')
    .addHelpText('after', examples('secret list', 'secret list --service quote -e production'))
    .action(async ({ team, service, environment }, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<Secrets>('/secrets', { team, service, environment });
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: columns(io.now()), empty: 'No secret is set: firn secret set NAME --team TEAM' });
    });

async function readValue(io: Io): Promise<string> {
  const value = io.interactive ? await io.ask('Value: ', true) : (await io.stdin()).replace(/\r?\n$/, '');
  if (value === '') throw usageError('The value is empty: pipe it in, or type it where it is asked for.');
  return value;
}

const set = (begin: Begin) =>
  new Command('set')
    .description('Sets a secret; its value is read from standard input, or asked for. Releases made from now on use it.')
    .argument('<name>')
    .requiredOption('--team <team>', 'whose it is')
    .option('--service <service>', 'of this service; without it: of the team, for builds')
    .option('-e, --environment <name>', 'in this environment')
    .addHelpText('after', examples('secret set db-password --team quotes --service quote -e production < password.txt', 'secret set git --team quotes'))
    .action(async (name, { team, service, environment }, self) => {
      const { io, printing, client } = begin(self);
      if ((service === undefined) !== (environment === undefined)) throw usageError('Say --service and --environment both, or neither for a secret of the team.');
      const secret = await client().send<SecretView>('POST', '/secrets', { team, ...(service === undefined ? {} : { service, environment }), name, value: await readValue(io) });
      await printOne(io, printing, secret, secret.id, () => `${secret.name} of ${ownerOf(secret)} is set, version ${secret.version}.\n`);
    });

const remove = (begin: Begin) =>
  new Command('rm')
    .description('Deletes a secret, all versions or one; refused while a kept release needs it.')
    .argument('<name>')
    .requiredOption('--team <team>', 'whose it is')
    .option('--service <service>', 'of this service')
    .option('-e, --environment <name>', 'in this environment')
    .option('--only <version>', 'only this version', parseInteger)
    .addHelpText('after', examples('secret rm db-password --team quotes --service quote -e production', 'secret rm git --team quotes --only 1'))
    .action(async (name, { team, service, environment, only }, self) => {
      const { io, client } = begin(self);
      const connected = client();
      const { items } = await connected.get<Secrets>('/secrets', { team, service, environment });
      const found = items.filter((each) => each.name === name && each.service === (service ?? null) && (only === undefined || each.version === only));
      if (found.length === 0) throw new CliError(`There is no such secret ${name}.`, 1, [`there are: ${[...new Set(items.map((each) => each.name))].join(', ') || 'none'}`]);
      for (const { id, version } of found) {
        await connected.send('DELETE', path('secrets', id));
        io.err(`${name} version ${version} is deleted.\n`);
      }
    });

export const command = (begin: Begin) => new Command('secret').description('Values that only containers and builds get to see.').addCommand(set(begin)).addCommand(list(begin)).addCommand(remove(begin));
