// Mixes of VMs: how many of each pool. Makes one complete, thrifty, and lists cheaper ones.
// Takes a shop that answers how many would still wait with a mix; gives mixes. Knows nothing of hosts or rules.

export interface Shop {
  /** For each pool: how many may be bought, and what one costs an hour. */
  readonly stock: readonly number[];
  readonly costs: readonly number[];
  /** How many replicas would find no room with this mix, tried by placing. Answers are remembered. */
  readonly missing: (counts: readonly number[]) => number;
  /** How many further mixes may be tried. */
  readonly trials: () => number;
}

/** Mixes that are looked at at most; beyond it the cheapest may be missed. */
const MOST_MIXES = 20_000;

export function costOf({ costs }: Pick<Shop, 'costs'>, counts: readonly number[]): number {
  return counts.reduce((sum, count, pool) => sum + count * costs[pool]!, 0);
}

/** So many more VMs of the same kind would be needed that they are no longer tried one by one. */
const MANY = 8;

/** Adds one VM after the other, each the one that helps most for its money, until nothing waits or none helps; where much waits, several of it at once. */
export function completed(shop: Shop, start: readonly number[]): readonly number[] {
  let counts = start;
  while (shop.missing(counts) > 0 && shop.trials() > 0) {
    const now = shop.missing(counts);
    let next: { readonly pool: number; readonly gain: number; readonly cost: number } | undefined;
    for (const [pool, most] of shop.stock.entries()) {
      if (counts[pool]! >= most || shop.trials() <= 0) continue;
      const gain = now - shop.missing(withChange(counts, pool, 1));
      const cost = shop.costs[pool]!;
      if (gain > 0 && (next === undefined || gain * next.cost > next.gain * cost || (gain * next.cost === next.gain * cost && gain > next.gain))) next = { pool, gain, cost };
    }
    if (next === undefined) return counts;
    counts = several(shop, counts, next);
  }
  return counts;
}

/** One more of the pool, or half of what is missing where each of them helps like the first. */
function several(shop: Shop, counts: readonly number[], { pool, gain }: { readonly pool: number; readonly gain: number }): readonly number[] {
  const one = withChange(counts, pool, 1);
  const many = Math.min(Math.floor(shop.missing(counts) / gain / 2), shop.stock[pool]! - counts[pool]!);
  if (many < MANY || shop.trials() <= 0) return one;
  const more = withChange(counts, pool, many);
  return shop.missing(counts) - shop.missing(more) >= many * gain ? more : one;
}

/** Gives VMs back, dearest first, as long as no more have to wait: two after one, four after two, then back to the most that can be spared. */
export function pruned(shop: Shop, start: readonly number[]): readonly number[] {
  let counts = start;
  const dearest = shop.costs.map((cost, pool) => ({ cost, pool })).sort((one, other) => other.cost - one.cost || one.pool - other.pool);
  for (const { pool } of dearest) {
    let step = 1;
    for (let isGrowing = true; step > 0 && counts[pool]! > 0 && shop.trials() > 0; ) {
      const fewer = withChange(counts, pool, -Math.min(step, counts[pool]!));
      if (shop.missing(fewer) > shop.missing(counts)) {
        isGrowing = false;
        step >>= 1;
      } else {
        counts = fewer;
        step = isGrowing ? step * 2 : step >> 1;
      }
    }
  }
  return counts;
}

function withChange(counts: readonly number[], pool: number, change: number): readonly number[] {
  return counts.map((count, index) => (index === pool ? count + change : count));
}

/** Mixes that cost less than one that is known to do and no less than any can, cheapest first. */
export function cheaperMixes(shop: Shop, known: readonly number[], boundCentsPerHour: number): (readonly number[])[] {
  const limit = costOf(shop, known);
  const mixes: number[][] = [];
  let visited = 0;
  const extend = (counts: number[], cost: number): void => {
    if (visited >= MOST_MIXES) return;
    const pool = counts.length;
    if (pool === shop.stock.length) {
      visited += 1;
      // The bound is in fractions of a cent; what is a hair below it is at it.
      if (cost >= boundCentsPerHour - 1e-6) mixes.push(counts);
      return;
    }
    for (let count = 0; count <= shop.stock[pool]! && cost + count * shop.costs[pool]! < limit; count += 1) extend([...counts, count], cost + count * shop.costs[pool]!);
  };
  extend([], 0);
  return mixes.map((mix) => ({ mix, cost: costOf(shop, mix), size: mix.reduce((sum, count) => sum + count, 0) })).sort((one, other) => one.cost - other.cost || one.size - other.size).map(({ mix }) => mix);
}
