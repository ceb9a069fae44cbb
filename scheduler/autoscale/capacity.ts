// From QPS to replicas: what one replica carries, how busy it may be, and the second count by memory. Takes the shape, the declared cost of a request and
// what was learnt of it; gives whole replicas. The same sums as sizing, so that an ask and a decision mean the same by a replica.
import type { Observation, ReplicaCapacity, Settings, State } from './model.ts';

/** Square-root staffing keeps queues short for small services; 85 % is the most with least-loaded routing (M/M/4 at 85 %: waits as long as it serves). */
const STAFFING = 1.9;
const MOST_BUSY = 0.85;
/** A service without any history does not know its own unrest. */
const NEW_CEILING = 0.6;
/** Sizing's share of memory that a process may fill. */
const USABLE_MEMORY = 0.9;

export interface Capacity {
  /** Of one replica whose cores are all busy. */
  readonly fullQps: number;
  /** Of one replica by its memory and by its own limit: these know no ceiling. */
  readonly memoryQps: number;
  readonly mostQps: number;
  readonly cpuMsPerRequest: number;
  readonly cpuMilli: number;
  readonly fixedCeiling: number | null;
  readonly isNew: boolean;
}

/** What learnt CPU per request says of the declared figure, in permille; 1000 where too little is known or where both agree within 10 %. */
export function costDriftPermille(cost: State['cost'], declared: number): number {
  // Less than ten minutes of data under load are no lesson.
  if (cost.weight < 60 || cost.qps <= 0) return 1000;
  const meanQps = cost.qps / cost.weight;
  const spread = cost.qpsQps / cost.weight - meanQps * meanQps;
  const slope = spread > 0.01 * meanQps * meanQps ? (cost.qpsCpu / cost.weight - meanQps * (cost.cpu / cost.weight)) / spread : cost.cpu / cost.qps;
  const permille = Math.round((1000 * Math.max(slope, 0)) / declared);
  return Math.abs(permille - 1000) <= 100 ? 1000 : permille;
}

/** Never below half and never above twice what was declared: beyond that somebody has to look. */
export function capacityOf(settings: Settings, replica: ReplicaCapacity, driftPermille: number, isNew: boolean): Capacity {
  const learnt = (replica.cpuMsPerRequest * Math.min(2000, Math.max(500, driftPermille))) / 1000;
  const cpuMsPerRequest = Math.max(learnt, Math.min(2 * replica.cpuMsPerRequest, replica.leastCpuMsPerRequest ?? 0));
  const memory = ((replica.memoryMib * USABLE_MEMORY - replica.memoryBaseMib) * 1024) / Math.max(1, replica.memoryKibPerQps);
  return {
    fullQps: replica.cpuMilli / Math.max(0.001, cpuMsPerRequest),
    memoryQps: replica.memoryKibPerQps <= 0 ? Infinity : Math.max(1, memory),
    mostQps: replica.maxQps ?? Infinity,
    cpuMsPerRequest,
    cpuMilli: replica.cpuMilli,
    fixedCeiling: settings.ceilingPermille === null ? null : settings.ceilingPermille / 1000,
    isNew,
  };
}

/** How busy a replica may be when the whole workload has so much to do. */
export function ceiling(capacity: Capacity, qps: number): number {
  if (capacity.fixedCeiling !== null) return capacity.fixedCeiling;
  const busyCores = (qps * capacity.cpuMsPerRequest) / 1000;
  const staffed = busyCores <= 0 ? MOST_BUSY : busyCores / (busyCores + STAFFING * Math.sqrt(busyCores));
  // A small service still gets something out of a replica: sizing does not go lower for one core's worth of work.
  return Math.min(capacity.isNew ? NEW_CEILING : MOST_BUSY, Math.max(0.1, staffed));
}

export interface Need {
  readonly replicas: number;
  readonly byCpu: number;
  readonly byMemory: number;
}

/** Replicas for so much demand, none for none. */
export function needOf(capacity: Capacity, qps: number): Need {
  if (!(qps > 0)) return { replicas: 0, byCpu: 0, byMemory: 0 };
  const byCpu = Math.ceil(qps / (capacity.fullQps * ceiling(capacity, qps)) - 1e-9);
  const byMemory = Math.ceil(qps / Math.min(capacity.memoryQps, capacity.mostQps) - 1e-9);
  return { replicas: Math.max(byCpu, byMemory), byCpu, byMemory };
}

/**
 * Replicas for a bound that already has the unrest of demand in it: what it needs at the most that a replica may be busy, and what usual demand needs at its own
 * ceiling, to the nearest whole number: staffing says how long requests wait, and nothing breaks a little above it.
 */
export function needFor(capacity: Capacity, bound: number, usualQps: number): Need {
  const busy = capacity.fixedCeiling ?? (capacity.isNew ? NEW_CEILING : MOST_BUSY);
  const usual = Math.min(usualQps, bound);
  const byStaffing = Math.round(usual / (capacity.fullQps * ceiling(capacity, usual)));
  const byCpu = Math.max(Math.ceil(bound / (capacity.fullQps * busy) - 1e-9), byStaffing);
  const byMemory = Math.ceil(bound / Math.min(capacity.memoryQps, capacity.mostQps) - 1e-9);
  return { replicas: Math.max(byCpu, byMemory), byCpu, byMemory };
}

/** What a number of replicas carries before anything is dropped. */
export const fullQps = (capacity: Capacity, replicas: number): number => replicas * Math.min(capacity.fullQps, capacity.memoryQps, capacity.mostQps);

/** From a decision to a replica that serves. A minute where nobody has measured it. */
export function startDelayMs(settings: Settings, observation: Observation): number {
  if (settings.startDelaySeconds !== null) return settings.startDelaySeconds * 1000;
  const measured = observation.startDelayMs;
  return measured !== null && measured >= 0 ? Math.min(3_600_000, measured) : 60_000;
}
