// Sealed values of secrets, by version. A row is never changed: a new value is a new version.
import { and, asc, count, desc, eq, inArray, isNotNull, isNull } from 'drizzle-orm';
import { secrets, webhooks } from './schema/releases.ts';
import type { Reader, Tx } from './store.ts';
import { chunks, ROWS_PER_STATEMENT } from './workloads.ts';

export type SecretRow = typeof secrets.$inferSelect;
/** Whose secret: a workload's, or with `workloadId` null the team's as a whole. */
export type SecretOwner = Pick<SecretRow, 'team' | 'workloadId'>;

const ownedBy = ({ team, workloadId }: SecretOwner) => (workloadId === null ? and(eq(secrets.team, team), isNull(secrets.workloadId)) : eq(secrets.workloadId, workloadId));

/** By name, newest version first. */
export async function secretsOf({ db }: Reader, owner: SecretOwner): Promise<SecretRow[]> {
  return await db.select().from(secrets).where(ownedBy(owner)).orderBy(asc(secrets.name), desc(secrets.version));
}

/** Every version of every secret, without what is sealed. */
export async function listSecretHeads({ db }: Reader): Promise<Omit<SecretRow, 'sealed'>[]> {
  const { id, team, workloadId, name, version, createdBy, createdAt, retiredAt } = secrets;
  return await db.select({ id, team, workloadId, name, version, createdBy, createdAt, retiredAt }).from(secrets).orderBy(asc(secrets.team), asc(secrets.name), desc(secrets.version));
}

export async function newestSecret({ db }: Reader, owner: SecretOwner, name: string): Promise<SecretRow | undefined> {
  const [row] = await db.select().from(secrets).where(and(ownedBy(owner), eq(secrets.name, name))).orderBy(desc(secrets.version)).limit(1);
  return row;
}

export async function secretsById({ db }: Reader, ids: readonly string[]): Promise<Map<string, SecretRow>> {
  const found = new Map<string, SecretRow>();
  for (const chunk of chunks([...new Set(ids)], ROWS_PER_STATEMENT)) {
    for (const row of await db.select().from(secrets).where(inArray(secrets.id, chunk))) found.set(row.id, row);
  }
  return found;
}

/** Rows that hold something sealed, of any kind. */
export async function countSealed({ db }: Reader): Promise<number> {
  const [secret] = await db.select({ count: count() }).from(secrets);
  const [webhook] = await db.select({ count: count() }).from(webhooks).where(isNotNull(webhooks.sealedSecret));
  return (secret?.count ?? 0) + (webhook?.count ?? 0);
}

export async function insertSecret(tx: Tx, row: SecretRow): Promise<void> {
  await tx.db.insert(secrets).values(row);
  tx.changed('secrets', row.id);
}

export async function deleteSecret(tx: Tx, id: string): Promise<void> {
  await tx.db.delete(secrets).where(eq(secrets.id, id));
  tx.changed('secrets', id);
}

/** Of a workload that is gone. */
export async function deleteSecretsOf(tx: Tx, workloadId: string): Promise<void> {
  await tx.db.delete(secrets).where(eq(secrets.workloadId, workloadId));
  tx.changed('secrets');
}
