// Everything that is measured, in one place: hosts' reports, gateways' pushes and Prometheus servers come in; what is known of a workload now, and the
// history of figures, come out. In memory; history.ts writes. Whoever reads decides what to make of an old figure: its age is there.
import type { Report } from '#agents/protocol.ts';
import type { Snapshot } from '#scheduler/model.ts';
import type { Fleet } from '../control/fleet.ts';
import type { Store } from '../db/store.ts';
import { type History, openHistory } from './history.ts';
import { latestOf, type SeenReplica } from './latest.ts';
import { type Latest, type Metric, type Sample, type Series, type SourceReading, type Subject, TRUST_MS } from './model.ts';
import type { PrometheusStates } from './prometheus.ts';
import { openPushes, type Pushes } from './pushes.ts';
import { openReadings, type Readings } from './readings.ts';

/** Of replicas, once they are gone. */
const REPLICAS_KEPT_MS = 120_000;
const SUBJECTS_KEPT_MS = 1_800_000;
const PRUNE_EVERY_MS = 30_000;

export interface Metrics {
  /** What a host reports. @param now when it came */
  record(hostId: string, report: Report, now: number): void;
  readonly readings: Readings;
  readonly pushes: Pushes;
  /** What Prometheus servers say, by workload. Set by the loop that asks them. */
  readonly prometheus: Map<string, readonly PrometheusReading[]>;
  /** What came of asking them, by source id. */
  readonly prometheusStates: PrometheusStates;
  /** What is known of a workload now; null: it is not there, or nobody looked yet (the loop does every two seconds). */
  latest(workloadId: string): Latest | null;
  /** Equally spaced values, oldest first: raw for the last ten minutes, by minute for two weeks, by ten minutes for half a year. */
  series(subject: Subject, metrics: readonly Metric[], range: { readonly from: number; readonly to: number; readonly points: number }): Promise<Series>;
  /** Takes one sample of everything: called by the loop. */
  look(present: Pick<Snapshot, 'replicas' | 'workloads' | 'hosts'>): void;
  readonly history: History;
}

export interface PrometheusReading extends Omit<SourceReading, 'isTrusted'> {
  readonly sourceId: string;
}

interface Member {
  readonly id: string;
  readonly hostId: string | null;
  readonly host: string | null;
}
interface Seen {
  readonly members: Member[];
  /** Replicas that should be there; one and its successor count as one. */
  wanted: number;
}

export function openMetrics({ store, clock, fleet }: { readonly store: Store; readonly clock: { now(): number }; readonly fleet: Fleet }): Metrics {
  const readings = openReadings();
  const pushes = openPushes();
  const history = openHistory(store);
  const prometheus = new Map<string, readonly PrometheusReading[]>();
  const readySince = new Map<string, number>();
  let seen = new Map<string, Seen>();
  let prunedAt = 0;
  const observed = ({ id, hostId }: Member) => (hostId === null ? undefined : fleet.get(hostId)?.replicas.get(id));
  const isReady = (member: Member): boolean => observed(member)?.state === 'running';
  // An agent says nothing of requests where it does not ask, and null where it asks in vain.
  const isScraped = (member: Member): boolean => observed(member)?.usage?.requests !== undefined;
  const seenReplica = (member: Member): SeenReplica => ({ host: member.host, isScraped: isScraped(member), isReady: isReady(member), readySince: readySince.get(member.id) ?? null, figures: readings.of(member.id) });
  const told = (workloadId: string, now: number): SourceReading[] => [...pushes.ofWorkload(workloadId, now), ...(prometheus.get(workloadId) ?? []).map((reading) => trusted(reading, now))];
  const latest = (workloadId: string, now: number): Latest | null => {
    const known = seen.get(workloadId);
    return known === undefined ? null : latestOf(known.members.map(seenReplica), told(workloadId, now), known.wanted, now);
  };
  const noteReady = (now: number) => {
    const ready = new Set<string>();
    for (const { members } of seen.values()) for (const member of members) if (isReady(member)) ready.add(member.id);
    for (const id of readySince.keys()) if (!ready.has(id)) readySince.delete(id);
    for (const id of ready) if (!readySince.has(id)) readySince.set(id, now);
  };
  return {
    record: (_hostId, report, now) => readings.record(report, now),
    readings,
    pushes,
    prometheus,
    prometheusStates: new Map(),
    latest: (workloadId) => latest(workloadId, clock.now()),
    series: (subject, metrics, range) => history.series(subject, metrics, range, clock.now()),
    look(present) {
      const now = clock.now();
      seen = membersOf(present);
      noteReady(now);
      const samples = present.workloads.map(({ id }) => {
        const sample = sampleOf(latest(id, now)!);
        history.add(`workload:${id}`, sample, now);
        return sample;
      });
      for (const { id } of present.hosts) {
        const usage = fleet.get(id)?.report?.hostUsage;
        if (usage !== undefined && now - (fleet.get(id)?.reportedAt ?? 0) <= TRUST_MS) history.add(`host:${id}`, usage, now);
      }
      history.add('cluster', clusterOf(samples), now);
      if (now - prunedAt < PRUNE_EVERY_MS) return;
      prunedAt = now;
      readings.prune(now - REPLICAS_KEPT_MS);
      pushes.prune(now);
      history.prune(now - SUBJECTS_KEPT_MS);
    },
    history,
  };
}

function membersOf({ replicas, workloads, hosts }: Pick<Snapshot, 'replicas' | 'workloads' | 'hosts'>): Map<string, Seen> {
  const names = new Map(hosts.map(({ id, name }) => [id, name]));
  const seen = new Map<string, Seen>(workloads.map(({ id }) => [id, { members: [], wanted: 0 }]));
  for (const { id, workloadId, hostId, successor } of replicas) {
    const of = seen.get(workloadId);
    if (of === undefined) continue;
    of.members.push({ id, hostId, host: hostId === null ? null : (names.get(hostId) ?? hostId) });
    if (successor === undefined) of.wanted += 1;
  }
  return seen;
}

const trusted = ({ sourceId: _, ...reading }: PrometheusReading, now: number): SourceReading => ({ ...reading, isTrusted: reading.qps !== null && now - reading.at <= TRUST_MS });

function sampleOf({ sources: _, qpsFrom: __, at: ___, qpsAt: ____, usageAt: _____, isPartial: ______, of, ...figures }: Latest): Sample {
  return { ...figures, qpsMax: figures.qps, wanted: of };
}

const SUMMED = ['qps', 'qpsMax', 'errorsPerSecond', 'rejectedPerSecond', 'cpuMilli', 'memoryMib', 'connections', 'receivedBytesPerSecond', 'sentBytesPerSecond', 'readBytesPerSecond', 'writtenBytesPerSecond', 'ready', 'wanted'] as const satisfies readonly Metric[];

function clusterOf(samples: readonly Sample[]): Sample {
  const sums: Partial<Record<Metric, number>> = {};
  for (const sample of samples) {
    for (const name of SUMMED) {
      const value = sample[name] ?? null;
      if (value !== null) sums[name] = (sums[name] ?? 0) + value;
    }
  }
  return sums;
}
