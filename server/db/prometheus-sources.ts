// Prometheus servers that arrivals are read from: the only writer of prometheus_sources.
import { and, asc, eq } from 'drizzle-orm';
import { prometheusSources } from './schema/metrics.ts';
import type { Reader, Tx } from './store.ts';

export type PrometheusSourceRow = typeof prometheusSources.$inferSelect;

export async function listPrometheusSources({ db }: Reader): Promise<PrometheusSourceRow[]> {
  return await db.select().from(prometheusSources).orderBy(asc(prometheusSources.name), asc(prometheusSources.id));
}

export async function prometheusSourceById({ db }: Reader, id: string): Promise<PrometheusSourceRow | undefined> {
  const [row] = await db.select().from(prometheusSources).where(eq(prometheusSources.id, id));
  return row;
}

export async function prometheusSourceNamed({ db }: Reader, workloadId: string, name: string): Promise<PrometheusSourceRow | undefined> {
  const [row] = await db.select().from(prometheusSources).where(and(eq(prometheusSources.workloadId, workloadId), eq(prometheusSources.name, name)));
  return row;
}

/** Writes a source, in place of the one with this id. */
export async function putPrometheusSource(tx: Tx, row: PrometheusSourceRow): Promise<void> {
  const { id: _id, ...set } = row;
  await tx.db.insert(prometheusSources).values(row).onConflictDoUpdate({ target: prometheusSources.id, set });
  tx.changed('metrics', row.workloadId);
}

export async function deletePrometheusSource(tx: Tx, { id, workloadId }: PrometheusSourceRow): Promise<void> {
  await tx.db.delete(prometheusSources).where(eq(prometheusSources.id, id));
  tx.changed('metrics', workloadId);
}
