// The vocabulary of rollouts: how a workload is to go from one release to another (a strategy), where it is on that way (a state), what is seen
// of it (an observation) and what is to be done now (an advance). Plain, immutable data; the way itself is in advance.ts.
import type { Share } from '../model.ts';

/** What must hold before the next step, each over the gate's window; absent: not asked. */
export interface Gates {
  /** Over so many seconds of observation of the present step. */
  readonly windowSeconds: number;
  /** Requests that the new release must have answered in the window before figures count; with fewer the gate waits. */
  readonly leastRequests: number;
  /** Most errors of the new release, of a thousand requests. */
  readonly mostErrorsPermille?: number | undefined;
  /** p99 of the new release against the old one: 1200 = at most a fifth more. */
  readonly mostP99Permille?: number | undefined;
  /** CPU for each request against the old release: 1100 = at most a tenth more. Where it costs more the gate holds for a person. */
  readonly mostCpuPermille?: number | undefined;
}

/** What ends the wait at a step: a person, time, or gates that pass (which fail the rollout when they do not). */
export type Promotion = { readonly by: 'hand' } | { readonly by: 'time'; readonly seconds: number } | { readonly by: 'gates' };

export interface StrategyStep {
  /** Replicas on the new release at this step; steps rise. The last is always all of them. */
  readonly target: Share;
  /** What leads on to the next step; on the last one: to the end. */
  readonly promotion: Promotion;
}

export interface Strategy {
  readonly steps: readonly StrategyStep[];
  readonly order: 'start-first' | 'stop-first';
  readonly surge: Share;
  readonly unavailable: Share;
  readonly gates: Gates;
  /** Longest time that hosts may take to get the image; then it is paused, since a slow registry is no bad release. */
  readonly prepareSeconds: number;
  /** Longest time that one replica of the new release may take from its start until it serves. */
  readonly startSeconds: number;
  /** Restarts and failures of new replicas that count as a bad release. */
  readonly mostFailures: number;
  /** What happens to a bad release: rolled back by itself, or paused for a person. */
  readonly onFailure: 'roll-back' | 'pause';
}

export type Phase =
  /** Hosts get the image. */
  | 'preparing'
  /** Replicas change until the step's target is met. */
  | 'rolling'
  /** The step's target is met; it waits for its promotion. */
  | 'watching'
  /** A gate holds, and a person has to decide. */
  | 'held'
  | 'paused'
  | 'rolling-back'
  | 'succeeded'
  | 'rolled-back'
  /** A person ended it where it was, before any replica of the new release served. */
  | 'aborted';

/** Why nothing moves on right now: who has to act, what for, and when the wait ends by itself. */
export interface Wait {
  readonly owner: 'hosts' | 'registry' | 'planner' | 'service' | 'gates' | 'person' | 'time';
  readonly reason: string;
  /** Milliseconds since 1970; null: only a person ends it. */
  readonly until: number | null;
  /** What happens then. */
  readonly then: string;
}

export interface RolloutState {
  readonly phase: Phase;
  /** What a pause interrupted. */
  readonly resumes: Phase | null;
  /** Index into the strategy's steps. */
  readonly step: number;
  /** What is asked of the scheduler now. */
  readonly target: Share;
  /** Since when phase and step hold. */
  readonly since: number;
  readonly wait: Wait | null;
  /** Why it fails, holds or goes back; null while all is well. */
  readonly trouble: string | null;
  /** A person accepted a gate that holds, at this step. */
  readonly accepted: boolean;
  /** Skips batches: as much at once as capacity allows. */
  readonly isForced: boolean;
  /** It goes on stop-first whatever its strategy says, since on the way back successors find no room; absent: no. */
  readonly stopsFirst?: boolean | undefined;
  /** Figures of the gate as looked at last. */
  readonly figures: GateFigures | null;
  /** Failures of replicas of the new release that were counted, by replica id. */
  readonly failures: Readonly<Record<string, number>>;
  /** Of these, so many were known to the person who let it go on: only further ones count; absent: none. */
  readonly excused?: number | undefined;
  /** What a request of the new release costs, as learnt so far; absent: nobody knows yet. */
  readonly learnt?: Learnt | undefined;
  /** What the rollout brings about (on the new release, or back on the old one) as counted last, and since when that number stands; absent: not counted yet. */
  readonly progress?: { readonly count: number; readonly of: number; readonly at: number } | undefined;
}

/** What requests cost a release, learnt while it ran. */
export interface Learnt {
  readonly cpuMsPerRequest: number;
  /** CPU that a container takes without any request. */
  readonly idleCpuMilli: number;
  /** How many requests it was learnt from. */
  readonly requests: number;
}

/** Counters of a container as its host read them once, since the container started; null: not known. */
export interface Reading {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly cpuMicros: number | null;
  readonly requests: number | null;
  readonly errors: number | null;
  /** Cumulative: requests that took at most so many seconds, by rising bound. */
  readonly durations: readonly { readonly leSeconds: number; readonly count: number }[] | null;
}

/** Readings of a replica that serves, oldest first, all of the same release. */
export interface ReplicaReadings {
  readonly replicaId: string;
  readonly releaseId: string;
  readonly readings: readonly Reading[];
}

/** What one release did within the window. */
export interface ReleaseFigures {
  readonly replicas: number;
  readonly requests: number;
  readonly errors: number;
  readonly p99Ms: number | null;
  /** What p99 is at least, as far as so many requests can tell (97.5 of a hundred times); absent: as `p99Ms`. */
  readonly p99AtLeastMs?: number | null;
  readonly cpuMsPerRequest: number | null;
}

export interface GateFigures {
  readonly at: number;
  readonly windowSeconds: number;
  readonly before: ReleaseFigures;
  readonly after: ReleaseFigures;
  readonly verdicts: readonly GateVerdict[];
  /** What the higher cost would mean at the asked peak; null where it costs no more, or nobody knows yet. */
  readonly extra: { readonly replicas: number; readonly costCentsPerHour: number; readonly cpuMsPerRequest: number } | null;
}

export interface GateVerdict {
  readonly gate: 'health' | 'errors' | 'p99' | 'cpu' | 'requests';
  readonly state: 'passes' | 'waits' | 'holds' | 'fails';
  readonly value: number | null;
  readonly limit: number | null;
  readonly sentence: string;
}

/** A replica of the workload as its host says. */
export interface ObservedRelease {
  readonly replicaId: string;
  /** What it should run. */
  readonly releaseId: string;
  /** What its container really runs, where its host said so. */
  readonly runningReleaseId: string | null;
  readonly state: 'none' | 'pulling' | 'creating' | 'starting' | 'running' | 'unhealthy' | 'restarting' | 'exited' | 'failed' | 'stopping';
  readonly reason: string | null;
  readonly restarts: number;
  /** Since when it could serve and does not: from when its container with this release began, or served last. While its image is fetched: now. */
  readonly since: number;
  readonly isHostLost: boolean;
}

export interface Observation {
  readonly now: number;
  /** The release that the workload goes to. */
  readonly toReleaseId: string;
  /** Replicas that the workload should have; the autoscaler may change it at any time. */
  readonly wanted: number;
  /** Of these, so many have no host: there is no room for them, with whatever release. */
  readonly waiting: number;
  /** Those that have a host; one that leaves and its successor are two. */
  readonly replicas: readonly ObservedRelease[];
  /** Hosts that need the new image: how many have it, and what hinders the others. */
  readonly images: { readonly needed: number; readonly present: number; readonly hindrance: string | null };
  /** The scheduler cannot find room for the next replica: the sentence why. */
  readonly noRoom: string | null;
  /** Of the present step since it began to be rolled or watched; null: not looked at. */
  readonly figures: GateFigures | null;
  readonly learnt?: Learnt | undefined;
}

export type Verb = 'pause' | 'resume' | 'promote' | 'accept' | 'abort' | 'roll-back';

/** What comes of a look at a rollout. */
export interface Advance {
  readonly state: RolloutState;
  /** Lines for history, in the order in which they happened. */
  readonly events: readonly { readonly kind: string; readonly message: string }[];
}
