// Hosts as people see them: what was declared, what its replicas take, and what its agent says now.
import { eliminationText } from '#scheduler/explain.ts';
import type { NetworkMode, Policy, Replica } from '#scheduler/model.ts';
import { usable } from '#scheduler/resources.ts';
import type { Context } from '../../context.ts';
import { type Disk, usedPermille } from '../../upkeep/disks.ts';
import type { Present } from '../../control/present.ts';
import { listAssignmentHeads } from '../../db/assignments.ts';
import { hostOf, type HostRow } from '../../db/hosts.ts';
import { openMaintenances } from '../../db/maintenance.ts';
import { listNetworks } from '../../db/networks.ts';
import type { HostDrain, HostMaintenance, HostView } from '../contract/fleet.ts';
import type { DiskView } from '../contract/orphans.ts';
import { allocatedByHost } from './services.ts';
import { readMaintenanceAround, showEta } from './maintenance.ts';
import { instant, instantOrNull } from './show.ts';

/** What the views of hosts read besides the hosts. */
export interface Around {
  readonly policy: Policy;
  readonly networkModes: ReadonlyMap<string, NetworkMode>;
  readonly generations: ReadonlyMap<string, number>;
  readonly allocated: ReturnType<typeof allocatedByHost>;
  /** What is meant to run on hosts that are being drained, by host id. */
  readonly leaving: ReadonlyMap<string, readonly Replica[]>;
  /** Ids of replicas whose successor starts already. */
  readonly replaced: ReadonlySet<string>;
  readonly workloadNames: ReadonlyMap<string, string>;
  /** By host id. */
  readonly maintenance: ReadonlyMap<string, HostMaintenance>;
}

export async function readAround(context: Context): Promise<Around> {
  const present = await context.present.read();
  const { networks, heads } = await context.store.read(async (reader) => ({ networks: await listNetworks(reader), heads: await listAssignmentHeads(reader) }));
  return {
    policy: present.snapshot.policy,
    networkModes: new Map(networks.map(({ id, mode }) => [id, mode])),
    generations: new Map([...heads].map(([hostId, { generation }]) => [hostId, generation])),
    allocated: allocatedByHost(present),
    ...readLeaving(present),
    maintenance: await readMaintenance(context),
  };
}

/** What is under way: a host is emptied on one behalf at a time. */
async function readMaintenance(context: Context): Promise<Map<string, HostMaintenance>> {
  const rows = (await context.store.read(openMaintenances)).filter(({ state }) => state !== 'planned');
  if (rows.length === 0) return new Map();
  const { hosts, etas } = await readMaintenanceAround(context, rows);
  const views = new Map(rows.map((row): [string, HostMaintenance] => {
    const eta = showEta(etas.get(row.id), context.clock.now());
    return [row.id, { id: row.id, state: row.state as HostMaintenance['state'], since: instant(row.startedAt ?? row.createdAt), emptyAt: row.state === 'drained' ? null : (eta?.latestAt ?? null), endsAt: instantOrNull(row.endsAt) }];
  }));
  return new Map(hosts.flatMap(({ maintenanceId, hostId, state }) => (state === 'draining' || state === 'drained' ? [[hostId, views.get(maintenanceId)!] as const] : [])));
}

function readLeaving({ snapshot }: Present): Pick<Around, 'leaving' | 'replaced' | 'workloadNames'> {
  const drained = new Set(snapshot.hosts.flatMap(({ id, draining }) => (draining === true ? [id] : [])));
  if (drained.size === 0) return { leaving: new Map(), replaced: new Set(), workloadNames: new Map() };
  return {
    leaving: Map.groupBy(snapshot.replicas.filter(({ hostId }) => hostId !== null && drained.has(hostId)), ({ hostId }) => hostId!),
    replaced: new Set(snapshot.replicas.flatMap(({ successor }) => successor?.replaces ?? [])),
    workloadNames: new Map(snapshot.workloads.map(({ id, name }) => [id, name])),
  };
}

/** How far a drain is, and what cannot leave, as the planner saw it last. */
function showDrain({ waiting }: Context, { leaving, replaced, workloadNames }: Around, { id, drainReason }: HostRow): HostDrain | null {
  if (drainReason === null) return null;
  const left = leaving.get(id) ?? [];
  const blockers = [...Map.groupBy(left.filter((replica) => !replaced.has(replica.id)), ({ workloadId }) => workloadId)].flatMap(([workloadId, replicas]) => {
    const { unplaced, refusals } = waiting.current;
    const refusal = refusals.find((each) => each.workloadId === workloadId)?.message;
    const stuck = unplaced.filter((each) => each.workloadId === workloadId);
    const reason = refusal ?? (stuck.length === 0 ? undefined : stuck.flatMap(({ eliminations }) => eliminations.map(eliminationText)).slice(0, 3).join('; '));
    const count = Math.min(replicas.length, refusal === undefined ? stuck.reduce((sum, each) => sum + each.count, 0) : replicas.length);
    return reason === undefined ? [] : [{ workloadId, workload: workloadNames.get(workloadId) ?? workloadId, count, reason }];
  });
  return { reason: drainReason, left: left.length, underWay: left.filter((replica) => replaced.has(replica.id)).length, blockers };
}

function showDisk({ fleet, config }: Context, hostId: string, disk: Disk): DiskView {
  const { place, usedBytes, totalBytes } = disk;
  const permille = usedPermille(disk);
  const level = permille > config.diskFullPermille || (fleet.fullDisks.has(hostId) && permille > config.diskWarnPermille) ? 'full' : permille > config.diskWarnPermille ? 'warn' : 'well';
  const note = level === 'full' ? `takes no new replicas until it is below ${config.diskWarnPermille / 10} %` : level === 'warn' ? `no new replicas come beyond ${config.diskFullPermille / 10} %` : null;
  return { place, usedBytes, totalBytes, usedPermille: permille, level, note };
}

export function showHost(context: Context, around: Around, row: HostRow): HostView {
  const { fleet } = context;
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
    drain: showDrain(context, around, row),
    maintenance: around.maintenance.get(row.id) ?? null,
    state,
    stateReason: seen?.reason ?? 'has not reported yet',
    lastSeenAt: instantOrNull(seen?.lastSeenAt ?? null),
    generation,
    reportedGeneration,
    converged: seen?.report?.converged === true && reportedGeneration === generation,
    strangers: seen?.report?.strangers ?? 0,
    problems: seen?.report?.problems ?? [],
    disks: (seen?.report?.disks ?? []).map((disk) => showDisk(context, row.id, disk)),
    orphans: seen?.report?.orphans?.length ?? 0,
    givenUp: (seen?.report?.drift ?? []).filter((one) => one.state === 'given-up').length,
    engineVersion: seen?.facts?.engineVersion ?? null,
    agentVersion: seen?.facts?.agentVersion ?? null,
    joinedAt: instant(row.joinedAt),
  };
}
