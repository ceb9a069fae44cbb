// The desired state, host by host: builds every host's whole assignment from the rows, raises its generation when it differs from what was
// sent last, and tells the hosts that are connected. Hosts that are away get it when they come back.
import { createHash } from 'node:crypto';
import { type Assignment, MAX_MESSAGE_BYTES, type ReplicaSpec } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { type AddressRow, openAddresses } from '../db/addresses.ts';
import { type AssignmentHead, listAssignmentHeads, putAssignment } from '../db/assignments.ts';
import { readCluster } from '../db/cluster.ts';
import { type HostRow, listHosts } from '../db/hosts.ts';
import { listNetworks, type NetworkRow } from '../db/networks.ts';
import { listReplicas, type ReplicaRow } from '../db/replicas.ts';
import type { Reader } from '../db/store.ts';
import { listWorkloads, releasesById, type ReleaseRow, type WorkloadRow, workloadName } from '../db/workloads.ts';
import type { Loop } from './driver.ts';
import { replicaName } from './names.ts';

/** Everything that changes an assignment wakes this loop; the timer is a second chance. */
const EVERY_MS = 5_000;
/** Docker network and bridge that agents make; one of each on a host. */
const NETWORK_NAME = 'firn';
const BRIDGE = 'firn0';

export function dispatchLoop(context: Context): Loop {
  return {
    name: 'dispatch',
    everyMs: EVERY_MS,
    run: async () => {
      const now = context.clock.now();
      const { bodies, heads, clusterId } = await context.store.read((reader) => buildAll(reader));
      // A host that holds a generation which this database never gave (an old backup was put back) would refuse all lower ones.
      const reported = (hostId: string) => context.fleet.get(hostId)?.reportedGeneration ?? 0;
      const due = bodies.filter(({ hostId, hash }) => heads.get(hostId)?.hash !== hash || reported(hostId) > heads.get(hostId)!.generation);
      if (due.length === 0) return 'every host has its newest assignment';
      const sent: Assignment[] = [];
      await context.store.tx(async (tx) => {
        const current = await listAssignmentHeads(tx);
        for (const { hash, ...body } of due) {
          const assignment: Assignment = { clusterId, generation: Math.max(current.get(body.hostId)?.generation ?? 0, reported(body.hostId)) + 1, ...body };
          await putAssignment(tx, assignment, hash, now);
          sent.push(assignment);
          tx.changed('hosts', body.hostId);
        }
      });
      const told = sent.filter((assignment) => offer(context, assignment)).length;
      return `new assignments for ${sent.length} hosts, ${told} told at once`;
    },
  };
}

/** Sends an assignment to its host. @returns false when the host is not connected, or the message would be larger than agents accept */
export function offer({ connections, log }: Context, assignment: Assignment): boolean {
  const bytes = Buffer.byteLength(JSON.stringify(assignment));
  if (bytes + 64 > MAX_MESSAGE_BYTES) {
    log.error({ host: assignment.hostId, generation: assignment.generation, bytes, allowed: MAX_MESSAGE_BYTES }, 'assignment.too-large');
    return false;
  }
  return connections.send(assignment.hostId, { type: 'assignment', assignment });
}

type Body = Omit<Assignment, 'clusterId' | 'generation'> & { readonly hash: string };

async function buildAll(reader: Reader): Promise<{ bodies: Body[]; heads: Map<string, AssignmentHead>; clusterId: string }> {
  const replicas = await listReplicas(reader);
  const parts: Parts = {
    networks: new Map((await listNetworks(reader)).map((row) => [row.id, row])),
    workloads: new Map((await listWorkloads(reader)).map((row) => [row.id, row])),
    releases: await releasesById(reader, replicas.map(({ releaseId }) => releaseId)),
    holders: new Map((await openAddresses(reader)).map((row) => [row.address, row])),
  };
  const byHost = Map.groupBy(replicas, ({ hostId }) => hostId);
  const bodies = (await listHosts(reader)).flatMap((host) => build(host, byHost.get(host.id) ?? [], parts) ?? []);
  return { bodies, heads: await listAssignmentHeads(reader), clusterId: (await readCluster(reader)).id };
}

interface Parts {
  readonly networks: ReadonlyMap<string, NetworkRow>;
  readonly workloads: ReadonlyMap<string, WorkloadRow>;
  readonly releases: ReadonlyMap<string, ReleaseRow>;
  /** Open rows of the ledger by address. */
  readonly holders: ReadonlyMap<string, AddressRow>;
}

function build(host: HostRow, replicas: readonly ReplicaRow[], parts: Parts): Body | undefined {
  const network = parts.networks.get(host.networkId);
  if (network === undefined) return undefined;
  const specs = replicas.flatMap((replica) => spec(replica, host, network, parts) ?? []).sort((one, other) => (one.id < other.id ? -1 : 1));
  const { mode, cidr, gateway } = network;
  const body = { hostId: host.id, network: { name: NETWORK_NAME, bridge: BRIDGE, mode, uplink: host.uplink, cidr, gateway, hostAddress: host.address }, replicas: specs };
  return { ...body, hash: createHash('sha256').update(JSON.stringify(body)).digest('hex') };
}

/** A replica whose address is still held elsewhere is left out: it starts when the other host has let go. */
function spec(replica: ReplicaRow, host: HostRow, network: NetworkRow, { workloads, releases, holders }: Parts): ReplicaSpec | undefined {
  const workload = workloads.get(replica.workloadId);
  const release = releases.get(replica.releaseId);
  const holder = replica.address === null ? undefined : holders.get(replica.address);
  if (workload === undefined || release === undefined || holder === undefined || holder.hostId !== host.id || holder.replicaId !== replica.id) return undefined;
  return {
    id: replica.id,
    name: replicaName(workload, replica.ordinal),
    workload: workloadName(workload),
    image: release.image,
    command: release.command,
    env: release.env,
    address: holder.address,
    mac: holder.mac,
    cpuMilli: replica.cpuMilli,
    memoryMib: replica.memoryMib,
    port: release.port,
    ...(release.healthPath === null ? {} : { healthPath: release.healthPath }),
    dns: network.dns,
    // The host's name is the one thing that a container may look for and DNS need not know.
    hosts: [{ name: 'host.firn.internal', address: host.address }],
    stopSeconds: release.stopSeconds,
  };
}
