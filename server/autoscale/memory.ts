// What the autoscaler remembers of each workload between two decisions, in memory; packed.ts writes it down now and then. Nothing here decides.
import { freshState } from '#scheduler/autoscale/memory.ts';
import type { Decision, Observation, Sample, State } from '#scheduler/autoscale/model.ts';
import type { Link } from './packed.ts';
import type { StartClass } from './starts.ts';

/** A minute of the past, for charts: forecast beside what came. Null: not known. */
export interface TrailPoint {
  readonly at: number;
  readonly qps: number | null;
  readonly forecast: number;
  readonly bound: number;
  readonly wanted: number;
  readonly ready: number;
  readonly pending: number;
  readonly capacityQps: number;
}
/** Half a day of minutes; longer ago metrics know what came, and decisions what was expected. */
export const MOST_TRAIL = 720;
export const MOST_STARTS = 20;

/** The cost of a request as it was learnt before the present release: it counts for a day where it is larger. */
export interface KeptCost {
  readonly msPerRequest: number;
  readonly until: number;
}

export interface Remembered {
  state: State;
  trail: TrailPoint[];
  /** How long the last starts took, in milliseconds. */
  starts: Record<StartClass, number[]>;
  releaseId: string | null;
  kept: KeptCost | null;
  /** The number that a preview wants: its own world, since nothing follows from it. Null: none yet. */
  previewed: number | null;
  /** Samples since the last decision. */
  fresh: Sample[];
  /** False until the first decision in this life of the server. */
  isAwake: boolean;
  savedAt: number;
  /** What the last decision said, and when it was stored last: the same is not stored again. */
  said: string;
  saidAt: number;
  /** When each kind of alert was raised last, and since when without a pause. */
  alerts: Record<string, { readonly since: number; readonly at: number }>;
  /** What the next stored decision is packed against; null: nothing was stored in this life of the server. */
  link: Link | null;
  last: { readonly id: string | null; readonly decision: Decision; readonly observation: Observation; readonly mode: 'preview' | 'on' } | null;
}

export type Persisted = Pick<Remembered, 'state' | 'trail' | 'starts' | 'releaseId' | 'kept' | 'previewed'>;

export function newlyKnown(persisted?: Persisted): Remembered {
  const { state = freshState(), trail = [], starts = { warm: [], cold: [] }, releaseId = null, kept = null, previewed = null } = persisted ?? {};
  return { state, trail, starts, releaseId, kept, previewed, fresh: [], isAwake: false, savedAt: 0, said: '', saidAt: 0, alerts: {}, link: null, last: null };
}

export interface AutoscaleMemory {
  /** By workload id. */
  readonly workloads: Map<string, Remembered>;
  of(workloadId: string): Remembered;
  /** True once what was written down before is read. */
  isLoaded: boolean;
  /** People changed something: the next look decides everything. */
  isAsked: boolean;
  /** Of the last round. */
  round: { readonly at: number; readonly decidedMs: number; readonly workloads: number } | null;
}

export function openAutoscaleMemory(): AutoscaleMemory {
  const workloads = new Map<string, Remembered>();
  return {
    workloads,
    of(workloadId) {
      const known = workloads.get(workloadId) ?? newlyKnown();
      workloads.set(workloadId, known);
      return known;
    },
    isLoaded: false,
    isAsked: false,
    round: null,
  };
}
