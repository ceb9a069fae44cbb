// Column generation: which contents of hosts are worth having, in which mix, and at which prices of items.
// Takes an instance, what is left of its items and hosts, and first columns; gives columns with their shares, and the integer
// prices that proved the best bound on the way. The caller's solver answers the master programme; when it gives up, the prices of
// the last answer still prove a bound. It stops when nothing improves, or when it is told to.
// Source: Gilmore & Gomory 1961/1963; the bound at each round is Farley's/Lagrange's, see `Certificate`.
import { columnOf, keyOf, type Column, type Rest } from './column.ts';
import type { Instance } from './instance.ts';
import type { Content } from './knapsack-branch.ts';
import type { Pricing } from './pricing.ts';
import type { LinearProgram, LinearSolution, Solve } from './problem.ts';

export interface Generated {
  readonly columns: readonly Column[];
  /** How many hosts take each column: fractions. */
  readonly shares: readonly number[];
  /** The prices that prove most, with the contents that they were proven by. */
  readonly best: Priced;
  readonly prices: Float64Array;
  /** Whether no better column exists. */
  readonly complete: boolean;
}

export interface Priced {
  /** Integers >= 0, in 1/scale of a unit of cost. */
  readonly prices: Float64Array;
  /** The dearest content of a host of each class. */
  readonly offers: readonly Content[];
  /** In 1/scale of a unit of cost, for the rest that was priced. */
  readonly bound: number;
}

export interface GenerateOptions {
  readonly solve: Solve;
  /** Asked before each round. */
  readonly goOn: () => boolean;
  readonly mostRounds: number;
  /** Most rounds may guess their columns: faster, but without a bound of their own. */
  readonly isGuessing?: boolean | undefined;
  /** Proven from elsewhere: a bound to be close enough to, and what is given back where no round proves more. */
  readonly proven?: Priced | undefined;
  /** Good enough, in units of cost: the mix may cost this much more than the bound. Absent: nothing is. */
  readonly closeEnough?: number | undefined;
}

/** Far above what a master programme takes, so that no clock decides what is found. */
const MASTER_MS = 60_000;

export function generate(instance: Instance, pricing: Pricing, rest: Rest, first: readonly Column[], options: GenerateOptions): Generated {
  let columns = [...first];
  let best: Priced = { prices: new Float64Array(instance.types), offers: [], bound: 0 };
  let shares: readonly number[] = [];
  let complete = false;
  for (let round = 0; round < options.mostRounds && (round === 0 || options.goOn()); round += 1) {
    const solution = options.solve(masterOf(instance, rest, columns), { milliseconds: MASTER_MS });
    if (solution.status !== 'optimal') break;
    shares = solution.values.slice(0, columns.length);
    const current = integerPrices(instance, solution.duals);
    const rents = Float64Array.from(instance.costs, (cost, k) => (cost + Math.max(0, -(solution.duals[instance.types + k] ?? 0))) * instance.scale);
    const known = new Set(columns.map(keyOf));
    const newOf = (offers: readonly Content[]) => improving(offers, current, rents, rest, instance.scale).filter((column) => !known.has(keyOf(column)));
    let better = options.isGuessing === true && round % EXACT_EVERY !== EXACT_EVERY - 1 ? newOf(pricing.guess(current, rest)) : [];
    for (const prices of best.bound === 0 ? [current] : [blend(best.prices, current), current]) {
      if (better.length > 0) break;
      const priced = priceAll(instance, pricing, rest, prices);
      if (priced.bound > best.bound || best.offers.length === 0) best = priced;
      better = newOf(priced.offers);
    }
    if (solution.objective - Math.max(best.bound, options.proven?.bound ?? 0) / instance.scale < (options.closeEnough ?? 0)) break;
    if (better.length === 0) {
      complete = true;
      break;
    }
    if (columns.length > MOST_COLUMNS * (instance.types + instance.classes)) {
      const kept = leastWaste(columns, instance, solution);
      const [before, had] = [columns, shares];
      columns = kept.map((index) => before[index] as Column);
      shares = kept.map((index) => had[index] ?? 0);
    }
    for (const column of better) columns.push(column);
  }
  if (options.proven !== undefined && options.proven.bound > best.bound) best = options.proven;
  return { columns, shares: columns.map((_, index) => shares[index] ?? 0), best, prices: best.prices, complete };
}

/** One round in so many prices exactly, so that a dive knows when its mix is good enough. */
const EXACT_EVERY = 5;

/** Columns of a master programme, in times of its rows: more make it slower and hardly better. What is dropped can be priced again. */
const MOST_COLUMNS = 3;
const KEPT_COLUMNS = 2;

/** The columns that cost least beyond what they hold, at the solver's own prices; among them every one with a share. */
function leastWaste(columns: readonly Column[], { types, classes, costs }: Instance, { duals }: LinearSolution): number[] {
  const waste = columns.map(({ classIndex, entries }) => entries.reduce((sum, [t, count]) => sum - count * (duals[t] ?? 0), (costs[classIndex] ?? 0) - (duals[types + classIndex] ?? 0)));
  const order = columns.map((_, index) => index).sort((one, other) => (waste[one] ?? 0) - (waste[other] ?? 0) || one - other);
  return order.slice(0, KEPT_COLUMNS * (types + classes)).sort((one, other) => one - other);
}

/** Prices half-way between the best so far and the solver's, which jump from corner to corner. Source: Pessoa, Sadykov, Uchoa & Vanderbeck 2018. */
const blend = (best: Float64Array, current: Float64Array): Float64Array => current.map((price, t) => Math.round(KEEP * (best[t] ?? 0) + (1 - KEEP) * price));
const KEEP = 0.6;

/** Contents that are worth more than their host costs, at the solver's own prices. */
function improving(offers: readonly Content[], prices: Float64Array, rents: Float64Array, { hosts }: Rest, scale: number): Column[] {
  return offers.flatMap(({ content }, k) => {
    let worth = 0;
    for (let t = 0; t < content.length; t += 1) worth += (content[t] as number) * (prices[t] as number);
    return (hosts[k] ?? 0) > 0 && worth > (rents[k] ?? 0) + TOLERANCE * scale ? [columnOf(k, content)] : [];
  });
}

/** Of a unit of cost: the solver's own precision. */
const TOLERANCE = 1e-5;

/** Rows: each type's items, then each class's hosts. Columns: contents, then one overflow for each type, dearer than any host. */
function masterOf(instance: Instance, rest: Rest, columns: readonly Column[]): LinearProgram {
  const { types, costs, penalty } = instance;
  return {
    rows: [...Array.from(rest.counts, (right) => ({ kind: 'at-least' as const, right })), ...Array.from(rest.hosts, (right) => ({ kind: 'at-most' as const, right }))],
    columns: [
      ...columns.map(({ classIndex, entries }) => ({ cost: costs[classIndex] ?? 0, entries: [...entries, [types + classIndex, 1] as const] })),
      ...Array.from(rest.counts, (_, t) => ({ cost: penalty, entries: [[t, 1] as const] })),
    ],
  };
}

const integerPrices = ({ types, scale, penalty }: Instance, duals: readonly number[]): Float64Array =>
  Float64Array.from({ length: types }, (_, t) => Math.round(Math.max(0, Math.min(penalty, duals[t] ?? 0)) * scale));

/** What these prices prove for the rest. */
export function priceAll(instance: Instance, pricing: Pricing, rest: Rest, prices: Float64Array): Priced {
  const offers = pricing.price(prices, rest);
  return { prices, offers, bound: boundOf(instance, rest, prices, offers.map(({ atMost }) => atMost)) };
}

/** The formula of `Certificate`, never negative. */
export function boundOf({ scale, costs, types, classes }: Instance, rest: Rest, prices: Float64Array, dearest: readonly number[]): number {
  let bound = 0;
  for (let t = 0; t < types; t += 1) bound += (rest.counts[t] as number) * (prices[t] as number);
  for (let k = 0; k < classes; k += 1) bound -= (rest.hosts[k] as number) * Math.max(0, (dearest[k] as number) - (costs[k] as number) * scale);
  return Math.max(0, bound);
}
