// Compares what a workload should have with what it has: what stops, what must find a host, what must change where it is.
// Takes a demand (or the wish to keep what there is) and the recorded replicas; gives changes, and takes stopped and lost replicas
// off the working copy. Chooses no host.

import { domainOf } from './eligible.ts';
import type { Demand, Replica, Shape, StepReason, Survive } from './model.ts';
import { countsOf, type Overlay, vacate } from './overlay.ts';
import { type Base, indexOfHost } from './prepare.ts';
import { charge, sameShape } from './resources.ts';

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

/** A replica that runs and should change: its shape, or its host because a cap does not hold. */
export interface Mover {
  readonly replica: Replica;
  readonly demand: Demand;
  readonly host: number;
  /** One of those that are too many for a cap where it is. Else it only has another shape. */
  readonly spreads: boolean;
}

export interface Stop {
  readonly replica: Replica;
  readonly reason: StepReason;
}

export interface Changes {
  readonly stops: readonly Stop[];
  readonly movers: readonly Mover[];
  readonly openings: readonly Opening[];
}

/** What a workload should have. */
export interface Wanted {
  readonly demand: Demand;
  readonly survive: Survive;
  /** True where no sum can be done: every replica keeps its own shape and place, and only what has no living host is placed. */
  readonly keepsShapes: boolean;
}

export type NewId = (workloadId: string, ordinal: number) => string;

/** What changes so that the workload has `demand.replicas` replicas of `demand.shape` on hosts that live. */
export function reconcile(state: Overlay, { demand, survive, keepsShapes }: Wanted, newId: NewId): Changes {
  const { base } = state;
  const { workload } = demand;
  const present = base.replicasOf.get(workload.id) ?? [];
  const stopped = new Set(surplus(base, present, demand.replicas, survive));
  const detail = `from ${present.length} to ${amount(demand.replicas)}`;
  const stops = [...stopped].map((replica): Stop => ({ replica, reason: { code: 'shrunk', detail } }));
  for (const { replica } of stops) takeOff(state, replica);
  const kept = present.filter((replica) => !stopped.has(replica));
  const openings: Opening[] = [];
  const running: Replica[] = [];
  for (const replica of kept) {
    const opening = openingOf(base, demand, replica, keepsShapes ? replica.shape : demand.shape);
    if (opening === undefined) running.push(replica);
    else openings.push(opening);
    if (opening !== undefined && opening.from >= 0) takeOff(state, replica);
  }
  const grown: StepReason = present.length === 0 ? { code: 'asked', detail: amount(demand.replicas) } : { code: 'grown', detail };
  for (const ordinal of lowestFree(kept, demand.replicas - kept.length)) {
    const replica: Replica = {
      id: newId(workload.id, ordinal),
      workloadId: workload.id,
      ordinal,
      shape: demand.shape,
      releaseId: workload.releaseId,
      hostId: null,
      address: null,
    };
    openings.push({ replica, demand, from: -1, before: undefined, turn: 2, reason: grown });
  }
  return { stops, movers: keepsShapes ? [] : moversOf(state, demand, running), openings };
}

function amount(replicas: number): string {
  return `${replicas} replica${replicas === 1 ? '' : 's'}`;
}

/** Takes a recorded replica off the working copy; does nothing for one that is on no known host. */
export function takeOff(state: Overlay, replica: Replica): void {
  const host = indexOfHost(state.base, replica.hostId);
  if (host < 0) return;
  const environment = state.base.workloads.get(replica.workloadId)?.environment;
  vacate(state, replica.workloadId, host, charge(replica.shape, state.base.snapshot.policy, environment), false);
}

/** Which replicas stop when there are too many: those that do not run first, then from the fullest domain and its dearest host. */
function surplus(base: Base, present: readonly Replica[], wanted: number, survive: Survive): Replica[] {
  const stops: Replica[] = [];
  const left = [...present];
  const kind = survive === 'none' ? 'host' : survive;
  const filled = new Map<number, number>();
  const lives = (replica: Replica) => {
    const host = indexOfHost(base, replica.hostId);
    return host >= 0 && base.hosts[host]!.state !== 'lost' ? host : -1;
  };
  const hostOf = new Map(present.map((replica) => [replica, lives(replica)]));
  for (const host of hostOf.values()) if (host >= 0) filled.set(domainOf(base, kind, host), (filled.get(domainOf(base, kind, host)) ?? 0) + 1);
  // Greater stops earlier; the last figure is the ordinal, of which no two are equal.
  const rank = (replica: Replica): readonly number[] => {
    const host = hostOf.get(replica)!;
    if (host < 0) return [replica.hostId === null ? 2 : 1, 0, 0, replica.ordinal];
    return [0, filled.get(domainOf(base, kind, host))!, base.hosts[host]!.costCentsPerHour, replica.ordinal];
  };
  while (left.length > wanted) {
    const next = left.reduce((worst, each) => (precedes(rank(each), rank(worst)) ? each : worst));
    left.splice(left.indexOf(next), 1);
    stops.push(next);
    const host = hostOf.get(next)!;
    if (host >= 0) filled.set(domainOf(base, kind, host), filled.get(domainOf(base, kind, host))! - 1);
  }
  return stops;
}

function precedes(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((figure, index) => figure !== other[index]);
  return at >= 0 && one[at]! > other[at]!;
}

/** The opening of a replica that has no living host; undefined for one that runs. */
function openingOf(base: Base, demand: Demand, replica: Replica, shape: Shape): Opening | undefined {
  const { workload } = demand;
  const host = indexOfHost(base, replica.hostId);
  if (replica.hostId === null) {
    const next = { ...replica, shape, releaseId: workload.releaseId, address: null };
    return { replica: next, demand, from: -1, before: replica, turn: 1, reason: { code: 'capacity-appeared', detail: 'was waiting for room' } };
  }
  const next = { ...replica, shape, hostId: null, address: null };
  if (host < 0) return { replica: next, demand, from: -1, before: replica, turn: 0, reason: { code: 'host-gone', detail: `host ${replica.hostId} is no longer known` } };
  if (base.hosts[host]!.state !== 'lost') return undefined;
  return { replica: next, demand, from: host, before: replica, turn: 0, reason: { code: 'host-lost', detail: `host ${base.hosts[host]!.name} is lost` } };
}

/** Running replicas whose shape is another, and as many of each overfull domain as are too many in it; one mover a replica. */
function moversOf(state: Overlay, demand: Demand, running: readonly Replica[]): Mover[] {
  const { base } = state;
  const hostOf = (replica: Replica) => indexOfHost(base, replica.hostId);
  const spread = new Set<Replica>();
  const counts = countsOf(state, demand.workload.id);
  const caps = [
    ['host', demand.caps.perHost],
    ['rack', demand.caps.perRack],
    ['site', demand.caps.perSite],
  ] as const;
  for (const [kind, cap] of caps) {
    if (cap === undefined) continue;
    for (const [domain, count] of [...counts[kind]].sort(([one], [other]) => one - other)) {
      if (count <= cap) continue;
      const inside = running.filter((replica) => domainOf(base, kind, hostOf(replica)) === domain);
      const stays = inside.filter((replica) => !spread.has(replica));
      // The youngest go, from the host that holds the most of them.
      const crowd = (replica: Replica) => counts.host.get(hostOf(replica)) ?? 0;
      stays.sort((one, other) => crowd(other) - crowd(one) || other.ordinal - one.ordinal);
      const excess = count - cap - (inside.length - stays.length);
      for (const replica of stays.slice(0, Math.max(0, excess))) spread.add(replica);
    }
  }
  const moves = (replica: Replica) => spread.has(replica) || !sameShape(replica.shape, demand.shape);
  return running.filter(moves).map((replica) => ({ replica, demand, host: hostOf(replica), spreads: spread.has(replica) }));
}

/** The lowest ordinals that no kept replica has. */
function lowestFree(kept: readonly Replica[], count: number): number[] {
  const used = new Set(kept.map((replica) => replica.ordinal));
  const free: number[] = [];
  for (let ordinal = 1; free.length < count; ordinal += 1) if (!used.has(ordinal)) free.push(ordinal);
  return free;
}
