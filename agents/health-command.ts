// Health checks by a command in the container, beside those over the network. Exit code 0 is well; what it wrote is the reason when not.
// An engine that cannot be asked says nothing about the service.
import { DeadlineError } from './clock.ts';
import { EngineError } from './docker/call.ts';
import type { Runtime } from './docker/runtime.ts';
import { NoEvidence, type HealthTarget, type Probe } from './health.ts';
import { sentenceOf } from './log.ts';
import type { ReplicaSpec } from './protocol.ts';

const USUAL_LIMIT_MS = 2_000;
const OUTPUT_BYTES = 4_096;
const MOST_REASON = 200;

/** A probe that also runs commands. */
export function withCommands(probe: Probe, runtime: Pick<Runtime, 'run'>): Probe {
  return async (target, signal) => {
    const { command, pace } = target;
    if (command === undefined) return probe(target, signal);
    const timeoutMs = pace?.timeoutMs ?? USUAL_LIMIT_MS;
    const { exitCode, output } = await runtime.run(command.containerId, command.words, { timeoutMs, outputBytes: OUTPUT_BYTES }).catch((error: unknown) => {
      if (error instanceof EngineError || error instanceof DeadlineError) throw error;
      throw new NoEvidence(sentenceOf(error));
    });
    if (exitCode === 0) return;
    const said = output.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim().slice(0, MOST_REASON);
    throw new Error(`command ${command.words[0] ?? ''} ended with exit code ${exitCode}${said === '' ? '' : `: ${said}`}`);
  };
}

/** What to ask of a replica, from its spec; without a container only what can be asked over the network. */
export function healthTargetOf(spec: ReplicaSpec, run: string, containerId: string | undefined): HealthTarget {
  const { id: replicaId, address, port, healthPath, health } = spec;
  const { kind = healthPath === undefined ? 'tcp' : 'http', path = healthPath ?? '/', command, ...pace } = health ?? {};
  const base: HealthTarget = { replicaId, run, address, port, ...(Object.keys(pace).length === 0 ? {} : { pace: pace as NonNullable<HealthTarget['pace']> }) };
  if (kind === 'command' && containerId !== undefined && command !== undefined) return { ...base, command: { containerId, words: command } };
  return kind === 'http' ? { ...base, path } : base;
}
