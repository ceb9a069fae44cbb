// The single changes that would give everything that waits its room, cheapest first. Each is tried by really deciding with it.
// Takes a base and a workload that finds no room on it; gives fixes, at most eight. Where one kind of change can be made in many ways the least
// one that does is told. The work is bounded by a number of trials, so that a large fleet answers as well.

import type { Wish, Workload } from '../model.ts';
import type { NewId } from '../ordinals.ts';
import type { Solve } from '../pack/problem.ts';
import type { Base } from '../prepare.ts';
import { decide } from '../schedule.ts';
import { askFixes } from './fix-ask.ts';
import { fleetFixes } from './fix-fleet.ts';
import { moveFixes } from './fix-moves.ts';
import type { Fix } from './model.ts';

export interface FixOptions {
  readonly seed: number;
  readonly newId: NewId;
  readonly solve?: Solve | undefined;
}

/** What a decision gives in a changed world. */
export interface Tried {
  /** Everything of the workload has its room, and its sum can be done. */
  readonly fits: boolean;
  readonly replicas: number;
  /** Replicas that run and would move, beyond those that move anyhow. */
  readonly moves: number;
  /** What the hosts in use would cost more than with what finds room anyhow; never below 0. */
  readonly addedCentsPerHour: number;
}

/** Decides a workload on a base, alone or with others that change with it. Gives nothing once the trials are used up. */
export type Try = (base: Base, workload: Workload, more?: { readonly scope: readonly string[]; readonly wishes: readonly Wish[] }) => Tried | undefined;

/** Where a fix is looked for. */
export interface Fixing extends FixOptions {
  readonly base: Base;
  readonly workload: Workload;
  /** As it is without any fix. */
  readonly now: Tried;
  readonly attempt: Try;
}

const MOST_FIXES = 8;
const MOST_TRIALS = 150;

/** Least first: what nobody notices, what others notice, what the team gives up, what costs money anyhow. */
const INVASIVENESS: Readonly<Record<Fix['what']['kind'], number>> = { uncordon: 0, 'raise-cap': 1, move: 2, tolerate: 3, label: 4, kind: 5, 'allow-cloud': 6, survive: 7, shrink: 8, 'lower-peak': 9, buy: 10 };

/** @returns fixes by the money that they add, then by how much they ask of people, then by moves; empty where nothing single helps */
export function fix(base: Base, workload: Workload, options: FixOptions): Fix[] {
  const now = decided(base, workload, options, NOTHING_MORE);
  const fixing: Fixing = { ...options, base, workload, now, attempt: trials(options, now) };
  return [...fleetFixes(fixing), ...askFixes(fixing), ...moveFixes(fixing)]
    .sort((one, other) => one.addedCentsPerHour - other.addedCentsPerHour || INVASIVENESS[one.what.kind] - INVASIVENESS[other.what.kind] || one.moves - other.moves)
    .slice(0, MOST_FIXES);
}

type More = NonNullable<Parameters<Try>[2]>;
const NOTHING_MORE: More = { scope: [], wishes: [] };

function trials(options: FixOptions, now: Tried): Try {
  let left = MOST_TRIALS;
  return (base, workload, more = NOTHING_MORE) => {
    if (left <= 0) return undefined;
    left -= 1;
    const tried = decided(base, workload, options, more);
    return { ...tried, moves: Math.max(0, tried.moves - now.moves), addedCentsPerHour: Math.max(0, tried.addedCentsPerHour - now.addedCentsPerHour) };
  };
}

/** Moves and cost are those of the whole decision here. */
function decided(base: Base, workload: Workload, { seed, newId }: FixOptions, { scope: others, wishes }: More): Tried {
  const scope = [workload.id, ...others.filter((id) => id !== workload.id)];
  const workloads = [workload, ...scope.slice(1).flatMap((id) => base.workloads.get(id) ?? [])];
  const world = { ...base, workloads: new Map(base.workloads).set(workload.id, workload) };
  const plan = decide(world, workloads, { verb: 'place', seed, newId, moves: Number.POSITIVE_INFINITY, complete: true, wishes }, scope);
  const concerns = ({ workloadId }: { readonly workloadId: string }) => workloadId === workload.id;
  return {
    fits: !plan.refusals.some(concerns) && !plan.unplaced.some(concerns) && (plan.declined ?? []).length === 0,
    replicas: plan.sizings.find(concerns)?.replicas ?? 0,
    moves: plan.steps.filter(({ kind }) => kind === 'move').length,
    addedCentsPerHour: plan.after.costCentsPerHour - plan.before.costCentsPerHour,
  };
}
