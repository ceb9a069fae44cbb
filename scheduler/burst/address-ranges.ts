// A range of addresses for each VM, from what the operator set aside: the first that nothing else touches.
// Takes ranges as `10.60.0.0/16`; gives one, or how many are left. Text that is no range is refused where it comes in, not here.
import { toDotted, toInteger } from '../addresses.ts';

interface Span {
  readonly first: number;
  readonly last: number;
}

/** No supernet is searched further. */
const MOST_RANGES = 65_536;

function spanOf(cidr: string): Span {
  const [address = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(toInteger(address) / size) * size;
  return { first, last: first + size - 1 };
}

/** Every range of the supernet that touches none of those taken, lowest first. @param most stop after so many */
function freeRanges(supernet: string, prefix: number, taken: readonly string[], most: number): string[] {
  const whole = spanOf(supernet);
  const size = 2 ** (32 - prefix);
  const used = taken.map(spanOf).sort((one, other) => one.first - other.first);
  const free: string[] = [];
  let looked = 0;
  for (let first = whole.first; first + size - 1 <= whole.last && free.length < most && looked < MOST_RANGES; first += size) {
    looked += 1;
    const last = first + size - 1;
    if (!used.some((each) => each.first <= last && first <= each.last)) free.push(`${toDotted(first)}/${prefix}`);
  }
  return free;
}

/** Undefined when nothing is left. @param taken networks, hosts as `address/32`, and ranges of VMs that are not gone */
export function freeRange(supernet: string, prefix: number, taken: readonly string[]): string | undefined {
  return freeRanges(supernet, prefix, taken, 1)[0];
}

/** How many VMs could still get one. */
export function rangesLeft(supernet: string, prefix: number, taken: readonly string[]): number {
  return freeRanges(supernet, prefix, taken, MOST_RANGES).length;
}
