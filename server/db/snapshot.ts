// Everything that a decision of the scheduler may depend on, read in one transaction.
import { toDotted, toInteger } from '#scheduler/addresses.ts';
import type { Host, Snapshot, Successor } from '#scheduler/model.ts';
import { openConflicts } from './address-conflicts.ts';
import { listReservations } from './address-reservations.ts';
import { takenAddresses } from './addresses.ts';
import { readCluster } from './cluster.ts';
import { decisionOf, listInForce } from './decisions-in-force.ts';
import { type HostRow, hostOf, listHosts } from './hosts.ts';
import { forcedHosts, keptRooms } from './maintenance.ts';
import { listNetworks, type NetworkRow } from './networks.ts';
import { currentPolicy, policyOf } from './policies.ts';
import { listReplicas, replicaOf, type ReplicaRow } from './replicas.ts';
import { listRolloutsUnderWay, rolloutOf, type RolloutRow } from './rollouts-under-way.ts';
import type { Reader } from './store.ts';
import { listWorkloads, workloadOf } from './workloads.ts';

const NO_HOSTS: ReadonlySet<string> = new Set();

/**
 * @param fullDisks hosts that take nothing new because a disk of theirs is full
 * @param stateOf what observation says of a host: its own word is not in the desired state
 * @param now decides which addresses are in quarantine
 * @param successorState what observation says of a successor, with the rollout of its workload
 */
export async function readSnapshot(reader: Reader, stateOf: (hostId: string) => Host['state'], now: number, successorState: (row: ReplicaRow, rollout: RolloutRow | undefined) => Successor['state'], fullDisks: ReadonlySet<string> = NO_HOSTS): Promise<Snapshot> {
  const { revision } = await readCluster(reader);
  const hosts = await listHosts(reader);
  const taken = await takenAddresses(reader, now);
  const networks = await listNetworks(reader);
  const back = await keptBack(reader);
  const all = byNetwork(hosts);
  const rollouts = new Map((await listRolloutsUnderWay(reader)).map((row) => [row.workloadId, row]));
  const asked = new Map([...rollouts].map(([id, row]) => [id, rolloutOf(row)]));
  const inForce = await listInForce(reader);
  const kept = await keptRooms(reader);
  const forced = await forcedHosts(reader);
  return {
    revision,
    policy: policyOf(await currentPolicy(reader)),
    hosts: hosts.map((row) => ({ ...hostOf(row, stateOf(row.id)), ...(fullDisks.has(row.id) ? { cordoned: true, diskFull: true } : {}), ...(kept.has(row.id) ? { kept: kept.get(row.id) } : {}), ...(row.drainReason !== null && forced.has(row.id) ? { forced: true } : {}) })),
    networks: networks.map((row) => ({ id: row.id, name: row.name, mode: row.mode, first: row.first, last: row.last, taken: [...(taken.get(row.id) ?? []), ...neverGiven(row, all, back)] })),
    workloads: (await listWorkloads(reader)).map((row) => {
      const decision = inForce.get(row.id);
      return workloadOf(row, asked.get(row.id), decision && decisionOf(decision));
    }),
    replicas: (await listReplicas(reader)).map((row) => replicaOf(row, () => successorState(row, rollouts.get(row.workloadId)))),
  };
}

/** Hosts by the id of their network: of thousands of routed ones each asks for its own only. */
export type HostsByNetwork = ReadonlyMap<string, readonly HostRow[]>;
export const byNetwork = (hosts: readonly HostRow[]): HostsByNetwork => Map.groupBy(hosts, ({ networkId }) => networkId);

/** What is kept back beside routers and hosts, by network. */
export type KeptBack = ReadonlyMap<string, readonly string[]>;

/** Every reserved and excluded address, and those for which something else answers. */
export async function keptBack(reader: Reader): Promise<KeptBack> {
  const found = new Map<string, string[]>();
  const put = (networkId: string, addresses: readonly string[]) => {
    const list = found.get(networkId);
    if (list === undefined) found.set(networkId, [...addresses]);
    else list.push(...addresses);
  };
  for (const { networkId, first, last } of await listReservations(reader)) put(networkId, addressesFrom(first, last));
  for (const { networkId, address } of await openConflicts(reader)) put(networkId, [address]);
  return found;
}

/** Both ends included. */
function addressesFrom(first: string, last: string): string[] {
  const end = toInteger(last);
  const addresses: string[] = [];
  for (let value = toInteger(first); value <= end; value += 1) addresses.push(toDotted(value));
  return addresses;
}

/**
 * Addresses of a network that no replica may have: its router, hosts, what people excluded or keep back, and what something else has. Where
 * containers share their host's network, the host's address is the one that they have.
 */
export function neverGiven(network: NetworkRow, hosts: HostsByNetwork, back: KeptBack): string[] {
  const kept = [...network.excluded, ...(back.get(network.id) ?? [])];
  if (network.mode === 'host') return kept;
  const own = (hosts.get(network.id) ?? []).map(({ address }) => address);
  if (network.mode !== 'flat') return [network.gateway, ...kept, ...own];
  // Only a flat network has other machines in its range than those that joined it.
  const [from, to] = [toInteger(network.first), toInteger(network.last)];
  const others = [...hosts.values()].flat().map(({ address }) => address).filter((address) => toInteger(address) >= from && toInteger(address) <= to);
  return [network.gateway, ...kept, ...own, ...others];
}
