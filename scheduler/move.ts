// Settles replicas that run and must change: a new shape where they are if there is room, else on another host.
// Takes movers and the working copy; gives what was settled, in the order in which it can be done, and what could not be. A replica
// goes elsewhere start-first: a successor is started, and it serves on until that one does. What finds nothing keeps running as it is.

import { capacityIndex } from './capacity-index.ts';
import { type DemandView, demandView, feasible, feasibleInPlace, hostView } from './feasible.ts';
import type { Shape, StepReason } from './model.ts';
import type { Mover } from './mover.ts';
import type { Ordinals } from './ordinals.ts';
import { depart, keep, occupy, type Overlay, release, vacate } from './overlay.ts';
import { begun, mayBegin, maySpare, type Pace } from './pace.ts';
import { charge, sameShape } from './resources.ts';
import { score } from './score.ts';

export type Settled =
  | { readonly kind: 'resize'; readonly mover: Mover }
  /** It gets a new container of the release where it is. */
  | { readonly kind: 'renew'; readonly mover: Mover; readonly releaseId: string; readonly reason: StepReason }
  /** A successor of the release starts; the mover's replica stops in a later plan, once it serves. */
  | { readonly kind: 'succeed'; readonly mover: Mover; readonly releaseId: string; readonly reason: StepReason; readonly host: number; readonly score: number; readonly id: string; readonly ordinal: number }
  /** It stops first. `keepsAddress`: the new host is on the same network, so the replica keeps its address. */
  | { readonly kind: 'move'; readonly mover: Mover; readonly reason: StepReason; readonly host: number; readonly score: number; readonly keepsAddress: boolean };

/** A replica that could not change or leave: it runs on where it is, in the shape that it holds, and waits for room. */
export interface Stuck {
  readonly mover: Mover;
  readonly holds: Shape;
}

/** New shapes that fit where the replica is; those that shrink go first, since they only give room back. */
export function resizeInPlace(state: Overlay, movers: readonly Mover[]): { readonly settled: readonly Settled[]; readonly open: readonly Mover[] } {
  const settled: Settled[] = [];
  let open = [...movers].sort((one, other) => Number(grows(one)) - Number(grows(other)));
  for (let progress = true; progress; ) {
    const rest = open.filter((mover) => {
      const done = mover.leaves === undefined && !mover.spreads && isReshaped(mover) ? inPlace(state, mover) : undefined;
      if (done !== undefined) settled.push(done);
      return done === undefined;
    });
    progress = rest.length < open.length;
    open = rest;
  }
  return { settled, open };
}

/** What a relocation needs besides the working copy. */
export interface Relocation {
  readonly pace: Pace;
  readonly named: Ordinals;
  /** Index of the host that somebody wants for a replica, tried first. */
  readonly wished: ReadonlyMap<string, number>;
}

/** Lets movers go elsewhere as far as the pace allows. Passes repeat until none helps, because one move can make the room for another. */
export function move(state: Overlay, movers: readonly Mover[], relocation: Relocation): { readonly settled: readonly Settled[]; readonly stuck: readonly Stuck[] } {
  const { pace } = relocation;
  const settled: Settled[] = [];
  let open = [...movers].sort((one, other) => urgency(one) - urgency(other));
  for (let progress = true; progress && open.length > 0; ) {
    const rest: Mover[] = [];
    let freed = 0;
    for (const mover of open) {
      const mustGo = mover.leaves !== undefined || isTooMany(state, mover);
      if (!mustGo && !isReshaped(mover)) continue;
      const changed = mustGo ? undefined : inPlace(state, mover);
      if (changed !== undefined) {
        settled.push(changed);
        continue;
      }
      if (!mayBegin(pace, mover.replica, mover.demand.replicas)) {
        pace.late.add(mover.replica.id);
        continue;
      }
      const done = elsewhere(state, mover, mover.shape, whyElsewhere(state, mover), relocation);
      if (done === undefined) rest.push(mover);
      else settled.push(done);
      if (done?.kind === 'move') freed += 1;
    }
    progress = freed > 0;
    open = rest;
  }
  // What must leave and cannot may at least change its shape where it is; it stays among the stuck.
  const stuck = open.map((mover): Stuck => {
    const done = isReshaped(mover) ? inPlace(state, mover) : undefined;
    if (done !== undefined) settled.push(done);
    return { mover, holds: done === undefined ? mover.replica.shape : mover.shape };
  });
  return { settled, stuck };
}

/** Who waits longest for what: a team for its new shape, a person for an empty host, then the rules. */
function urgency({ leaves, spreads }: Mover): number {
  if (leaves === undefined) return spreads ? 3 : 0;
  return leaves.code === 'drained' ? 1 : 2;
}

export function isReshaped({ replica, shape }: Mover): boolean {
  return !sameShape(replica.shape, shape);
}

function grows({ replica, shape }: Mover): boolean {
  return shape.cpuMilli > replica.shape.cpuMilli || shape.memoryMib > replica.shape.memoryMib;
}

/** Whether the replica must leave since a cap does not hold; an earlier move may have cured it. */
export function isTooMany(state: Overlay, { demand, host, spreads }: Mover): boolean {
  if (!spreads) return false;
  const { host: onHost, rack, site } = hostView(state, host, demand.workload.id).here;
  const { perHost = onHost, perRack = rack, perSite = site } = demand.caps;
  return onHost > perHost || rack > perRack || site > perSite;
}

function whyElsewhere({ base }: Overlay, { replica, shape, host, leaves, spreads }: Mover): StepReason {
  const { name } = base.hosts[host]!;
  if (leaves !== undefined) return leaves;
  if (spreads) return { code: 'spread', detail: `more replicas than allowed where ${name} is` };
  return { code: 'reshaped', detail: `from ${shapeText(replica.shape)} to ${shapeText(shape)}, no room on ${name}` };
}

export function shapeText({ cpuMilli, memoryMib }: Shape): string {
  return `${cpuMilli / 1000} cores ${memoryMib} MiB`;
}

function inPlace(state: Overlay, mover: Mover): Settled | undefined {
  const { replica, demand, host, shape } = mover;
  const { workload } = demand;
  const { policy } = state.base.snapshot;
  vacate(state, workload.id, host, charge(replica.shape, policy, workload.environment), false);
  const fits = fitsInPlace(state, mover);
  occupy(state, workload.id, host, charge(fits ? shape : replica.shape, policy, workload.environment), false);
  return fits ? { kind: 'resize', mover } : undefined;
}

/**
 * Another host for a replica that runs, in this shape: start-first wherever a host has the room and an address, else stop-first, where the
 * others of its workload are enough meanwhile. Undefined where nothing may take it.
 */
function elsewhere(state: Overlay, mover: Mover, shape: Shape, reason: StepReason, relocation: Relocation): Settled | undefined {
  // Room that is kept for it is its own, also where it finds better.
  const kept = release(state, mover.replica.id);
  const settled = leave(state, mover, shape, reason, { ...relocation, wish: relocation.wished.get(mover.replica.id) ?? kept?.host });
  if (settled === undefined && kept !== undefined) keep(state, mover.replica.id, kept);
  return settled;
}

function leave(state: Overlay, mover: Mover, shape: Shape, reason: StepReason, { pace, named, wish }: Relocation & { readonly wish: number | undefined }): Settled | undefined {
  const { replica, demand, host } = mover;
  const { workload, caps } = demand;
  if (!pace.complete) {
    const view = demandView(state.base, workload, shape, caps, null, host);
    const best = wishedHost(state, host, view, wish) ?? capacityIndex(state, view, (candidate) => candidate === host).best();
    if (best !== undefined) return succeed(state, mover, view, best, reason, { pace, named });
    if (!maySpare(state, pace, replica, mover.mustRemain)) return undefined;
  }
  const held = charge(replica.shape, state.base.snapshot.policy, workload.environment);
  const view = demandView(state.base, workload, shape, caps, replica.address === null ? null : state.base.hosts[host]!.networkId);
  vacate(state, workload.id, host, held, false);
  const best = wishedHost(state, host, view, wish) ?? capacityIndex(state, view, (candidate) => candidate === host).best();
  if (best === undefined) {
    occupy(state, workload.id, host, held, false);
    return undefined;
  }
  return arrive(state, mover, view, best, reason, pace);
}

export interface Target {
  readonly host: number;
  readonly score: number;
}

/** The host that somebody wants, where it may take the replica. */
function wishedHost(state: Overlay, from: number, view: DemandView, wish: number | undefined): Target | undefined {
  if (wish === undefined || wish === from) return undefined;
  const there = hostView(state, wish, view.workload.id, view.leaving);
  return feasible(there, view) === undefined ? { host: wish, score: score(state, wish, view, there.here) } : undefined;
}

/** Begins a move: the successor takes its room beside the replica that leaves. */
export function succeed(state: Overlay, mover: Mover, view: DemandView, best: Target, reason: StepReason, { pace, named }: Pick<Relocation, 'pace' | 'named'>): Settled {
  const { workload } = mover.demand;
  occupy(state, workload.id, best.host, view.charge, true);
  depart(state, workload.id, mover.host);
  begun(pace, mover.replica);
  return { kind: 'succeed', mover, releaseId: mover.replica.releaseId, reason, host: best.host, score: best.score, ...named(workload.id) };
}

/** Moves a replica that was taken off its host. */
export function arrive(state: Overlay, mover: Mover, view: DemandView, best: Target, reason: StepReason, pace: Pace): Settled {
  const keepsAddress = state.base.hosts[best.host]!.networkId === view.keepsAddressOn;
  occupy(state, mover.demand.workload.id, best.host, view.charge, !keepsAddress);
  begun(pace, mover.replica);
  pace.stopped.add(mover.replica.id);
  return { kind: 'move', mover, reason, host: best.host, score: best.score, keepsAddress };
}

/** Whether the new shape fits on the replica's own host, from which it is taken off now. A dimension that does not grow always fits. */
function fitsInPlace(state: Overlay, { replica, demand, host, shape }: Mover): boolean {
  const { workload, caps } = demand;
  const { policy } = state.base.snapshot;
  const view = hostView(state, host, workload.id);
  const before = charge(replica.shape, policy, workload.environment);
  const free = { cpuMilli: Math.max(view.free.cpuMilli, before.cpuMilli), memoryMib: Math.max(view.free.memoryMib, before.memoryMib) };
  return feasibleInPlace({ ...view, free }, demandView(state.base, workload, shape, caps, null)) === undefined;
}
