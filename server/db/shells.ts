// Who opened terminals where, and who may. Rows of shells stay: they are the record.
import { and, desc, eq, inArray, isNotNull, isNull, lt } from 'drizzle-orm';
import type { ShellRules } from '../http/contract/shell.ts';
import { shellRules, shells } from './schema/shells.ts';
import type { Reader, Tx } from './store.ts';

export type ShellRow = typeof shells.$inferSelect;
const ONLY = 'shells';

export async function insertShell(tx: Tx, row: ShellRow): Promise<void> {
  await tx.db.insert(shells).values(row);
  tx.changed('shells', row.id);
}

export async function endShell(tx: Tx, id: string, end: Pick<ShellRow, 'endedAt' | 'end' | 'exitCode' | 'message' | 'inputBytes' | 'outputBytes' | 'recordingBytes'>): Promise<void> {
  await tx.db.update(shells).set(end).where(eq(shells.id, id));
  tx.changed('shells', id);
}

export async function shellById({ db }: Reader, id: string): Promise<ShellRow | undefined> {
  const [row] = await db.select().from(shells).where(eq(shells.id, id));
  return row;
}

/** Newest first. @param teams null: of every team */
export async function listShells({ db }: Reader, filter: { readonly teams: readonly string[] | null; readonly replicaId?: string | undefined; readonly open?: boolean | undefined; readonly after?: string | undefined; readonly limit: number }): Promise<ShellRow[]> {
  const { teams, replicaId, open, after, limit } = filter;
  const where = and(
    teams === null ? undefined : inArray(shells.team, [...teams]),
    replicaId === undefined ? undefined : eq(shells.replicaId, replicaId),
    open === undefined ? undefined : open ? isNull(shells.endedAt) : isNotNull(shells.endedAt),
    // Ids sort by time.
    after === undefined ? undefined : lt(shells.id, after),
  );
  return await db.select().from(shells).where(where).orderBy(desc(shells.id)).limit(limit);
}

/** Recordings of shells that ended before that are forgotten. @returns their ids */
export async function forgetRecordings(tx: Tx, before: number): Promise<string[]> {
  const old = await tx.db.select({ id: shells.id }).from(shells).where(and(isNotNull(shells.recordingBytes), lt(shells.endedAt, before)));
  const ids = old.map(({ id }) => id);
  if (ids.length > 0) await tx.db.update(shells).set({ recordingBytes: null }).where(inArray(shells.id, ids));
  return ids;
}

export async function readShellRules({ db }: Reader): Promise<{ readonly rules: ShellRules; readonly updatedBy: string; readonly updatedAt: number } | undefined> {
  const [row] = await db.select().from(shellRules).where(eq(shellRules.id, ONLY));
  return row;
}

export async function putShellRules(tx: Tx, rules: ShellRules, updatedBy: string, updatedAt: number): Promise<void> {
  const row = { rules, updatedBy, updatedAt };
  await tx.db.insert(shellRules).values({ id: ONLY, ...row }).onConflictDoUpdate({ target: shellRules.id, set: row });
  tx.changed('shells');
}
