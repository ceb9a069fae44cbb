// Writes a decision down as an ordered, complete plan: every step with its address, its reason and the totals before and after.
// Takes what was stopped, settled, placed and left waiting; gives an immutable plan. Decides nothing but addresses, which are the
// lowest free ones of each network in the order of the steps.

import { addressSource } from './addresses.ts';
import { afterStep } from './apply-plan.ts';
import { eliminate } from './eliminate.ts';
import { demandView } from './feasible.ts';
import type { Demand, Plan, PlanRefusal, PlanVerb, Replica, Shape, Sizing, Step, Totals, Unplaced } from './model.ts';
import { type Settled, shapeText, type Stuck } from './move.ts';
import { occupy, type Overlay, vacate } from './overlay.ts';
import type { Placed } from './outcome.ts';
import type { Stop } from './pairs.ts';
import type { Opening } from './reconcile.ts';
import { byText, charge, sameShape } from './resources.ts';
import { SCORE_SCALE } from './score.ts';

export interface Decision {
  readonly verb: PlanVerb;
  readonly scope: readonly string[] | undefined;
  /** True: shows the end, and is not for carrying out. */
  readonly complete: boolean;
  readonly sizings: readonly Sizing[];
  readonly refusals: readonly PlanRefusal[];
  readonly stops: readonly Stop[];
  /** What was settled and placed, in the order in which each finds its room. */
  readonly arrivals: readonly (Settled | Placed)[];
  readonly waiting: readonly Opening[];
  readonly stuck: readonly Stuck[];
  readonly unrenewed: readonly Unplaced[];
  readonly postponed: number;
  readonly lingering: readonly Replica[];
  readonly declined: NonNullable<Plan['declined']>;
}

/** The plan of a decision. Stops come first, since what follows may use the room that they leave. @param state the working copy at its end */
export function plan(state: Overlay, decision: Decision): Plan {
  const { verb, scope, complete, sizings, refusals, stops, arrivals, waiting, stuck, unrenewed, postponed, lingering, declined } = decision;
  const { snapshot } = state.base;
  const fresh = freshAddresses(state);
  const steps: Step[] = [
    ...[...stops].sort(byReplica).map(({ replica, reason }): Step => ({ kind: 'stop', replica, hostId: replica.hostId, reason })),
    ...arrivals.map((each) => ('opening' in each ? placedStep(state, each, fresh) : settledStep(state, each, fresh))),
    ...[...waiting].sort(byReplica).filter(isNews).map(({ replica, before, reason }): Step => waitStep(replica, before, reason)),
  ];
  return {
    parent: snapshot.revision,
    policyVersion: snapshot.policy.version,
    verb,
    steps,
    sizings,
    unplaced: unplaced(state, stuck, waiting, complete),
    refusals,
    ...(complete ? { complete } : {}),
    ...(unrenewed.length > 0 ? { unrenewed } : {}),
    ...(postponed > 0 ? { postponed } : {}),
    ...(lingering.length > 0 ? { lingering: lingering.map(({ id, workloadId }) => ({ replicaId: id, workloadId })) } : {}),
    ...(declined.length > 0 ? { declined } : {}),
    ...(scope === undefined ? {} : { scope }),
    before: state.base.totals,
    after: totalsAfter(state, steps),
  };
}

/** Placements in the order in which a plan lists them. */
export function inOrder(placed: readonly Placed[]): Placed[] {
  return [...placed].sort((one, other) => byReplica(one.opening, other.opening));
}

function byReplica(one: { readonly replica: Replica }, other: { readonly replica: Replica }): number {
  return byText(one.replica.workloadId, other.replica.workloadId) || one.replica.ordinal - other.replica.ordinal || byText(one.replica.id, other.replica.id);
}

function freshAddresses(state: Overlay): (host: number) => string {
  const sources = state.base.ranges.map(addressSource);
  return (host) => {
    const address = sources[state.base.networkOf[host]!]?.();
    if (address === undefined) throw new Error(`no address is left for host ${state.base.hosts[host]!.id}, though one was counted`);
    return address;
  };
}

function settledStep({ base }: Overlay, settled: Settled, fresh: (host: number) => string): Step {
  const { replica, host, shape } = settled.mover;
  const hostId = base.hosts[host]!.id;
  if (settled.kind === 'resize') {
    return { kind: 'resize', replica, hostId, shape, reason: { code: 'reshaped', detail: `from ${shapeText(replica.shape)} to ${shapeText(shape)}` } };
  }
  if (settled.kind === 'renew') return { kind: 'renew', replica: { ...replica, releaseId: settled.releaseId }, hostId, reason: settled.reason };
  const to = { hostId: base.hosts[settled.host]!.id, score: settled.score / SCORE_SCALE, reason: settled.reason };
  if (settled.kind === 'move') {
    const address = settled.keepsAddress && replica.address !== null ? replica.address : fresh(settled.host);
    return { kind: 'move', replica: { ...replica, shape }, fromHostId: hostId, address, ...to };
  }
  const { id, ordinal, releaseId } = settled;
  const successor = { replaces: replica.id, state: 'starting' } as const;
  return { kind: 'start', replica: { id, workloadId: replica.workloadId, ordinal, shape, releaseId, hostId: null, address: null, successor }, address: fresh(settled.host), ...to };
}

function placedStep({ base }: Overlay, { opening, host, score }: Placed, fresh: (host: number) => string): Step {
  const { from, before, reason } = opening;
  // A step shows where the replica was, in the shape and release that it will run.
  const replica = { ...opening.replica, hostId: before?.hostId ?? null, address: before?.address ?? null };
  const common = { replica, hostId: base.hosts[host]!.id, address: fresh(host), score: score / SCORE_SCALE, reason };
  return from < 0 ? { kind: 'start', ...common } : { kind: 'move', ...common, fromHostId: base.hosts[from]!.id };
}

function waitStep(replica: Replica, before: Replica | undefined, reason: Opening['reason']): Step {
  const still = before?.hostId === null;
  if (still && sameShape(before.shape, replica.shape)) return { kind: 'wait', replica, reason: { code: 'released', detail: 'waits to run another release' } };
  return { kind: 'wait', replica, reason: still ? { code: 'reshaped', detail: `waits as ${shapeText(replica.shape)}` } : reason };
}

/** A replica that waited before and waits on, unchanged, is no step. */
function isNews({ replica, before }: Opening): boolean {
  return before === undefined || before.hostId !== null || before.releaseId !== replica.releaseId || !sameShape(before.shape, replica.shape);
}

/** Replicas of one workload and shape that find no room. */
interface Lack {
  readonly demand: Demand;
  readonly shape: Shape;
  readonly replicas: Set<string>;
  /** The first of them that runs on where it should not; undefined: all wait. */
  readonly stuck: Stuck | undefined;
}

/** One entry per workload and shape, whether its replicas wait or run on where they should not. Why they find no room is the dear part, and not told. */
export function lacksOf(stuck: readonly Stuck[], waiting: readonly Opening[]): Lack[] {
  const groups = new Map<string, Lack>();
  const add = (demand: Demand, shape: Shape, id: string, one: Stuck | undefined) => {
    const key = JSON.stringify([demand.workload.id, shape.cpuMilli, shape.memoryMib]);
    const known = groups.get(key) ?? { demand, shape, replicas: new Set(), stuck: one };
    groups.set(key, known);
    known.replicas.add(id);
  };
  for (const opening of waiting) add(opening.demand, opening.replica.shape, opening.replica.id, undefined);
  for (const one of stuck) add(one.mover.demand, one.mover.shape, one.mover.replica.id, one);
  return [...groups].sort(([one], [other]) => byText(one, other)).map(([, lack]) => lack);
}

function unplaced(state: Overlay, stuck: readonly Stuck[], waiting: readonly Opening[], complete: boolean): Unplaced[] {
  return lacksOf(stuck, waiting).map(({ demand, shape, replicas, stuck: one }) => {
    const { workload, caps } = demand;
    const why = (keepsAddressOn: string | null) => eliminate(state, demandView(state.base, workload, shape, caps, keepsAddressOn));
    const eliminations = one === undefined ? why(null) : withoutStuck(state, one, complete, why);
    return { workloadId: workload.id, workload: workload.name, count: replicas.size, shape, eliminations };
  });
}

/**
 * What `why` says while the stuck replica is off its host, so that its own host answers as if it were not there. A successor beside it needs
 * an address of its own.
 */
function withoutStuck<T>(state: Overlay, { mover, holds }: Stuck, complete: boolean, why: (keepsAddressOn: string | null) => T): T {
  const { workload } = mover.demand;
  const held = charge(holds, state.base.snapshot.policy, workload.environment);
  vacate(state, workload.id, mover.host, held, false);
  const answer = why(mover.replica.address === null || !complete ? null : state.base.hosts[mover.host]!.networkId);
  occupy(state, workload.id, mover.host, held, false);
  return answer;
}

function totalsAfter(state: Overlay, steps: readonly Step[]): Totals {
  const { base } = state;
  const known = new Map<string, Replica>();
  for (const workloadId of new Set(steps.map(({ replica }) => replica.workloadId))) {
    for (const replica of base.replicasOf.get(workloadId) ?? []) known.set(replica.id, replica);
  }
  const sum = { replicas: base.totals.replicas, pending: base.totals.pending, cpuMilli: base.totals.cpuMilli, memoryMib: base.totals.memoryMib };
  const count = (shape: Shape, hostId: string | null, sign: 1 | -1) => {
    sum.replicas += sign;
    if (hostId === null) sum.pending += sign;
    else {
      sum.cpuMilli += sign * shape.cpuMilli;
      sum.memoryMib += sign * shape.memoryMib;
    }
  };
  for (const step of steps) {
    const before = known.get(step.replica.id);
    if (before !== undefined) count(before.shape, before.hostId, -1);
    known.delete(step.replica.id);
    const after = afterStep(step);
    if (after !== undefined) count(after.shape, after.hostId, 1);
    if (after !== undefined) known.set(after.id, after);
  }
  let hostsUsed = 0;
  for (const replicas of state.replicaCount) if (replicas > 0) hostsUsed += 1;
  return { ...sum, hostsUsed, costCentsPerHour: state.costCentsPerHour };
}
