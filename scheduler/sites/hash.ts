// Numbers that look random and are the same each time: of a text, of a client's bytes, of two of them together.
// 32 bits each. Not for secrets: whoever knows the code can compute them.

/** FNV-1a over bytes or the code units of a text, then mixed. */
export function hashOf(value: string | readonly number[], seed = 0): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let index = 0; index < value.length; index += 1) {
    const part = typeof value === 'string' ? value.charCodeAt(index) : value[index]!;
    hash = Math.imul(hash ^ part, 0x01000193) >>> 0;
  }
  return mix(hash);
}

/** One number of two, each bit of which depends on each bit of both. */
export const together = (one: number, other: number): number => mix((one ^ Math.imul(other, 0x9e3779b1)) >>> 0);

/** The finishing rounds of MurmurHash3. */
function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
