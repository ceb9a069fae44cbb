// The dearest content of hosts by dynamic programming over a grid of loads: exact, and one table answers for every class that
// accepts the same types. Takes prices and limits, gives contents. Used where the grid, in steps of the sizes' greatest common
// divisor, is small; it works in integers and asks nobody for time.
// Source: Gilmore & Gomory 1966, "The theory and computation of knapsack functions"; counts are bounded by binary splitting.
import type { Instance } from './instance.ts';

/** A grid is small below this many cells x types: some tens of milliseconds at each pricing. The checker takes thirty times as much. */
const MOST_UPDATES = 6_000_000;

/** Loads of a set of classes in steps of the sizes' common divisor. */
export interface Grid {
  /** Classes that this grid answers for: all accept the same types. */
  readonly members: readonly number[];
  /** Types that may run there, each with its size in steps. */
  readonly accepted: readonly number[];
  readonly steps: Int32Array;
  /** Of each member, in steps. */
  readonly rooms: readonly Int32Array[];
  /** Cells along each resource. */
  readonly extent: Int32Array;
  readonly cells: number;
  /** Memory of the table, used again at each call: what is in it means nothing afterwards. */
  readonly scratch: { best: Float64Array; notes: Uint8Array };
}

const gcd = (one: number, other: number): number => (other === 0 ? one : gcd(other, one % other));

/** The grid of classes that accept the same types; undefined where it would be too large to be worth it. */
export function gridOf(instance: Instance, members: readonly number[], accepted: readonly number[]): Grid | undefined {
  const { dims, sizes, capacities } = instance;
  const unit = Array.from({ length: dims }, (_, d) => accepted.reduce((found, t) => gcd(found, sizes[t * dims + d] ?? 0), 0) || 1);
  const rooms = members.map((k) => Int32Array.from(unit, (step, d) => Math.min(2 ** 30, Math.floor((capacities[k * dims + d] ?? 0) / step))));
  // A resource that no accepted type uses needs one cell only.
  const used = unit.map((_, d) => accepted.some((t) => (sizes[t * dims + d] ?? 0) > 0));
  const extent = Int32Array.from(unit, (_, d) => (used[d] === true ? Math.max(0, ...rooms.map((room) => room[d] ?? 0)) + 1 : 1));
  const cells = extent.reduce((product, length) => product * length, 1);
  if (cells * Math.max(1, accepted.length) > MOST_UPDATES) return undefined;
  const scratch = { best: new Float64Array(cells), notes: new Uint8Array(0) };
  const steps = Int32Array.from(accepted.flatMap((t) => unit.map((step, d) => (sizes[t * dims + d] ?? 0) / step)));
  return { members, accepted, steps, rooms: rooms.map((room) => room.map((length, d) => Math.min(length, (extent[d] ?? 1) - 1))), extent, cells, scratch };
}

interface Pass {
  readonly type: number;
  readonly items: number;
  readonly again: boolean;
  readonly value: number;
  readonly offset: number;
  readonly lengths: Int32Array;
}

/** For each type: the most items on one host, here. */
export type Limits = (type: number) => number;

/**
 * Of each member of the grid: what its dearest content is worth, and how many of each type it holds.
 * @param isWanted members that nobody asks for get nothing, and the table may be smaller for it
 */
export function dearestOnGrid(whole: Grid, types: number, prices: Float64Array, limit: Limits, isWanted: (k: number) => boolean): { value: number; content: Int32Array }[] {
  const grid = cut(whole, isWanted);
  const passes = passesOf(grid, prices, limit);
  const { scratch } = whole;
  if (scratch.notes.length < grid.cells * passes.length) scratch.notes = new Uint8Array(grid.cells * passes.length * 2);
  scratch.best.fill(0, 0, grid.cells);
  scratch.notes.fill(0, 0, grid.cells * passes.length);
  for (let p = 0; p < passes.length; p += 1) runPass(grid, passes[p] as Pass, scratch.best, scratch.notes, p * grid.cells);
  return grid.rooms.map((room, member) => {
    const content = new Int32Array(types);
    if (!isWanted(grid.members[member] as number)) return { value: 0, content };
    let cell = indexOf(grid, room);
    const value = scratch.best[cell] ?? 0;
    for (let p = passes.length - 1; p >= 0; p -= 1) {
      const { type, items, again, offset } = passes[p] as Pass;
      while (scratch.notes[p * grid.cells + cell] === 1) {
        content[type] = (content[type] ?? 0) + items;
        cell -= offset;
        if (!again) break;
      }
    }
    return { value, content };
  });
}

/** The grid as large as the wanted members need it. */
function cut(grid: Grid, isWanted: (k: number) => boolean): Grid {
  const wanted = grid.rooms.filter((_, member) => isWanted(grid.members[member] as number));
  const extent = grid.extent.map((_, d) => Math.max(0, ...wanted.map((room) => room[d] as number)) + 1);
  return { ...grid, extent, cells: extent.reduce((product, length) => product * length, 1) };
}

const indexOf = ({ extent }: Grid, at: Int32Array): number => at.reduce((index, position, d) => index * (extent[d] ?? 1) + position, 0);

interface Offer {
  readonly type: number;
  readonly price: number;
  readonly step: Int32Array;
  /** How many fit on the largest host, and how many there are. */
  readonly fit: number;
  readonly most: number;
}

function offersOf(grid: Grid, prices: Float64Array, limit: Limits): Offer[] {
  const dims = grid.extent.length;
  return grid.accepted.flatMap((type, index) => {
    const price = prices[type] ?? 0;
    const step = grid.steps.subarray(index * dims, (index + 1) * dims);
    let fit = Number.MAX_SAFE_INTEGER;
    for (const [d, length] of step.entries()) if (length > 0) fit = Math.min(fit, Math.floor(((grid.extent[d] ?? 1) - 1) / length));
    return price > 0 ? [{ type, price, step, fit, most: limit(type) }] : [];
  });
}

/** Nobody takes an item if another one, of which there are always enough, is no larger and no cheaper. */
function dominates(one: Offer, other: Offer): boolean {
  if (one.most < one.fit || one.price < other.price) return false;
  if (!one.step.every((length, d) => length <= (other.step[d] as number))) return false;
  const same = one.price === other.price && one.step.every((length, d) => length === other.step[d]);
  return !same || one.type < other.type;
}

/** One pass for a type that nothing but room limits; else one for each power of two below its limit, and one for the rest. */
function passesOf(grid: Grid, prices: Float64Array, limit: Limits): Pass[] {
  const passes: Pass[] = [];
  const offers = offersOf(grid, prices, limit);
  for (const { type, price, step, fit, most } of offers) {
    if (offers.some((other) => dominates(other, { type, price, step, fit, most }))) continue;
    const add = (items: number, again: boolean) => {
      const lengths = step.map((length) => length * items);
      passes.push({ type, items, again, value: price * items, offset: indexOf(grid, lengths), lengths });
    };
    if (fit <= most) {
      if (fit > 0) add(1, true);
      continue;
    }
    let left = most;
    for (let items = 1; left > 0; items *= 2) {
      const chunk = Math.min(items, left);
      add(chunk, false);
      left -= chunk;
    }
  }
  return passes;
}

/** Improves `best` in place by what this pass offers; notes, from `base` on, where it was taken. Upwards a type may be taken again, downwards once. */
function runPass({ extent }: Grid, { lengths, offset, value, again }: Pass, best: Float64Array, taken: Uint8Array, base: number): void {
  const last = extent.length - 1;
  const width = extent[last] as number;
  const from = lengths[last] as number;
  if (from >= width) return;
  const rows = rowsOf(extent, lengths);
  for (let index = 0; index < rows.length; index += 1) {
    const start = (rows[again ? index : rows.length - 1 - index] as number) * width;
    if (again) upwards(best, taken, base, start + from, start + width, offset, value);
    else downwards(best, taken, base, start + from, start + width, offset, value);
  }
}

function upwards(best: Float64Array, taken: Uint8Array, base: number, from: number, to: number, offset: number, value: number): void {
  for (let cell = from; cell < to; cell += 1) {
    const candidate = (best[cell - offset] as number) + value;
    if (candidate > (best[cell] as number)) {
      best[cell] = candidate;
      taken[base + cell] = 1;
    }
  }
}

function downwards(best: Float64Array, taken: Uint8Array, base: number, from: number, to: number, offset: number, value: number): void {
  for (let cell = to - 1; cell >= from; cell -= 1) {
    const candidate = (best[cell - offset] as number) + value;
    if (candidate > (best[cell] as number)) {
      best[cell] = candidate;
      taken[base + cell] = 1;
    }
  }
}

/** Rows (along the last resource) that have room for the pass in all other resources, in rising order. */
function rowsOf(extent: Int32Array, lengths: Int32Array): number[] {
  let rows = [0];
  for (let d = 0; d < extent.length - 1; d += 1) {
    const length = extent[d] as number;
    const next: number[] = [];
    for (const row of rows) for (let position = lengths[d] as number; position < length; position += 1) next.push(row * length + position);
    rows = next;
  }
  return rows;
}
