// Trying a new agent: the present one has stopped and watches. The new one runs as its child until the server has welcomed it; then the process becomes
// the new one for good. If it ends, or is not welcomed in time, the process becomes the present one again. Whatever dies meanwhile, the file that
// says which agent is in force changes only after the welcome. Gives decisions; what becomes of the process is main.ts's.
import type { AgentConfig } from './config.ts';
import type { Log } from './log.ts';
import { runBriefly, startBeside, type ChildProcess } from './program/run.ts';
import type { Trial, UpgradeStore } from './upgrade.ts';
import { readUpgradeState, writeUpgradeState } from './upgrade-state.ts';

/** Set in the environment of an agent that is being tried: it says when it is welcomed, and ends with its parent. */
export const TRIAL_VARIABLE = 'FIRN_AGENT_TRIAL';
/** SHA-256 of the program, where the process was started as another one and became this. */
export const LAUNCHED_VARIABLE = 'FIRN_AGENT_LAUNCHED';
/** What the child says to its parent. */
export const WELCOMED = 'welcomed';

const PREFLIGHT_LIMIT_MS = 15_000;
const END_LIMIT_MS = 10_000;
/** Of a program that is being tried: its last lines, when it ends. */
const KEPT_OUTPUT = 600;

/** State and preflight of a host. @param execArgv flags of Node that the agent runs with */
export function openUpgradeStore({ stateDir }: Pick<AgentConfig, 'stateDir'>, execArgv: readonly string[] = process.execArgv): UpgradeStore {
  return {
    read: () => readUpgradeState(stateDir),
    write: (state) => writeUpgradeState(stateDir, state),
    preflight: (file) => runBriefly(process.execPath, [...execArgv, file, 'version'], PREFLIGHT_LIMIT_MS),
  };
}

export type Verdict = { readonly kind: 'welcomed' } | { readonly kind: 'rolled-back'; readonly reason: string } | { readonly kind: 'stopped' };

export interface TrialParts {
  readonly trial: Trial;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Somebody wants the whole agent to end. */
  readonly stopped: Promise<void>;
}

/** Runs the new agent until it is welcomed, ends, or its time is over; it does not run any more when this resolves. */
export async function tryAgent({ trial, args, env, log, stopped }: TrialParts): Promise<Verdict> {
  const { order, file } = trial;
  log.info({ upgrade: order.id, version: order.version, withinMs: order.trialMs }, 'the new agent is tried');
  const child = startBeside([file, ...args], { ...env, [TRIAL_VARIABLE]: order.id, [LAUNCHED_VARIABLE]: order.sha256 });
  let last = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk);
      last = (last + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
    });
  }
  const verdict = await new Promise<Verdict>((resolve) => {
    const timer = setTimeout(() => resolve({ kind: 'rolled-back', reason: `the server did not welcome it within ${order.trialMs} ms` }), order.trialMs);
    timer.unref();
    const settle = (outcome: Verdict): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    child.once('message', (message) => message === WELCOMED && settle({ kind: 'welcomed' }));
    child.once('error', (error) => settle({ kind: 'rolled-back', reason: `it could not be started: ${error.message}` }));
    child.once('exit', (code, signal) => settle({ kind: 'rolled-back', reason: `it ended by itself (${signal ?? code ?? '?'}) before the server welcomed it${last.trim() === '' ? '' : `: ${last.trim().split('\n').at(-1) ?? ''}`}` }));
    void stopped.then(() => settle({ kind: 'stopped' }));
  });
  await end(child);
  return verdict;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  await new Promise<void>((resolve) => {
    const hard = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS);
    child.once('exit', () => {
      clearTimeout(hard);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
