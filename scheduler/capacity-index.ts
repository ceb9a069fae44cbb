// Finds the exact best host for a replica without asking every host: the one that a full scan with all rules would choose.
// Takes a working copy and a demand; gives hosts, best first. What is behind it (room-index.ts) outlives it, so that a decision costs little
// more than what changed since the last.
//
// Why it is exact: a score is the host's own part, which is the same for all workloads that take as much, plus parts that fall with the
// workload's replicas in its site, in its rack and on the host. The first two are shared by all hosts of a block. So the best of a block is the
// host with the largest own part, unless the block holds a replica of the workload: such a block is looked through, host by host.

import { type DemandView, eligibility } from './feasible.ts';
import { type Overlay, type Whereabouts, whereaboutsOf } from './overlay.ts';
import type { Base, Eligibility } from './prepare.ts';
import { keptScore, type Ranking, ranking, refresh, type RoomIndex, scoreOf, STALE } from './room-index.ts';
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
  readonly #demand: DemandView;
  readonly #base: Base;
  readonly #index: RoomIndex;
  readonly #where: Whereabouts;
  readonly #suits: Eligibility;
  /** Network of the kept address, where the ranking is to know of it: where many hosts are on it. */
  readonly #keeps: string | null;
  /** Hosts on which the address would be kept and of which the ranking does not know. */
  readonly #kept: readonly number[];
  readonly #worth: number;
  /** What a replica gets where none of its like is. */
  readonly #freshHost: number;
  readonly #freshRack: number;
  readonly #freshSite: number;
  /** The best host so far with its whole score; -1: none. */
  #bestScore = -1;
  #bestHost = -1;
  /** Blocks that may hold a better host but must be looked through for it. */
  readonly #later: number[] = [];

  constructor(state: Overlay, demand: DemandView) {
    const { base } = state;
    const { keepsAddressOn } = demand;
    const kept = keepsAddressOn === null ? [] : (base.hostsOnNetwork.get(keepsAddressOn) ?? []);
    this.#demand = demand;
    this.#base = base;
    this.#index = state.rooms;
    this.#where = whereaboutsOf(state, demand.workload.id);
    this.#suits = eligibility(base, demand.workload);
    this.#keeps = kept.length > FEW_HOSTS ? keepsAddressOn : null;
    this.#kept = kept.length > FEW_HOSTS ? [] : kept;
    this.#worth = spreadWorth(base.snapshot.policy.weights, demand.spreadPermille);
    this.#freshHost = apartScore(this.#worth, 'host', 0);
    this.#freshRack = apartScore(this.#worth, 'rack', 0);
    this.#freshSite = apartScore(this.#worth, 'site', 0);
  }

  best(): Best | undefined {
    const { perHost = Infinity } = this.#demand.caps;
    if (perHost < 1) return undefined;
    const ranked = ranking(this.#index, this.#demand.charge, this.#keeps);
    this.#mark();
    this.#bestScore = -1;
    this.#bestHost = -1;
    for (let tier = 0; tier < 2 && this.#bestHost < 0; tier += 1) {
      this.#tryKept(tier);
      this.#searchTier(ranked, tier);
    }
    this.#unmark();
    return this.#bestHost < 0 ? undefined : { host: this.#bestHost, score: this.#bestScore };
  }

  /** Writes down where the workload is. */
  #mark(): void {
    for (const each of this.#where.hosts) this.#count(each < 0 ? -1 - each : each, each < 0 ? -1 : 1);
    const { leaving } = this.#demand;
    // It counts for nothing, but its host must be looked at: there it counts for one less.
    if (leaving !== undefined && this.#index.inRack[this.#base.rackOf[leaving]!]! > 0) this.#count(leaving, -1);
    for (const host of this.passed) this.#index.isSpecial[this.#base.order.blockOf[host]!] = 1;
    const { inSite, siteScore } = this.#index;
    for (let site = 0; site < inSite.length; site += 1) siteScore[site] = inSite[site] === 0 ? this.#freshSite : apartScore(this.#worth, 'site', inSite[site]!);
  }

  #count(host: number, change: 1 | -1): void {
    this.#index.inRack[this.#base.rackOf[host]!]! += change;
    this.#index.inSite[this.#base.siteOf[host]!]! += change;
    this.#index.isSpecial[this.#base.order.blockOf[host]!] = 1;
  }

  #unmark(): void {
    for (const each of this.#where.hosts) this.#forget(each < 0 ? -1 - each : each);
    if (this.#demand.leaving !== undefined) this.#forget(this.#demand.leaving);
    for (const host of this.passed) this.#forget(host);
  }

  #forget(host: number): void {
    this.#index.inRack[this.#base.rackOf[host]!] = 0;
    this.#index.inSite[this.#base.siteOf[host]!] = 0;
    this.#index.isSpecial[this.#base.order.blockOf[host]!] = 0;
  }

  /** Replicas of the workload on a host, without the one that leaves. */
  #onHost(host: number): number {
    let count = 0;
    for (const each of this.#where.hosts) {
      if (each === host) count += 1;
      else if (each === -1 - host) count -= 1;
    }
    return count > 0 && host === this.#demand.leaving ? count - 1 : count;
  }

  /** First the group that promises most: after it, most others need no look. */
  #searchTier(ranked: Ranking, tier: number): void {
    const { groups } = this.#base.order;
    const { mostOfGroup } = ranked;
    const { siteScore } = this.#index;
    const suits = this.#suits.groups;
    let first = -1;
    let promised = -1;
    for (let at = 0; at < groups.length; at += 1) {
      if (mostOfGroup[at]! < 0 || suits[at] === 0 || groups[at]!.tier !== tier) continue;
      const most = mostOfGroup[at]! + siteScore[groups[at]!.site]!;
      if (most <= promised) continue;
      promised = most;
      first = at;
    }
    if (first < 0) return;
    this.#searchGroup(ranked, first);
    const rest = this.#freshHost + this.#freshRack;
    for (let at = 0; at < groups.length; at += 1) {
      if (at === first || mostOfGroup[at]! < 0 || suits[at] === 0 || groups[at]!.tier !== tier) continue;
      if (mostOfGroup[at]! + siteScore[groups[at]!.site]! + rest >= this.#bestScore) this.#searchGroup(ranked, at);
    }
  }

  #searchGroup(ranked: Ranking, at: number): void {
    const { site, start, end } = this.#base.order.groups[at]!;
    const { perRack = Infinity, perSite = Infinity } = this.#demand.caps;
    if (this.#index.inSite[site]! >= perSite) return;
    const apart = this.#index.siteScore[site]! + this.#freshHost;
    const fresh = apart + this.#freshRack;
    const { most, by } = ranked;
    const { inRack, isSpecial } = this.#index;
    const { rackOfBlock } = this.#base.order;
    const later = this.#later;
    later.length = 0;
    // Local copies: this loop is most of the work of a decision.
    let best = this.#bestScore;
    let mostOfGroup = -1;
    for (let block = start; block < end; block += 1) {
      const own = most[block]!;
      if (own > mostOfGroup) mostOfGroup = own;
      if (own < 0 || own + fresh < best) continue;
      const count = inRack[rackOfBlock[block]!]!;
      if (count >= perRack) continue;
      const whole = count === 0 ? own + fresh : own + apart + apartScore(this.#worth, 'rack', count);
      if (whole < best) continue;
      if (by[block] === STALE || isSpecial[block] === 1) later.push(block);
      else {
        this.#offer(whole, this.#hostOf(ranked, block));
        best = this.#bestScore;
      }
    }
    ranked.mostOfGroup[at] = mostOfGroup;
    for (const block of later) this.#lookThrough(ranked, block, apart + apartScore(this.#worth, 'rack', inRack[rackOfBlock[block]!]!));
  }

  #hostOf({ by }: Ranking, block: number): number {
    const { hostAt, blockStart } = this.#base.order;
    return hostAt[blockStart[block]! + by[block]!]!;
  }

  #offer(score: number, host: number): void {
    if (score < this.#bestScore || (score === this.#bestScore && host > this.#bestHost)) return;
    this.#bestScore = score;
    this.#bestHost = host;
  }

  /** A block whose ranking may say too much. @param fresh what a host adds that holds nothing of the workload */
  #lookThrough(ranked: Ranking, block: number, fresh: number): void {
    if (ranked.most[block]! + fresh < this.#bestScore) return;
    if (ranked.by[block] === STALE) refresh(this.#index, ranked, block);
    const own = ranked.most[block]!;
    if (own < 0 || own + fresh < this.#bestScore) return;
    if (this.#index.isSpecial[block] === 0) return this.#offer(own + fresh, this.#hostOf(ranked, block));
    const { hostAt, blockStart } = this.#base.order;
    for (let position = blockStart[block]!; position < blockStart[block + 1]!; position += 1) this.#tryHost(hostAt[position]!, scoreOf(this.#index, ranked, hostAt[position]!), fresh);
  }

  #tryHost(host: number, own: number, fresh: number): void {
    if (own < 0 || own + fresh < this.#bestScore || this.passed.has(host)) return;
    const onHost = this.#onHost(host);
    if (onHost < (this.#demand.caps.perHost ?? Infinity)) this.#offer(own + fresh - this.#freshHost + apartScore(this.#worth, 'host', onHost), host);
  }

  #tryKept(tier: number): void {
    const { caps, charge, keepsAddressOn } = this.#demand;
    for (const host of this.#kept) {
      const inRack = this.#index.inRack[this.#base.rackOf[host]!]!;
      const inSite = this.#index.inSite[this.#base.siteOf[host]!]!;
      if (this.#base.order.tierOf[host] !== tier || inRack >= (caps.perRack ?? Infinity) || inSite >= (caps.perSite ?? Infinity)) continue;
      if (this.#suits.takes[host] === 0) continue;
      const own = keptScore(this.#index, charge, keepsAddressOn!, host);
      this.#tryHost(host, own, this.#index.siteScore[this.#base.siteOf[host]!]! + apartScore(this.#worth, 'rack', inRack) + this.#freshHost);
    }
  }
}
