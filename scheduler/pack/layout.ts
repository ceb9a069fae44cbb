// A packing that can change: single hosts in use, each with its class, items and room left, and the items that have no host.
// The stages of the search share it. Item lists are replaced, never edited, so that keeping the old one is enough to go back.
import type { Column } from './column.ts';
import type { Homes } from './homes.ts';
import type { Instance } from './instance.ts';
import type { Bin } from './problem.ts';

export class Layout {
  readonly instance: Instance;
  /** Class of each host in use. */
  readonly classOf: number[] = [];
  /** Types of the items on each host in use, one entry for each item, in no order. */
  readonly items: (readonly number[])[] = [];
  /** Room left on host b in resource d at b x dims + d. */
  readonly room: number[] = [];
  /** Which present host each host in use is; -1: one that held nothing. */
  readonly origin: number[] = [];
  /** Hosts of each class that are not in use. */
  readonly idle: Int32Array;
  /** Items of each type without a host. */
  readonly homeless: Int32Array;
  homelessItems: number;
  cost = 0;
  /** Items on the host that they were on. */
  kept = 0;
  readonly homes: Homes | undefined;

  constructor(instance: Instance, homes?: Homes) {
    this.instance = instance;
    this.homes = homes;
    this.idle = instance.hosts.slice();
    this.homeless = instance.counts.slice();
    this.homelessItems = instance.counts.reduce((sum, count) => sum + count, 0);
  }

  get hosts(): number {
    return this.classOf.length;
  }

  /** What the search makes small. */
  get score(): number {
    return this.cost + this.instance.penalty * this.homelessItems + (this.homes === undefined ? 0 : this.homes.movePrice * (this.homes.movable - this.kept));
  }

  /** Takes an idle host of the class into use, with these items, which must be homeless and fit. `origin`: as which present host. */
  open(classIndex: number, items: readonly number[], origin = -1): void {
    const { dims, capacities, costs } = this.instance;
    const b = this.classOf.length;
    this.classOf.push(classIndex);
    this.items.push([]);
    this.origin.push(origin);
    for (let d = 0; d < dims; d += 1) this.room[b * dims + d] = capacities[classIndex * dims + d] as number;
    this.idle[classIndex] = (this.idle[classIndex] as number) - 1;
    this.cost += costs[classIndex] as number;
    this.add(b, items);
  }

  /** Puts homeless items that fit on a host in use. */
  add(b: number, items: readonly number[]): void {
    const { dims, sizes } = this.instance;
    for (const t of items) {
      this.homeless[t] = (this.homeless[t] as number) - 1;
      for (let d = 0; d < dims; d += 1) this.room[b * dims + d] = (this.room[b * dims + d] as number) - (sizes[t * dims + d] as number);
    }
    this.homelessItems -= items.length;
    const before = this.items[b] as readonly number[];
    const after = before.length === 0 ? items : [...before, ...items];
    this.items[b] = after;
    if (this.homes !== undefined) this.kept += this.homes.kept(this.origin[b] as number, after) - this.homes.kept(this.origin[b] as number, before);
  }

  /** Takes one item of a type off a host; it is homeless. */
  remove(b: number, t: number): void {
    const { dims, sizes } = this.instance;
    const before = this.items[b] as readonly number[];
    const after = before.toSpliced(before.indexOf(t), 1);
    this.items[b] = after;
    this.homeless[t] = (this.homeless[t] as number) + 1;
    this.homelessItems += 1;
    for (let d = 0; d < dims; d += 1) this.room[b * dims + d] = (this.room[b * dims + d] as number) + (sizes[t * dims + d] as number);
    if (this.homes !== undefined) this.kept += this.homes.kept(this.origin[b] as number, after) - this.homes.kept(this.origin[b] as number, before);
  }

  /** Gives a host back; its items are homeless. The last host takes its index. */
  close(b: number): void {
    const { dims, costs } = this.instance;
    const classIndex = this.classOf[b] as number;
    for (const t of this.items[b] as readonly number[]) this.homeless[t] = (this.homeless[t] as number) + 1;
    this.homelessItems += (this.items[b] as readonly number[]).length;
    this.idle[classIndex] = (this.idle[classIndex] as number) + 1;
    this.cost -= costs[classIndex] as number;
    if (this.homes !== undefined) this.kept -= this.homes.kept(this.origin[b] as number, this.items[b] as readonly number[]);
    const last = this.classOf.length - 1;
    if (b !== last) {
      this.classOf[b] = this.classOf[last] as number;
      this.items[b] = this.items[last] as readonly number[];
      this.origin[b] = this.origin[last] as number;
      for (let d = 0; d < dims; d += 1) this.room[b * dims + d] = this.room[last * dims + d] as number;
    }
    this.classOf.pop();
    this.items.pop();
    this.origin.pop();
    this.room.length = last * dims;
  }

  openColumn({ classIndex, entries }: Column, times: number): void {
    const items = entries.flatMap(([t, count]) => Array.from({ length: count }, () => t));
    for (let host = 0; host < times; host += 1) this.open(classIndex, items);
  }

  copy(): Layout {
    const other = new Layout(this.instance, this.homes);
    for (let b = 0; b < this.hosts; b += 1) {
      other.classOf.push(this.classOf[b] as number);
      other.items.push(this.items[b] as readonly number[]);
      other.origin.push(this.origin[b] as number);
    }
    for (const figure of this.room) other.room.push(figure);
    other.idle.set(this.idle);
    other.homeless.set(this.homeless);
    other.homelessItems = this.homelessItems;
    other.cost = this.cost;
    other.kept = this.kept;
    return other;
  }
}

/** Contents of one host as pairs of type and count, by rising type. */
export function entriesOf(items: readonly number[]): (readonly [type: number, count: number])[] {
  const counts = new Map<number, number>();
  for (const t of items) counts.set(t, (counts.get(t) ?? 0) + 1);
  return [...counts].sort(([one], [other]) => one - other);
}

/** Hosts that hold the same become one entry, in the order of classes and contents. */
export function binsOf({ classOf, items }: Layout): Bin[] {
  const bins = new Map<string, { classIndex: number; hosts: number; contents: readonly (readonly [number, number])[] }>();
  for (const [b, classIndex] of classOf.entries()) {
    const contents = entriesOf(items[b] ?? []);
    const key = `${String(classIndex).padStart(9, '0')} ${contents.join(' ')}`;
    const bin = bins.get(key);
    if (bin === undefined) bins.set(key, { classIndex, hosts: 1, contents });
    else bin.hosts += 1;
  }
  return [...bins].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, bin]) => bin);
}
