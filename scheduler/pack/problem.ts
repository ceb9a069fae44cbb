// What batch packing takes and gives: plain numbers, without hosts' names, rules or history, so that the same code packs a
// site, a benchmark and a what-if. Every size, capacity and cost is a non-negative integer; the caller chooses the units
// (millicores, MiB, addresses; cents or thousandths of one). Nothing here has behaviour.

/** Hosts that are alike: same capacity, same price, same things allowed on them. */
export interface HostClass {
  readonly name: string;
  readonly hosts: number;
  /** One figure for each resource of the problem. */
  readonly capacity: readonly number[];
  /** Paid for every host of the class that holds at least one item. */
  readonly cost: number;
  /** One flag for each item type: may it run here? */
  readonly accepts: readonly boolean[];
}

/** Replicas that are alike: same size, same hosts allowed. */
export interface ItemType {
  readonly name: string;
  /** One figure for each resource of the problem. */
  readonly size: readonly number[];
  readonly count: number;
  /** Most of this type on one host; absent: as many as fit. */
  readonly mostPerHost?: number | undefined;
}

export interface PackProblem {
  readonly resources: readonly string[];
  readonly classes: readonly HostClass[];
  readonly types: readonly ItemType[];
}

/** `hosts` hosts of a class that hold the same things. */
export interface Bin {
  readonly classIndex: number;
  readonly hosts: number;
  /** Pairs of type index and count, by rising type index, counts above 0. */
  readonly contents: readonly (readonly [typeIndex: number, count: number])[];
}

/** One host with what it holds now. */
export interface PresentHost {
  readonly classIndex: number;
  /** As in `Bin`. */
  readonly contents: readonly (readonly [typeIndex: number, count: number])[];
}

/**
 * A lower bound that anyone can compute again: prices p (integers, one for each type, in 1/scale of a unit of cost) prove that items in the
 * numbers d cost at least ( sum d x p - sum over classes of hosts x max(0, V - cost x scale) ) / scale, where V is the dearest content, at these
 * prices, that one host of the class can hold. Any prices >= 0 give a valid bound; good ones give a good bound.
 */
export interface Certificate {
  readonly scale: number;
  readonly prices: readonly number[];
  /** In 1/scale of a unit of cost: an integer, never negative. */
  readonly bound: number;
  /** Only for classes whose V is too hard to find: an over-estimate that anyone can compute again takes its place. */
  readonly relaxed?: readonly RelaxedClass[] | undefined;
}

/**
 * Weights w of the resources (integers >= 0, one for each) prove that no content of a host of the class is dearer than
 * floor( ( sum over resources of capacity x w + sum over types of most x max(0, price x parts - sum over resources of size x w) ) / parts ),
 * where `most` is how many items of the type, alone, one host of the class may hold: by capacity, acceptance, `mostPerHost` and the number placed.
 */
export interface RelaxedClass {
  readonly classIndex: number;
  readonly parts: number;
  readonly weights: readonly number[];
}

export interface Packing {
  readonly bins: readonly Bin[];
  /** For each type: how many found no room. Never dropped in silence: placed + unplaced = count. */
  readonly unplaced: readonly number[];
  /** Sum of the costs of the hosts in use. */
  readonly cost: number;
  /** For the items that were placed. */
  readonly certificate: Certificate;
  /** With a present state only: every host in use on its own, and how many items left the host that they were on. */
  readonly kept?: { readonly hosts: readonly KeptHost[]; readonly moves: number } | undefined;
}

/** A host in use: which of the present hosts it is (its index there), or none of them: one that held nothing. */
export interface KeptHost {
  readonly present?: number | undefined;
  readonly classIndex: number;
  readonly contents: readonly (readonly [typeIndex: number, count: number])[];
}

/** A linear programme: minimise cost x, within rows, 0 <= x <= most. */
export interface LinearProgram {
  readonly rows: readonly { readonly kind: 'at-least' | 'at-most' | 'equal'; readonly right: number }[];
  readonly columns: readonly {
    readonly cost: number;
    /** Pairs of row index and coefficient; a row at most once. */
    readonly entries: readonly (readonly [row: number, value: number])[];
    readonly most?: number | undefined;
    readonly integer?: boolean | undefined;
  }[];
}

export interface LinearSolution {
  /** `feasible`: an integer solution that is not proven best. Values and duals mean something only for `optimal` and `feasible`. */
  readonly status: 'optimal' | 'feasible' | 'infeasible' | 'unbounded' | 'gave-up';
  readonly objective: number;
  readonly values: readonly number[];
  /** One for each row; empty for integer programmes. */
  readonly duals: readonly number[];
}

/** A solver handed in by the caller. It never throws for a hard problem: it gives up and says so. */
export type Solve = (programme: LinearProgram, limits: { readonly milliseconds: number }) => LinearSolution;
