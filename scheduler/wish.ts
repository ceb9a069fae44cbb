// Carries out what people want moved: wishes, in their order, as far as the pace and every rule allow.
// Takes the working copy after everything that is due; gives what begins, and which wishes can no longer come true, with the reason.
// A wish that only lacks room waits while something is on its way that may make it, and keeps those behind it waiting: each finds its room
// where the ones before it left.

import { sentence } from './explain.ts';
import { demandView, feasible, hostView, unsuitable } from './feasible.ts';
import type { Replica, Wish } from './model.ts';
import { arrive, type Relocation, type Settled, succeed } from './move.ts';
import type { Mover, Wanted } from './mover.ts';
import { occupy, type Overlay, vacate } from './overlay.ts';
import { isClosed } from './open.ts';
import { mayBegin } from './pace.ts';
import { livingHost, type Pair } from './pairs.ts';
import { indexOfHost } from './prepare.ts';
import { charge } from './resources.ts';
import { score } from './score.ts';

export interface Granted {
  readonly settled: readonly Settled[];
  readonly declined: readonly { readonly wish: Wish; readonly reason: string }[];
}

/** What a wish is judged by, besides the working copy. */
export interface Wishing extends Relocation {
  readonly wantedOf: (workloadId: string) => Wanted | undefined;
  readonly pairs: readonly Pair[];
  /** Replicas that have a step in this plan, with the host on which it leaves them; null: none. */
  readonly stepped: ReadonlyMap<string, string | null>;
}

export function grant(state: Overlay, wishes: readonly Wish[], wishing: Wishing): Granted {
  // Nearly every decision has none, and need not look at all replicas for it.
  if (wishes.length === 0) return { settled: [], declined: [] };
  const { pace, pairs, stepped } = wishing;
  const settled: Settled[] = [];
  const declined: { wish: Wish; reason: string }[] = [];
  const replicas = wishedReplicas(state, wishes);
  const successorOf = successorsByReplaced(state, stepped);
  // One move at a time for each replica; the members of a pair make theirs already.
  const busy = new Set([...stepped.keys(), ...pace.resting, ...pairs.flatMap(({ leaving, successor }) => [leaving.id, successor.id])]);
  let blocked = false;
  for (const wish of wishes) {
    const replica = replicas.get(wish.replicaId);
    const wanted = replica === undefined ? undefined : wishing.wantedOf(replica.workloadId);
    const refusal = whyNever(state, wish, replica, wanted);
    if (refusal !== undefined) {
      declined.push({ wish, reason: refusal });
      continue;
    }
    if (successorOf.get(wish.replicaId)?.hostId === wish.hostId || stepped.get(wish.replicaId) === wish.hostId) continue;
    if (blocked || busy.has(wish.replicaId)) {
      pace.late.add(wish.replicaId);
      continue;
    }
    const tried = mayBegin(pace, replica!, wanted!.demand.replicas) ? attempt(state, wish, replica!, wanted!, wishing) : undefined;
    if (typeof tried === 'object') {
      settled.push(tried);
      busy.add(wish.replicaId);
    } else if (tried === undefined || (!pace.complete && (pairs.length > 0 || settled.length > 0 || stepped.size > 0))) {
      pace.late.add(wish.replicaId);
      blocked = true;
    } else declined.push({ wish, reason: tried });
  }
  return { settled, declined };
}

function wishedReplicas({ base }: Overlay, wishes: readonly Wish[]): Map<string, Replica> {
  const ids = new Set(wishes.map(({ replicaId }) => replicaId));
  return new Map(base.snapshot.replicas.filter(({ id }) => ids.has(id)).map((replica) => [replica.id, replica]));
}

/** Successors that stay in this plan, by the replica that they replace or have replaced. */
function successorsByReplaced({ base }: Overlay, stepped: Wishing['stepped']): Map<string, Replica> {
  return new Map(base.snapshot.replicas.flatMap((replica) => (replica.successor === undefined || stepped.has(replica.id) ? [] : [[replica.successor.replaces, replica] as const])));
}

/** Why the wish cannot come true however long one waits. */
function whyNever({ base }: Overlay, { hostId }: Wish, replica: Replica | undefined, wanted: Wanted | undefined): string | undefined {
  if (replica === undefined) return 'the replica is gone';
  if (wanted === undefined) return 'its workload is gone';
  const host = indexOfHost(base, hostId);
  if (host < 0) return `host ${hostId} is not known`;
  if (replica.hostId === hostId) return 'it is there already';
  if (livingHost(base, replica) < 0) return 'it does not run now';
  const reason = unsuitable(base, wanted.demand.workload, host);
  if (reason !== undefined) return sentence(reason);
  return isClosed(base.hosts[host]!) ? 'the host takes nothing new' : undefined;
}

/** @returns the sentence of what is missing where the host cannot take it now */
function attempt(state: Overlay, wish: Wish, replica: Replica, { demand, keepsShapes, mustRemain }: Wanted, { pace, named }: Wishing): Settled | string {
  const { base } = state;
  const { workload, caps } = demand;
  const from = indexOfHost(base, replica.hostId);
  const host = indexOfHost(base, wish.hostId);
  const shape = keepsShapes ? replica.shape : demand.shape;
  const mover: Mover = { replica, demand, host: from, shape, leaves: undefined, spreads: false, mustRemain };
  const reason = { code: 'wished', detail: `wanted on ${base.hosts[host]!.name}` } as const;
  const keepsAddressOn = pace.complete && replica.address !== null ? base.hosts[from]!.networkId : null;
  const view = demandView(base, workload, shape, caps, keepsAddressOn, pace.complete ? undefined : from);
  const held = charge(replica.shape, base.snapshot.policy, workload.environment);
  if (pace.complete) vacate(state, workload.id, from, held, false);
  const there = hostView(state, host, workload.id, view.leaving);
  const refusal = feasible(there, view);
  if (refusal !== undefined) {
    if (pace.complete) occupy(state, workload.id, from, held, false);
    return sentence(refusal);
  }
  const target = { host, score: score(state, host, view, there.here) };
  return pace.complete ? arrive(state, mover, view, target, reason, pace) : succeed(state, mover, view, target, reason, { pace, named });
}
