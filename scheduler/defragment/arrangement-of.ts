// A snapshot as an arrangement: which replicas may move, where to, and the rules that bind several hosts at once.
// Takes a base; gives the arrangement with the replica of each item and the hosts that may be emptied. It moves nothing.

import { eligibility } from '../feasible.ts';
import { isClosed } from '../open.ts';
import type { Caps, Replica } from '../model.ts';
import { type Counts, countsOf, overlay } from '../overlay.ts';
import { livingHost, pairsOf } from '../pairs.ts';
import { type Base, indexOfHost } from '../prepare.ts';
import { byText, charge, sameShape } from '../resources.ts';
import { wantedOf } from '../schedule.ts';
import { Arrangement, type Rules } from './arrangement.ts';

export interface Arranged {
  readonly state: Arrangement;
  /** Of each item. */
  readonly replicas: readonly Replica[];
  /** 1 for items that must stay: no sum, another shape due, a pair under way, a host that nobody hears. */
  readonly fixed: Uint8Array;
  /** Hosts that hold something and could be emptied, ascending. */
  readonly candidates: readonly number[];
  /** Empty hosts that may take something, the cheapest for their size first. */
  readonly empty: readonly number[];
}

/** What the rules ask of the replicas of one workload. */
interface Bound {
  readonly suits: ArrayLike<number>;
  readonly caps: Caps | undefined;
  readonly counts: { readonly host: Map<number, number>; readonly rack: Map<number, number>; readonly site: Map<number, number> };
}

export function arrangementOf(base: Base): Arranged {
  const { policy } = base.snapshot;
  const replicas = base.snapshot.replicas.filter(({ hostId }) => indexOfHost(base, hostId) >= 0).sort((one, other) => byText(one.id, other.id));
  const bounds = new Map<string, Bound>();
  const movable = movableIds(base, bounds);
  const capacity = base.hosts.map(({ costCentsPerHour }, host) => ({ cpu: base.usableCpu[host]!, memory: base.usableMemory[host]!, cost: costCentsPerHour }));
  const boundOf = replicas.map(({ workloadId }) => bounds.get(workloadId));
  const state = new Arrangement(capacity, replicas.length, rulesOf(base, boundOf));
  const fixed = new Uint8Array(replicas.length);
  for (const [item, replica] of replicas.entries()) {
    const taken = charge(replica.shape, policy, base.workloads.get(replica.workloadId)?.environment);
    state.put(item, { cpu: taken.cpuMilli, memory: taken.memoryMib }, indexOfHost(base, replica.hostId));
    if (!movable.has(replica.id)) fixed[item] = 1;
  }
  for (const [host, each] of base.hosts.entries()) if (isClosed(each) || each.state !== 'ready') state.open(host, false);
  state.weigh();
  const hosts = [...base.hosts.keys()];
  const candidates = hosts.filter((host) => state.on[host]!.length > 0 && state.on[host]!.every((item) => fixed[item] === 0));
  const rate = hosts.map((host) => state.cost[host]! / Math.max(1e-9, state.share(state.freeCpu[host]!, state.freeMemory[host]!)));
  const empty = hosts.filter((host) => state.on[host]!.length === 0 && state.takes[host] === 1).sort((one, other) => rate[one]! - rate[other]! || state.cost[one]! - state.cost[other]! || one - other);
  return { state, replicas, fixed, candidates, empty };
}

/** Ids of replicas that a wish may move; also gathers what binds their workloads. */
function movableIds(base: Base, bounds: Map<string, Bound>): Set<string> {
  const movable = new Set<string>();
  const state = overlay(base);
  for (const [workloadId, replicas] of base.replicasOf) {
    const workload = base.workloads.get(workloadId);
    if (workload === undefined) continue;
    const { wanted } = wantedOf(base, workload);
    const { caps, shape } = wanted.demand;
    const isCapped = caps.perHost !== undefined || caps.perRack !== undefined || caps.perSite !== undefined;
    bounds.set(workloadId, { suits: eligibility(base, workload).suits, caps: isCapped ? caps : undefined, counts: isCapped ? copied(countsOf(state, workloadId)) : NOTHING });
    if (wanted.keepsShapes) continue;
    const busy = new Set(pairsOf(base, replicas).underWay.flatMap(({ leaving, successor }) => [leaving.id, successor.id]));
    for (const replica of replicas) {
      const host = livingHost(base, replica);
      if (host < 0 || busy.has(replica.id) || replica.successor !== undefined || !sameShape(replica.shape, shape)) continue;
      if (base.hosts[host]!.state === 'ready') movable.add(replica.id);
    }
  }
  return movable;
}

const NOTHING: Bound['counts'] = { host: new Map(), rack: new Map(), site: new Map() };

function copied({ host, rack, site }: Counts): Bound['counts'] {
  return { host: new Map(host), rack: new Map(rack), site: new Map(site) };
}

function rulesOf(base: Base, boundOf: readonly (Bound | undefined)[]): Rules {
  const { rackOf, siteOf, networkOf, hosts } = base;
  const addresses = base.addressesFree.slice();
  const most = base.snapshot.policy.cloud.mostCentsPerHour;
  const isCloud = (host: number) => hosts[host]!.kind === 'cloud-vm';
  const spend = ({ on }: Arrangement) => hosts.reduce((sum, { costCentsPerHour }, host) => (isCloud(host) && on[host]!.length > 0 ? sum + costCentsPerHour : sum), 0);
  return {
    allows: (state, item, to) => {
      const bound = boundOf[item];
      if (bound === undefined || bound.suits[to] === 0) return false;
      // A successor needs an address of its own beside the one that leaves.
      if (networkOf[to]! < 0 || addresses[networkOf[to]!]! <= 0) return false;
      if (state.on[to]!.length === 0 && isCloud(to) && most !== null && spend(state) + hosts[to]!.costCentsPerHour > most) return false;
      if (bound.caps === undefined) return true;
      const { perHost = Infinity, perRack = Infinity, perSite = Infinity } = bound.caps;
      const from = state.hostOf[item]!;
      const inRack = (bound.counts.rack.get(rackOf[to]!) ?? 0) - (rackOf[from] === rackOf[to] ? 1 : 0);
      const inSite = (bound.counts.site.get(siteOf[to]!) ?? 0) - (siteOf[from] === siteOf[to] ? 1 : 0);
      return (bound.counts.host.get(to) ?? 0) < perHost && inRack < perRack && inSite < perSite;
    },
    moved: (item, from, to, undone) => {
      // The address on the old host stays held for a while after the replica has left.
      addresses[networkOf[undone ? from : to]!]! += undone ? 1 : -1;
      const bound = boundOf[item];
      if (bound?.caps === undefined) return;
      for (const [host, change] of [[from, -1], [to, 1]] as const) {
        add(bound.counts.host, host, change);
        add(bound.counts.rack, rackOf[host]!, change);
        add(bound.counts.site, siteOf[host]!, change);
      }
    },
  };
}

function add(counts: Map<number, number>, key: number, change: number): void {
  counts.set(key, (counts.get(key) ?? 0) + change);
}
