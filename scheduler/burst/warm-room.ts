// Warm room: free room on hosts that are ready, so that the next growth starts in seconds and not when a VM has come.
// Takes a snapshot and targets; gives workloads that stand for the room (so that placing and buying reckon with it as with anything else),
// and how much of it there is. The room of what may not leave our own hosts is apart, since no VM can give it.
import type { Shape, Snapshot, Workload } from '../model.ts';
import { type Base, prepare } from '../prepare.ts';
import { schedule } from '../schedule.ts';
import { dominantShare, usable } from '../resources.ts';

export interface EnvironmentRoom {
  readonly environment: string;
  readonly targetPermille: number;
  readonly replicas: number;
  readonly held: Shape;
  /** Containers that the target needs, those that fit now, and what the room that is there costs. */
  readonly wanted: number;
  readonly fits: number;
  readonly missing: number;
  readonly centsPerHour: number;
  readonly growth: readonly { readonly permille: number; readonly containers: number; readonly fits: number; readonly centsPerHour: number }[];
}

const GROWTH_PERMILLE = [100, 200, 500, 1000] as const;
const WARM_TEAM = 'warm room';
const EVERY_PERMILLE = 1000;

/** Whether a workload only stands for room. */
export const isWarmRoom = ({ team }: Pick<Workload, 'team'>): boolean => team === WARM_TEAM;

interface Held {
  replicas: number;
  cpuMilli: number;
  memoryMib: number;
}

/** What replicas of an environment hold, apart for those that may use the cloud; successors count with what they replace. */
function heldBy(snapshot: Snapshot, environment: string): Record<'allowed' | 'never', Held> {
  const held = { allowed: { replicas: 0, cpuMilli: 0, memoryMib: 0 }, never: { replicas: 0, cpuMilli: 0, memoryMib: 0 } };
  const workloads = new Map(snapshot.workloads.filter((each) => each.environment === environment && !isWarmRoom(each)).map((each) => [each.id, each]));
  for (const { workloadId, shape, successor } of snapshot.replicas) {
    const workload = workloads.get(workloadId);
    if (workload === undefined || successor !== undefined) continue;
    const part = held[workload.ask.cloud];
    part.replicas += 1;
    part.cpuMilli += shape.cpuMilli;
    part.memoryMib += shape.memoryMib;
  }
  return held;
}

/** Containers of the default shape that a share of what is held needs. */
function containersFor({ cpuMilli, memoryMib }: Held, permille: number, shape: Shape): number {
  return Math.ceil(Math.max((cpuMilli * permille) / 1000 / shape.cpuMilli, (memoryMib * permille) / 1000 / shape.memoryMib));
}

/** Workloads that stand for the room of an environment: what may use the cloud, and what may not. */
export function roomWorkloads(snapshot: Snapshot, environment: string, permille: number): Workload[] {
  const { policy } = snapshot;
  const shape = policy.shapes[policy.defaultShape];
  if (shape === undefined || permille <= 0 || !Object.hasOwn(policy.environments, environment)) return [];
  const held = heldBy(snapshot, environment);
  return (['allowed', 'never'] as const).flatMap((cloud) => {
    const count = containersFor(held[cloud], permille, shape);
    return count === 0 ? [] : [roomWorkload(environment, policy.defaultShape, cloud, count)];
  });
}

/** The least that an ask may say, so that nothing but the number of containers counts. */
function roomWorkload(environment: string, shape: string, cloud: 'allowed' | 'never', count: number): Workload {
  const name = `warm room of ${environment}${cloud === 'never' ? ' on own hosts' : ''}`;
  const profile = { cpuMsPerRequest: 0.001, memoryBaseMib: 1, memoryKibPerQps: 0 };
  return { id: name, name, service: 'warm-room', environment, team: WARM_TEAM, releaseId: WARM_TEAM, ask: { peakQps: 0.001, profile, headroomPermille: 0, minReplicas: count, survive: 'none', shape, cloud, caps: {}, labels: {}, tolerations: [] } };
}

/** The snapshot with its warm room wanted. */
export function withWarmRoom(snapshot: Snapshot, targets: Readonly<Record<string, number>>): Snapshot {
  const extra = Object.entries(targets).flatMap(([environment, permille]) => roomWorkloads(snapshot, environment, permille));
  return extra.length === 0 ? snapshot : { ...snapshot, workloads: [...snapshot.workloads, ...extra] };
}

/** How much room each environment has, each asked alone: what one takes is not there for another. */
export function warmRoom(snapshot: Snapshot, targets: Readonly<Record<string, number>>): EnvironmentRoom[] {
  const { policy } = snapshot;
  const shape = policy.shapes[policy.defaultShape] ?? { cpuMilli: 1, memoryMib: 1 };
  return Object.keys(policy.environments).map((environment) => {
    const held = heldBy(snapshot, environment);
    const targetPermille = targets[environment] ?? 0;
    const found = findRoom(snapshot, environment, Math.max(EVERY_PERMILLE, targetPermille));
    const at = (permille: number) => {
      const [allowed, never] = [containersFor(held.allowed, permille, shape), containersFor(held.never, permille, shape)];
      const fits = Math.min(allowed, found.allowed.length) + Math.min(never, found.never.length);
      const cents = [...found.allowed.slice(0, allowed), ...found.never.slice(0, never)].reduce((sum, each) => sum + each, 0);
      return { containers: allowed + never, fits, centsPerHour: Math.round(cents) };
    };
    const target = at(targetPermille);
    return {
      environment,
      targetPermille,
      replicas: held.allowed.replicas + held.never.replicas,
      held: { cpuMilli: held.allowed.cpuMilli + held.never.cpuMilli, memoryMib: held.allowed.memoryMib + held.never.memoryMib },
      wanted: target.containers,
      fits: target.fits,
      missing: target.containers - target.fits,
      centsPerHour: target.centsPerHour,
      growth: GROWTH_PERMILLE.map((permille) => ({ permille, ...at(permille) })),
    };
  });
}

/** What each container that finds room would cost: its share of its host. */
function findRoom(snapshot: Snapshot, environment: string, permille: number): Record<'allowed' | 'never', number[]> {
  const found: Record<'allowed' | 'never', number[]> = { allowed: [], never: [] };
  const wanted = roomWorkloads(snapshot, environment, permille);
  if (wanted.length === 0) return found;
  const base = prepare({ ...snapshot, workloads: [...snapshot.workloads, ...wanted] });
  let count = 0;
  const newId = () => `warm-${(count += 1)}`;
  const kinds = new Map(wanted.map(({ id, ask }) => [id, ask.cloud]));
  for (const step of schedule(base, { verb: 'place', seed: 0, newId, moves: 0 }).steps) {
    const kind = kinds.get(step.replica.workloadId);
    if (kind !== undefined && step.kind === 'start') found[kind].push(costOn(base, step.hostId, step.replica.shape));
  }
  for (const costs of Object.values(found)) costs.sort((one, other) => one - other);
  return found;
}

function costOn(base: Base, hostId: string, shape: Shape): number {
  const host = base.hosts[base.hostIndex.get(hostId) ?? -1];
  return host === undefined ? 0 : host.costCentsPerHour * dominantShare(shape, usable(host, base.snapshot.policy));
}

export interface SiteRoom {
  readonly site: string;
  /** Containers of the default shape that fit on hosts of our own, and on cloud VMs. */
  readonly privateFits: number;
  readonly cloudFits: number;
}

/** Room host by host, whoever may use it. */
export function roomOfSites({ snapshot: { policy }, hosts, isOpen, freeCpu, freeMemory }: Base): SiteRoom[] {
  const shape = policy.shapes[policy.defaultShape];
  const sites = new Map<string, { privateFits: number; cloudFits: number }>();
  for (const [index, host] of hosts.entries()) {
    const room = sites.get(host.site) ?? { privateFits: 0, cloudFits: 0 };
    sites.set(host.site, room);
    if (shape === undefined || isOpen[index] !== 1) continue;
    const fits = Math.max(0, Math.min(Math.floor(freeCpu[index]! / shape.cpuMilli), Math.floor(freeMemory[index]! / shape.memoryMib)));
    if (host.kind === 'cloud-vm') room.cloudFits += fits;
    else room.privateFits += fits;
  }
  return [...sites].map(([site, room]) => ({ site, ...room })).sort((one, other) => (one.site < other.site ? -1 : 1));
}
