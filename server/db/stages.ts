// How far services are at each site, as people declared it.
import { and, asc, eq } from 'drizzle-orm';
import { serviceStages } from './schema/sites.ts';
import type { Reader, Tx } from './store.ts';

export type StagesRow = typeof serviceStages.$inferSelect;

export async function listStages({ db }: Reader): Promise<StagesRow[]> {
  return await db.select().from(serviceStages).orderBy(asc(serviceStages.service), asc(serviceStages.environment));
}

export async function stagesOf({ db }: Reader, service: string, environment: string): Promise<StagesRow | undefined> {
  const [row] = await db.select().from(serviceStages).where(and(eq(serviceStages.service, service), eq(serviceStages.environment, environment)));
  return row;
}

export async function putStages(tx: Tx, row: StagesRow): Promise<void> {
  const { service: _service, environment: _environment, ...rest } = row;
  await tx.db.insert(serviceStages).values(row).onConflictDoUpdate({ target: [serviceStages.service, serviceStages.environment], set: rest });
  tx.changed('names');
}
