// The whole: size -> reconcile -> move -> place -> plan, for every workload of a snapshot.
// Takes a snapshot (or its prepared base) and what varies: verb, seed, ids for new replicas. Gives a plan, with no steps when nothing
// is to do. Same input, same plan, byte for byte, whatever the order of the snapshot's lists.

import { capsOf } from './classes.ts';
import { eligibleDomains, refuseShape } from './eligible.ts';
import type { Plan, PlanRefusal, PlanVerb, Policy, Replica, Sizing, SizingRefusal, Snapshot, Unplaced, Wish, Workload } from './model.ts';
import { move, type Relocation, resizeInPlace, type Stuck } from './move.ts';
import type { Mover, Wanted } from './mover.ts';
import { type NewId, ordinals } from './ordinals.ts';
import { overlay, type Overlay, release } from './overlay.ts';
import { limitsByHost, type MoveLimit, type Pace, pairsByWorkload } from './pace.ts';
import type { Pair, Stop } from './pairs.ts';
import { place, type PlaceOptions } from './place.ts';
import type { Outcome } from './outcome.ts';
import { type Renewal, renew } from './renew.ts';
import type { Solve } from './pack/problem.ts';
import { inOrder, lacksOf, plan } from './plan.ts';
import { asBase, type Base, indexOfHost } from './prepare.ts';
import { type Opening, reconcile, takeOff } from './reconcile.ts';
import { byText } from './resources.ts';
import { isRefusal, size } from './size.ts';
import { grant, type Granted } from './wish.ts';

export interface ScheduleOptions {
  readonly verb: PlanVerb;
  readonly seed: number;
  /** Id of a replica that is to be created. It must never give an id twice. */
  readonly newId: NewId;
  /** Search for a better whole instead of placing one run after the other. */
  readonly batch?: boolean | undefined;
  /** For a batch: with it everything that needs a host is also packed at once, which takes about a second. */
  readonly solve?: Solve | undefined;
  /** How many moves of serving replicas this plan may begin; absent: all that are due. What is lost, waits or changes in place does not count. */
  readonly moves?: number | undefined;
  /** Hosts that are emptied at a pace of their own: how many of those moves may begin from all of them together. */
  readonly limits?: readonly MoveLimit[] | undefined;
  /** What people want moved, in the order in which each finds its room. It comes after everything that is due. */
  readonly wishes?: readonly Wish[] | undefined;
  /**
   * For looking: where everything ends whatever the pace. A move is one step then, as if every successor served at once. Else moves begin with
   * a successor, and end in a later plan.
   */
  readonly complete?: boolean | undefined;
  /** Ids of replicas that begin no move now, because one of theirs failed a short while ago. */
  readonly resting?: ReadonlySet<string> | undefined;
  /** Whether a replica on a living host is observed to serve; absent: all do. Asked only where one is to stop without a successor. */
  readonly serves?: ((replica: Replica) => boolean) | undefined;
  /**
   * Whether a replica was seen not to serve, so that nothing is lost by giving it another release at once; absent: whatever does not serve. Where
   * nobody has looked yet, neither holds.
   */
  readonly fails?: ((replica: Replica) => boolean) | undefined;
  /** Whether clients still come to a replica, or may: one that is too many goes on as long, and the plan names it. Absent: nobody waits. */
  readonly lingers?: ((replica: Replica) => boolean) | undefined;
}

/** @returns the plan from the snapshot's revision to the next. @throws RangeError when an address of the snapshot is no address */
export function schedule(from: Snapshot | Base, options: ScheduleOptions): Plan {
  const base = asBase(from);
  return decide(base, [...base.workloads.values()], options, undefined);
}

/**
 * The same for some workloads only; all others stay as they are.
 * @param scope ids of the workloads that may change; undefined: all, and replicas whose workload is gone are stopped
 */
export function decide(base: Base, workloads: readonly Workload[], options: ScheduleOptions, scope: readonly string[] | undefined): Plan {
  const { due, resized, placed, moved, late } = settle(base, workloads, options, scope);
  return plan(late.state, {
    verb: options.verb,
    scope,
    complete: options.complete === true,
    sizings: due.sizings,
    refusals: due.refusals,
    stops: due.stops,
    arrivals: [...resized.settled, ...inOrder(placed.placed), ...moved.settled, ...inOrder(late.placed)],
    waiting: late.waiting,
    stuck: moved.stuck,
    unrenewed: moved.unrenewed,
    postponed: moved.postponed,
    lingering: due.lingering,
    declined: moved.declined,
  });
}

/** What the plan of decide() would say of replicas without room, but for the reasons: those take longer than all the rest where much waits. */
export interface Lacking {
  readonly unplaced: readonly Pick<Unplaced, 'workloadId' | 'shape' | 'count'>[];
  readonly refusals: readonly PlanRefusal[];
}

/** For whoever tries many fleets, and asks of each only how much waits. Takes what decide() takes. */
export function lacking(base: Base, workloads: readonly Workload[], options: ScheduleOptions, scope: readonly string[] | undefined): Lacking {
  const { due, moved, late } = settle(base, workloads, options, scope);
  return { unplaced: lacksOf(moved.stuck, late.waiting).map(({ demand, shape, replicas }) => ({ workloadId: demand.workload.id, shape, count: replicas.size })), refusals: due.refusals };
}

/** Decides, and writes nothing down. */
function settle(base: Base, workloads: readonly Workload[], options: ScheduleOptions, scope: readonly string[] | undefined) {
  const state = overlay(base);
  const due = gather(state, workloads, options, scope);
  const resized = resizeInPlace(state, due.movers);
  const search = { batch: options.batch === true, seed: options.seed, solve: options.solve };
  const placed = withKeptRoom(place(state, due.openings, search), search);
  const moved = carryOut(placed.state, resized, due, options);
  // What moved at once or became smaller may have made the room that something waited for.
  const isRoomier = placed.waiting.length > 0 && moved.settled.some(({ kind }) => kind === 'move' || kind === 'resize');
  const late: Outcome = isRoomier ? place(placed.state, placed.waiting, search) : { ...placed, placed: [] };
  return { due, resized, placed, moved, late };
}

/** What is lost comes before what is drained: it takes the room that is kept where it finds no other. */
function withKeptRoom(outcome: Outcome, search: PlaceOptions): Outcome {
  const lost = outcome.waiting.filter(({ turn }) => turn === 0);
  if (lost.length === 0 || outcome.state.kept.size === 0) return outcome;
  for (const replicaId of outcome.state.kept.keys()) release(outcome.state, replicaId);
  const more = place(outcome.state, lost, search);
  const found = new Set(more.placed.map(({ opening }) => opening));
  return { state: more.state, placed: [...outcome.placed, ...more.placed], waiting: outcome.waiting.filter((opening) => !found.has(opening)) };
}

/** What is to be done in all workloads, before anything of it has a host. */
interface Due {
  readonly sizings: Sizing[];
  readonly refusals: PlanRefusal[];
  readonly wanted: Map<string, Wanted>;
  readonly stops: Stop[];
  readonly movers: Mover[];
  readonly openings: Opening[];
  readonly pairs: Pair[];
  readonly lingering: Replica[];
  readonly renewals: Renewal[];
  late: number;
  readonly named: Relocation['named'];
}

function gather(state: Overlay, workloads: readonly Workload[], options: ScheduleOptions, scope: readonly string[] | undefined): Due {
  const { base } = state;
  const named = ordinals(base, options.newId);
  const sees = { complete: options.complete === true, ...sight(options) };
  const due: Due = { sizings: [], refusals: [], wanted: new Map(), stops: scope === undefined ? leftovers(base) : [], movers: [], openings: [], pairs: [], lingering: [], renewals: [], late: 0, named };
  for (const { replica } of due.stops) takeOff(state, replica);
  for (const workload of workloads) {
    const { sizing, wanted } = wantedOf(base, workload);
    if (isRefusal(sizing)) due.refusals.push({ ...sizing, workloadId: workload.id, workload: workload.name });
    else due.sizings.push(sizing);
    due.wanted.set(workload.id, wanted);
    const changes = reconcile(state, wanted, named, sees);
    for (const stop of changes.stops) due.stops.push(stop);
    for (const mover of changes.movers) due.movers.push(mover);
    for (const opening of changes.openings) due.openings.push(opening);
    for (const pair of changes.pairs) due.pairs.push(pair);
    for (const replica of changes.lingering) due.lingering.push(replica);
    if (changes.renewal !== undefined) due.renewals.push(changes.renewal);
    due.late += changes.late;
  }
  return due;
}

/** What serves, and what was seen not to. */
function sight({ serves = () => true, fails = (replica) => !serves(replica), lingers = () => false }: ScheduleOptions): Pick<Pace, 'serves' | 'fails' | 'lingers'> {
  return { serves, fails, lingers };
}

/** Changes releases, moves what must leave, then what people wish, as far as surge and pace allow. */
function carryOut(state: Overlay, resized: ReturnType<typeof resizeInPlace>, due: Due, options: ScheduleOptions): Granted & { readonly stuck: readonly Stuck[]; readonly unrenewed: readonly Unplaced[]; readonly postponed: number } {
  const { complete = false, moves = Number.POSITIVE_INFINITY, wishes = [] } = options;
  const { hosts } = state.base;
  // What failed in this plan is not begun anew by the same one.
  const failed = due.stops.flatMap(({ replica, reason }) => (reason.code === 'given-up' ? (replica.successor?.replaces ?? []) : []));
  const resting = new Set([...(options.resting ?? []), ...failed]);
  const stopped = new Set([...due.stops.map(({ replica }) => replica), ...due.lingering].map(({ id }) => id));
  const pace: Pace = { limits: limitsByHost(options.limits ?? []), left: complete ? Number.POSITIVE_INFINITY : moves, complete, resting, ...sight(options), underWay: pairsByWorkload(due.pairs), stopped, late: new Set() };
  const wished = new Map(wishes.map(({ replicaId, hostId }) => [replicaId, indexOfHost(state.base, hostId)]));
  const relocation: Relocation = { pace, named: due.named, wished };
  const renewed = renew(state, due.renewals, relocation, new Set([...failed, ...resized.settled.map(({ mover }) => mover.replica.id)]));
  const { settled, stuck } = move(state, resized.open.filter(({ replica }) => !renewed.done.has(replica.id)), relocation);
  const stepped = new Map<string, string | null>([...[...due.stops, ...due.openings].map(({ replica }) => replica), ...due.lingering].map(({ id }) => [id, null]));
  for (const each of [...resized.settled, ...renewed.settled, ...settled]) stepped.set(each.mover.replica.id, hosts['host' in each ? each.host : each.mover.host]!.id);
  const granted = grant(state, wishes, { ...relocation, stepped, pairs: due.pairs, wantedOf: (id) => due.wanted.get(id) });
  return { settled: [...renewed.settled, ...settled, ...granted.settled], declined: granted.declined, stuck, unrenewed: renewed.unrenewed, postponed: pace.late.size + due.late };
}

/** What one workload should have: by its sum, or what it has where no sum can be done. */
export function wantedOf(base: Base, workload: Workload): { readonly sizing: Sizing | SizingRefusal; readonly wanted: Wanted } {
  const sizing = sizeWorkload(workload, base);
  return { sizing, wanted: isRefusal(sizing) ? keeping(base, workload, sizing) : wanting(workload, base.snapshot.policy, sizing) };
}

/** The sum of one workload on this fleet, or why it cannot be done. Remembered for as long as its replicas are the same. */
export function sizeWorkload(workload: Workload, base: Base): Sizing | SizingRefusal {
  const replicas = base.replicasOf.get(workload.id);
  const known = base.memory.sizings.get(workload);
  if (known !== undefined && known.replicas === replicas) return known.sizing;
  const sizing = sizeAnew(workload, base);
  base.memory.sizings.set(workload, { replicas, sizing });
  return sizing;
}

function sizeAnew(workload: Workload, base: Base): Sizing | SizingRefusal {
  const sizing = size(workload, base.snapshot.policy, eligibleDomains(workload, base));
  // A shape that no host can hold leaves no domains to survive in: the shape is what to mend then.
  if (isRefusal(sizing) && sizing.field !== 'survive') return sizing;
  return refuseShape(workload, base) ?? sizing;
}

/** What sizing hands to placement: the caps of the ask and of its class, joined with what survival needs. */
function wanting(workload: Workload, policy: Policy, { replicas, shape, survive, perDomainCap, mustRemain }: Sizing): Wanted {
  const caps = { ...capsOf(workload, policy) };
  if (survive !== 'none' && perDomainCap !== null) {
    const name = ({ host: 'perHost', rack: 'perRack', site: 'perSite' } as const)[survive];
    caps[name] = Math.min(caps[name] ?? perDomainCap, perDomainCap);
  }
  return { demand: { workload, replicas, shape, caps }, survive, keepsShapes: false, mustRemain };
}

/**
 * A workload without a sum keeps the replicas that it has: none stops, none changes shape, and those of a lost host are placed again.
 * Without this, losing all hosts but one would also stop the healing of what the last could run. One that has too few domains to survive
 * in leaves no drained host either: that would take the last of them away, and the refusal says so.
 */
function keeping(base: Base, workload: Workload, { field }: SizingRefusal): Wanted {
  const replicas = base.replicasOf.get(workload.id)?.length ?? 0;
  const shape = { cpuMilli: 0, memoryMib: 0 };
  return {
    demand: { workload, replicas, shape, caps: capsOf(workload, base.snapshot.policy) },
    survive: 'none',
    keepsShapes: true,
    staysPut: field === 'survive',
    mustRemain: Number.POSITIVE_INFINITY,
  };
}

/** Stops for replicas whose workload is no longer there. */
function leftovers(base: Base): Stop[] {
  return [...base.replicasOf]
    .filter(([workloadId]) => !base.workloads.has(workloadId))
    .sort(([one], [other]) => byText(one, other))
    .flatMap(([workloadId, replicas]) => replicas.map((replica): Stop => ({ replica, reason: { code: 'removed', detail: `workload ${workloadId} is gone` } })));
}
