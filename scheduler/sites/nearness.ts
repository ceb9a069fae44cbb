// Which site is the nearest to a client: the one with the longest range that holds its address. Takes ranges once; gives a look-up that costs one
// step for each length of range in use. Addresses are bytes; a client of one family never matches a range of the other.
import type { ClientRange } from './model.ts';

export type Nearest = (client: readonly number[]) => string | null;

/** Of two ranges that are alike the first one counts. */
export function openNearness(ranges: readonly ClientRange[]): Nearest {
  const byLength = new Map<string, { readonly bytes: number; readonly bits: number; readonly sites: Map<string, string> }>();
  for (const { bytes, bits, site } of ranges) {
    const length = `${bytes.length}/${bits}`;
    const group = byLength.get(length) ?? { bytes: bytes.length, bits, sites: new Map<string, string>() };
    const key = prefix(bytes, bits);
    if (!group.sites.has(key)) group.sites.set(key, site);
    byLength.set(length, group);
  }
  const groups = [...byLength.values()].sort((one, other) => other.bits - one.bits);
  return (client) => {
    for (const { bytes, bits, sites } of groups) {
      if (bytes !== client.length) continue;
      const site = sites.get(prefix(client, bits));
      if (site !== undefined) return site;
    }
    return null;
  };
}

function prefix(bytes: readonly number[], bits: number): string {
  const whole = bits >> 3;
  const rest = bits & 7;
  let text = '';
  for (let index = 0; index < whole; index += 1) text += String.fromCharCode(bytes[index]!);
  return rest === 0 ? text : text + String.fromCharCode(bytes[whole]! & (0xff << (8 - rest)));
}
