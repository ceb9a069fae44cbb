// Reads a snapshot once into arrays and indices that every decision on it shares.
// Takes a snapshot, gives an immutable base: hosts by id, room left on each, addresses left, replicas by workload, totals.
// A server keeps one base per revision; decisions deduct on an overlay (overlay.ts) and never write here.

import { addressRange, type AddressRange, freeAddresses, lowerBound, toInteger } from './addresses.ts';
import { type FleetOrder, fleetOrder } from './fleet-order.ts';
import type { KeptRoom, FailureDomain, Host, Policy, Replica, Shape, Sizing, SizingRefusal, Snapshot, Totals, Weights, Workload } from './model.ts';
import { isOpen } from './open.ts';
import { byText, charge, usable } from './resources.ts';
import type { RoomIndex } from './room-index.ts';
import { fillingWorth, lastingScores } from './score.ts';

/** Hosts that pass the rules which do not depend on room, for one combination of constraints. */
export interface Eligibility {
  /** Per host: 1 where every such rule but the cordon is met. */
  readonly suits: Uint8Array;
  /** Per host: 1 where it may also take something new. */
  readonly takes: Uint8Array;
  /** By group of the fleet's order: 1 where those of its hosts that are open may. */
  readonly groups: Uint8Array;
  /** How many may take something new. */
  readonly open: number;
  /** Which of them could ever hold one replica, by what it takes from a host. */
  readonly bySize: Map<string, LargeEnough>;
}

export interface LargeEnough {
  /** Domains with an open host that is large enough. */
  readonly domains: Readonly<Record<FailureDomain, ReadonlySet<number>>>;
  /** Whether any host is large enough, cordoned or not. */
  readonly isAny: boolean;
  /** Index of the host with most CPU, large enough or not; -1 where no host passes the rules. */
  readonly largest: number;
}

/** Answers that follow from the base, kept for the next who asks: no state, since without them everything is the same. */
export interface Memory {
  /** Of feasible.ts, by combination of constraints and by workload. */
  readonly eligibilities: Map<string, Eligibility>;
  readonly eligibilityOf: WeakMap<Workload, Eligibility>;
  /** Of schedule.ts. A sum depends on the workload, the fleet, and where its replicas are. */
  readonly sizings: WeakMap<Workload, { readonly replicas: readonly Replica[] | undefined; readonly sizing: Sizing | SizingRefusal }>;
  /** Of room-index.ts; undefined until first asked for. */
  rooms: RoomIndex | undefined;
}

/** Hosts that may give equally much. */
export interface Machine {
  /** What a millicore and a MiB more add to the score of such a host. */
  readonly cpuWorth: number;
  readonly memoryWorth: number;
}

export interface Base {
  readonly snapshot: Snapshot;
  /** By id, so that an index is also the order in which ties are broken. */
  readonly hosts: readonly Host[];
  readonly hostIndex: ReadonlyMap<string, number>;
  /** Per host, in the units of Shape: what replicas may take in all, and what is left of it (negative after a policy change). */
  readonly usableCpu: Float64Array;
  readonly usableMemory: Float64Array;
  readonly freeCpu: Float64Array;
  readonly freeMemory: Float64Array;
  readonly replicaCount: Int32Array;
  /** Per host: index of its rack (unique across sites), its site, its network (-1: the network is not in the snapshot). */
  readonly rackOf: Int32Array;
  readonly siteOf: Int32Array;
  readonly networkOf: Int32Array;
  readonly racks: number;
  readonly sites: number;
  readonly order: FleetOrder;
  /** Per host: 1 where it takes anything new at all. */
  readonly isOpen: Uint8Array;
  /** By network id: its hosts, ascending. */
  readonly hostsOnNetwork: ReadonlyMap<string, readonly number[]>;
  /** Room that hosts keep for replicas that are to leave others; it is not taken off what is free here, see overlay.ts. */
  readonly kept: readonly (KeptRoom & { readonly host: number })[];
  /** Per host: its cost where it is in the cloud, else -1. */
  readonly cloudCents: Float64Array;
  /** Cloud hosts, cheapest first. */
  readonly cloudHosts: Int32Array;
  /** What the cloud may cost in all; Infinity where the policy sets no limit. */
  readonly mostCloudCents: number;
  /** By index of the network. */
  readonly networkIds: readonly string[];
  readonly ranges: readonly AddressRange[];
  readonly addressesFree: Float64Array;
  /** Ids of networks that are one host's own address: that host takes one replica. */
  readonly ownAddresses: ReadonlySet<string>;
  /** Per host: the weighted preferences that do not depend on what is placed. */
  readonly lastingScore: Float64Array;
  /** Per host: which of `machines` is as large as it. */
  readonly machineOf: Int32Array;
  readonly machines: readonly Machine[];
  /** In the order of their ids. */
  readonly workloads: ReadonlyMap<string, Workload>;
  /** Of the last of them; empty where there is none. */
  readonly lastWorkloadId: string;
  /** By ordinal. */
  readonly replicasOf: ReadonlyMap<string, readonly Replica[]>;
  readonly totals: Totals;
  /** What cloud hosts that hold a replica cost together. */
  readonly cloudCentsPerHour: number;
  readonly memory: Memory;
}

/** Index of a host in the base, or -1 for null and for hosts that are not in the snapshot. */
export function indexOfHost(base: Base, hostId: string | null): number {
  return hostId === null ? -1 : (base.hostIndex.get(hostId) ?? -1);
}

/** Gives the base of a snapshot; a base is passed through, so that callers may hold either. */
export function asBase(from: Snapshot | Base): Base {
  return 'snapshot' in from ? from : prepare(from);
}

/** The same fleet with some hosts in another state (lost, cordoned, joining ...): same ids, machines, racks and networks, in the same order. */
export function withHosts(base: Base, hosts: readonly Host[]): Base {
  return { ...base, hosts, isOpen: openness(hosts, base.snapshot.policy), memory: nothingKnown() };
}

function openness(hosts: readonly Host[], { cloud }: Policy): Uint8Array {
  return Uint8Array.from(hosts, (host) => (isOpen(host, cloud) ? 1 : 0));
}

function nothingKnown(): Memory {
  return { eligibilities: new Map(), eligibilityOf: new WeakMap(), sizings: new WeakMap(), rooms: undefined };
}

/** @returns the immutable base on which schedule() and quote() work. O(hosts + replicas). @throws RangeError on a text that is no address */
export function prepare(snapshot: Snapshot): Base {
  const hosts = [...snapshot.hosts].sort((one, other) => byText(one.id, other.id));
  const hostIndex = new Map(hosts.map((host, index) => [host.id, index]));
  const networks = [...snapshot.networks].sort((one, other) => byText(one.id, other.id));
  const networkIndex = new Map(networks.map((network, index) => [network.id, index]));
  const room = hosts.map((host) => usable(host, snapshot.policy));
  const workloads = new Map([...snapshot.workloads].sort((one, other) => byText(one.id, other.id)).map((workload) => [workload.id, workload]));
  const sites = numbered(hosts.map((host) => host.site));
  const racks = numbered(hosts.map((host) => JSON.stringify([host.site, host.rack])));
  const usableCpu = Float64Array.from(room, (shape) => shape.cpuMilli);
  const usableMemory = Float64Array.from(room, (shape) => shape.memoryMib);
  const freeCpu = usableCpu.slice();
  const freeMemory = usableMemory.slice();
  const replicaCount = new Int32Array(hosts.length);
  for (const replica of snapshot.replicas) {
    const index = replica.hostId === null ? undefined : hostIndex.get(replica.hostId);
    if (index === undefined) continue;
    const taken = charge(replica.shape, snapshot.policy, workloads.get(replica.workloadId)?.environment);
    freeCpu[index]! -= taken.cpuMilli;
    freeMemory[index]! -= taken.memoryMib;
    replicaCount[index]! += 1;
  }
  const held = snapshot.replicas.flatMap((replica) => (replica.address === null ? [] : [toInteger(replica.address)])).sort((one, other) => one - other);
  const ranges = networks.map((network) => addressRange(network, held.slice(lowerBound(held, toInteger(network.first)), lowerBound(held, toInteger(network.last) + 1))));
  return {
    snapshot,
    hosts,
    hostIndex,
    usableCpu,
    usableMemory,
    freeCpu,
    freeMemory,
    replicaCount,
    rackOf: racks.indices,
    siteOf: sites.indices,
    networkOf: Int32Array.from(hosts, (host) => networkIndex.get(host.networkId) ?? -1),
    racks: racks.count,
    sites: sites.count,
    order: fleetOrder(hosts, racks.indices, sites.indices, snapshot.policy.privateFirst),
    isOpen: openness(hosts, snapshot.policy),
    hostsOnNetwork: byNetwork(hosts),
    kept: hosts.flatMap(({ kept = [] }, host) => kept.map((each) => ({ host, ...each }))),
    ...cloudOf(hosts, snapshot.policy),
    networkIds: networks.map(({ id }) => id),
    ranges,
    addressesFree: Float64Array.from(ranges, freeAddresses),
    ownAddresses: new Set(networks.flatMap(({ id, mode }) => (mode === 'host' ? [id] : []))),
    lastingScore: lastingScores(hosts, snapshot.policy.weights),
    ...machinesOf(room, snapshot.policy.weights),
    workloads,
    lastWorkloadId: [...workloads.keys()].at(-1) ?? '',
    replicasOf: grouped(snapshot.replicas),
    totals: totalsOf(snapshot, hosts, replicaCount),
    cloudCentsPerHour: hosts.reduce((sum, { kind, costCentsPerHour }, index) => (kind === 'cloud-vm' && replicaCount[index]! > 0 ? sum + costCentsPerHour : sum), 0),
    memory: nothingKnown(),
  };
}

/** The fields that only capacity-index.ts and the rule `cloud-spend` need. */
function cloudOf(hosts: readonly Host[], { cloud }: Policy): Pick<Base, 'cloudCents' | 'cloudHosts' | 'mostCloudCents'> {
  const cloudCents = Float64Array.from(hosts, ({ kind, costCentsPerHour }) => (kind === 'cloud-vm' ? costCentsPerHour : -1));
  const cloudHosts = Int32Array.from(hosts.flatMap(({ kind }, index) => (kind === 'cloud-vm' ? [index] : []))).sort((one, other) => cloudCents[one]! - cloudCents[other]! || one - other);
  return { cloudCents, cloudHosts, mostCloudCents: cloud.mostCentsPerHour ?? Number.POSITIVE_INFINITY };
}

function machinesOf(room: readonly Shape[], weights: Weights): Pick<Base, 'machines' | 'machineOf'> {
  const { indices } = numbered(room.map(({ cpuMilli, memoryMib }) => `${cpuMilli} ${memoryMib}`));
  const machines: Machine[] = [];
  for (const [host, { cpuMilli, memoryMib }] of room.entries()) machines[indices[host]!] ??= { cpuWorth: fillingWorth(weights, cpuMilli), memoryWorth: fillingWorth(weights, memoryMib) };
  return { machineOf: indices, machines };
}

function byNetwork(hosts: readonly Host[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [index, { networkId }] of hosts.entries()) {
    const group = groups.get(networkId);
    if (group === undefined) groups.set(networkId, [index]);
    else group.push(index);
  }
  return groups;
}

/** Numbers equal names alike, in the order of first appearance. */
function numbered(names: readonly string[]): { indices: Int32Array; count: number } {
  const seen = new Map<string, number>();
  const indices = Int32Array.from(names, (name) => {
    const known = seen.get(name) ?? seen.size;
    seen.set(name, known);
    return known;
  });
  return { indices, count: seen.size };
}

function grouped(replicas: readonly Replica[]): Map<string, Replica[]> {
  const groups = new Map<string, Replica[]>();
  for (const replica of replicas) {
    const group = groups.get(replica.workloadId);
    if (group === undefined) groups.set(replica.workloadId, [replica]);
    else group.push(replica);
  }
  for (const group of groups.values()) group.sort((one, other) => one.ordinal - other.ordinal || byText(one.id, other.id));
  return groups;
}

function totalsOf(snapshot: Snapshot, hosts: readonly Host[], replicaCount: Int32Array): Totals {
  const placed = snapshot.replicas.filter((replica) => replica.hostId !== null);
  const used = hosts.filter((_, index) => replicaCount[index]! > 0);
  return {
    replicas: snapshot.replicas.length,
    pending: snapshot.replicas.length - placed.length,
    hostsUsed: used.length,
    cpuMilli: placed.reduce((sum, replica) => sum + replica.shape.cpuMilli, 0),
    memoryMib: placed.reduce((sum, replica) => sum + replica.shape.memoryMib, 0),
    costCentsPerHour: used.reduce((sum, host) => sum + host.costCentsPerHour, 0),
  };
}
