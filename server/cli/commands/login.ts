// `firn login`: signs in with name and password, makes an API token for this machine, and remembers it as a context.
// The password goes to the server and nowhere else; the session ends as soon as the token is there.
import { hostname } from 'node:os';
import { Command, Option } from '@commander-js/extra-typings';
import type { Me, TokenCreated, z } from '../../http/contract/index.ts';
import { parseDurationMs } from '../amounts.ts';
import { makeClient, path, RefusedError, type Client } from '../client.ts';
import { checkAddress, readContexts, writeContexts } from '../config.ts';
import { CliError, usageError } from '../exit.ts';
import { examples, type Begin } from '../invocation.ts';
import type { Io } from '../io.ts';

type Created = z.infer<typeof TokenCreated>;

export const command = (begin: Begin) =>
  new Command('login')
    .description('Signs in and remembers it as a context. The context holds an API token, never the password.')
    .argument('[address]', 'the server; FIRN_ADDR or the present context when left out')
    .option('--name <user>', 'who signs in; asked for when left out')
    .option('--password-stdin', 'take the password from standard input; a second line is the new one, where somebody else set the first')
    .option('--as <context>', "the context's name; the server's host name when left out")
    .addOption(new Option('--ends-after <duration>', 'how long the token can be used').argParser(parseDurationMs).default(2_592_000_000, '30d'))
    .addHelpText('after', examples('login http://127.0.0.1:7070', 'login https://firn.example.org --name ann --as work', 'login --name ci --password-stdin < password.txt'))
    .action(async (said, options, self) => {
      const { io, target } = begin(self);
      const address = said === undefined ? target().address : checkAddress(said);
      const name = options.name ?? (io.interactive ? await io.ask('Name: ', false) : undefined);
      if (name === undefined) throw usageError('Nobody can be asked who signs in: say --name.');
      const passwords = await readPasswords(io, options.passwordStdin);
      const { user, token } = await exchange(makeClient({ address, token: null, context: null }, io.signal), io, { name, ...passwords }, Math.round(options.endsAfter / 1000));
      const context = options.as ?? new URL(address).hostname;
      const file = readContexts(io.env);
      const before = file.contexts[context];
      writeContexts(io.env, { current: context, contexts: { ...file.contexts, [context]: { address, user, token: token.secret, tokenId: token.id, expiresAt: token.expiresAt } } });
      if (before !== undefined) await forget(before.address, before.token, before.tokenId, io);
      io.err(`Signed in to ${address} as ${user}; context "${context}", until ${token.expiresAt.slice(0, 10)}.\n`);
    });

interface Passwords {
  readonly password: string;
  /** Instead of one that somebody else set. */
  readonly next: string | undefined;
}

async function readPasswords(io: Io, piped: boolean | undefined): Promise<Passwords> {
  if (piped === true) {
    const [password = '', next] = (await io.stdin()).replace(/\r?\n$/, '').split(/\r?\n/);
    return { password, next };
  }
  if (!io.interactive) throw usageError('Nobody can be asked for the password: pipe it in with --password-stdin.');
  return { password: await io.ask('Password: ', true), next: undefined };
}

/** Password -> session -> token; the session is ended whatever happens in between. */
async function exchange(client: Client, io: Io, { name, password, next }: Passwords & { readonly name: string }, expiresInSeconds: number): Promise<{ user: string; token: Created }> {
  const { body: me, cookies } = await client.exchange<Me>('POST', '/auth/login', { name, password });
  const cookie = cookies[0]?.split(';')[0];
  if (cookie === undefined) throw new CliError(`${client.address} signed ${name} in and gave no session.`);
  try {
    if (me.mustChangePassword) await client.send('POST', '/me/password', { current: password, next: next ?? (await askNext(io)) }, { cookie });
    return { user: me.name, token: await makeToken(client, cookie, expiresInSeconds) };
  } finally {
    await client.send('POST', '/auth/logout', undefined, { cookie });
  }
}

async function askNext(io: Io): Promise<string> {
  if (!io.interactive) throw new CliError('This password was set by somebody else: choose your own, as a second line of standard input or in the console.');
  io.err('This password was set by somebody else: choose your own.\n');
  const next = await io.ask('New password: ', true);
  if (next !== (await io.ask('Once more: ', true))) throw new CliError('The two are not the same; the password stays as it was.');
  return next;
}

/** More logins from one machine than this are a script that should have a token of its own. */
const MOST_NAMES = 20;

/** History shows the token's name, so it says which machine it was: `cli-desk`, then `cli-desk-2` and so on. */
async function makeToken(client: Client, cookie: string, expiresInSeconds: number): Promise<Created> {
  const machine = `cli-${hostname().toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').slice(0, 30)}`.replace(/-+$/, '');
  for (let number = 1; ; number++) {
    try {
      return await client.send<Created>('POST', '/tokens', { name: number === 1 ? machine : `${machine}-${number}`, scopes: ['admin'], expiresInSeconds }, { cookie });
    } catch (error) {
      if (!(error instanceof RefusedError) || error.problem.code !== 'token-exists' || number >= MOST_NAMES) throw error;
    }
  }
}

/** The token of a context that goes is deleted; that it is gone already is no error. */
export async function forget(address: string, token: string, tokenId: string, io: Io): Promise<void> {
  try {
    await makeClient({ address, token, context: null }, io.signal).send('DELETE', path('tokens', tokenId));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    io.err(`The token of the context could not be deleted on ${address}: ${error.message}\n`);
  }
}
