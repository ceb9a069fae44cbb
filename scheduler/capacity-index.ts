// Finds the exact best host for a replica without asking every host: the one that a full scan with all rules would choose.
// Takes a working copy and a demand; gives hosts, best first. Between two answers the caller may only occupy the host that was given
// and call took(). The trees behind it (room-trees.ts) outlive it: a decision costs no more than what changed since the last.
//
// Why it is exact: a score is the host's own part, which is the same for all workloads that take as much, plus parts that fall with the
// workload's replicas on the host, in its rack and in its site. So where the workload has no replica the largest own part wins, and the best of
// a site is the largest of all its hosts unless that one lies in a rack that holds the workload. Only then are racks looked at one by one.

import { type DemandView, eligibility } from './feasible.ts';
import type { FleetOrder, Stretch } from './fleet-order.ts';
import { countsOf, type Counts, type Overlay } from './overlay.ts';
import type { Base } from './prepare.ts';
import { entryOf, hostOfEntry, largest, roomTree, scoreOfEntry } from './room-trees.ts';
import { apartScore, spreadWorth } from './score.ts';

export interface Best {
  /** Index of the host in the base. */
  readonly host: number;
  /** As score() gives it. */
  readonly score: number;
}

export interface CapacityIndex {
  /** The best host that may take the replica now; undefined where none may. */
  readonly best: () => Best | undefined;
  /** To be called after the host that best() gave was occupied. */
  readonly took: (host: number) => void;
}

/** On a network of no more hosts than this, a replica that may keep its address there is tried on each of them. */
const FEW_HOSTS = 32;

/** @param without hosts to pass over; it is asked once for each host that would be chosen */
export function capacityIndex(state: Overlay, demand: DemandView, without?: (host: number) => boolean): CapacityIndex {
  const search = new Search(state, demand);
  return {
    best: () => {
      for (;;) {
        const found = search.best();
        if (found === undefined || without === undefined || !without(found.host)) return found;
        search.pass(found.host);
      }
    },
    took: (host) => search.include(host),
  };
}

class Search {
  readonly #state: Overlay;
  readonly #demand: DemandView;
  readonly #base: Base;
  readonly #order: FleetOrder;
  readonly #counts: Counts;
  readonly #worth: number;
  readonly #passed = new Set<number>();
  /** Positions of hosts that hold the workload or are passed over, and starts of their racks by tier: ascending, made when first needed. */
  #apartHosts: number[] | undefined;
  #apartRacks: Stretch[] | undefined;
  #entries: Float64Array = new Float64Array(0);
  #bestScore = -1;
  #bestHost = -1;

  constructor(state: Overlay, demand: DemandView) {
    this.#state = state;
    this.#demand = demand;
    this.#base = state.base;
    this.#order = state.base.order;
    this.#counts = countsOf(state, demand.workload.id);
    this.#worth = spreadWorth(state.base.snapshot.policy.weights, demand.spreadPermille);
  }

  best(): Best | undefined {
    const { workload, charge, keepsAddressOn } = this.#demand;
    const suits = eligibility(this.#base, workload);
    const kept = keepsAddressOn === null ? [] : (this.#base.hostsOnNetwork.get(keepsAddressOn) ?? []);
    const isLarge = kept.length > FEW_HOSTS;
    this.#entries = roomTree(this.#state.trees, suits, charge, isLarge ? keepsAddressOn : null);
    this.#bestScore = -1;
    this.#bestHost = -1;
    for (const [tier, sites] of this.#order.tiers.entries()) {
      if (!isLarge) this.#tryKept(kept, tier);
      for (const stretch of sites) this.#searchSite(stretch.site, stretch);
      if (this.#bestHost >= 0) return { host: this.#bestHost, score: this.#bestScore };
    }
    return undefined;
  }

  /** A host is no longer to be chosen. */
  pass(host: number): void {
    this.#passed.add(host);
    this.include(host);
  }

  /** A host holds the workload now, or is passed over. */
  include(host: number): void {
    const position = this.#order.positionOf[host]!;
    if (this.#apartHosts !== undefined) {
      const at = lowerBound(this.#apartHosts, position);
      if (this.#apartHosts[at] !== position) this.#apartHosts.splice(at, 0, position);
    }
    if (this.#apartRacks !== undefined) this.#includeRack(this.#apartRacks, this.#base.rackOf[host]!);
  }

  #includeRack(racks: Stretch[], rack: number): void {
    for (const tier of [0, 1]) {
      const start = this.#order.rackStart[tier * this.#base.racks + rack]!;
      const end = this.#order.rackEnd[tier * this.#base.racks + rack]!;
      const at = racks.findIndex((each) => each.start >= start);
      if (end > start && racks[at]?.start !== start) racks.splice(at < 0 ? racks.length : at, 0, { start, end });
    }
  }

  #offer(score: number, host: number): void {
    if (score < this.#bestScore || (score === this.#bestScore && host > this.#bestHost)) return;
    this.#bestScore = score;
    this.#bestHost = host;
  }

  /** The hosts on which the replica would keep its address, where they are few: each by itself, since the tree does not know of it. */
  #tryKept(hosts: readonly number[], tier: number): void {
    const { workload, charge, keepsAddressOn } = this.#demand;
    for (const host of hosts) {
      if (this.#order.tierOf[host] !== tier || this.#passed.has(host)) continue;
      const rack = this.#inRack(this.#base.rackOf[host]!);
      const site = this.#inSite(this.#base.siteOf[host]!);
      const { perRack, perSite } = this.#demand.caps;
      if (rack >= (perRack ?? Infinity) || site >= (perSite ?? Infinity)) continue;
      this.#offerHost(host, entryOf(this.#base, this.#state, eligibility(this.#base, workload), charge, keepsAddressOn, host), apartScore(this.#worth, 'rack', rack) + apartScore(this.#worth, 'site', site));
    }
  }

  #searchSite(site: number, stretch: Stretch): void {
    const { perHost = Infinity, perRack = Infinity, perSite = Infinity } = this.#demand.caps;
    const inSite = this.#inSite(site);
    if (inSite >= perSite || perHost < 1) return;
    const siteScore = apartScore(this.#worth, 'site', inSite);
    const fresh = siteScore + apartScore(this.#worth, 'host', 0) + apartScore(this.#worth, 'rack', 0);
    const entry = largest(this.#entries, stretch.start, stretch.end);
    if (entry < 0) return;
    const score = scoreOfEntry(this.#base, entry) + fresh;
    const host = hostOfEntry(this.#base, entry);
    // No host of the site can have more.
    if (score < this.#bestScore) return;
    if (perRack >= 1 && this.#inRack(this.#base.rackOf[host]!) === 0 && !this.#passed.has(host)) this.#offer(score, host);
    else this.#searchRacks(stretch, siteScore, fresh, perRack);
  }

  /** The racks of one site that hold the workload one by one, and what lies between them. */
  #searchRacks(site: Stretch, siteScore: number, fresh: number, perRack: number): void {
    const racks = (this.#apartRacks ??= this.#racksApart());
    let from = site.start;
    for (const rack of racks) {
      if (rack.start < site.start) continue;
      if (rack.start >= site.end) break;
      if (perRack >= 1) this.#offerFresh(from, rack.start, fresh);
      from = rack.end;
      const inRack = this.#inRack(this.#base.rackOf[this.#order.hostAt[rack.start]!]!);
      if (inRack < perRack) this.#searchRack(rack, siteScore + apartScore(this.#worth, 'rack', inRack));
    }
    if (perRack >= 1) this.#offerFresh(from, site.end, fresh);
  }

  #searchRack(rack: Stretch, domainScore: number): void {
    const fresh = domainScore + apartScore(this.#worth, 'host', 0);
    const entry = largest(this.#entries, rack.start, rack.end);
    if (entry < 0 || scoreOfEntry(this.#base, entry) + fresh < this.#bestScore) return;
    const hosts = (this.#apartHosts ??= this.#hostsApart());
    let from = rack.start;
    for (let at = lowerBound(hosts, rack.start); at < hosts.length && hosts[at]! < rack.end; at += 1) {
      const position = hosts[at]!;
      this.#offerFresh(from, position, fresh);
      from = position + 1;
      const host = this.#order.hostAt[position]!;
      if (!this.#passed.has(host)) this.#offerHost(host, this.#entries[this.#order.hostAt.length + position]!, domainScore);
    }
    this.#offerFresh(from, rack.end, fresh);
  }

  /** The best of hosts that hold nothing of the workload. */
  #offerFresh(start: number, end: number, domains: number): void {
    const entry = largest(this.#entries, start, end);
    if (entry >= 0) this.#offer(scoreOfEntry(this.#base, entry) + domains, hostOfEntry(this.#base, entry));
  }

  #offerHost(host: number, entry: number, domainScore: number): void {
    const onHost = this.#onHost(host);
    if (entry < 0 || onHost >= (this.#demand.caps.perHost ?? Infinity)) return;
    this.#offer(scoreOfEntry(this.#base, entry) + domainScore + apartScore(this.#worth, 'host', onHost), host);
  }

  #hostsApart(): number[] {
    const hosts = new Set(this.#passed);
    for (const [host, count] of this.#counts.host) if (count > 0) hosts.add(host);
    return [...hosts].map((host) => this.#order.positionOf[host]!).sort((one, other) => one - other);
  }

  #racksApart(): Stretch[] {
    const racks = new Set([...this.#passed].map((host) => this.#base.rackOf[host]!));
    for (const [rack, count] of this.#counts.rack) if (count > 0) racks.add(rack);
    const stretches: Stretch[] = [];
    for (const rack of racks) {
      for (const tier of [0, this.#base.racks]) {
        const start = this.#order.rackStart[tier + rack]!;
        const end = this.#order.rackEnd[tier + rack]!;
        if (end > start) stretches.push({ start, end });
      }
    }
    return stretches.sort((one, other) => one.start - other.start);
  }

  #onHost(host: number): number {
    const count = this.#counts.host.get(host) ?? 0;
    return count > 0 && host === this.#demand.leaving ? count - 1 : count;
  }

  #inRack(rack: number): number {
    const { leaving } = this.#demand;
    const count = this.#counts.rack.get(rack) ?? 0;
    return count > 0 && leaving !== undefined && this.#base.rackOf[leaving] === rack ? count - 1 : count;
  }

  #inSite(site: number): number {
    const { leaving } = this.#demand;
    const count = this.#counts.site.get(site) ?? 0;
    return count > 0 && leaving !== undefined && this.#base.siteOf[leaving] === site ? count - 1 : count;
  }
}

/** Index of the first value that is not below `value`. */
function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
