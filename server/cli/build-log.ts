// Follows a build: prints its log as it grows and says what it waits for, until it has ended. Asks the server again and again, so that it goes on
// when the server was away for a moment.
import { stripVTControlCharacters } from 'node:util';
import type { BuildView } from '../http/contract/index.ts';
import { path, RefusedError, type Client } from './client.ts';
import { CliError, EXIT } from './exit.ts';
import type { Io } from './io.ts';

const ASK_EVERY_MS = 500;

/** Prints the log from an offset to its present end. @returns the next offset */
export async function printLog(client: Client, id: string, offset: number, print: (text: string) => void): Promise<number> {
  for (let at = offset; ; ) {
    const { text, headers } = await client.text(path('builds', id, 'log'), { offset: at });
    if (text !== '') print(plain(text));
    const next = Number(headers['x-log-next'] ?? at);
    if (next <= at || next >= Number(headers['x-log-bytes'])) return Math.max(at, next);
    at = next;
  }
}

/** What a build command writes must not steer the terminal: lines and tabs stay, colours and cursors go. */
export const plain = (text: string): string => stripVTControlCharacters(text).replace(/\r\n?/g, '\n').replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, '');

/**
 * Waits until a build has ended, and prints its log meanwhile.
 * @throws CliError with exit code 2 when time is up or the person stops watching; the build goes on
 */
export async function followBuild(io: Io, client: Client, id: string, timeoutMs: number, print: (text: string) => void): Promise<BuildView> {
  const started = io.now();
  let said = '';
  for (let offset = 0; ; ) {
    const build = await look(client, id);
    if (build !== null) {
      const line = build.state === 'queued' ? `waits: ${build.reason}` : build.state === 'running' ? `${build.phase}${build.host === null ? '' : ` on ${build.host}`}` : '';
      if (line !== said && line !== '') io.err(`${plain(line)}\n`);
      said = line;
      offset = await printLog(client, id, offset, print).catch(() => offset);
      if (build.endedAt !== null) return build;
    }
    if (io.now() - started >= timeoutMs) throw new CliError(`The build has not ended after ${Math.round(timeoutMs / 1000)} s; it goes on without being watched: firn build log ${id} --follow`, EXIT.pending);
    try {
      await io.wait(ASK_EVERY_MS);
    } catch {
      throw new CliError(`Not watched any more; the build goes on: firn build cancel ${id}`, EXIT.pending);
    }
  }
}

/** Null while the server cannot be asked. */
async function look(client: Client, id: string): Promise<BuildView | null> {
  try {
    return await client.get<BuildView>(path('builds', id));
  } catch (error) {
    if (error instanceof RefusedError && error.problem.status < 500) throw error;
    if (error instanceof CliError && error.message === 'Stopped.') throw error;
    return null;
  }
}
