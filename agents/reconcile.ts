// The heart of the agent: what should run, compared with what the engine has, gives the steps that are left.
// Pure: no clock, no engine, no memory. Knows nothing of what is under way; the loop leaves out replicas that are being worked on.
// Never names a container in a step that does not carry this cluster's label.
import { whyAnother } from './identity.ts';
import { HOST_NETWORK, limitsOf, type Container } from './docker/runtime.ts';
import type { ReplicaSpec } from './protocol.ts';

/** A replica that should run here. */
export interface Wanted {
  readonly spec: ReplicaSpec;
  readonly identity: string;
}

export interface Situation {
  readonly clusterId: string;
  /** Absent before any assignment was ever received: then nothing is done at all. */
  readonly wanted?: readonly Wanted[];
  /** Everything on the engine, strangers' included. */
  readonly containers: readonly Container[];
  /** The network as it is now; containers of one that was made anew cannot start again. */
  readonly networkId?: string;
  /** Why no new container can be made at all, such as a network that is not there. */
  readonly hindrance?: string;
  readonly limitsSwap: boolean;
  /** The engine's name of the network that containers are on. */
  readonly networkName?: string;
  /** Containers without an assignment that are left as they are, by id: see orphans.ts. */
  readonly spared?: ReadonlyMap<string, 'waits' | 'kept'>;
}

/** One thing to do, and why. Steps of one replica are in the order in which they must happen; replicas are independent. */
export type Step = { readonly replicaId: string; readonly reason: string } & (
  | { readonly kind: 'run'; readonly wanted: Wanted }
  | { readonly kind: 'start' | 'unpause'; readonly containerId: string }
  | { readonly kind: 'rename'; readonly containerId: string; readonly name: string }
  /** `isPolicy`: limits are as they should be, and something else is not that can be changed in place. */
  | { readonly kind: 'update'; readonly containerId: string; readonly spec: ReplicaSpec; readonly isPolicy?: boolean }
  | { readonly kind: 'connect'; readonly containerId: string; readonly network: string; readonly spec: ReplicaSpec }
  | { readonly kind: 'disconnect'; readonly containerId: string; readonly network: string }
  /** `successor`: what takes its place; whatever that needs from elsewhere is fetched before this one stops. */
  | { readonly kind: 'remove'; readonly containerId: string; readonly stopSeconds: number; readonly running: boolean; readonly successor?: ReplicaSpec }
);

/** A replica that cannot go on yet: what it waits for. */
export interface Waiting {
  readonly replicaId: string;
  readonly reason: string;
}

export interface Reconciliation {
  readonly steps: readonly Step[];
  readonly waiting: readonly Waiting[];
}

/** Compares and gives what is left to do; an empty answer means that the engine is as it should be. */
export function reconcile(situation: Situation): Reconciliation {
  const { wanted, containers, clusterId } = situation;
  if (wanted === undefined) return { steps: [], waiting: [] };
  const byId = new Map(wanted.map((one) => [one.spec.id, one]));
  const mine = containers.filter((container) => container.owner?.clusterId === clusterId);
  const kept = new Map<string, Container>();
  const steps: Step[] = [];
  const waiting: Waiting[] = [];
  for (const container of mine.toSorted(byFitness(byId))) {
    const replicaId = container.owner?.replicaId ?? '';
    const one = byId.get(replicaId);
    if (one === undefined && isSpared(container, situation)) continue;
    const reason = one === undefined ? 'not assigned to this host any more' : whyNotKept(container, one, kept.has(replicaId), situation);
    if (reason === undefined) kept.set(replicaId, container);
    else if (container.status === 'removing') waiting.push({ replicaId, reason: `waits until container ${container.name} is removed` });
    else steps.push(removal(container, replicaId, kept.has(replicaId) ? undefined : one?.spec, reason));
  }
  for (const one of wanted) {
    const container = kept.get(one.spec.id);
    const holder = containers.find((other) => other !== container && holds(other, one.spec, container !== undefined));
    if (holder !== undefined && (container === undefined || container.name !== one.spec.name)) {
      waiting.push({ replicaId: one.spec.id, reason: holderSentence(holder, one.spec, clusterId) });
    } else if (container !== undefined) {
      steps.push(...repairs(container, one, situation));
    } else if (situation.hindrance !== undefined) {
      waiting.push({ replicaId: one.spec.id, reason: situation.hindrance });
    } else {
      steps.push({ kind: 'run', replicaId: one.spec.id, wanted: one, reason: 'assigned to this host, no container yet' });
    }
  }
  return { steps, waiting };
}

/** Of several containers of one replica the first in this order stays: right identity, then running, then the id, to be the same each time. */
function byFitness(byId: ReadonlyMap<string, Wanted>): (one: Container, other: Container) => number {
  const rank = (container: Container): number => (isAsWanted(container, byId.get(container.owner?.replicaId ?? '')) ? 0 : 2) + (container.status === 'running' ? 0 : 1);
  return (one, other) => rank(one) - rank(other) || (one.id < other.id ? -1 : 1);
}

function isAsWanted({ owner }: Container, wanted: Wanted | undefined): boolean {
  return owner !== undefined && wanted !== undefined && whyAnother(owner, wanted) === undefined;
}

/** Why a container of an assigned replica must go, or undefined when it can stay. */
function whyNotKept(container: Container, wanted: Wanted, hasAnother: boolean, situation: Situation): string | undefined {
  const { spec } = wanted;
  if (hasAnother) return 'a second container of the same replica';
  if (container.status === 'removing') return 'being removed';
  if (container.status === 'dead') return 'the engine failed to remove it';
  const change = whyAnother(container.owner ?? { identity: '' }, wanted);
  if (change !== undefined) return change;
  // With the host's network the engine knows no address of it; the identity says for which one it was made.
  if (container.networkName === HOST_NETWORK) return undefined;
  if (isDetached(container, situation)) return undefined;
  if (container.address !== spec.address) return `has address ${container.address ?? 'none'} instead of ${spec.address}`;
  if (container.mac !== spec.mac) return `has MAC ${container.mac ?? 'none'} instead of ${spec.mac}`;
  if (situation.networkId !== undefined && container.networkId !== undefined && container.networkId !== situation.networkId) return 'its network was made anew';
  return undefined;
}

function removal(container: Container, replicaId: string, successor: ReplicaSpec | undefined, reason: string): Step {
  const running = container.status === 'running' || container.status === 'paused' || container.status === 'restarting';
  // It is stopped as it was made: how long a service needs to end is a matter of what runs, not of what comes.
  const base = { kind: 'remove', replicaId, containerId: container.id, stopSeconds: container.stopSeconds, running, reason } as const;
  return running && successor !== undefined ? { ...base, successor } : base;
}

/** Whether a container stands in the way: by name, or by address when a new container is to be made. */
function holds(other: Container, spec: ReplicaSpec, hasContainer: boolean): boolean {
  return other.name === spec.name || (!hasContainer && other.address === spec.address);
}

function holderSentence(holder: Container, spec: ReplicaSpec, clusterId: string): string {
  const what = holder.name === spec.name ? `name ${spec.name}` : `address ${spec.address}`;
  if (holder.owner?.clusterId === clusterId) return `waits for ${what}: container ${holder.name} still has it`;
  return `${what} is taken by container ${holder.name}, which is not Firn's; remove or rename it by hand`;
}

/**
 * Orphans are left alone while they wait or are kept, unless they stand in the way of what is assigned: then what waits goes at once, and what
 * somebody keeps is waited for.
 */
function isSpared(container: Container, { spared, wanted = [] }: Situation): boolean {
  const fate = spared?.get(container.id);
  if (fate !== 'waits') return fate === 'kept';
  return !wanted.some(({ spec }) => spec.name === container.name || spec.address === container.address);
}

/** Somebody took a running container off its network; it can be put back without a new one. */
function isDetached(container: Container, { networkName }: Situation): boolean {
  return networkName !== undefined && container.status === 'running' && container.networkName === undefined && container.address === undefined;
}

/** Steps that make a kept container what its spec says, without a new container. */
function repairs(container: Container, wanted: Wanted, situation: Situation): Step[] {
  const { spec } = wanted;
  const base = { replicaId: spec.id, containerId: container.id };
  const steps: Step[] = [];
  if (container.name !== spec.name) steps.push({ ...base, kind: 'rename', name: spec.name, reason: `is called ${container.name}` });
  const drift = limitDrift(container, spec, situation.limitsSwap);
  if (drift !== undefined) steps.push({ ...base, kind: 'update', spec, reason: drift });
  else if (container.restartsItself === true) steps.push({ ...base, kind: 'update', spec, isPolicy: true, reason: 'would be started again by the engine itself' });
  if (isDetached(container, situation)) steps.push({ ...base, kind: 'connect', network: situation.networkName ?? '', spec, reason: `is not on network ${situation.networkName ?? ''}` });
  for (const network of container.otherNetworks ?? []) steps.push({ ...base, kind: 'disconnect', network, reason: `is on network ${network} besides` });
  if (container.status === 'paused') steps.push({ ...base, kind: 'unpause', reason: 'is paused' });
  if (container.status === 'created') steps.push({ ...base, kind: 'start', reason: 'was never started' });
  if (container.status === 'exited') steps.push({ ...base, kind: 'start', reason: `is stopped${container.exitCode === undefined ? '' : ` with exit code ${container.exitCode}`}` });
  return steps;
}

/** How limits differ from the spec, in words, or undefined. */
function limitDrift(container: Container, spec: ReplicaSpec, limitsSwap: boolean): string | undefined {
  const present = container.limits;
  if (present === undefined) return undefined;
  const want = limitsOf(spec);
  const cpu = present.cpuQuotaMicros !== want.cpuQuotaMicros || present.cpuPeriodMicros !== want.cpuPeriodMicros;
  const memory = present.memoryBytes !== want.memoryBytes;
  const swap = limitsSwap && present.memorySwapBytes !== want.memorySwapBytes;
  const changes = [
    ...(cpu ? [`CPU ${present.cpuQuotaMicros} of ${present.cpuPeriodMicros} us -> ${want.cpuQuotaMicros} of ${want.cpuPeriodMicros} us`] : []),
    ...(memory ? [`memory ${present.memoryBytes} -> ${want.memoryBytes} bytes`] : []),
    ...(swap && !memory ? ['swap -> off'] : []),
  ];
  return changes.length > 0 ? changes.join(', ') : undefined;
}
