// Defragmentation as a price list: so many moves free so many hosts and save so much.
// Takes a snapshot or base, a seed and how much may be tried; gives points by rising moves, each with its wishes in an order in which each
// finds its room start-first. It changes nothing: a person picks a point, and the planner carries the wishes out at the policy's pace.

import type { Snapshot, Wish } from '../model.ts';
import type { Solve } from '../pack/problem.ts';
import { seeded } from '../pack/random.ts';
import { prove } from '../batch/proof.ts';
import { asBase, type Base } from '../prepare.ts';
import type { Frontier, FrontierPoint } from '../questions/model.ts';
import { type Arranged, arrangementOf } from './arrangement-of.ts';
import { chain, type Gain } from './chain.ts';
import { takeBack } from './evacuate.ts';

export interface FrontierOptions {
  /** Of the orders that are tried; the same seed gives the same points. */
  readonly seed: number;
  /** How many thousand hosts may be looked at in all: 1,000 take about a second on 250 hosts and on 10,000. */
  readonly steps: number;
  /** For the bound; absent: a weaker one. */
  readonly solve?: Solve | undefined;
  /** Most moves of the longest point; absent: any number. */
  readonly most?: number | undefined;
}

/** More points than a person can tell apart in a chart. */
const MOST_POINTS = 40;
/** Orders that are tried with chance once the plain ones are done. */
const MOST_ORDERS = 24;

export function frontier(from: Snapshot | Base, { seed, steps, solve, most = Number.POSITIVE_INFINITY }: FrontierOptions): Frontier {
  const base = asBase(from);
  const arranged = arrangementOf(base);
  const found: Candidate[] = [];
  const { state } = arranged;
  const goOn = () => state.looks < steps * 1000;
  for (const order of ordersOf(base, arranged, seed)) {
    if (!goOn()) break;
    const fixed = arranged.fixed.slice();
    const gains = chain(state, { ...arranged, moves: most, fixed, rank: order.rank, empty: order.opens ? arranged.empty : undefined, goOn });
    found.push(...prefixes(gains));
    takeBack(state, gains.flatMap(({ moves }) => moves), fixed);
  }
  const { bound, scale } = prove(base, { solve });
  return { parent: base.snapshot.revision, before: base.totals, points: thinned(best(found)).map((each) => pointOf(base, arranged, each)), boundCentsPerHour: bound / scale };
}

/** The first steps of a chain. */
interface Candidate {
  readonly gains: readonly Gain[];
  readonly count: number;
  readonly moves: number;
  readonly freed: number;
  readonly saved: number;
}

function prefixes(gains: readonly Gain[]): Candidate[] {
  let [moves, freed, saved] = [0, 0, 0];
  return gains.map((gain, index) => {
    moves += gain.moves.length;
    freed += gain.emptied.length - (gain.opened < 0 ? 0 : 1);
    saved += gain.saved;
    return { gains, count: index + 1, moves, freed, saved };
  });
}

/** By rising moves, only what frees or saves more than everything with as few. */
function best(found: readonly Candidate[]): Candidate[] {
  const kept: Candidate[] = [];
  let [freed, saved] = [0, 0];
  for (const each of found.toSorted((one, other) => one.moves - other.moves || other.saved - one.saved || other.freed - one.freed)) {
    if (each.freed < freed || each.saved < saved || (each.freed === freed && each.saved === saved)) continue;
    if (kept.at(-1)?.moves === each.moves) kept.pop();
    kept.push(each);
    freed = each.freed;
    saved = each.saved;
  }
  return kept;
}

/** The first, the last and others evenly between them. */
function thinned(points: readonly Candidate[]): readonly Candidate[] {
  if (points.length <= MOST_POINTS) return points;
  return Array.from({ length: MOST_POINTS }, (_, index) => points[Math.round((index * (points.length - 1)) / (MOST_POINTS - 1))]!);
}

function pointOf(base: Base, { replicas }: Arranged, { gains, count, moves, freed, saved }: Candidate): FrontierPoint {
  const first = gains.slice(0, count);
  const wishes = first.flatMap((gain) => gain.moves).map(({ item, to }): Wish => ({ replicaId: replicas[item]!.id, hostId: base.hosts[to]!.id }));
  return { moves, hostsFreed: freed, savedCentsPerHour: saved, wishes, emptiedHostIds: first.flatMap(({ emptied }) => emptied).map((host) => base.hosts[host]!.id) };
}

interface Order {
  readonly rank: (host: number) => number;
  /** Whether a cheaper empty host may be opened for a dearer one. */
  readonly opens: boolean;
}

/** Fewest moves, least load, a mix, each also by money; then the mix with chance. Hosts that are drained go first in all. */
function* ordersOf({ hosts }: Base, { state }: Arranged, seed: number): Generator<Order> {
  const random = seeded(seed);
  const drainedFirst = (host: number) => (hosts[host]!.draining === true ? -1e9 : 0);
  const price = (host: number) => Math.max(1, state.cost[host]!);
  const ranks: ((host: number) => number)[] = [
    (host) => state.on[host]!.length + 0.5 * state.loadOf(host),
    (host) => (state.on[host]!.length + 0.5 * state.loadOf(host)) / price(host),
    (host) => 0.03 * state.on[host]!.length + state.loadOf(host),
    (host) => (0.03 * state.on[host]!.length + state.loadOf(host)) / price(host),
  ];
  for (const rank of ranks) for (const opens of [false, true]) yield { rank: (host) => drainedFirst(host) + rank(host), opens };
  for (let index = 0; index < MOST_ORDERS; index += 1) {
    const rank = ranks[index % ranks.length]!;
    yield { rank: (host) => drainedFirst(host) + rank(host) * (1 + 0.6 * random()), opens: index % 2 === 0 };
  }
}
