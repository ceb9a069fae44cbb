// Why a replica has no room, and the cheapest single change that would give it one.
// Takes a snapshot or base and a workload (a recorded one, a draft, or all that wait); gives for each workload and shape that finds no room
// the hosts by the rule that refuses them, what the closest host lacks, and fixes that were tried. Changes nothing.

import { applyPlan } from '../apply-plan.ts';
import { demandView } from '../feasible.ts';
import type { Snapshot, Workload } from '../model.ts';
import type { NewId } from '../ordinals.ts';
import type { Overlay } from '../overlay.ts';
import type { Solve } from '../pack/problem.ts';
import { asBase, type Base, prepare } from '../prepare.ts';
import { decide, schedule } from '../schedule.ts';
import { fix } from './fix.ts';
import type { WhyNot } from './model.ts';
import { type Need, needsOf } from './needs.ts';
import { countRefusals } from './refusals.ts';
import { stateAfter } from './state-after.ts';

export interface WhyNotOptions {
  /** A workload as it is recorded, or a draft in its place or beside the others; null: everything that waits. */
  readonly workload: Workload | null;
  readonly seed?: number | undefined;
  readonly newId?: NewId | undefined;
  readonly solve?: Solve | undefined;
  /** False: only the counts. */
  readonly withFixes?: boolean | undefined;
}

/** Fixes are looked for for so many workloads; more are answered when they are asked about alone. */
const MOST_WITH_FIXES = 10;

/** @returns one answer for each workload and shape that finds no room or has no sum on this fleet; empty where everything has its room */
export function whyNot(from: Snapshot | Base, options: WhyNotOptions): WhyNot[] {
  const { seed = 0, newId = idsOfNobody(), solve } = options;
  const choices = { verb: 'place', seed, newId, moves: Number.POSITIVE_INFINITY, complete: true } as const;
  const asked = options.workload;
  const base = asked === null ? settled(asBase(from), choices) : withWorkload(asBase(from), asked);
  const plan = asked === null ? schedule(base, choices) : decide(base, [asked], choices, [asked.id]);
  const state = stateAfter(base, plan);
  return needsOf(base, plan).map((need, index): WhyNot => {
    const hasFixes = options.withFixes !== false && index < MOST_WITH_FIXES;
    return { ...counted(state, need), fixes: hasFixes ? fix(base, need.workload, { seed, newId, solve }) : [] };
  });
}

/** @param state at the end of the plan that found no room */
function counted(state: Overlay, { workload, shape, count, caps, refusal }: Need): WhyNot {
  const refusals = countRefusals(state, demandView(state.base, workload, shape, caps, null));
  return { workloadId: workload.id, workload: workload.name, count, shape, ...refusals, ...(refusal === undefined ? {} : { refusal }), fixes: [] };
}

/** With everything done that the scheduler would do by itself, so that what waits then really waits. */
function settled(base: Base, choices: Parameters<typeof schedule>[1]): Base {
  const plan = schedule(base, choices);
  return plan.steps.length === 0 ? base : prepare(applyPlan(base.snapshot, plan));
}

/** The base with a workload in it that is new or not as it was. Its replicas take what they took, unless it changed its environment. */
export function withWorkload(base: Base, workload: Workload): Base {
  const present = base.workloads.get(workload.id);
  if (present === workload) return base;
  if (present !== undefined && present.environment !== workload.environment && base.replicasOf.has(workload.id)) {
    return prepare({ ...base.snapshot, workloads: [...base.snapshot.workloads.filter(({ id }) => id !== workload.id), workload] });
  }
  return { ...base, workloads: new Map(base.workloads).set(workload.id, workload) };
}

function idsOfNobody(): NewId {
  let count = 0;
  return () => {
    count += 1;
    return `nobody-${count}`;
  };
}
