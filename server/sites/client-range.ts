// Addresses and ranges of clients as text and as bytes. An IPv4 address in IPv6 clothes is an IPv4 address.
import ipaddr from 'ipaddr.js';
import type { ClientRange } from '#scheduler/sites/model.ts';

/** @returns undefined for what is no address; a zone (`%eth0`) is dropped */
export function addressBytes(text: string): number[] | undefined {
  const plain = text.split('%')[0]!;
  if (!ipaddr.isValid(plain)) return undefined;
  return ipaddr.process(plain).toByteArray();
}

/** @returns undefined for what is no range */
export function rangeOf(text: string, site: string): ClientRange | undefined {
  if (!ipaddr.isValidCIDR(text)) return undefined;
  const [address, bits] = ipaddr.parseCIDR(text);
  return { bytes: address.toByteArray(), bits, site };
}

/** Whether an address is in one of the ranges. */
export function isWithin(address: string, ranges: readonly string[]): boolean {
  const plain = address.split('%')[0]!;
  if (!ipaddr.isValid(plain)) return false;
  const parsed = ipaddr.process(plain);
  return ranges.some((range) => {
    const [network, bits] = ipaddr.parseCIDR(range);
    return network.kind() === parsed.kind() && parsed.match(network, bits);
  });
}
