// Runs the control loops: woken by a signal and by a timer, one run of each at a time. A loop takes no input and has no retries of its own:
// it is a function of stored state, so that running it again is the retry.
import type { Log } from '../log.ts';
import { systemTiming, type Timing } from '../timing.ts';

export interface Loop {
  readonly name: LoopName;
  /** Longest time between two runs. */
  readonly everyMs: number;
  /** Least time between the end of a run, which took so long, and the next, so that what comes close together makes one run; absent: none. */
  readonly restMs?: (lastMs: number) => number;
  /** A rest ends early once nobody has asked for so long: then nothing more comes that a longer one would gather; absent: it does not. */
  readonly quietMs?: number;
  /** Does what is to be done now. @returns what it did or why there was nothing to do, for people */
  readonly run: () => Promise<string>;
}
export type LoopName = 'upkeep' | 'addresses' | 'upgrades' | 'maintenance' | 'autoscale' | 'market' | 'drills' | 'planner' | 'dispatch' | 'observe' | 'proposals' | 'insight' | 'reaper' | 'rollouts' | 'webhooks' | 'builds' | 'retention' | 'sites' | 'burst' | 'metrics' | 'prometheus';

export interface LoopStatus {
  readonly name: LoopName;
  readonly lastRunAt: number | null;
  readonly lastMs: number | null;
  readonly status: string;
  readonly failing: boolean;
}

export interface Driver extends AsyncDisposable {
  add(loop: Loop): void;
  /** Asks for a run soon; while one is under way, for another one after it. */
  wake(name: LoopName): void;
  /** Runs a loop once, after the run that is under way, and waits for it. */
  runOnce(name: LoopName): Promise<void>;
  /** Resolves when no loop runs or is asked to. */
  settled(): Promise<void>;
  status(): LoopStatus[];
}

interface Entry {
  readonly loop: Loop;
  status: LoopStatus;
  running: Promise<void> | null;
  isAsked: boolean;
  /** When somebody asked last, by the monotonic clock. */
  askedAt: number;
  /** When its last run ended, by the monotonic clock. */
  endedAt: number;
  cancelTimer: () => void;
}

/** @param isTimed false: loops run when woken only (tests with a clock of their own) */
export function openDriver({ log, now, isTimed, timing = systemTiming }: { readonly log: Log; readonly now: () => number; readonly isTimed: boolean; readonly timing?: Timing }): Driver {
  const entries = new Map<LoopName, Entry>();
  let closed = false;

  const run = async (entry: Entry): Promise<void> => {
    const startedAt = now();
    const started = timing.elapsedMs();
    let outcome;
    try {
      outcome = { status: await entry.loop.run(), failing: false };
    } catch (error) {
      log.error({ err: error, loop: entry.loop.name }, 'loop.failed');
      outcome = { status: `failed: ${error instanceof Error ? error.message : String(error)}`, failing: true };
    }
    entry.status = { name: entry.loop.name, lastRunAt: startedAt, lastMs: timing.elapsedMs() - started, ...outcome };
  };

  const start = (entry: Entry): void => {
    if (entry.running !== null || closed) return;
    entry.cancelTimer();
    entry.running = (async () => {
      // A turn of the event loop first, so that wakes which come together make one run.
      await timing.turn();
      do {
        for (let left = restLeft(entry, timing); left > 0 && !closed; left = restLeft(entry, timing)) await timing.pause(left);
        if (closed) break;
        entry.isAsked = false;
        await run(entry);
        entry.endedAt = timing.elapsedMs();
      } while (entry.isAsked && !closed);
      entry.running = null;
      if (isTimed && !closed) entry.cancelTimer = timing.after(entry.loop.everyMs, () => start(entry));
    })();
  };
  const wake = (name: LoopName): void => {
    const entry = entries.get(name);
    if (entry === undefined) return;
    entry.isAsked = true;
    entry.askedAt = timing.elapsedMs();
    start(entry);
  };
  const settled = async (): Promise<void> => {
    for (let busy = running(entries); busy.length > 0; busy = running(entries)) await Promise.all(busy);
  };
  return {
    add(loop) {
      const entry: Entry = { loop, status: { name: loop.name, lastRunAt: null, lastMs: null, status: 'has not run yet', failing: false }, running: null, isAsked: false, askedAt: Number.NEGATIVE_INFINITY, endedAt: Number.NEGATIVE_INFINITY, cancelTimer: () => undefined };
      entries.set(loop.name, entry);
      if (isTimed) start(entry);
    },
    wake,
    async runOnce(name) {
      wake(name);
      await entries.get(name)?.running;
    },
    settled,
    status: () => [...entries.values()].map(({ status }) => status),
    async [Symbol.asyncDispose]() {
      closed = true;
      for (const { cancelTimer } of entries.values()) cancelTimer();
      await Promise.all(running(entries));
    },
  };
}

/** Milliseconds that a loop rests on, as far as can be told now. */
function restLeft({ loop, status, endedAt, askedAt }: Entry, timing: Timing): number {
  const end = endedAt + (loop.restMs?.(status.lastMs ?? 0) ?? 0);
  return Math.ceil(Math.min(end, loop.quietMs === undefined ? end : askedAt + loop.quietMs) - timing.elapsedMs());
}

const running = (entries: ReadonlyMap<LoopName, Entry>): Promise<void>[] => [...entries.values()].flatMap((entry) => entry.running ?? []);
