// Emptying a few hosts and packing their items again: one step of the search. Takes a layout and a temperature; changes the layout when the
// step pays, or costs no more than the temperature allows. Hosts are ruined where prices show waste. It may work below a budget: then
// nothing it makes costs more, and items may be left without a host.
// Source: Schrimpf et al. 2000 (ruin and recreate); gathering waste in few hosts after Falkenauer 1996.
import { RULES, type Filler, type Rule } from './fill.ts';
import type { Instance } from './instance.ts';
import type { Layout } from './layout.ts';
import type { Random } from './random.ts';
import { Recreator, type Made } from './recreate.ts';

/** How much a step prefers waste in one place to waste spread thin, in parts of a host's cost. */
const GATHER = 0.5;
/** What a homeless item counts below a budget, in parts of its worth. */
const SOFT = 1.5;
/** Most hosts that a step ruins; few are usual. */
const MOST_RUINED = 6;

export class Ruiner {
  layout: Layout;
  readonly #instance: Instance;
  readonly #random: Random;
  readonly #filler: Filler;
  readonly #recreator: Recreator;
  /** The layout may not cost more. */
  #budget = Number.POSITIVE_INFINITY;

  constructor(layout: Layout, options: { readonly filler: Filler; readonly random: Random }) {
    this.layout = layout;
    this.#instance = layout.instance;
    this.#random = options.random;
    this.#filler = options.filler;
    this.#recreator = new Recreator(layout.instance, options);
  }

  /** From now on nothing may cost more than the budget: the hosts of most waste are closed until nothing does. */
  squeeze(budget: number): void {
    this.#budget = budget;
    while (this.layout.cost > budget && this.layout.hosts > 0) {
      let worst = 0;
      for (let b = 1; b < this.layout.hosts; b += 1) {
        if (this.#wasteOf(b) > this.#wasteOf(worst)) worst = b;
      }
      this.layout.close(worst);
    }
  }

  relax(): void {
    this.#budget = Number.POSITIVE_INFINITY;
  }

  /** One attempt; kept when it is better, or worse by what the temperature allows. */
  step(temperature: number): void {
    const { layout } = this;
    if (layout.hosts === 0) return;
    const ruined = this.#choose(2 + Math.floor(this.#random() * this.#random() * (MOST_RUINED - 1)));
    const { pool, idle } = this.#recreator;
    pool.set(layout.homeless);
    idle.set(layout.idle);
    let before = 0;
    let items = layout.homelessItems;
    let spare = this.#budget - layout.cost;
    if (items > 0) for (const [t, count] of layout.homeless.entries()) if (count > 0) before += count * this.#penalty(t);
    for (const b of ruined) {
      const k = layout.classOf[b] as number;
      const content = layout.items[b] as readonly number[];
      for (const t of content) pool[t] = (pool[t] as number) + 1;
      items += content.length;
      idle[k] = (idle[k] as number) + 1;
      before += this.#weigh(k, content, layout.origin[b] as number);
      spare += this.#instance.costs[k] as number;
    }
    const limit = before - temperature * Math.log(this.#random() + 1e-12);
    const origins = layout.homes === undefined ? [] : ruined.map((b) => layout.origin[b] as number);
    const made = this.#recreate(items, limit, spare, origins);
    if (made === undefined) return;
    for (const b of ruined.sort((one, other) => other - one)) layout.close(b);
    for (const { classIndex, items: content, origin } of made) layout.open(classIndex, content, origin);
  }

  /** Distinct hosts: the first ones where waste is, by tournament. */
  #choose(count: number): number[] {
    const { layout } = this;
    const chosen: number[] = [];
    for (let attempt = 0; attempt < 4 * count && chosen.length < Math.min(count, layout.hosts); attempt += 1) {
      let candidate = Math.floor(this.#random() * layout.hosts);
      if (this.#random() < 0.5) {
        const other = Math.floor(this.#random() * layout.hosts);
        if (this.#wasteOf(other) > this.#wasteOf(candidate)) candidate = other;
      }
      if (!chosen.includes(candidate)) chosen.push(candidate);
    }
    return chosen;
  }

  /** New hosts for everything in the pool, as long as they stay below the limit and cost no more than there is to spare. */
  #recreate(items: number, limit: number, budget: number, origins: number[]): Made[] | undefined {
    const { types, costs } = this.#instance;
    const { pool, idle } = this.#recreator;
    const { homes } = this.layout;
    const waiting: number[] = [];
    for (let t = 0; t < types; t += 1) if ((pool[t] as number) > 0) waiting.push(t);
    const rule = RULES[Math.floor(this.#random() * RULES.length)] as Rule;
    this.#filler.shake(this.#random() * this.#random(), waiting, this.#random);
    const made: Made[] = [];
    let weight = 0;
    let left = items;
    let spare = budget;
    while (left > 0) {
      const next = this.#recreator.nextAtHome(homes, waiting, rule, spare, origins) ?? this.#recreator.nextHost(waiting, rule, left, spare);
      if (next === undefined) break;
      made.push(next);
      left -= next.items.length;
      spare -= costs[next.classIndex] as number;
      idle[next.classIndex] = (idle[next.classIndex] as number) - 1;
      weight += this.#weigh(next.classIndex, next.items, next.origin);
      // Items that stay at home make a host weigh less than nothing: the sum may come down again.
      if (weight > limit && homes === undefined) return undefined;
    }
    if (left > 0) for (const t of waiting) weight += (pool[t] as number) * this.#penalty(t);
    return weight > limit ? undefined : made;
  }

  /** What a host adds to the score of a step. */
  #weigh(k: number, items: readonly number[], origin: number): number {
    const { homes } = this.layout;
    if (homes !== undefined) return this.#weighAlone(k, items) - homes.movePrice * homes.kept(origin, items);
    return this.#weighAlone(k, items);
  }

  #weighAlone(k: number, items: readonly number[]): number {
    const cost = this.#instance.costs[k] as number;
    const waste = Math.max(0, this.#recreator.waste(k, items));
    return cost === 0 ? 0 : cost - (GATHER * waste * waste) / cost;
  }

  /** What an item without a host adds to the score of a step. */
  #penalty(t: number): number {
    return this.#budget === Number.POSITIVE_INFINITY ? this.#instance.penalty : SOFT * (this.#filler.worth[t] as number);
  }

  #wasteOf(b: number): number {
    return this.#recreator.waste(this.layout.classOf[b] as number, this.layout.items[b] as readonly number[]);
  }
}
