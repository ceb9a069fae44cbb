// Services, workloads and replicas as people see them: what was approved, what is placed, and what hosts say of it now.
import { charge } from '#scheduler/resources.ts';
import { isRefusal } from '#scheduler/size.ts';
import type { ObservedReplica } from '#agents/protocol.ts';
import type { Context } from '../../context.ts';
import { replicaName } from '../../control/names.ts';
import type { Present } from '../../control/present.ts';
import { costOf } from '../../requests/quote.ts';
import { showUnplaced } from '../../control/unplaced.ts';
import { macOf } from '../../db/addresses.ts';
import { hostById, listHosts } from '../../db/hosts.ts';
import { listReplicas, replicaOf, type ReplicaRow, replicasOfHost, replicasOfWorkloads } from '../../db/replicas.ts';
import type { Reader } from '../../db/store.ts';
import { listServices, listWorkloads, releasesById, type ReleaseRow, type ServiceRow, workloadName, type WorkloadRow } from '../../db/workloads.ts';
import type { ReplicaView, ServiceView, WorkloadView } from '../contract/fleet.ts';
import type { Actor } from '../secured.ts';
import { hideEnv, instant } from './show.ts';

const MIB = 1_048_576;

/** Everything of the store that the views of services read, of one state. */
export interface ServiceRows {
  readonly services: readonly ServiceRow[];
  readonly workloads: readonly WorkloadRow[];
  readonly releases: ReadonlyMap<string, ReleaseRow>;
  /** By workload id. */
  readonly replicas: ReadonlyMap<string, readonly ReplicaRow[]>;
  readonly hostNames: ReadonlyMap<string, string>;
}

/** @param isWanted which services are shown; the rest is not read further */
export async function readServices(reader: Reader, isWanted: (service: ServiceRow) => boolean): Promise<ServiceRows> {
  const services = (await listServices(reader)).filter(isWanted);
  const ids = new Set(services.map(({ id }) => id));
  const workloads = (await listWorkloads(reader)).filter(({ serviceId }) => ids.has(serviceId));
  const rows = services.length > 50 ? await listReplicas(reader) : await replicasOfWorkloads(reader, workloads.map(({ id }) => id));
  return {
    services,
    workloads,
    releases: await releasesById(reader, workloads.map(({ releaseId }) => releaseId)),
    replicas: Map.groupBy(rows, ({ workloadId }) => workloadId),
    hostNames: new Map((await listHosts(reader)).map(({ id, name }) => [id, name])),
  };
}

export function showService(context: Context, present: Present, rows: ServiceRows, service: ServiceRow, reader: Actor): ServiceView {
  const workloads = rows.workloads.filter(({ serviceId }) => serviceId === service.id);
  return { id: service.id, name: service.name, team: service.team, workloads: workloads.map((workload) => showWorkload(context, present, rows, workload, reader)) };
}

function showWorkload(context: Context, present: Present, rows: ServiceRows, workload: WorkloadRow, reader: Actor): WorkloadView {
  const replicas = rows.replicas.get(workload.id) ?? [];
  const seen = replicas.map((row) => observed(context, row));
  const { ask } = workload;
  const planned = present.base.workloads.get(workload.id);
  const sizing = planned === undefined ? undefined : present.sizingOf(planned);
  const release = rows.releases.get(workload.releaseId)!;
  const usages = seen.flatMap((each) => each?.usage ?? []);
  const sum = (values: readonly (number | null)[]) => (values.length === 0 ? null : values.reduce<number>((total, value) => total + (value ?? 0), 0));
  const memory = sum(usages.map(({ memoryBytes }) => memoryBytes));
  return {
    id: workload.id,
    name: workloadName(workload),
    service: workload.service,
    environment: workload.environment,
    team: workload.team,
    peakQps: ask.peakQps,
    profile: ask.profile,
    run: {
      image: release.image,
      command: release.command,
      env: reader.can('requests.submit', workload.team) ? release.env : hideEnv(release.env),
      port: release.port,
      ...(release.healthPath === null ? {} : { healthPath: release.healthPath }),
      ...(release.health === null ? {} : { health: release.health }),
      stopSeconds: release.stopSeconds,
    },
    shape: ask.shape,
    survive: ask.survive,
    cloud: ask.cloud,
    minReplicas: ask.minReplicas,
    headroomPermille: ask.headroomPermille,
    wanted: sizing === undefined || isRefusal(sizing) ? countOf(replicas) : sizing.replicas,
    placed: countOf(replicas.filter(({ hostId }) => hostId !== null)),
    running: countOf(replicas.filter((row, index) => seen[index]?.state === 'running' && context.fleet.stateOf(row.hostId!) !== 'lost')),
    pending: context.waiting.current.unplaced.filter(({ workloadId }) => workloadId === workload.id).map(showUnplaced),
    cpuMilliNow: sum(usages.map(({ cpuMilli }) => cpuMilli)),
    memoryMibNow: memory === null ? null : Math.round(memory / MIB),
    costCentsPerHour: costOf(present, replicas.map((row) => replicaOf(row)), workload.environment),
    requestId: workload.requestId,
    updatedAt: instant(workload.updatedAt),
  };
}

/** How many replicas these are to people: one that leaves and its successor are one. */
function countOf(rows: readonly ReplicaRow[]): number {
  return new Set(rows.map(({ id, replaces }) => replaces ?? id)).size;
}

/** What the replica's own host says of it; another host's leftover is not it. */
function observed({ fleet }: Context, { id, hostId, address }: ReplicaRow): ObservedReplica | undefined {
  const replica = hostId === null ? undefined : fleet.get(hostId)?.replicas.get(id);
  return replica?.address === undefined || replica.address === address ? replica : undefined;
}

export function showReplica(context: Context, row: ReplicaRow, workload: WorkloadRow | undefined, hostName: string | null, mayReadLogs = false): ReplicaView {
  const seen = observed(context, row);
  const { state, reason } = stateOf(context, row, seen);
  const { cpuMilli = null, memoryBytes = null } = seen?.usage ?? {};
  const until = context.linger.until(row.id);
  return {
    id: row.id,
    name: workload === undefined ? row.id : replicaName(workload, row.ordinal),
    workloadId: row.workloadId,
    workload: workload === undefined ? 'removed' : workloadName(workload),
    team: workload?.team ?? '',
    ordinal: row.ordinal,
    replaces: row.replaces,
    hostId: row.hostId,
    host: hostName,
    address: row.address,
    mac: row.address === null ? null : macOf(row.address),
    shape: { cpuMilli: row.cpuMilli, memoryMib: row.memoryMib },
    state,
    reason,
    ...(context.linger.isLeaving(row.id) ? { leaving: { owner: 'planner' as const, until: until === undefined ? null : new Date(until).toISOString() } } : {}),
    restarts: seen?.restarts ?? 0,
    restartAt: seen?.restartAt ?? null,
    lastEnd: seen?.lastEnd === undefined ? null : { ...seen.lastEnd, exitCode: seen.lastEnd.exitCode ?? null, lastWords: mayReadLogs ? (seen.lastWords ?? null) : null },
    pull: seen?.pull ?? null,
    startedAt: seen?.startedAt ?? null,
    cpuMilliNow: cpuMilli,
    memoryMibNow: memoryBytes === null ? null : Math.round(memoryBytes / MIB),
  };
}

function stateOf({ fleet, waiting }: Context, { hostId, workloadId }: ReplicaRow, seen: ObservedReplica | undefined): Pick<ReplicaView, 'state' | 'reason'> {
  if (hostId === null) {
    const why = waiting.current.unplaced.find((each) => each.workloadId === workloadId)?.eliminations[0];
    return { state: 'pending', reason: why === undefined ? 'waits for room' : showUnplacedReason(why) };
  }
  const host = fleet.get(hostId);
  if (host === undefined || host.state === 'lost') return { state: 'unknown', reason: host === undefined ? 'its host is gone' : `its host is lost: ${host.reason}` };
  if (host.report === null) return { state: 'unknown', reason: 'its host has not reported yet' };
  if (seen === undefined) return { state: 'assigned', reason: host.report.generation === host.reportedGeneration ? 'its host has been told' : null };
  return { state: seen.state, reason: seen.reason ?? null };
}

const showUnplacedReason = (elimination: Parameters<typeof showUnplaced>[0]['eliminations'][number]): string => {
  const [shown] = showUnplaced({ workloadId: '', workload: '', count: 0, shape: { cpuMilli: 0, memoryMib: 0 }, eliminations: [elimination] }).eliminations;
  return `${shown!.group}: ${shown!.closest.sentence}`;
};

/** Replicas of a host, with the workloads that they belong to. */
export async function readRuns(reader: Reader, hostId: string): Promise<{ readonly rows: ReplicaRow[]; readonly workloads: ReadonlyMap<string, WorkloadRow>; readonly hostName: string }> {
  const rows = await replicasOfHost(reader, hostId);
  const workloads = new Map((await listWorkloads(reader)).map((row) => [row.id, row]));
  return { rows, workloads, hostName: (await hostById(reader, hostId))?.name ?? hostId };
}

/** What the replicas of each host take, after overcommit, by host id. */
export function allocatedByHost({ snapshot, base }: Present): Map<string, { cpuMilli: number; memoryMib: number; replicas: number }> {
  const sums = new Map<string, { cpuMilli: number; memoryMib: number; replicas: number }>();
  for (const { hostId, shape, workloadId } of snapshot.replicas) {
    if (hostId === null) continue;
    const share = charge(shape, snapshot.policy, base.workloads.get(workloadId)?.environment);
    const sum = sums.get(hostId) ?? { cpuMilli: 0, memoryMib: 0, replicas: 0 };
    sums.set(hostId, { cpuMilli: sum.cpuMilli + share.cpuMilli, memoryMib: sum.memoryMib + share.memoryMib, replicas: sum.replicas + 1 });
  }
  return sums;
}
