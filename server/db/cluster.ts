// The one row that everybody shares: who this cluster is, and the revision of its desired state.
import type { Replica, Workload } from '#scheduler/model.ts';
import { eq, sql } from 'drizzle-orm';
import { preparedRows } from './prepared.ts';
import { cluster } from './schema/desired.ts';
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

const theOne = preparedRows((db) => db.select({ id: cluster.id, revision: cluster.revision }).from(cluster).prepare());

export async function readCluster(reader: Reader): Promise<Cluster> {
  const [row] = await theOne(reader);
  if (row === undefined) throw new Error('the database has no cluster');
  return row;
}

/** Rows of the desired state that a transaction changes, as the scheduler takes them. */
export interface RowsRevised {
  readonly workloads?: { readonly put?: readonly Workload[]; readonly removed?: readonly string[] };
  readonly replicas?: { readonly put?: readonly Replica[]; readonly removed?: readonly Pick<Replica, 'id' | 'workloadId'>[] };
}

/** One committed step from a revision to the next. */
export interface Revised {
  readonly from: number;
  readonly to: number;
  /** In the order in which they were changed; null where something else changed too: hosts, networks, the policy. */
  readonly rows: readonly RowsRevised[] | null;
}

const open = new WeakMap<Tx, { readonly from: number; readonly to: number; rows: RowsRevised[] | null }>();

/**
 * Says that this transaction changes the desired state: one revision further, however often it is said.
 * @param rows what changes, where it is nothing but rows of workloads and replicas: whoever keeps the present then need not read it anew
 * @returns the new revision
 */
export async function bumpRevision(tx: Tx, rows?: RowsRevised): Promise<number> {
  const step = open.get(tx) ?? (await begin(tx));
  if (rows === undefined) step.rows = null;
  else step.rows?.push(rows);
  return step.to;
}

const oneFurther = preparedRows((db: Tx['db']) => db.update(cluster).set({ revision: sql`${cluster.revision} + 1` }).where(eq(cluster.id, sql.placeholder('id'))).returning({ revision: cluster.revision }).prepare());

async function begin(tx: Tx) {
  const { id, revision: from } = await readCluster(tx);
  const [row] = await oneFurther(tx, { id });
  const step = { from, to: row!.revision, rows: [] as RowsRevised[] | null };
  open.set(tx, step);
  tx.revises(step);
  return step;
}
