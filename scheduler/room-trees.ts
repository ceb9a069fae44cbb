// Remembers how good every host is for a replica that takes so much, and which host of any stretch is the best, while rooms change.
// Takes the rooms of a base or of a working copy; gives binary trees of maxima, one for each combination of constraints and charge that was
// asked for. A host that changes is written down; a tree looks again at those hosts when it is asked next. What depends on the workload's own
// replicas (caps, spread) is left to capacity-index.ts.

import type { Shape } from './model.ts';
import type { Base, Eligibility } from './prepare.ts';
import { ownScore } from './score.ts';

/** What is left on every host: a base, or a working copy while it changes. */
export interface Rooms {
  readonly freeCpu: Float64Array;
  readonly freeMemory: Float64Array;
  readonly replicaCount: Int32Array;
  readonly addressesFree: Float64Array;
  readonly cloudCentsPerHour: number;
}

export interface RoomTrees {
  readonly base: Base;
  readonly rooms: Rooms;
  /** Trees of the same fleet before these rooms changed, to start from; undefined: none. */
  readonly parent: RoomTrees | undefined;
  /** Hosts in the order in which they changed. */
  readonly changed: number[];
  readonly known: Map<Eligibility, Map<number | string, RoomTree>>;
  /** Leaves of all known trees together. */
  leaves: number;
}

/**
 * Leaves are the second half, by position in the fleet's order; entry n is the larger of entries 2n and 2n + 1. An entry is own score x hosts +
 * (hosts - 1 - host), so that of equal scores the lower host wins, and -1 where no host may take the replica.
 */
interface RoomTree {
  readonly entries: Float64Array;
  /** How many of the changes it has seen. */
  seen: number;
}

/** All trees of one owner together: 16 bytes a leaf. Beyond that all are dropped, and built again when asked for. */
const MOST_LEAVES = 4_000_000;

/** The trees of a base, of which every working copy starts. */
export function treesOf(base: Base): RoomTrees {
  base.memory.trees ??= roomTrees(base, base, undefined);
  return base.memory.trees;
}

/** Trees of rooms that change: every change must be told in `changed`. */
export function roomTrees(base: Base, rooms: Rooms, parent: RoomTrees | undefined): RoomTrees {
  return { base, rooms, parent, changed: [], known: new Map(), leaves: 0 };
}

/** Says that a network's addresses came to an end, or that there is one again: of all its hosts. @param host one of them */
export function addressesChanged({ base, changed }: RoomTrees, host: number): void {
  for (const each of base.hostsOnNetwork.get(base.hosts[host]!.networkId) ?? []) changed.push(each);
}

/** Says what the cloud cost before and costs now: of the hosts that could be opened before and not now, or now and not before. */
export function spendChanged({ base, changed }: RoomTrees, before: number, now: number): void {
  const { cloudHosts, cloudCents, mostCloudCents } = base;
  if (mostCloudCents === Number.POSITIVE_INFINITY) return;
  const [less, more] = [mostCloudCents - Math.max(before, now), mostCloudCents - Math.min(before, now)];
  let low = 0;
  for (let high = cloudHosts.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (cloudCents[cloudHosts[middle]!]! <= less) low = middle + 1;
    else high = middle;
  }
  for (; low < cloudHosts.length && cloudCents[cloudHosts[low]!]! <= more; low += 1) changed.push(cloudHosts[low]!);
}

/** A tree as large as 2 x hosts, up to date; the caller reads it before the next change and never writes. @param keeps id of the network on which the replica would keep its address */
export function roomTree(trees: RoomTrees, eligibility: Eligibility, charge: Shape, keeps: string | null): Float64Array {
  const size = charge.cpuMilli * MEMORY_RANGE + charge.memoryMib;
  const key = keeps === null ? size : `${size} ${keeps}`;
  let ofEligibility = trees.known.get(eligibility);
  let tree = ofEligibility?.get(key);
  if (tree === undefined) {
    const { length } = trees.base.hosts;
    if (trees.leaves + length > MOST_LEAVES) {
      trees.known.clear();
      trees.leaves = 0;
      ofEligibility = undefined;
    }
    tree = grown(trees, eligibility, charge, keeps);
    if (ofEligibility === undefined) trees.known.set(eligibility, (ofEligibility = new Map()));
    ofEligibility.set(key, tree);
    trees.leaves += length;
  }
  catchUp(trees, tree, eligibility, charge, keeps);
  return tree.entries;
}

/** Above the largest memory that a replica may have, so that CPU and memory together make one number. */
const MEMORY_RANGE = 2 ** 25;

function grown(trees: RoomTrees, eligibility: Eligibility, charge: Shape, keeps: string | null): RoomTree {
  if (trees.parent !== undefined) return { entries: roomTree(trees.parent, eligibility, charge, keeps).slice(), seen: 0 };
  const tree = { entries: new Float64Array(2 * trees.base.hosts.length), seen: trees.changed.length };
  fill(trees, tree, eligibility, charge, keeps);
  return tree;
}

function fill({ base, rooms }: RoomTrees, { entries }: RoomTree, eligibility: Eligibility, charge: Shape, keeps: string | null): void {
  const { hostAt } = base.order;
  const count = hostAt.length;
  for (let position = 0; position < count; position += 1) entries[count + position] = entryOf(base, rooms, eligibility, charge, keeps, hostAt[position]!);
  for (let node = count - 1; node > 0; node -= 1) entries[node] = Math.max(entries[2 * node]!, entries[2 * node + 1]!);
}

function catchUp(trees: RoomTrees, tree: RoomTree, eligibility: Eligibility, charge: Shape, keeps: string | null): void {
  const { base, rooms, changed } = trees;
  const { positionOf } = base.order;
  const count = positionOf.length;
  if (changed.length - tree.seen > count) fill(trees, tree, eligibility, charge, keeps);
  else {
    const { entries } = tree;
    for (let index = tree.seen; index < changed.length; index += 1) {
      const host = changed[index]!;
      let node = count + positionOf[host]!;
      let entry = entryOf(base, rooms, eligibility, charge, keeps, host);
      while (entries[node] !== entry) {
        entries[node] = entry;
        if (node === 1) break;
        entry = Math.max(entry, entries[node ^ 1]!);
        node >>= 1;
      }
    }
  }
  tree.seen = changed.length;
}

/** One host as a leaf: all rules that do not depend on the workload's own replicas, and the host's own score. */
export function entryOf(base: Base, rooms: Rooms, eligibility: Eligibility, charge: Shape, keeps: string | null, host: number): number {
  if (eligibility.takes[host] === 0 || charge.cpuMilli > rooms.freeCpu[host]! || charge.memoryMib > rooms.freeMemory[host]!) return -1;
  const isKept = keeps !== null && base.hosts[host]!.networkId === keeps;
  const network = base.networkOf[host]!;
  if (!isKept && (network < 0 || rooms.addressesFree[network] === 0)) return -1;
  if (base.cloudCents[host]! >= 0 && rooms.replicaCount[host] === 0 && rooms.cloudCentsPerHour + base.cloudCents[host]! > base.mostCloudCents) return -1;
  const hosts = base.hosts.length;
  return ownScore(base, rooms, host, charge, isKept) * hosts + hosts - 1 - host;
}

/** The own score in an entry. */
export function scoreOfEntry(base: Base, entry: number): number {
  return Math.floor(entry / base.hosts.length);
}

/** The index of the host in an entry. */
export function hostOfEntry(base: Base, entry: number): number {
  const hosts = base.hosts.length;
  return hosts - 1 - (entry - Math.floor(entry / hosts) * hosts);
}

/** The largest entry of the positions from `start` up to, but not including, `end`; -1 where there is none. */
export function largest(entries: Float64Array, start: number, end: number): number {
  const count = entries.length >> 1;
  let found = -1;
  for (let low = start + count, high = end + count; low < high; low >>= 1, high >>= 1) {
    if ((low & 1) === 1) {
      if (entries[low]! > found) found = entries[low]!;
      low += 1;
    }
    if ((high & 1) === 1) {
      high -= 1;
      if (entries[high]! > found) found = entries[high]!;
    }
  }
  return found;
}
