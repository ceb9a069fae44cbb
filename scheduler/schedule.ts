// The whole: size -> reconcile -> move -> place -> plan, for every workload of a snapshot.
// Takes a snapshot (or its prepared base) and what varies: verb, seed, ids for new replicas. Gives a plan, with no steps when nothing
// is to do. Same input, same plan, byte for byte, whatever the order of the snapshot's lists.

import { capsOf } from './classes.ts';
import { eligibleDomains, refuseShape } from './eligible.ts';
import type { Plan, PlanRefusal, PlanVerb, Policy, Sizing, SizingRefusal, Snapshot, Workload } from './model.ts';
import { move } from './move.ts';
import { overlay } from './overlay.ts';
import { place } from './place.ts';
import { plan } from './plan.ts';
import { asBase, type Base } from './prepare.ts';
import { type Mover, type NewId, type Opening, reconcile, type Stop, takeOff, type Wanted } from './reconcile.ts';
import { byText } from './resources.ts';
import { isRefusal, size } from './size.ts';

export interface ScheduleOptions {
  readonly verb: PlanVerb;
  readonly seed: number;
  /** Id of a replica that is to be created. It must never give an id twice. */
  readonly newId: NewId;
  /** Search for a better whole instead of placing one run after the other. */
  readonly batch?: boolean | undefined;
}

/** @returns the plan from the snapshot's revision to the next. @throws RangeError when an address of the snapshot is no address */
export function schedule(from: Snapshot | Base, options: ScheduleOptions): Plan {
  const base = asBase(from);
  return decide(base, [...base.workloads.values()], options, undefined);
}

/**
 * The same for some workloads only; all others stay as they are.
 * @param scope ids of the workloads that may change; undefined: all, and replicas whose workload is gone are stopped
 */
export function decide(base: Base, workloads: readonly Workload[], options: ScheduleOptions, scope: readonly string[] | undefined): Plan {
  const state = overlay(base);
  const sizings: Sizing[] = [];
  const refusals: PlanRefusal[] = [];
  const stops: Stop[] = scope === undefined ? leftovers(base) : [];
  for (const { replica } of stops) takeOff(state, replica);
  const movers: Mover[] = [];
  const openings: Opening[] = [];
  for (const workload of workloads) {
    const { sizing, wanted } = wantedOf(base, workload);
    if (isRefusal(sizing)) refusals.push({ ...sizing, workloadId: workload.id, workload: workload.name });
    else sizings.push(sizing);
    const changes = reconcile(state, wanted, options.newId);
    for (const stop of changes.stops) stops.push(stop);
    for (const mover of changes.movers) movers.push(mover);
    for (const opening of changes.openings) openings.push(opening);
  }
  const moved = move(state, movers);
  const outcome = place(state, openings, { batch: options.batch === true, seed: options.seed });
  return plan({ verb: options.verb, scope, sizings, refusals, stops, moved, outcome });
}

/** What one workload should have: by its sum, or what it has where no sum can be done. */
export function wantedOf(base: Base, workload: Workload): { readonly sizing: Sizing | SizingRefusal; readonly wanted: Wanted } {
  const sizing = sizeWorkload(workload, base);
  return { sizing, wanted: isRefusal(sizing) ? keeping(base, workload) : wanting(workload, base.snapshot.policy, sizing) };
}

/** The sum of one workload on this fleet, or why it cannot be done. */
export function sizeWorkload(workload: Workload, base: Base): Sizing | SizingRefusal {
  const sizing = size(workload, base.snapshot.policy, eligibleDomains(workload, base));
  // A shape that no host can hold leaves no domains to survive in: the shape is what to mend then.
  if (isRefusal(sizing) && sizing.field !== 'survive') return sizing;
  return refuseShape(workload, base) ?? sizing;
}

/** What sizing hands to placement: the caps of the ask and of its class, joined with what survival needs. */
function wanting(workload: Workload, policy: Policy, { replicas, shape, survive, perDomainCap }: Sizing): Wanted {
  const caps = { ...capsOf(workload, policy) };
  if (survive !== 'none' && perDomainCap !== null) {
    const name = ({ host: 'perHost', rack: 'perRack', site: 'perSite' } as const)[survive];
    caps[name] = Math.min(caps[name] ?? perDomainCap, perDomainCap);
  }
  return { demand: { workload, replicas, shape, caps }, survive, keepsShapes: false };
}

/**
 * A workload without a sum keeps the replicas that it has: none stops, none changes shape, and those of a lost host are placed again.
 * Without this, losing all hosts but one would also stop the healing of what the last could run.
 */
function keeping(base: Base, workload: Workload): Wanted {
  const replicas = base.replicasOf.get(workload.id)?.length ?? 0;
  const shape = { cpuMilli: 0, memoryMib: 0 };
  return { demand: { workload, replicas, shape, caps: capsOf(workload, base.snapshot.policy) }, survive: 'none', keepsShapes: true };
}

/** Stops for replicas whose workload is no longer there. */
function leftovers(base: Base): Stop[] {
  return [...base.replicasOf]
    .filter(([workloadId]) => !base.workloads.has(workloadId))
    .sort(([one], [other]) => byText(one, other))
    .flatMap(([workloadId, replicas]) => replicas.map((replica): Stop => ({ replica, reason: { code: 'removed', detail: `workload ${workloadId} is gone` } })));
}
