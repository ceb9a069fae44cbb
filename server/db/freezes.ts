// When nothing is released to an environment. A freeze is made and taken away, never changed.
import { asc, eq, or } from 'drizzle-orm';
import { freezes } from './schema/releases.ts';
import type { Reader, Tx } from './store.ts';

export type FreezeRow = typeof freezes.$inferSelect;
export type { FreezeRule } from './schema/releases.ts';

/** By name. @param environment null: of all */
export async function listFreezes({ db }: Reader, environment: string | null = null): Promise<FreezeRow[]> {
  return await db.select().from(freezes).where(environment === null ? undefined : eq(freezes.environment, environment)).orderBy(asc(freezes.name));
}

/** By its name or id. */
export async function findFreeze({ db }: Reader, named: string): Promise<FreezeRow | undefined> {
  const [row] = await db.select().from(freezes).where(or(eq(freezes.name, named), eq(freezes.id, named)));
  return row;
}

export async function insertFreeze(tx: Tx, row: FreezeRow): Promise<void> {
  await tx.db.insert(freezes).values(row);
  tx.changed('freezes', row.id);
}

export async function deleteFreeze(tx: Tx, id: string): Promise<void> {
  await tx.db.delete(freezes).where(eq(freezes.id, id));
  tx.changed('freezes', id);
}
