// Hosts that are not there yet: what a snapshot would be with more machines, of a kind that somebody describes or of a pool.
// Takes a snapshot and what joins; gives the next snapshot. Each new host is ready at once and has a network of its own.

import { toDotted, toInteger } from '../addresses.ts';
import type { Host, Network, Policy, Pool, Shape, Snapshot } from '../model.ts';
import { usable } from '../resources.ts';
import type { NewHost } from './model.ts';

/** 240.0.0.0/4 is reserved: no real network lies there, so no address of a what-if is ever mistaken for one that is in use. */
const FIRST_ADDRESS = 240 * 2 ** 24;
/** Enough for replicas that are smaller than every shape of the policy. */
const SPARE_ADDRESSES = 16;
const MOST_ADDRESSES = 1000;

/** @param prefix of ids and names, which go on counting where an earlier change of the same what-if stopped */
export function joinHosts(snapshot: Snapshot, host: NewHost, count: number, prefix: string): Snapshot {
  const known = new Set(snapshot.hosts.flatMap(({ id, name }) => [id, name]));
  const hosts: Host[] = [];
  const networks: Network[] = [];
  let address = snapshot.networks.reduce((next, { last }) => Math.max(next, toInteger(last) + 1), FIRST_ADDRESS);
  for (let ordinal = 1; hosts.length < count; ordinal += 1) {
    const id = `${prefix}-${ordinal}`;
    if (known.has(id)) continue;
    const joined: Host = { ...host, id, name: id, cordoned: false, state: 'ready', networkId: `network of ${id}` };
    const last = address + mostReplicas(joined, snapshot.policy) - 1;
    networks.push({ id: joined.networkId, name: joined.networkId, mode: 'routed', first: toDotted(address), last: toDotted(last), taken: [] });
    hosts.push(joined);
    address = last + 1;
  }
  return { ...snapshot, hosts: [...snapshot.hosts, ...hosts], networks: [...snapshot.networks, ...networks] };
}

/** Prefix of the hosts that a pool would give. */
export function poolPrefix(pool: Pool): string {
  return `bought-${pool.name}`;
}

/** A cloud VM of the pool. All VMs of a pool count as one rack, since nobody promises that they share nothing. */
export function poolHost(pool: Pool): NewHost {
  const { id: _, name, limit: _limit, ...machine } = pool;
  return { ...machine, kind: 'cloud-vm', rack: `pool-${name}`, reserved: { cpuMilli: 0, memoryMib: 0 } };
}

/** How many addresses the host could ever need. */
function mostReplicas(host: Host, policy: Policy): number {
  const room = usable(host, policy);
  const overcommit = Math.max(1000, ...Object.values(policy.environments).map(({ cpuOvercommitPermille }) => cpuOvercommitPermille));
  const fitting = ({ cpuMilli, memoryMib }: Shape) => Math.min(Math.floor((room.cpuMilli * overcommit) / 1000 / cpuMilli), Math.floor(room.memoryMib / memoryMib));
  return Math.min(MOST_ADDRESSES, Math.max(0, ...Object.values(policy.shapes).map(fitting)) + SPARE_ADDRESSES);
}
