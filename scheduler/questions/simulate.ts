// What if: several verbs done one after the other, each on what the one before left, and what is different at the end.
// Takes a snapshot and changes; gives for each the plan that the scheduler would make, and the consequence of all. It is the same code as the
// real thing, and changes nothing. The policy's pace does not hold here, since people ask where it ends; the consequence tells the hours.

import type { FailureDomain, Pool, Proof, Snapshot } from '../model.ts';
import type { Solve } from '../pack/problem.ts';
import { asBase, type Base, prepare } from '../prepare.ts';
import type { NewId } from '../ordinals.ts';
import { schedule } from '../schedule.ts';
import { type Altered, alter } from './alter.ts';
import { applyPlan } from '../apply-plan.ts';
import { buy } from './buy.ts';
import { consequence } from './consequence.ts';
import type { Change, Simulation, Stage } from './model.ts';
import { requireWhole } from './question-error.ts';

export interface SimulateOptions {
  readonly seed: number;
  /** Ids of replicas that do not exist yet; it must never give one twice. */
  readonly newId: NewId;
  /** Absent: what to buy is found without a solver. */
  readonly solve?: Solve | undefined;
  /** Of the state that a base records; absent: no gap is told. */
  readonly proof?: ((base: Base) => Proof) | undefined;
  /** Whether to tell what could die before and after: hosts, racks and sites. */
  readonly withSurvival?: boolean | undefined;
}

const MOST_CHANGES = 20;
const EVERY_DOMAIN: readonly FailureDomain[] = ['host', 'rack', 'site'];

/** @throws QuestionError naming the change, its field, the value and what is allowed; nothing is computed then */
export function simulate(from: Snapshot | Base, changes: readonly Change[], options: SimulateOptions): Simulation {
  requireWhole('changes', changes.length, 1, MOST_CHANGES);
  const first = asBase(from);
  let now = first.snapshot;
  const stages: Stage[] = [];
  for (const [index, change] of changes.entries()) {
    const { altered, bought } = begin(now, change, `changes.${index}`, options);
    const plan = schedule(prepare(altered.snapshot), { ...complete(options), verb: altered.verb, wishes: altered.wishes });
    stages.push({ change, plan, bought });
    now = applyPlan(altered.snapshot, plan);
  }
  const survival = options.withSurvival === true ? EVERY_DOMAIN : [];
  const due = new Set(schedule(first, { ...complete(options), verb: 'place' }).steps.flatMap(({ kind, replica }) => (kind === 'move' ? [replica.id] : [])));
  return {
    parent: first.snapshot.revision,
    stages,
    consequence: consequence(first, prepare(now), { unplaced: stages.at(-1)!.plan.unplaced, due, proof: options.proof, survival }),
  };
}

/** Where everything ends, whatever the pace. */
function complete({ seed, newId, solve }: SimulateOptions) {
  return { seed, newId, solve, moves: Number.POSITIVE_INFINITY, complete: true };
}

function begin(snapshot: Snapshot, change: Change, field: string, options: SimulateOptions): { readonly altered: Altered; readonly bought: readonly { readonly pool: Pool; readonly count: number }[] } {
  if (change.kind !== 'buy') return { altered: alter(snapshot, change, field), bought: [] };
  const { bought, snapshot: richer } = buy(snapshot, { ...options, pools: change.pools, field: `${field}.pools` });
  return { altered: { snapshot: richer, wishes: [], verb: 'place' }, bought };
}
