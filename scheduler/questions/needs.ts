// What finds no room in a plan, with those workloads among them whose sum the fleet itself makes impossible.
// Takes a base and a plan made on it, or what it lacks; gives one entry for each workload and shape. A sum that no fleet could mend (a figure out of bounds)
// is the ask's own trouble and is not among them.

import { capsOf } from '../classes.ts';
import type { Caps, PlanRefusal, Shape, Workload } from '../model.ts';
import type { Base } from '../prepare.ts';
import { type Lacking, wantedOf } from '../schedule.ts';
import { isRefusal, size } from '../size.ts';

export interface Need {
  readonly workload: Workload;
  readonly shape: Shape;
  /** Replicas that find no room; for a sum that cannot be done those that the peak alone would need, less those that run. */
  readonly count: number;
  readonly caps: Caps;
  readonly refusal: PlanRefusal | undefined;
}

/** Fields of an ask that are refused because of the hosts that there are. */
const OF_THE_FLEET: ReadonlySet<string> = new Set(['shape', 'survive']);

/** @returns in the order of the plan, refused sums last */
export function needsOf(base: Base, plan: Lacking): Need[] {
  const refusals = new Map(plan.refusals.map((refusal) => [refusal.workloadId, refusal]));
  const waiting = plan.unplaced.flatMap(({ workloadId, shape, count }): Need[] => {
    const workload = base.workloads.get(workloadId);
    return workload === undefined ? [] : [{ workload, shape, count, caps: wantedOf(base, workload).wanted.demand.caps, refusal: refusals.get(workloadId) }];
  });
  const told = new Set(waiting.map(({ workload }) => workload.id));
  return [...waiting, ...plan.refusals.flatMap((refusal) => (told.has(refusal.workloadId) ? [] : (refusedNeed(base, refusal) ?? [])))];
}

function refusedNeed(base: Base, refusal: PlanRefusal): Need | undefined {
  const workload = base.workloads.get(refusal.workloadId);
  if (workload === undefined || !OF_THE_FLEET.has(refusal.field)) return undefined;
  const { policy } = base.snapshot;
  const alone = size({ ...workload, ask: { ...workload.ask, survive: 'none' } }, policy, 0);
  if (isRefusal(alone)) return undefined;
  const running = (base.replicasOf.get(workload.id) ?? []).filter(({ hostId }) => hostId !== null).length;
  return { workload, shape: alone.shape, count: Math.max(1, alone.replicas - running), caps: capsOf(workload, policy), refusal };
}

export function countOf(needs: readonly Need[]): number {
  return needs.reduce((sum, { count }) => sum + count, 0);
}
