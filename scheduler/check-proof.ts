// The independent checker of a proof: from the snapshot (and the plan) alone it says what the replicas cost and what the prices prove.
// Takes model data; gives what is wrong, and the gap. Written from the README's words: it groups hosts and replicas in its own way and
// shares no code with the placer. Of the sum it asks size.ts, which is what a team was granted; the arithmetic is check-bound.ts.

import { proves } from './check-bound.ts';
import type { Host, Plan, Proof, Replica, Snapshot, Workload } from './model.ts';
import type { PackProblem } from './pack/problem.ts';
import type { Gap } from './questions/model.ts';
import { size } from './size.ts';

export interface ProofVerdict {
  readonly ok: boolean;
  /** Each a sentence that names what is wrong; empty when everything holds. */
  readonly problems: readonly string[];
  /** Of the figures computed here; all 0 when the proof is not ok. */
  readonly gap: Gap;
}

/** Replicas of equal size and price whose workloads may run on just the same hosts as `like`. */
interface Type {
  readonly size: readonly number[];
  readonly price: number;
  readonly like: Workload;
  count: number;
  most: number;
}

/** @param plan from whose end state the proof is; undefined: from the snapshot as it stands */
export function checkProof(snapshot: Snapshot, plan: Plan | undefined, proof: Proof): ProofVerdict {
  const problems: string[] = [];
  const replicas = replicasAfter(snapshot, plan);
  const held = Map.groupBy(replicas, ({ hostId }) => hostId ?? '');
  const cost = snapshot.hosts.reduce((sum, { id, costCentsPerHour }) => sum + (held.has(id) ? costCentsPerHour : 0), 0);
  if (proof.costCentsPerHour !== cost) problems.push(`the proof says that the hosts in use cost ${proof.costCentsPerHour}, they cost ${cost}`);
  const types = typesOf(snapshot, replicas, proof, problems);
  const problem = problemOf(snapshot, held, types);
  const proven = proves(problem, { scale: proof.scale, prices: types.map(({ price }) => price), bound: proof.bound }, types.map(({ count }) => count), problems);
  if (!Number.isSafeInteger(proof.bound) || proof.bound < 0) problems.push(`the bound is ${proof.bound}: it must be a whole number, 0 or more`);
  if (problems.length === 0 && wholeSteps(problem, proven, proof.scale) < proof.bound) problems.push(`the proof says ${proof.bound}, its prices prove ${wholeSteps(problem, proven, proof.scale)}`);
  if (problems.length > 0) return { ok: false, problems, gap: { costCentsPerHour: 0, boundCentsPerHour: 0, percent: 0 } };
  const bound = proof.bound / proof.scale;
  return { ok: true, problems, gap: { costCentsPerHour: cost, boundCentsPerHour: bound, percent: cost === bound ? 0 : (100 * (cost - bound)) / bound } };
}

/** Any arrangement costs a multiple of what all hosts' costs are multiples of: the bound is rounded up to one. */
function wholeSteps({ classes }: PackProblem, proven: bigint, scale: number): number {
  const gcd = (one: number, other: number): number => (other === 0 ? one : gcd(other, one % other));
  const step = BigInt(classes.reduce((found, { cost, accepts }) => (accepts.includes(true) ? gcd(found, cost) : found), 0)) * BigInt(scale);
  return step === 0n ? 0 : Number(((proven + step - 1n) / step) * step);
}

function replicasAfter({ replicas }: Snapshot, plan: Plan | undefined): Replica[] {
  const after = new Map(replicas.map((replica) => [replica.id, replica]));
  for (const step of plan?.steps ?? []) {
    if (step.kind === 'stop') after.delete(step.replica.id);
    else if (step.kind === 'resize') after.set(step.replica.id, { ...step.replica, shape: step.shape });
    else after.set(step.replica.id, { ...step.replica, hostId: step.kind === 'wait' ? null : step.hostId });
  }
  return [...after.values()];
}

/** What runs where the rules no longer allow it, and what has a successor, is not counted: the bound only falls by that. */
function typesOf(snapshot: Snapshot, replicas: readonly Replica[], proof: Proof, problems: string[]): Type[] {
  const hosts = new Map(snapshot.hosts.map((host) => [host.id, host]));
  const prices = new Map(proof.prices.map(({ workloadId, shape, price }) => [JSON.stringify([workloadId, shape.cpuMilli, shape.memoryMib]), price]));
  if (prices.size !== proof.prices.length) problems.push('the proof gives two prices for one workload and shape');
  const replaced = new Set(replicas.flatMap(({ successor }) => successor?.replaces ?? []));
  const aloneOf = Map.groupBy(replicas.filter(({ id }) => !replaced.has(id)), ({ workloadId }) => workloadId);
  const types = new Map<string, Type>();
  for (const workload of snapshot.workloads) {
    const alone = aloneOf.get(workload.id) ?? [];
    const counted = alone.filter(({ hostId }) => hosts.has(hostId ?? '') && suits(snapshot, workload, hosts.get(hostId!)!));
    const densest = Math.max(0, ...[...Map.groupBy(counted, ({ hostId }) => hostId).values()].map(({ length }) => length));
    const mayRun = JSON.stringify([workload.environment, workload.ask.cloud, Object.entries(workload.ask.labels).sort(), [...workload.ask.tolerations].sort()]);
    for (const [key, members] of Map.groupBy(counted, ({ shape }) => JSON.stringify([workload.id, shape.cpuMilli, shape.memoryMib]))) {
      const { shape } = members[0]!;
      const price = prices.get(key);
      if (price === undefined) problems.push(`the proof gives no price for ${key}`);
      prices.delete(key);
      const taken = [Math.ceil((shape.cpuMilli * 1000) / permilleOf(snapshot, workload.environment)), shape.memoryMib];
      const type = types.get(JSON.stringify([taken, price, mayRun])) ?? { size: taken, price: price ?? 0, like: workload, count: 0, most: 0 };
      types.set(JSON.stringify([taken, price, mayRun]), type);
      type.count += members.length;
      type.most += Math.min(members.length, Math.max(densest, mostOnHost(snapshot, workload, alone.length)));
    }
  }
  for (const key of prices.keys()) problems.push(`the proof gives a price for ${key}, of which nothing is placed`);
  return [...types.values()];
}

/** The fleet with every host as if empty. A closed host keeps what it has; one that gives too much counts as that large. */
function problemOf(snapshot: Snapshot, held: ReadonlyMap<string, readonly Replica[]>, types: readonly Type[]): PackProblem {
  const permilles = new Map(snapshot.workloads.map(({ id, environment }) => [id, permilleOf(snapshot, environment)]));
  const usable = (amount: number, reservePermille: number, own: number) => Math.max(0, Math.floor((amount * (1000 - reservePermille)) / 1000) - own);
  const { cpu: cpuReserve, memory: memoryReserve } = snapshot.policy.reservePermille;
  const classes = new Map<string, PackProblem['classes'][number]>();
  for (const host of snapshot.hosts) {
    const here = held.get(host.id) ?? [];
    const isClosed = here.length === 0 && (host.cordoned || host.draining === true);
    const cpu = here.reduce((sum, { shape, workloadId }) => sum + Math.ceil((shape.cpuMilli * 1000) / (permilles.get(workloadId) ?? 1000)), 0);
    const memory = here.reduce((sum, { shape }) => sum + shape.memoryMib, 0);
    const capacity = [Math.max(cpu, usable(host.capacity.cpuMilli, cpuReserve, host.reserved.cpuMilli)), Math.max(memory, usable(host.capacity.memoryMib, memoryReserve, host.reserved.memoryMib))];
    const accepts = types.map(({ like }) => !isClosed && suits(snapshot, like, host));
    const key = JSON.stringify([capacity, host.costCentsPerHour, accepts.map(Number).join('')]);
    classes.set(key, { name: `${host.name} and its like`, capacity, cost: host.costCentsPerHour, accepts, hosts: (classes.get(key)?.hosts ?? 0) + 1 });
  }
  return { resources: ['cpuMilli', 'memoryMib'], classes: [...classes.values()], types: types.map(({ like, size: taken, count, most }) => ({ name: like.name, size: taken, count, mostPerHost: most })) };
}

/** Whether a replica of the workload may run on the host, full or not, closed or not. */
function suits({ policy }: Snapshot, { environment, ask }: Workload, host: Host): boolean {
  const kinds = Object.entries(policy.environments).find(([name]) => name === environment)?.[1].kinds ?? [];
  const { mostCentsPerCoreHour: most } = policy.cloud;
  if ((host.state !== 'ready' && host.state !== 'suspect') || !kinds.includes(host.kind)) return false;
  if (host.environments.length > 0 && !host.environments.includes(environment)) return false;
  if (host.kind === 'cloud-vm' && (ask.cloud === 'never' || (most !== null && host.costCentsPerHour * 1000 > most * host.capacity.cpuMilli))) return false;
  const labels = new Map(Object.entries(host.labels));
  return Object.entries(ask.labels).every(([label, value]) => labels.get(label) === value) && host.taints.every((taint) => ask.tolerations.includes(taint));
}

/** Most replicas on one host by the ask, its class, and what must still run when a domain is lost: a rack or site holds no fewer than a host. */
function mostOnHost({ policy }: Snapshot, workload: Workload, replicas: number): number {
  const { caps, survive, class: name } = workload.ask;
  const ofClass = Object.entries(policy.classes).find(([each]) => each === name)?.[1].caps;
  const asked = [caps, ofClass].flatMap((each) => [each?.perHost, each?.perRack, each?.perSite]).filter((cap) => cap !== undefined);
  const sizing = size(workload, policy, 2);
  if (survive !== 'none' && !('field' in sizing)) asked.push(Math.max(1, replicas - sizing.mustRemain));
  return Math.min(Number.POSITIVE_INFINITY, ...asked);
}

function permilleOf({ policy }: Snapshot, environment: string): number {
  return Object.entries(policy.environments).find(([name]) => name === environment)?.[1].cpuOvercommitPermille ?? 1000;
}
