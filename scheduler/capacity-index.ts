// Finds the exact best host for a replica without asking every host: the one that a full scan with all rules would choose.
// Takes a working copy and a demand; gives hosts, best first. What is behind it (room-index.ts) outlives it, so that a decision costs little
// more than what changed since the last.
//
// Why it is exact: a score is the host's own part, which is the same for all workloads that take as much, plus parts that fall with the
// workload's replicas in its site, in its rack and on the host. The first two are shared by all hosts of a block. So the best of a block is the
// host with the largest own part, unless the block holds a replica of the workload: such a block is looked through, host by host.

import { type DemandView, eligibility } from './feasible.ts';
import type { FailureDomain } from './model.ts';
import { type Counts, countsOf, type Overlay } from './overlay.ts';
import type { Base, Eligibility } from './prepare.ts';
import { entryOf, keptEntry, type Ranking, ranking, refresh, type RoomIndex } from './room-index.ts';
import { apartScore, spreadWorth } from './score.ts';

export interface Best {
  /** Index of the host in the base. */
  readonly host: number;
  /** As score() gives it. */
  readonly score: number;
}

export interface CapacityIndex {
  /** The best host that may take the replica as rooms and counts are now; undefined where none may. */
  readonly best: () => Best | undefined;
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
        search.passed.add(found.host);
      }
    },
  };
}

class Search {
  readonly passed = new Set<number>();
  readonly #state: Overlay;
  readonly #demand: DemandView;
  readonly #base: Base;
  readonly #index: RoomIndex;
  readonly #counts: Counts;
  readonly #suits: Eligibility;
  /** Network of the kept address, where the ranking is to know of it: where many hosts are on it. */
  readonly #keeps: string | null;
  /** Hosts on which the address would be kept and of which the ranking does not know. */
  readonly #kept: readonly number[];
  readonly #worth: number;
  /** What a score counts in entries: see Ranking. */
  readonly #unit: number;
  readonly #freshHost: number;
  /** Entry of the best host so far, with what its domains add. */
  #best = -1;
  /** Blocks that may hold a better host but must be looked through for it. */
  readonly #later: number[] = [];
  readonly #markedRacks: number[] = [];
  readonly #markedBlocks: number[] = [];

  constructor(state: Overlay, demand: DemandView) {
    const { base } = state;
    const { keepsAddressOn } = demand;
    const kept = keepsAddressOn === null ? [] : (base.hostsOnNetwork.get(keepsAddressOn) ?? []);
    this.#state = state;
    this.#demand = demand;
    this.#base = base;
    this.#index = state.rooms;
    this.#counts = countsOf(state, demand.workload.id);
    this.#suits = eligibility(base, demand.workload);
    this.#keeps = kept.length > FEW_HOSTS ? keepsAddressOn : null;
    this.#kept = kept.length > FEW_HOSTS ? [] : kept;
    this.#worth = spreadWorth(base.snapshot.policy.weights, demand.spreadPermille);
    this.#unit = base.hosts.length;
    this.#freshHost = this.#apart('host', 0);
  }

  best(): Best | undefined {
    const { perHost = Infinity } = this.#demand.caps;
    if (perHost < 1) return undefined;
    const ranked = ranking(this.#index, this.#suits, this.#demand.charge, this.#keeps);
    this.#mark();
    this.#best = -1;
    for (let tier = 0; tier < 2 && this.#best < 0; tier += 1) {
      this.#tryKept(tier);
      this.#searchTier(ranked, tier);
    }
    this.#unmark();
    if (this.#best < 0) return undefined;
    const score = Math.floor(this.#best / this.#unit);
    return { host: this.#unit - 1 - (this.#best - score * this.#unit), score };
  }

  /** Writes down where the workload is. */
  #mark(): void {
    const { inRack, isSpecial } = this.#index;
    const { blockOf } = this.#base.order;
    for (const [rack, count] of this.#counts.rack) {
      inRack[rack] = count;
      this.#markedRacks.push(rack);
    }
    for (const host of this.#counts.host.keys()) {
      isSpecial[blockOf[host]!] = 1;
      this.#markedBlocks.push(blockOf[host]!);
    }
    for (const host of this.passed) {
      isSpecial[blockOf[host]!] = 1;
      this.#markedBlocks.push(blockOf[host]!);
    }
    const { leaving } = this.#demand;
    if (leaving !== undefined && inRack[this.#base.rackOf[leaving]!]! > 0) inRack[this.#base.rackOf[leaving]!]! -= 1;
  }

  #unmark(): void {
    const { inRack, isSpecial } = this.#index;
    for (const rack of this.#markedRacks) inRack[rack] = 0;
    for (const block of this.#markedBlocks) isSpecial[block] = 0;
    this.#markedRacks.length = 0;
    this.#markedBlocks.length = 0;
  }

  /** First the site that promises most: after it, most others need no look. */
  #searchTier(ranked: Ranking, tier: number): void {
    const { sites } = this.#base.order;
    const { mostOfSite } = ranked;
    let first = -1;
    let promised = -1;
    for (let at = 0; at < sites.length; at += 1) {
      if (mostOfSite[at]! < 0 || sites[at]!.tier !== tier) continue;
      const most = mostOfSite[at]! + this.#apart('site', this.#inSite(sites[at]!.site));
      if (most <= promised) continue;
      promised = most;
      first = at;
    }
    if (first < 0) return;
    this.#searchSite(ranked, first);
    for (let at = 0; at < sites.length; at += 1) if (at !== first && sites[at]!.tier === tier) this.#searchSite(ranked, at);
  }

  #searchSite(ranked: Ranking, at: number): void {
    const { site, start, end } = this.#base.order.sites[at]!;
    const { perRack = Infinity, perSite = Infinity } = this.#demand.caps;
    const inSite = this.#inSite(site);
    const apart = this.#apart('site', inSite) + this.#freshHost;
    const fresh = apart + this.#apart('rack', 0);
    if (inSite >= perSite || ranked.mostOfSite[at]! < 0 || ranked.mostOfSite[at]! + fresh <= this.#best) return;
    const { most, by } = ranked;
    const { inRack, isSpecial } = this.#index;
    const { rackOfBlock } = this.#base.order;
    const later = this.#later;
    later.length = 0;
    // Local copies: this loop is most of the work of a decision.
    let best = this.#best;
    let mostOfSite = -1;
    for (let block = start; block < end; block += 1) {
      const entry = most[block]!;
      if (entry > mostOfSite) mostOfSite = entry;
      if (entry < 0 || entry + fresh <= best) continue;
      const count = inRack[rackOfBlock[block]!]!;
      if (count >= perRack) continue;
      const whole = count === 0 ? entry + fresh : entry + apart + this.#apart('rack', count);
      if (whole <= best) continue;
      if (by[block]! >= 0 && isSpecial[block] === 0) best = whole;
      else later.push(block);
    }
    this.#best = best;
    ranked.mostOfSite[at] = mostOfSite;
    for (const block of later) this.#lookThrough(ranked, block, apart + this.#apart('rack', inRack[rackOfBlock[block]!]!));
  }

  /** A block whose ranking may say too much. @param fresh what a host adds that holds nothing of the workload */
  #lookThrough(ranked: Ranking, block: number, fresh: number): void {
    if (ranked.most[block]! + fresh <= this.#best) return;
    if (ranked.by[block]! < 0) refresh(this.#index, ranked, block);
    const entry = ranked.most[block]!;
    if (entry < 0 || entry + fresh <= this.#best) return;
    if (this.#index.isSpecial[block] === 0) {
      this.#best = entry + fresh;
      return;
    }
    const { hostAt, blockStart } = this.#base.order;
    for (let position = blockStart[block]!; position < blockStart[block + 1]!; position += 1) this.#tryHost(hostAt[position]!, entryOf(this.#index, ranked, hostAt[position]!), fresh);
  }

  #tryHost(host: number, entry: number, fresh: number): void {
    if (entry < 0 || entry + fresh <= this.#best || this.passed.has(host)) return;
    const count = this.#counts.host.get(host) ?? 0;
    const onHost = count > 0 && host === this.#demand.leaving ? count - 1 : count;
    if (onHost >= (this.#demand.caps.perHost ?? Infinity)) return;
    this.#best = Math.max(this.#best, entry + fresh - this.#freshHost + this.#apart('host', onHost));
  }

  #tryKept(tier: number): void {
    const { caps, charge, keepsAddressOn } = this.#demand;
    for (const host of this.#kept) {
      const inRack = this.#index.inRack[this.#base.rackOf[host]!]!;
      const inSite = this.#inSite(this.#base.siteOf[host]!);
      if (this.#base.order.tierOf[host] !== tier || inRack >= (caps.perRack ?? Infinity) || inSite >= (caps.perSite ?? Infinity)) continue;
      const entry = keptEntry(this.#base, this.#state, this.#suits, charge, keepsAddressOn!, host);
      this.#tryHost(host, entry, this.#apart('site', inSite) + this.#apart('rack', inRack) + this.#freshHost);
    }
  }

  /** What being apart from so many others adds, in entries. */
  #apart(domain: FailureDomain, replicas: number): number {
    return apartScore(this.#worth, domain, replicas) * this.#unit;
  }

  #inSite(site: number): number {
    const { leaving } = this.#demand;
    const count = this.#counts.site.get(site) ?? 0;
    return count > 0 && leaving !== undefined && this.#base.siteOf[leaving] === site ? count - 1 : count;
  }
}
