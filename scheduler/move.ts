// Settles replicas that run and must change: a new shape where they are if there is room, else on another host.
// Takes movers and the working copy; gives what was settled, in the order in which it can be done, and what could not be. A replica
// that finds nothing keeps running as it is. Passes repeat until none helps, because one move can make the room for another.

import { capacityIndex } from './capacity-index.ts';
import { demandView, feasibleInPlace, hostView } from './feasible.ts';
import type { Shape } from './model.ts';
import { occupy, type Overlay, vacate } from './overlay.ts';
import type { Mover } from './reconcile.ts';
import { charge, sameShape } from './resources.ts';

export type Settled =
  | { readonly kind: 'resize'; readonly mover: Mover }
  /** `keepsAddress`: the new host is on the same network, so the replica keeps its address. */
  | { readonly kind: 'move'; readonly mover: Mover; readonly host: number; readonly score: number; readonly keepsAddress: boolean };

/** A replica that could not change or leave: it runs on where it is, in the shape that it holds, and waits for room. */
export interface Stuck {
  readonly mover: Mover;
  readonly holds: Shape;
}

export interface Moved {
  readonly settled: readonly Settled[];
  readonly stuck: readonly Stuck[];
}

/** Settles as many movers as can be settled; those that shrink go first, since they only give room back. */
export function move(state: Overlay, movers: readonly Mover[]): Moved {
  const settled: Settled[] = [];
  let open = [...movers].sort((one, other) => Number(grows(one)) - Number(grows(other)));
  for (let progress = true; progress && open.length > 0; ) {
    const stuck: Mover[] = [];
    for (const mover of open) {
      if (!isTooMany(state, mover) && !isReshaped(mover)) continue;
      const done = (isTooMany(state, mover) ? undefined : inPlace(state, mover)) ?? elsewhere(state, mover);
      if (done === undefined) stuck.push(mover);
      else settled.push(done);
    }
    progress = stuck.length < open.length;
    open = stuck;
  }
  // What must leave an overfull domain and cannot may at least change its shape there; it stays among the stuck.
  const stuck = open.map((mover): Stuck => {
    const done = mover.spreads && isReshaped(mover) ? inPlace(state, mover) : undefined;
    if (done !== undefined) settled.push(done);
    return { mover, holds: done === undefined ? mover.replica.shape : mover.demand.shape };
  });
  return { settled, stuck };
}

function isReshaped({ replica, demand }: Mover): boolean {
  return !sameShape(replica.shape, demand.shape);
}

function grows({ replica, demand, spreads }: Mover): boolean {
  return spreads || demand.shape.cpuMilli > replica.shape.cpuMilli || demand.shape.memoryMib > replica.shape.memoryMib;
}

/** Whether the replica must leave since a cap does not hold; an earlier move may have cured it. */
function isTooMany(state: Overlay, { demand, host, spreads }: Mover): boolean {
  if (!spreads) return false;
  const { host: onHost, rack, site } = hostView(state, host, demand.workload.id).here;
  const { perHost = onHost, perRack = rack, perSite = site } = demand.caps;
  return onHost > perHost || rack > perRack || site > perSite;
}

function inPlace(state: Overlay, mover: Mover): Settled | undefined {
  const { replica, demand, host } = mover;
  const { workload, shape } = demand;
  const { policy } = state.base.snapshot;
  vacate(state, workload.id, host, charge(replica.shape, policy, workload.environment), false);
  const fits = fitsInPlace(state, mover);
  occupy(state, workload.id, host, charge(fits ? shape : replica.shape, policy, workload.environment), false);
  return fits ? { kind: 'resize', mover } : undefined;
}

function elsewhere(state: Overlay, mover: Mover): Settled | undefined {
  const { base } = state;
  const { replica, demand, host } = mover;
  const { workload, shape, caps } = demand;
  const held = charge(replica.shape, base.snapshot.policy, workload.environment);
  const view = demandView(base, workload, shape, caps, replica.address === null ? null : base.hosts[host]!.networkId);
  vacate(state, workload.id, host, held, false);
  const best = capacityIndex(state, view, (candidate) => candidate === host).best();
  if (best === undefined) {
    occupy(state, workload.id, host, held, false);
    return undefined;
  }
  const keepsAddress = base.hosts[best.host]!.networkId === view.keepsAddressOn;
  occupy(state, workload.id, best.host, view.charge, !keepsAddress);
  return { kind: 'move', mover, host: best.host, score: best.score, keepsAddress };
}

/** Whether the new shape fits on the replica's own host, from which it is taken off now. A dimension that does not grow always fits. */
function fitsInPlace(state: Overlay, { replica, demand, host }: Mover): boolean {
  const { workload, shape, caps } = demand;
  const { policy } = state.base.snapshot;
  const view = hostView(state, host, workload.id);
  const before = charge(replica.shape, policy, workload.environment);
  const free = { cpuMilli: Math.max(view.free.cpuMilli, before.cpuMilli), memoryMib: Math.max(view.free.memoryMib, before.memoryMib) };
  return feasibleInPlace({ ...view, free }, demandView(state.base, workload, shape, caps, null)) === undefined;
}
