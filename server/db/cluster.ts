// The one row that everybody shares: who this cluster is, and the revision of its desired state.
import { eq, sql } from 'drizzle-orm';
import { cluster } from './schema.ts';
import type { Reader, Tx } from './store.ts';

export interface Cluster {
  readonly id: string;
  /** Counts changes of the desired state: asks, placements, hosts as declared, policy. What hosts report does not count. */
  readonly revision: number;
}

/** @returns true when the row was made now: this data folder is new */
export async function ensureCluster(tx: Tx, id: string, now: number): Promise<boolean> {
  if ((await tx.db.select().from(cluster)).length > 0) return false;
  await tx.db.insert(cluster).values({ id, revision: 0, createdAt: now });
  return true;
}

export async function readCluster({ db }: Reader): Promise<Cluster> {
  const [row] = await db.select({ id: cluster.id, revision: cluster.revision }).from(cluster);
  if (row === undefined) throw new Error('the database has no cluster');
  return row;
}

const bumped = new WeakMap<Tx, number>();

/** Says that this transaction changes the desired state: one revision further, however often it is said. @returns the new revision */
export async function bumpRevision(tx: Tx): Promise<number> {
  const known = bumped.get(tx);
  if (known !== undefined) return known;
  const { id } = await readCluster(tx);
  const [row] = await tx.db.update(cluster).set({ revision: sql`${cluster.revision} + 1` }).where(eq(cluster.id, id)).returning({ revision: cluster.revision });
  bumped.set(tx, row!.revision);
  return row!.revision;
}
