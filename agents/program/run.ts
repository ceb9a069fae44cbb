// Starts programs for upgrades and for the installation: an agent that is tried, and short commands. Waits for nothing that has no deadline.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { promisify } from 'node:util';

export type { ChildProcess } from 'node:child_process';

/** Runs to its end; gives what it printed. Rejects when it fails or takes longer. */
export async function runBriefly(file: string, args: readonly string[], limitMs: number): Promise<string> {
  return (await promisify(execFile)(file, [...args], { timeout: limitMs, maxBuffer: 64 * 1024 })).stdout;
}

/** Another program of this Node, with a channel on which it can say something. Its output comes in pieces. */
export function startBeside(args: readonly string[], env: Readonly<Record<string, string | undefined>>): ChildProcess {
  return spawn(process.execPath, [...process.execArgv, ...args], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
}
