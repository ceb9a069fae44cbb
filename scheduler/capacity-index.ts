// Finds the exact best host for many equal replicas of one workload without asking every host each time.
// Takes a working copy and a demand; gives the host that a full scan with all rules would choose. It holds for one run of equal
// replicas: between two answers the caller may only occupy the host that was given and call took().
//
// Why it is exact: the score is a host's own part plus a part that its whole rack shares (score.ts). Within a rack the order is
// that of the own parts, and a placement changes the own part of one host only. So it is enough to keep the best host of each
// rack, compare racks, and look again at the one rack that changed.

import { type DemandView, eligibility } from './feasible.ts';
import { countsOf, type Overlay } from './overlay.ts';
import { domainScore, hostScore } from './score.ts';

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

/** Hosts of one rack that are alike in the order of preference: own hosts and cloud hosts of a rack are two groups. */
interface Group {
  readonly hosts: number[];
  readonly rack: number;
  readonly site: number;
  /** 1 for cloud hosts where the policy wants own hosts first, else 0. */
  readonly tier: number;
  /** The best member, or -1 where no member may take the replica. */
  leader: number;
}

const NO_CAP = Number.POSITIVE_INFINITY;

/** Builds the index over the hosts that may take the demand. O(eligible hosts) to build, O(racks + hosts of a rack) an answer. */
export function capacityIndex(state: Overlay, demand: DemandView, without?: (host: number) => boolean): CapacityIndex {
  const { base } = state;
  const { weights, privateFirst } = base.snapshot.policy;
  const counts = countsOf(state, demand.workload.id);
  const { perHost = NO_CAP, perRack = NO_CAP, perSite = NO_CAP } = demand.caps;
  const own = new Float64Array(base.hosts.length).fill(-1);
  const groups: Group[] = [];
  const groupAt = new Map<number, Group>();

  const hasAddress = (host: number) => {
    const network = base.networkOf[host]!;
    return base.hosts[host]!.networkId === demand.keepsAddressOn || (network >= 0 && state.addressesFree[network]! > 0);
  };
  const valuate = (host: number) => {
    const here = counts.host.get(host) ?? 0;
    const fits = demand.charge.cpuMilli <= state.freeCpu[host]! && demand.charge.memoryMib <= state.freeMemory[host]! && here < perHost;
    own[host] = fits ? hostScore(state, host, demand, here) : -1;
  };
  const lead = (group: Group) => {
    group.leader = -1;
    for (const host of group.hosts) {
      // Hosts ascend by id, so the first of equals stays.
      if (own[host]! > (group.leader < 0 ? -1 : own[group.leader]!) && hasAddress(host)) group.leader = host;
    }
  };

  for (const host of eligibility(base, demand.workload).open) {
    if (without?.(host) === true) continue;
    valuate(host);
    if (own[host]! < 0) continue;
    const tier = privateFirst && base.hosts[host]!.kind === 'cloud-vm' ? 1 : 0;
    const key = base.rackOf[host]! * 2 + tier;
    const group = groupAt.get(key) ?? { hosts: [], rack: base.rackOf[host]!, site: base.siteOf[host]!, tier, leader: -1 };
    if (group.hosts.length === 0) {
      groupAt.set(key, group);
      groups.push(group);
    }
    group.hosts.push(host);
  }
  for (const group of groups) lead(group);

  const best = () => {
    let chosen: Best | undefined;
    let chosenTier = 0;
    for (const group of groups) {
      // Another host of the same network may have taken its last address.
      if (group.leader >= 0 && !hasAddress(group.leader)) lead(group);
      const inRack = counts.rack.get(group.rack) ?? 0;
      const inSite = counts.site.get(group.site) ?? 0;
      if (group.leader < 0 || inRack >= perRack || inSite >= perSite) continue;
      const score = own[group.leader]! + domainScore(weights, inRack, inSite);
      const better =
        chosen === undefined ||
        group.tier < chosenTier ||
        (group.tier === chosenTier && (score > chosen.score || (score === chosen.score && group.leader < chosen.host)));
      if (better) {
        chosen = { host: group.leader, score };
        chosenTier = group.tier;
      }
    }
    return chosen;
  };
  const took = (host: number) => {
    valuate(host);
    for (const tier of [0, 1]) {
      const group = groupAt.get(base.rackOf[host]! * 2 + tier);
      if (group !== undefined) lead(group);
    }
  };
  return { best, took };
}
