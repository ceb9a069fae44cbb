// Rollouts: from one release of a workload to another, each with the strategy and state that the next step follows from. A change of what a
// rollout asks of the scheduler is a change of the desired state.
import { and, desc, eq, inArray, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import { type RolloutRow, rolloutOf } from './rollouts-under-way.ts';
import { rollouts } from './schema/releases.ts';
import type { Reader, Tx } from './store.ts';
import { reviseWorkload } from './workloads.ts';

export { listRolloutsUnderWay, rolloutOf, type RolloutRow, rolloutUnderWay } from './rollouts-under-way.ts';

export async function rolloutById({ db }: Reader, id: string): Promise<RolloutRow | undefined> {
  const [row] = await db.select().from(rollouts).where(eq(rollouts.id, id));
  return row;
}

export interface RolloutFilter {
  /** Of these workloads; null: of all. */
  readonly workloadIds: readonly string[] | null;
  readonly isActive?: boolean | undefined;
  readonly limit: number;
  /** Id of the last one of the page before. */
  readonly after?: string | undefined;
}

/** Newest first: ids rise with time. */
export async function listRollouts({ db }: Reader, { workloadIds, isActive, limit, after }: RolloutFilter): Promise<RolloutRow[]> {
  const ofThese = workloadIds === null ? undefined : inArray(rollouts.workloadId, [...workloadIds]);
  const ofState = isActive === undefined ? undefined : isActive ? isNull(rollouts.endedAt) : isNotNull(rollouts.endedAt);
  return await db.select().from(rollouts).where(and(ofThese, ofState, after === undefined ? undefined : lt(rollouts.id, after))).orderBy(desc(rollouts.id)).limit(limit);
}

/** The rollout that ended well last. */
export async function lastSucceeded({ db }: Reader, workloadId: string): Promise<RolloutRow | undefined> {
  const succeeded = sql`json_extract(${rollouts.state}, '$.phase') = 'succeeded'`;
  const [row] = await db.select().from(rollouts).where(and(eq(rollouts.workloadId, workloadId), isNotNull(rollouts.endedAt), succeeded)).orderBy(desc(rollouts.startedAt), desc(rollouts.id)).limit(1);
  return row;
}

/** Records a rollout as it is now; the revision goes further where the scheduler is asked for something else than before. */
export async function putRollout(tx: Tx, row: RolloutRow): Promise<void> {
  const before = await rolloutById(tx, row.id);
  const { strategy, state, preflight, readiness, endedAt, why } = row;
  await tx.db.insert(rollouts).values(row).onConflictDoUpdate({ target: rollouts.id, set: { strategy, state, preflight, readiness, endedAt, why } });
  if (asked(before) !== asked(row)) await reviseWorkload(tx, row.workloadId);
  tx.changed('rollouts', row.id);
}

/** What it asks of the scheduler, as text; empty once it has ended. */
function asked(row: RolloutRow | undefined): string {
  return row === undefined || row.endedAt !== null ? '' : JSON.stringify(rolloutOf(row));
}
