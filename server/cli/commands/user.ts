// `firn user`: users and their roles. Passwords are never flags: other people see those.
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import type { Grant, User, z } from '../../http/contract/index.ts';
import { path, type Client } from '../client.ts';
import { CliError, usageError } from '../exit.ts';
import { examples, type Begin, type Invocation } from '../invocation.ts';
import { printList, printOne, type Column } from '../output.ts';

type UserView = z.infer<typeof User>;
type GrantView = z.infer<typeof Grant>;
const ROLES: readonly GrantView['role'][] = ['viewer', 'developer', 'sre', 'admin'];

/** `developer:quotes`, `viewer`, `sre`. */
export function collectGrants(text: string, before: readonly GrantView[] | undefined): GrantView[] {
  const [word = '', team, ...rest] = text.split(':');
  const role = ROLES.find((each) => each === word);
  if (role === undefined || team === '' || rest.length > 0) throw new InvalidArgumentError(`"${text}" is no role: write ${ROLES.join(', ')}, or with a team developer:quotes.`);
  return [...(before ?? []), { team: team ?? null, role }];
}

const COLUMNS: readonly Column<UserView>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'ROLES', value: ({ grants }) => grants.map(({ team, role }) => (team === null ? role : `${role}:${team}`)).join(' ') },
  { title: 'STATE', value: ({ disabled }) => (disabled ? 'disabled' : 'active') },
  { title: 'SINCE', value: ({ createdAt }) => createdAt.slice(0, 10) },
];

async function userByName(client: Client, name: string): Promise<UserView> {
  const { items } = await client.get<{ items: UserView[] }>('/users');
  const found = items.find((user) => user.name === name);
  if (found === undefined) throw new CliError(`There is no user "${name}".`);
  return found;
}

/** Piped in, or typed twice without being shown. */
async function newPassword({ io }: Invocation, piped: boolean | undefined): Promise<string> {
  if (piped === true) return (await io.stdin()).replace(/\r?\n$/, '');
  if (!io.interactive) throw usageError('Nobody can be asked for a password: pipe it in with --password-stdin.');
  const first = await io.ask('New password: ', true);
  if (first !== (await io.ask('Again: ', true))) throw new CliError('The two are not the same: nothing was changed.');
  return first;
}

const list = (begin: Begin) =>
  new Command('list')
    .description('All users.')
    .addHelpText('after', examples('user list'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: UserView[] }>('/users');
      await printList(io, printing, { body, rows: body.items, name: ({ name }) => name, columns: COLUMNS, empty: 'There is no user.' });
    });

const create = (begin: Begin) =>
  new Command('create')
    .description('Creates a user.')
    .argument('<name>')
    .option('--role <role[:team]>', 'viewer, developer, sre or admin; repeat it', collectGrants)
    .option('--password-stdin', 'take the password from standard input')
    .addHelpText('after', examples('user create ann --role developer:quotes', 'user create bo --role sre --password-stdin < password.txt'))
    .action(async (name, { role, passwordStdin }, self) => {
      const invocation = begin(self);
      const password = await newPassword(invocation, passwordStdin);
      const user = await invocation.client().send<UserView>('POST', '/users', { name, password, grants: role ?? [] });
      await printOne(invocation.io, invocation.printing, user, user.name, () => `User ${user.name} was created.\n`);
    });

const edit = (begin: Begin) =>
  new Command('edit')
    .description('Gives a user exactly these roles.')
    .argument('<name>')
    .requiredOption('--role <role[:team]>', 'viewer, developer, sre or admin; repeat it', collectGrants)
    .addHelpText('after', examples('user edit ann --role developer:quotes --role viewer'))
    .action(async (name, { role }, self) => {
      const { io, printing, client } = begin(self);
      const connected = client();
      const { id } = await userByName(connected, name);
      const user = await connected.send<UserView>('PATCH', path('users', id), { grants: role });
      await printOne(io, printing, user, user.name, () => `${user.name} is now ${user.grants.map(({ team, role: held }) => (team === null ? held : `${held} of ${team}`)).join(', ')}.\n`);
    });

const password = (begin: Begin) =>
  new Command('password')
    .description('Sets a password anew and signs the user out everywhere.')
    .argument('<name>')
    .option('--password-stdin', 'take it from standard input')
    .addHelpText('after', examples('user password ann'))
    .action(async (name, { passwordStdin }, self) => {
      const invocation = begin(self);
      const client = invocation.client();
      const { id } = await userByName(client, name);
      await client.send('PATCH', path('users', id), { password: await newPassword(invocation, passwordStdin) });
      invocation.io.err(`The password of ${name} was set; their sessions ended.\n`);
    });

const switched = (begin: Begin, verb: 'disable' | 'enable') =>
  new Command(verb)
    .description(verb === 'disable' ? 'Keeps a user out: sessions and tokens stop at once.' : 'Lets a disabled user in again.')
    .argument('<name>')
    .addHelpText('after', examples(`user ${verb} ann`))
    .action(async (name, _options, self) => {
      const { io, client } = begin(self);
      const connected = client();
      const { id } = await userByName(connected, name);
      await connected.send('PATCH', path('users', id), { disabled: verb === 'disable' });
      io.err(`${name} is ${verb}d.\n`);
    });

export const command = (begin: Begin) => {
  const user = new Command('user').description('Users and their roles.');
  for (const verb of [list, create, edit, password]) user.addCommand(verb(begin));
  return user.addCommand(switched(begin, 'disable')).addCommand(switched(begin, 'enable'));
};
