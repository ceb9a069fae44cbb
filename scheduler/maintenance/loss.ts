// What would be lost if everything on some hosts were stopped now, before anybody does it: how many of each workload serve on, whether these carry the
// peak, how much capacity is gone, and for how long.
// Takes a base, the hosts, what serves, what finds no room and how long starts take; gives one entry a workload. Changes nothing.

import type { Replica, Survive } from '../model.ts';
import { livingHost } from '../pairs.ts';
import type { Base } from '../prepare.ts';
import { byText } from '../resources.ts';
import { sizeWorkload } from '../schedule.ts';
import { isRefusal } from '../size.ts';

export interface WorkloadLoss {
  readonly workloadId: string;
  /** That would stop. */
  readonly replicas: number;
  readonly serving: number;
  readonly remain: number;
  readonly mustRemain: number;
  readonly survive: Survive;
  readonly peakQps: number;
  readonly qpsPerReplica: number;
  readonly qpsLost: number;
  /** By how much the rest falls short of the peak. */
  readonly qpsMissing: number;
  readonly withoutRoom: number;
  /** Null: without end, as far as anybody can say. */
  readonly seconds: { readonly least: number; readonly most: number } | null;
}

export interface LossInput {
  readonly hostIds: ReadonlySet<string>;
  readonly serves: (replica: Replica) => boolean;
  /** Ids of replicas that would find no room elsewhere. */
  readonly withoutRoom: ReadonlySet<string>;
  readonly startSeconds: (workloadId: string) => { readonly least: number; readonly most: number };
}

/** One entry for each workload that has replicas there which nobody replaces yet, in the order of ids. */
export function lossOf(base: Base, { hostIds, serves, withoutRoom, startSeconds }: LossInput): WorkloadLoss[] {
  const found: WorkloadLoss[] = [];
  for (const [workloadId, workload] of [...base.workloads].sort(([one], [other]) => byText(one, other))) {
    const replicas = base.replicasOf.get(workloadId) ?? [];
    const replaced = new Set(replicas.flatMap(({ successor }) => successor?.replaces ?? []));
    // What is on its way already goes on; its successor is no unit of its own yet.
    const stopped = replicas.filter((replica) => replica.hostId !== null && hostIds.has(replica.hostId) && !replaced.has(replica.id));
    if (stopped.length === 0) continue;
    const serving = replicas.filter((replica) => (replica.successor === undefined || !replicas.some(({ id }) => id === replica.successor?.replaces)) && livingHost(base, replica) >= 0 && serves(replica));
    const gone = new Set(stopped.map(({ id }) => id));
    const remain = serving.filter(({ id }) => !gone.has(id)).length;
    const { peakQps, survive } = workload.ask;
    const sizing = sizeWorkload(workload, base);
    // Without a sum, nobody knows of fewer that would do.
    const units = replicas.filter(({ id }) => !replaced.has(id)).length;
    const q = isRefusal(sizing) ? peakQps / Math.max(1, units) : sizing.qpsPerReplica.q;
    const mustRemain = isRefusal(sizing) ? units : sizing.mustRemain;
    const homeless = stopped.filter(({ id }) => withoutRoom.has(id)).length;
    found.push({
      workloadId,
      replicas: stopped.length,
      serving: serving.length,
      remain,
      mustRemain,
      survive,
      peakQps,
      qpsPerReplica: rounded(q),
      qpsLost: rounded((serving.length - remain) * q),
      qpsMissing: rounded(Math.max(0, peakQps - remain * q)),
      withoutRoom: homeless,
      seconds: homeless > 0 ? null : startSeconds(workloadId),
    });
  }
  return found;
}

/** To the tenth: finer than anybody's peak is known. */
const rounded = (figure: number): number => Math.round(figure * 10) / 10;
