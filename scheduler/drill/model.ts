// The vocabulary of drills: a day of demand against a fleet, what ran out, what it cost, and what would have helped. Plain data that survives a
// structured clone; instants are milliseconds since 1970, money is in cents.
import type { MarketEvent, Settings, State } from '../autoscale/model.ts';
import type { Schedule, ZoneOffset } from '../autoscale/schedules-model.ts';
import type { Point, SignalRule } from '../autoscale/signals.ts';
import type { AnnouncedSurge } from '../autoscale/signals-over.ts';
import type { CalendarYear } from '../calendar/model.ts';
import type { Pool, Shape } from '../model.ts';

/** One decision of the autoscaler, which is as often as the server makes one. */
export const STEP_MS = 10_000;
export const DAY_STEPS = 8_640;

export interface DrilledWorkload {
  readonly workloadId: string;
  /** QPS of each minute of the day, already multiplied; 1,440 of them. */
  readonly demand: readonly number[];
  /** A day as it usually is, by which the autoscaler has learnt; the same form. */
  readonly usual: readonly number[];
  readonly settings: Settings;
  readonly schedules: readonly Schedule[];
  /** Rules on signals, and surges that are announced for it. */
  readonly rules?: readonly SignalRule[];
  readonly surges?: readonly AnnouncedSurge[];
}

/** A signal as it was pushed around the day. */
export interface DrilledSignal {
  readonly points: readonly Point[];
  /** What is usual at each minute of the day; null: not known. */
  readonly usual: readonly (number | null)[];
}

export interface DrillInput {
  /** Midnight by the clock of the day. */
  readonly from: number;
  readonly workloads: readonly DrilledWorkload[];
  readonly pools: readonly Pool[];
  /** What quotas leave to the drilled workloads of a team and environment together, by `team/environment`; absent: no quota. */
  readonly quotaRoom: Readonly<Record<string, Shape>>;
  readonly startDelayMs: number;
  readonly vmDelayMs: number;
  readonly mayBuy: boolean;
  /** What bought VMs may cost in the day; null: no cap of its own. */
  readonly spendCapCents: number | null;
  /** By name. */
  readonly signals?: Readonly<Record<string, DrilledSignal>>;
  readonly years: readonly CalendarYear[];
  readonly zones: Readonly<Record<string, readonly ZoneOffset[]>>;
  /** What the autoscaler knew in the morning, by workload id, from an earlier run; absent: it is learnt first. */
  readonly learnt?: Readonly<Record<string, State>> | undefined;
}

export type RunsOut = 'max' | 'quota' | 'private-room' | 'addresses' | 'cloud-limit' | 'spend-cap' | 'not-cloud-eligible' | 'start-delay';

export interface Shortage {
  readonly at: number;
  /** The end of it; null: it lasted until the end of the day. */
  readonly until: number | null;
  readonly what: RunsOut;
  readonly workloadId: string;
  readonly wanted: number;
  readonly available: number;
  readonly shedRequests: number;
}

export interface Totals {
  readonly requests: number;
  readonly shedRequests: number;
  readonly shedPercent: number;
  readonly worstMinute: { readonly at: number; readonly shedPercent: number } | null;
  readonly minutesShedding: number;
  readonly riskPercent: number;
  readonly peakQps: number;
  readonly peakReplicas: number;
  readonly peakHosts: number;
  readonly boughtVms: number;
  readonly vmHours: number;
  readonly cloudCents: number;
  readonly fleetCents: number;
  readonly changes: number;
}

/** 720 points of two minutes. */
export interface DaySeries {
  readonly from: number;
  readonly stepSeconds: number;
  readonly demandQps: readonly number[];
  readonly capacityQps: readonly number[];
  readonly shedQps: readonly number[];
  readonly replicas: readonly number[];
  readonly wantedReplicas: readonly number[];
  readonly hosts: readonly number[];
  readonly boughtVms: readonly number[];
  readonly centsPerHour: readonly number[];
}

export interface WorkloadOutcome {
  readonly workloadId: string;
  readonly workload: string;
  readonly totals: Totals;
  readonly series: DaySeries;
  readonly openings: readonly (Pick<MarketEvent, 'market' | 'kind' | 'at'> & { readonly shedPercent: number })[];
  /** The most replicas that it would have wanted without bounds, and would have needed to carry its peak. */
  readonly mostWanted: number;
  readonly neededAtPeak: number;
  /** As it was granted; and whether the autoscaler changes it at all. */
  readonly granted: number;
  readonly isScaled: boolean;
}

export interface Outcome {
  readonly totals: Totals;
  readonly series: DaySeries;
  readonly workloads: readonly WorkloadOutcome[];
  /** In order of time. */
  readonly shortages: readonly Shortage[];
  /** VMs bought, by pool: the most at once. */
  readonly mostOfPool: Readonly<Record<string, number>>;
  readonly learnt: Readonly<Record<string, State>>;
}

export type RemedyCode = 'more-quota' | 'higher-max' | 'autoscale-on' | 'warm-room' | 'earlier-floor' | 'another-pool' | 'higher-spend-cap' | 'allow-cloud' | 'all-together';

/** A change that might help, as it is tried. */
export interface Remedy {
  readonly code: RemedyCode;
  /** What is changed, by workload id, pool or team. */
  readonly data: Readonly<Record<string, string | number | null>>;
  /** Replicas granted at least, by workload id. */
  readonly granted?: Readonly<Record<string, number>> | undefined;
  readonly withoutQuota?: boolean | undefined;
  readonly scaled?: readonly string[] | undefined;
  /** VMs that are there from the beginning of a time on, by pool id. */
  readonly warm?: { readonly vms: Readonly<Record<string, number>>; readonly from: number } | undefined;
  readonly floors?: Readonly<Record<string, { readonly replicas: number; readonly from: number; readonly to: number }>> | undefined;
  /** Times the limit of each pool. */
  readonly poolFactor?: number | undefined;
  readonly withoutSpendCap?: boolean | undefined;
  readonly cloudFor?: readonly string[] | undefined;
}
