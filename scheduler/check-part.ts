// The part of a snapshot that a plan of some workloads can touch, so that checking such a plan takes time by what it does, not by the fleet.
// Takes a snapshot and a plan with a scope; gives a smaller snapshot and the plan with totals of that part, for check(). It is part of the
// checker and shares no code with the placer: it only leaves out.

import type { Plan, Replica, Snapshot, Totals } from './model.ts';

export interface Part {
  readonly snapshot: Snapshot;
  readonly plan: Plan;
}

/**
 * Workloads of the scope with all their replicas, every host on which they are or come, all replicas of the hosts that change, and of
 * addresses those that the plan gives. A plan of everything is its own part, and so is one where money binds all hosts together.
 */
export function partOf(snapshot: Snapshot, plan: Plan): Part {
  if (plan.scope === undefined || snapshot.policy.cloud.mostCentsPerHour !== null) return { snapshot, plan };
  const scope = new Set([...plan.scope, ...plan.steps.map(({ replica }) => replica.workloadId)]);
  const changing = new Set(plan.steps.flatMap((step) => [step.replica.hostId, 'hostId' in step ? step.hostId : null, step.kind === 'move' ? step.fromHostId : null]));
  const replicas = snapshot.replicas.filter(({ workloadId, hostId }) => scope.has(workloadId) || (hostId !== null && changing.has(hostId)));
  const known = new Set([...changing, ...replicas.map(({ hostId }) => hostId)]);
  const hosts = snapshot.hosts.filter(({ id }) => known.has(id));
  const owners = new Set([...scope, ...replicas.map(({ workloadId }) => workloadId)]);
  const given = new Set(plan.steps.flatMap((step) => ('address' in step ? [step.address] : [])));
  const networkIds = new Set(hosts.map(({ networkId }) => networkId));
  const networks = snapshot.networks.filter(({ id }) => networkIds.has(id)).map(({ id, name, mode, first, last, taken }) => ({ id, name, mode, first, last, taken: taken.filter((address) => given.has(address)) }));
  const part: Snapshot = { revision: snapshot.revision, policy: snapshot.policy, hosts, networks, workloads: snapshot.workloads.filter(({ id }) => owners.has(id)), replicas };
  return { snapshot: part, plan: withTotals(plan, totalsOf(part)) };
}

/** The plan as if the part were all: what it says of before and after keeps its difference. */
function withTotals(plan: Plan, before: Totals): Plan {
  const shifted = (name: keyof Totals) => before[name] + plan.after[name] - plan.before[name];
  const after: Totals = { replicas: shifted('replicas'), pending: shifted('pending'), hostsUsed: shifted('hostsUsed'), cpuMilli: shifted('cpuMilli'), memoryMib: shifted('memoryMib'), costCentsPerHour: shifted('costCentsPerHour') };
  return { ...plan, before, after };
}

function totalsOf({ hosts, replicas }: Snapshot): Totals {
  const placed = replicas.filter((replica): replica is Replica & { readonly hostId: string } => replica.hostId !== null);
  const used = new Set(placed.map(({ hostId }) => hostId));
  const hostsUsed = hosts.filter(({ id }) => used.has(id));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  return {
    replicas: replicas.length,
    pending: replicas.length - placed.length,
    hostsUsed: hostsUsed.length,
    cpuMilli: sum(placed.map(({ shape }) => shape.cpuMilli)),
    memoryMib: sum(placed.map(({ shape }) => shape.memoryMib)),
    costCentsPerHour: sum(hostsUsed.map(({ costCentsPerHour }) => costCentsPerHour)),
  };
}
