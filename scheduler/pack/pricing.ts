// Which content of a host of each class is dearest at given prices: the exact pricing step of column generation and the last word
// on a certificate. Chooses the grid where it is small and branch and bound elsewhere; classes that accept the same share a table.
import type { Rest } from './column.ts';
import type { Instance } from './instance.ts';
import { dearestByBranching, type Content } from './knapsack-branch.ts';
import { dearestOnGrid, gridOf, type Grid } from './knapsack-grid.ts';

export interface Pricing {
  /** For each class, in order; classes without hosts in the rest get nothing. Contents hold no more of a type than the rest has. */
  price(prices: Float64Array, rest: Rest): readonly Content[];
  /** The same in a fraction of the time, but the contents are dear, not dearest: good enough for columns, worthless for a proof. */
  guess(prices: Float64Array, rest: Rest): readonly Content[];
  /** Whether exact prices take so long that most rounds had better guess. */
  readonly isSlow: boolean;
}

/** Cells x types of a table from which on it is slow: about five milliseconds. */
const SLOW_UPDATES = 1_500_000;

/** Nodes of branch and bound for a guess: the first few descents find what most searches end with. */
const NODES_OF_GUESS = 300;

/** @param nodes most nodes of branch and bound for one class at one call */
export function pricingOf(instance: Instance, nodes: number): Pricing {
  const groups = groupsOf(instance);
  const nothing = (): Content => ({ value: 0, atMost: 0, content: new Int32Array(instance.types) });
  const limitsOf = ({ counts }: Rest) => (t: number) => Math.min(counts[t] ?? 0, instance.problem.types[t]?.mostPerHost ?? Number.MAX_SAFE_INTEGER);
  return {
    isSlow: groups.some(({ grid }) => grid === undefined || grid.cells * grid.accepted.length > SLOW_UPDATES),
    price(prices, rest) {
      const offers = Array.from({ length: instance.classes }, nothing);
      const limit = limitsOf(rest);
      const isWanted = (k: number) => (rest.hosts[k] as number) > 0;
      for (const { members, grid } of groups) {
        if (grid === undefined) {
          for (const k of members.filter(isWanted)) offers[k] = dearestByBranching(instance, k, prices, limit, nodes);
        } else {
          for (const [index, { value, content }] of dearestOnGrid(grid, instance.types, prices, limit, isWanted).entries()) offers[members[index] ?? 0] = { value, atMost: value, content };
        }
      }
      return offers;
    },
    guess(prices, rest) {
      const limit = limitsOf(rest);
      return Array.from(rest.hosts, (hosts, k) => (hosts > 0 ? dearestByBranching(instance, k, prices, limit, NODES_OF_GUESS) : nothing()));
    },
  };
}

interface Group {
  readonly members: readonly number[];
  readonly grid: Grid | undefined;
}

function groupsOf(instance: Instance): Group[] {
  const { problem, types, classes, most } = instance;
  const groups = new Map<string, { members: number[]; accepted: number[] }>();
  for (let k = 0; k < classes; k += 1) {
    const key = (problem.classes[k]?.accepts ?? []).map((accepts) => (accepts ? '1' : '0')).join('');
    const group = groups.get(key) ?? { members: [], accepted: [] };
    group.members.push(k);
    group.accepted = Array.from({ length: types }, (_, t) => t).filter((t) => group.members.some((member) => (most[member * types + t] ?? 0) > 0));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ members, accepted }) => ({ members, grid: gridOf(instance, members, accepted) }));
}
