// What was last known of each host by its own word. Observation keeps the present in memory and writes it here in batches; a restart
// starts from these rows.
import { eq } from 'drizzle-orm';
import { hostStatus } from './schema-fleet.ts';
import type { Reader, Tx } from './store.ts';

export type HostStatusRow = typeof hostStatus.$inferSelect;

export async function listHostStatus({ db }: Reader): Promise<HostStatusRow[]> {
  return await db.select().from(hostStatus);
}

export async function putHostStatus(tx: Tx, rows: readonly HostStatusRow[]): Promise<void> {
  for (const { hostId, ...rest } of rows) await tx.db.insert(hostStatus).values({ hostId, ...rest }).onConflictDoUpdate({ target: hostStatus.hostId, set: rest });
}

export async function deleteHostStatus(tx: Tx, hostId: string): Promise<void> {
  await tx.db.delete(hostStatus).where(eq(hostStatus.hostId, hostId));
}
