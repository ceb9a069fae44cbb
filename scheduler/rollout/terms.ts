// What a rollout asks of the planner: how many of a workload's replicas should run its release, and how they may change. Plain, immutable data
// of a snapshot; part of ../model.ts, which everybody imports it from.

/** Some of a workload's replicas: so many, or so many of a thousand (rounded up). */
export type Share = { readonly count: number } | { readonly permille: number };

/**
 * How many replicas should run another release than the workload's own, now. Which release a replica runs follows from this alone, forwards and
 * back: a rollback asks for none. It says nothing of how many replicas there are.
 */
export interface Rollout {
  readonly id: string;
  /** The release beside `Workload.releaseId`. Replicas of any third release become replicas of the workload's own. */
  readonly releaseId: string;
  /** Replicas that should run it. */
  readonly target: Share;
  /** `start-first`: another replica serves before one stops. `stop-first`: a replica is renewed where it is, with its address. */
  readonly order: 'start-first' | 'stop-first';
  /** start-first: most replicas beyond the workload's number at once; at least one. */
  readonly surge: Share;
  /** stop-first: most replicas that may be missing at once because of the rollout; at least one. */
  readonly unavailable: Share;
}
