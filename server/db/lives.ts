// What hosts said of replicas over their lives: the writer of replica_lives. Rows outlive their replica.
import { and, asc, desc, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import { replicaLives } from './schema/story.ts';
import { replicas } from './schema/desired.ts';
import type { Reader, Tx } from './store.ts';
import { chunks, ROWS_PER_STATEMENT } from './workloads.ts';

export type LifeRow = typeof replicaLives.$inferSelect;

/** Of replicas that are meant to run: on which hosts they were seen, and how often each started again. */
export async function knownLives({ db }: Reader): Promise<Pick<LifeRow, 'replicaId' | 'hostId' | 'restarts'>[]> {
  return await db.select({ replicaId: replicaLives.replicaId, hostId: replicaLives.hostId, restarts: replicaLives.restarts }).from(replicaLives).innerJoin(replicas, eq(replicas.id, replicaLives.replicaId));
}

/** New rows, and restarts of known ones. */
export async function putLives(tx: Tx, rows: readonly LifeRow[]): Promise<void> {
  const taken = (name: string) => sql.raw(`excluded.${name}`);
  const set = { restarts: taken('restarts'), restartedAt: taken('restarted_at'), restartReason: taken('restart_reason') };
  for (const chunk of chunks(rows, ROWS_PER_STATEMENT)) await tx.db.insert(replicaLives).values(chunk).onConflictDoUpdate({ target: [replicaLives.replicaId, replicaLives.hostId], set });
}

/** Of some replicas, oldest first. */
export async function livesOf({ db }: Reader, replicaIds: readonly string[]): Promise<LifeRow[]> {
  return replicaIds.length === 0 ? [] : await db.select().from(replicaLives).where(inArray(replicaLives.replicaId, [...replicaIds])).orderBy(asc(replicaLives.placedAt));
}

/** Ids of replicas that had this name, newest first. */
export async function replicasNamed({ db }: Reader, name: string): Promise<string[]> {
  const rows = await db.select({ replicaId: replicaLives.replicaId }).from(replicaLives).where(eq(replicaLives.replica, name)).orderBy(desc(replicaLives.placedAt)).limit(5);
  return rows.map(({ replicaId }) => replicaId);
}

/** How long the last starts took, newest first, in seconds. @param workloadId of this one; undefined: of all */
export async function startSeconds({ db }: Reader, { workloadId, since, limit }: { readonly workloadId?: string | undefined; readonly since: number; readonly limit: number }): Promise<number[]> {
  const rows = await db
    .select({ placedAt: replicaLives.placedAt, healthyAt: replicaLives.healthyAt })
    .from(replicaLives)
    .where(and(gt(replicaLives.healthyAt, since), workloadId === undefined ? undefined : eq(replicaLives.workloadId, workloadId)))
    .orderBy(desc(replicaLives.healthyAt))
    .limit(limit);
  return rows.map(({ placedAt, healthyAt }) => Math.max(0, healthyAt - placedAt) / 1000);
}

/** Drops what began to serve before the instant and is not meant to run any more. @returns how many */
export async function dropOldLives(tx: Tx, before: number): Promise<number> {
  const gone = and(lt(replicaLives.healthyAt, before), sql`${replicaLives.replicaId} not in (select id from replicas)`);
  return (await tx.db.delete(replicaLives).where(gone).returning({ replicaId: replicaLives.replicaId })).length;
}
