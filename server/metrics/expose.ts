// What `/metrics` says: the present of everything that the caller may read. Takes what is in memory; asks nobody and no table.
import type { ObservedReplica, Usage } from '#agents/protocol.ts';
import type { Host, Replica, Snapshot, Workload } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import type { ObservedHost } from '../control/fleet.ts';
import { replicaName } from '../control/names.ts';
import { family, type Labels, type Point } from './exposition.ts';
import type { Latest } from './model.ts';

const MIB_BYTES = 1_048_576;

/** @param mayRead whether the caller may read of this team */
export function expose(context: Pick<Context, 'metrics' | 'fleet'>, snapshot: Snapshot, mayRead: (team: string) => boolean): string {
  const workloads = snapshot.workloads.filter(({ team }) => mayRead(team));
  const hosts = snapshot.hosts.map((host) => ({ host, labels: { host: host.name, site: host.site, kind: host.kind }, seen: context.fleet.get(host.id) }));
  return [
    family('firn_revision', 'gauge', 'Revision of the desired state.', [{ labels: {}, value: snapshot.revision }]),
    ...workloadFamilies(context, workloads),
    ...replicaFamilies(context, snapshot, workloads),
    ...hostFamilies(hosts),
  ].join('');
}

function workloadFamilies({ metrics }: Pick<Context, 'metrics'>, workloads: readonly Workload[]): string[] {
  const known = workloads.map(({ id, service, environment, team }) => ({ labels: { service, environment, team }, latest: metrics.latest(id) }));
  const gauge = (name: string, help: string, value: (latest: Latest) => number | null): string => family(name, 'gauge', help, known.map(({ labels, latest }) => ({ labels, value: latest === null ? null : value(latest) })));
  const sources = known.flatMap(({ labels, latest }) => (latest?.sources ?? []).map((source) => ({ labels: { ...labels, source: source.source, kind: source.kind }, source })));
  return [
    gauge('firn_workload_replicas_ready', 'Replicas that serve.', ({ ready }) => ready),
    gauge('firn_workload_replicas_wanted', 'Replicas that should be there.', ({ of }) => of),
    gauge('firn_workload_requests_per_second', 'Arrivals: accepted, queued and rejected.', ({ qps }) => qps),
    gauge('firn_workload_rejected_per_second', 'Arrivals that gateways turned away.', ({ rejectedPerSecond }) => rejectedPerSecond),
    gauge('firn_workload_errors_per_second', 'Requests that were answered with 5xx.', ({ errorsPerSecond }) => errorsPerSecond),
    gauge('firn_workload_latency_p99_seconds', 'Of a hundred requests, 99 took at most so long.', ({ p99Ms }) => (p99Ms === null ? null : p99Ms / 1000)),
    gauge('firn_workload_cpu_cores', 'CPU in use over all ready replicas.', ({ cpuMilli }) => (cpuMilli === null ? null : cpuMilli / 1000)),
    gauge('firn_workload_memory_bytes', 'Memory in use over all ready replicas.', ({ memoryMib }) => (memoryMib === null ? null : Math.round(memoryMib * MIB_BYTES))),
    gauge('firn_workload_connections', 'TCP connections that stand at ready replicas.', ({ connections }) => connections),
    gauge('firn_workload_metrics_partial', '1 while a source of its requests is silent.', ({ isPartial }) => (isPartial ? 1 : 0)),
    family('firn_source_requests_per_second', 'gauge', 'Arrivals as one source says.', sources.map(({ labels, source }) => ({ labels, value: source.qps }))),
    family('firn_source_said_timestamp_seconds', 'gauge', 'When that was true.', sources.map(({ labels, source }) => ({ labels, value: source.at / 1000 }))),
  ];
}

interface SeenReplica {
  readonly labels: Labels;
  readonly observed: ObservedReplica | undefined;
}

function replicaFamilies({ fleet }: Pick<Context, 'fleet'>, { replicas, hosts }: Snapshot, workloads: readonly Workload[]): string[] {
  const byId = new Map(workloads.map((workload) => [workload.id, workload]));
  const hostOf = new Map(hosts.map((host) => [host.id, host]));
  const known = replicas.flatMap((replica) => {
    const workload = byId.get(replica.workloadId);
    return workload === undefined ? [] : [seen(replica, workload, replica.hostId === null ? undefined : hostOf.get(replica.hostId), fleet.get(replica.hostId ?? ''))];
  });
  const usage = (name: string, type: 'gauge' | 'counter', help: string, value: (usage: Usage) => number | null | undefined): string => family(name, type, help, known.map(({ labels, observed }): Point => ({ labels, value: observed?.usage === undefined ? null : value(observed.usage) })));
  const seconds = (micros: number | null): number | null => (micros === null ? null : micros / 1_000_000);
  return [
    family('firn_replica_up', 'gauge', '1 while it serves.', known.map(({ labels, observed }) => ({ labels, value: observed?.state === 'running' ? 1 : 0 }))),
    family('firn_replica_restarts_total', 'counter', 'Starts after it ended by itself.', known.map(({ labels, observed }) => ({ labels, value: observed?.restarts }))),
    usage('firn_replica_cpu_seconds_total', 'counter', 'CPU time since the container started.', ({ cpuMicros }) => seconds(cpuMicros)),
    usage('firn_replica_cpu_periods_total', 'counter', 'Scheduling periods in which it wanted to run.', ({ periods }) => periods),
    usage('firn_replica_cpu_throttled_periods_total', 'counter', 'Of them: cut short by its CPU limit.', ({ throttledPeriods }) => throttledPeriods),
    usage('firn_replica_memory_bytes', 'gauge', 'Memory that counts against its limit.', ({ memoryBytes }) => memoryBytes),
    usage('firn_replica_network_received_bytes_total', 'counter', 'Bytes received.', ({ networkReceivedBytes }) => networkReceivedBytes),
    usage('firn_replica_network_sent_bytes_total', 'counter', 'Bytes sent.', ({ networkSentBytes }) => networkSentBytes),
    usage('firn_replica_block_read_bytes_total', 'counter', 'Bytes read from disks.', ({ blockReadBytes }) => blockReadBytes),
    usage('firn_replica_block_written_bytes_total', 'counter', 'Bytes written to disks.', ({ blockWrittenBytes }) => blockWrittenBytes),
    usage('firn_replica_connections', 'gauge', 'TCP connections that stand.', ({ connections }) => connections),
    usage('firn_replica_processes', 'gauge', 'Processes and threads.', ({ processes }) => processes),
    usage('firn_replica_requests_total', 'counter', 'Requests as the service counts them.', ({ requests }) => requests?.total),
    usage('firn_replica_request_errors_total', 'counter', 'Of them: answered with 5xx.', ({ requests }) => requests?.errors),
  ];
}

function seen(replica: Replica, workload: Workload, host: Host | undefined, observedHost: ObservedHost | undefined): SeenReplica {
  const { service, environment, team } = workload;
  return { labels: { replica: replicaName(workload, replica.ordinal), service, environment, team, host: host?.name ?? '', site: host?.site ?? '' }, observed: observedHost?.replicas.get(replica.id) };
}

function hostFamilies(hosts: readonly { readonly host: Host; readonly labels: Labels; readonly seen: ObservedHost | undefined }[]): string[] {
  const gauge = (name: string, help: string, value: (host: Host, seen: ObservedHost | undefined) => number | null | undefined): string => family(name, 'gauge', help, hosts.map(({ host, labels, seen: observed }) => ({ labels, value: value(host, observed) })));
  return [
    gauge('firn_host_up', '1 while its agent is heard.', (_, observed) => (observed?.state === 'ready' ? 1 : 0)),
    gauge('firn_host_cpu_capacity_cores', 'CPU of the machine.', ({ capacity }) => capacity.cpuMilli / 1000),
    gauge('firn_host_memory_capacity_bytes', 'Memory of the machine.', ({ capacity }) => capacity.memoryMib * MIB_BYTES),
    gauge('firn_host_cpu_cores', 'CPU in use.', (_, observed) => (observed?.report?.hostUsage === undefined ? null : observed.report.hostUsage.cpuMilli / 1000)),
    gauge('firn_host_memory_bytes', 'Memory in use.', (_, observed) => (observed?.report?.hostUsage === undefined ? null : observed.report.hostUsage.memoryMib * MIB_BYTES)),
    gauge('firn_host_reported_timestamp_seconds', 'When its last report came.', (_, observed) => (observed === undefined || observed.reportedAt === null ? null : observed.reportedAt / 1000)),
    gauge('firn_host_cost_cents_per_hour', 'What it costs.', ({ costCentsPerHour }) => costCentsPerHour),
  ];
}
