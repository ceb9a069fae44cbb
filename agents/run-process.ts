// `run` as a process: works until a signal, and becomes another agent where one is in force or an upgrade brought one. The process id stays, so
// whoever watches it, systemd or a lab, sees one agent all the time.
import { readFileSync } from 'node:fs';
import { runAgent } from './agent.ts';
import { ENVIRONMENT, type AgentConfig } from './config.ts';
import { openLog } from './log.ts';
import { LAUNCHED_VARIABLE, openUpgradeStore, TRIAL_VARIABLE, tryAgent, WELCOMED } from './trial.ts';
import { digestOf, programToLaunch } from './upgrade-state.ts';
import type { Trial } from './upgrade.ts';

/** @returns the exit code, after a signal */
export async function runProcess(config: AgentConfig): Promise<number> {
  const isTrial = ENVIRONMENT[TRIAL_VARIABLE] !== undefined;
  const isLaunched = ENVIRONMENT[LAUNCHED_VARIABLE] !== undefined;
  const bundle = ownBundle();
  const other = isTrial || isLaunched ? undefined : programToLaunch(config.stateDir);
  if (other !== undefined && other.sha256 !== bundle) become(other.file, other.sha256);
  const signalled = nextSignal();
  // One that is tried ends with the one that tries it: two agents must not work on one engine.
  if (isTrial) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  const agent = await runAgent(config, {
    bundle,
    // A program of many files is no bundle, and is not replaced by one.
    upgrades: bundle === undefined || isTrial ? null : openUpgradeStore(config),
    onWelcomed: () => {
      if (isTrial) process.send?.(WELCOMED);
    },
  });
  const trial = await Promise.race([signalled, agent.trial]);
  await agent.stop();
  return trial === undefined ? 0 : await replace(config, trial, signalled);
}

/** Tries the other agent; the process becomes it, or this one again. */
async function replace(config: AgentConfig, trial: Trial, signalled: Promise<undefined>): Promise<number> {
  const { id, sha256, version } = trial.order;
  const store = openUpgradeStore(config);
  const log = openLog(config.log, config.name);
  const verdict = await tryAgent({ trial, args: process.argv.slice(2), env: ENVIRONMENT, log, stopped: signalled });
  const state = store.read();
  if (verdict.kind === 'stopped') {
    store.write({ ...state, progress: { id, state: 'rolled-back', reason: 'the agent was stopped while the new one was tried' } });
    return 0;
  }
  if (verdict.kind === 'welcomed') {
    log.info({ upgrade: id, version }, 'the new agent was welcomed and takes over');
    store.write({ inForce: { sha256, version }, progress: { id, state: 'done' }, starts: 0 });
    become(trial.file, sha256);
  }
  log.error({ upgrade: id, version, reason: verdict.reason }, 'the new agent is given up; the present one goes on');
  store.write({ ...state, progress: { id, state: 'rolled-back', reason: verdict.reason.slice(0, 900) } });
  return become(process.argv[1] ?? '', ENVIRONMENT[LAUNCHED_VARIABLE]);
}

/** Replaces this process by another program with the same arguments. */
function become(file: string, launched: string | undefined): never {
  if (process.execve === undefined) throw new Error('this system cannot replace a process');
  const env = Object.fromEntries(Object.entries(ENVIRONMENT).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[0] !== TRIAL_VARIABLE));
  return process.execve(process.execPath, [process.execPath, ...process.execArgv, file, ...process.argv.slice(2)], launched === undefined ? env : { ...env, [LAUNCHED_VARIABLE]: launched });
}

/** SHA-256 of this program, where it is the one file that the build makes. */
function ownBundle(): string | undefined {
  const file = process.argv[1] ?? '';
  return file.endsWith('.js') ? digestOf(readFileSync(file)) : undefined;
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once, as people expect. */
function nextSignal(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(undefined));
  });
}
