// Versions of the placement policy. Every change is a new row; the highest version counts.
import type { Policy } from '#scheduler/model.ts';
import { desc } from 'drizzle-orm';
import { bumpRevision } from './cluster.ts';
import { policies } from './schema.ts';
import type { Reader, Tx } from './store.ts';

export type PolicyRow = typeof policies.$inferSelect;

export async function currentPolicy({ db }: Reader): Promise<PolicyRow> {
  const [row] = await db.select().from(policies).orderBy(desc(policies.version)).limit(1);
  if (row === undefined) throw new Error('the database has no policy');
  return row;
}

/** What a version that was stored before these rules existed says of them. */
const ABSENT: Pick<Policy, 'cloud' | 'classes' | 'movesPerHour'> = { cloud: { mostCentsPerCoreHour: null, mostCentsPerHour: null }, classes: {}, movesPerHour: 60 };

/** The policy as the scheduler takes it. */
export const policyOf = ({ version, record }: PolicyRow): Policy => ({ ...ABSENT, ...record, version });

/** Stores the next version. The caller has compared versions in the same transaction. */
export async function insertPolicy(tx: Tx, row: PolicyRow): Promise<void> {
  await bumpRevision(tx);
  await tx.db.insert(policies).values(row);
  tx.changed('policy', String(row.version));
}

export async function hasPolicy({ db }: Reader): Promise<boolean> {
  return (await db.select({ version: policies.version }).from(policies).limit(1)).length > 0;
}
