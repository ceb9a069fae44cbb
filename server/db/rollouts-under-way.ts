// Rollouts that have not ended, and what they ask of the scheduler: read wherever a workload is read for it. rollouts.ts writes them.
import type { Rollout } from '#scheduler/model.ts';
import { ALL } from '#scheduler/rollout/share.ts';
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { preparedRows } from './prepared.ts';
import { rollouts } from './schema/releases.ts';
import type { Reader } from './store.ts';

export type RolloutRow = typeof rollouts.$inferSelect;

/**
 * What the scheduler is asked for now. What goes back, or was forced, takes as much room at once as there is; stop-first it still takes away no
 * more than it may.
 */
export function rolloutOf({ id, toReleaseId, strategy, state }: Pick<RolloutRow, 'id' | 'toReleaseId' | 'strategy' | 'state'>): Rollout {
  const isHurried = state.isForced || state.phase === 'rolling-back';
  return { id, releaseId: toReleaseId, target: state.target, order: state.stopsFirst === true ? 'stop-first' : strategy.order, surge: isHurried ? ALL : strategy.surge, unavailable: strategy.unavailable };
}

const open = preparedRows((db) => db.select().from(rollouts).where(isNull(rollouts.endedAt)).orderBy(asc(rollouts.startedAt), asc(rollouts.id)).prepare());

export async function listRolloutsUnderWay(reader: Reader): Promise<RolloutRow[]> {
  return await open(reader);
}

const openOf = preparedRows((db) => db.select().from(rollouts).where(and(eq(rollouts.workloadId, sql.placeholder('workloadId')), isNull(rollouts.endedAt))).prepare());

/** A workload has one at most. */
export async function rolloutUnderWay(reader: Reader, workloadId: string): Promise<RolloutRow | undefined> {
  const [row] = await openOf(reader, { workloadId });
  return row;
}
