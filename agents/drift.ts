// What somebody changed by hand on containers of this cluster: named, repaired, counted, and left alone when it comes back too often.
// Takes the steps that a reconciliation gives and what was as it should be before; says which steps are repairs and which are given up.
// Pure but for its memory: time comes from the clock that it is given. A change that an assignment asks for is never drift.
import type { Clock } from './clock.ts';
import type { Container } from './docker/runtime.ts';
import type { ObservedDrift } from './protocol.ts';
import type { Step, Wanted } from './reconcile.ts';

/** So many repairs of the same thing within the window, and whoever does it seems to mean it: it is left as it is, and a person is asked. */
const MOST_REPAIRS = 5;
const WINDOW_MS = 10 * 60_000;

export type DriftKind = 'stopped' | 'paused' | 'renamed' | 'limits' | 'settings' | 'network' | 'removed';

interface Found {
  readonly replicaId: string;
  readonly kind: DriftKind;
  found: string;
  /** By the host's clock. */
  at: string;
  /** On the steady clock. */
  lastMs: number;
  /** Ends of repairs, on the steady clock. */
  repairsMs: number[];
  state: ObservedDrift['state'];
}

/** A container that was as its spec says, and which one it was. */
interface Good {
  readonly containerId: string;
  readonly fingerprint: string;
}

/** What a finding is recognised by beside the step itself. */
export interface Witness {
  /** Whether a person or a program stopped it through the engine. */
  readonly wasStopped: (containerId: string) => boolean;
  /** Whether this agent itself removed it. */
  readonly wasRemoved: (containerId: string) => boolean;
}

export class DriftBoard {
  readonly #clock: Pick<Clock, 'elapsedMs' | 'nowMs'>;
  readonly #witness: Witness;
  readonly #found = new Map<string, Found>();
  readonly #good = new Map<string, Good>();
  readonly #orders = new Map<string, string>();

  constructor(clock: Pick<Clock, 'elapsedMs' | 'nowMs'>, witness: Witness) {
    this.#clock = clock;
    this.#witness = witness;
  }

  /** After a look: what runs with nothing left to do about it is as it should be. Forgets replicas that are not wanted any more, and old findings. */
  settle(wanted: readonly Wanted[], containers: readonly Container[], steps: readonly Step[]): void {
    const busy = new Set(steps.map((step) => step.replicaId));
    const running = new Map(containers.filter(({ status }) => status === 'running').map((one) => [one.owner?.replicaId, one]));
    const ids = new Set(wanted.map(({ spec }) => spec.id));
    for (const id of this.#good.keys()) if (!ids.has(id)) this.#good.delete(id);
    for (const one of wanted) {
      const container = running.get(one.spec.id);
      if (container !== undefined && !busy.has(one.spec.id)) this.#good.set(one.spec.id, { containerId: container.id, fingerprint: fingerprintOf(one) });
    }
    const now = this.#clock.elapsedMs();
    for (const [key, found] of this.#found) {
      const isThere = steps.some((step) => step.replicaId === found.replicaId);
      // What is as it should be again without us needs nobody's answer.
      if (found.state === 'given-up' && !isThere) found.state = 'repaired';
      if (!ids.has(found.replicaId) || (found.state === 'repaired' && now - found.lastMs > WINDOW_MS)) this.#found.delete(key);
    }
  }

  /** What kind of change by hand the step repairs; undefined: none. */
  kindOf(step: Step, wanted: Wanted | undefined): DriftKind | undefined {
    const good = this.#good.get(step.replicaId);
    const wasGood = good !== undefined && wanted !== undefined && good.fingerprint === fingerprintOf(wanted);
    switch (step.kind) {
      case 'unpause':
        return 'paused';
      case 'rename':
        return 'renamed';
      case 'start':
        return this.#witness.wasStopped(step.containerId) ? 'stopped' : undefined;
      case 'update':
        return wasGood ? (step.isPolicy === true ? 'settings' : 'limits') : undefined;
      case 'connect':
      case 'disconnect':
        return 'network';
      case 'remove':
        return wasGood && step.containerId === good.containerId && step.successor !== undefined ? 'network' : undefined;
      case 'run':
        return wasGood && !this.#witness.wasRemoved(good.containerId) ? 'removed' : undefined;
    }
  }

  /** Why the step is not done, as a sentence; undefined: it is to be done. */
  givenUp(step: Step, kind: DriftKind | undefined): string | undefined {
    const found = kind === undefined ? undefined : this.#found.get(`${step.replicaId} ${kind}`);
    if (found === undefined) return undefined;
    found.repairsMs = found.repairsMs.filter((ms) => this.#clock.elapsedMs() - ms <= WINDOW_MS);
    if (found.state !== 'given-up' && found.repairsMs.length < MOST_REPAIRS) return undefined;
    this.#set(step, kind!, 'given-up');
    return sentenceOf(found);
  }

  /** A repair begins. Gives what it is called when it is over. */
  begins(step: Step, kind: DriftKind): () => void {
    this.#set(step, kind, 'repairing');
    const key = `${step.replicaId} ${kind}`;
    return () => {
      const found = this.#found.get(key);
      if (found === undefined) return;
      found.state = 'repaired';
      found.lastMs = this.#clock.elapsedMs();
      found.repairsMs.push(found.lastMs);
    };
  }

  /** Replicas whose repair may be tried again; each order counts once. */
  resume(orders: readonly { readonly replicaId: string; readonly order: string }[]): void {
    for (const { replicaId, order } of orders) {
      if (this.#orders.get(replicaId) === order) continue;
      this.#orders.set(replicaId, order);
      for (const found of this.#found.values()) {
        if (found.replicaId !== replicaId) continue;
        found.repairsMs = [];
        if (found.state === 'given-up') found.state = 'repairing';
      }
    }
  }

  /** Why a replica is left as it is; undefined: it is not. */
  sentenceFor(replicaId: string): string | undefined {
    const given = [...this.#found.values()].find((found) => found.replicaId === replicaId && found.state === 'given-up');
    return given === undefined ? undefined : sentenceOf(given);
  }

  get observed(): ObservedDrift[] {
    return [...this.#found.values()].map(({ replicaId, kind, found, at, repairsMs, state }) => ({ replicaId, kind, found, at, repairs: repairsMs.length, state }));
  }

  #set(step: Step, kind: DriftKind, state: Found['state']): void {
    const key = `${step.replicaId} ${kind}`;
    const before = this.#found.get(key);
    if (before?.state === state) return;
    const lastMs = this.#clock.elapsedMs();
    const at = state === 'given-up' && before !== undefined ? before.at : new Date(this.#clock.nowMs()).toISOString();
    this.#found.set(key, { replicaId: step.replicaId, kind, found: wordsFor(step, kind), at, lastMs, repairsMs: before?.repairsMs ?? [], state });
  }
}

const fingerprintOf = ({ identity, spec }: Wanted): string => `${identity} ${spec.cpuMilli} ${spec.memoryMib} ${spec.release ?? ''}`;

const sentenceOf = ({ found, repairsMs }: Found): string =>
  `${found}: that was put right ${repairsMs.length} times within ${WINDOW_MS / 60_000} minutes and is left as it is now; somebody has to say whether it may be repaired again`;

function wordsFor(step: Step, kind: DriftKind): string {
  switch (kind) {
    case 'stopped':
      return 'somebody stopped the container';
    case 'paused':
      return 'somebody paused the container';
    case 'renamed':
      return `somebody renamed the container: it ${step.reason}`;
    case 'limits':
    case 'settings':
      return `somebody changed the container: ${step.reason}`;
    case 'network':
      return `somebody changed the network of the container: it ${step.reason}`;
    case 'removed':
      return 'somebody removed the container';
  }
}
