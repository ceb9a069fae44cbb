// Empties one host: every item goes to the tightest host that takes it; where none does, another item makes room for it first.
// Takes an arrangement, a host and how many moves may be spent; gives the moves in an order in which each finds its room while the item
// still holds its old one, or nothing and leaves everything as it was. An item moves at most once.

import type { Arrangement } from './arrangement.ts';

export interface Move {
  readonly item: number;
  readonly from: number;
  readonly to: number;
}

export interface Effort {
  /** Most moves for this host. */
  readonly moves: number;
  /** Items that must stay where they are: those that moved already, and those that nobody may move. Moves are marked here. */
  readonly fixed: Uint8Array;
  /** Whether items of other hosts may make room. */
  readonly ejects: boolean;
}

/** Hosts that one item may ask for somebody who makes room: more find little and cost most of the time. */
const MOST_ASKED = 48;
/** Items of one such host that are tried, the smallest that would do first. */
const MOST_TRIED = 4;

/** @returns undefined where the host cannot be emptied with so many moves; everything is as it was then */
export function evacuate(state: Arrangement, host: number, effort: Effort): readonly Move[] | undefined {
  const items = state.on[host]!;
  if (items.length > effort.moves || items.some((item) => effort.fixed[item] === 1)) return undefined;
  const took = state.takes[host] === 1;
  if (took) state.open(host, false);
  const done: Move[] = [];
  const all = [...items].sort((one, other) => state.sizeOf(other) - state.sizeOf(one) || one - other);
  const isDone = all.every((item, index) => settle(state, item, { ...effort, moves: effort.moves - done.length - (all.length - index) }, done));
  if (took) state.open(host, true);
  if (isDone) return done;
  takeBack(state, done, effort.fixed);
  return undefined;
}

/** Moves one item away. @param effort `moves`: those that may be spent besides its own */
function settle(state: Arrangement, item: number, effort: Effort, done: Move[]): boolean {
  const to = state.tightest(item);
  if (to >= 0) return go(state, item, to, effort.fixed, done);
  return effort.ejects && effort.moves > 0 && eject(state, item, effort.fixed, done);
}

function go(state: Arrangement, item: number, to: number, fixed: Uint8Array, done: Move[]): true {
  done.push({ item, from: state.hostOf[item]!, to });
  state.move(item, to);
  fixed[item] = 1;
  return true;
}

/** Finds a host where a smaller item can leave so that this one fits, and the smallest item that will do. */
function eject(state: Arrangement, item: number, fixed: Uint8Array, done: Move[]): boolean {
  let asked = 0;
  for (const host of state.roomiest()) {
    if ((asked += 1) > MOST_ASKED) return false;
    const cpu = state.itemCpu[item]! - state.freeCpu[host]!;
    const memory = state.itemMemory[item]! - state.freeMemory[host]!;
    const makesRoom = (other: number) => fixed[other] === 0 && state.itemCpu[other]! >= cpu && state.itemMemory[other]! >= memory && state.sizeOf(other) < state.sizeOf(item);
    state.looks += state.on[host]!.length;
    const others = state.on[host]!.filter(makesRoom).sort((one, other) => state.sizeOf(one) - state.sizeOf(other) || one - other);
    for (const other of others.slice(0, MOST_TRIED)) {
      const away = state.tightest(other);
      if (away < 0) continue;
      go(state, other, away, fixed, done);
      if (state.fits(item, host) && state.rules.allows(state, item, host)) return go(state, item, host, fixed, done);
      state.move(other, host, true);
      fixed[other] = 0;
      done.pop();
    }
  }
  return false;
}

/** Takes moves back, the last first. */
export function takeBack(state: Arrangement, moves: readonly Move[], fixed: Uint8Array): void {
  for (const { item, from } of moves.toReversed()) {
    state.move(item, from, true);
    fixed[item] = 0;
  }
}
