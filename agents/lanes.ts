// Work on replicas: each replica has a lane of its own, lanes run side by side up to a bound, a lane does one thing at a time.
// Keeps what is under way (for reports) and what failed (with exponential back-off), so that one replica never holds up another.
import { backoffMs, type Clock } from './clock.ts';
import { ImageError, StartError } from './images/words.ts';
import { sentenceOf, type Log } from './log.ts';
import type { PullProgress } from './protocol.ts';

/** What is being done about a replica right now. */
export interface Activity {
  readonly state: 'pulling' | 'creating' | 'starting' | 'stopping';
  readonly reason: string;
  /** While an image is pulled. */
  readonly pull?: PullProgress;
}

/** `image`: it cannot be had now, nothing of the replica was tried; `service`: what was built cannot run here; `host`: anything else. */
export type FailureKind = 'image' | 'service' | 'host';

export interface Failure {
  readonly reason: string;
  readonly attempts: number;
  readonly kind: FailureKind;
  /** On the steady clock. */
  readonly retryAtMs: number;
  /** What failed; other work on the same replica may be tried at once. */
  readonly fingerprint: string;
}

/** Removals wait for services to end, for minutes perhaps: they must not use up the places of work that starts services. */
export type LaneKind = 'work' | 'removal';

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** A rollout waits for a registry that is back. */
const LONGEST_IMAGE_RETRY_MS = 15_000;

interface Lane {
  activity: Activity;
  started: boolean;
}

interface Job {
  readonly replicaId: string;
  readonly fingerprint: string;
  readonly kind: LaneKind;
  readonly activity: Activity;
  /** Does the work; may say what it is about meanwhile. Rejects with the reason of failure. */
  readonly work: (say: (activity: Activity) => void) => Promise<void>;
}

export class Lanes {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #places: Record<LaneKind, number>;
  readonly #lanes = new Map<string, Lane>();
  readonly #failures = new Map<string, Failure>();
  readonly #queues: Record<LaneKind, Job[]> = { work: [], removal: [] };
  /** Replicas whose lane ended since the last `beginRound`: what was seen before that is out of date for them. */
  readonly #ended = new Set<string>();
  readonly #retries = new Set<() => void>();
  readonly #onChange: (replicaId: string, ended: boolean) => void;
  #closed = false;

  /** `onChange` is called whenever an activity begins, changes or ends, and when a retry is due. */
  constructor(parts: { clock: Clock; log: Log; places: Record<LaneKind, number>; onChange: (replicaId: string, ended: boolean) => void }) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#places = { ...parts.places };
    this.#onChange = parts.onChange;
  }

  get busy(): boolean {
    return this.#lanes.size > 0;
  }

  /** To be called before the engine is looked at. */
  beginRound(): void {
    this.#ended.clear();
  }

  activity(replicaId: string): Activity | undefined {
    return this.#lanes.get(replicaId)?.activity;
  }

  failure(replicaId: string): Failure | undefined {
    return this.#failures.get(replicaId);
  }

  /** Forgets failures of replicas that are not in the set any more. */
  retain(replicaIds: ReadonlySet<string>): void {
    for (const id of this.#failures.keys()) if (!replicaIds.has(id)) this.#failures.delete(id);
  }

  /** Begins or queues the job and gives true, unless its replica is being worked on, was worked on during this round, or is backing off. */
  offer(job: Job): boolean {
    const { replicaId } = job;
    if (this.#closed || this.#lanes.has(replicaId) || this.#ended.has(replicaId)) return false;
    const failure = this.#failures.get(replicaId);
    if (failure?.fingerprint === job.fingerprint && failure.retryAtMs > this.#clock.elapsedMs()) return false;
    this.#lanes.set(replicaId, { activity: job.activity, started: false });
    this.#queues[job.kind].push(job);
    this.#onChange(replicaId, false);
    this.#pump(job.kind);
    return true;
  }

  /** Takes no more work and forgets what has not begun; what runs is left to its own deadline. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#retries) cancel();
    this.#retries.clear();
    for (const kind of ['work', 'removal'] as const) {
      for (const job of this.#queues[kind].splice(0)) this.#lanes.delete(job.replicaId);
    }
  }

  #pump(kind: LaneKind): void {
    while (this.#places[kind] > 0) {
      const job = this.#queues[kind].shift();
      if (job === undefined) return;
      this.#places[kind] -= 1;
      void this.#run(job);
    }
  }

  async #run(job: Job): Promise<void> {
    const lane = this.#lanes.get(job.replicaId);
    try {
      await job.work((activity) => {
        if (lane === undefined) return;
        lane.activity = activity;
        this.#onChange(job.replicaId, false);
      });
      this.#failures.delete(job.replicaId);
    } catch (error) {
      this.#fail(job, error);
    } finally {
      this.#lanes.delete(job.replicaId);
      this.#ended.add(job.replicaId);
      this.#places[job.kind] += 1;
      this.#onChange(job.replicaId, true);
      this.#pump(job.kind);
    }
  }

  #fail(job: Job, error: unknown): void {
    const [reason, kind] = [sentenceOf(error), kindOf(error)];
    const before = this.#failures.get(job.replicaId);
    const attempts = (before?.fingerprint === job.fingerprint ? before.attempts : 0) + 1;
    const waitMs = backoffMs(attempts, FIRST_RETRY_MS, kind === 'image' ? LONGEST_IMAGE_RETRY_MS : LONGEST_RETRY_MS);
    this.#failures.set(job.replicaId, { reason, attempts, kind, fingerprint: job.fingerprint, retryAtMs: this.#clock.elapsedMs() + waitMs });
    this.#log.warn({ replica: job.replicaId, attempts, retryInMs: waitMs, reason }, 'work on a replica failed');
    if (this.#closed) return;
    const cancel = this.#clock.after(waitMs, () => {
      this.#retries.delete(cancel);
      this.#onChange(job.replicaId, true);
    });
    this.#retries.add(cancel);
  }
}

function kindOf(error: unknown): FailureKind {
  if (error instanceof StartError) return 'service';
  if (!(error instanceof ImageError)) return 'host';
  return error.trouble === 'foreign' ? 'service' : 'image';
}
