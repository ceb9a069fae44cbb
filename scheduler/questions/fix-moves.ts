// One to three replicas of others moved away, so that what waits finds its room: which, and where they go.
// Takes where a fix is looked for; gives at most one fix, the one with fewest moves on the hosts that come closest. On each of these hosts every
// combination is looked at that frees enough, the smallest first; each replica that moves keeps to the rules of its own workload.

import { capacityIndex } from '../capacity-index.ts';
import { demandView, type DemandView, feasible, hostView } from '../feasible.ts';
import type { Replica, Shape, Wish, Workload } from '../model.ts';
import { occupy, type Overlay, vacate } from '../overlay.ts';
import { leavingIds } from '../pairs.ts';
import { type Base, indexOfHost } from '../prepare.ts';
import { byText, charge, fits as isWithin } from '../resources.ts';
import { decide, wantedOf } from '../schedule.ts';
import type { Fixing } from './fix.ts';
import type { Fix } from './model.ts';
import { stateAfter } from './state-after.ts';

const MOST_MOVES = 3;
/** Hosts that are looked at for each replica that waits. */
const MOST_HOSTS = 40;
/** Combinations for which a new place is sought, on all hosts together. */
const MOST_COMBINATIONS = 400;
/** Replicas alike that are told apart on one host: more of them than may move make no difference. */
const MOST_KINDS = 12;

/** A replica that could leave. */
interface Candidate {
  readonly replica: Replica;
  readonly workload: Workload;
  /** What it takes from its host. */
  readonly held: Shape;
}

interface Search {
  readonly state: Overlay;
  readonly held: (host: number) => readonly Candidate[];
  readonly wishes: Wish[];
  readonly workloads: Set<string>;
  combinations: number;
}

export function moveFixes({ base, workload, attempt, seed, newId }: Fixing): Fix[] {
  const plan = decide(base, [workload], { verb: 'place', seed, newId, moves: Number.POSITIVE_INFINITY, complete: true }, [workload.id]);
  const { caps } = wantedOf(base, workload).wanted.demand;
  const state = stateAfter(base, plan);
  const search: Search = { state, held: heldBy(base, workload.id, new Set(plan.steps.map(({ replica }) => replica.id))), wishes: [], workloads: new Set(), combinations: 0 };
  for (const { shape, count } of plan.unplaced) {
    const view = demandView(base, workload, shape, caps, null);
    for (let waiting = count; waiting > 0; waiting -= 1) if (!settle(search, view)) return [];
  }
  if (search.wishes.length === 0) return [];
  const scope = [...search.workloads];
  const tried = attempt(base, workload, { scope, wishes: search.wishes });
  if (tried?.fits !== true) return [];
  const names = scope.map((id) => base.workloads.get(id)?.name ?? id).sort(byText);
  return [{ what: { kind: 'move', wishes: search.wishes, workloads: names }, moves: search.wishes.length, addedCentsPerHour: tried.addedCentsPerHour }];
}

/** Gives one replica its room, with as few moves as are left and needed. */
function settle(search: Search, view: DemandView): boolean {
  const { state } = search;
  const { id } = view.workload;
  const direct = capacityIndex(state, view).best();
  if (direct !== undefined) {
    occupy(state, id, direct.host, view.charge, true);
    return true;
  }
  const hosts = closest(state, view);
  for (let moves = 1; moves <= MOST_MOVES - search.wishes.length; moves += 1) {
    for (const host of hosts) {
      if (!evacuate(search, view, host, moves)) continue;
      occupy(state, id, host, view.charge, true);
      return true;
    }
  }
  return false;
}

/** Hosts that would take the replica if they had room, those that lack least first. */
function closest(state: Overlay, view: DemandView): number[] {
  const found: { readonly host: number; readonly lack: number }[] = [];
  for (let host = 0; host < state.base.hosts.length; host += 1) {
    const there = hostView(state, host, view.workload.id);
    // Moving others makes room, but neither an address nor a host that is large enough.
    if (view.charge.cpuMilli > state.base.usableCpu[host]! || view.charge.memoryMib > state.base.usableMemory[host]!) continue;
    if (feasible({ ...there, free: view.charge }, view) !== undefined) continue;
    const lack = Math.max(0, view.charge.cpuMilli - there.free.cpuMilli) / view.charge.cpuMilli + Math.max(0, view.charge.memoryMib - there.free.memoryMib) / view.charge.memoryMib;
    found.push({ host, lack });
  }
  return found.sort((one, other) => one.lack - other.lack || one.host - other.host).slice(0, MOST_HOSTS).map(({ host }) => host);
}

/** Moves exactly so many replicas off a host so that the replica fits there; leaves everything as it was where that cannot be. */
function evacuate(search: Search, view: DemandView, host: number, moves: number): boolean {
  const { state } = search;
  const missing: Shape = { cpuMilli: Math.max(0, view.charge.cpuMilli - state.freeCpu[host]!), memoryMib: Math.max(0, view.charge.memoryMib - state.freeMemory[host]!) };
  const gone = new Set(search.wishes.map(({ replicaId }) => replicaId));
  const candidates = search.held(host).filter(({ replica }) => !gone.has(replica.id));
  for (const combination of combinations(candidates, moves, missing)) {
    search.combinations += 1;
    if (search.combinations > MOST_COMBINATIONS) return false;
    const targets = relocated(state, combination, host);
    if (targets === undefined) continue;
    for (const [index, { replica, workload }] of combination.entries()) {
      search.wishes.push({ replicaId: replica.id, hostId: state.base.hosts[targets[index]!]!.id });
      search.workloads.add(workload.id);
    }
    return true;
  }
  return false;
}

/** Every way to take so many of the candidates that free what is missing, least memory first. */
function combinations(candidates: readonly Candidate[], size: number, missing: Shape): Candidate[][] {
  const found: { readonly members: Candidate[]; readonly freed: Shape }[] = [];
  const extend = (from: number, members: Candidate[], freed: Shape): void => {
    if (members.length === size) {
      if (isWithin(missing, freed)) found.push({ members, freed });
      return;
    }
    for (let index = from; index < candidates.length; index += 1) {
      const { held } = candidates[index]!;
      extend(index + 1, [...members, candidates[index]!], { cpuMilli: freed.cpuMilli + held.cpuMilli, memoryMib: freed.memoryMib + held.memoryMib });
    }
  };
  extend(0, [], { cpuMilli: 0, memoryMib: 0 });
  return found.sort((one, other) => one.freed.memoryMib - other.freed.memoryMib || one.freed.cpuMilli - other.freed.cpuMilli).map(({ members }) => members);
}

/** Where each of them goes, with the working copy as it is then; undefined, and nothing changed, where one of them finds no room. */
function relocated(state: Overlay, combination: readonly Candidate[], from: number): number[] | undefined {
  const { base } = state;
  const done: { readonly candidate: Candidate; readonly host: number; readonly taken: Shape }[] = [];
  for (const candidate of combination) {
    const { replica, workload, held } = candidate;
    const view = demandView(base, workload, replica.shape, wantedOf(base, workload).wanted.demand.caps, null);
    vacate(state, workload.id, from, held, false);
    const best = capacityIndex(state, view, (host) => host === from).best();
    if (best === undefined) {
      occupy(state, workload.id, from, held, false);
      for (const each of done.toReversed()) {
        vacate(state, each.candidate.workload.id, each.host, each.taken, true);
        occupy(state, each.candidate.workload.id, from, each.candidate.held, false);
      }
      return undefined;
    }
    occupy(state, workload.id, best.host, view.charge, true);
    done.push({ candidate, host: best.host, taken: view.charge });
  }
  return done.map(({ host }) => host);
}

/** Replicas of other workloads on a host that nothing moves already, at most so many of each kind as could be of use. */
function heldBy(base: Base, workloadId: string, stepped: ReadonlySet<string>): Search['held'] {
  const held = new Map<number, Candidate[]>();
  for (const replica of base.snapshot.replicas) {
    const host = indexOfHost(base, replica.hostId);
    const workload = base.workloads.get(replica.workloadId);
    if (host < 0 || workload === undefined || workload.id === workloadId || stepped.has(replica.id) || replica.successor !== undefined) continue;
    const candidate = { replica, workload, held: charge(replica.shape, base.snapshot.policy, workload.environment) };
    const known = held.get(host);
    if (known === undefined) held.set(host, [candidate]);
    else known.push(candidate);
  }
  return (host) => {
    const kinds = new Map<string, number>();
    return (held.get(host) ?? [])
      .filter(({ replica, workload }) => !leavingIds(base, base.replicasOf.get(workload.id) ?? []).has(replica.id))
      .sort((one, other) => byText(one.workload.id, other.workload.id) || one.replica.ordinal - other.replica.ordinal)
      .filter(({ replica, workload }) => {
        const kind = `${workload.id} ${replica.shape.cpuMilli} ${replica.shape.memoryMib}`;
        const seen = kinds.get(kind) ?? 0;
        kinds.set(kind, seen + 1);
        return seen < MOST_MOVES && kinds.size <= MOST_KINDS;
      });
  };
}
