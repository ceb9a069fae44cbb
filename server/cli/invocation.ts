// What a command's action gets to work with: the world, how to print, a client made when it is first needed, and a way to
// end with another code than 0. And what commands share: examples in help, and asking before something is given up.
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Client } from './client.ts';
import type { Target } from './config.ts';
import { CliError, usageError } from './exit.ts';
import type { Io } from './io.ts';
import type { Printing } from './output.ts';

export interface Invocation {
  readonly io: Io;
  readonly printing: Printing;
  /** @throws CliError when flags, environment or context file cannot be used */
  target(): Target;
  client(): Client;
  /** The command went well and ends with this code all the same: 2 pending, 1 would change. */
  endWith(exitCode: number): void;
}

/** Every noun is built with this: actions call it with their own command to learn the options that all commands share. */
export type Begin = (command: CommandUnknownOpts) => Invocation;

/** A noun's file exports this. */
export interface Noun {
  readonly command: (begin: Begin) => CommandUnknownOpts;
}

/** Examples at the end of a command's help, without the leading `firn`. */
export const examples = (...lines: readonly string[]): string => `\nExamples:\n${lines.map((line) => `  $ firn ${line}`).join('\n')}`;

/**
 * Asks a person to type the name again before something cannot be undone.
 * @throws CliError (usage) when nobody can be asked and `--yes` was not given
 */
export async function confirm({ io }: Invocation, yes: boolean | undefined, name: string, what: string): Promise<void> {
  if (yes === true) return;
  if (!io.interactive) throw usageError(`${what} Say --yes to do it without being asked.`);
  const typed = await io.ask(`${what} Type "${name}" to go on: `, false);
  if (typed.trim() !== name) throw new CliError('Nothing was changed.');
}

/** Reads `-f FILE`, `-` for standard input, as YAML (JSON is YAML). @throws CliError (usage) naming file, line and column */
export async function readDocument({ io }: Invocation, file: string): Promise<unknown> {
  const { readFile } = await import('node:fs/promises');
  let text: string;
  try {
    text = file === '-' ? await io.stdin() : await readFile(file, 'utf8');
  } catch (error) {
    throw usageError(`The file ${file} cannot be read: ${(error as Error).message}.`);
  }
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { prettyErrors: true });
  const [first] = document.errors;
  if (first !== undefined) throw usageError(`${file === '-' ? 'Standard input' : file} is not YAML: ${first.message.split('\n')[0] ?? ''}`);
  return document.toJS() as unknown;
}
