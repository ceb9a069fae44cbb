// A plan becomes the desired state: in one transaction, only on the revision that it was made from, every host checked again against the
// rows as they are now. What a host cannot take is refused with a reason and its replica stays pending; the rest is accepted.
import type { Host, Plan, Policy, Replica, Shape, Step } from '#scheduler/model.ts';
import { charge, fits, usable } from '#scheduler/resources.ts';
import type { Context } from '../context.ts';
import { holdAddresses, letGo, type NewHolding, takenAddresses } from '../db/addresses.ts';
import { bumpRevision, readCluster } from '../db/cluster.ts';
import { type HostRow, hostOf, listHosts } from '../db/hosts.ts';
import { listNetworks } from '../db/networks.ts';
import { currentPolicy, policyOf } from '../db/policies.ts';
import { deleteReplicas, listReplicas, putReplicas, replicaOf } from '../db/replicas.ts';
import { neverGiven } from '../db/snapshot.ts';
import type { Tx } from '../db/store.ts';
import { listWorkloads, type WorkloadRow, workloadName } from '../db/workloads.ts';
import { ConflictError } from '../errors.ts';
import { replicaName } from './names.ts';

export interface Applied {
  /** Replica id -> why its step was refused. */
  readonly refused: Record<string, string>;
  /** The revision that it led to; the parent where nothing changed. */
  readonly revision: number;
}

/** @throws ConflictError `plan-stale` when the parent is not the current revision: nothing is changed then */
export async function applyPlan(context: Context, tx: Tx, plan: Plan): Promise<Applied> {
  const { revision } = await readCluster(tx);
  if (revision !== plan.parent) {
    throw new ConflictError('plan-stale', `The plan was made from revision ${plan.parent}, and the desired state is at revision ${revision} now: propose it again.`);
  }
  const now = context.clock.now();
  const rows = await readRows(context, tx, now);
  const changes: Changes = { removed: [], changed: new Map(), holdings: [], refused: {} };
  for (const step of plan.steps) applyStep(rows, changes, step);
  await write(context, tx, rows, changes, now);
  const changed = changes.removed.length + changes.changed.size > 0;
  return { refused: changes.refused, revision: changed ? await bumpRevision(tx) : revision };
}

interface Rows {
  readonly policy: Policy;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly hostRows: ReadonlyMap<string, HostRow>;
  readonly networks: ReadonlySet<string>;
  readonly workloads: ReadonlyMap<string, WorkloadRow>;
  readonly replicas: Map<string, Replica>;
  /** What is left on each host, deducted step by step. */
  readonly free: Map<string, Shape>;
  /** Addresses that nobody may take. */
  readonly taken: Set<string>;
}

interface Changes {
  readonly removed: Replica[];
  /** Replicas as they are to be recorded, with what they were. */
  readonly changed: Map<string, { readonly before: Replica | undefined; readonly after: Replica }>;
  readonly holdings: Replica[];
  readonly refused: Record<string, string>;
}

async function readRows({ fleet }: Context, tx: Tx, now: number): Promise<Rows> {
  const policy = policyOf(await currentPolicy(tx));
  const hostRows = await listHosts(tx);
  const hosts = new Map(hostRows.map((row) => [row.id, hostOf(row, fleet.stateOf(row.id))]));
  const networks = await listNetworks(tx);
  const workloads = new Map((await listWorkloads(tx)).map((row) => [row.id, row]));
  const replicas = new Map((await listReplicas(tx)).map((row) => [row.id, replicaOf(row)]));
  const free = new Map([...hosts.values()].map((host) => [host.id, usable(host, policy)]));
  const taken = new Set([...(await takenAddresses(tx, now)).values(), ...networks.map((network) => neverGiven(network, hostRows))].flat());
  const rows: Rows = { policy, hosts, hostRows: new Map(hostRows.map((row) => [row.id, row])), networks: new Set(networks.map(({ id }) => id)), workloads, replicas, free, taken };
  for (const replica of replicas.values()) take(rows, replica, 1);
  return rows;
}

/** Takes a replica's share from its host, or gives it back. */
function take(rows: Rows, { hostId, shape, workloadId }: Replica, sign: 1 | -1): void {
  const left = hostId === null ? undefined : rows.free.get(hostId);
  if (left === undefined) return;
  const share = charge(shape, rows.policy, rows.workloads.get(workloadId)?.environment);
  rows.free.set(hostId!, { cpuMilli: left.cpuMilli - sign * share.cpuMilli, memoryMib: left.memoryMib - sign * share.memoryMib });
}

function applyStep(rows: Rows, changes: Changes, step: Step): void {
  const before = rows.replicas.get(step.replica.id);
  const record = (after: Replica) => {
    if (before !== undefined) take(rows, before, -1);
    take(rows, after, 1);
    rows.replicas.set(after.id, after);
    changes.changed.set(after.id, { before, after });
  };
  if (step.kind === 'stop') {
    if (before === undefined) return;
    take(rows, before, -1);
    rows.replicas.delete(before.id);
    changes.removed.push(before);
    return;
  }
  if (step.kind === 'wait') return record({ ...step.replica, hostId: null, address: null });
  if (step.kind === 'resize') {
    const refusal = before === undefined ? 'the replica is gone' : whyNoRoom(rows, before.hostId ?? '', step.shape, before, step.replica.workloadId);
    if (refusal === undefined) record({ ...step.replica, hostId: before!.hostId, address: before!.address, shape: step.shape });
    else changes.refused[step.replica.id] = refusal;
    return;
  }
  const target: Replica = { ...step.replica, hostId: step.hostId, address: step.address };
  const refusal = whyNot(rows, target, before);
  if (refusal === undefined) {
    if (before?.address !== step.address) {
      rows.taken.add(step.address);
      changes.holdings.push(target);
    }
    return record(target);
  }
  changes.refused[step.replica.id] = refusal;
  // A successor is wanted for its host only: the planner looks for another.
  if (step.replica.successor !== undefined) return;
  // What runs on a living host stays there; everything else is recorded as pending, so that it is not forgotten.
  const runs = before !== undefined && before.hostId !== null && (rows.hosts.get(before.hostId)?.state ?? 'lost') !== 'lost';
  if (!runs) record({ ...step.replica, hostId: null, address: null });
}

/** Why the host cannot take the replica now, or undefined when it can. */
function whyNot(rows: Rows, target: Replica, before: Replica | undefined): string | undefined {
  const host = rows.hosts.get(target.hostId!);
  if (host === undefined) return `host ${target.hostId} is gone`;
  if (host.state === 'lost' || host.state === 'joining') return `host ${host.name} is ${host.state} now`;
  if (host.cordoned) return `host ${host.name} is cordoned now`;
  if (host.draining === true) return `host ${host.name} is being drained now`;
  if (!rows.networks.has(host.networkId)) return `the network of host ${host.name} is gone`;
  if (!rows.workloads.has(target.workloadId)) return 'its workload is gone';
  if (target.successor !== undefined && !rows.replicas.has(target.successor.replaces)) return 'the replica that it was to replace is gone';
  if (before?.address !== target.address && rows.taken.has(target.address!)) return `address ${target.address} is taken now`;
  return whyNoRoom(rows, host.id, target.shape, before?.hostId === host.id ? before : undefined, target.workloadId);
}

/** @param instead what of the host is given back when it takes this */
function whyNoRoom({ hosts, free, policy, workloads }: Rows, hostId: string, shape: Shape, instead: Replica | undefined, workloadId: string): string | undefined {
  const host = hosts.get(hostId);
  const left = free.get(hostId);
  if (host === undefined || left === undefined) return `host ${hostId} is gone`;
  const environment = workloads.get(workloadId)?.environment;
  const back = instead === undefined ? { cpuMilli: 0, memoryMib: 0 } : charge(instead.shape, policy, environment);
  const room = { cpuMilli: left.cpuMilli + back.cpuMilli, memoryMib: left.memoryMib + back.memoryMib };
  const wanted = charge(shape, policy, environment);
  // A replica that shrinks fits wherever it is, also on a host that holds too much after a change of policy.
  const shrinks = wanted.cpuMilli <= back.cpuMilli && wanted.memoryMib <= back.memoryMib;
  return shrinks || fits(wanted, room) ? undefined : `host ${host.name} has ${room.cpuMilli} millicores and ${room.memoryMib} MiB left now`;
}

async function write({ ids }: Context, tx: Tx, rows: Rows, { removed, changed, holdings, refused }: Changes, now: number): Promise<void> {
  const leaving = [...changed.values()].filter(({ before, after }) => (before?.address ?? null) !== null && (before!.address !== after.address || before!.hostId !== after.hostId));
  await letGo(tx, [...removed.map(({ id }) => id), ...leaving.map(({ after }) => after.id)], now);
  await deleteReplicas(tx, removed.map(({ id }) => id));
  const after = [...changed.values()].map((each) => each.after);
  await putReplicas(tx, after.filter(({ hostId }) => hostId === null), now);
  await putReplicas(tx, after.filter(({ hostId }) => hostId !== null), now);
  await holdAddresses(tx, holdings.map((replica): NewHolding => {
    const host = rows.hostRows.get(replica.hostId!)!;
    const workload = rows.workloads.get(replica.workloadId)!;
    return { id: ids.next(), networkId: host.networkId, address: replica.address!, replicaId: replica.id, replica: replicaName(workload, replica.ordinal), workload: workloadName(workload), hostId: host.id, host: host.name, heldFrom: now };
  }));
  tx.changed('hosts', ...new Set([...changed.values()].flatMap((each) => [each.before?.hostId ?? [], each.after.hostId ?? []].flat())));
  if (Object.keys(refused).length > 0) tx.changed('plans');
}
