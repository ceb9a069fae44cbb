// A plan becomes the desired state: in one transaction, only on the revision that it was made from, every host checked again as it is now. What
// a host cannot take is refused with a reason and its replica stays pending; the rest is accepted. That the revision stands proves that the rows
// are those of the present in memory, so they are not read again; what hosts say is.
import type { Host, Plan, Replica, Shape, Step } from '#scheduler/model.ts';
import { toInteger } from '#scheduler/addresses.ts';
import { type Base, indexOfHost, prepare } from '#scheduler/prepare.ts';
import { charge, fits } from '#scheduler/resources.ts';
import type { Context } from '../context.ts';
import { holdAddresses, letGo, type NewHolding } from '../db/addresses.ts';
import { bumpRevision, readCluster } from '../db/cluster.ts';
import { deleteReplicas, putReplicas } from '../db/replicas.ts';
import { readSnapshot } from '../db/snapshot.ts';
import type { Tx } from '../db/store.ts';
import { ConflictError } from '../errors.ts';
import { replicaName } from './names.ts';
import { successorState } from './successors.ts';

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
  const base = context.present.at(revision)?.base ?? prepare(await readSnapshot(tx, context.fleet.stateOf, now, (row, rollout) => successorState(context, row, rollout), context.fleet.fullDisks));
  const rows = new Rows(base, context.fleet.stateOf);
  const changes: Changes = { removed: [], changed: new Map(), holdings: [], refused: {} };
  for (const step of plan.steps) applyStep(rows, changes, step);
  await write(context, tx, rows, changes, now);
  tx.afterCommit(() => {
    for (const { before, after } of changes.changed.values()) if (after.hostId !== null && before?.hostId === after.hostId && before.releaseId !== after.releaseId) context.fleet.renew(after.hostId, after.id);
  });
  const changed = changes.removed.length + changes.changed.size > 0;
  return { refused: changes.refused, revision: changed ? await bumpRevision(tx, {}) : revision };
}

/** The desired state as the steps done so far leave it. */
class Rows {
  readonly base: Base;
  readonly #stateOf: (hostId: string) => Host['state'];
  /** Room of hosts that changed, by index. */
  readonly #free = new Map<number, Shape>();
  readonly #replicas = new Map<string, Map<string, Replica>>();
  readonly #taken = new Set<string>();

  constructor(base: Base, stateOf: (hostId: string) => Host['state']) {
    this.base = base;
    this.#stateOf = stateOf;
  }

  /** As declared, in the state that it has at this moment. */
  host(id: string | null): Host | undefined {
    const host = this.base.hosts[indexOfHost(this.base, id)];
    return host && { ...host, state: this.#stateOf(host.id) };
  }

  replica(workloadId: string, id: string): Replica | undefined {
    return this.#replicasOf(workloadId).get(id);
  }

  put(replica: Replica): void {
    this.remove(replica);
    this.#take(replica, 1);
    this.#replicasOf(replica.workloadId).set(replica.id, replica);
  }

  remove({ workloadId, id }: Replica): void {
    const before = this.replica(workloadId, id);
    if (before === undefined) return;
    this.#take(before, -1);
    this.#replicasOf(workloadId).delete(id);
  }

  charge(shape: Shape, workloadId: string): Shape {
    return charge(shape, this.base.snapshot.policy, this.base.workloads.get(workloadId)?.environment);
  }

  free(hostId: string): Shape {
    const host = indexOfHost(this.base, hostId);
    return this.#free.get(host) ?? { cpuMilli: this.base.freeCpu[host]!, memoryMib: this.base.freeMemory[host]! };
  }

  /** Whether somebody holds the address of a network, or it rests. */
  isTaken(address: string, networkId: string): boolean {
    if (this.#taken.has(address)) return true;
    const value = toInteger(address);
    const { taken } = this.base.ranges[this.base.networkIds.indexOf(networkId)]!;
    let low = 0;
    for (let high = taken.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (taken[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return taken[low] === value;
  }

  hold(address: string): void {
    this.#taken.add(address);
  }

  #replicasOf(workloadId: string): Map<string, Replica> {
    const known = this.#replicas.get(workloadId) ?? new Map((this.base.replicasOf.get(workloadId) ?? []).map((replica) => [replica.id, replica]));
    this.#replicas.set(workloadId, known);
    return known;
  }

  #take({ hostId, shape, workloadId }: Replica, sign: 1 | -1): void {
    const host = indexOfHost(this.base, hostId);
    if (host < 0) return;
    const left = this.free(hostId!);
    const share = this.charge(shape, workloadId);
    this.#free.set(host, { cpuMilli: left.cpuMilli - sign * share.cpuMilli, memoryMib: left.memoryMib - sign * share.memoryMib });
  }
}

interface Changes {
  readonly removed: Replica[];
  /** Replicas as they are to be recorded, with what they were. */
  readonly changed: Map<string, { readonly before: Replica | undefined; readonly after: Replica }>;
  readonly holdings: Replica[];
  readonly refused: Record<string, string>;
}

function applyStep(rows: Rows, changes: Changes, step: Step): void {
  const before = rows.replica(step.replica.workloadId, step.replica.id);
  const record = (after: Replica) => {
    rows.put(after);
    changes.changed.set(after.id, { before, after });
  };
  if (step.kind === 'stop') {
    if (before === undefined) return;
    rows.remove(before);
    changes.removed.push(before);
    return;
  }
  if (step.kind === 'wait') return record({ ...step.replica, hostId: null, address: null });
  if (step.kind === 'resize') {
    const refusal = before === undefined ? 'the replica is gone' : whyNoRoom(rows, before.hostId, step.shape, before, step.replica.workloadId);
    if (refusal === undefined) record({ ...step.replica, hostId: before!.hostId, address: before!.address, shape: step.shape });
    else changes.refused[step.replica.id] = refusal;
    return;
  }
  if (step.kind === 'renew') {
    // It has its room and its address already; what it runs is all that changes.
    if (before?.hostId === step.hostId) record({ ...step.replica, hostId: before.hostId, address: before.address });
    else changes.refused[step.replica.id] = 'the replica is gone';
    return;
  }
  const target: Replica = { ...step.replica, hostId: step.hostId, address: step.address };
  const refusal = whyNot(rows, target, before);
  if (refusal === undefined) {
    if (before?.address !== step.address) {
      rows.hold(step.address);
      changes.holdings.push(target);
    }
    return record(target);
  }
  changes.refused[step.replica.id] = refusal;
  // A successor is wanted for its host only: the planner looks for another.
  if (step.replica.successor !== undefined) return;
  // What runs on a living host stays there; everything else is recorded as pending, so that it is not forgotten.
  const runs = before !== undefined && before.hostId !== null && (rows.host(before.hostId)?.state ?? 'lost') !== 'lost';
  if (!runs) record({ ...step.replica, hostId: null, address: null });
}

/** Why the host cannot take the replica now, or undefined when it can. */
function whyNot(rows: Rows, target: Replica, before: Replica | undefined): string | undefined {
  const { workloadId, address, successor } = target;
  const host = rows.host(target.hostId);
  if (host === undefined) return `host ${target.hostId} is gone`;
  if (host.state === 'lost' || host.state === 'joining') return `host ${host.name} is ${host.state} now`;
  if (host.cordoned) return `host ${host.name} is cordoned now`;
  if (host.draining === true) return `host ${host.name} is being drained now`;
  if (!rows.base.networkIds.includes(host.networkId)) return `the network of host ${host.name} is gone`;
  if (!rows.base.workloads.has(workloadId)) return 'its workload is gone';
  if (successor !== undefined && rows.replica(workloadId, successor.replaces) === undefined) return 'the replica that it was to replace is gone';
  if (before?.address !== address && rows.isTaken(address!, host.networkId)) return `address ${address} is taken now`;
  return whyNoRoom(rows, host.id, target.shape, before?.hostId === host.id ? before : undefined, workloadId);
}

/** @param instead what of the host is given back when it takes this */
function whyNoRoom(rows: Rows, hostId: string | null, shape: Shape, instead: Replica | undefined, workloadId: string): string | undefined {
  const host = rows.host(hostId);
  if (host === undefined) return `host ${hostId ?? ''} is gone`;
  const left = rows.free(host.id);
  const back = instead === undefined ? { cpuMilli: 0, memoryMib: 0 } : rows.charge(instead.shape, workloadId);
  const room = { cpuMilli: left.cpuMilli + back.cpuMilli, memoryMib: left.memoryMib + back.memoryMib };
  const wanted = rows.charge(shape, workloadId);
  // A replica that shrinks fits wherever it is, also on a host that holds too much after a change of policy.
  const shrinks = wanted.cpuMilli <= back.cpuMilli && wanted.memoryMib <= back.memoryMib;
  return shrinks || fits(wanted, room) ? undefined : `host ${host.name} has ${room.cpuMilli} millicores and ${room.memoryMib} MiB left now`;
}

async function write({ ids }: Context, tx: Tx, rows: Rows, { removed, changed, holdings, refused }: Changes, now: number): Promise<void> {
  const leaving = [...changed.values()].filter(({ before, after }) => (before?.address ?? null) !== null && (before!.address !== after.address || before!.hostId !== after.hostId));
  await letGo(tx, [...removed.map(({ id }) => id), ...leaving.map(({ after }) => after.id)], now);
  await deleteReplicas(tx, removed);
  const after = [...changed.values()].map((each) => each.after);
  await putReplicas(tx, after.filter(({ hostId }) => hostId === null), now);
  await putReplicas(tx, after.filter(({ hostId }) => hostId !== null), now);
  await holdAddresses(tx, holdings.map((replica): NewHolding => {
    const host = rows.host(replica.hostId)!;
    const workload = rows.base.workloads.get(replica.workloadId)!;
    return { id: ids.next(), networkId: host.networkId, address: replica.address!, replicaId: replica.id, replica: replicaName(workload, replica.ordinal), workload: workload.name, hostId: host.id, host: host.name, heldFrom: now };
  }));
  tx.changed('hosts', ...new Set([...changed.values()].flatMap((each) => [each.before?.hostId ?? [], each.after.hostId ?? []].flat())));
  if (Object.keys(refused).length > 0) tx.changed('plans');
}
