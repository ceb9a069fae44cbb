// Follows a rollout until it ends or needs a person, and says on stderr how each replica gets on. Asks the server again and again, so that it goes on
// when the server was away for a moment; stopping it ends the watching and nothing else.
import type { RolloutDetail } from '../http/contract/index.ts';
import { path, RefusedError, type Client } from './client.ts';
import { CliError, EXIT } from './exit.ts';
import type { Io } from './io.ts';
import { nameOf, phaseText, waitText } from './rollout-text.ts';

const ASK_EVERY_MS = 500;

/** How a rollout ended, for scripts: as wished, not as wished, or it waits for a person. */
export const ROLLOUT_EXIT = { ok: EXIT.ok, failed: 2, person: 3 } as const;

/** @param wishes phases that are what the caller wanted */
export function exitCodeOf({ phase, wait }: Pick<RolloutDetail, 'phase' | 'wait'>, wishes: readonly RolloutDetail['phase'][]): number | null {
  if (wishes.includes(phase)) return ROLLOUT_EXIT.ok;
  if (phase === 'succeeded' || phase === 'rolled-back' || phase === 'aborted') return ROLLOUT_EXIT.failed;
  return phase === 'held' || phase === 'paused' || wait?.owner === 'person' ? ROLLOUT_EXIT.person : null;
}

/** @returns the rollout when it has ended or needs a person, with the exit code that says which */
export async function followRollout(io: Io, client: Client, id: string, wishes: readonly RolloutDetail['phase'][]): Promise<{ readonly rollout: RolloutDetail; readonly exitCode: number }> {
  const said = new Map<string, string>();
  const say = (key: string, line: string | null) => {
    if (line === null || said.get(key) === line) return;
    said.set(key, line);
    io.err(`${line}\n`);
  };
  for (;;) {
    const rollout = await look(client, id);
    if (rollout !== null) {
      say('phase', `${nameOf(rollout)}: ${phaseText(rollout)}`);
      for (const { replica, state, wanted, running, host, reason, lastWords } of rollout.members) {
        const on = running === null || running === wanted ? `version ${wanted}` : `version ${running}, to be ${wanted}`;
        say(replica, said.has(replica) || wanted === rollout.to.version || running === rollout.to.version || state !== 'running' ? `  ${replica}: ${on}, ${state}${host === null ? '' : ` on ${host}`}${reason === null ? '' : `: ${reason}`}` : null);
        say(`${replica} last words`, lastWords === null ? null : `  ${replica} said last: ${lastWords.trim()}`);
      }
      const wait = waitText(rollout);
      say('wait', wait === null ? null : `  waits for ${wait}`);
      const exitCode = exitCodeOf(rollout, wishes);
      if (exitCode !== null) {
        say('trouble', rollout.trouble);
        return { rollout, exitCode };
      }
    }
    await pause(io);
  }
}

async function pause(io: Io): Promise<void> {
  try {
    await io.wait(ASK_EVERY_MS);
  } catch {
    throw new CliError('Not watched any more; the rollout goes on.', ROLLOUT_EXIT.person);
  }
}

/** Null while the server cannot be asked. */
async function look(client: Client, id: string): Promise<RolloutDetail | null> {
  try {
    return await client.get<RolloutDetail>(path('rollouts', id));
  } catch (error) {
    if (error instanceof RefusedError && error.problem.status < 500) throw error;
    if (error instanceof CliError && !(error instanceof RefusedError) && error.message === 'Stopped.') throw error;
    return null;
  }
}
