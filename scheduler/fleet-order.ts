// The order in which the index keeps hosts: by tier, then site, then rack, cut into blocks of few hosts that lie in one rack.
// Takes hosts with the numbers of their racks and sites; gives positions and blocks. Computed once per fleet and policy.

import type { Host } from './model.ts';

/** Blocks from `start` up to, but not including, `end`: the hosts of a site that belong to one tier. */
export interface SiteBlocks {
  readonly site: number;
  /** Hosts of tier 1 are asked only when none of tier 0 may take a replica: cloud hosts, where the policy wants own hosts first. */
  readonly tier: 0 | 1;
  readonly start: number;
  readonly end: number;
}

export interface FleetOrder {
  /** Host index by position. */
  readonly hostAt: Int32Array;
  /** By host index: 0 or 1. */
  readonly tierOf: Uint8Array;
  readonly blockOf: Int32Array;
  /** By host index: which host of its block it is, counted from 0. */
  readonly placeInBlock: Uint8Array;
  readonly blocks: number;
  /** By block: its first position; one more entry says where the last block ends. */
  readonly blockStart: Int32Array;
  readonly rackOfBlock: Int32Array;
  /** By block: which of `sites` it belongs to. */
  readonly siteAtBlock: Int32Array;
  /** Those of tier 0 first. */
  readonly sites: readonly SiteBlocks[];
}

/** Every search looks at all blocks and at the hosts of a few: about the square root of a large fleet is right for both. */
const HOSTS_PER_BLOCK = 20;

/** @param rackOf by host, unique across sites; @param siteOf by host */
export function fleetOrder(hosts: readonly Host[], rackOf: Int32Array, siteOf: Int32Array, privateFirst: boolean): FleetOrder {
  const tierOf = Uint8Array.from(hosts, ({ kind }) => (privateFirst && kind === 'cloud-vm' ? 1 : 0));
  const hostAt = Int32Array.from(hosts, (_, index) => index);
  hostAt.sort((one, other) => tierOf[one]! - tierOf[other]! || siteOf[one]! - siteOf[other]! || rackOf[one]! - rackOf[other]! || one - other);
  const blockOf = new Int32Array(hosts.length);
  const placeInBlock = new Uint8Array(hosts.length);
  const starts: number[] = [];
  const sites: { site: number; tier: 0 | 1; start: number; end: number }[] = [];
  for (const [position, host] of hostAt.entries()) {
    const before = position > 0 ? hostAt[position - 1]! : -1;
    const isSameSite = before >= 0 && tierOf[before] === tierOf[host] && siteOf[before] === siteOf[host];
    const isSameBlock = isSameSite && rackOf[before] === rackOf[host] && position - starts.at(-1)! < HOSTS_PER_BLOCK;
    if (!isSameSite) sites.push({ site: siteOf[host]!, tier: tierOf[host] === 1 ? 1 : 0, start: starts.length, end: starts.length });
    if (!isSameBlock) {
      starts.push(position);
      sites.at(-1)!.end = starts.length;
    }
    blockOf[host] = starts.length - 1;
    placeInBlock[host] = position - starts.at(-1)!;
  }
  const siteAtBlock = new Int32Array(starts.length);
  for (const [at, { start, end }] of sites.entries()) siteAtBlock.fill(at, start, end);
  const rackOfBlock = Int32Array.from(starts, (position) => rackOf[hostAt[position]!]!);
  return { hostAt, tierOf, blockOf, placeInBlock, blocks: starts.length, blockStart: Int32Array.from([...starts, hosts.length]), rackOfBlock, siteAtBlock, sites };
}
