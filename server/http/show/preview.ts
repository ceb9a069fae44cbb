// A preview of maintenance as people see it.
import type { Replica } from '#scheduler/model.ts';
import type { Context } from '../../context.ts';
import type { Preview } from '../../maintenance/preview.ts';
import { replicaName } from '../../control/names.ts';
import type { MaintenancePreview } from '../contract/maintenance.ts';
import { showBlocker, showEta } from './maintenance.ts';

export function showPreview({ clock }: Context, { present: { base }, scope, hosts, targets, blockers, eta, loss }: Preview): MaintenancePreview {
  const hostName = (id: string | null) => base.hosts[base.hostIndex.get(id ?? '') ?? -1]?.name ?? '';
  const nameOf = ({ id, workloadId, ordinal }: Replica) => {
    const workload = base.workloads.get(workloadId);
    return { replicaId: id, replica: workload === undefined ? id : replicaName(workload, ordinal), workload: workload?.name ?? workloadId };
  };
  const stuck = targets.blockers.flatMap(({ replicas }) => replicas);
  const replicas = [
    ...targets.targets.map(({ replica, fromHostId, hostId }) => ({ ...nameOf(replica), fromHost: hostName(fromHostId), toHost: hostName(hostId) })),
    ...stuck.map((replica) => ({ ...nameOf(replica), fromHost: hostName(replica.hostId), toHost: null })),
  ];
  const found = showEta(eta, clock.now());
  const moves = `${targets.targets.length} replicas would leave ${scope}`;
  const blocked = stuck.length === 0 ? '' : ` ${stuck.length} could not leave: ${blockers[0]!.sentence}.`;
  return {
    scope,
    hosts: [...hosts],
    replicas: replicas.sort((one, other) => (one.replica < other.replica ? -1 : 1)),
    eta: found,
    blockers: blockers.map((row) => showBlocker(row, stuck.filter(({ workloadId }) => workloadId === row.workloadId).map((replica) => ({ ...nameOf(replica), fromHost: hostName(replica.hostId) })), base.workloads.get(row.workloadId)?.name)),
    loss,
    sentence: targets.targets.length + stuck.length + targets.underWay.length === 0 ? `Nothing runs on ${scope}: it would be empty at once.` : `${moves}.${found === null ? '' : ` ${found.sentence}`}${blocked}`,
  };
}
