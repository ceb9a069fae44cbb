// The working copy as a plan leaves it, so that questions can be asked where the decision ended.
// Takes a base and a plan made on it; gives an overlay. It is about room, counts and cost: who starts for whom is not kept.

import type { Plan, Replica } from '../model.ts';
import { occupy, overlay, type Overlay } from '../overlay.ts';
import { leavingIds } from '../pairs.ts';
import { type Base, indexOfHost } from '../prepare.ts';
import { takeOff } from '../reconcile.ts';
import { charge } from '../resources.ts';

/** @param plan complete, or of a base on which nothing is under way */
export function stateAfter(base: Base, plan: Plan): Overlay {
  const state = overlay(base);
  const known = new Map<string, Replica>();
  for (const id of new Set(plan.steps.map(({ replica }) => replica.workloadId))) for (const replica of base.replicasOf.get(id) ?? []) known.set(replica.id, replica);
  for (const step of plan.steps) {
    const before = known.get(step.replica.id);
    if (before !== undefined) takeOff(state, before, leavingIds(base, base.replicasOf.get(before.workloadId) ?? []).has(before.id));
    if (step.kind === 'stop' || step.kind === 'wait') continue;
    const shape = step.kind === 'resize' ? step.shape : step.replica.shape;
    const { workloadId } = step.replica;
    const host = indexOfHost(base, step.hostId);
    const isFresh = (step.kind === 'start' || step.kind === 'move') && step.address !== before?.address;
    occupy(state, workloadId, host, charge(shape, base.snapshot.policy, base.workloads.get(workloadId)?.environment), isFresh);
  }
  return state;
}
