// Rules of bursting, how VMs of pools are made, and proposals to buy. The newest version of the rules holds; versions stay.
import { desc, eq } from 'drizzle-orm';
import { burstProposals, burstProvisioners, burstSettings } from './schema/burst.ts';
import type { Reader, Tx } from './store.ts';

export type BurstSettingsRow = typeof burstSettings.$inferSelect;
export type ProvisionerRow = typeof burstProvisioners.$inferSelect;
export type BurstProposalRow = typeof burstProposals.$inferSelect;
export type { ProposedPurchase } from './schema/burst.ts';

/** Undefined: nobody has written rules yet. */
export async function currentBurstSettings({ db }: Reader): Promise<BurstSettingsRow | undefined> {
  const [row] = await db.select().from(burstSettings).orderBy(desc(burstSettings.version)).limit(1);
  return row;
}

export async function insertBurstSettings(tx: Tx, row: BurstSettingsRow): Promise<void> {
  await tx.db.insert(burstSettings).values(row);
  tx.changed('burst', 'settings');
}

export async function listProvisioners({ db }: Reader): Promise<ProvisionerRow[]> {
  return await db.select().from(burstProvisioners);
}

/** Writes it, in place of the one of this pool. */
export async function putProvisioner(tx: Tx, row: ProvisionerRow): Promise<void> {
  const { poolId: _, ...rest } = row;
  await tx.db.insert(burstProvisioners).values(row).onConflictDoUpdate({ target: burstProvisioners.poolId, set: rest });
  tx.changed('burst', row.poolId);
}

/** @returns false when there was none */
export async function deleteProvisioner(tx: Tx, poolId: string): Promise<boolean> {
  const gone = await tx.db.delete(burstProvisioners).where(eq(burstProvisioners.poolId, poolId)).returning({ poolId: burstProvisioners.poolId });
  tx.changed('burst', poolId);
  return gone.length > 0;
}

/** Newest first. */
export async function listBurstProposals({ db }: Reader, state: BurstProposalRow['state'] | null, limit: number): Promise<BurstProposalRow[]> {
  return await db.select().from(burstProposals).where(state === null ? undefined : eq(burstProposals.state, state)).orderBy(desc(burstProposals.id)).limit(limit);
}

export async function burstProposalById({ db }: Reader, id: string): Promise<BurstProposalRow | undefined> {
  const [row] = await db.select().from(burstProposals).where(eq(burstProposals.id, id));
  return row;
}

export async function insertBurstProposal(tx: Tx, row: BurstProposalRow): Promise<void> {
  await tx.db.insert(burstProposals).values(row);
  tx.changed('burst', row.id);
}

export async function updateBurstProposal(tx: Tx, id: string, edit: Partial<Omit<BurstProposalRow, 'id'>>): Promise<void> {
  await tx.db.update(burstProposals).set(edit).where(eq(burstProposals.id, id));
  tx.changed('burst', id);
}
