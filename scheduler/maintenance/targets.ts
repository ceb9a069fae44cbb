// Where the replicas of hosts that are emptied could go, all of them together, and which could not.
// Takes a base in which those hosts are drained; gives a host for each replica that finds one, or the rule that keeps it. It decides what the
// planner would decide if every successor served at once, so that what it promises can be kept. Changes nothing.

import type { Elimination, Replica } from '../model.ts';
import { hasSuccessor } from '../pairs.ts';
import { type Base, indexOfHost } from '../prepare.ts';
import { byText } from '../resources.ts';
import { decide } from '../schedule.ts';

export interface DrainTarget {
  readonly replica: Replica;
  readonly fromHostId: string;
  readonly hostId: string;
}

/** Replicas of a workload that find no other host, and why. */
export interface DrainBlocker {
  readonly workloadId: string;
  readonly replicas: readonly Replica[];
  /** No sum can be done without these hosts: the field of the ask, and what it would need. */
  readonly refusal?: { readonly field: string; readonly value: number | string; readonly allowed: string; readonly message: string } | undefined;
  /** Why each group of hosts refuses; empty where a refusal says it. */
  readonly eliminations: readonly Elimination[];
}

export interface DrainTargets {
  readonly targets: readonly DrainTarget[];
  readonly blockers: readonly DrainBlocker[];
  /** Replicas that have a successor already. */
  readonly underWay: readonly Replica[];
}

/** @param hostIds hosts that are emptied; `base` has them as draining */
export function drainTargets(base: Base, hostIds: ReadonlySet<string>): DrainTargets {
  const leaving = [...base.replicasOf.values()].flat().filter(({ hostId }) => hostId !== null && hostIds.has(hostId) && indexOfHost(base, hostId) >= 0);
  const isUnderWay = ({ id, workloadId }: Replica) => hasSuccessor(base.replicasOf.get(workloadId) ?? [], id);
  const underWay = leaving.filter(isUnderWay);
  const scope = [...new Set(leaving.map(({ workloadId }) => workloadId))].filter((id) => base.workloads.has(id)).toSorted(byText);
  let count = 0;
  const newId = () => `successor-${(count += 1)}`;
  const plan = decide(base, scope.map((id) => base.workloads.get(id)!), { verb: 'drain', seed: 0, newId, complete: true, moves: Number.POSITIVE_INFINITY }, scope);
  const steps = new Map(plan.steps.map((step) => [step.replica.id, step]));
  const targets: DrainTarget[] = [];
  const stuck: Replica[] = [];
  for (const replica of leaving) {
    if (isUnderWay(replica)) continue;
    const step = steps.get(replica.id);
    if (step?.kind === 'move') targets.push({ replica, fromHostId: step.fromHostId, hostId: step.hostId });
    // One that is too many stops: it needs no other host.
    else if (step?.kind !== 'stop') stuck.push(replica);
  }
  const blockers = [...Map.groupBy(stuck, ({ workloadId }) => workloadId)].sort(([one], [other]) => byText(one, other)).map(([workloadId, replicas]): DrainBlocker => {
    const refusal = plan.refusals.find((each) => each.workloadId === workloadId);
    const eliminations = refusal === undefined ? plan.unplaced.filter((each) => each.workloadId === workloadId).flatMap((each) => each.eliminations) : [];
    return { workloadId, replicas, refusal: refusal && { field: refusal.field, value: refusal.value, allowed: refusal.allowed, message: refusal.message }, eliminations };
  });
  return { targets, blockers, underWay };
}

/** Of the reasons why hosts refuse, the one that says most: a rule about room or the workload before "that host is closed". */
export function closestOf(eliminations: readonly Elimination[]): Elimination | undefined {
  const says = ({ closest: { rule } }: Elimination) => (rule === 'cordon' || rule === 'host-state' ? 1 : 0);
  return [...eliminations].sort((one, other) => says(one) - says(other) || other.hosts - one.hosts)[0];
}
