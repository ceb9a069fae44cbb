// A short history of CPU, memory and requests for charts: a point every few seconds for each host and workload, some minutes back, in memory only.
import type { Report } from '#agents/protocol.ts';

export interface UsagePoint {
  readonly at: number;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** Requests a second since the point before, as the services count them; absent where none says. */
  readonly qps?: number;
}

/** One point per this time, and as many as fit a chart: ten minutes. */
const STEP_MS = 5_000;
const POINTS = 120;
/** Over less time a rate says little. */
const LEAST_MS = 900;

export interface UsageHistory {
  /** @param workloadOf id of the workload that a replica belongs to */
  record(hostId: string, report: Report, now: number): void;
  ofHost(hostId: string): readonly UsagePoint[];
  /** Sums over the replicas of a workload, point by point. */
  ofReplicas(replicaIds: readonly string[]): readonly UsagePoint[];
  /** Forgets what has not been heard of for the whole window. */
  prune(now: number): void;
}

export function openUsageHistory(): UsageHistory {
  const hosts = new Map<string, UsagePoint[]>();
  const replicas = new Map<string, UsagePoint[]>();
  const counted = new Map<string, { readonly at: number; readonly total: number; readonly qps?: number }>();
  /** Of one replica: kept between points, and begun anew where its counter begins anew. */
  const qpsOf = (id: string, total: number, now: number): number | undefined => {
    const before = counted.get(id);
    if (before !== undefined && total >= before.total && now - before.at < LEAST_MS) return before.qps;
    const qps = before === undefined || total < before.total ? undefined : ((total - before.total) * 1000) / (now - before.at);
    counted.set(id, { at: now, total, ...(qps === undefined ? {} : { qps }) });
    return qps;
  };
  const add = (series: Map<string, UsagePoint[]>, id: string, point: UsagePoint) => {
    const points = series.get(id) ?? [];
    series.set(id, points);
    if (points.at(-1)?.at === point.at) points.pop();
    points.push(point);
    if (points.length > POINTS) points.shift();
  };
  return {
    record(hostId, report, now) {
      const at = Math.floor(now / STEP_MS) * STEP_MS;
      let cpuMilli = 0;
      let memoryMib = 0;
      for (const { id, usage } of report.replicas) {
        if (usage === undefined || usage.cpuMilli === null || usage.memoryBytes === null) continue;
        const qps = usage.requests ? qpsOf(id, usage.requests.total, now) : undefined;
        const point = { at, cpuMilli: usage.cpuMilli, memoryMib: toMib(usage.memoryBytes), ...(qps === undefined ? {} : { qps }) };
        cpuMilli += point.cpuMilli;
        memoryMib += point.memoryMib;
        add(replicas, id, point);
      }
      add(hosts, hostId, { at, ...(report.hostUsage ?? { cpuMilli, memoryMib }) });
    },
    ofHost: (hostId) => hosts.get(hostId) ?? [],
    ofReplicas(ids) {
      const sums = new Map<number, UsagePoint>();
      for (const point of ids.flatMap((id) => replicas.get(id) ?? [])) {
        const sum: UsagePoint = sums.get(point.at) ?? { at: point.at, cpuMilli: 0, memoryMib: 0 };
        const qps = point.qps === undefined ? sum.qps : (sum.qps ?? 0) + point.qps;
        sums.set(point.at, { at: point.at, cpuMilli: sum.cpuMilli + point.cpuMilli, memoryMib: sum.memoryMib + point.memoryMib, ...(qps === undefined ? {} : { qps }) });
      }
      return [...sums.values()].sort((one, other) => one.at - other.at);
    },
    prune(now) {
      for (const series of [hosts, replicas]) for (const [id, points] of series) if ((points.at(-1)?.at ?? 0) < now - STEP_MS * POINTS) series.delete(id);
      for (const [id, { at }] of counted) if (at < now - STEP_MS * POINTS) counted.delete(id);
    },
  };
}

export const toMib = (bytes: number): number => Math.round(bytes / 1_048_576);
