// When services that ended by themselves are started again: at once, then after growing pauses, from the beginning after one that was well for a while.
// Takes ends and starts, gives moments on the steady clock and counts, by container. Starts nothing itself. A container that somebody stopped is not
// one that ended by itself: drift.ts is about those.
import { backoffMs, type Clock } from './clock.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 60_000;
/** A service that was well for so long before it ended begins anew with the shortest pause. */
export const WELL_MS = 60_000;

/** What is known of one container since this agent began. */
export interface Run {
  /** Starts after ends. */
  readonly restarts: number;
  /** Ends in a row, without having been well for a while in between. */
  readonly inARow: number;
  /** When it may be started again, on the steady clock; undefined: it has not ended. */
  readonly startAtMs: number | undefined;
}

const FIRST_RUN: Run = { restarts: 0, inARow: 0, startAtMs: undefined };

export class Restarts {
  readonly #clock: Pick<Clock, 'elapsedMs'>;
  readonly #runs = new Map<string, Run>();

  constructor(clock: Pick<Clock, 'elapsedMs'>) {
    this.#clock = clock;
  }

  /** A service ended by itself after it had been well for so long. Told twice of the same end, the second time says nothing. */
  ended(containerId: string, wellForMs = 0): void {
    const run = this.of(containerId);
    if (run.startAtMs !== undefined) return;
    const inARow = wellForMs >= WELL_MS ? 1 : run.inARow + 1;
    this.#runs.set(containerId, { ...run, inARow, startAtMs: this.#clock.elapsedMs() + backoffMs(inARow, FIRST_PAUSE_MS, LONGEST_PAUSE_MS) });
  }

  /** It runs again, whoever started it. */
  started(containerId: string): void {
    const run = this.of(containerId);
    if (run.startAtMs !== undefined) this.#runs.set(containerId, { ...run, restarts: run.restarts + 1, startAtMs: undefined });
  }

  of(containerId: string): Run {
    return this.#runs.get(containerId) ?? FIRST_RUN;
  }

  /** Whether its pause is not over yet. */
  isResting(containerId: string): boolean {
    return (this.of(containerId).startAtMs ?? 0) > this.#clock.elapsedMs();
  }

  /** When the next pause ends; undefined: nothing rests. */
  get nextMs(): number | undefined {
    const now = this.#clock.elapsedMs();
    const ahead = [...this.#runs.values()].flatMap(({ startAtMs }) => (startAtMs !== undefined && startAtMs > now ? [startAtMs] : []));
    return ahead.length === 0 ? undefined : Math.min(...ahead);
  }

  /** Forgets containers that are gone. */
  retain(containerIds: ReadonlySet<string>): void {
    for (const id of this.#runs.keys()) if (!containerIds.has(id)) this.#runs.delete(id);
  }
}
