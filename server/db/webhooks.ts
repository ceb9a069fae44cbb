// Who hears of builds and rollouts, and what is still to be said to them.
import { and, asc, desc, eq, inArray, isNotNull, isNull, lt, lte, or } from 'drizzle-orm';
import { webhookDeliveries, webhooks } from './schema/releases.ts';
import type { Reader, Tx } from './store.ts';

export type WebhookRow = typeof webhooks.$inferSelect;
export type DeliveryRow = typeof webhookDeliveries.$inferSelect;

/** By name. */
export async function listWebhooks({ db }: Reader): Promise<WebhookRow[]> {
  return await db.select().from(webhooks).orderBy(asc(webhooks.name));
}

export async function webhookById({ db }: Reader, id: string): Promise<WebhookRow | undefined> {
  const [row] = await db.select().from(webhooks).where(eq(webhooks.id, id));
  return row;
}

/** By its name or id. */
export async function findWebhook({ db }: Reader, named: string): Promise<WebhookRow | undefined> {
  const [row] = await db.select().from(webhooks).where(or(eq(webhooks.name, named), eq(webhooks.id, named)));
  return row;
}

/** Writes a webhook, in place of the one with this id. */
export async function putWebhook(tx: Tx, row: WebhookRow): Promise<void> {
  const { id: _id, ...set } = row;
  await tx.db.insert(webhooks).values(row).onConflictDoUpdate({ target: webhooks.id, set });
  tx.changed('webhooks', row.id);
}

/** With everything that was still to be said to it. */
export async function deleteWebhook(tx: Tx, id: string): Promise<void> {
  await tx.db.delete(webhookDeliveries).where(eq(webhookDeliveries.webhookId, id));
  await tx.db.delete(webhooks).where(eq(webhooks.id, id));
  tx.changed('webhooks', id);
}

export async function insertDelivery(tx: Tx, row: DeliveryRow): Promise<void> {
  await tx.db.insert(webhookDeliveries).values(row);
  tx.changed('webhooks', row.webhookId);
}

/** Those whose time has come, oldest first. */
export async function dueDeliveries({ db }: Reader, now: number, limit: number): Promise<DeliveryRow[]> {
  return await db.select().from(webhookDeliveries).where(and(isNull(webhookDeliveries.outcome), lte(webhookDeliveries.nextAt, now))).orderBy(asc(webhookDeliveries.nextAt)).limit(limit);
}

export async function updateDelivery(tx: Tx, row: DeliveryRow): Promise<void> {
  const { id, attempts, nextAt, outcome, lastStatus, endedAt } = row;
  await tx.db.update(webhookDeliveries).set({ attempts, nextAt, outcome, lastStatus, endedAt }).where(eq(webhookDeliveries.id, id));
  tx.changed('webhooks', row.webhookId);
}

/** The newest of each webhook. */
export async function newestDeliveries({ db }: Reader, webhookIds: readonly string[], most: number): Promise<Map<string, DeliveryRow[]>> {
  const found = new Map<string, DeliveryRow[]>();
  for (const id of webhookIds) found.set(id, await db.select().from(webhookDeliveries).where(eq(webhookDeliveries.webhookId, id)).orderBy(desc(webhookDeliveries.createdAt), desc(webhookDeliveries.id)).limit(most));
  return found;
}

/** Drops what ended before an instant, a thousand at most. @returns how many */
export async function dropOldDeliveries(tx: Tx, before: number): Promise<number> {
  const old = await tx.db.select({ id: webhookDeliveries.id }).from(webhookDeliveries).where(and(isNotNull(webhookDeliveries.endedAt), lt(webhookDeliveries.endedAt, before))).limit(1_000);
  if (old.length > 0) await tx.db.delete(webhookDeliveries).where(inArray(webhookDeliveries.id, old.map(({ id }) => id)));
  return old.length;
}
