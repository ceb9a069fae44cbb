// Bundles of agents that were offered, campaigns that bring them to hosts, and how far each host is.
import { and, asc, desc, eq, inArray } from 'drizzle-orm';
import { agentBundles, agentUpgradeHosts, agentUpgrades } from './schema/identity.ts';
import type { Reader, Tx } from './store.ts';

export type BundleRow = typeof agentBundles.$inferSelect;
export type UpgradeRow = typeof agentUpgrades.$inferSelect;
export type UpgradeHostRow = typeof agentUpgradeHosts.$inferSelect;
export type { UpgradeHostState } from './schema/identity.ts';

export async function listBundles({ db }: Reader): Promise<BundleRow[]> {
  return await db.select().from(agentBundles).orderBy(desc(agentBundles.addedAt));
}

/** Does nothing where it is known. */
export async function insertBundle(tx: Tx, row: BundleRow): Promise<void> {
  await tx.db.insert(agentBundles).values(row).onConflictDoNothing({ target: agentBundles.sha256 });
}

/** Newest first. */
export async function listUpgrades({ db }: Reader): Promise<UpgradeRow[]> {
  return await db.select().from(agentUpgrades).orderBy(desc(agentUpgrades.id)).limit(100);
}

export async function upgradeById({ db }: Reader, id: string): Promise<UpgradeRow | undefined> {
  const [row] = await db.select().from(agentUpgrades).where(eq(agentUpgrades.id, id));
  return row;
}

/** Those that are not over. */
export async function openUpgrades({ db }: Reader): Promise<UpgradeRow[]> {
  return await db.select().from(agentUpgrades).where(inArray(agentUpgrades.state, ['running', 'paused'])).orderBy(asc(agentUpgrades.id));
}

/** By host name. */
export async function hostsOfUpgrade({ db }: Reader, id: string): Promise<UpgradeHostRow[]> {
  return await db.select().from(agentUpgradeHosts).where(eq(agentUpgradeHosts.upgradeId, id)).orderBy(asc(agentUpgradeHosts.host));
}

export async function insertUpgrade(tx: Tx, row: UpgradeRow, hosts: readonly UpgradeHostRow[]): Promise<void> {
  await tx.db.insert(agentUpgrades).values(row);
  for (const host of hosts) await tx.db.insert(agentUpgradeHosts).values(host);
  tx.changed('hosts', row.id);
}

export async function updateUpgrade(tx: Tx, id: string, edit: Partial<Pick<UpgradeRow, 'state' | 'stateReason' | 'endedAt'>>): Promise<void> {
  await tx.db.update(agentUpgrades).set(edit).where(eq(agentUpgrades.id, id));
  tx.changed('hosts', id);
}

export async function updateUpgradeHost(tx: Tx, { upgradeId, hostId }: Pick<UpgradeHostRow, 'upgradeId' | 'hostId'>, edit: Partial<Omit<UpgradeHostRow, 'upgradeId' | 'hostId' | 'host'>>): Promise<void> {
  await tx.db.update(agentUpgradeHosts).set(edit).where(and(eq(agentUpgradeHosts.upgradeId, upgradeId), eq(agentUpgradeHosts.hostId, hostId)));
  tx.changed('hosts', hostId);
}
