// Lets replicas change their release: by a successor that runs the other one (start-first), or by a new container where they are (stop-first).
// Takes what releases.ts chose and the working copy; gives what begins, as far as room, surge and what may be missing allow, and what finds no
// room, with the reasons. It keeps no pace of moves: a release has its own.

import { capacityIndex } from './capacity-index.ts';
import { eliminate } from './eliminate.ts';
import { type DemandView, demandView, feasible, hostView } from './feasible.ts';
import type { Demand, StepReason, Unplaced } from './model.ts';
import { isReshaped, isTooMany, type Relocation, type Settled, type Target } from './move.ts';
import type { Mover } from './mover.ts';
import { depart, occupy, type Overlay } from './overlay.ts';
import type { ReleaseTerms } from './releases.ts';
import { score } from './score.ts';

/** Replicas of one workload that should run another release. */
export interface Renewal {
  readonly demand: Demand;
  readonly terms: ReleaseTerms;
  /** Of two releases, under way. */
  readonly pairs: number;
  /** Units that have a host, or lost it, and do not serve. */
  readonly missing: number;
  /** Tried one after the other; a replica may be in several, and changes once. */
  readonly lanes: readonly { readonly releaseId: string; readonly count: number; readonly movers: readonly Mover[] }[];
}

export interface Renewed {
  readonly settled: readonly Settled[];
  /** Replicas whose successor finds no room. */
  readonly unrenewed: readonly Unplaced[];
  /** Ids of replicas that have their step. */
  readonly done: ReadonlySet<string>;
}

/** @param stepped ids of replicas that change otherwise in this plan, or may not begin now */
export function renew(state: Overlay, renewals: readonly Renewal[], relocation: Relocation, stepped: ReadonlySet<string>): Renewed {
  const settled: Settled[] = [];
  const unrenewed: Unplaced[] = [];
  const done = new Set<string>();
  for (const renewal of renewals) {
    const course: Course = { renewal, relocation, surge: renewal.terms.surge - renewal.pairs, spare: renewal.terms.unavailable - renewal.missing, full: undefined };
    for (const { releaseId, count, movers } of renewal.lanes) {
      let left = count;
      let crowded = 0;
      for (const mover of movers) {
        const { id } = mover.replica;
        if (left === 0 || isOver(course, mover)) break;
        if (stepped.has(id) || done.has(id)) continue;
        const begun = begin(state, course, mover, releaseId);
        if (begun === 'crowded') crowded += 1;
        if (typeof begun === 'string') continue;
        settled.push(begun);
        done.add(id);
        left -= 1;
      }
      if (crowded > 0 && left > 0 && course.full !== undefined) unrenewed.push(waitingFor(state, course.full, Math.min(left, crowded)));
    }
  }
  return { settled, unrenewed, done };
}

/** How far a workload may still go in this plan. */
interface Course {
  readonly renewal: Renewal;
  readonly relocation: Relocation;
  /** Pairs that may still begin. */
  surge: number;
  /** Replicas that serve and may still be taken away. */
  spare: number;
  /** The first that found no room. */
  full: Mover | undefined;
}

/** Those that were seen not to serve come first and need nothing; after them the first that may not begin ends the turn. */
function isOver({ renewal: { terms }, relocation: { pace }, surge, spare }: Course, { replica }: Mover): boolean {
  if (pace.complete || pace.fails(replica)) return false;
  return surge <= 0 && (terms.order === 'start-first' || spare <= 0);
}

function begin(state: Overlay, course: Course, mover: Mover, releaseId: string): Settled | 'crowded' | 'late' {
  const { pace, named } = course.relocation;
  const { order } = course.renewal.terms;
  const mustGo = mover.leaves !== undefined || isTooMany(state, mover);
  const isDown = pace.fails(mover.replica);
  // What moves or waits for its shape is told as that.
  if (pace.complete) return mustGo || isReshaped(mover) ? 'late' : inPlace(course, mover, releaseId, mustGo);
  if (mustGo || (order === 'start-first' && !isDown)) {
    const view = viewOf(state, mover);
    const target = course.surge > 0 ? successorHost(state, mover, view, mustGo) : undefined;
    if (target !== undefined) {
      course.surge -= 1;
      occupy(state, mover.replica.workloadId, target.host, view.charge, true);
      depart(state, mover.replica.workloadId, mover.host);
      return { kind: 'succeed', mover, releaseId, reason: mover.leaves ?? reasonOf(course, releaseId), host: target.host, score: target.score, ...named(mover.replica.workloadId) };
    }
    if (!mustGo && course.surge > 0) {
      course.full ??= mover;
      return 'crowded';
    }
    if (!mustGo || (order === 'start-first' && !isDown)) return 'late';
  }
  if (!isDown && course.spare <= 0) return 'late';
  if (!isDown) course.spare -= 1;
  return inPlace(course, mover, releaseId, mustGo);
}

function inPlace({ renewal, relocation: { pace } }: Course, mover: Mover, releaseId: string, mustGo: boolean): Settled {
  pace.stopped.add(mover.replica.id);
  // One step at a time: what else is due comes with the next plan.
  if (mustGo || isReshaped(mover)) pace.late.add(mover.replica.id);
  return { kind: 'renew', mover, releaseId, reason: reasonOf({ renewal }, releaseId) };
}

function reasonOf({ renewal: { terms, demand } }: Pick<Course, 'renewal'>, releaseId: string): StepReason {
  const { next } = terms;
  if (next !== undefined && releaseId === next.releaseId) return { code: 'released', detail: `${next.replicas} of ${demand.replicas} should run the new release` };
  return { code: 'released', detail: next === undefined ? "back to the workload's own release" : `${next.replicas} of ${demand.replicas} should run the new release, this one the workload's own` };
}

function viewOf({ base }: Overlay, { demand, shape, host }: Mover): DemandView {
  return demandView(base, demand.workload, shape, demand.caps, null, host);
}

/** Best beside the replica that leaves, where the image may be and nothing else of the fleet changes. */
function successorHost(state: Overlay, { host }: Mover, view: DemandView, mustGo: boolean): Target | undefined {
  const there = hostView(state, host, view.workload.id, view.leaving);
  if (!mustGo && feasible(there, view) === undefined) return { host, score: score(state, host, view, there.here) };
  return capacityIndex(state, view, (candidate) => candidate === host).best();
}

function waitingFor(state: Overlay, mover: Mover, count: number): Unplaced {
  const { workload } = mover.demand;
  return { workloadId: workload.id, workload: workload.name, count, shape: mover.shape, eliminations: eliminate(state, viewOf(state, mover)) };
}
