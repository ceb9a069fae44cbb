// Rollouts: from one release of a workload to another, each with the strategy and state that the next step follows from. A change of what a
// rollout asks of the scheduler is a change of the desired state.
import { eq } from 'drizzle-orm';
import { type RolloutRow, rolloutOf } from './rollouts-under-way.ts';
import { rollouts } from './schema-releases.ts';
import type { Reader, Tx } from './store.ts';
import { reviseWorkload } from './workloads.ts';

export { listRolloutsUnderWay, rolloutOf, type RolloutRow, rolloutUnderWay } from './rollouts-under-way.ts';

export async function rolloutById({ db }: Reader, id: string): Promise<RolloutRow | undefined> {
  const [row] = await db.select().from(rollouts).where(eq(rollouts.id, id));
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
