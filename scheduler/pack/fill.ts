// Filling one host from items that wait: the step that constructive starts and the search share. Takes what waits, one class and
// a rule to choose by; gives the types put in, one by one. Greedy by a score of each type against the room that is left.
// Source: Panigrahy, Talwar, Uyeda & Wieder 2011, "Heuristics for vector bin packing" (dot product, norm of the residual).
import type { Instance } from './instance.ts';

/** What a filling looks at: alignment with the room left, what would be left, worth, worth for scarce room, size. */
export const RULES = ['dot', 'norm', 'worth', 'density', 'large'] as const;
export type Rule = (typeof RULES)[number];

export class Filler {
  readonly #instance: Instance;
  /** What an item of each type is worth, in units of cost: what the search tries to get into every host. */
  readonly worth: Float64Array;
  /** Size of type t in resource d, in parts of a host's usual room times how scarce the resource is, at t x dims + d. */
  readonly parts: Float64Array;
  /** Of each resource: how much one unit of it counts. */
  readonly unit: Float64Array;
  readonly #factor: Float64Array;
  readonly #taken: Int32Array;
  readonly #room: Float64Array;
  readonly #candidates: Int32Array;

  constructor(instance: Instance, worth: Float64Array, weights: ArrayLike<number>) {
    const { types, dims, sizes } = instance;
    this.#instance = instance;
    this.worth = worth;
    this.unit = usualRoom(instance).map((room, d) => Math.sqrt(weights[d] ?? 1) / room);
    this.parts = sizes.map((size, index) => size * (this.unit[index % dims] as number));
    this.#factor = new Float64Array(types).fill(1);
    this.#taken = new Int32Array(types);
    this.#room = new Float64Array(dims);
    this.#candidates = new Int32Array(types);
  }

  /** New chance for these types: their scores are multiplied by 1 + up to `noise`. It holds until the next call. */
  shake(noise: number, types: readonly number[], random: () => number): void {
    for (const t of types) this.#factor[t] = 1 + noise * random();
  }

  /**
   * Fills a host of class k whose room left starts in `rooms` at `at`; takes what it chooses out of `pool`.
   * @param waiting types that may be in the pool
   * @param present items on the host already, for the limits on one host
   * @returns types, one for each item
   */
  fill(k: number, rooms: ArrayLike<number>, at: number, pool: Int32Array, waiting: readonly number[], rule: Rule, present: readonly number[] = []): number[] {
    const { types, dims, most, sizes } = this.#instance;
    const [room, taken, candidates] = [this.#room, this.#taken, this.#candidates];
    for (let d = 0; d < dims; d += 1) room[d] = rooms[at + d] as number;
    for (const t of waiting) taken[t] = 0;
    for (const t of present) taken[t] = (taken[t] as number) + 1;
    let length = 0;
    for (const t of waiting) candidates[length++] = t;
    const chosen: number[] = [];
    for (;;) {
      let best = -1;
      let bestScore = Number.NEGATIVE_INFINITY;
      let kept = 0;
      for (let index = 0; index < length; index += 1) {
        const t = candidates[index] as number;
        if ((pool[t] as number) <= 0 || (taken[t] as number) >= (most[k * types + t] as number) || !this.fits(t, room)) continue;
        candidates[kept++] = t;
        const score = this.#score(rule, t) * (this.#factor[t] as number);
        if (score > bestScore) {
          bestScore = score;
          best = t;
        }
      }
      length = kept;
      if (best < 0) break;
      chosen.push(best);
      pool[best] = (pool[best] as number) - 1;
      taken[best] = (taken[best] as number) + 1;
      for (let d = 0; d < dims; d += 1) room[d] = (room[d] as number) - (sizes[best * dims + d] as number);
    }
    for (const t of present) taken[t] = 0;
    return chosen;
  }

  fits(t: number, room: Float64Array): boolean {
    const { dims, sizes } = this.#instance;
    for (let d = 0; d < dims; d += 1) if ((sizes[t * dims + d] as number) > (room[d] as number)) return false;
    return true;
  }

  /** Never negative, so that chance can multiply it. */
  #score(rule: Rule, t: number): number {
    if (rule === 'worth') return this.worth[t] as number;
    const { dims } = this.#instance;
    let sum = 0;
    for (let d = 0; d < dims; d += 1) {
      const part = this.parts[t * dims + d] as number;
      const room = (this.#room[d] as number) * (this.unit[d] as number);
      if (rule === 'dot') sum += part * room;
      else if (rule === 'large') sum += part;
      else if (rule === 'density') sum += room > 0 ? part / room : 0;
      else sum += (room - part) * (room - part);
    }
    if (rule === 'norm') return 1 / (1e-12 + sum);
    return rule === 'density' ? (this.worth[t] as number) / (1e-12 + sum) : sum;
  }
}

/** Mean room of a host in each resource, by how many hosts there are. */
function usualRoom({ dims, classes, capacities, hosts }: Instance): Float64Array {
  const total = new Float64Array(dims);
  let all = 0;
  for (let k = 0; k < classes; k += 1) {
    all += hosts[k] as number;
    for (let d = 0; d < dims; d += 1) total[d] = (total[d] as number) + (capacities[k * dims + d] as number) * (hosts[k] as number);
  }
  return total.map((sum) => (sum > 0 ? sum / all : 1));
}

/** How much of all capacity the items ask for, by resource: the scarce ones weigh more. */
export function scarcity({ types, dims, sizes, counts, classes, capacities, hosts }: Instance): Float64Array {
  const wanted = new Float64Array(dims);
  const there = new Float64Array(dims);
  for (let d = 0; d < dims; d += 1) {
    for (let t = 0; t < types; t += 1) wanted[d] = (wanted[d] as number) + (sizes[t * dims + d] as number) * (counts[t] as number);
    for (let k = 0; k < classes; k += 1) there[d] = (there[d] as number) + (capacities[k * dims + d] as number) * (hosts[k] as number);
  }
  const load = wanted.map((sum, d) => ((there[d] as number) > 0 ? sum / (there[d] as number) : 0));
  const highest = Math.max(...load, 1e-12);
  return load.map((part) => part / highest);
}
