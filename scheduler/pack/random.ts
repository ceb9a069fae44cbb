// Chance that is no chance: a generator whose whole sequence follows from its seed, the same on every machine.

/** A figure in [0, 1) at each call. */
export type Random = () => number;

/** Tommy Ettinger's design, public domain: 32 bits of state are plenty for a search of seconds. Not for secrets. @param seed any integer */
export function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The same from another start, for the search of a packing: recorded packings follow from it, so it stays. @param seed any integer */
export function seeded(seed: number): Random {
  return mulberry32(seed ^ 0x9e3779b9);
}
