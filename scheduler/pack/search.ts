// Improves a layout: a few hosts are emptied and their items packed again in another way; better and, for a while, slightly worse
// packings are kept. Takes a layout, what items are worth and a generator of chance; leaves the best layout it has seen. It runs
// in rounds of counted steps and asks before each step whether to go on.
// Source: Schrimpf, Schneider, Stamm-Wilbrandt & Dueck 2000, "Record breaking optimization results using the ruin and recreate
// principle"; hosts are ruined where the prices of column generation show waste.
import { RULES, type Filler, type Rule } from './fill.ts';
import type { Instance } from './instance.ts';
import { Layout } from './layout.ts';
import type { Random } from './random.ts';

export interface SearchOptions {
  readonly goOn: () => boolean;
  readonly random: Random;
  readonly filler: Filler;
  /** Costs of packings are multiples of this. */
  readonly costStep: number;
  /** A packing this cheap that leaves nothing out cannot be improved: the search ends. */
  readonly leastCost: number;
}

/** Steps of the first cooling; each later one is longer by half. */
const FIRST_ROUND = 3000;
const LONGER = 1.5;
/** Temperatures of a cooling, in parts of the mean cost of a host in use. */
const HOTTEST = 0.03;
const COLDEST = 0.001;
/** How much a step prefers waste in one place to waste spread thin, in parts of a host's cost. */
const GATHER = 0.5;
/** What a homeless item counts while squeezing, in parts of its worth. */
const SOFT = 1.5;
/** How often a step of squeezing is an ejection. */
const EJECTING = 0.6;
/** For so many steps, and up to as many more, an item that found room is not ejected again. */
const TABU_STEPS = 8;
/** With a present state: how often a ruined host, or one item of a host, is not put back on purpose. */
const LEAVE_HOST = 0.25;
const LEAVE_ITEM = 0.05;

export function search(start: Layout, options: SearchOptions): Layout {
  let best = start.copy();
  if (best.cost <= options.leastCost && best.homelessItems === 0) return best;
  const worker = new Worker(start.copy(), options);
  for (let round = 0, length = FIRST_ROUND; ; round += 1, length = Math.round(length * (round % 2 === 0 ? LONGER : 1))) {
    const mean = best.hosts === 0 ? 1 : best.cost / best.hosts;
    // Every other round may leave items homeless but must stay cheaper than the best packing: when all find room, there is a better one.
    const isSqueezing = round % 2 === 1 && best.homelessItems === 0;
    if (isSqueezing) worker.squeeze(best.cost - options.costStep);
    for (let step = 0; step < length; step += 1) {
      if (!options.goOn()) return best;
      if (isSqueezing && options.random() < EJECTING) worker.eject(step);
      else worker.step(mean * HOTTEST * (COLDEST / HOTTEST) ** (step / length));
      if (worker.layout.score >= best.score) continue;
      best = worker.layout.copy();
      if (best.cost <= options.leastCost && best.homelessItems === 0) return best;
      if (isSqueezing) worker.squeeze(best.cost - options.costStep);
    }
    worker.relax();
    if (worker.layout.score > best.score) worker.layout = best.copy();
  }
}

interface Made {
  readonly classIndex: number;
  readonly items: readonly number[];
  /** As which present host; -1: one that held nothing. */
  readonly origin: number;
}

class Worker {
  layout: Layout;
  readonly #instance: Instance;
  readonly #random: Random;
  readonly #filler: Filler;
  readonly #pool: Int32Array;
  readonly #idle: Int32Array;
  /** Of each type: the step from which on it may be ejected. */
  readonly #tabu: Float64Array;
  /** The layout may not cost more. */
  #budget = Number.POSITIVE_INFINITY;

  constructor(layout: Layout, { random, filler }: SearchOptions) {
    this.layout = layout;
    this.#instance = layout.instance;
    this.#random = random;
    this.#filler = filler;
    this.#pool = new Int32Array(this.#instance.types);
    this.#idle = new Int32Array(this.#instance.classes);
    this.#tabu = new Float64Array(this.#instance.types);
  }

  /**
   * One homeless item takes the place of another that is worth less, or as little more as there is: a step of an ejection chain.
   * Source: Buljubasic & Vasquez 2016, "Consistent neighborhood search for one-dimensional bin packing and two-dimensional vector packing".
   */
  eject(now: number): void {
    const { layout } = this;
    const waiting: number[] = [];
    for (let t = 0; t < this.#instance.types; t += 1) if ((layout.homeless[t] as number) > 0) waiting.push(t);
    const entering = waiting[Math.floor(this.#random() * waiting.length)];
    if (entering === undefined || layout.hosts === 0) return;
    let least = Number.POSITIVE_INFINITY;
    let place: { b: number; leaving: number } | undefined;
    const first = Math.floor(this.#random() * layout.hosts);
    for (let index = 0; index < layout.hosts && least > 0; index += 1) {
      const b = (first + index) % layout.hosts;
      if (this.#hasRoom(b, entering, -1)) [least, place] = [0, { b, leaving: -1 }];
      for (const leaving of layout.items[b] as readonly number[]) {
        const worth = this.#filler.worth[leaving] as number;
        if (worth < least && leaving !== entering && (this.#tabu[leaving] as number) <= now && this.#hasRoom(b, entering, leaving)) [least, place] = [worth, { b, leaving }];
      }
    }
    if (place === undefined) return;
    if (place.leaving >= 0) layout.remove(place.b, place.leaving);
    layout.add(place.b, [entering]);
    this.#tabu[entering] = now + TABU_STEPS * (1 + this.#random());
  }

  /** Whether an item of the type fits on the host once another has left. */
  #hasRoom(b: number, t: number, leaving: number): boolean {
    const { dims, sizes, types, most, problem } = this.#instance;
    const limit = most[(this.layout.classOf[b] as number) * types + t] as number;
    if (limit === 0) return false;
    for (let d = 0; d < dims; d += 1) {
      const freed = leaving < 0 ? 0 : (sizes[leaving * dims + d] as number);
      if ((this.layout.room[b * dims + d] as number) + freed < (sizes[t * dims + d] as number)) return false;
    }
    return problem.types[t]?.mostPerHost === undefined || (this.layout.items[b] as readonly number[]).reduce((sum, other) => sum + (other === t ? 1 : 0), 0) < limit;
  }

  /** From now on nothing may cost more than the budget: the hosts of most waste are closed until nothing does. */
  squeeze(budget: number): void {
    this.#budget = budget;
    this.#tabu.fill(0);
    while (this.layout.cost > budget && this.layout.hosts > 0) {
      let worst = 0;
      for (let b = 1; b < this.layout.hosts; b += 1) {
        if (this.#waste(this.layout.classOf[b] as number, this.layout.items[b] as readonly number[]) > this.#waste(this.layout.classOf[worst] as number, this.layout.items[worst] as readonly number[])) worst = b;
      }
      this.layout.close(worst);
    }
  }

  relax(): void {
    this.#budget = Number.POSITIVE_INFINITY;
  }

  /** What an item without a host adds to the score of a step. */
  #penalty(t: number): number {
    return this.#budget === Number.POSITIVE_INFINITY ? this.#instance.penalty : SOFT * (this.#filler.worth[t] as number);
  }

  /** One attempt; kept when it is better, or worse by what the temperature allows. */
  step(temperature: number): void {
    const { layout } = this;
    if (layout.hosts === 0) return;
    const ruined = this.#choose(1 + Math.floor(this.#random() * this.#random() * 5) + 1);
    this.#pool.set(layout.homeless);
    this.#idle.set(layout.idle);
    let before = 0;
    let items = layout.homelessItems;
    let spare = this.#budget - layout.cost;
    if (items > 0) for (const [t, count] of layout.homeless.entries()) if (count > 0) before += count * this.#penalty(t);
    for (const b of ruined) {
      const k = layout.classOf[b] as number;
      const content = layout.items[b] as readonly number[];
      for (const t of content) this.#pool[t] = (this.#pool[t] as number) + 1;
      items += content.length;
      this.#idle[k] = (this.#idle[k] as number) + 1;
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
        if (this.#waste(layout.classOf[other] as number, layout.items[other] as readonly number[]) > this.#waste(layout.classOf[candidate] as number, layout.items[candidate] as readonly number[])) candidate = other;
      }
      if (!chosen.includes(candidate)) chosen.push(candidate);
    }
    return chosen;
  }

  /** What a host costs beyond the worth of what it holds. */
  #waste(k: number, items: readonly number[]): number {
    let waste = this.#instance.costs[k] as number;
    for (const t of items) waste -= this.#filler.worth[t] as number;
    return waste;
  }

  /** What a host adds to the score of a step. */
  #weigh(k: number, items: readonly number[], origin: number): number {
    const { homes } = this.layout;
    if (homes !== undefined) return this.#weighAlone(k, items) - homes.movePrice * homes.kept(origin, items);
    return this.#weighAlone(k, items);
  }

  #weighAlone(k: number, items: readonly number[]): number {
    const cost = this.#instance.costs[k] as number;
    const waste = Math.max(0, this.#waste(k, items));
    return cost === 0 ? 0 : cost - (GATHER * waste * waste) / cost;
  }

  /** New hosts for everything in the pool, as long as they stay below the limit and cost no more than there is to spare. */
  #recreate(items: number, limit: number, budget: number, origins: number[]): Made[] | undefined {
    const { types, costs } = this.#instance;
    const waiting: number[] = [];
    for (let t = 0; t < types; t += 1) if ((this.#pool[t] as number) > 0) waiting.push(t);
    const rule = RULES[Math.floor(this.#random() * RULES.length)] as Rule;
    this.#filler.shake(this.#random() * this.#random(), waiting, this.#random);
    const made: Made[] = [];
    let weight = 0;
    let left = items;
    let spare = budget;
    while (left > 0) {
      const next = this.#nextAtHome(waiting, rule, spare, origins) ?? this.#nextHost(waiting, rule, left, spare);
      if (next === undefined) break;
      made.push(next);
      left -= next.items.length;
      spare -= costs[next.classIndex] as number;
      this.#idle[next.classIndex] = (this.#idle[next.classIndex] as number) - 1;
      weight += this.#weigh(next.classIndex, next.items, next.origin);
      if (weight > limit) return undefined;
    }
    if (left > 0) for (const t of waiting) weight += (this.#pool[t] as number) * this.#penalty(t);
    return weight > limit ? undefined : made;
  }

  /** One of the ruined present hosts again, with most of its own items and then others. Takes it out of the origins. */
  #nextAtHome(waiting: readonly number[], rule: Rule, spare: number, origins: number[]): Made | undefined {
    const { dims, capacities, costs, sizes } = this.#instance;
    while (origins.length > 0) {
      const [origin] = origins.splice(Math.floor(this.#random() * origins.length), 1) as [number];
      const host = this.layout.homes?.hosts[origin];
      if (host === undefined || this.#random() < LEAVE_HOST) continue;
      const { classIndex: k, contents } = host;
      if ((this.#idle[k] as number) <= 0 || (costs[k] as number) > spare) continue;
      const room = capacities.slice(k * dims, (k + 1) * dims);
      const items: number[] = [];
      for (const [t, count] of contents) {
        for (let item = Math.min(count, this.#pool[t] as number); item > 0; item -= 1) {
          if (this.#random() < LEAVE_ITEM || !this.#filler.fits(t, room)) continue;
          items.push(t);
          this.#pool[t] = (this.#pool[t] as number) - 1;
          for (let d = 0; d < dims; d += 1) room[d] = (room[d] as number) - (sizes[t * dims + d] as number);
        }
      }
      const others = this.#filler.fill(k, room, 0, this.#pool, waiting, rule, items);
      if (items.length + others.length > 0) return { classIndex: k, items: [...items, ...others], origin };
    }
    return undefined;
  }

  /** The class whose filling wastes least, or the cheapest that holds all that is left. */
  #nextHost(waiting: readonly number[], rule: Rule, left: number, spare: number): Made | undefined {
    const { classes, dims, capacities, costs } = this.#instance;
    let best: Made | undefined;
    let bestWaste = Number.POSITIVE_INFINITY;
    for (let k = 0; k < classes; k += 1) {
      if ((this.#idle[k] as number) <= 0 || (costs[k] as number) > spare) continue;
      const items = this.#filler.fill(k, capacities, k * dims, this.#pool, waiting, rule);
      for (const t of items) this.#pool[t] = (this.#pool[t] as number) + 1;
      if (items.length === 0) continue;
      const holdsAll = items.length === left;
      const waste = (holdsAll ? this.#waste(k, items) - (costs[k] as number) * 0.3 : this.#waste(k, items)) / (costs[k] as number || 1) + 0.1 * this.#random();
      if (waste < bestWaste) {
        bestWaste = waste;
        best = { classIndex: k, items, origin: -1 };
      }
    }
    if (best !== undefined) for (const t of best.items) this.#pool[t] = (this.#pool[t] as number) - 1;
    return best;
  }
}
