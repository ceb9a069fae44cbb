// `firn context`: which servers one is signed in to, and which of them is meant when nothing else is said.
import { Command } from '@commander-js/extra-typings';
import { contextPath, readContexts, writeContexts, type StoredContext } from '../config.ts';
import { usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import { fields, printList, printOne, type Column } from '../output.ts';

interface Row extends Omit<StoredContext, 'token'> {
  readonly name: string;
  readonly current: boolean;
}
/** A context without its token, which is never printed. */
const rowOf = (name: string, { address, user, tokenId, expiresAt }: StoredContext, current: string | null): Row => ({ name, current: name === current, address, user, tokenId, expiresAt });

const COLUMNS: readonly Column<Row>[] = [
  { title: '', value: ({ current }) => (current ? '*' : ' ') },
  { title: 'NAME', value: ({ name }) => name },
  { title: 'ADDRESS', value: ({ address }) => address },
  { title: 'USER', value: ({ user }) => user },
  { title: 'UNTIL', value: ({ expiresAt }) => expiresAt.slice(0, 10) },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('The contexts that `firn login` made; * marks the present one.')
    .addHelpText('after', examples('context list'))
    .action(async (_options, self) => {
      const { io, printing } = begin(self);
      const file = readContexts(io.env);
      const rows = Object.entries(file.contexts).map(([name, stored]) => rowOf(name, stored, file.current));
      await printList(io, printing, { body: { items: rows }, rows, name: ({ name }) => name, columns: COLUMNS, empty: 'You are not signed in anywhere: firn login' });
    });

const use = (begin: Begin) =>
  new Command('use')
    .description('Makes a context the present one.')
    .argument('<context>')
    .addHelpText('after', examples('context use work'))
    .action(async (name, _options, self) => {
      const { io } = begin(self);
      const file = readContexts(io.env);
      if (file.contexts[name] === undefined) throw usageError(`There is no context "${name}".`, [`known: ${Object.keys(file.contexts).join(', ') || 'none'}`]);
      writeContexts(io.env, { ...file, current: name });
      io.err(`${name} is the present context.\n`);
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('Which server is meant now, and as whom.')
    .addHelpText('after', examples('context show'))
    .action(async (_options, self) => {
      const { io, printing, target } = begin(self);
      const { address, token, context } = target();
      const stored = context === null ? undefined : readContexts(io.env).contexts[context];
      const body = { address, context, user: stored?.user ?? null, signedIn: token !== null, file: contextPath(io.env) };
      await printOne(io, printing, body, context ?? address, () =>
        fields([
          ['address', address],
          ['context', context],
          ['user', stored?.user ?? (token === null ? 'nobody' : 'whoever owns the token')],
          ['file', body.file],
        ]),
      );
    });

export const command = (begin: Begin) => new Command('context').description('Which server, and as whom.').addCommand(list(begin)).addCommand(use(begin)).addCommand(show(begin));
