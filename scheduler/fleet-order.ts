// The order in which the index keeps hosts: by tier, then site, then rack, so that each of them is one stretch of positions.
// Takes hosts with the numbers of their racks and sites; gives positions and stretches. Computed once per fleet and policy.

import type { Host } from './model.ts';

/** Positions from `start` up to, but not including, `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

export interface SiteStretch extends Stretch {
  readonly site: number;
}

export interface FleetOrder {
  /** Host index by position, and position by host index. */
  readonly hostAt: Int32Array;
  readonly positionOf: Int32Array;
  /** By host index: 0 or 1. */
  readonly tierOf: Uint8Array;
  /** By tier: hosts of tier 1 are asked only when none of tier 0 may take a replica. Cloud hosts, where the policy wants own hosts first. */
  readonly tiers: readonly (readonly SiteStretch[])[];
  /** By tier x racks + rack: where the rack's hosts of that tier lie; empty where it has none. */
  readonly rackStart: Int32Array;
  readonly rackEnd: Int32Array;
}

/** @param racks how many racks there are; both numberings count from 0 */
export function fleetOrder(hosts: readonly Host[], rackOf: Int32Array, siteOf: Int32Array, racks: number, privateFirst: boolean): FleetOrder {
  const tierOf = Uint8Array.from(hosts, ({ kind }) => (privateFirst && kind === 'cloud-vm' ? 1 : 0));
  const hostAt = Int32Array.from(hosts, (_, index) => index);
  hostAt.sort((one, other) => tierOf[one]! - tierOf[other]! || siteOf[one]! - siteOf[other]! || rackOf[one]! - rackOf[other]! || one - other);
  const positionOf = new Int32Array(hosts.length);
  const rackStart = new Int32Array(2 * racks);
  const rackEnd = new Int32Array(2 * racks);
  const tiers: { site: number; start: number; end: number }[][] = [[], []];
  for (const [position, host] of hostAt.entries()) {
    positionOf[host] = position;
    const stretch = tierOf[host]! * racks + rackOf[host]!;
    if (rackEnd[stretch] === 0) rackStart[stretch] = position;
    rackEnd[stretch] = position + 1;
    const sites = tiers[tierOf[host]!]!;
    const last = sites.at(-1);
    if (last !== undefined && last.site === siteOf[host]) last.end = position + 1;
    else sites.push({ site: siteOf[host]!, start: position, end: position + 1 });
  }
  return { hostAt, positionOf, tierOf, tiers, rackStart, rackEnd };
}
