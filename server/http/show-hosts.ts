// Hosts as people see them: what was declared, what its replicas take, and what its agent says now.
import type { Policy } from '#scheduler/model.ts';
import { usable } from '#scheduler/resources.ts';
import type { Context } from '../context.ts';
import { listAssignmentHeads } from '../db/assignments.ts';
import { hostOf, type HostRow } from '../db/hosts.ts';
import { listNetworks } from '../db/networks.ts';
import type { HostView } from './contract/fleet.ts';
import { allocatedByHost } from './show-services.ts';
import { instant, instantOrNull } from './show.ts';

/** What the views of hosts read besides the hosts. */
export interface Around {
  readonly policy: Policy;
  readonly networkModes: ReadonlyMap<string, 'flat' | 'routed'>;
  readonly generations: ReadonlyMap<string, number>;
  readonly allocated: ReturnType<typeof allocatedByHost>;
}

export async function readAround(context: Context): Promise<Around> {
  const present = await context.present.read();
  const { networks, heads } = await context.store.read(async (reader) => ({ networks: await listNetworks(reader), heads: await listAssignmentHeads(reader) }));
  return {
    policy: present.snapshot.policy,
    networkModes: new Map(networks.map(({ id, mode }) => [id, mode])),
    generations: new Map([...heads].map(([hostId, { generation }]) => [hostId, generation])),
    allocated: allocatedByHost(present),
  };
}

export function showHost({ fleet }: Context, around: Around, row: HostRow): HostView {
  const seen = fleet.get(row.id);
  const state = fleet.stateOf(row.id);
  const usableShape = usable(hostOf(row, state), around.policy);
  const allocated = around.allocated.get(row.id) ?? { cpuMilli: 0, memoryMib: 0, replicas: 0 };
  const generation = around.generations.get(row.id) ?? 0;
  const reportedGeneration = seen?.reportedGeneration ?? 0;
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    site: row.site,
    rack: row.rack,
    address: row.address,
    networkMode: around.networkModes.get(row.networkId) ?? 'flat',
    networkId: row.networkId,
    capacity: { cpuMilli: row.cpuMilli, memoryMib: row.memoryMib },
    reserved: { cpuMilli: row.cpuMilli - usableShape.cpuMilli, memoryMib: row.memoryMib - usableShape.memoryMib },
    allocated: { cpuMilli: allocated.cpuMilli, memoryMib: allocated.memoryMib },
    free: { cpuMilli: usableShape.cpuMilli - allocated.cpuMilli, memoryMib: usableShape.memoryMib - allocated.memoryMib },
    usedNow: state === 'lost' ? null : (seen?.report?.hostUsage ?? null),
    replicas: allocated.replicas,
    costCentsPerHour: row.costCentsPerHour,
    performance: row.performance,
    stability: row.stability,
    labels: row.labels,
    taints: row.taints,
    environments: row.environments,
    cordoned: row.cordonReason !== null,
    cordonReason: row.cordonReason,
    state,
    stateReason: seen?.reason ?? 'has not reported yet',
    lastSeenAt: instantOrNull(seen?.lastSeenAt ?? null),
    generation,
    reportedGeneration,
    converged: seen?.report?.converged === true && reportedGeneration === generation,
    strangers: seen?.report?.strangers ?? 0,
    problems: seen?.report?.problems ?? [],
    engineVersion: seen?.facts?.engineVersion ?? null,
    agentVersion: seen?.facts?.agentVersion ?? null,
    joinedAt: instant(row.joinedAt),
  };
}
