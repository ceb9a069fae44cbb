// The dearest content of one host by branch and bound, for sizes too fine or resources too many for a grid. Takes prices, limits
// and a number of nodes; gives the best content found and a value that no content exceeds: the same figure when it finished.
// Source: depth-first search of Horowitz & Sahni 1974, bounded by Dantzig's rule on one surrogate resource, whose weights are
// fitted to the linear relaxation (Glover 1975, surrogate multipliers).
import type { Instance } from './instance.ts';
import type { Limits } from './knapsack-grid.ts';

export interface Content {
  readonly value: number;
  /** Nothing that fits is worth more than this, and anyone can see it: exact, or by the weights. */
  readonly atMost: number;
  readonly content: Int32Array;
  /** Only where `atMost` is not exact: the price of a unit of each resource that proves it. */
  readonly weights?: readonly number[];
}

interface Choice {
  readonly type: number;
  readonly price: number;
  readonly most: number;
  readonly size: Float64Array;
  /** Of the surrogate resource, whose capacity is 1. */
  weight: number;
}

/** Rounds that fit the surrogate's weights; more change the bound by less than a thousandth. */
const ROUNDS = 24;
/** Room for the rounding of doubles in bounds that are compared with integers. */
const SLACK = 1e-6;

export function dearestByBranching(instance: Instance, k: number, prices: Float64Array, limit: Limits, nodes: number): Content {
  const { types, dims, sizes, capacities, most } = instance;
  const choices: Choice[] = [];
  for (let t = 0; t < types; t += 1) {
    const count = Math.min(most[k * types + t] ?? 0, limit(t));
    const price = prices[t] ?? 0;
    if (count > 0 && price > 0) choices.push({ type: t, price, most: count, size: sizes.subarray(t * dims, (t + 1) * dims), weight: 0 });
  }
  const room = capacities.slice(k * dims, (k + 1) * dims);
  const root = fitSurrogate(choices, room);
  const search = new Search(choices, room, nodes);
  search.descend(0, 1, 0);
  const content = new Int32Array(types);
  for (const [index, count] of search.best.entries()) content[choices[index]?.type ?? 0] = count;
  if (search.nodesLeft > 0) return { value: search.bestValue, atMost: search.bestValue, content };
  return { value: search.bestValue, atMost: Math.max(search.bestValue, Math.floor(root.bound + SLACK)), content, weights: root.weights };
}

/** Sets each choice's weight and sorts by worth for weight; gives the bound of the whole host and the prices of its resources. */
function fitSurrogate(choices: Choice[], room: Float64Array): { bound: number; weights: number[] } {
  const factors = Float64Array.from(room, () => 1 / room.length);
  let best = Number.POSITIVE_INFINITY;
  let bestFactors = factors.slice();
  for (let round = 0; round <= ROUNDS; round += 1) {
    if (round === ROUNDS) factors.set(bestFactors);
    for (const choice of choices) choice.weight = choice.size.reduce((sum, part, d) => sum + (part === 0 ? 0 : ((factors[d] ?? 0) * part) / (room[d] ?? 1)), 0);
    choices.sort((one, other) => other.price * one.weight - one.price * other.weight || one.type - other.type);
    const used = new Float64Array(room.length);
    const bound = relaxed(choices, used, room);
    if (bound < best) {
      best = bound;
      bestFactors = factors.slice();
    }
    if (round < ROUNDS - 1) refit(factors, used, 2 / (round + 2));
  }
  let left = 1;
  const critical = choices.find(({ most, weight }) => (left -= most * weight) < 0);
  const price = critical === undefined ? 0 : critical.price / critical.weight;
  return { bound: best, weights: Array.from(factors, (factor, d) => ((room[d] ?? 0) > 0 ? (price * factor) / (room[d] ?? 1) : 0)) };
}

/** Raises the factors of resources that the relaxed content uses too much. They keep their sum of 1. */
function refit(factors: Float64Array, used: Float64Array, step: number): void {
  for (let d = 0; d < factors.length; d += 1) factors[d] = Math.max(1e-9, (factors[d] ?? 0) * Math.exp(step * Math.max(-3, Math.min(3, (used[d] ?? 0) - 1))));
  const sum = factors.reduce((total, factor) => total + factor, 0);
  for (let d = 0; d < factors.length; d += 1) factors[d] = (factors[d] ?? 0) / sum;
}

function relaxed(choices: readonly Choice[], used: Float64Array, room: Float64Array): number {
  let left = 1;
  let value = 0;
  for (const { price, most, weight, size } of choices) {
    const count = weight * most <= left ? most : left / weight;
    value += price * count;
    left -= weight * count;
    for (let d = 0; d < used.length; d += 1) used[d] = (used[d] ?? 0) + ((room[d] ?? 0) > 0 ? ((size[d] ?? 0) * count) / (room[d] ?? 1) : 0);
    if (left <= 0) break;
  }
  return value;
}

class Search {
  bestValue = 0;
  best: Int32Array;
  nodesLeft: number;
  readonly #choices: readonly Choice[];
  readonly #room: Float64Array;
  readonly #counts: Int32Array;

  constructor(choices: readonly Choice[], room: Float64Array, nodes: number) {
    this.#choices = choices;
    this.#room = room.slice();
    this.#counts = new Int32Array(choices.length);
    this.best = new Int32Array(choices.length);
    this.nodesLeft = nodes;
  }

  /** `left`: room of the surrogate; `value`: of what is in. */
  descend(index: number, left: number, value: number): void {
    this.nodesLeft -= 1;
    if (value > this.bestValue) {
      this.bestValue = value;
      this.best.set(this.#counts);
    }
    if (index >= this.#choices.length || this.nodesLeft <= 0) return;
    const { size, most, price, weight } = this.#choices[index] as Choice;
    let fit = most;
    for (let d = 0; d < size.length; d += 1) if ((size[d] as number) > 0) fit = Math.min(fit, Math.floor((this.#room[d] as number) / (size[d] as number)));
    for (let count = fit; count >= 0; count -= 1) {
      if (this.#bound(index + 1, left - weight * count) + value + price * count < this.bestValue + 1 - SLACK) {
        // Fewer of this type leave more room for cheaper ones only: worth it as long as the bound says so, type by type.
        if (count === 0 || this.#bound(index + 1, left) + value < this.bestValue + 1 - SLACK - price * (count - 1)) break;
        continue;
      }
      this.#put(index, count, 1);
      this.descend(index + 1, left - weight * count, value + price * count);
      this.#put(index, count, -1);
      if (this.nodesLeft <= 0) return;
    }
  }

  #put(index: number, count: number, sign: 1 | -1): void {
    const { size } = this.#choices[index] as Choice;
    for (let d = 0; d < size.length; d += 1) this.#room[d] = (this.#room[d] as number) - sign * count * (size[d] as number);
    this.#counts[index] = sign === 1 ? count : 0;
  }

  #bound(from: number, surrogate: number): number {
    let left = surrogate + SLACK;
    let value = 0;
    for (let index = from; index < this.#choices.length; index += 1) {
      const { weight, most, price } = this.#choices[index] as Choice;
      if (weight * most > left) return value + (price * left) / weight;
      value += price * most;
      left -= weight * most;
    }
    return value;
  }
}
