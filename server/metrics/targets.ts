// Every replica that has a path with metrics, as Prometheus' http_sd wants targets: an existing Prometheus scrapes them itself, and learns of moves by asking again.
import type { Context } from '../context.ts';
import { replicaName } from '../control/names.ts';
import { releasesById } from '../db/workloads.ts';
import type { PrometheusTargets } from '../http/contract/metrics.ts';

/** @param mayRead whether the caller may read of this team */
export async function targetsOf(context: Context, mayRead: (team: string) => boolean): Promise<PrometheusTargets> {
  const { snapshot } = await context.present.read();
  const workloads = new Map(snapshot.workloads.filter(({ team }) => mayRead(team)).map((workload) => [workload.id, workload]));
  const hosts = new Map(snapshot.hosts.map((host) => [host.id, host]));
  const replicas = snapshot.replicas.filter(({ workloadId, hostId, address }) => workloads.has(workloadId) && hostId !== null && address !== null);
  const releases = await context.store.read((reader) => releasesById(reader, [...new Set(replicas.map(({ releaseId }) => releaseId))]));
  return replicas.flatMap(({ workloadId, releaseId, ordinal, hostId, address }) => {
    const release = releases.get(releaseId);
    const workload = workloads.get(workloadId)!;
    const host = hosts.get(hostId!);
    if (release === undefined || release.metricsPath === null || host === undefined) return [];
    const { service, environment, team } = workload;
    return [{ targets: [`${address}:${release.port}`], labels: { __metrics_path__: release.metricsPath, team, service, environment, host: host.name, site: host.site, release: String(release.version), replica: replicaName(workload, ordinal) } }];
  });
}
