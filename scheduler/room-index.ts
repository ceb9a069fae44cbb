// Remembers how good hosts are for replicas that take so much, block by block of the fleet's order, while rooms change.
// Takes the rooms of a base or of a working copy; gives rankings, one for each charge that was asked for. A
// host that changes is written down; a ranking looks again at those hosts, and at nothing else, when it is asked next. What depends on the
// workload's own replicas (caps, spread) is left to capacity-index.ts.

import type { Shape } from './model.ts';
import type { Base } from './prepare.ts';
import { filling, ownScore, standing } from './score.ts';

/** What is left on every host: a base, or a working copy while it changes. */
export interface Rooms {
  readonly freeCpu: Float64Array;
  readonly freeMemory: Float64Array;
  readonly replicaCount: Int32Array;
  readonly addressesFree: Float64Array;
  readonly cloudCentsPerHour: number;
}

export interface RoomIndex {
  readonly base: Base;
  readonly rooms: Rooms;
  /** Of the same fleet before these rooms changed, to start from; undefined: none. */
  readonly parent: RoomIndex | undefined;
  /** Hosts in the order in which they changed. Whoever changes a room says so here. */
  changed: number[];
  known: Map<number | string, Ranking>;
  /** What rankings read, as of `digested` changes: made when first needed. */
  digest: Int32Array | undefined;
  digested: number;
  /** For capacity-index.ts, which leaves them as it finds them, all 0: by rack and by site, replicas of a workload; by block, whether to look closer. */
  readonly inRack: Int32Array;
  readonly inSite: Int32Array;
  readonly isSpecial: Uint8Array;
  /** For capacity-index.ts too: by site, what a replica gets there for being apart from its like. */
  readonly siteScore: Int32Array;
}

/** The best of each block: small, since memory is what a search waits for. Of equal scores the lower host is the better one. */
export interface Ranking {
  readonly charge: Shape;
  /** Id of the network on which the replica would keep its address. */
  readonly keeps: string | null;
  /** By block: no host of it has a larger own score; -1 where none may take the replica. */
  readonly most: Int32Array;
  /** By block: which of its hosts `most` came from, counted from 0; STALE where that host has less by now, so that the block must be looked through. */
  readonly by: Uint8Array;
  /** By group of the fleet's order: no block of it has more. May say too much: capacity-index.ts lowers it when it has seen all blocks. */
  readonly mostOfGroup: Int32Array;
  /** How many of the changes it has seen. */
  seen: number;
}

/** In `by`; more than a block has hosts. */
export const STALE = 255;
/** Numbers a host in the digest: free CPU (-1 where it is closed to all), free memory, standing, block. Small, since memory is what a search waits for. */
const STRIDE = 4;
/** More than any host has: larger figures are told as this. */
const MOST_FREE = 2 ** 31 - 1;
/** Rankings that one index keeps; 5 bytes a block each. Beyond that all are dropped, and made again when asked for. */
const MOST_RANKINGS = 1000;
/** Above the largest memory that a replica may have, so that CPU and memory together make one number. */
const MEMORY_RANGE = 2 ** 25;

/** The rankings of a base, from which those of every working copy start. */
export function roomIndexOf(base: Base): RoomIndex {
  base.memory.rooms ??= roomIndex(base, base, undefined);
  return base.memory.rooms;
}

export function roomIndex(base: Base, rooms: Rooms, parent: RoomIndex | undefined): RoomIndex {
  const inRack = parent?.inRack ?? new Int32Array(base.racks);
  const inSite = parent?.inSite ?? new Int32Array(base.sites);
  const isSpecial = parent?.isSpecial ?? new Uint8Array(base.order.blocks);
  const siteScore = parent?.siteScore ?? new Int32Array(base.sites);
  return { base, rooms, parent, changed: [], known: new Map(), digest: undefined, digested: 0, inRack, inSite, isSpecial, siteScore };
}

/** Changes that are written down before all is forgotten instead. */
const MOST_CHANGES = 1_000_000;

/** The index of a base goes over to the one that follows; the changes are still to be told. The earlier base begins anew if it is asked again. */
export function handedOver(from: Base, to: Base): RoomIndex | undefined {
  const index = from.memory.rooms;
  if (index === undefined || index.changed.length > MOST_CHANGES) return undefined;
  to.memory.rooms = { ...index, base: to, rooms: to };
  // Working copies of the earlier base still hold the index: it must know nothing of what follows.
  index.changed = [];
  index.known = new Map();
  index.digest = undefined;
  index.digested = 0;
  return to.memory.rooms;
}

/** Says that a network's addresses came to an end, or that there is one again: of all its hosts. @param host one of them */
export function addressesChanged({ base, changed }: RoomIndex, host: number): void {
  for (const each of base.hostsOnNetwork.get(base.hosts[host]!.networkId) ?? []) changed.push(each);
}

/** Says what the cloud cost before and costs now: of the hosts that could be opened before and not now, or now and not before. */
export function spendChanged({ base, changed }: RoomIndex, before: number, now: number): void {
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

/**
 * The ranking for what takes so much as it is now, of all hosts that are open to anybody; the caller may only refresh() it.
 * @param keeps id of the network on which the replica would keep its address
 */
export function ranking(index: RoomIndex, charge: Shape, keeps: string | null): Ranking {
  const size = charge.cpuMilli * MEMORY_RANGE + charge.memoryMib;
  const key = keeps === null ? size : `${size} ${keeps}`;
  digestAll(index);
  let found = index.known.get(key);
  if (found === undefined) {
    found = begun(index, charge, keeps);
    if (index.known.size >= MOST_RANKINGS) index.known.clear();
    index.known.set(key, found);
  }
  catchUp(index, found);
  return found;
}

/** Brings the digest up to date with the rooms. */
function digestAll(index: RoomIndex): void {
  const { base, parent, changed } = index;
  if (index.digest === undefined && parent !== undefined) {
    digestAll(parent);
    index.digest = parent.digest!.slice();
  }
  if (index.digest === undefined) {
    index.digest = new Int32Array(base.hosts.length * STRIDE);
    for (let host = 0; host < base.hosts.length; host += 1) digest(index, index.digest, host);
    index.digested = changed.length;
  }
  for (; index.digested < changed.length; index.digested += 1) digest(index, index.digest, changed[index.digested]!);
}

function digest({ base, rooms }: RoomIndex, into: Int32Array, host: number): void {
  const at = host * STRIDE;
  into[at] = base.isOpen[host] === 1 && hasAddress(base, rooms, host) && mayOpen(base, rooms, host) ? Math.min(MOST_FREE, rooms.freeCpu[host]!) : -1;
  into[at + 1] = Math.min(MOST_FREE, rooms.freeMemory[host]!);
  into[at + 2] = standing(base, rooms, host);
  into[at + 3] = base.order.blockOf[host]!;
}

function hasAddress({ networkOf }: Base, { addressesFree }: Rooms, host: number): boolean {
  return networkOf[host]! >= 0 && addressesFree[networkOf[host]!]! > 0;
}

/** Whether the cloud may cost what this host would add; hosts of our own and those in use add nothing. */
function mayOpen({ cloudCents, mostCloudCents }: Base, { replicaCount, cloudCentsPerHour }: Rooms, host: number): boolean {
  return cloudCents[host]! < 0 || replicaCount[host]! > 0 || cloudCentsPerHour + cloudCents[host]! <= mostCloudCents;
}

function begun(index: RoomIndex, charge: Shape, keeps: string | null): Ranking {
  if (index.parent !== undefined) {
    const { most, by, mostOfGroup } = ranking(index.parent, charge, keeps);
    return { charge, keeps, most: most.slice(), by: by.slice(), mostOfGroup: mostOfGroup.slice(), seen: 0 };
  }
  const { blocks, groups } = index.base.order;
  const made: Ranking = { charge, keeps, most: new Int32Array(blocks), by: new Uint8Array(blocks), mostOfGroup: new Int32Array(groups.length), seen: index.changed.length };
  for (let block = 0; block < blocks; block += 1) refresh(index, made, block);
  for (const [at, { start, end }] of groups.entries()) made.mostOfGroup[at] = made.most.subarray(start, end).reduce((most, each) => Math.max(most, each), -1);
  return made;
}

/** Looks at every host of a block, so that its ranking is exact. */
export function refresh(index: RoomIndex, ranked: Ranking, block: number): void {
  const { hostAt, blockStart } = index.base.order;
  const start = blockStart[block]!;
  const end = blockStart[block + 1]!;
  let largest = -1;
  let by = 0;
  for (let position = start; position < end; position += 1) {
    const score = scoreOf(index, ranked, hostAt[position]!);
    // Hosts of a block ascend, so the first of equals stays.
    if (score <= largest) continue;
    largest = score;
    by = position - start;
  }
  ranked.most[block] = largest;
  ranked.by[block] = by;
}

function catchUp(index: RoomIndex, ranked: Ranking): void {
  const { changed } = index;
  const { groupOfBlock, placeInBlock } = index.base.order;
  const facts = index.digest!;
  const { most, by, mostOfGroup } = ranked;
  for (let at = ranked.seen; at < changed.length; at += 1) {
    const host = changed[at]!;
    const block = facts[host * STRIDE + 3]!;
    const score = scoreOf(index, ranked, host);
    const before = most[block]!;
    const place = placeInBlock[host]!;
    if (score > before || (score === before && place < by[block]! && by[block] !== STALE)) {
      most[block] = score;
      by[block] = place;
      if (score > mostOfGroup[groupOfBlock[block]!]!) mostOfGroup[groupOfBlock[block]!] = score;
    } else if (by[block] === place && score < before) by[block] = STALE;
  }
  ranked.seen = changed.length;
}

/** One host for the ranking's charge: its own score, or -1 where it is closed to all or has no room. */
export function scoreOf(index: RoomIndex, { charge, keeps }: Ranking, host: number): number {
  if (keeps !== null) return keptScore(index, charge, keeps, host);
  const facts = index.digest!;
  const at = host * STRIDE;
  if (charge.cpuMilli > facts[at]! || charge.memoryMib > facts[at + 1]!) return -1;
  return facts[at + 2]! + filling(index.base, host, charge);
}

/** The same for one that may keep its address on a network: it needs no free one there. */
export function keptScore({ base, rooms }: RoomIndex, charge: Shape, keeps: string, host: number): number {
  if (base.isOpen[host] === 0 || charge.cpuMilli > rooms.freeCpu[host]! || charge.memoryMib > rooms.freeMemory[host]!) return -1;
  const isKept = base.hosts[host]!.networkId === keeps;
  if ((!isKept && !hasAddress(base, rooms, host)) || !mayOpen(base, rooms, host)) return -1;
  return ownScore(base, rooms, host, charge, isKept);
}
