// A map that follows from an earlier one by a few entries: without copying it, and without changing it for whoever still reads it.
// Takes an earlier map and entries; gives a map. Entries are never taken out: whoever needs that copies.

/** Entries above the bottom before both are copied into one: reading looks at one small map more until then. */
const MOST_ABOVE = 64;

/** @returns `before` with these entries; those with new keys come last, in their order */
export function withEntries<K, V>(before: ReadonlyMap<K, V>, entries: readonly (readonly [K, V])[]): ReadonlyMap<K, V> {
  if (entries.length === 0) return before;
  const [below, above] = before instanceof LayeredMap ? [before.below as ReadonlyMap<K, V>, before.above as ReadonlyMap<K, V>] : [before, undefined];
  if ((above?.size ?? 0) + entries.length > MOST_ABOVE) return new Map([...before, ...entries]);
  return new LayeredMap(below, new Map([...(above ?? []), ...entries]));
}

class LayeredMap<K, V> implements ReadonlyMap<K, V> {
  readonly below: ReadonlyMap<K, V>;
  readonly above: ReadonlyMap<K, V>;
  readonly size: number;

  constructor(below: ReadonlyMap<K, V>, above: ReadonlyMap<K, V>) {
    this.below = below;
    this.above = above;
    let fresh = 0;
    for (const key of above.keys()) if (!below.has(key)) fresh += 1;
    this.size = below.size + fresh;
  }

  get(key: K): V | undefined {
    return this.above.has(key) ? this.above.get(key) : this.below.get(key);
  }

  has(key: K): boolean {
    return this.above.has(key) || this.below.has(key);
  }

  *entries(): MapIterator<[K, V]> {
    for (const [key, value] of this.below) yield [key, this.above.has(key) ? this.above.get(key)! : value];
    for (const entry of this.above) if (!this.below.has(entry[0])) yield entry;
  }

  *keys(): MapIterator<K> {
    yield* this.below.keys();
    for (const key of this.above.keys()) if (!this.below.has(key)) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(each: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) each(value, key, this);
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }
}
