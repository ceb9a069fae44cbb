// What observation says of replicas that a plan waits for: successors, started so that another one can leave, and replicas that get another
// release where they are. Serving is what their own host reports of them, with the release that they should run; silence past the deadline is
// overdue.
import type { Successor } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import type { ReplicaRow } from '../db/replicas.ts';
import type { RolloutRow } from '../db/rollouts-under-way.ts';
import type { ObservedHost } from './fleet.ts';

/** The rollout counts a successor that is late as a failure first; only then it is given up and another one is tried. */
const COUNTED_MS = 5_000;

type Known = Pick<ReplicaRow, 'id' | 'hostId' | 'address' | 'releaseId'>;

/** Whether the replica's own host reports it as healthy now, at the address that it should have and with its release. */
export function serves({ fleet }: Pick<Context, 'fleet'>, { id, hostId, address, releaseId }: Known): boolean {
  const host = hostId === null ? undefined : fleet.get(hostId);
  if (host === undefined || host.state === 'lost') return false;
  const seen = host.replicas.get(id);
  if (seen?.state !== 'running' || (seen.address !== undefined && seen.address !== address)) return false;
  return seen.release === undefined ? isRenewed(host, id) : seen.release === releaseId;
}

/** Of a container that names no release: whether its host has done what it was told since the replica got another one. */
function isRenewed({ renewed, report, reportedGeneration }: ObservedHost, id: string): boolean {
  const before = renewed.get(id);
  return before === undefined || (reportedGeneration > before && report?.converged === true);
}

/** Whether the replica's own host says that it does not serve. Of what nobody has reported yet, neither this nor serves() holds. */
export function fails(context: Pick<Context, 'fleet'>, replica: Known): boolean {
  const host = replica.hostId === null ? undefined : context.fleet.get(replica.hostId);
  return host !== undefined && host.state !== 'lost' && host.replicas.has(replica.id) && !serves(context, replica);
}

/**
 * `overdue` once the deadline has passed: the server's own, or that of the rollout for which the successor was started. There it does not run
 * while its host still gets the image, since a slow registry is no bad release.
 * @param rollout of its workload, under way
 */
export function successorState(context: Pick<Context, 'fleet' | 'clock' | 'config'> & Partial<Pick<Context, 'linger'>>, row: ReplicaRow, rollout: Pick<RolloutRow, 'strategy'> | undefined): Successor['state'] {
  const now = context.clock.now();
  // Clients of a name may still come to the one that it replaces.
  if (serves(context, row)) return context.linger?.holds(row, now) === true ? 'starting' : 'serving';
  const seen = row.hostId === null ? undefined : context.fleet.get(row.hostId)?.replicas.get(row.id);
  if (rollout === undefined) return now - row.createdAt > context.config.startDeadlineMs ? 'overdue' : 'starting';
  // Where no container was made, the release is not to blame.
  if (seen?.state === 'pulling' || (seen?.state === 'failed' && seen.containerId === undefined)) return 'starting';
  const startedAt = seen?.startedAt === undefined || seen.restarts > 0 ? row.createdAt : Math.min(now, Math.max(row.createdAt, Date.parse(seen.startedAt)));
  return now - startedAt > rollout.strategy.startSeconds * 1_000 + COUNTED_MS ? 'overdue' : 'starting';
}
