// What clients are kept from, and the rules by which that happens without a person. A mark is there while it holds.
import { and, asc, eq } from 'drizzle-orm';
import { FailoverRules } from '../http/contract/sites.ts';
import { failoverRules, siteMarks } from './schema/sites.ts';
import type { Reader, Tx } from './store.ts';

export type SiteMarkRow = typeof siteMarks.$inferSelect;
const ONLY = 'failover';

/** By site; those of names after those of the site. */
export async function listSiteMarks({ db }: Reader): Promise<SiteMarkRow[]> {
  return await db.select().from(siteMarks).orderBy(asc(siteMarks.site), asc(siteMarks.name), asc(siteMarks.kind));
}

/** Writes a mark, in place of one of its kind. */
export async function putSiteMark(tx: Tx, row: SiteMarkRow): Promise<void> {
  const { by, since, reason, said } = row;
  await tx.db.insert(siteMarks).values(row).onConflictDoUpdate({ target: [siteMarks.site, siteMarks.name, siteMarks.kind], set: { by, since, reason, said } });
  tx.changed('sites', row.site);
}

export async function deleteSiteMark(tx: Tx, { site, name, kind }: Pick<SiteMarkRow, 'site' | 'name' | 'kind'>): Promise<void> {
  await tx.db.delete(siteMarks).where(and(eq(siteMarks.site, site), eq(siteMarks.name, name), eq(siteMarks.kind, kind)));
  tx.changed('sites', site);
}

export async function readFailoverRules({ db }: Reader): Promise<FailoverRules> {
  const [row] = await db.select({ rules: failoverRules.rules }).from(failoverRules).where(eq(failoverRules.id, ONLY));
  return row?.rules ?? FailoverRules.parse({});
}

export async function putFailoverRules(tx: Tx, rules: FailoverRules, updatedBy: string, updatedAt: number): Promise<void> {
  const row = { rules, updatedBy, updatedAt };
  await tx.db.insert(failoverRules).values({ id: ONLY, ...row }).onConflictDoUpdate({ target: failoverRules.id, set: row });
  tx.changed('sites');
}
