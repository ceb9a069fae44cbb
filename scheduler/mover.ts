// Replicas that run and must change: their shape, or their host, because it is drained, because the rules no longer allow it there, or
// because there are more of them than a cap allows. Takes running replicas and what their workload should have; gives movers. Chooses no host.

import { domainOf } from './eligible.ts';
import { sentence } from './explain.ts';
import { eligibility, unsuitable } from './feasible.ts';
import type { Demand, Replica, Shape, StepReason, Survive, Workload } from './model.ts';
import { countsOf, type Overlay } from './overlay.ts';
import { type Base, indexOfHost } from './prepare.ts';
import { sameShape } from './resources.ts';

/** What a workload should have. */
export interface Wanted {
  readonly demand: Demand;
  readonly survive: Survive;
  /** True where no sum can be done: every replica keeps its own shape, and only what has no living host or is drained is placed. */
  readonly keepsShapes: boolean;
  /** Also what is drained stays: leaving would take away what the workload is to survive. */
  readonly staysPut?: boolean | undefined;
  /** Replicas that must serve while one of them moves. */
  readonly mustRemain: number;
}

export interface Mover {
  readonly replica: Replica;
  readonly demand: Demand;
  /** Index of the host on which it runs. */
  readonly host: number;
  /** The shape that it should have. */
  readonly shape: Shape;
  /** Why it may not stay where it is; undefined where it may. */
  readonly leaves: StepReason | undefined;
  /** One of those that are too many for a cap where it is. */
  readonly spreads: boolean;
  /** As in Wanted. */
  readonly mustRemain: number;
}

/** Why replicas of a workload have to leave a host, per host index: it is drained, or a rule that does not depend on room forbids it by now. */
export function whyLeave(base: Base, workload: Workload, keepsShapes: boolean): (host: number) => StepReason | undefined {
  const suits = keepsShapes ? undefined : eligibility(base, workload).suits;
  return (host) => {
    const { name, state, draining } = base.hosts[host]!;
    if (draining === true) return { code: 'drained', detail: `host ${name} is drained` };
    // A host that has yet to report refuses everything new, and what it runs may stay.
    if (suits === undefined || suits[host] === 1 || state === 'joining') return undefined;
    return { code: 'policy', detail: `may not stay on ${name}: ${sentence(unsuitable(base, workload, host)!)}` };
  };
}

export interface Movers {
  readonly movers: readonly Mover[];
  /** How many more are too many where they are, but belong to a pair that is under way. */
  readonly excess: number;
  /** Any of those that run as a mover, whether or not it must leave or change. */
  readonly moverOf: (replica: Replica) => Mover;
}

/** As many movers of each overfull domain as are too many in it, and all that must leave or change; one mover a replica. */
export function moversOf(state: Overlay, wanted: Wanted, running: readonly Replica[]): Movers {
  const { base } = state;
  const { demand, keepsShapes, mustRemain } = wanted;
  const shapeOf = (replica: Replica) => (keepsShapes ? replica.shape : demand.shape);
  const staying = (replica: Replica): Mover => ({ replica, demand, host: indexOfHost(base, replica.hostId), shape: shapeOf(replica), leaves: undefined, spreads: false, mustRemain });
  if (wanted.staysPut === true) return { movers: [], excess: 0, moverOf: staying };
  const why = whyLeave(base, demand.workload, keepsShapes);
  const reasons = new Map<number, StepReason | undefined>();
  const leaves = (host: number) => {
    if (!reasons.has(host)) reasons.set(host, why(host));
    return reasons.get(host);
  };
  const { spread, excess } = keepsShapes ? { spread: new Set<Replica>(), excess: 0 } : overfull(state, demand, running, leaves);
  const movers: Mover[] = [];
  for (const replica of running) {
    const host = indexOfHost(base, replica.hostId);
    const shape = shapeOf(replica);
    const spreads = spread.has(replica);
    const reason = leaves(host);
    if (spreads || reason !== undefined || !sameShape(replica.shape, shape)) movers.push({ replica, demand, host, shape, leaves: reason, spreads, mustRemain });
  }
  let known: ReadonlyMap<string, Mover> | undefined;
  return { movers, excess, moverOf: (replica) => (known ??= new Map(movers.map((mover) => [mover.replica.id, mover]))).get(replica.id) ?? staying(replica) };
}

/** What is too many where it is; replicas that must leave anyhow go first, and relieve the domain as well. */
function overfull(state: Overlay, demand: Demand, running: readonly Replica[], leaves: (host: number) => StepReason | undefined): { readonly spread: Set<Replica>; readonly excess: number } {
  const { base } = state;
  const hostOf = (replica: Replica) => indexOfHost(base, replica.hostId);
  const spread = new Set<Replica>();
  const counts = countsOf(state, demand.workload.id);
  let missing = 0;
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
      // What has to leave first, then the youngest, from the host that holds the most of them.
      const crowd = (replica: Replica) => counts.host.get(hostOf(replica)) ?? 0;
      const rank = (replica: Replica) => (leaves(hostOf(replica)) === undefined ? 0 : 1);
      stays.sort((one, other) => rank(other) - rank(one) || crowd(other) - crowd(one) || other.ordinal - one.ordinal);
      const excess = Math.max(0, count - cap - (inside.length - stays.length));
      for (const replica of stays.slice(0, excess)) spread.add(replica);
      missing += Math.max(0, excess - stays.length);
    }
  }
  return { spread, excess: missing };
}
