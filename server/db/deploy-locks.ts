// Who keeps releases of a workload from starting: at most one lock a workload. One that has run out is as good as none.
import { eq } from 'drizzle-orm';
import { deployLocks } from './schema/releases.ts';
import type { Reader, Tx } from './store.ts';

export type DeployLockRow = typeof deployLocks.$inferSelect;

/** The lock that holds now; undefined: none. */
export async function deployLockOf({ db }: Reader, workloadId: string, now: number): Promise<DeployLockRow | undefined> {
  const [row] = await db.select().from(deployLocks).where(eq(deployLocks.workloadId, workloadId));
  return row === undefined || (row.until !== null && row.until <= now) ? undefined : row;
}

/** In place of one that ran out. */
export async function putDeployLock(tx: Tx, row: DeployLockRow): Promise<void> {
  const { workloadId: _workloadId, ...set } = row;
  await tx.db.insert(deployLocks).values(row).onConflictDoUpdate({ target: deployLocks.workloadId, set });
  tx.changed('releases', row.workloadId);
}

export async function deleteDeployLock(tx: Tx, workloadId: string): Promise<void> {
  await tx.db.delete(deployLocks).where(eq(deployLocks.workloadId, workloadId));
  tx.changed('releases', workloadId);
}
