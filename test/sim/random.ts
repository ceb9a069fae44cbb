// All chance of a simulation: numbers that follow from a seed, and forks of them by name, so that one part's draws never shift another's.

export interface Chance {
  /** From 0 to 1, without 1. */
  fraction(): number;
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  /** True that often. */
  permille(share: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** An independent source that belongs to the name. */
  fork(name: string): Chance;
}

export function openChance(seed: string): Chance {
  let state = hash(seed);
  const fraction = (): number => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (least: number, most: number): number => least + Math.floor(fraction() * (most - least + 1));
  return {
    fraction,
    whole,
    permille: (share) => fraction() * 1000 < share,
    pick: (items) => items[whole(0, items.length - 1)]!,
    fork: (name) => openChance(`${seed}/${name}`),
  };
}

/** FNV-1a over UTF-16 units. */
function hash(text: string): number {
  let value = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 16_777_619) >>> 0;
  return value;
}
