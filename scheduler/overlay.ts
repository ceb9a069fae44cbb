// The working copy of one decision: room, addresses and counts, deducted as the decision goes.
// Takes a base and copies only its small arrays; counts per workload are read when first asked for. Every occupy() has an exact
// opposite in vacate(), so that a trial can be taken back. Knows nothing of rules: callers ask feasible.ts first.

import { hasSuccessor, leavingIds } from './pairs.ts';
import { type Base, indexOfHost } from './prepare.ts';
import type { Shape } from './model.ts';
import { charge } from './resources.ts';
import { addressesChanged, type RoomIndex, roomIndex, roomIndexOf, spendChanged } from './room-index.ts';

/** Replicas of one workload by host, rack and site index; absent: none. */
export interface Counts {
  readonly host: ReadonlyMap<number, number>;
  readonly rack: ReadonlyMap<number, number>;
  readonly site: ReadonlyMap<number, number>;
}

/** Where a workload's replicas lie: small, since every decision reads that of another workload. */
export interface Whereabouts {
  /** The host of each replica, in no order; of one that was taken off without having been counted -1 - host. */
  readonly hosts: number[];
  /** The same as counts; undefined until somebody asks. */
  counts: Counts | undefined;
}

/** Room on one host, with an address. */
export interface Kept {
  readonly host: number;
  readonly taken: Shape;
}

export interface Overlay {
  readonly base: Base;
  readonly freeCpu: Float64Array;
  readonly freeMemory: Float64Array;
  readonly replicaCount: Int32Array;
  /** Free addresses by network index. */
  readonly addressesFree: Float64Array;
  /** Cost of all hosts that hold a replica, in cents an hour. */
  costCentsPerHour: number;
  /** The part of it that cloud hosts cost. */
  cloudCentsPerHour: number;
  readonly whereabouts: Map<string, Whereabouts>;
  /** Room that is kept for a successor, by the replica that it is for; it is taken off what is free. */
  readonly kept: Map<string, Kept>;
  /** What capacity-index.ts remembers of these rooms. */
  readonly rooms: RoomIndex;
}

export function overlay(base: Base): Overlay {
  const state = remembering({
    base,
    freeCpu: base.freeCpu.slice(),
    freeMemory: base.freeMemory.slice(),
    replicaCount: base.replicaCount.slice(),
    addressesFree: base.addressesFree.slice(),
    costCentsPerHour: base.totals.costCentsPerHour,
    cloudCentsPerHour: base.cloudCentsPerHour,
    whereabouts: new Map(),
    kept: new Map(),
  });
  for (const { host, workloadId, replicaId } of base.kept) {
    const taken = keptFor(base, workloadId, replicaId);
    if (taken !== undefined) keep(state, replicaId, { host, taken });
  }
  return state;
}

/** What is kept for a replica; undefined where it need not leave any more, or has a successor. */
function keptFor(base: Base, workloadId: string, replicaId: string): Shape | undefined {
  const replicas = base.replicasOf.get(workloadId) ?? [];
  const replica = replicas.find(({ id }) => id === replicaId);
  const host = replica === undefined ? undefined : base.hosts[indexOfHost(base, replica.hostId)];
  if (replica === undefined || host?.draining !== true || host.state === 'lost' || hasSuccessor(replicas, replicaId)) return undefined;
  return charge(replica.shape, base.snapshot.policy, base.workloads.get(workloadId)?.environment);
}

/** Takes kept room off what is free. It counts for no cap: the replica that it is for counts where it is. */
export function keep(state: Overlay, replicaId: string, kept: Kept): void {
  state.kept.set(replicaId, kept);
  changeKept(state, kept, 1);
}

/** Gives kept room back, for the replica itself or for what is more urgent. @returns what was kept; undefined: nothing */
export function release(state: Overlay, replicaId: string): Kept | undefined {
  const kept = state.kept.get(replicaId);
  if (kept === undefined) return undefined;
  state.kept.delete(replicaId);
  changeKept(state, kept, -1);
  return kept;
}

function changeKept(state: Overlay, { host, taken }: Kept, sign: 1 | -1): void {
  state.freeCpu[host]! -= sign * taken.cpuMilli;
  state.freeMemory[host]! -= sign * taken.memoryMib;
  if (state.base.networkOf[host]! >= 0) takeAddress(state, host, sign);
  state.rooms.changed.push(host);
}

function remembering(state: Omit<Overlay, 'rooms'>): Overlay {
  const overlaid: Omit<Overlay, 'rooms'> & { rooms?: RoomIndex } = state;
  overlaid.rooms = roomIndex(state.base, state, roomIndexOf(state.base));
  return overlaid as Overlay;
}

/** A second working copy in the same state. */
export function copyOf(original: Overlay): Overlay {
  const whereabouts = new Map([...original.whereabouts].map(([id, { hosts, counts }]) => [id, { hosts: [...hosts], counts }]));
  const copy = remembering({
    ...original,
    freeCpu: original.freeCpu.slice(),
    freeMemory: original.freeMemory.slice(),
    replicaCount: original.replicaCount.slice(),
    addressesFree: original.addressesFree.slice(),
    whereabouts,
    kept: new Map(original.kept),
  });
  for (const host of original.rooms.changed) copy.rooms.changed.push(host);
  return copy;
}

/** Where a workload's replicas lie now, without those that leave for a successor; the caller must not change it. */
export function whereaboutsOf(state: Overlay, workloadId: string): Whereabouts {
  const known = state.whereabouts.get(workloadId);
  if (known !== undefined) return known;
  const replicas = state.base.replicasOf.get(workloadId) ?? [];
  const leaving = leavingIds(state.base, replicas);
  const hosts: number[] = [];
  for (const replica of replicas) {
    const host = indexOfHost(state.base, replica.hostId);
    if (host >= 0 && !leaving.has(replica.id)) hosts.push(host);
  }
  const found: Whereabouts = { hosts, counts: undefined };
  state.whereabouts.set(workloadId, found);
  return found;
}

/** The same by host, rack and site; it does not follow what changes later. */
export function countsOf(state: Overlay, workloadId: string): Counts {
  const where = whereaboutsOf(state, workloadId);
  if (where.counts !== undefined) return where.counts;
  const [host, rack, site] = [new Map<number, number>(), new Map<number, number>(), new Map<number, number>()];
  for (const each of where.hosts) {
    const [at, change] = each < 0 ? [-1 - each, -1] : [each, 1];
    add(host, at, change);
    add(rack, state.base.rackOf[at]!, change);
    add(site, state.base.siteOf[at]!, change);
  }
  where.counts = { host, rack, site };
  return where.counts;
}

/** Puts one replica on a host. @param freshAddress whether it also takes an address of the host's network */
export function occupy(state: Overlay, workloadId: string, host: number, taken: Shape, freshAddress: boolean): void {
  count(state, workloadId, host, 1);
  state.freeCpu[host]! -= taken.cpuMilli;
  state.freeMemory[host]! -= taken.memoryMib;
  state.replicaCount[host]! += 1;
  if (state.replicaCount[host] === 1) pay(state, host, 1);
  if (freshAddress) takeAddress(state, host, 1);
  state.rooms.changed.push(host);
}

/** Takes one replica off a host. @param freshAddress whether the address goes back: only to undo an occupy() of this decision */
export function vacate(state: Overlay, workloadId: string, host: number, taken: Shape, freshAddress: boolean): void {
  count(state, workloadId, host, -1);
  state.freeCpu[host]! += taken.cpuMilli;
  state.freeMemory[host]! += taken.memoryMib;
  state.replicaCount[host]! -= 1;
  if (state.replicaCount[host] === 0) pay(state, host, -1);
  if (freshAddress) takeAddress(state, host, -1);
  state.rooms.changed.push(host);
}

/** One replica on a host begins to leave for a successor: it holds its room and counts no longer. `sign` 1 undoes it. */
export function depart(state: Overlay, workloadId: string, host: number, sign: -1 | 1 = -1): void {
  count(state, workloadId, host, sign);
}

/** A host comes into use, or is empty again; other cloud hosts may now be too dear, or affordable again. */
function pay(state: Overlay, host: number, sign: 1 | -1): void {
  const { hosts, cloudCents } = state.base;
  state.costCentsPerHour += sign * hosts[host]!.costCentsPerHour;
  if (cloudCents[host]! < 0) return;
  const before = state.cloudCentsPerHour;
  state.cloudCentsPerHour += sign * cloudCents[host]!;
  spendChanged(state.rooms, before, state.cloudCentsPerHour);
}

/** A network without a free address closes all of its hosts, and the first that is given back opens them. */
function takeAddress(state: Overlay, host: number, count: 1 | -1): void {
  const network = state.base.networkOf[host]!;
  const before = state.addressesFree[network]!;
  state.addressesFree[network] = before - count;
  if (before <= 0 || before - count <= 0) addressesChanged(state.rooms, host);
}

function count(state: Overlay, workloadId: string, host: number, change: 1 | -1): void {
  const where = whereaboutsOf(state, workloadId);
  const { hosts } = where;
  where.counts = undefined;
  const [cancelled, added] = change === 1 ? [-1 - host, host] : [host, -1 - host];
  const at = hosts.lastIndexOf(cancelled);
  if (at < 0) hosts.push(added);
  else {
    hosts[at] = hosts.at(-1)!;
    hosts.pop();
  }
}

/** Domains without a replica are left out. */
function add(counts: Map<number, number>, domain: number, change: number): void {
  const count = (counts.get(domain) ?? 0) + change;
  if (count === 0) counts.delete(domain);
  else counts.set(domain, count);
}
