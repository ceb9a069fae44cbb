// What lies where, in typed arrays, with the hosts in order of the room that they have left: the core of defragmentation.
// Takes hosts, items and the rules between them as numbers; gives moves and the tightest host for an item. It knows no names and judges
// no plan: frontier.ts fills it from a snapshot, the benchmark of a trace from arrivals.

/** Rules beyond room: who may run where, caps, addresses. Hosts and items are indices. */
export interface Rules {
  /** Whether the item may go from the host where it is (-1: none) to this one, room apart. */
  readonly allows: (state: Arrangement, item: number, host: number) => boolean;
  /** Told of every move, and with `undone` of every move that is taken back. */
  readonly moved: (item: number, from: number, to: number, undone: boolean) => void;
}

export interface HostRoom {
  readonly cpu: number;
  readonly memory: number;
  readonly cost: number;
}

export interface ItemSize {
  readonly cpu: number;
  readonly memory: number;
}

/** Hosts are sorted by their room into so many groups; within one the tightest is looked for. */
const LEVELS = 256;
/** A resource of which little is used says little about how tight a fit is: its share of use counts to this power. */
const SCARCITY = 4;

export class Arrangement {
  readonly hosts: number;
  readonly cost: Float64Array;
  /** What is left, in the caller's units; below 0 where a host gives too much. */
  readonly freeCpu: Float64Array;
  readonly freeMemory: Float64Array;
  /** Items on each host, in no order. */
  readonly on: number[][];
  /** Host of each item; -1 where it is nowhere. */
  readonly hostOf: Int32Array;
  readonly itemCpu: Float64Array;
  readonly itemMemory: Float64Array;
  /** 1 where a host may be given items at all. */
  readonly takes: Uint8Array;
  /** 1 where it may be found although it is empty. */
  readonly #admitted: Uint8Array;
  readonly rules: Rules;
  /** Hosts that hold something. */
  used = 0;
  /** How many hosts were looked at so far: what an effort is measured by, the same on every machine. */
  looks = 0;
  readonly #capacity: readonly HostRoom[];
  readonly #slot: Int32Array;
  readonly #levelOf: Int32Array;
  readonly #slotInLevel: Int32Array;
  readonly #levels: number[][] = Array.from({ length: LEVELS }, () => []);
  #cpuWorth = 0;
  #memoryWorth = 0;

  /** @param mostItems items are numbered below this; they are put with `put` */
  constructor(capacity: readonly HostRoom[], mostItems: number, rules: Rules) {
    this.hosts = capacity.length;
    this.#capacity = capacity;
    this.cost = Float64Array.from(capacity, ({ cost }) => cost);
    this.freeCpu = Float64Array.from(capacity, ({ cpu }) => cpu);
    this.freeMemory = Float64Array.from(capacity, ({ memory }) => memory);
    this.on = capacity.map(() => []);
    this.hostOf = new Int32Array(mostItems).fill(-1);
    this.itemCpu = new Float64Array(mostItems);
    this.itemMemory = new Float64Array(mostItems);
    this.takes = new Uint8Array(capacity.length).fill(1);
    this.#admitted = new Uint8Array(capacity.length);
    this.rules = rules;
    this.#slot = new Int32Array(mostItems);
    this.#levelOf = new Int32Array(capacity.length).fill(-1);
    this.#slotInLevel = new Int32Array(capacity.length);
    this.weigh();
  }

  /** Puts an item that is nowhere on a host. Rules are not told: it lay there before, or nothing but room holds it back. */
  put(item: number, size: ItemSize, host: number): void {
    this.announce(item, size);
    this.#attach(item, host);
  }

  /** Tells how large an item is that is nowhere yet, so that a host can be looked for. */
  announce(item: number, { cpu, memory }: ItemSize): void {
    this.itemCpu[item] = cpu;
    this.itemMemory[item] = memory;
  }

  /** Takes an item away for good. */
  remove(item: number): void {
    this.#detach(item);
    this.hostOf[item] = -1;
  }

  move(item: number, to: number, undone = false): void {
    const from = this.hostOf[item]!;
    this.#detach(item);
    this.#attach(item, to);
    this.rules.moved(item, from, to, undone);
  }

  /** How scarce each resource is decides what a tight fit is. To be called again when what is placed has changed much. */
  weigh(): void {
    let [cpu, memory, usedCpu, usedMemory] = [0, 0, 0, 0];
    for (const [host, room] of this.#capacity.entries()) {
      if (this.on[host]!.length === 0) continue;
      cpu += room.cpu;
      memory += room.memory;
      usedCpu += room.cpu - this.freeCpu[host]!;
      usedMemory += room.memory - this.freeMemory[host]!;
    }
    const worth = (used: number, of: number) => (of > 0 ? Math.max(0.01, Math.min(1, used / of)) ** SCARCITY : 1);
    const largest = (amount: (room: HostRoom) => number) => this.#capacity.reduce((most, room) => Math.max(most, amount(room)), 1);
    const [cpuWorth, memoryWorth] = [worth(usedCpu, cpu), worth(usedMemory, memory)];
    this.#cpuWorth = cpuWorth / (cpuWorth + memoryWorth) / largest((room) => room.cpu);
    this.#memoryWorth = memoryWorth / (cpuWorth + memoryWorth) / largest((room) => room.memory);
    for (let host = 0; host < this.hosts; host += 1) this.#settle(host);
  }

  /** Share of the largest host that this much room or size is, by scarcity: 0..1. */
  share(cpu: number, memory: number): number {
    return cpu * this.#cpuWorth + memory * this.#memoryWorth;
  }

  /** What the item takes of the largest host. */
  sizeOf(item: number): number {
    return this.share(this.itemCpu[item]!, this.itemMemory[item]!);
  }

  /** What all items of a host take of the largest host. */
  loadOf(host: number): number {
    const { cpu, memory } = this.#capacity[host]!;
    return this.share(cpu - this.freeCpu[host]!, memory - this.freeMemory[host]!);
  }

  fits(item: number, host: number): boolean {
    return this.itemCpu[item]! <= this.freeCpu[host]! && this.itemMemory[item]! <= this.freeMemory[host]!;
  }

  /**
   * The host in use, or admitted, that has the least room left and still takes the item; of equals the one with most items, then the lowest.
   * @param without a host to pass over, besides the item's own
   * @returns -1 where none takes it
   */
  tightest(item: number, without = -1): number {
    const own = this.hostOf[item]!;
    for (let level = levelAt(this.sizeOf(item)); level < LEVELS; level += 1) {
      let best = -1;
      let bestRoom = Number.POSITIVE_INFINITY;
      this.looks += this.#levels[level]!.length;
      for (const host of this.#levels[level]!) {
        if (host === own || host === without || !this.fits(item, host)) continue;
        const room = this.share(this.freeCpu[host]!, this.freeMemory[host]!);
        if (room > bestRoom || (room === bestRoom && !this.#isFuller(host, best))) continue;
        if (!this.rules.allows(this, item, host)) continue;
        best = host;
        bestRoom = room;
      }
      if (best >= 0) return best;
    }
    return -1;
  }

  /** Hosts in use, or admitted, that may be given items, the roomiest first. */
  *roomiest(): Generator<number> {
    for (let level = LEVELS - 1; level >= 0; level -= 1) {
      this.looks += this.#levels[level]!.length;
      yield* this.#levels[level]!.toSorted((one, other) => one - other);
    }
  }

  /** Whether a host may be given items. */
  open(host: number, takes: boolean): void {
    this.takes[host] = takes ? 1 : 0;
    this.#settle(host);
  }

  /** Whether an empty host may be found like one in use. */
  admit(host: number, isAdmitted: boolean): void {
    this.#admitted[host] = isAdmitted ? 1 : 0;
    this.#settle(host);
  }

  #isFuller(host: number, other: number): boolean {
    const more = this.on[host]!.length - this.on[other]!.length;
    return more > 0 || (more === 0 && host < other);
  }

  #attach(item: number, host: number): void {
    if (this.on[host]!.length === 0) this.used += 1;
    this.#slot[item] = this.on[host]!.push(item) - 1;
    this.hostOf[item] = host;
    this.freeCpu[host]! -= this.itemCpu[item]!;
    this.freeMemory[host]! -= this.itemMemory[item]!;
    this.#settle(host);
  }

  #detach(item: number): void {
    const host = this.hostOf[item]!;
    const items = this.on[host]!;
    const last = items.pop()!;
    if (last !== item) {
      items[this.#slot[item]!] = last;
      this.#slot[last] = this.#slot[item]!;
    }
    if (items.length === 0) this.used -= 1;
    this.freeCpu[host]! += this.itemCpu[item]!;
    this.freeMemory[host]! += this.itemMemory[item]!;
    this.#settle(host);
  }

  /** Keeps the host in the group of its room; those that are empty, full or closed are in none. */
  #settle(host: number): void {
    const isListed = this.takes[host] === 1 && (this.on[host]!.length > 0 || this.#admitted[host] === 1) && this.freeCpu[host]! >= 0 && this.freeMemory[host]! >= 0;
    const level = isListed ? levelAt(this.share(this.freeCpu[host]!, this.freeMemory[host]!)) : -1;
    const before = this.#levelOf[host]!;
    if (before === level) return;
    if (before >= 0) {
      const group = this.#levels[before]!;
      const last = group.pop()!;
      if (last !== host) {
        group[this.#slotInLevel[host]!] = last;
        this.#slotInLevel[last] = this.#slotInLevel[host]!;
      }
    }
    if (level >= 0) this.#slotInLevel[host] = this.#levels[level]!.push(host) - 1;
    this.#levelOf[host] = level;
  }
}

function levelAt(share: number): number {
  return Math.max(0, Math.min(LEVELS - 1, Math.floor(share * (LEVELS - 1))));
}
