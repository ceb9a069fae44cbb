// New hosts for items that lost theirs: the second half of ruin and recreate. Takes a pool of items, idle hosts and a rule; proposes hosts,
// one by one, and takes their items out of the pool. It changes no layout.
import type { Filler, Rule } from './fill.ts';
import type { Homes } from './homes.ts';
import type { Instance } from './instance.ts';
import type { Random } from './random.ts';

/** With a present state: how often a ruined host, or one item of a host, is not put back on purpose. */
const LEAVE_HOST = 0.25;
const LEAVE_ITEM = 0.05;
/** A host that takes all that is left is preferred by this part of its cost: it leaves no remainder behind. */
const FINISHING = 0.3;
/** Chance in the choice of a class, in parts of its cost. */
const WHIM = 0.1;

export interface Made {
  readonly classIndex: number;
  readonly items: readonly number[];
  /** As which present host; -1: one that held nothing. */
  readonly origin: number;
}

export class Recreator {
  /** Items of each type that wait. */
  readonly pool: Int32Array;
  /** Hosts of each class that are free. */
  readonly idle: Int32Array;
  readonly #instance: Instance;
  readonly #filler: Filler;
  readonly #random: Random;

  constructor(instance: Instance, { filler, random }: { readonly filler: Filler; readonly random: Random }) {
    this.pool = new Int32Array(instance.types);
    this.idle = new Int32Array(instance.classes);
    this.#instance = instance;
    this.#filler = filler;
    this.#random = random;
  }

  /** What a host costs beyond the worth of what it holds. */
  waste(k: number, items: readonly number[]): number {
    let waste = this.#instance.costs[k] as number;
    for (const t of items) waste -= this.#filler.worth[t] as number;
    return waste;
  }

  /** One of the ruined present hosts again, with most of its own items and then others. Takes it out of the origins. */
  nextAtHome(homes: Homes | undefined, waiting: readonly number[], rule: Rule, spare: number, origins: number[]): Made | undefined {
    const { dims, capacities, costs, sizes } = this.#instance;
    while (origins.length > 0) {
      const [origin] = origins.splice(Math.floor(this.#random() * origins.length), 1) as [number];
      const host = homes?.hosts[origin];
      if (host === undefined || this.#random() < LEAVE_HOST) continue;
      const { classIndex: k, contents } = host;
      if ((this.idle[k] as number) <= 0 || (costs[k] as number) > spare) continue;
      const room = capacities.slice(k * dims, (k + 1) * dims);
      const items: number[] = [];
      for (const [t, count] of contents) {
        for (let item = Math.min(count, this.pool[t] as number); item > 0; item -= 1) {
          if (this.#random() < LEAVE_ITEM || !this.#filler.fits(t, room)) continue;
          items.push(t);
          this.pool[t] = (this.pool[t] as number) - 1;
          for (let d = 0; d < dims; d += 1) room[d] = (room[d] as number) - (sizes[t * dims + d] as number);
        }
      }
      const others = this.#filler.fill(k, room, 0, this.pool, waiting, rule, items);
      if (items.length + others.length > 0) return { classIndex: k, items: [...items, ...others], origin };
    }
    return undefined;
  }

  /** The class whose filling wastes least, or the cheapest that holds all that is left. */
  nextHost(waiting: readonly number[], rule: Rule, left: number, spare: number): Made | undefined {
    const { classes, dims, capacities, costs } = this.#instance;
    let best: Made | undefined;
    let bestWaste = Number.POSITIVE_INFINITY;
    for (let k = 0; k < classes; k += 1) {
      if ((this.idle[k] as number) <= 0 || (costs[k] as number) > spare) continue;
      const items = this.#filler.fill(k, capacities, k * dims, this.pool, waiting, rule);
      for (const t of items) this.pool[t] = (this.pool[t] as number) + 1;
      if (items.length === 0) continue;
      const holdsAll = items.length === left;
      const waste = (holdsAll ? this.waste(k, items) - FINISHING * (costs[k] as number) : this.waste(k, items)) / (costs[k] as number || 1) + WHIM * this.#random();
      if (waste < bestWaste) {
        bestWaste = waste;
        best = { classIndex: k, items, origin: -1 };
      }
    }
    if (best !== undefined) for (const t of best.items) this.pool[t] = (this.pool[t] as number) - 1;
    return best;
  }
}
