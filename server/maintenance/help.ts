// What would let blocked replicas leave: single changes that were really tried, asked when somebody looks and kept with the blocker until it changes.
import { fixText } from '#scheduler/questions/sentences.ts';
import type { Context } from '../context.ts';
import { blockersOfMaintenances, type MaintenanceBlockerRow, putHelp } from '../db/maintenance.ts';
import { listPools, poolOf } from '../db/pools.ts';
import { DomainError } from '../errors.ts';

/** Looking for what helps one workload takes up to a second on a large fleet. */
const MOST_ASKED = 3;
const DEADLINE_MS = 5_000;

/** Looks for help for blockers that nobody has looked at; what finds no answer in time is asked again by the next who looks. */
export async function findHelp(context: Context, maintenanceId: string): Promise<void> {
  const blockers = await context.store.read((reader) => blockersOfMaintenances(reader, [maintenanceId]));
  for (const blocker of blockers.filter(({ help }) => help === null).slice(0, MOST_ASKED)) {
    const help = await helpFor(context, blocker.workloadId);
    if (help !== undefined) await context.store.tx((tx) => putHelp(tx, blocker, help));
  }
}

/** Undefined where no answer was found in time. */
export async function helpFor({ present, questions, store }: Context, workloadId: string): Promise<NonNullable<MaintenanceBlockerRow['help']> | undefined> {
  const { snapshot, base } = await present.read();
  const workload = base.workloads.get(workloadId);
  if (workload === undefined) return [];
  const pools = (await store.read(listPools)).map(poolOf);
  try {
    const found = await questions.ask('why-not', snapshot, { workload, pools }, { key: `maintenance ${workloadId}`, urgent: true, deadlineMs: DEADLINE_MS });
    return found.flatMap(({ fixes }) => fixes).map((fix) => ({ kind: fix.what.kind, sentence: fixText(fix, snapshot), addedCentsPerHour: fix.addedCentsPerHour }));
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}
