// Which server to talk to, and as whom: flags win over the environment, the environment over the context file.
// The only file of the command line that reads the environment. The context file holds tokens: it is 0600, written whole.
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError, usageError } from './exit.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export const processEnvironment = (): Environment => process.env;

export const DEFAULT_ADDRESS = 'http://127.0.0.1:7070';

export interface StoredContext {
  readonly address: string;
  readonly user: string;
  readonly token: string;
  readonly tokenId: string;
  readonly expiresAt: string;
}
export interface ContextFile {
  readonly current: string | null;
  readonly contexts: Readonly<Record<string, StoredContext>>;
}
const EMPTY: ContextFile = { current: null, contexts: {} };

/** `$XDG_CONFIG_HOME/firn/config.json`. */
export const contextPath = (env: Environment): string => join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'firn', 'config.json');

/** @throws CliError when the file is there and not what this program writes */
export function readContexts(env: Environment): ContextFile {
  const path = contextPath(env);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
    throw new CliError(`The context file ${path} cannot be read: ${(error as Error).message}.`);
  }
  try {
    const file = JSON.parse(text) as ContextFile;
    if (typeof file.contexts !== 'object' || file.contexts === null) throw new Error('it has no contexts');
    return { current: file.current ?? null, contexts: file.contexts };
  } catch (error) {
    throw new CliError(`The context file ${path} is damaged (${(error as Error).message}): delete it and run \`firn login\` again.`);
  }
}

/** Replaces the file whole: a reader sees the old or the new one. */
export function writeContexts(env: Environment, file: ContextFile): void {
  const path = contextPath(env);
  const fresh = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(fresh, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
    chmodSync(fresh, 0o600);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new CliError(`The context file ${path} cannot be written: ${(error as Error).message}.`);
  }
}

export interface Target {
  readonly address: string;
  readonly token: string | null;
  /** Name of the context that it comes from; null when flags or the environment say it all. */
  readonly context: string | null;
}

/**
 * @param flags `--address`, `--token` and `--context`
 * @throws CliError (usage) when the context is not known or the address is no URL
 */
export function resolveTarget(flags: { readonly address?: string | undefined; readonly token?: string | undefined; readonly context?: string | undefined }, env: Environment): Target {
  const file = readContexts(env);
  const wanted = flags.context ?? (env['FIRN_CONTEXT'] || undefined);
  const name = wanted ?? file.current;
  const stored = name === null ? undefined : file.contexts[name];
  if (wanted !== undefined && stored === undefined) throw usageError(`There is no context "${wanted}".`, [`known: ${Object.keys(file.contexts).join(', ') || 'none; run `firn login`'}`]);
  const said = flags.address ?? (env['FIRN_ADDR'] || undefined);
  const address = checkAddress(said ?? stored?.address ?? DEFAULT_ADDRESS);
  // A context's token goes to that context's server and to no other.
  const own = stored !== undefined && checkAddress(stored.address) === address ? stored.token : null;
  return { address, token: flags.token ?? (env['FIRN_TOKEN'] || null) ?? own, context: own === null ? null : name };
}

/** An address without a path: `http://host:port`. @throws CliError (usage) */
export function checkAddress(text: string): string {
  const full = /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) throw usageError(`"${text}" is no address of a server: write it as ${DEFAULT_ADDRESS}.`);
  return new URL(full).origin;
}
