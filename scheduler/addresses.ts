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

/** Gives the free addresses of a range, lowest first, each once; undefined when there is none left. */
export function addressSource(range: AddressRange): () => string | undefined {
  let candidate = range.first;
  let position = 0;
  return () => {
    while (position < range.taken.length && range.taken[position] === candidate) {
      position += 1;
      candidate += 1;
    }
    if (candidate > range.last) return undefined;
    candidate += 1;
    return toDotted(candidate - 1);
  };
}
