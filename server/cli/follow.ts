// Waits until what was asked for runs, says how it goes on stderr, and ends with why not when it does not. Asks the
// server again and again, so that it goes on when the server was away for a moment.
import type { CapacityRequest, ServiceDetail, WorkloadView } from '../http/contract/index.ts';
import { path, RefusedError, type Client } from './client.ts';
import { workloadOf } from './commands/service.ts';
import { unplacedLines } from './commands/replica-table.ts';
import { CliError, EXIT } from './exit.ts';
import type { Io } from './io.ts';

const ASK_EVERY_MS = 500;
/** Replicas that have no place for this long will not get one by waiting a little more. */
const PENDING_FOR_MS = 5_000;

export interface Outcome {
  readonly service: ServiceDetail;
  readonly workload: WorkloadView;
}

/**
 * Follows an approved request.
 * @returns when every wanted replica runs
 * @throws CliError with exit code 2 when replicas have no place, or time is up
 */
export async function follow(io: Io, client: Client, request: CapacityRequest, timeoutMs: number): Promise<Outcome> {
  const { service: name, environment } = request.draft;
  const started = io.now();
  let said = '';
  let pendingSince: number | null = null;
  for (;;) {
    const seen = await look(client, name, environment);
    const now = io.now();
    if (seen !== null) {
      const { workload } = seen;
      if (isSettled(workload, request)) return seen;
      const line = `${workload.name}: ${workload.running} of ${workload.wanted} running, ${workload.placed} placed`;
      if (line !== said) io.err(`${(said = line)}\n`);
      pendingSince = workload.pending.length === 0 ? null : (pendingSince ?? now);
      if (pendingSince !== null && now - pendingSince >= PENDING_FOR_MS && workload.running >= workload.placed)
        throw new CliError(`${workload.name}: ${workload.wanted - workload.placed} of ${workload.wanted} replicas wait for room; they start when there is some.`, EXIT.pending, unplacedLines(workload.pending));
    }
    if (now - started >= timeoutMs) throw new CliError(`Not everything runs after ${Math.round(timeoutMs / 1000)} s; it goes on without being watched.`, EXIT.pending, seen === null ? [] : stateLines(seen));
    await pause(io);
  }
}

/** A stop by the person ends the watching, not what was asked for. */
async function pause(io: Io): Promise<void> {
  try {
    await io.wait(ASK_EVERY_MS);
  } catch {
    throw new CliError('Not watched any more; what was asked for goes on.', EXIT.pending);
  }
}

/** Null while the server cannot be asked or does not know the workload yet. */
async function look(client: Client, name: string, environment: string): Promise<Outcome | null> {
  try {
    const service = await client.get<ServiceDetail>(path('services', name));
    return service.workloads.some((workload) => workload.environment === environment) ? { service, workload: workloadOf(service, environment) } : null;
  } catch (error) {
    if (error instanceof RefusedError && error.problem.status !== 404 && error.problem.status < 500) throw error;
    if (error instanceof CliError && !(error instanceof RefusedError) && error.message === 'Stopped.') throw error;
    return null;
  }
}

const isSettled = (workload: WorkloadView, request: CapacityRequest): boolean =>
  workload.requestId === request.id && workload.placed === workload.wanted && workload.running >= workload.wanted && workload.pending.length === 0;

const stateLines = ({ service, workload }: Outcome): string[] =>
  service.replicas.filter(({ workloadId, state }) => workloadId === workload.id && state !== 'running').map(({ name, state, host, reason }) => `${name}: ${state}${host === null ? '' : ` on ${host}`}${reason === null ? '' : `, ${reason}`}`);
