// `firn logs`: what a service or one of its replicas writes. Lines go to stdout; whose they are, gaps and ends to stderr.
import { Command, Option } from '@commander-js/extra-typings';
import type { LogEntry } from '../../http/contract/index.ts';
import { parseInteger } from '../amounts.ts';
import { path } from '../client.ts';
import { EXIT, usageError } from '../exit.ts';
import { examples, type Begin, type Invocation } from '../invocation.ts';
import { type Colour, paint } from '../io.ts';
import { whatIsCalled } from '../replica-named.ts';

/** Before a broken connection is opened again. */
const AGAIN_MS = 1_000;
const COLOURS: readonly Colour[] = ['cyan', 'yellow', 'bold'];

type Line = Extract<LogEntry, { kind: 'line' }>;
type End = Extract<LogEntry, { kind: 'end' }>;

interface Showing {
  readonly isMerged: boolean;
  readonly hasTimes: boolean;
}

export const command = (begin: Begin) =>
  new Command('logs')
    .description('What a service, or one of its replicas, writes; also what a replica wrote that is gone.')
    .argument('<what>', 'a service, SERVICE.ENVIRONMENT, the name of a replica, or its id')
    .option('-f, --follow', 'go on with what is written from now on')
    .option('--tail <lines>', 'so many lines from the end, of each replica (200 where --since is not given)', parseInteger)
    .option('--since <time>', 'from then on: 10m ago, or an instant such as 2026-11-23T09:30:00Z')
    .option('--until <time>', 'up to then')
    .option('--search <text>', 'only lines with this text in them, in any case; no pattern')
    .addOption(new Option('--level <level>', 'only this level and above').choices(['debug', 'info', 'warn', 'error']))
    .addOption(new Option('--source <source>', 'standard output, or files below /persist/logs').choices(['stdout', 'files', 'all']).default('stdout'))
    .option('--file <path>', 'only this file, relative to /persist/logs')
    .option('-p, --previous', 'what containers of the replica wrote that are gone')
    .option('-t, --timestamps', 'with the time of each line')
    .addHelpText('after', examples('logs quote -f', 'logs quote.production --since 10m --level error', 'logs quote-production-0 --previous', 'logs quote-production-0 --file app/access.log --tail 50', 'logs quote --search timeout -o json | jq .text'))
    .action(async (what, options, self) => {
      const invocation = begin(self);
      const client = invocation.client();
      const spoken = await whatIsCalled(client, what);
      const { follow, file, previous, timestamps, ...rest } = options;
      if (spoken.kind === 'service' && (previous === true || file !== undefined)) throw usageError(`${previous === true ? '--previous' : '--file'} is for one replica: name it, such as ${what}-production-0.`);
      const query = { ...rest, source: file === undefined ? rest.source : 'files', ...(follow === true ? { follow: 'true' } : {}), ...(spoken.kind === 'replica' ? { file, previous: previous === true ? 'true' : undefined } : { environment: spoken.environment }) };
      const route = spoken.kind === 'replica' ? path('replicas', spoken.id, 'logs') : path('services', spoken.service, 'logs');
      await show(invocation, (since) => client.lines<LogEntry>(route, since === undefined ? query : { ...query, since, tail: undefined }), { isMerged: spoken.kind === 'service', hasTimes: timestamps === true }, follow === true);
    });

/** Until the end; with `follow` until it is stopped, over broken connections, without a line twice. */
async function show(invocation: Invocation, read: (since?: string) => AsyncIterable<LogEntry>, showing: Showing, follow: boolean): Promise<void> {
  const { io, endWith } = invocation;
  let last: string | undefined;
  for (;;) {
    const resumedAt = last;
    let end: End | undefined;
    try {
      for await (const entry of read(last)) {
        if (io.signal.aborted) return;
        if (entry.kind === 'end') end = entry;
        if (entry.kind === 'line' && entry.at !== null) {
          if (resumedAt !== undefined && entry.at <= resumedAt) continue;
          if (last === undefined || entry.at > last) last = entry.at;
        }
        print(invocation, entry, showing);
      }
    } catch (error) {
      if (io.signal.aborted) return;
      // The first time it is the answer; later the server may be starting again.
      if (!follow || last === undefined) throw error;
    }
    if (io.signal.aborted) return;
    if (end !== undefined && end.code !== 'host-away') return end.code === 'complete' && end.reason === '' ? undefined : said(invocation, end);
    if (!follow) {
      io.err(end === undefined ? 'The connection broke before the end.\n' : `${end.reason}\n`);
      return endWith(EXIT.error);
    }
    io.err(`${paint(io.color.err, 'dim', `-- ${end?.reason ?? 'the connection broke'}; tried again`)}\n`);
    await io.wait(AGAIN_MS).catch(() => undefined);
  }
}

function said({ io, endWith }: Invocation, { code, reason }: End): void {
  if (reason !== '') io.err(`${reason}\n`);
  if (code !== 'complete' && code !== 'limit') endWith(EXIT.error);
}

function print({ io, printing }: Invocation, entry: LogEntry, { isMerged, hasTimes }: Showing): void {
  if (printing.output === 'json') return entry.kind === 'beat' ? undefined : io.out(`${JSON.stringify(entry)}\n`);
  const talk = (text: string): void => io.err(`${paint(io.color.err, 'dim', `-- ${text}`)}\n`);
  if (entry.kind === 'line') io.out(`${hasTimes ? `${entry.at ?? '-'} ` : ''}${isMerged ? paint(io.color.out, colourOf(entry), `${entry.replica} | `) : ''}${harmless(entry.text, io.color.out)}${entry.cutBytes === undefined ? '' : ` … (${entry.cutBytes} bytes more)`}\n`);
  else if (entry.kind === 'gap') talk(`something is missing here${entry.bytes === null ? '' : ` (${entry.bytes} bytes)`}: ${isMerged ? `${entry.replica}: ` : ''}${entry.reason}`);
  else if (entry.kind === 'instance') talk(entry.state === 'gone' ? `container ${entry.containerId.slice(0, 12)} on ${entry.host}, which ended ${entry.endedAt ?? ''}` : `container ${entry.containerId.slice(0, 12)} on ${entry.host}`);
}

const colourOf = ({ replica }: Line): Colour => COLOURS[Buffer.from(replica).reduce((sum, byte) => sum + byte, 0) % COLOURS.length]!;

/** What a service writes must not be able to command the terminal of whoever reads it; colours are let through where they are wanted. */
function harmless(text: string, withColours: boolean): string {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  const safe = text.replaceAll(/\u001B\[[0-9;]{0,20}m|\p{Cc}/gu, (found) => (found === '\t' || (withColours && found.length > 1) ? found : ''));
  return withColours && safe.includes('\u001B') ? `${safe}\u001B[0m` : safe;
}
