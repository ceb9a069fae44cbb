// The order in which the index keeps hosts: in groups that no workload can tell apart by more than room and rack, cut into blocks of few hosts.
// Takes hosts with the numbers of their racks and sites; gives positions, blocks and groups. Computed once per fleet and policy.

import type { Host } from './model.ts';
import { byText } from './resources.ts';

/**
 * Blocks from `start` up to, but not including, `end`: hosts of one site that are alike in all that a workload may ask of a host but room, so
 * that it may use all of them that are open, or none.
 */
export interface HostGroup {
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
  /** A block lies in one rack. */
  readonly rackOfBlock: Int32Array;
  /** By block: which of `groups` it belongs to. */
  readonly groupOfBlock: Int32Array;
  /** Those of tier 0 first. */
  readonly groups: readonly HostGroup[];
}

/** A search looks at many blocks and at the hosts of a few. */
const HOSTS_PER_BLOCK = 20;

/** @param rackOf by host, unique across sites; @param siteOf by host */
export function fleetOrder(hosts: readonly Host[], rackOf: Int32Array, siteOf: Int32Array, privateFirst: boolean): FleetOrder {
  const tierOf = Uint8Array.from(hosts, ({ kind }) => (privateFirst && kind === 'cloud-vm' ? 1 : 0));
  const traits = numbered(hosts.map(traitsOf));
  const hostAt = Int32Array.from(hosts, (_, index) => index);
  hostAt.sort((one, other) => tierOf[one]! - tierOf[other]! || siteOf[one]! - siteOf[other]! || traits[one]! - traits[other]! || rackOf[one]! - rackOf[other]! || one - other);
  const blockOf = new Int32Array(hosts.length);
  const placeInBlock = new Uint8Array(hosts.length);
  const starts: number[] = [];
  const groups: { site: number; tier: 0 | 1; start: number; end: number }[] = [];
  for (const [position, host] of hostAt.entries()) {
    const before = position > 0 ? hostAt[position - 1]! : -1;
    const isSameGroup = before >= 0 && tierOf[before] === tierOf[host] && siteOf[before] === siteOf[host] && traits[before] === traits[host];
    const isSameBlock = isSameGroup && rackOf[before] === rackOf[host] && position - starts.at(-1)! < HOSTS_PER_BLOCK;
    if (!isSameGroup) groups.push({ site: siteOf[host]!, tier: tierOf[host] === 1 ? 1 : 0, start: starts.length, end: starts.length });
    if (!isSameBlock) {
      starts.push(position);
      groups.at(-1)!.end = starts.length;
    }
    blockOf[host] = starts.length - 1;
    placeInBlock[host] = position - starts.at(-1)!;
  }
  const groupOfBlock = new Int32Array(starts.length);
  for (const [at, { start, end }] of groups.entries()) groupOfBlock.fill(at, start, end);
  const rackOfBlock = Int32Array.from(starts, (position) => rackOf[hostAt[position]!]!);
  return { hostAt, tierOf, blockOf, placeInBlock, blocks: starts.length, blockStart: Int32Array.from([...starts, hosts.length]), rackOfBlock, groupOfBlock, groups };
}

/** All that rules ask of a host for some workloads and not for others. */
function traitsOf({ kind, environments, labels, taints }: Host): string {
  const sorted = Object.entries(labels).sort(([one], [other]) => byText(one, other));
  return JSON.stringify([kind, [...environments].sort(byText), sorted, [...taints].sort(byText)]);
}

/** Numbers equal texts alike, in the order of first appearance. */
function numbered(texts: readonly string[]): Int32Array {
  const seen = new Map<string, number>();
  return Int32Array.from(texts, (text) => {
    const known = seen.get(text) ?? seen.size;
    seen.set(text, known);
    return known;
  });
}
