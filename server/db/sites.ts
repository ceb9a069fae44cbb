// What people said of sites: who is near them and how data flows. A site that has hosts needs no row.
import { asc, eq } from 'drizzle-orm';
import { sites } from './schema/sites.ts';
import type { Reader, Tx } from './store.ts';

export type SiteRow = typeof sites.$inferSelect;

/** By name. */
export async function listSites({ db }: Reader): Promise<SiteRow[]> {
  return await db.select().from(sites).orderBy(asc(sites.name));
}

export async function siteByName({ db }: Reader, name: string): Promise<SiteRow | undefined> {
  const [row] = await db.select().from(sites).where(eq(sites.name, name));
  return row;
}

export async function putSite(tx: Tx, row: SiteRow): Promise<void> {
  const { name: _name, ...rest } = row;
  await tx.db.insert(sites).values(row).onConflictDoUpdate({ target: sites.name, set: rest });
  tx.changed('sites', row.name);
}

export async function deleteSite(tx: Tx, name: string): Promise<void> {
  await tx.db.delete(sites).where(eq(sites.name, name));
  tx.changed('sites', name);
}
