// What each team may have in each environment without an SRE's word. No row means nothing.
import type { Shape } from '#scheduler/model.ts';
import { and, asc, eq, sql } from 'drizzle-orm';
import { preparedRows } from './prepared.ts';
import { quotas } from './schema/desired.ts';
import type { Reader, Tx } from './store.ts';

export type QuotaRow = typeof quotas.$inferSelect;

export async function listQuotas({ db }: Reader): Promise<QuotaRow[]> {
  return await db.select().from(quotas).orderBy(asc(quotas.team), asc(quotas.environment));
}

const limitOf = preparedRows((db) => db.select().from(quotas).where(and(eq(quotas.team, sql.placeholder('team')), eq(quotas.environment, sql.placeholder('environment')))).prepare());

/** The limit of a team in an environment; zero where none was set. */
export async function quotaOf(reader: Reader, team: string, environment: string): Promise<Shape> {
  const [row] = await limitOf(reader, { team, environment });
  return { cpuMilli: row?.cpuMilli ?? 0, memoryMib: row?.memoryMib ?? 0 };
}

export async function putQuota(tx: Tx, row: QuotaRow): Promise<void> {
  const { cpuMilli, memoryMib, updatedAt } = row;
  await tx.db.insert(quotas).values(row).onConflictDoUpdate({ target: [quotas.team, quotas.environment], set: { cpuMilli, memoryMib, updatedAt } });
  tx.changed('quotas', `${row.team}/${row.environment}`);
}
