// Compares what a workload should have with what it has: what stops, what must find a host, what must change where it is.
// Takes a demand (or the wish to keep what there is) and the recorded replicas; gives changes, and takes stopped and lost replicas
// off the working copy. A pair of a replica and its successor counts as one and is left alone. Chooses no host.

import { domainOf } from './eligible.ts';
import { amount } from './explain.ts';
import type { Demand, Replica, Shape, StepReason } from './model.ts';
import { type Mover, moversOf, type Wanted, whyLeave } from './mover.ts';
import type { Ordinals } from './ordinals.ts';
import { depart, type Overlay, vacate } from './overlay.ts';
import type { Pace } from './pace.ts';
import { leavingIds, livingHost, type Pair, pairsOf, type Stop } from './pairs.ts';
import { type Base, indexOfHost } from './prepare.ts';
import { isUniform, type Lane, releases, releaseTerms, type ReleaseTerms, type Settlement } from './releases.ts';
import type { Renewal } from './renew.ts';
import { charge, sameShape } from './resources.ts';

export type { Wanted } from './mover.ts';

/** A replica that holds no room and needs a host. */
export interface Opening {
  /** As it is to be recorded: shape and release are those it will run with, host and address are null. */
  readonly replica: Replica;
  readonly demand: Demand;
  /** Index of the lost host that it comes from; -1 where it comes from none that the snapshot knows. */
  readonly from: number;
  /** How it was recorded before; undefined for a new replica. */
  readonly before: Replica | undefined;
  /** Lost replicas first, then those that wait already, then new ones. */
  readonly turn: 0 | 1 | 2;
  readonly reason: StepReason;
}

export interface Changes {
  readonly stops: readonly Stop[];
  readonly movers: readonly Mover[];
  readonly openings: readonly Opening[];
  readonly pairs: readonly Pair[];
  /** Too many, and not stopped yet. */
  readonly lingering: readonly Replica[];
  /** Replicas that should run another release; undefined where all run the right one. */
  readonly renewal: Renewal | undefined;
  /** Changes that are due and wait until a pair is one replica again. */
  readonly late: number;
}

/** What changes so that the workload has `demand.replicas` replicas of `demand.shape` on hosts that live and may have them. */
export function reconcile(state: Overlay, wanted: Wanted, named: Ordinals, sees: Pick<Pace, 'complete' | 'serves' | 'fails' | 'lingers'>): Changes {
  const { base } = state;
  const { demand, keepsShapes } = wanted;
  const { workload } = demand;
  const present = base.replicasOf.get(workload.id) ?? [];
  const { underWay, ended } = pairsOf(base, present, sees.complete);
  const gone = new Set<Replica>(ended.map(({ replica }) => replica));
  const successors = new Set(underWay.map(({ successor }) => successor));
  const units = present.filter((replica) => !gone.has(replica) && !successors.has(replica));
  const target = keepsShapes ? units.length : demand.replicas;
  const terms = releaseTerms(workload, target);
  const detail = `from ${units.length} to ${amount(target, 'replica')}`;
  const surplus = new Set(surplusOf(base, { units, pairs: underWay, target, serves: sees.serves, lingers: sees.lingers, terms }, wanted));
  const pairs = underWay.filter(({ leaving }) => !surplus.has(leaving));
  const tooMany = [...surplus].map((replica) => [replica, ...underWay.flatMap(({ leaving, successor }) => (leaving === replica ? [successor] : []))]);
  // Of a pair both go on, or neither.
  const lingering = sees.complete ? [] : tooMany.filter((unit) => unit.some((replica) => livingHost(base, replica) >= 0 && sees.lingers(replica)));
  for (const unit of lingering) {
    const host = livingHost(base, unit.at(-1)!);
    if (host >= 0) depart(state, workload.id, host);
  }
  const shrunk = tooMany.filter((unit) => !lingering.includes(unit)).flat();
  const stops = new Map([...ended, ...shrunk.map((replica): Stop => ({ replica, reason: { code: 'shrunk', detail } }))].map((stop) => [stop.replica.id, stop]));

  const paired = new Set(pairs.map(({ leaving }) => leaving));
  const openings: Opening[] = [];
  const running: Replica[] = [];
  for (const replica of units) {
    if (surplus.has(replica) || paired.has(replica)) continue;
    const opening = openingOf(base, demand, replica, keepsShapes ? replica.shape : demand.shape);
    if (opening === undefined) running.push(single(replica));
    else openings.push(opening);
  }
  for (let count = units.length - surplus.size; count < target; count += 1) {
    const reason: StepReason = units.length === 0 ? { code: 'asked', detail: amount(target, 'replica') } : { code: 'grown', detail };
    const replica: Replica = { ...named(workload.id), workloadId: workload.id, shape: demand.shape, releaseId: workload.releaseId, hostId: null, address: null };
    openings.push({ replica, demand, from: -1, before: undefined, turn: 2, reason });
  }
  const has: Settlement | undefined = isUniform(terms, present) ? undefined : { running, pairs, takenOver: sees.complete ? [] : takenOver(base, present, stops), openings: openings.map(({ before }) => before) };
  const chosen = has && releases(base, terms, has, { ...sees, leaves: leaving(base, wanted) });
  const backs = new Set(chosen?.backs ?? []);
  for (const { leaving, successor } of backs) {
    stops.delete(leaving.id);
    stops.set(successor.id, { replica: successor, reason: { code: 'released', detail: 'its release is not wanted any more' } });
  }
  takeAllOff(state, present, stops, openings, backs);
  const stays = backs.size === 0 ? running : [...running.filter(({ id }) => !stops.has(id)), ...[...backs].map(({ leaving }) => leaving)];
  const left = backs.size === 0 ? pairs : pairs.filter((pair) => !backs.has(pair));
  const { movers, excess, moverOf } = moversOf(state, wanted, stays);
  const reshaped = keepsShapes ? 0 : left.filter(({ successor }) => !sameShape(successor.shape, demand.shape)).length;
  return {
    stops: [...stops.values()],
    movers,
    openings: chosen === undefined ? openings : openings.map((opening, index) => ({ ...opening, replica: { ...opening.replica, releaseId: chosen.ofOpening[index]! } })),
    pairs: left,
    lingering: lingering.flat(),
    renewal: chosen === undefined || chosen.lanes.length === 0 ? undefined : renewalOf(demand, terms, chosen.lanes, { ...has!, running: stays, pairs: left }, sees.serves, moverOf),
    late: excess + reshaped,
  };
}

/** Whether a replica has to leave its host whatever it runs. */
function leaving(base: Base, { demand, keepsShapes, staysPut }: Wanted): (replica: Replica) => boolean {
  const why = whyLeave(base, demand.workload, keepsShapes);
  return (replica) => staysPut !== true && why(indexOfHost(base, replica.hostId)) !== undefined;
}

/** Pairs of which the replaced one stops now, though it lives. */
function takenOver(base: Base, present: readonly Replica[], stops: ReadonlyMap<string, Stop>): Pair[] {
  return present.flatMap((successor): Pair[] => {
    const stop = stops.get(successor.successor?.replaces ?? '');
    return stop === undefined || stop.reason.code !== 'succeeded' || stops.has(successor.id) || livingHost(base, stop.replica) < 0 ? [] : [{ leaving: stop.replica, successor }];
  });
}

/** What stops, what has no living host any more, and what counts again since its successor stops. */
function takeAllOff(state: Overlay, present: readonly Replica[], stops: ReadonlyMap<string, Stop>, openings: readonly Opening[], backs: ReadonlySet<Pair>): void {
  const departed = leavingIds(state.base, present);
  for (const { replica } of stops.values()) takeOff(state, replica, departed.has(replica.id));
  for (const { before, from } of openings) if (before !== undefined && from >= 0) takeOff(state, before);
  for (const { leaving } of backs) depart(state, leaving.workloadId, livingHost(state.base, leaving), 1);
}

function renewalOf(demand: Demand, terms: ReleaseTerms, lanes: readonly Lane[], { running, pairs, openings }: Settlement, serves: Pace['serves'], moverOf: (replica: Replica) => Mover): Renewal {
  const silent = [...running.filter((replica) => !serves(replica)), ...pairs.filter(({ leaving, successor }) => !serves(leaving) && successor.successor?.state !== 'serving')];
  const lost = openings.filter((replica) => replica !== undefined && replica.hostId !== null);
  return {
    demand,
    terms,
    pairs: pairs.filter(({ leaving, successor }) => leaving.releaseId !== successor.releaseId).length,
    missing: silent.length + lost.length,
    lanes: lanes.map(({ releaseId, count, candidates }) => ({ releaseId, count, movers: candidates.map(moverOf) })),
  };
}

/** Takes a recorded replica off the working copy; does nothing for one that is on no known host. @param departed it counts no longer, see depart() */
export function takeOff(state: Overlay, replica: Replica, departed = false): void {
  const host = indexOfHost(state.base, replica.hostId);
  if (host < 0) return;
  const environment = state.base.workloads.get(replica.workloadId)?.environment;
  if (departed) depart(state, replica.workloadId, host, 1);
  vacate(state, replica.workloadId, host, charge(replica.shape, state.base.snapshot.policy, environment), false);
}

interface Many {
  readonly units: readonly Replica[];
  readonly pairs: readonly Pair[];
  readonly target: number;
  readonly serves: Pace['serves'];
  readonly lingers: Pace['lingers'];
  readonly terms: ReleaseTerms;
}

/**
 * Which replicas stop when there are too many: those that do not run or serve first, then what has to leave anyhow or has no clients, then from domains that hold more
 * than survival allows. Then what is paid by the hour goes, from the dearest cloud host and there from the emptiest, which is free soonest; of our own
 * hosts from the fullest domain those whose release is too many, and those on its dearest host.
 */
function surplusOf(base: Base, { units, pairs, target, serves, lingers, terms }: Many, { demand, survive, keepsShapes }: Wanted): Replica[] {
  if (units.length <= target) return [];
  const stops: Replica[] = [];
  const left = [...units];
  const kind = survive === 'none' ? 'host' : survive;
  const most = (kind === 'host' ? demand.caps.perHost : kind === 'rack' ? demand.caps.perRack : demand.caps.perSite) ?? Number.POSITIVE_INFINITY;
  const filled = new Map<number, number>();
  const successorOf = new Map(pairs.map(({ leaving, successor }) => [leaving, successor]));
  const hostOf = new Map(units.map((replica) => [replica, livingHost(base, successorOf.get(replica) ?? replica)]));
  for (const host of hostOf.values()) if (host >= 0) filled.set(domainOf(base, kind, host), (filled.get(domainOf(base, kind, host)) ?? 0) + 1);
  const leaves = whyLeave(base, demand.workload, keepsShapes);
  const serving = new Map(units.map((replica) => [replica, serves(replica)]));
  const free = new Map(units.map((replica) => [replica, Number(!lingers(replica))]));
  const releaseOf = (replica: Replica) => (successorOf.get(replica) ?? replica).releaseId;
  const wanted = new Map([[terms.own, target - (terms.next?.replicas ?? 0)], ...(terms.next === undefined ? [] : [[terms.next.releaseId, terms.next.replicas] as const])]);
  const running = new Map([...Map.groupBy(units, releaseOf)].map(([releaseId, list]) => [releaseId, list.length]));
  const isExcess = (replica: Replica) => running.get(releaseOf(replica))! > (wanted.get(releaseOf(replica)) ?? 0);
  // Greater stops earlier; the last figure is the ordinal, of which no two are equal.
  const rank = (replica: Replica): readonly number[] => {
    const host = hostOf.get(replica)!;
    if (host < 0) return [replica.hostId === null ? 5 : 4, 0, 0, 0, 0, 0, replica.ordinal];
    const isLeaving = successorOf.has(replica) || leaves(host) !== undefined;
    const fullness = filled.get(domainOf(base, kind, host))!;
    const { kind: machine, costCentsPerHour } = base.hosts[host]!;
    const paid = machine === 'cloud-vm' ? [1, Number(isExcess(replica)), costCentsPerHour, -base.replicaCount[host]!, -host] : [0, fullness, Number(isExcess(replica)), costCentsPerHour];
    return [serving.get(replica) === false ? 3 : isLeaving ? 2 : free.get(replica)!, Math.max(0, fullness - most), ...paid, replica.ordinal];
  };
  while (left.length > target) {
    const next = left.reduce((worst, each) => (precedes(rank(each), rank(worst)) ? each : worst));
    left.splice(left.indexOf(next), 1);
    stops.push(next);
    running.set(releaseOf(next), running.get(releaseOf(next))! - 1);
    const host = hostOf.get(next)!;
    if (host >= 0) filled.set(domainOf(base, kind, host), filled.get(domainOf(base, kind, host))! - 1);
  }
  return stops;
}

function precedes(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((figure, index) => figure !== other[index]);
  return at >= 0 && one[at]! > other[at]!;
}

/** A replica that no longer is anybody's successor. */
function single(replica: Replica): Replica {
  if (replica.successor === undefined) return replica;
  const { successor: _, ...rest } = replica;
  return rest;
}

/** The opening of a replica that has no living host; undefined for one that runs. */
function openingOf(base: Base, demand: Demand, replica: Replica, shape: Shape): Opening | undefined {
  const { workload } = demand;
  const host = indexOfHost(base, replica.hostId);
  if (replica.hostId === null) {
    const next = { ...single(replica), shape, releaseId: workload.releaseId, address: null };
    return { replica: next, demand, from: -1, before: replica, turn: 1, reason: { code: 'capacity-appeared', detail: 'was waiting for room' } };
  }
  const next = { ...single(replica), shape, hostId: null, address: null };
  if (host < 0) return { replica: next, demand, from: -1, before: replica, turn: 0, reason: { code: 'host-gone', detail: `host ${replica.hostId} is no longer known` } };
  const { name, state, forced } = base.hosts[host]!;
  // What is on its way already ends its way: that loses nothing.
  if (state !== 'lost' && forced === true) return { replica: next, demand, from: host, before: replica, turn: 0, reason: { code: 'drained', detail: `host ${name} is emptied by force` } };
  if (state !== 'lost') return undefined;
  return { replica: next, demand, from: host, before: replica, turn: 0, reason: { code: 'host-lost', detail: `host ${name} is lost` } };
}
