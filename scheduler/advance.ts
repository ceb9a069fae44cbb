// The base of the next revision from the base of this one and what was recorded in between, in time proportional to the change.
// Takes a base and rows that were put or removed; gives a base that equals prepare() of the next snapshot. Hosts, policy and the ranges of
// networks stay: where they change, the next base is prepared anew. So it is where an address comes free, since only who keeps the ledger
// knows: an address that was ever held stays taken here. Networks are expected to list the addresses that replicas hold as taken.

import { freeAddresses, insertTaken, toInteger } from './addresses.ts';
import type { Replica, Shape, Totals, Workload } from './model.ts';
import { type Base, indexOfHost } from './prepare.ts';
import { withEntries } from './layered-map.ts';
import { byText, charge } from './resources.ts';
import { addressesChanged, handedOver, type Rooms, spendChanged } from './room-index.ts';
import { laterSnapshot } from './later-snapshot.ts';

/** What was recorded. Each row is in one list only. */
export interface Recorded {
  readonly revision: number;
  readonly workloads: { readonly put: readonly Workload[]; readonly removed: readonly string[] };
  /** As they are recorded now; of those that are gone, what they were. A successor of one that is gone is a replica like any other from then on. */
  readonly replicas: { readonly put: readonly Replica[]; readonly removed: readonly Pick<Replica, 'id' | 'workloadId'>[] };
}

/** @returns the base after the change; the one that was given stays as it is. @throws RangeError on a text that is no address */
export function advance(base: Base, recorded: Recorded): Base {
  const { policy } = base.snapshot;
  const { workloads, lastWorkloadId } = workloadsAfter(base, recorded);
  const groups = groupsAfter(base, recorded);
  const changed = new Set<number>();
  const touched = new Set([...groups.keys(), ...recorded.workloads.put.map(({ id }) => id), ...recorded.workloads.removed].filter((id) => groups.has(id) || base.replicasOf.has(id)));
  const rooms = touched.size === 0 ? unchanged(base) : copied(base);
  for (const id of touched) {
    const before = base.replicasOf.get(id) ?? [];
    const after = groups.get(id) ?? before;
    const environments = [base.workloads.get(id)?.environment, workloads.get(id)?.environment] as const;
    if (before === after && environments[0] === environments[1]) continue;
    const kept = environments[0] === environments[1] ? new Set(after) : NONE;
    for (const replica of before) if (!kept.has(replica)) count(base, rooms, changed, replica, charge(replica.shape, policy, environments[0]), -1);
    const known = environments[0] === environments[1] ? new Set(before) : NONE;
    for (const replica of after) if (!known.has(replica)) count(base, rooms, changed, replica, charge(replica.shape, policy, environments[1]), 1);
  }
  const replicasOf = replicasAfter(base.replicasOf, groups);
  const { ranges, given } = rangesAfter(base, recorded.replicas.put);
  const { totals, cloudCentsPerHour, ...arrays } = rooms;
  const next: Base = {
    ...base,
    ...arrays,
    cloudCentsPerHour,
    snapshot: laterSnapshot(base.snapshot, { revision: recorded.revision, workloads, replicasOf, given }),
    ranges,
    addressesFree: ranges === base.ranges ? base.addressesFree : Float64Array.from(ranges, (range, index) => (range === base.ranges[index] ? base.addressesFree[index]! : freeAddresses(range))),
    workloads,
    lastWorkloadId,
    replicasOf,
    totals,
    memory: { ...base.memory, rooms: undefined },
  };
  remember(base, next, changed);
  return next;
}

const NONE: ReadonlySet<Replica> = new Set();

interface Counted extends Omit<Rooms, 'addressesFree' | 'cloudCentsPerHour'> {
  totals: { -readonly [K in keyof Totals]: Totals[K] };
  cloudCentsPerHour: number;
}

function copied(base: Base): Counted {
  return { freeCpu: base.freeCpu.slice(), freeMemory: base.freeMemory.slice(), replicaCount: base.replicaCount.slice(), totals: { ...base.totals }, cloudCentsPerHour: base.cloudCentsPerHour };
}

/** Workloads without replicas take no room: what is only read need not be copied. */
function unchanged({ freeCpu, freeMemory, replicaCount, totals, cloudCentsPerHour }: Base): Counted {
  return { freeCpu, freeMemory, replicaCount, totals, cloudCentsPerHour };
}

function replicasAfter(before: Base['replicasOf'], groups: ReadonlyMap<string, readonly Replica[]>): Base['replicasOf'] {
  const left = [...groups].filter(([, group]) => group.length > 0);
  if (left.length === groups.size) return withEntries(before, left);
  return new Map([...before, ...left].filter(([id]) => groups.get(id)?.length !== 0));
}

/** Puts a replica on its host and into the totals, or takes it off. */
function count(base: Base, into: Counted, changed: Set<number>, { hostId, shape }: Replica, taken: Shape, sign: 1 | -1): void {
  const { totals } = into;
  totals.replicas += sign;
  if (hostId === null) {
    totals.pending += sign;
    return;
  }
  totals.cpuMilli += sign * shape.cpuMilli;
  totals.memoryMib += sign * shape.memoryMib;
  const host = indexOfHost(base, hostId);
  if (host < 0) return;
  into.freeCpu[host]! -= sign * taken.cpuMilli;
  into.freeMemory[host]! -= sign * taken.memoryMib;
  into.replicaCount[host]! += sign;
  changed.add(host);
  const isOpened = sign === 1 && into.replicaCount[host] === 1;
  if (!isOpened && into.replicaCount[host] !== 0) return;
  totals.hostsUsed += sign;
  totals.costCentsPerHour += sign * base.hosts[host]!.costCentsPerHour;
  if (base.cloudCents[host]! >= 0) into.cloudCentsPerHour += sign * base.cloudCents[host]!;
}

function workloadsAfter(base: Base, { workloads: { put, removed } }: Recorded): Pick<Base, 'workloads' | 'lastWorkloadId'> {
  const { workloads: before, lastWorkloadId: last } = base;
  if (put.length === 0 && removed.length === 0) return { workloads: before, lastWorkloadId: last };
  const sorted = [...put].sort((one, other) => byText(one.id, other.id));
  const fresh = sorted.filter(({ id }) => !before.has(id));
  const entries = sorted.map((workload) => [workload.id, workload] as const);
  // Decisions go by id: what is new comes last only where its id does.
  if (removed.length === 0 && (fresh.length === 0 || fresh[0]!.id > last)) return { workloads: withEntries(before, entries), lastWorkloadId: fresh.at(-1)?.id ?? last };
  const gone = new Set(removed);
  const ordered = [...new Map([...before, ...entries])].filter(([id]) => !gone.has(id)).sort(([one], [other]) => byText(one, other));
  return { workloads: new Map(ordered), lastWorkloadId: ordered.at(-1)?.[0] ?? '' };
}

/** The replicas of every workload of which one changed, by ordinal. */
function groupsAfter(base: Base, { replicas: { put, removed } }: Recorded): Map<string, readonly Replica[]> {
  const changes = new Map<string, { readonly put: Map<string, Replica>; readonly gone: Set<string> }>();
  const changesOf = (workloadId: string) => {
    const known = changes.get(workloadId) ?? { put: new Map(), gone: new Set() };
    changes.set(workloadId, known);
    return known;
  };
  for (const replica of put) changesOf(replica.workloadId).put.set(replica.id, replica);
  for (const { id, workloadId } of removed) changesOf(workloadId).gone.add(id);
  const groups = new Map<string, readonly Replica[]>();
  for (const [workloadId, { put: fresh, gone }] of changes) {
    const group = new Map((base.replicasOf.get(workloadId) ?? []).map((replica) => [replica.id, replica]));
    for (const id of gone) group.delete(id);
    for (const [id, replica] of fresh) group.set(id, replica);
    const list = [...group.values()].map((replica) => (gone.has(replica.successor?.replaces ?? '') ? alone(replica) : replica));
    groups.set(workloadId, list.sort((one, other) => one.ordinal - other.ordinal || byText(one.id, other.id)));
  }
  return groups;
}

function alone({ successor: _, ...replica }: Replica): Replica {
  return replica;
}

/** Ranges with the addresses that replicas got; `given` has them by network index. */
function rangesAfter(base: Base, put: readonly Replica[]): { ranges: Base['ranges']; given: ReadonlyMap<string, readonly string[]> } {
  const fresh = new Map<number, { value: number; address: string }[]>();
  for (const { address } of put) {
    if (address === null) continue;
    const value = toInteger(address);
    for (const [index, { first, last }] of base.ranges.entries()) {
      if (value < first || value > last) continue;
      const list = fresh.get(index);
      if (list === undefined) fresh.set(index, [{ value, address }]);
      else list.push({ value, address });
    }
  }
  if (fresh.size === 0) return { ranges: base.ranges, given: new Map() };
  const ranges = [...base.ranges];
  const given = new Map<string, readonly string[]>();
  for (const [index, list] of fresh) {
    ranges[index] = insertTaken(base.ranges[index]!, list.map(({ value }) => value));
    given.set(base.networkIds[index]!, list.map(({ address }) => address));
  }
  return { ranges, given };
}

/** Hands on what is known of rooms: only of hosts that changed it must look again. */
function remember(base: Base, next: Base, changed: ReadonlySet<number>): void {
  const index = handedOver(base, next);
  if (index === undefined) return;
  for (const host of changed) index.changed.push(host);
  for (const [network, free] of next.addressesFree.entries()) {
    if (free > 0 === base.addressesFree[network]! > 0) continue;
    const [host] = base.hostsOnNetwork.get(base.networkIds[network]!) ?? [];
    if (host !== undefined) addressesChanged(index, host);
  }
  spendChanged(index, base.cloudCentsPerHour, next.cloudCentsPerHour);
}
