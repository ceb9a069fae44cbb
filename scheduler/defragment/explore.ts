// Tries several orders of emptying hosts on one arrangement and keeps what gives most for as few moves.
// Takes an arrangement, the most moves and how much may be tried; gives the best beginnings of chains by rising moves, and leaves the
// arrangement as it was: `carryOut` makes one of them true.

import { type Random, seeded } from '../pack/random.ts';
import type { Arrangement } from './arrangement.ts';
import { chain, type Gain } from './chain.ts';
import { type Move, takeBack } from './evacuate.ts';

export interface Terrain {
  readonly state: Arrangement;
  /** 1 for items that must stay. */
  readonly fixed: Uint8Array;
  /** Hosts that may be emptied. */
  readonly candidates: readonly number[];
  /** Empty hosts that may be opened for dearer ones, the first to try first. */
  readonly empty: readonly number[];
  /** Hosts that are emptied before all others. */
  readonly isUrgent?: ((host: number) => boolean) | undefined;
}

export interface Effort {
  /** Of the orders that are tried by chance; the same seed gives the same beginnings. */
  readonly seed: number;
  /** How many thousand hosts may be looked at in all: 10,000 take about a second. */
  readonly steps: number;
  /** Most moves; Infinity: any number. */
  readonly most: number;
}

/** The first steps of a chain. */
export interface Beginning {
  readonly gains: readonly Gain[];
  readonly moves: number;
  readonly freed: number;
  readonly saved: number;
}

/** Orders that are tried by chance once the plain ones are done. */
const MOST_ORDERS = 24;
/** What an item weighs beside the load of its host in the mixed order: moves are dear, but a fuller host is harder to empty. */
const ITEM_WORTH = 0.03;
/** And what the load of a host weighs beside one item in the order of fewest moves: it decides between equals. */
const LOAD_WORTH = 0.5;
/** By how much chance may raise a rank. */
const CHANCE = 0.6;

/** @returns by rising moves, only what frees or saves more than everything with as few */
export function explore(terrain: Terrain, { seed, steps, most }: Effort): readonly Beginning[] {
  const { state } = terrain;
  const until = state.looks + steps * 1000;
  const goOn = () => state.looks < until;
  const found: Beginning[] = [];
  for (const order of ordersOf(terrain, seeded(seed))) {
    const fixed = terrain.fixed.slice();
    const gains = chain(state, { candidates: terrain.candidates, empty: order.opens ? terrain.empty : undefined, moves: most, fixed, rank: order.rank, goOn });
    found.push(...beginnings(gains));
    takeBack(state, gains.flatMap(({ moves }) => moves), fixed);
    if (!goOn()) break;
  }
  return best(found);
}

/** Makes a beginning true. @returns its moves, in the order in which each finds its room */
export function carryOut(state: Arrangement, { gains }: Beginning): readonly Move[] {
  const moves = gains.flatMap((gain) => gain.moves);
  for (const { item, to } of moves) state.move(item, to);
  return moves;
}

function beginnings(gains: readonly Gain[]): Beginning[] {
  let [moves, freed, saved] = [0, 0, 0];
  const sums = gains.map((gain) => {
    moves += gain.moves.length;
    freed += gain.emptied.length - (gain.opened < 0 ? 0 : 1);
    saved += gain.saved;
    return { moves, freed, saved };
  });
  return sums.map((sum, index) => ({
    ...sum,
    get gains() {
      return gains.slice(0, index + 1);
    },
  }));
}

function best(found: readonly Beginning[]): Beginning[] {
  const kept: Beginning[] = [];
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

interface Order {
  readonly rank: (host: number) => number;
  /** Whether a cheaper empty host may be opened for dearer ones. */
  readonly opens: boolean;
}

/** A mix of moves and load, fewest moves, each also by money; then the same with chance. */
function* ordersOf({ state, isUrgent, empty }: Terrain, random: Random): Generator<Order> {
  const urgentFirst = (host: number) => (isUrgent?.(host) === true ? -1e9 : 0);
  const price = (host: number) => Math.max(1, state.cost[host]!);
  const mixed = (host: number) => ITEM_WORTH * state.on[host]!.length + state.loadOf(host);
  const fewest = (host: number) => state.on[host]!.length + LOAD_WORTH * state.loadOf(host);
  const ranks = [mixed, fewest, (host: number) => mixed(host) / price(host), (host: number) => fewest(host) / price(host)];
  const opening = empty.length > 0 ? [false, true] : [false];
  for (const rank of ranks) for (const opens of opening) yield { rank: (host) => urgentFirst(host) + rank(host), opens };
  for (let index = 0; index < MOST_ORDERS; index += 1) {
    const rank = ranks[index % ranks.length]!;
    yield { rank: (host) => urgentFirst(host) + rank(host) * (1 + CHANCE * random()), opens: empty.length > 0 && index % 2 === 0 };
  }
}
