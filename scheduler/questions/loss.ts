// What if these hosts died now: does everything that they held find room again elsewhere?
// Takes a base; gives a trial that can be asked again and again. Each trial heals as the scheduler heals: lost replicas in their turn, each
// on its best host under all rules. Where that leaves something without room, the sums are made for the fleet that is left, as the planner
// makes them then: with fewer domains the caps are wider. Only then it searches as a batch does. Nothing that a trial does is seen by the next.

import { capacityIndex } from '../capacity-index.ts';
import type { Replica } from '../model.ts';
import type { Wanted } from '../mover.ts';
import { type Placed, viewOf } from '../outcome.ts';
import { depart, occupy, overlay, type Overlay, vacate } from '../overlay.ts';
import { leavingIds } from '../pairs.ts';
import { place } from '../place.ts';
import { type Base, indexOfHost, withHosts } from '../prepare.ts';
import { type Opening, takeOff } from '../reconcile.ts';
import { byText, charge } from '../resources.ts';
import { wantedOf } from '../schedule.ts';

export interface Loss {
  /** Replicas that would have to go elsewhere. */
  readonly held: number;
  /** How many of them find no room. */
  readonly missing: number;
  /** By workload, most first. */
  readonly workloads: readonly { readonly workloadId: string; readonly workload: string; readonly missing: number }[];
}

export interface Trial {
  /** Replicas that run on the host; 0 also for a host that is lost already. */
  readonly load: (host: number) => number;
  /** @param hosts indices in the base, none twice */
  readonly lose: (hosts: readonly number[]) => Loss;
}

/** Beyond this a fleet without them is made for the trial; up to it they are passed over one by one, which is quicker. */
const MANY_HOSTS = 64;
/** Second looks are a thousand times dearer than the turn-by-turn answer, so that a fleet that is full everywhere gets this many. */
const MOST_SEARCHES = 40;
/** More replicas than this are not searched for: where so many are lost at once, what the turn-by-turn answer leaves is not a matter of order. */
const MOST_SEARCHED = 2000;

/** @returns trials on one working copy, which each of them leaves as it was */
export function lossTrial(base: Base): Trial {
  const held = heldByHost(base);
  const state = overlay(base);
  const wanted = new Map<string, Wanted>();
  let searches = MOST_SEARCHES;
  const wantedBy = (workloadId: string): Wanted | undefined => {
    const known = wanted.get(workloadId);
    const workload = base.workloads.get(workloadId);
    if (known !== undefined || workload === undefined) return known;
    const found = wantedOf(base, workload).wanted;
    wanted.set(workloadId, found);
    return found;
  };
  const lose = (hosts: readonly number[]): Loss => {
    const dead = new Set(hosts);
    const lost = hosts.flatMap((host) => held[host]!);
    const openings = lost.flatMap((replica) => openingOf(base, replica, dead, wantedBy) ?? []).sort(inTurn);
    let waiting: readonly Opening[] = healInTurn(hosts.length > MANY_HOSTS ? overlay(without(base, dead)) : state, lost, openings, dead);
    if (waiting.length > 0 && searches > 0) {
      searches -= 1;
      waiting = lookAgain(base, lost, dead);
    }
    return { held: openings.length, missing: waiting.length, workloads: byWorkload(waiting) };
  };
  return { load: (host) => held[host]!.length, lose };
}

/** Replicas that run, by host. */
function heldByHost(base: Base): readonly Replica[][] {
  const held = base.hosts.map((): Replica[] => []);
  for (const replica of base.snapshot.replicas) {
    const host = indexOfHost(base, replica.hostId);
    if (host >= 0 && base.hosts[host]!.state !== 'lost') held[host]!.push(replica);
  }
  return held;
}

/** Nothing for a replica of which the other of its pair lives on, and for the second of a pair that dies at once: the two count as one. */
function openingOf(base: Base, replica: Replica, dead: ReadonlySet<number>, wantedBy: (workloadId: string) => Wanted | undefined): Opening | undefined {
  const wanted = wantedBy(replica.workloadId);
  if (wanted === undefined) return undefined;
  const siblings = base.replicasOf.get(replica.workloadId) ?? [];
  const lives = (other: Replica) => other.hostId !== null && !dead.has(indexOfHost(base, other.hostId));
  if (siblings.some((other) => other.successor?.replaces === replica.id && lives(other))) return undefined;
  const replaced = replica.successor === undefined ? undefined : siblings.find(({ id }) => id === replica.successor?.replaces);
  if (replaced !== undefined && replaced.hostId !== null) return undefined;
  const shape = wanted.keepsShapes ? replica.shape : wanted.demand.shape;
  const next: Replica = { ...replica, shape, hostId: null, address: null };
  return { replica: next, demand: wanted.demand, from: indexOfHost(base, replica.hostId), before: replica, turn: 0, reason: { code: 'host-lost', detail: 'a trial' } };
}

function inTurn(one: Opening, other: Opening): number {
  return byText(one.replica.workloadId, other.replica.workloadId) || one.replica.ordinal - other.replica.ordinal || byText(one.replica.id, other.replica.id);
}

/** What finds no room when each takes the best host at its turn. Leaves the working copy as it was. */
function healInTurn(state: Overlay, lost: readonly Replica[], openings: readonly Opening[], dead: ReadonlySet<number>): Opening[] {
  const { base } = state;
  clear(state, lost);
  const placed: Placed[] = [];
  const waiting: Opening[] = [];
  for (let start = 0; start < openings.length; ) {
    const first = openings[start]!;
    const { shape, workloadId } = first.replica;
    let end = start + 1;
    while (end < openings.length && openings[end]!.replica.workloadId === workloadId && openings[end]!.replica.shape.cpuMilli === shape.cpuMilli && openings[end]!.replica.shape.memoryMib === shape.memoryMib) end += 1;
    const view = viewOf(state, first);
    const index = capacityIndex(state, view, (host) => dead.has(host));
    for (const opening of openings.slice(start, end)) {
      const best = index.best();
      if (best === undefined) {
        waiting.push(opening);
        continue;
      }
      occupy(state, workloadId, best.host, view.charge, true);
      placed.push({ opening, ...best });
    }
    start = end;
  }
  for (const { opening, host } of placed) vacate(state, opening.replica.workloadId, host, viewOf(state, opening).charge, true);
  for (const { replica, host } of returning(base, lost)) depart(state, replica.workloadId, host);
  for (const replica of lost) {
    const environment = base.workloads.get(replica.workloadId)?.environment;
    const host = indexOfHost(base, replica.hostId);
    occupy(state, replica.workloadId, host, charge(replica.shape, base.snapshot.policy, environment), false);
    if (hasLeft(base, replica)) depart(state, replica.workloadId, host);
  }
  return waiting;
}

function clear(state: Overlay, lost: readonly Replica[]): void {
  for (const replica of lost) takeOff(state, replica, hasLeft(state.base, replica));
  for (const { replica, host } of returning(state.base, lost)) depart(state, replica.workloadId, host, 1);
}

/** Replicas that were leaving for a successor which is lost: they stay, and count again. */
function returning(base: Base, lost: readonly Replica[]): { readonly replica: Replica; readonly host: number }[] {
  const gone = new Set(lost.map(({ id }) => id));
  return lost.flatMap(({ successor, workloadId }) => {
    const replica = successor === undefined ? undefined : base.replicasOf.get(workloadId)?.find(({ id }) => id === successor.replaces);
    if (replica === undefined || gone.has(replica.id) || !hasLeft(base, replica)) return [];
    return [{ replica, host: indexOfHost(base, replica.hostId) }];
  });
}

/** Whether a successor counts in its place. */
function hasLeft(base: Base, { id, workloadId }: Replica): boolean {
  return leavingIds(base, base.replicasOf.get(workloadId) ?? []).has(id);
}

function without(base: Base, dead: ReadonlySet<number>): Base {
  return withHosts(base, base.hosts.map((host, index) => (dead.has(index) ? { ...host, state: 'lost' } : host)));
}

/** Whether all that is left of the fleet could hold them if it were one machine: else there is no use in searching. */
function isRoom(base: Base, openings: readonly Opening[], dead: ReadonlySet<number>): boolean {
  let cpuMilli = 0;
  let memoryMib = 0;
  for (let host = 0; host < base.hosts.length; host += 1) {
    const { state } = base.hosts[host]!;
    if (dead.has(host) || (state !== 'ready' && state !== 'suspect')) continue;
    cpuMilli += Math.max(0, base.freeCpu[host]!);
    memoryMib += Math.max(0, base.freeMemory[host]!);
  }
  for (const { demand, replica } of openings) {
    const taken = charge(replica.shape, base.snapshot.policy, demand.workload.environment);
    cpuMilli -= taken.cpuMilli;
    memoryMib -= taken.memoryMib;
  }
  return cpuMilli >= 0 && memoryMib >= 0;
}

/** With the sums of the fleet that is left, in turn; and where that is not enough and the room is there, as a batch would do it. */
function lookAgain(base: Base, lost: readonly Replica[], dead: ReadonlySet<number>): readonly Opening[] {
  const after = without(base, dead);
  const wantedBy = (workloadId: string) => {
    const workload = base.workloads.get(workloadId);
    return workload === undefined ? undefined : wantedOf(after, workload).wanted;
  };
  const openings = lost.flatMap((replica) => openingOf(base, replica, dead, wantedBy) ?? []).sort(inTurn);
  const waiting = healInTurn(overlay(after), lost, openings, dead);
  if (waiting.length === 0 || openings.length > MOST_SEARCHED || !isRoom(base, openings, dead)) return waiting;
  const state = overlay(after);
  clear(state, lost);
  return place(state, openings, { batch: true, seed: 0 }).waiting;
}

function byWorkload(waiting: readonly Opening[]): Loss['workloads'] {
  const counts = new Map<string, { workloadId: string; workload: string; missing: number }>();
  for (const { demand } of waiting) {
    const { id, name } = demand.workload;
    const count = counts.get(id) ?? { workloadId: id, workload: name, missing: 0 };
    counts.set(id, count);
    count.missing += 1;
  }
  return [...counts.values()].sort((one, other) => other.missing - one.missing || byText(one.workloadId, other.workloadId));
}
