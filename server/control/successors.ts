// What observation says of successors: replicas that were started so that another one can leave. Serving is what their own host
// reports of them; silence past the deadline is overdue.
import type { Successor } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import type { ReplicaRow } from '../db/replicas.ts';

/** Whether the replica's own host reports it as healthy now, at the address that it should have. */
export function serves({ fleet }: Pick<Context, 'fleet'>, { id, hostId, address }: Pick<ReplicaRow, 'id' | 'hostId' | 'address'>): boolean {
  const host = hostId === null ? undefined : fleet.get(hostId);
  if (host === undefined || host.state === 'lost') return false;
  const seen = host.replicas.get(id);
  return seen?.state === 'running' && (seen.address === undefined || seen.address === address);
}

/** `overdue` once the deadline has passed since it was recorded. */
export function successorState(context: Pick<Context, 'fleet' | 'clock' | 'config'>, row: ReplicaRow): Successor['state'] {
  if (serves(context, row)) return 'serving';
  return context.clock.now() - row.createdAt > context.config.startDeadlineMs ? 'overdue' : 'starting';
}
