// Empties one host after the other, the cheapest to empty first, as far as the moves go; then exchanges dear hosts for cheaper empty ones.
// Takes an arrangement and an order; gives what was gained step by step, and leaves the arrangement as it is then. What does not work at
// its turn is tried again after the others: a later step may have made room.

import type { Arrangement } from './arrangement.ts';
import { evacuate, type Move, takeBack } from './evacuate.ts';

export interface Gain {
  readonly emptied: readonly number[];
  /** A host that was empty before; -1 where none was opened. */
  readonly opened: number;
  readonly moves: readonly Move[];
  /** Cost of the emptied hosts less that of the opened one. */
  readonly saved: number;
}

export interface ChainOptions {
  /** Most moves in all. */
  readonly moves: number;
  /** Hosts that may be emptied. */
  readonly candidates: readonly number[];
  /** The lower, the earlier. Asked anew before each round. */
  readonly rank: (host: number) => number;
  /** Items that must stay; those that move are marked here. */
  readonly fixed: Uint8Array;
  /** Empty hosts that may be opened for dearer ones, the first to try first; absent: none. */
  readonly empty?: readonly number[] | undefined;
  /** Asked before each try: go on? */
  readonly goOn: () => boolean;
}

/** Rounds that try again what did not work; the second finds most of what the first could not. */
const ROUNDS = 3;
/** Hosts in a row that could not be emptied onto an opened one: the rest will hardly fit either. */
const MOST_MISSES = 24;

export function chain(state: Arrangement, options: ChainOptions): readonly Gain[] {
  const gains: Gain[] = [];
  let left = options.moves;
  const take = (gain: Gain) => {
    gains.push(gain);
    left -= gain.moves.length;
  };
  let open: readonly number[] = options.candidates;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = gains.length;
    for (const host of inOrder(state, open, options.rank)) {
      const moves = state.on[host]!.length > left || !options.goOn() ? undefined : evacuate(state, host, { moves: left, fixed: options.fixed, ejects: round > 0 });
      if (moves !== undefined) take({ emptied: [host], opened: -1, moves, saved: state.cost[host]! });
    }
    open = open.filter((host) => state.on[host]!.length > 0);
    if (gains.length === before && round > 0) break;
  }
  let order = options.empty === undefined || options.empty.length === 0 ? [] : inOrder(state, open, options.rank);
  for (const host of options.empty ?? []) {
    if (!options.goOn()) break;
    const gain = exchange(state, host, order, { ...options, moves: left });
    if (gain === undefined) continue;
    take(gain);
    order = order.filter((each) => state.on[each]!.length > 0);
  }
  return gains;
}

function inOrder(state: Arrangement, hosts: readonly number[], rank: (host: number) => number): readonly number[] {
  state.looks += hosts.length;
  const ranks = new Map(hosts.filter((host) => state.on[host]!.length > 0).map((host) => [host, rank(host)]));
  return [...ranks.keys()].sort((one, other) => ranks.get(one)! - ranks.get(other)! || one - other);
}

/** Opens an empty host and empties others onto it and whatever else has room. @returns undefined where that does not pay; all is as it was then */
function exchange(state: Arrangement, opened: number, order: readonly number[], { moves: most, fixed, goOn }: ChainOptions): Gain | undefined {
  state.admit(opened, true);
  const moves: Move[] = [];
  const emptied: number[] = [];
  let misses = 0;
  for (const host of order) {
    if (misses >= MOST_MISSES || !goOn()) break;
    const done = host === opened || state.on[host]!.length > most - moves.length ? undefined : evacuate(state, host, { moves: most - moves.length, fixed, ejects: false });
    if (done === undefined) {
      misses += 1;
      continue;
    }
    moves.push(...done);
    emptied.push(host);
  }
  state.admit(opened, false);
  const isOpened = state.on[opened]!.length > 0;
  const saved = emptied.reduce((sum, host) => sum + state.cost[host]!, 0) - (isOpened ? state.cost[opened]! : 0);
  const freed = emptied.length - (isOpened ? 1 : 0);
  if (saved > 0 || (saved === 0 && freed > 0)) return { emptied, opened: isOpened ? opened : -1, moves, saved };
  takeBack(state, moves, fixed);
  return undefined;
}
