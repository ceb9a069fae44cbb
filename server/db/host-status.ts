// What was last known of each host by its own word. Observation keeps the present in memory and writes it here in batches; a restart
// starts from these rows.
import { eq, sql } from 'drizzle-orm';
import { placeholders, preparedChange } from './prepared.ts';
import { hostStatus } from './schema/fleet.ts';
import type { Reader, Tx } from './store.ts';

export type HostStatusRow = typeof hostStatus.$inferSelect;

export async function listHostStatus({ db }: Reader): Promise<HostStatusRow[]> {
  return await db.select().from(hostStatus);
}

const NEWER = { state: sql`excluded.state`, reason: sql`excluded.reason`, since: sql`excluded.since`, lastSeenAt: sql`excluded.last_seen_at`, reportedGeneration: sql`excluded.reported_generation`, facts: sql`excluded.facts` };
const putOne = preparedChange((db) => db.insert(hostStatus).values(placeholders(hostStatus)).onConflictDoUpdate({ target: hostStatus.hostId, set: NEWER }).prepare());

export async function putHostStatus(tx: Tx, rows: readonly HostStatusRow[]): Promise<void> {
  for (const row of rows) await putOne(tx, row);
}

export async function deleteHostStatus(tx: Tx, hostId: string): Promise<void> {
  await tx.db.delete(hostStatus).where(eq(hostStatus.hostId, hostId));
}
