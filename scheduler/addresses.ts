// IPv4 addresses as integers, and which of a network's addresses is free.
// Takes dotted strings, gives dotted strings; integers stay inside the scheduler. Throws on text that is no address, since the
// server checks every address before it is stored.

import type { Network } from './model.ts';

/** A network's range and what is held in it, as integers. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
  /** Held, quarantined or excluded addresses within the range: ascending, each once. */
  readonly taken: Float64Array;
}

/** 10.1.0.9 -> 167837705. @throws RangeError when the text is not four octets. */
export function toInteger(address: string): number {
  const parts = address.split('.');
  let value = 0;
  for (const part of parts) {
    const octet = Number(part);
    if (!/^\d{1,3}$/.test(part) || octet > 255) throw new RangeError(`address is "${address}": it must be four numbers of 0..255 with dots between them`);
    value = value * 256 + octet;
  }
  if (parts.length !== 4) throw new RangeError(`address is "${address}": it must be four numbers of 0..255 with dots between them`);
  return value;
}

/** 167837705 -> 10.1.0.9. */
export function toDotted(value: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.');
}

/**
 * The range of a network with everything that is held in it.
 * @param held addresses of replicas that are recorded on the network; they count even where `taken` forgets them
 */
export function addressRange(network: Network, held: readonly number[]): AddressRange {
  const first = toInteger(network.first);
  const last = toInteger(network.last);
  const within = new Set<number>();
  for (const address of network.taken) within.add(toInteger(address));
  for (const address of held) within.add(address);
  const taken = Float64Array.from([...within].filter((address) => address >= first && address <= last)).sort();
  return { first, last, taken };
}

/** How many addresses nobody holds. */
export function freeAddresses(range: AddressRange): number {
  return Math.max(0, range.last - range.first + 1 - range.taken.length);
}

/** The range with more addresses taken. @param fresh in any order; those that are taken already change nothing */
export function insertTaken({ first, last, taken }: AddressRange, fresh: readonly number[]): AddressRange {
  const sorted = Float64Array.from(new Set(fresh)).sort();
  const merged = new Float64Array(taken.length + sorted.length);
  let length = 0;
  let from = 0;
  for (const address of sorted) {
    const at = lowerBound(taken, address);
    merged.set(taken.subarray(from, at), length);
    length += at - from;
    from = at;
    if (taken[at] === address) continue;
    merged[length] = address;
    length += 1;
  }
  merged.set(taken.subarray(from), length);
  return { first, last, taken: merged.subarray(0, length + taken.length - from) };
}

/** Index of the first value that is not below `value`; the length where all are. @param sorted ascending */
export function lowerBound(sorted: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Gives the free addresses of a range, lowest first, each once; undefined when there is none left. */
export function addressSource({ first, last, taken }: AddressRange): () => string | undefined {
  let candidate = first;
  let position = 0;
  return () => {
    if (taken[position] === candidate) {
      // Addresses are given from below, so a long run without a gap is the rule: its end is found by halving.
      let low = position;
      let high = taken.length;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (middle - position === taken[middle]! - taken[position]!) low = middle;
        else high = middle;
      }
      candidate = taken[low]! + 1;
      position = low + 1;
    }
    if (candidate > last) return undefined;
    candidate += 1;
    return toDotted(candidate - 1);
  };
}
