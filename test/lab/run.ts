/**
 * Runs short commands of the lab (`ip`, `umount`) one after the other, each with a deadline.
 * The only file of the lab that waits for a command's end; long-lived processes are in processes.ts.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Command } from './topology.ts';

const execute = promisify(execFile);

/** The same environment whatever the caller's is: a lab must not behave differently in somebody's shell. */
export const LAB_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
};

/** A command of the kernel's network tools takes milliseconds; ten seconds means that it hangs. */
const DEADLINE_MS = 10_000;

/** Runs one command and gives its standard output. Throws an Error with the command and what it said. */
export async function run(command: Command): Promise<string> {
  const [file, ...rest] = command;
  if (file === undefined) throw new Error('an empty command cannot run');
  try {
    const { stdout } = await execute(file, rest, { env: LAB_ENVIRONMENT, timeout: DEADLINE_MS, maxBuffer: 16 << 20 });
    return stdout;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(`${command.join(' ')}: ${said || String(error)}`, { cause: error });
  }
}

/** Runs commands in order; the first failure ends it. */
export async function runAll(commands: readonly Command[]): Promise<void> {
  for (const command of commands) await run(command);
}
