// What maintenance asks of the planner besides the drains themselves: a pace of its own for some hosts, and replicas that go back to where they were.
// Everything is read from rows, so that a restart forgets nothing.
import type { Wish } from '#scheduler/model.ts';
import type { MoveLimit } from '#scheduler/pace.ts';
import { heldHosts, openMaintenances, putMaintenanceReplicas, returningReplicas } from '../db/maintenance.ts';
import { movesFrom } from '../db/moves.ts';
import type { Reader, Tx } from '../db/store.ts';

export const HOUR_MS = 3_600_000;
/** An hour's moves come in twelfths, so that what goes wrong is seen before most of them. */
export const STRETCHES = 12;

/** How many moves may begin now from hosts that are emptied at a pace of their own; maintenance without one is not among them. */
export async function maintenanceLimits(reader: Reader, now: number): Promise<MoveLimit[]> {
  const paced = (await openMaintenances(reader)).filter(({ movesPerHour, atOnce, state }) => (movesPerHour !== null || atOnce !== null) && (state === 'draining' || state === 'blocked'));
  if (paced.length === 0) return [];
  const held = Map.groupBy(await heldHosts(reader), ({ maintenanceId }) => maintenanceId);
  const limits: MoveLimit[] = [];
  for (const { id, movesPerHour, atOnce } of paced) {
    const hostIds = (held.get(id) ?? []).map(({ hostId }) => hostId);
    const begun = await movesFrom(reader, hostIds, now - HOUR_MS);
    const within = (ms: number) => begun.filter(({ begunAt }) => begunAt > now - ms).length;
    const byHour = movesPerHour === null ? Number.POSITIVE_INFINITY : Math.min(movesPerHour - within(HOUR_MS), Math.ceil(movesPerHour / STRETCHES) - within(HOUR_MS / STRETCHES));
    const bySlots = atOnce === null ? Number.POSITIVE_INFINITY : atOnce - begun.filter(({ endedAt }) => endedAt === null).length;
    limits.push({ hostIds, moves: Math.max(0, Math.min(byHour, bySlots)) });
  }
  return limits;
}

/** Replicas that somebody wants back where they were before a host was emptied. */
export async function returnWishes(reader: Reader): Promise<Wish[]> {
  return (await returningReplicas(reader)).map(({ replicaId, successorId, fromHostId }) => ({ replicaId: successorId ?? replicaId, hostId: fromHostId }));
}

/** What cannot go back stays where it is, with the reason. */
export async function declineReturns(tx: Tx, declined: readonly { readonly wish: Wish; readonly reason: string }[], now: number): Promise<void> {
  if (declined.length === 0) return;
  const rows = await returningReplicas(tx);
  const changed = declined.flatMap(({ wish, reason }) => {
    const row = rows.find(({ replicaId, successorId, fromHostId }) => (successorId ?? replicaId) === wish.replicaId && fromHostId === wish.hostId);
    // Gone is also what went back already: the loop finds out which.
    if (row === undefined || reason === 'the replica is gone') return [];
    return [reason === 'it is there already' ? { ...row, state: 'returned' as const, reason: '', since: now } : { ...row, state: 'moved' as const, reason: `it does not come back: ${reason}`, since: now }];
  });
  await putMaintenanceReplicas(tx, changed, { revises: false });
}
