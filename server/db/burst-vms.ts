// VMs that are bought for a while: what is remembered of each, what it did, and the periods that were paid. A row is written before anybody is
// asked to make a machine, and stays for the ledger.
import { and, asc, desc, eq, gte, inArray, isNull, lt, ne, notInArray, or } from 'drizzle-orm';
import { burstCharges, burstHistory, burstVms } from './schema/burst.ts';
import type { Reader, Tx } from './store.ts';

export type BurstVmRow = typeof burstVms.$inferSelect;
export type BurstHistoryRow = typeof burstHistory.$inferSelect;
export type BurstChargeRow = typeof burstCharges.$inferSelect;
export type { VmTerms } from './schema/burst.ts';

const OVER = ['released', 'failed'] as const;

/** Those that may cost money, in the order in which they were asked for. */
export async function vmsOut({ db }: Reader): Promise<BurstVmRow[]> {
  return await db.select().from(burstVms).where(notInArray(burstVms.state, [...OVER])).orderBy(asc(burstVms.id));
}

/** By id or name. */
export async function findVm({ db }: Reader, named: string): Promise<BurstVmRow | undefined> {
  const [row] = await db.select().from(burstVms).where(or(eq(burstVms.id, named), eq(burstVms.name, named)));
  return row;
}

/** Newest first. @param before id that the page follows */
export async function listVms({ db }: Reader, { limit, before, from, to }: { readonly limit: number; readonly before?: string | undefined; readonly from?: number | undefined; readonly to?: number | undefined }): Promise<BurstVmRow[]> {
  return await db
    .select()
    .from(burstVms)
    .where(and(before === undefined ? undefined : lt(burstVms.id, before), from === undefined ? undefined : or(isNull(burstVms.endedAt), gte(burstVms.endedAt, from)), to === undefined ? undefined : lt(burstVms.askedAt, to)))
    .orderBy(desc(burstVms.id))
    .limit(limit);
}

/** The last that ended, newest first: how long starts take, and which pools fail. */
export async function recentVms({ db }: Reader, since: number, limit: number): Promise<BurstVmRow[]> {
  return await db.select().from(burstVms).where(gte(burstVms.askedAt, since)).orderBy(desc(burstVms.id)).limit(limit);
}

export async function vmNames({ db }: Reader): Promise<Set<string>> {
  return new Set((await db.select({ name: burstVms.name }).from(burstVms)).map(({ name }) => name));
}

export async function insertVm(tx: Tx, row: BurstVmRow, actor: string): Promise<void> {
  await tx.db.insert(burstVms).values(row);
  await addHistory(tx, row, actor, row.since);
  tx.changed('burst', row.id);
}

/** Writes it anew; a line of history where it changed its state or what it waits for. */
export async function updateVm(tx: Tx, before: BurstVmRow, row: BurstVmRow, actor: string, now: number): Promise<void> {
  const { id, ...rest } = row;
  await tx.db.update(burstVms).set(rest).where(eq(burstVms.id, id));
  if (before.state !== row.state || before.reason.code !== row.reason.code) await addHistory(tx, row, actor, now);
  tx.changed('burst', id);
}

async function addHistory(tx: Tx, { id, state, reason }: BurstVmRow, actor: string, at: number): Promise<void> {
  const ordinal = await tx.db.$count(burstHistory, eq(burstHistory.vmId, id));
  await tx.db.insert(burstHistory).values({ vmId: id, ordinal, at, state, actor, reason });
}

export async function historyOf({ db }: Reader, vmId: string): Promise<BurstHistoryRow[]> {
  return await db.select().from(burstHistory).where(eq(burstHistory.vmId, vmId)).orderBy(asc(burstHistory.ordinal));
}

/** Adds periods that are paid; one that is there already stays as it was when it began. @returns how many are new */
export async function addCharges(tx: Tx, rows: readonly BurstChargeRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  const added = await tx.db.insert(burstCharges).values([...rows]).onConflictDoNothing().returning({ vmId: burstCharges.vmId });
  if (added.length > 0) tx.changed('burst', ...new Set(added.map(({ vmId }) => vmId)));
  return added.length;
}

/** Of these VMs, by period. */
export async function chargesOfVms({ db }: Reader, vmIds: readonly string[]): Promise<BurstChargeRow[]> {
  if (vmIds.length === 0) return [];
  return await db.select().from(burstCharges).where(inArray(burstCharges.vmId, [...vmIds])).orderBy(asc(burstCharges.vmId), asc(burstCharges.period));
}

/** Periods that began in a span. */
export async function chargesBetween({ db }: Reader, from: number, to: number): Promise<BurstChargeRow[]> {
  return await db.select().from(burstCharges).where(and(gte(burstCharges.fromAt, from), lt(burstCharges.fromAt, to))).orderBy(asc(burstCharges.fromAt));
}

/** VMs of a pool that never served, newest first: whether to try it again. */
export async function lastOfPool({ db }: Reader, poolId: string, limit: number): Promise<Pick<BurstVmRow, 'state' | 'verdict' | 'since' | 'reason' | 'readyAt'>[]> {
  return await db.select({ state: burstVms.state, verdict: burstVms.verdict, since: burstVms.since, reason: burstVms.reason, readyAt: burstVms.readyAt }).from(burstVms).where(and(eq(burstVms.poolId, poolId), ne(burstVms.state, 'asked'))).orderBy(desc(burstVms.id)).limit(limit);
}
