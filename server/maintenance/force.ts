// Forcing a drain: what is left stops now and starts elsewhere where room is. It takes the loss that was stated, said back figure by figure, so that
// nobody agrees to another loss than the one that they read.
import type { Context } from '../context.ts';
import { readCluster } from '../db/cluster.ts';
import { hostsOfMaintenances, type MaintenanceRow, updateMaintenance } from '../db/maintenance.ts';
import { ConflictError } from '../errors.ts';
import type { Loss, MaintenanceForce } from '../http/contract/maintenance.ts';
import { requireMaintenance, tell, whyNotEnd } from './maintenance.ts';
import { forcedLoss } from './figures.ts';
import { scopeText, targetsOf } from './targets.ts';
import type { Present } from '../control/present.ts';
import type { Actor } from '../requests/submit.ts';

/** What it would lose on the present, and the hosts that would be emptied. */
export async function lossNow(context: Context, present: Present, id: string): Promise<Loss> {
  const hosts = await context.store.read((reader) => hostsOfMaintenances(reader, [id]));
  const hostIds = new Set(hosts.filter(({ state }) => state === 'draining').map(({ hostId }) => hostId));
  return await forcedLoss(context, present, hostIds, targetsOf(present.snapshot, hostIds));
}

export function whyNotForce(row: MaintenanceRow): string | null {
  if (row.finishedAt !== null) return whyNotEnd(row);
  if (row.state === 'planned') return 'It has not begun.';
  if (row.forced !== null) return `${row.forced.by} has forced it already.`;
  return row.state === 'drained' ? 'Its hosts are empty: nothing is left to force.' : null;
}

/** @throws ConflictError `maintenance-over`, or `loss-differs` with the loss as it is now, where another one was confirmed */
export async function forceMaintenance(context: Context, actor: Actor, id: string, { why, confirm }: MaintenanceForce): Promise<void> {
  const present = await context.present.read();
  const loss = await lossNow(context, present, id);
  await context.store.tx(async (tx) => {
    const row = await requireMaintenance(tx, id);
    const refusal = whyNotForce(row);
    if (refusal !== null) throw new ConflictError('maintenance-over', refusal);
    if ((await readCluster(tx)).revision !== present.revision) throw new ConflictError('too-busy', 'The desired state changed while the loss was counted: look at it again and confirm it.');
    const differs = (['replicas', 'belowSurvival', 'qpsMissing'] as const).filter((field) => confirm[field] !== loss.confirm[field]);
    if (differs.length > 0) {
      const fields = differs.map((field) => ({ field: `confirm.${field}`, value: confirm[field], message: `is not what would be lost now`, allowed: String(loss.confirm[field]) }));
      throw new ConflictError('loss-differs', `${differs.map((field) => `confirm.${field} is ${confirm[field]}, and it would be ${loss.confirm[field]}`).join('; ')}. ${loss.sentence}`, fields);
    }
    await updateMaintenance(tx, id, { forced: { by: actor.name, at: context.clock.now(), why, figures: loss.confirm } });
    await tell(context, tx, row, actor.name, 'forced', `${actor.name} forced maintenance of ${scopeText(row.target)}: ${loss.sentence}`, why);
  });
  await context.loops.runOnce('planner');
  await context.loops.runOnce('maintenance');
}
