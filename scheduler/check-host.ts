// The independent checker's rules of a single host: room, and everything that a host must be to take a replica.
// Takes the facts of check.ts; gives violations. Written from the README's words, not from feasible.ts, and sharing no code with it.

import type { Host, Plan, Replica, Shape, Snapshot, Step, Violation, Workload } from './model.ts';

/** What the invariants look at: the snapshot by id, and every replica as the plan leaves it. */
export interface Facts {
  readonly snapshot: Snapshot;
  readonly plan: Plan;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly before: ReadonlyMap<string, Replica>;
  readonly after: ReadonlyMap<string, Replica>;
  /** After the plan, by workload: a replica that has a successor is not among them, since the two count as one. */
  readonly unitsOf: ReadonlyMap<string, readonly Replica[]>;
  /** Replicas per workload that the plan admits to have found no room for. */
  readonly admitted: ReadonlyMap<string, number>;
  /** Changes of any workload that wait for the pace. */
  readonly postponed: number;
  /** Replicas that are not seen to serve. */
  readonly silent: ReadonlySet<string>;
}

/** What every host that receives something must still satisfy once the plan is applied. */
export function checkHosts(facts: Facts): Violation[] {
  return [...overcommit(facts), ...keptRoom(facts), ...rules(facts), ...spend(facts)];
}

/** No host that receives something gives more than it has. One that gives too much already may stay so, but takes nothing on top. */
function overcommit({ snapshot, plan, hosts, before, after }: Facts): Violation[] {
  const environments = new Map(snapshot.workloads.map((workload) => [workload.id, workload.environment]));
  const received = new Map<string, { cpu: boolean; memory: boolean }>();
  for (const step of plan.steps) {
    if (step.kind !== 'start' && step.kind !== 'move' && step.kind !== 'resize') continue;
    const was = step.kind === 'resize' ? before.get(step.replica.id)?.shape : undefined;
    const shape = step.kind === 'resize' ? step.shape : step.replica.shape;
    const known = received.get(step.hostId) ?? { cpu: false, memory: false };
    received.set(step.hostId, { cpu: known.cpu || shape.cpuMilli > (was?.cpuMilli ?? -1), memory: known.memory || shape.memoryMib > (was?.memoryMib ?? -1) });
  }
  const taken = new Map<string, Shape>();
  for (const { hostId, shape, workloadId } of after.values()) {
    if (hostId === null) continue;
    const sum = taken.get(hostId) ?? { cpuMilli: 0, memoryMib: 0 };
    const permille = overcommitOf(snapshot, environments.get(workloadId));
    taken.set(hostId, { cpuMilli: sum.cpuMilli + Math.ceil((shape.cpuMilli * 1000) / permille), memoryMib: sum.memoryMib + shape.memoryMib });
  }
  const { reservePermille } = snapshot.policy;
  return [...received].flatMap(([hostId, dimensions]): Violation[] => {
    const host = hosts.get(hostId);
    if (host === undefined) return [];
    const sum = taken.get(hostId) ?? { cpuMilli: 0, memoryMib: 0 };
    const cpu = Math.floor((host.capacity.cpuMilli * (1000 - reservePermille.cpu)) / 1000) - host.reserved.cpuMilli;
    const memory = Math.floor((host.capacity.memoryMib * (1000 - reservePermille.memory)) / 1000) - host.reserved.memoryMib;
    const found: Violation[] = [];
    if (dimensions.cpu && sum.cpuMilli > cpu) found.push({ invariant: 'overcommit', subject: hostId, message: `gives ${sum.cpuMilli} millicores of ${cpu}` });
    if (dimensions.memory && sum.memoryMib > memory) found.push({ invariant: 'overcommit', subject: hostId, message: `gives ${sum.memoryMib} MiB of ${memory}` });
    return found;
  });
}

/** What is kept for replicas that are to leave other hosts is given to nothing else, but to what a lost host left. */
function keptRoom({ snapshot, plan, hosts, after }: Facts): Violation[] {
  if (!snapshot.hosts.some(({ kept }) => kept !== undefined) || plan.steps.some(({ reason }) => reason.code === 'host-lost' || reason.code === 'host-gone')) return [];
  const environments = new Map(snapshot.workloads.map((workload) => [workload.id, workload.environment]));
  const replaced = new Set([...after.values()].flatMap(({ successor }) => successor?.replaces ?? []));
  const shareOf = ({ shape, workloadId }: Replica) => Math.ceil((shape.cpuMilli * 1000) / overcommitOf(snapshot, environments.get(workloadId)));
  const received = new Set(plan.steps.flatMap((step) => (step.kind === 'start' || step.kind === 'move' ? [step.hostId] : [])));
  return [...received].flatMap((hostId): Violation[] => {
    const host = hosts.get(hostId);
    const waiting = (host?.kept ?? []).flatMap(({ replicaId }) => after.get(replicaId) ?? []).filter((replica) => !replaced.has(replica.id) && hosts.get(replica.hostId ?? '')?.draining === true);
    if (host === undefined || waiting.length === 0) return [];
    const all = [...waiting, ...[...after.values()].filter((replica) => replica.hostId === hostId)];
    const cpu = Math.floor((host.capacity.cpuMilli * (1000 - snapshot.policy.reservePermille.cpu)) / 1000) - host.reserved.cpuMilli - all.reduce((sum, each) => sum + shareOf(each), 0);
    const memory = Math.floor((host.capacity.memoryMib * (1000 - snapshot.policy.reservePermille.memory)) / 1000) - host.reserved.memoryMib - all.reduce((sum, { shape }) => sum + shape.memoryMib, 0);
    return cpu >= 0 && memory >= 0 ? [] : [{ invariant: 'kept', subject: hostId, message: `gives away what is kept for ${waiting.map(({ id }) => id).join(', ')}: ${Math.max(0, -cpu)} millicores and ${Math.max(0, -memory)} MiB too much` }];
  });
}

function overcommitOf(snapshot: Snapshot, environment: string | undefined): number {
  const rule = Object.entries(snapshot.policy.environments).find(([name]) => name === environment);
  return rule === undefined ? 1000 : rule[1].cpuOvercommitPermille;
}

/** Every replica that starts, moves or changes shape is on a host that may have it. */
function rules({ snapshot, plan, hosts }: Facts): Violation[] {
  const workloads = new Map(snapshot.workloads.map((workload) => [workload.id, workload]));
  const found: Violation[] = [];
  for (const step of plan.steps) {
    if (step.kind === 'stop' || step.kind === 'wait') continue;
    const host = hosts.get(step.hostId);
    const workload = workloads.get(step.replica.workloadId);
    if (host === undefined || workload === undefined) continue;
    // What gets a new container where it is comes to no host: if it may not stay, that is another matter.
    for (const message of [...arrival(step, host), ...(step.kind === 'renew' ? [] : suits(snapshot, workload, host))]) {
      found.push({ invariant: 'rule', subject: step.replica.id, message: `${step.kind} on ${host.id}: ${message}` });
    }
  }
  return found;
}

/** A host takes something new only while it lives and is open. */
function arrival(step: Step, host: Host): string[] {
  if (step.kind === 'resize' || step.kind === 'renew') return host.state === 'lost' ? ['the host is lost'] : [];
  const messages: string[] = [];
  if (host.state === 'lost' || host.state === 'joining') messages.push(`the host is ${host.state}`);
  if (host.cordoned) messages.push('the host is cordoned');
  if (host.draining === true) messages.push('the host is being drained');
  return messages;
}

function suits(snapshot: Snapshot, workload: Workload, host: Host): string[] {
  const { environment, ask } = workload;
  const messages: string[] = [];
  const kinds = Object.entries(snapshot.policy.environments).find(([name]) => name === environment)?.[1].kinds ?? [];
  if (!kinds.some((kind) => kind === host.kind)) messages.push(`hosts of kind ${host.kind} are not for environment ${environment}`);
  if (host.environments.length > 0 && !host.environments.some((each) => each === environment)) messages.push(`the host is not for environment ${environment}`);
  if (ask.cloud === 'never' && host.kind === 'cloud-vm') messages.push('the workload may not run in the cloud');
  const { mostCentsPerCoreHour } = snapshot.policy.cloud;
  if (host.kind === 'cloud-vm' && mostCentsPerCoreHour !== null && host.costCentsPerHour > (mostCentsPerCoreHour * host.capacity.cpuMilli) / 1000) {
    messages.push(`a core of it costs more than ${mostCentsPerCoreHour} cents an hour`);
  }
  for (const [label, value] of Object.entries(ask.labels)) {
    if (new Map(Object.entries(host.labels)).get(label) !== value) messages.push(`label ${label} is not ${value}`);
  }
  for (const taint of host.taints) if (!ask.tolerations.some((each) => each === taint)) messages.push(`taint ${taint} is not tolerated`);
  return messages;
}

/** No step opens an empty cloud host beyond what the cloud may cost at that moment. */
function spend({ snapshot, plan, hosts, before }: Facts): Violation[] {
  const most = snapshot.policy.cloud.mostCentsPerHour;
  if (most === null) return [];
  const found: Violation[] = [];
  const onHost = new Map<string, number>();
  const hostOf = new Map<string, string>();
  let cents = 0;
  /** Whole cents, so that adding up is exact. */
  const count = (hostId: string, change: 1 | -1) => {
    const host = hosts.get(hostId);
    const had = onHost.get(hostId) ?? 0;
    onHost.set(hostId, had + change);
    if (host?.kind === 'cloud-vm' && (had === 0 || had + change === 0)) cents += change * host.costCentsPerHour;
  };
  const put = (replicaId: string, hostId: string | null) => {
    const left = hostOf.get(replicaId);
    if (left !== undefined) count(left, -1);
    if (hostId === null) hostOf.delete(replicaId);
    else hostOf.set(replicaId, hostId);
    if (hostId !== null) count(hostId, 1);
  };
  for (const { id, hostId } of before.values()) put(id, hostId);
  for (const step of plan.steps) {
    const hostId = step.kind === 'stop' || step.kind === 'wait' ? null : step.hostId;
    const isOpened = hostId !== null && hosts.get(hostId)?.kind === 'cloud-vm' && (onHost.get(hostId) ?? 0) === 0;
    put(step.replica.id, hostId);
    if (isOpened && cents > most) found.push({ invariant: 'spend', subject: hostId, message: `the cloud costs ${cents} cents an hour with it, at most ${most} are allowed` });
  }
  return found;
}
