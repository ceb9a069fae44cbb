// The vocabulary of autoscaling: what a team sets, what is remembered between two decisions, what is seen, and what is decided. Plain data that
// survives JSON; instants are milliseconds since 1970, shares are permille, numbers of replicas and QPS are never negative.

export const RISKS = ['economy', 'balanced', 'performance'] as const;
export type Risk = (typeof RISKS)[number];

/** One direction of scaling, in the words and with the sums of Kubernetes' HorizontalPodAutoscaler v2. */
export interface BehaviorRule {
  /** Only what was wanted for the whole window is done: the largest wish in it for scale-in, the smallest for scale-out. Null: chosen from the start delay. */
  readonly windowSeconds: number | null;
  /** Empty: no limit. */
  readonly policies: readonly { readonly kind: 'count' | 'percent'; readonly value: number; readonly periodSeconds: number }[];
  /** Which policy counts; `disabled`: never in this direction. */
  readonly select: 'max' | 'min' | 'disabled';
  /** Smaller relative changes are left undone. */
  readonly tolerancePermille: number;
}

export interface Settings {
  /** `preview` decides and explains, and nothing follows from it. */
  readonly mode: 'off' | 'preview' | 'on';
  /** 0 only for services that may be without any replica. */
  readonly min: number;
  /** Null: what was granted. */
  readonly max: number | null;
  /** The share of time that may be above the ceiling: 30, 10 or 2 permille by name, or a number of permille from 1 to 200. */
  readonly risk: Risk | number;
  /** How busy a replica may be. Null: from square-root staffing over the busy cores of the whole workload. */
  readonly ceilingPermille: number | null;
  readonly behavior: { readonly scaleUp: BehaviorRule; readonly scaleDown: BehaviorRule };
  /** Changes of direction an hour; when they are spent, scale-in waits. Null: without limit. */
  readonly flapBudgetPerHour: number | null;
  /** What counts while demand cannot be seen: what is there, a number at least, or the forecast as a floor. Nothing scales in then, whichever it is. */
  readonly onMetricLoss: 'hold' | 'forecast' | { readonly floor: number };
  readonly pauseScaleIn: boolean;
  readonly isPaused: boolean;
  /** Null: measured (`Observation.startDelayMs`). */
  readonly startDelaySeconds: number | null;
  /** A p99 above it for 30 s adds replicas. Latency never takes any away. */
  readonly latencySloMs: number | null;
  /** What demand is read from; `cpu` for services that nobody counts the requests of. */
  readonly demand: 'qps' | 'cpu';
  /** Whose openings it follows: calendars by name. */
  readonly markets: readonly string[];
  /** Fewer changes for a little more money: longer windows. */
  readonly calm: boolean;
}

/** A figure and when it was true. */
export interface Sample {
  readonly at: number;
  readonly value: number;
}

/** What one replica is made of; its QPS at 100 % follow from it. */
export interface ReplicaCapacity {
  readonly cpuMilli: number;
  /** As declared. */
  readonly cpuMsPerRequest: number;
  /** At least this counts, up to twice what is declared: what a request cost before the present release. Absent: nothing is known. */
  readonly leastCpuMsPerRequest?: number | undefined;
  readonly memoryMib: number;
  readonly memoryBaseMib: number;
  readonly memoryKibPerQps: number;
  readonly maxQps: number | null;
}

export const EVENT_KINDS = ['preOpen', 'auctionEnd', 'open', 'lunchStart', 'lunchEnd', 'closeAuction', 'close', 'afterClose', 'learnt'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** An instant at which demand is known to change. `open`, `lunchEnd` and `learnt` are openings: capacity is there before them. */
export interface MarketEvent {
  readonly kind: EventKind;
  /** A calendar's name; what is remembered of an event is remembered under `market:kind:name`. */
  readonly market: string;
  /** Tells several events of one kind apart, such as learnt ones (`13:00`); else empty. */
  readonly name: string;
  readonly at: number;
}

/** Where in the day it is, on the clock by which this workload's days repeat. */
export interface Moment {
  /** Days since 1970 on that clock. */
  readonly day: number;
  /** 0 to 1439. */
  readonly minuteOfDay: number;
  /** Days of one type are alike: `trading`, `half`, `closed`, `weekend`, ... Four types are remembered. */
  readonly dayType: string;
  readonly isSession: boolean;
  /** The first session after three closed days or more. */
  readonly isAfterBreak: boolean;
  /** From 30 minutes ago to 60 minutes ahead, at least; in order. */
  readonly events: readonly MarketEvent[];
}

/** A number of replicas that somebody wants at least. Computed elsewhere: schedules, signals, announced surges. */
export interface Floor {
  readonly kind: 'min' | 'reactive' | 'opening' | 'schedule' | 'signal' | 'surge' | 'metricLoss' | 'restart' | 'deploy' | 'latency';
  readonly replicas: number;
  /** A short sentence that names what wants it. */
  readonly reason: string;
  /** What the sentence is about, where the kind does not say all, for those who say it in other words. */
  readonly data?: Readonly<Record<string, string | number>>;
}

export interface Observation {
  readonly at: number;
  /** Arrivals a second of the whole workload (accepted, queued and rejected), oldest first: those since the last decision, or just the latest one. Empty: missing. */
  readonly qps: readonly Sample[];
  /** The same by gateway or replica group, latest of each, where it is known: a source that falls silent while others speak is noticed. */
  readonly sources: readonly { readonly source: string; readonly qps: number; readonly at: number }[];
  /** CPU of all ready replicas together, in millicores. */
  readonly cpuMilli: Sample | null;
  /** Open TCP connections of all ready replicas together. */
  readonly connections: Sample | null;
  readonly p99Ms: Sample | null;
  /** Replicas that serve; that are on their way; that the last decision wants (or the ask, before the first one). */
  readonly ready: number;
  readonly pending: number;
  readonly desired: number;
  /** From a decision to a replica that serves: p95 of the last starts. Null: not measured yet. */
  readonly startDelayMs: number | null;
  readonly capacity: ReplicaCapacity;
  /** What the ask allows at least and at most, and what the quota leaves (null: no quota). */
  readonly bounds: { readonly min: number; readonly max: number; readonly quota: number | null };
  readonly floors: readonly Floor[];
  /** Replicas that a batch schedule allows at most; null: no cap. */
  readonly cap: { readonly replicas: number; readonly reason: string } | null;
  readonly moment: Moment;
  /** A rollout runs: the number of replicas is not lowered. */
  readonly isDeploying: boolean;
  /** The first decision since the server came up: what is known may be old. */
  readonly isRestarted: boolean;
}

export const EXPERTS = ['last', 'trend', 'mean3', 'meanTrend', 'lastSeason', 'meanSeason', 'hotSeason', 'maxDays', 'sessionHigh'] as const;
export type Expert = (typeof EXPERTS)[number];
/** `rising` is the part of a session in which demand has just left what it was: then it goes on more often than not. */
export const PHASES = ['night', 'session', 'opening', 'afterOpening', 'rising'] as const;
export type Phase = (typeof PHASES)[number];

/** What held a wish back. */
export type SuppressedBy =
  | 'off' | 'preview' | 'paused' | 'pauseScaleIn' | 'disabled' | 'tolerance' | 'window' | 'rate' | 'pace' | 'panic' | 'metricLoss' | 'restart' | 'deploy' | 'beforeRise' | 'flapBudget' | 'smallChange' | 'starting';

export interface Suppressed {
  /** The replicas that it would have been. */
  readonly replicas: number;
  readonly by: SuppressedBy;
  readonly why: string;
  /** Until when at least, where that is known. */
  readonly until: number | null;
}

export type AlertKind = 'atMax' | 'atQuota' | 'metricLoss' | 'costDrift' | 'noCapacity' | 'minAboveMax' | 'noForecast';
export interface ScaleAlert {
  readonly kind: AlertKind;
  readonly message: string;
  /** The number that it is about: replicas wanted, drift in permille, ... */
  readonly value: number;
}

/** What can be said of demand right now. */
export interface Witness {
  readonly name: 'qps' | 'cpu' | 'connections' | 'forecast' | 'latency';
  /** What it says demand is, in QPS; null: it is silent. */
  readonly qps: number | null;
  readonly verdict: 'trusted' | 'missing' | 'late' | 'zero' | 'stuck' | 'partial' | 'dropped' | 'invalid' | 'agrees' | 'contradicts' | 'silent' | 'high';
}

export interface Decision {
  readonly at: number;
  /** What should run from now on. */
  readonly replicas: number;
  /** What was wanted before. */
  readonly before: number;
  /** What it would be without maximum, quota and cap. */
  readonly wouldWant: number;
  /** Demand now, as it is believed, in QPS; null: nothing is known. */
  readonly level: number | null;
  /** Expected demand when a replica asked for now would serve, and its bound for the risk budget, in QPS. */
  readonly forecast: number;
  readonly bound: number;
  readonly expert: Expert | null;
  readonly phase: Phase;
  /** Replicas that the bound needs, that its memory needs, and what one replica carries at the ceiling. */
  readonly need: number;
  readonly memoryNeed: number;
  readonly ceilingPermille: number;
  readonly replicaQps: number;
  /** All floors that were considered, and what decided: the forecast, or a floor's kind. */
  readonly floors: readonly Floor[];
  readonly winner: 'forecast' | 'memory' | Floor['kind'];
  readonly isPanic: boolean;
  readonly suppressed: readonly Suppressed[];
  readonly alerts: readonly ScaleAlert[];
  readonly witnesses: readonly Witness[];
  /** `hold` when nothing changes. */
  readonly action: 'out' | 'in' | 'hold';
  /** Ready before the next opening that it prepares for, if any. */
  readonly opening: { readonly market: string; readonly kind: EventKind; readonly at: number; readonly replicas: number } | null;
}

/** A day as it was: demand of each minute, coded as two letters a minute (see season.ts). */
export interface DayRecord {
  readonly day: number;
  readonly dayType: string;
  readonly minutes: string;
}

/** What is remembered between two decisions: under 64 kB as JSON whatever happens. Only decide() makes one; others store it and give it back. */
export interface State {
  readonly version: 1;
  /** Instants of the last decision, of the first one since memory began, and of the last restart. */
  readonly at: number;
  readonly since: number;
  readonly restartedAt: number;
  readonly replicas: number;
  /** The newest sample that was taken in, and when demand was last believed. */
  readonly seenAt: number;
  readonly trustedAt: number;
  /** Raw samples of the last minute: instant, QPS, instant, QPS, ... */
  readonly recent: readonly number[];
  /** Believed demand by steps of 10 s, newest last; `levelStep` is the step (instant / 10 s) of the last one. */
  readonly levels: readonly number[];
  readonly levelStep: number;
  /** Predictions of each expert of the last minutes, and those whose outcome is not known yet. */
  readonly predictions: readonly { readonly at: number; readonly phase: Phase; readonly values: readonly number[] }[];
  /** Of each phase and expert: how often actual demand was so much above the prediction, in steps of log(actual / predicted). */
  readonly errors: Readonly<Record<Phase, readonly (readonly number[])[]>>;
  /** What one more outcome weighs: it grows, so that old ones fade. */
  readonly weights: Readonly<Record<Phase, number>>;
  readonly days: readonly DayRecord[];
  /** The largest demand of the first five minutes of the last openings, by `market:kind:name`, newest last. */
  readonly openings: Readonly<Record<string, readonly { readonly at: number; readonly peakQps: number }[]>>;
  /** What was needed lately: instant, replicas, ... */
  readonly needs: readonly number[];
  /** Changes of the last hour, and what decided them. */
  readonly changes: readonly { readonly at: number; readonly before: number; readonly after: number; readonly by: Decision['winner'] }[];
  readonly panic: { readonly until: number; readonly replicas: number } | null;
  /** CPU over QPS: decayed sums for a slow regression, and since when p99 is above its limit. */
  readonly cost: { readonly weight: number; readonly qps: number; readonly cpu: number; readonly qpsQps: number; readonly qpsCpu: number };
  readonly slowSince: number | null;
  /** What the witnesses said when demand was last believed, and what makes demand doubtful now. */
  readonly trusted: { readonly qps: number; readonly cpuMilli: number | null; readonly connections: number | null; readonly sources: readonly (readonly [string, number])[] };
  readonly doubt: Witness['verdict'] | null;
}
