// Finds the exact best host for many equal replicas of one workload without asking every host each time.
// Takes a working copy and a demand; gives the host that a full scan with all rules would choose. It holds for one run of equal
// replicas: between two answers the caller may only occupy the host that was given and call took().
//
// Why it is exact: the score is a host's own part plus a part that its whole rack shares (score.ts). Within a rack the order is
// that of the own parts, and a placement changes the own part of one host only. So it is enough to keep the best host of each
// rack, compare racks, and look again at the one rack that changed.

import { type DemandView, eligibility } from './feasible.ts';
import { countsOf, type Overlay } from './overlay.ts';
import { apartScore, ownScore, spreadWorth } from './score.ts';

export interface Best {
  /** Index of the host in the base. */
  readonly host: number;
  /** 0..SCORE_SCALE */
  readonly score: number;
}

export interface CapacityIndex {
  /** The best host that may take the replica now; undefined where none may. */
  readonly best: () => Best | undefined;
  /** To be called after the host that best() gave was occupied. */
  readonly took: (host: number) => void;
}

const NO_CAP = Number.POSITIVE_INFINITY;

/**
 * Builds the index over the hosts that may take the demand. O(eligible hosts) to build, O(racks + hosts of a rack) an answer.
 * @param without hosts to pass over
 */
export function capacityIndex(state: Overlay, demand: DemandView, without?: (host: number) => boolean): CapacityIndex {
  const { base } = state;
  const worth = spreadWorth(base.snapshot.policy.weights, demand.spreadPermille);
  const { groups, groupOf } = eligibility(base, demand.workload);
  const counts = countsOf(state, demand.workload.id);
  const { leaving } = demand;
  const inDomain = (known: ReadonlyMap<number, number>, domain: number, left: number | undefined) => (known.get(domain) ?? 0) - (left === domain ? 1 : 0);
  const leftRack = leaving === undefined ? undefined : base.rackOf[leaving]!;
  const leftSite = leaving === undefined ? undefined : base.siteOf[leaving]!;
  const { perHost = NO_CAP, perRack = NO_CAP, perSite = NO_CAP } = demand.caps;
  const own = new Float64Array(base.hosts.length);
  // The best member of each group, or -1 where none may take the replica.
  const leaders = new Int32Array(groups.length);

  const hasAddress = (host: number) => {
    const network = base.networkOf[host]!;
    if (network >= 0 && state.addressesFree[network]! > 0) return true;
    return demand.keepsAddressOn !== null && base.hosts[host]!.networkId === demand.keepsAddressOn;
  };
  const mayOpen = (host: number) => {
    const { kind, costCentsPerHour } = base.hosts[host]!;
    const { mostCentsPerHour } = demand.cloud;
    return mostCentsPerHour === null || kind !== 'cloud-vm' || state.replicaCount[host]! > 0 || state.cloudCentsPerHour + costCentsPerHour <= mostCentsPerHour;
  };
  const valuate = (host: number) => {
    const here = inDomain(counts.host, host, leaving);
    const fits = demand.charge.cpuMilli <= state.freeCpu[host]! && demand.charge.memoryMib <= state.freeMemory[host]! && here < perHost;
    own[host] = fits && mayOpen(host) ? ownScore(state, host, demand.charge, base.hosts[host]!.networkId === demand.keepsAddressOn) + apartScore(worth, 'host', here) : -1;
  };
  const lead = (group: number) => {
    let leader = -1;
    for (const host of groups[group]!.hosts) {
      // Hosts ascend by id, so the first of equals stays.
      if (own[host]! > (leader < 0 ? -1 : own[leader]!) && hasAddress(host)) leader = host;
    }
    leaders[group] = leader;
  };
  const passed = new Set(without === undefined ? [] : groups.flatMap(({ hosts }) => hosts.filter(without)));
  const valuateAll = () => {
    for (let group = 0; group < groups.length; group += 1) {
      for (const host of groups[group]!.hosts) {
        if (passed.has(host)) own[host] = -1;
        else valuate(host);
      }
      lead(group);
    }
  };
  valuateAll();

  const best = () => {
    let chosen = -1;
    let chosenScore = -1;
    let chosenTier = 2;
    for (const [index, group] of groups.entries()) {
      // Another host of the same network may have taken its last address.
      if (leaders[index]! >= 0 && !hasAddress(leaders[index]!)) lead(index);
      const leader = leaders[index]!;
      if (leader < 0 || group.tier > chosenTier) continue;
      const inRack = inDomain(counts.rack, group.rack, leftRack);
      const inSite = inDomain(counts.site, group.site, leftSite);
      if (inRack >= perRack || inSite >= perSite) continue;
      const score = own[leader]! + apartScore(worth, 'rack', inRack) + apartScore(worth, 'site', inSite);
      if (group.tier < chosenTier || score > chosenScore || (score === chosenScore && leader < chosen)) {
        chosen = leader;
        chosenScore = score;
        chosenTier = group.tier;
      }
    }
    return chosen < 0 ? undefined : { host: chosen, score: chosenScore };
  };
  const took = (host: number) => {
    // A cloud host that came into use may leave no money for any other.
    if (demand.cloud.mostCentsPerHour !== null) return valuateAll();
    valuate(host);
    lead(groupOf[host]!);
  };
  return { best, took };
}
