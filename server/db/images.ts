// Images that builds pushed to the registry, until retention deletes them. Repositories are without the registry's address.
import { and, desc, eq, isNull } from 'drizzle-orm';
import { images } from './schema/releases.ts';
import type { Reader, Tx } from './store.ts';

export type ImageRow = typeof images.$inferSelect;

/** What the registry has, newest first. */
export async function presentImages({ db }: Reader): Promise<ImageRow[]> {
  return await db.select().from(images).where(isNull(images.deletedAt)).orderBy(desc(images.pushedAt));
}

export async function imageAt({ db }: Reader, repository: string, digest: string): Promise<ImageRow | undefined> {
  const [row] = await db.select().from(images).where(and(eq(images.repository, repository), eq(images.digest, digest)));
  return row;
}

/** Writes an image that was pushed, also one that was there before or had been deleted. */
export async function putImage(tx: Tx, row: ImageRow): Promise<void> {
  const { repository: _repository, digest: _digest, ...rest } = row;
  await tx.db.insert(images).values(row).onConflictDoUpdate({ target: [images.repository, images.digest], set: rest });
  tx.changed('registry', row.digest);
}

export async function markImageDeleted(tx: Tx, { repository, digest }: Pick<ImageRow, 'repository' | 'digest'>, now: number, why: string): Promise<void> {
  await tx.db.update(images).set({ deletedAt: now, deletedWhy: why }).where(and(eq(images.repository, repository), eq(images.digest, digest)));
  tx.changed('registry', digest);
}
