// IPv4 ranges: what lies in one, and whether two overlap.
import ipaddr from 'ipaddr.js';

export interface Range {
  readonly first: number;
  readonly last: number;
}

/** @param cidr checked by the contract already */
export function rangeOf(cidr: string): Range {
  return { first: toNumber(ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()), last: toNumber(ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString()) };
}

/** The range as it is written when nothing but the network's bits are set. */
export function normalCidr(cidr: string): string {
  return `${ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()}/${cidr.split('/')[1]}`;
}

export function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((value, octet) => value * 256 + octet, 0);
}

export function toAddress(value: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.');
}

export const overlap = (one: Range, other: Range): boolean => one.first <= other.last && other.first <= one.last;

export function isWithin(address: string, range: Range): boolean {
  const value = toNumber(address);
  return value >= range.first && value <= range.last;
}
