// The present state: hosts with identity and what they hold, and what it costs when an item leaves. Takes the present hosts; gives the
// layout in which everything stays, names hosts of a packing by whom they resemble, and says how many items stayed. Items of a type are
// alike: one stays where as many of its type stay.
import { greedy, fillGaps } from './greedy.ts';
import type { Filler } from './fill.ts';
import type { Instance } from './instance.ts';
import { entriesOf, Layout } from './layout.ts';
import type { KeptHost, PresentHost } from './problem.ts';

export class Homes {
  readonly hosts: readonly PresentHost[];
  readonly movePrice: number;
  /** Items that are on a host now and are still asked for. */
  readonly movable: number;
  readonly #there: Int32Array;

  constructor(instance: Instance, hosts: readonly PresentHost[], movePrice: number) {
    this.hosts = hosts;
    this.movePrice = movePrice;
    this.#there = new Int32Array(instance.types);
    const present = new Int32Array(instance.types);
    for (const { contents } of hosts) for (const [t, count] of contents) present[t] = (present[t] as number) + count;
    this.movable = present.reduce((sum, count, t) => sum + Math.min(count, instance.counts[t] as number), 0);
  }

  /** How many of these items were on the host before. */
  kept(origin: number, items: readonly number[]): number {
    const contents = this.hosts[origin]?.contents;
    if (contents === undefined) return 0;
    for (const [t, count] of contents) this.#there[t] = count;
    let kept = 0;
    for (const t of items) {
      const left = this.#there[t] as number;
      if (left <= 0) continue;
      this.#there[t] = left - 1;
      kept += 1;
    }
    for (const [t] of contents) this.#there[t] = 0;
    return kept;
  }
}

/** Everything stays that is still asked for, may and fits; what is new finds room, first where hosts have it. */
export function stayed(instance: Instance, homes: Homes, filler: Filler): Layout {
  const layout = new Layout(instance, homes);
  for (const [origin, { classIndex, contents }] of homes.hosts.entries()) {
    const items = thoseThatFit(layout, classIndex, contents);
    if (items.length > 0 && (layout.idle[classIndex] as number) > 0) layout.open(classIndex, items, origin);
  }
  fillGaps(layout, filler);
  return greedy(layout, filler, 'density');
}

function thoseThatFit({ instance, homeless }: Layout, k: number, contents: PresentHost['contents']): number[] {
  const { dims, sizes, capacities, most, types } = instance;
  const room = capacities.slice(k * dims, (k + 1) * dims);
  return contents.flatMap(([t, count]) => {
    let stay = Math.min(count, homeless[t] as number, most[k * types + t] as number);
    for (let d = 0; d < dims; d += 1) if ((sizes[t * dims + d] as number) > 0) stay = Math.min(stay, Math.floor((room[d] as number) / (sizes[t * dims + d] as number)));
    for (let d = 0; d < dims; d += 1) room[d] = (room[d] as number) - stay * (sizes[t * dims + d] as number);
    return Array.from({ length: Math.max(0, stay) }, () => t);
  });
}

/** Present hosts that each host of a packing is compared with: all of a site's, some of a large fleet's. */
const MOST_COMPARED = 100;

/** The same hosts, each named as the free present host of its class whose items it holds most of: the largest agreements first. */
export function recognised(layout: Layout, homes: Homes): Layout {
  const named = new Layout(layout.instance, homes);
  const pairs: { b: number; origin: number; kept: number }[] = [];
  const byClass = Map.groupBy(homes.hosts.map(({ classIndex }, origin) => ({ classIndex, origin })), ({ classIndex }) => classIndex);
  for (let b = 0; b < layout.hosts; b += 1) {
    const candidates = byClass.get(layout.classOf[b] as number) ?? [];
    for (let index = 0; index < Math.min(candidates.length, MOST_COMPARED); index += 1) {
      const { origin } = candidates[(b + index) % candidates.length] as { origin: number };
      const kept = homes.kept(origin, layout.items[b] as readonly number[]);
      if (kept > 0) pairs.push({ b, origin, kept });
    }
  }
  pairs.sort((one, other) => other.kept - one.kept || one.b - other.b || one.origin - other.origin);
  const originOf = new Map<number, number>();
  const taken = new Set<number>();
  for (const { b, origin } of pairs) {
    if (originOf.has(b) || taken.has(origin)) continue;
    originOf.set(b, origin);
    taken.add(origin);
  }
  for (let b = 0; b < layout.hosts; b += 1) named.open(layout.classOf[b] as number, layout.items[b] as readonly number[], originOf.get(b) ?? -1);
  return named;
}

/** Every host in use on its own. Where no host without items is left in a class, one that lost all of its own takes the place. */
export function keptHosts({ instance, classOf, items, origin, kept }: Layout, homes: Homes): { hosts: KeptHost[]; moves: number } {
  const taken = new Set(origin);
  const free = instance.problem.classes.map((_, k) => homes.hosts.flatMap(({ classIndex }, index) => (classIndex === k && !taken.has(index) ? [index] : [])));
  const empty = instance.problem.classes.map(({ hosts }, k) => hosts - homes.hosts.filter(({ classIndex }) => classIndex === k).length);
  const hosts = classOf.map((classIndex, b): KeptHost => {
    const contents = entriesOf(items[b] ?? []);
    let present = origin[b] === -1 ? undefined : origin[b];
    if (present === undefined) {
      empty[classIndex] = (empty[classIndex] ?? 0) - 1;
      if ((empty[classIndex] ?? 0) < 0) present = free[classIndex]?.shift();
    }
    return { ...(present === undefined ? {} : { present }), classIndex, contents };
  });
  return { hosts, moves: homes.movable - kept };
}
