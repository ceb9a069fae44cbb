// Settings, memories, decisions and alerts of the autoscaler: the only writer of their tables.
import type { AutoscaleSettings } from '../http/contract/autoscale.ts';
import { and, asc, desc, eq, gt, gte, inArray, isNotNull, isNull, like, lt, lte, notInArray, or, sql } from 'drizzle-orm';
import { placeholders, preparedChange, preparedRows } from './prepared.ts';
import { autoscaleAlerts, autoscaleMemories, autoscaleSettings, decisions, decisionsInForce } from './schema/autoscale.ts';
import type { Reader, Tx } from './store.ts';
import { reviseWorkload } from './workloads.ts';
import type { InForceRow } from './decisions-in-force.ts';

export type SettingsRow = typeof autoscaleSettings.$inferSelect;
export type DecisionRow = typeof decisions.$inferSelect;
/** Without what it was decided from, which is large. */
export type DecisionHead = Omit<DecisionRow, 'input' | 'inputChain'>;
export type AlertRow = typeof autoscaleAlerts.$inferSelect;
export type MemoryRow = typeof autoscaleMemories.$inferSelect;

// --- settings ---------------------------------------------------------------------------------------------------------------------------

const newest = preparedRows((db) =>
  db
    .select()
    .from(autoscaleSettings)
    .where(sql`(${autoscaleSettings.workloadId}, ${autoscaleSettings.version}) IN (SELECT workload_id, MAX(version) FROM autoscale_settings GROUP BY workload_id)`)
    .prepare(),
);

/** The settings that hold, by workload id; a workload without has the defaults. */
export async function listAutoscaleSettings(reader: Reader): Promise<Map<string, SettingsRow>> {
  return new Map((await newest(reader)).map((row) => [row.workloadId, row]));
}

/** Versions of one workload, newest first. */
export async function settingsVersions({ db }: Reader, workloadId: string, limit = 100): Promise<SettingsRow[]> {
  return await db.select().from(autoscaleSettings).where(eq(autoscaleSettings.workloadId, workloadId)).orderBy(desc(autoscaleSettings.version)).limit(limit);
}

export async function insertSettings(tx: Tx, row: SettingsRow): Promise<void> {
  await tx.db.insert(autoscaleSettings).values({ ...row, settings: JSON.parse(JSON.stringify(row.settings)) as AutoscaleSettings });
  tx.changed('autoscale', row.workloadId);
}

// --- memories ---------------------------------------------------------------------------------------------------------------------------

export async function listMemories({ db }: Reader): Promise<MemoryRow[]> {
  return await db.select().from(autoscaleMemories);
}

const putMemory = preparedChange((db) => db.insert(autoscaleMemories).values(placeholders(autoscaleMemories)).onConflictDoUpdate({ target: autoscaleMemories.workloadId, set: { savedAt: sql`excluded.saved_at`, packed: sql`excluded.packed` } }).prepare());

export async function putMemories(tx: Tx, rows: readonly MemoryRow[]): Promise<void> {
  for (const row of rows) await putMemory(tx, row);
}

// --- decisions --------------------------------------------------------------------------------------------------------------------------

const insertDecision = preparedChange((db) => db.insert(decisions).values(placeholders(decisions)).prepare());

export async function insertDecisions(tx: Tx, rows: readonly DecisionRow[]): Promise<void> {
  for (const row of rows) await insertDecision(tx, row);
  if (rows.length > 0) tx.changed('decisions', ...rows.map(({ id }) => id));
}

const heads = {
  id: decisions.id,
  workloadId: decisions.workloadId,
  workload: decisions.workload,
  team: decisions.team,
  at: decisions.at,
  mode: decisions.mode,
  settingsVersion: decisions.settingsVersion,
  action: decisions.action,
  alerts: decisions.alerts,
  ready: decisions.ready,
  pending: decisions.pending,
  body: decisions.body,
  software: decisions.software,
};

export interface DecisionFilter {
  /** An id, or `service.environment`. */
  readonly workload?: string | undefined;
  /** Null: of every team. */
  readonly teams: readonly string[] | null;
  readonly actions?: readonly DecisionRow['action'][] | undefined;
  readonly alert?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only those with a smaller id. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listDecisions({ db }: Reader, { workload, teams, actions, alert, since, until, before, limit }: DecisionFilter): Promise<DecisionHead[]> {
  return await db
    .select(heads)
    .from(decisions)
    .where(
      and(
        workload === undefined ? undefined : workload.includes('.') ? eq(decisions.workload, workload) : eq(decisions.workloadId, workload),
        teams === null ? undefined : inArray(decisions.team, [...teams]),
        actions === undefined ? undefined : inArray(decisions.action, [...actions]),
        alert === undefined ? undefined : like(decisions.alerts, `%,${alert.replaceAll(/[%_]/g, '')},%`),
        since === undefined ? undefined : gte(decisions.at, since),
        until === undefined ? undefined : lte(decisions.at, until),
        before === undefined ? undefined : lt(decisions.id, before),
      ),
    )
    .orderBy(desc(decisions.id))
    .limit(limit);
}

export async function decisionById({ db }: Reader, id: string): Promise<DecisionRow | undefined> {
  const [row] = await db.select().from(decisions).where(eq(decisions.id, id));
  return row;
}

/** What it was decided from, and before it what that is packed against, oldest first; empty: it is gone. */
export async function packedInputs({ db }: Reader, { id, input, inputChain }: Pick<DecisionRow, 'id' | 'input' | 'inputChain'>): Promise<Buffer[]> {
  if (inputChain === null) return input === null ? [] : [input];
  const links = await db.select({ input: decisions.input }).from(decisions).where(and(eq(decisions.inputChain, inputChain), lte(decisions.id, id))).orderBy(asc(decisions.id));
  return links.flatMap((link) => link.input ?? []);
}

/** The newest stored decision of each workload. */
export async function newestDecisions({ db }: Reader): Promise<Map<string, DecisionHead>> {
  const rows = await db.select(heads).from(decisions).where(sql`${decisions.id} IN (SELECT MAX(id) FROM decisions GROUP BY workload_id)`);
  return new Map(rows.map((row) => [row.workloadId, row]));
}

/** Drops what is older or beyond so many, a chain once all of it is: whatever is still there can be decided again. */
export async function dropOldDecisions(tx: Tx, { before, keep }: { readonly before: number; readonly keep: number }): Promise<void> {
  const last = (await tx.db.select({ id: decisions.id }).from(decisions).orderBy(desc(decisions.id)).limit(1).offset(keep))[0]?.id ?? '';
  const inUse = tx.db.select({ chain: decisions.inputChain }).from(decisions).where(and(isNotNull(decisions.inputChain), gte(decisions.at, before), gt(decisions.id, last)));
  await tx.db.delete(decisions).where(and(or(lt(decisions.at, before), lte(decisions.id, last)), or(isNull(decisions.inputChain), notInArray(decisions.inputChain, inUse))));
}

// --- what holds -------------------------------------------------------------------------------------------------------------------------

/** Puts numbers into force; the desired state changes with them, one revision for all of a transaction. */
export async function putInForce(tx: Tx, rows: readonly InForceRow[]): Promise<void> {
  for (const row of rows) {
    const { workloadId: _, ...rest } = row;
    await tx.db.insert(decisionsInForce).values(row).onConflictDoUpdate({ target: decisionsInForce.workloadId, set: rest });
    await reviseWorkload(tx, row.workloadId);
  }
}

/** From now on the request alone says how many. @returns false where that was so already */
export async function endInForce(tx: Tx, workloadId: string): Promise<boolean> {
  const gone = await tx.db.delete(decisionsInForce).where(eq(decisionsInForce.workloadId, workloadId)).returning({ id: decisionsInForce.workloadId });
  if (gone.length > 0) await reviseWorkload(tx, workloadId);
  return gone.length > 0;
}

// --- alerts -----------------------------------------------------------------------------------------------------------------------------

export async function listAlerts({ db }: Reader): Promise<AlertRow[]> {
  return await db.select().from(autoscaleAlerts);
}

export async function putAlert(tx: Tx, row: AlertRow): Promise<void> {
  const { message, value } = row;
  await tx.db.insert(autoscaleAlerts).values(row).onConflictDoUpdate({ target: [autoscaleAlerts.workloadId, autoscaleAlerts.kind], set: { message, value } });
}

export async function endAlert(tx: Tx, workloadId: string, kind: string): Promise<void> {
  await tx.db.delete(autoscaleAlerts).where(and(eq(autoscaleAlerts.workloadId, workloadId), eq(autoscaleAlerts.kind, kind)));
}

/** Forgets everything of workloads that are gone but what was decided. */
export async function forgetWorkloads(tx: Tx, ids: readonly string[]): Promise<void> {
  for (const table of [autoscaleSettings, autoscaleMemories, decisionsInForce, autoscaleAlerts]) await tx.db.delete(table).where(inArray(table.workloadId, [...ids]));
}
