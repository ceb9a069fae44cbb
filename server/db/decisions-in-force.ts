// The autoscaler's numbers that hold, read wherever a workload is read for the scheduler. autoscale.ts writes them.
import type { Workload } from '#scheduler/model.ts';
import { eq, sql } from 'drizzle-orm';
import { preparedRows } from './prepared.ts';
import { decisionsInForce } from './schema/autoscale.ts';
import type { Reader } from './store.ts';

export type InForceRow = typeof decisionsInForce.$inferSelect;

const all = preparedRows((db) => db.select().from(decisionsInForce).prepare());
const one = preparedRows((db) => db.select().from(decisionsInForce).where(eq(decisionsInForce.workloadId, sql.placeholder('workloadId'))).prepare());

/** By workload id. */
export async function listInForce(reader: Reader): Promise<Map<string, InForceRow>> {
  return new Map((await all(reader)).map((row) => [row.workloadId, row]));
}

export async function inForceOf(reader: Reader, workloadId: string): Promise<InForceRow | undefined> {
  const [row] = await one(reader, { workloadId });
  return row;
}

/** As sizing takes it. */
export const decisionOf = ({ replicas, reason }: InForceRow): NonNullable<Workload['decision']> => ({ replicas, reason });
