// The words of what people ask the scheduler before they act: what if, what would it free, what would survive, why not.
// Plain immutable data, like scheduler/model.ts. Every question is answered from a snapshot and changes nothing.

import type { MoveLimit } from '../pace.ts';
import type { Elimination, FailureDomain, Host, Plan, Policy, Pool, Shape, SizingRefusal, Totals, Unplaced, Wish } from '../model.ts';

/** One verb of a what-if. Several are done one after the other, each on what the one before left. */
export type Change =
  | { readonly kind: 'drain'; readonly hostIds: readonly string[] }
  /** Hosts die at once: one, a rack, a site. */
  | { readonly kind: 'lose'; readonly hostIds: readonly string[]; readonly label: string }
  /** Hosts join, all alike; they get networks of their own with room for all that fits. */
  | { readonly kind: 'add'; readonly count: number; readonly host: NewHost }
  /** Buys from the snapshot's pools (or those named) the cheapest mix that gives everything that waits its room. */
  | { readonly kind: 'buy'; readonly pools?: readonly string[] | undefined }
  /** The peak grows k-fold: 1500 is half as much again. */
  | { readonly kind: 'grow'; readonly workloadId: string; readonly permille: number }
  | { readonly kind: 'remove'; readonly workloadId: string }
  | { readonly kind: 'policy'; readonly policy: Policy }
  | { readonly kind: 'rearrange'; readonly wishes: readonly Wish[] };

export type NewHost = Omit<Host, 'id' | 'name' | 'cordoned' | 'draining' | 'state' | 'networkId'>;

/** What one change did. */
export interface Stage {
  readonly change: Change;
  /** Complete: as if the policy's pace did not hold, since people ask where it ends. */
  readonly plan: Plan;
  readonly bought: readonly { readonly pool: Pool; readonly count: number }[];
}

export interface Simulation {
  /** The snapshot's revision that it began with. */
  readonly parent: number;
  readonly stages: readonly Stage[];
  readonly consequence: Consequence;
}

/** What would be different at the end, in the words of the person who has to approve it. */
export interface Consequence {
  readonly before: Totals;
  readonly after: Totals;
  /** Replicas that run now and would run elsewhere. */
  readonly moves: number;
  /** Of these moves: replicas whose host is lost, which are placed again at once and at no pace. */
  readonly healed?: number | undefined;
  /** Of these moves: those that are due without any of the changes, and only wait for their turn. */
  readonly due?: number | undefined;
  readonly starts: number;
  readonly stops: number;
  readonly resizes: number;
  /** Hours that the moves take at the policy's pace. */
  readonly hours: number;
  /** Workloads with the most moves first, at most 20. */
  readonly movedWorkloads: readonly { readonly workloadId: string; readonly workload: string; readonly moves: number }[];
  readonly headroom: readonly SiteHeadroom[];
  readonly unplaced: readonly Unplaced[];
  /** Proven gap before and after; null where no proof was asked for. */
  readonly gap: { readonly before: Gap; readonly after: Gap } | null;
  readonly survival: { readonly before: readonly Survival[]; readonly after: readonly Survival[] };
}

export interface SiteHeadroom {
  readonly site: string;
  /** Room on hosts that take new replicas. */
  readonly before: Room;
  readonly after: Room;
}

export interface Room {
  readonly freeCpuMilli: number;
  readonly freeMemoryMib: number;
  /** How many more containers of the policy's default shape fit, host by host. */
  readonly containers: number;
}

export interface Gap {
  readonly costCentsPerHour: number;
  /** No arrangement of the same replicas costs less. */
  readonly boundCentsPerHour: number;
  /** (cost - bound) / bound in percent; 0 when both are 0. */
  readonly percent: number;
}

/** Whether any one domain of a kind may die now and everything that it held fits again. */
export interface Survival {
  readonly domain: FailureDomain;
  /** How many domains were tried. */
  readonly tried: number;
  readonly survives: boolean;
  /** Domains whose loss would leave something without room, worst first, at most 20. */
  readonly failures: readonly {
    /** Name of the host, `site/rack`, or the site. */
    readonly label: string;
    readonly missing: number;
    readonly workloads: readonly { readonly workloadId: string; readonly workload: string; readonly missing: number }[];
  }[];
}

/** What so many moves give, at best found. */
export interface FrontierPoint {
  readonly moves: number;
  readonly hostsFreed: number;
  readonly savedCentsPerHour: number;
  /** In the order in which each finds its room, start-first. */
  readonly wishes: readonly Wish[];
  readonly emptiedHostIds: readonly string[];
}

export interface Frontier {
  readonly parent: number;
  readonly before: Totals;
  /** By rising moves; each gives more than the one before. Empty: nothing can be gained. */
  readonly points: readonly FrontierPoint[];
  /** No arrangement of the same replicas, with any number of moves, costs less. */
  readonly boundCentsPerHour: number;
}

/** Why a replica has no room, and what would give it one. */
export interface WhyNot {
  readonly workloadId: string;
  readonly workload: string;
  readonly count: number;
  readonly shape: Shape;
  /** Hosts by the first rule that refuses them; the sum of `hosts` is the whole fleet. */
  readonly eliminations: readonly Elimination[];
  /** By rule: how many hosts it refuses. */
  readonly rules: readonly { readonly rule: string; readonly hosts: number }[];
  /** What the host that passes every other rule and comes closest lacks; null where none passes the others. */
  readonly shortfall: { readonly hostId: string; readonly host: string; readonly cpuMilli: number; readonly memoryMib: number; readonly addresses: number } | null;
  /** Set where the fleet makes the sum itself impossible: no host is large enough, or too few domains to survive in. */
  readonly refusal?: SizingRefusal | undefined;
  /** Cheapest first; each was tried and makes all of them fit. */
  readonly fixes: readonly Fix[];
}

export interface Fix {
  readonly what:
    | { readonly kind: 'raise-cap'; readonly cap: 'perHost' | 'perRack' | 'perSite'; readonly from: number; readonly to: number }
    | { readonly kind: 'move'; readonly wishes: readonly Wish[]; readonly workloads: readonly string[] }
    | { readonly kind: 'buy'; readonly pools: readonly { readonly pool: string; readonly count: number }[] }
    | { readonly kind: 'shrink'; readonly shape: string; readonly replicas: number }
    | { readonly kind: 'lower-peak'; readonly peakQps: number }
    | { readonly kind: 'survive'; readonly survive: string }
    | { readonly kind: 'uncordon'; readonly hostId: string; readonly host: string }
    | { readonly kind: 'allow-cloud' }
    | { readonly kind: 'label'; readonly label: string; readonly value: string; readonly hostId: string; readonly host: string }
    | { readonly kind: 'tolerate'; readonly taint: string }
    | { readonly kind: 'kind'; readonly environment: string; readonly hostKind: string };
  readonly moves: number;
  readonly addedCentsPerHour: number;
}

/** Everything that went into one decision, so that it can be made again and compared. */
export interface DecisionInput {
  readonly seed: number;
  /** Ids given to new replicas, in the order in which they were asked for. */
  readonly ids: readonly string[];
  readonly batch: boolean;
  readonly wishes: readonly Wish[];
  /** How many serving replicas this decision might move. */
  readonly moves: number;
  /** Hosts that had a pace of their own; absent: none. */
  readonly limits?: readonly MoveLimit[] | undefined;
  /** Replicas that were to begin no move; absent: none. */
  readonly resting?: readonly string[] | undefined;
  /** Of the replicas that it asked about: those that were not observed to serve; absent: none. */
  readonly silent?: readonly string[] | undefined;
  /** Of the replicas that it asked about: those that were observed not to serve; absent: none. */
  readonly failing?: readonly string[] | undefined;
  /** Of the replicas that it asked about: those to which clients still came; absent: none. */
  readonly lingering?: readonly string[] | undefined;
  /** Ids of the workloads that it decided, since everything else was at rest; absent: all. */
  readonly scope?: readonly string[] | undefined;
}

