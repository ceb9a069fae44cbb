// What every stage of the packer reads: the problem flattened into typed arrays, with what follows from it worked out once.
// Takes a PackProblem, gives an Instance that nobody changes. It judges nothing: the caller has checked the figures.
import type { PackProblem } from './problem.ts';

export interface Instance {
  readonly problem: PackProblem;
  readonly types: number;
  readonly classes: number;
  readonly dims: number;
  /** Size of type t in resource d at t x dims + d. */
  readonly sizes: Float64Array;
  /** Capacity of class k in resource d at k x dims + d. */
  readonly capacities: Float64Array;
  /** Cost of one host of each class. */
  readonly costs: Float64Array;
  /** Hosts of each class. */
  readonly hosts: Int32Array;
  /** Items of each type. */
  readonly counts: Int32Array;
  /** Most items of type t on one host of class k at k x types + t; 0 where it may not run or does not fit. */
  readonly most: Int32Array;
  /** What an item without room costs the search: more than any host, so that room is found wherever there is any. */
  readonly penalty: number;
  /** Prices are integers in 1/scale of a unit of cost. */
  readonly scale: number;
}

/** Sums of prices and costs stay below 2^52, where doubles are exact integers. */
const LARGEST_SUM = 2 ** 52;
const FINEST_SCALE = 1e6;

export function flatten(problem: PackProblem): Instance {
  const [types, classes, dims] = [problem.types.length, problem.classes.length, problem.resources.length];
  const most = new Int32Array(classes * types);
  for (const [k, { capacity, accepts }] of problem.classes.entries()) {
    for (const [t, type] of problem.types.entries()) most[k * types + t] = accepts[t] === true ? mostOf(type.size, capacity, Math.min(type.count, type.mostPerHost ?? type.count)) : 0;
  }
  const dearest = Math.max(1, ...problem.classes.map(({ cost }) => cost));
  const penalty = 10 * dearest;
  const items = problem.types.reduce((sum, { count }) => sum + count, 0);
  const largest = Math.max(items * penalty, problem.classes.reduce((sum, { hosts, cost }) => sum + hosts * cost, 0), 1);
  return {
    problem, types, classes, dims, most, penalty,
    sizes: Float64Array.from(problem.types.flatMap(({ size }) => size)),
    capacities: Float64Array.from(problem.classes.flatMap(({ capacity }) => capacity)),
    costs: Float64Array.from(problem.classes, ({ cost }) => cost),
    hosts: Int32Array.from(problem.classes, ({ hosts }) => hosts),
    counts: Int32Array.from(problem.types, ({ count }) => count),
    scale: Math.max(1, Math.min(FINEST_SCALE, 10 ** Math.floor(Math.log10(LARGEST_SUM / largest)))),
  };
}

function mostOf(size: readonly number[], capacity: readonly number[], limit: number): number {
  let most = limit;
  for (const [d, room] of capacity.entries()) {
    const part = size[d] ?? 0;
    if (part > 0) most = Math.min(most, Math.floor(room / part));
  }
  return most;
}
