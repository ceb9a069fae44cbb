// `firn shell REPLICA [-- COMMAND]`: a terminal in a replica, through the server and its host's agent. It is on record who opened it, and what it showed.
import { Command } from '@commander-js/extra-typings';
import type { LogReplica, ShellMay, ShellServerMessage, ShellView } from '../../http/contract/index.ts';
import { age, parseInteger } from '../amounts.ts';
import { type Client, path } from '../client.ts';
import { CliError, usageError } from '../exit.ts';
import { examples, type Begin, type Invocation } from '../invocation.ts';
import { printList, type Column } from '../output.ts';
import { whatIsCalled } from '../replica-named.ts';
import { processTerminal, type Terminal } from '../terminal.ts';

/** Of a shell that was not opened, or was ended by somebody or something else than its command. */
const NOT_BY_ITSELF = 125;

const columns = (now: number): readonly Column<ShellView>[] => [
  { title: 'ID', value: ({ id }) => id },
  { title: 'REPLICA', value: ({ replica }) => replica },
  { title: 'HOST', value: ({ host }) => host },
  { title: 'BY', value: ({ by }) => by },
  { title: 'FROM', value: ({ from }) => from },
  { title: 'COMMAND', value: ({ command }) => command.join(' ') || null },
  { title: 'END', value: ({ end, exitCode }) => (end === null ? 'open' : `${end}${exitCode === null ? '' : ` ${exitCode}`}`) },
  { title: 'AGE', value: ({ startedAt }) => age(now - Date.parse(startedAt)), align: 'right' },
];

const open = (begin: Begin) =>
  new Command('open')
    .description('Opens a terminal in a replica, or runs a command there.')
    .argument('<replica>', 'its name, such as quote-production-0, its id, or a service for any one of it')
    .argument('[command...]', 'what to run instead of a shell, after --')
    .option('--no-tty', 'no terminal: for commands whose output a program reads')
    .option('--reason <text>', 'why, for the record')
    .addHelpText('after', examples('shell quote-production-0', 'shell open quote-production-0 -- ls -l /persist/logs', 'shell quote.staging --reason "heap dump" -- jcmd 1 GC.heap_info'))
    .action(async (what, command, { tty, reason }, self) => {
      const invocation = begin(self);
      const client = invocation.client();
      const id = await replicaIdOf(client, what);
      // Asked first, because a WebSocket that is refused comes without a sentence.
      const { may, reason: whyNot } = await client.get<ShellMay>(path('replicas', id, 'shell', 'may'));
      if (!may) throw new CliError(`No shell: ${whyNot ?? 'you may not open one there'}.`);
      const isTerminal = tty && invocation.io.interactive;
      const terminal = processTerminal(isTerminal);
      const query = new URLSearchParams([...command.map((arg): [string, string] => ['arg', arg]), ['tty', isTerminal ? 'true' : 'false'], ['columns', String(terminal.columns)], ['rows', String(terminal.rows)], ...(reason === undefined ? [] : [['reason', reason] as [string, string]])]);
      invocation.endWith(await attach(invocation, terminal, `${path('replicas', id, 'shell')}?${query.toString()}`));
    });

const list = (begin: Begin) =>
  new Command('list')
    .description('Shells that are and were open, newest first.')
    .option('--open', 'only those that are open')
    .option('--limit <count>', 'how many at most', parseInteger, 50)
    .addHelpText('after', examples('shell list', 'shell list --open -o name'))
    .action(async (options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: ShellView[] }>('/shells', { limit: options.limit, open: options.open === true ? 'true' : undefined });
      await printList(io, printing, { body, rows: body.items, name: ({ id }) => id, columns: columns(io.now()), empty: 'No shell was opened yet: firn shell REPLICA' });
    });

const end = (begin: Begin) =>
  new Command('end')
    .description('Ends a shell that is open: your own, or as an SRE any.')
    .argument('<id>')
    .addHelpText('after', examples('shell end 01a1f1a0-…'))
    .action(async (id, _options, self) => {
      const { io, client } = begin(self);
      await client().send('POST', path('shells', id, 'end'));
      io.err('It has ended.\n');
    });

const recording = (begin: Begin) =>
  new Command('recording')
    .description('What was shown on a shell, as an asciicast (asciinema play FILE); for admins.')
    .argument('<id>')
    .addHelpText('after', examples('shell recording 01a1f1a0-… > shell.cast'))
    .action(async (id, _options, self) => {
      const { io, client } = begin(self);
      io.out((await client().text(path('shells', id, 'recording'))).text);
    });

/** @throws CliError when there is no such replica, or none of the service that runs */
async function replicaIdOf(client: Client, what: string): Promise<string> {
  const spoken = await whatIsCalled(client, what);
  if (spoken.kind === 'replica') return spoken.id;
  const { items } = await client.get<{ items: LogReplica[] }>(path('services', spoken.service, 'logs', 'replicas'));
  const found = items.find(({ isGone, host, workload }) => !isGone && host !== null && (spoken.environment === undefined || workload === `${spoken.service}.${spoken.environment}`));
  if (found === undefined) throw new CliError(`No replica of ${what} runs.`);
  return found.replicaId;
}

/** Until it has ended. @returns the exit code for this process: that of the command, where it ended by itself */
async function attach(invocation: Invocation, terminal: Terminal, route: string): Promise<number> {
  const { io } = invocation;
  const { address, token } = invocation.target();
  if (token === null) throw usageError('A shell needs to know who you are: run `firn login`, or set FIRN_TOKEN.');
  const { WebSocket } = await import('ws');
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/api/v1${route}`, { headers: { authorization: `Bearer ${token}` }, handshakeTimeout: 10_000, perMessageDeflate: false });
  let ended: number | undefined;
  socket.on('unexpected-response', (_request, answer) => {
    reject(new CliError(`${address} answered ${answer.statusCode ?? 'nothing'} and opened no shell.`));
  });
  socket.on('open', () => {
    const say = (message: object): void => void (socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message)));
    terminal.attach({
      bytes: (bytes) => void (socket.readyState === WebSocket.OPEN && socket.send(bytes)),
      end: () => say({ type: 'input-end' }),
      size: (width, height) => say({ type: 'resize', columns: width, rows: height }),
    });
  });
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) return terminal.write(data);
    const message = JSON.parse(data.toString()) as ShellServerMessage;
    if (message.type === 'warning') io.err(`\r\n-- ${message.message}\r\n`);
    if (message.type !== 'end') return;
    ended = message.code === 'exited' ? (message.exitCode ?? 0) : NOT_BY_ITSELF;
    if (message.code !== 'exited') io.err(`\r\n-- the shell is over: ${message.message === '' ? message.code : message.message}\r\n`);
  });
  socket.on('error', (error) => reject(new CliError(`The shell at ${address} cannot be reached: ${error.message}.`)));
  socket.on('close', () => {
    if (ended === undefined) io.err('\r\n-- the connection broke\r\n');
    resolve(ended ?? NOT_BY_ITSELF);
  });
  const stop = (): void => socket.close();
  io.signal.addEventListener('abort', stop, { once: true });
  try {
    return await promise;
  } finally {
    io.signal.removeEventListener('abort', stop);
    terminal.restore();
  }
}

export const command = (begin: Begin) => {
  const shell = new Command('shell').description('A terminal in a replica; who opened it, and what it showed, is on record. Without a verb: open.').addCommand(open(begin), { isDefault: true });
  for (const verb of [list, end, recording]) shell.addCommand(verb(begin));
  return shell;
};
