// What would follow if hosts were emptied, before anything is changed: where each replica would go, when it would be done, what would block it, and what
// forcing it at once would lose. Decided on the present by the code that carries it out.
import type { DrainTargets } from '#scheduler/maintenance/targets.ts';
import type { Context } from '../context.ts';
import { listHosts } from '../db/hosts.ts';
import type { MaintenanceBlockerRow } from '../db/maintenance.ts';
import type { Loss, MaintenancePreviewAsk } from '../http/contract/maintenance.ts';
import { etaOf, type EtaFound, forcedLoss } from './figures.ts';
import { blockerRow, hostsIn, scopeText, targetOf, targetsOf } from './targets.ts';
import type { Present } from '../control/present.ts';

export interface Preview {
  readonly present: Present;
  readonly scope: string;
  readonly hosts: readonly string[];
  readonly targets: DrainTargets;
  readonly blockers: readonly MaintenanceBlockerRow[];
  readonly eta: EtaFound | undefined;
  readonly loss: Loss;
}

/** @throws InvalidError as targetOf() says */
export async function previewMaintenance(context: Context, ask: MaintenancePreviewAsk): Promise<Preview> {
  const present = await context.present.read();
  const known = await context.store.read(listHosts);
  const target = targetOf(ask, known);
  const hosts = hostsIn(target, known);
  const hostIds = new Set(hosts.map(({ id }) => id));
  const targets = targetsOf(present.snapshot, hostIds);
  const pace = { movesPerHour: ask.pace.movesPerHour ?? null, atOnce: ask.pace.atOnce ?? null };
  const waiting = targets.targets.map(({ replica }) => ({ replicaId: replica.id, workloadId: replica.workloadId }));
  const starting = targets.underWay.map(({ workloadId }) => ({ workloadId, begunAt: null }));
  const eta = await context.store.read((reader) => etaOf(context, reader, { present, hostIds: [...hostIds], pace, waiting, starting }));
  const now = context.clock.now();
  return { present, scope: scopeText(target), hosts: hosts.map(({ name }) => name), targets, eta, blockers: targets.blockers.map((blocker) => blockerRow('', blocker, undefined, now)), loss: await forcedLoss(context, present, hostIds, targets) };
}
