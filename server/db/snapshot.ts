// Everything that a decision of the scheduler may depend on, read in one transaction.
import type { Host, Snapshot, Successor } from '#scheduler/model.ts';
import { takenAddresses } from './addresses.ts';
import { readCluster } from './cluster.ts';
import { decisionOf, listInForce } from './decisions-in-force.ts';
import { type HostRow, hostOf, listHosts } from './hosts.ts';
import { listNetworks, type NetworkRow } from './networks.ts';
import { currentPolicy, policyOf } from './policies.ts';
import { listReplicas, replicaOf, type ReplicaRow } from './replicas.ts';
import { listRolloutsUnderWay, rolloutOf, type RolloutRow } from './rollouts-under-way.ts';
import type { Reader } from './store.ts';
import { listWorkloads, workloadOf } from './workloads.ts';

/**
 * @param stateOf what observation says of a host: its own word is not in the desired state
 * @param now decides which addresses are in quarantine
 * @param successorState what observation says of a successor, with the rollout of its workload
 */
export async function readSnapshot(reader: Reader, stateOf: (hostId: string) => Host['state'], now: number, successorState: (row: ReplicaRow, rollout: RolloutRow | undefined) => Successor['state']): Promise<Snapshot> {
  const { revision } = await readCluster(reader);
  const hosts = await listHosts(reader);
  const taken = await takenAddresses(reader, now);
  const networks = await listNetworks(reader);
  const rollouts = new Map((await listRolloutsUnderWay(reader)).map((row) => [row.workloadId, row]));
  const asked = new Map([...rollouts].map(([id, row]) => [id, rolloutOf(row)]));
  const inForce = await listInForce(reader);
  return {
    revision,
    policy: policyOf(await currentPolicy(reader)),
    hosts: hosts.map((row) => hostOf(row, stateOf(row.id))),
    networks: networks.map((row) => ({ id: row.id, name: row.name, mode: row.mode, first: row.first, last: row.last, taken: [...(taken.get(row.id) ?? []), ...neverGiven(row, hosts)] })),
    workloads: (await listWorkloads(reader)).map((row) => {
      const decision = inForce.get(row.id);
      return workloadOf(row, asked.get(row.id), decision && decisionOf(decision));
    }),
    replicas: (await listReplicas(reader)).map((row) => replicaOf(row, () => successorState(row, rollouts.get(row.workloadId)))),
  };
}

/** Addresses of a network that no replica may ever have: its router, its hosts, and what people excluded. */
export function neverGiven(network: NetworkRow, hosts: readonly HostRow[]): string[] {
  return [network.gateway, ...network.excluded, ...hosts.filter(({ networkId }) => networkId === network.id).map(({ address }) => address)];
}
