// Versions of the placement policy. Every change is a new row; the highest version counts.
import type { Policy } from '#scheduler/model.ts';
import { desc, eq, lt } from 'drizzle-orm';
import { bumpRevision } from './cluster.ts';
import { policies } from './schema/desired.ts';
import type { Reader, Tx } from './store.ts';

export type PolicyRow = typeof policies.$inferSelect;

export async function currentPolicy({ db }: Reader): Promise<PolicyRow> {
  const [row] = await db.select().from(policies).orderBy(desc(policies.version)).limit(1);
  if (row === undefined) throw new Error('the database has no policy');
  return row;
}

/** Newest first. @param before a version: only older ones */
export async function listPolicies({ db }: Reader, { limit, before }: { readonly limit: number; readonly before?: number | undefined }): Promise<PolicyRow[]> {
  return await db.select().from(policies).where(before === undefined ? undefined : lt(policies.version, before)).orderBy(desc(policies.version)).limit(limit);
}

export async function policyByVersion({ db }: Reader, version: number): Promise<PolicyRow | undefined> {
  const [row] = await db.select().from(policies).where(eq(policies.version, version));
  return row;
}

/** What a version that was stored before these rules existed says of them. */
const ABSENT: Pick<Policy, 'cloud' | 'classes' | 'movesPerHour'> = { cloud: { mostCentsPerCoreHour: null, mostCentsPerHour: null }, classes: {}, movesPerHour: 60 };

/** The whole record, with what it does not say yet. */
export const recordOf = ({ record }: PolicyRow): Omit<Policy, 'version'> => ({ ...ABSENT, ...record });

/** The policy as the scheduler takes it. */
export const policyOf = (row: PolicyRow): Policy => ({ ...recordOf(row), version: row.version });

/** Stores the next version. The caller has compared versions in the same transaction. */
export async function insertPolicy(tx: Tx, row: PolicyRow): Promise<void> {
  await bumpRevision(tx);
  await tx.db.insert(policies).values(row);
  tx.changed('policy', String(row.version));
}

export async function hasPolicy({ db }: Reader): Promise<boolean> {
  return (await db.select({ version: policies.version }).from(policies).limit(1)).length > 0;
}
