// What of this cluster is on the host although no assignment names it: listed with a reason, and removed only after a grace, or when a person says so.
// Takes what was found at each look, keeps since when, gives what is spared and what may go. Removes nothing itself, and never hears of strangers.
// What the newest assignment left out is no orphan: it was told to go, and goes at once. Neither is a container that was never started.
import type { Clock } from './clock.ts';
import type { Container } from './docker/runtime.ts';
import type { ObservedOrphan, OrphanKind, Upkeep } from './protocol.ts';

/** Where the server says nothing else. */
export const USUAL_GRACE_SECONDS = 600;
const MOST_LISTED = 500;

/** Something without an assignment. */
export interface Candidate {
  readonly kind: OrphanKind;
  readonly id: string;
  readonly name: string;
  readonly reason: string;
  readonly isRunning?: boolean;
  readonly address?: string;
  readonly image?: string;
  readonly bytes?: number;
}

interface Known extends Candidate {
  readonly sinceMs: number;
  readonly since: string;
}

/** `waits` for its grace, `kept` by a person's word, `goes` now. */
export type Fate = 'waits' | 'kept' | 'goes';

export class OrphanBoard {
  readonly #clock: Pick<Clock, 'elapsedMs' | 'nowMs'>;
  readonly #known = new Map<string, Known>();
  #rules: Upkeep = {};

  constructor(clock: Pick<Clock, 'elapsedMs' | 'nowMs'>) {
    this.#clock = clock;
  }

  /** What people decided. */
  follow(rules: Upkeep | undefined): void {
    this.#rules = rules ?? {};
  }

  /** Everything of one kind that is there now; what is not named any more is forgotten. */
  found(kind: OrphanKind, candidates: readonly Candidate[]): void {
    const ids = new Set(candidates.map(({ id }) => id));
    for (const [key, one] of this.#known) if (one.kind === kind && !ids.has(one.id)) this.#known.delete(key);
    for (const candidate of candidates) {
      const key = keyOf(candidate);
      const before = this.#known.get(key);
      this.#known.set(key, { ...candidate, sinceMs: before?.sinceMs ?? this.#clock.elapsedMs(), since: before?.since ?? new Date(this.#clock.nowMs()).toISOString() });
    }
  }

  /** Undefined for what is no orphan. */
  fateOf(kind: OrphanKind, id: string): Fate | undefined {
    const known = this.#known.get(keyOf({ kind, id }));
    if (known === undefined) return undefined;
    const isIn = (list: Upkeep['keep']): boolean => list?.some((one) => one.kind === kind && one.id === id) === true;
    if (isIn(this.#rules.remove)) return 'goes';
    if (isIn(this.#rules.keep)) return 'kept';
    const graceMs = this.#graceMs(kind);
    return graceMs !== undefined && this.#clock.elapsedMs() - known.sinceMs >= graceMs ? 'goes' : 'waits';
  }

  get observed(): ObservedOrphan[] {
    return [...this.#known.values()].slice(0, MOST_LISTED).map(({ sinceMs: _, ...known }) => {
      const graceMs = this.#graceMs(known.kind);
      const isKept = this.fateOf(known.kind, known.id) === 'kept';
      const hasEnd = graceMs !== undefined && !isKept;
      return { ...known, isKept, ...(hasEnd ? { removeAt: new Date(Date.parse(known.since) + graceMs).toISOString() } : {}) };
    });
  }

  /** Data outlives everything that nobody decided: folders have no grace. */
  #graceMs(kind: OrphanKind): number | undefined {
    return kind === 'directory' ? undefined : (this.#rules.orphanGraceSeconds ?? USUAL_GRACE_SECONDS) * 1000;
  }
}

const keyOf = ({ kind, id }: Pick<Candidate, 'kind' | 'id'>): string => `${kind} ${id}`;

/** Containers of this cluster that no assignment names and that were not told to go. */
export function orphanContainers(containers: readonly Container[], known: { readonly clusterId: string; readonly assigned: ReadonlySet<string>; readonly released: ReadonlySet<string> }): Candidate[] {
  return containers.flatMap(({ id, name, owner, status, startedAt, address, imageId }): Candidate[] => {
    if (owner?.clusterId !== known.clusterId || known.assigned.has(owner.replicaId) || known.released.has(owner.replicaId)) return [];
    // What a creation left half done has never run: nothing is lost with it.
    if (status === 'created' && startedAt === undefined) return [];
    const isRunning = status === 'running' || status === 'paused' || status === 'restarting';
    const reason = `it was made for replica ${owner.replicaId} of ${owner.workload || 'an unknown workload'}, and no assignment that this agent has had names that replica`;
    return [{ kind: 'container', id, name, reason, isRunning, ...(address === undefined ? {} : { address }), ...(imageId === undefined ? {} : { image: imageId }) }];
  });
}
