// How long it takes until hosts are empty, as a range, and what holds it up most.
// Takes what waits, how long starts took and the paces that hold; plays the moves once as fast and once as slow as they were seen. It counts in
// seconds from now and knows no clock. What cannot move is not its business.

export interface WaitingWorkload {
  readonly workloadId: string;
  readonly waiting: number;
  /** Seconds since each move that is under way began. */
  readonly underWay: readonly number[];
  /** Most of its replicas on their way at a time. */
  readonly atOnce: number;
  /** How long one move takes. */
  readonly startSeconds: { readonly least: number; readonly most: number };
}

/** A limit of so many begins within a stretch of time, with the ages of those that count still. */
export interface PaceLimit {
  readonly name: 'policy-pace' | 'own-pace';
  readonly moves: number;
  readonly withinSeconds: number;
  readonly begunAgo: readonly number[];
}

export interface EtaInput {
  readonly workloads: readonly WaitingWorkload[];
  readonly paces: readonly PaceLimit[];
  /** Most moves under way, in the whole fleet and of these; `others`: how many others are under way now. */
  readonly slots: readonly { readonly name: 'at-once'; readonly most: number; readonly others: number }[];
}

export type Limiter = 'policy-pace' | 'own-pace' | 'at-once' | 'one-of-ten' | 'starts';
export interface EtaRange {
  readonly leastSeconds: number;
  readonly mostSeconds: number;
  readonly moves: number;
  readonly limitedBy: Limiter;
}

/** Undefined where nothing is to move. */
export function eta(input: EtaInput): EtaRange | undefined {
  const moves = input.workloads.reduce((sum, { waiting, underWay }) => sum + waiting + underWay.length, 0);
  if (moves === 0) return undefined;
  const least = play(input, 'least');
  const most = play(input, 'most');
  return { leastSeconds: Math.ceil(least.seconds), mostSeconds: Math.ceil(Math.max(least.seconds, most.seconds)), moves, limitedBy: most.limitedBy };
}

interface Running {
  readonly workload: number;
  readonly endsAt: number;
}

function play({ workloads, paces, slots }: EtaInput, which: 'least' | 'most'): { readonly seconds: number; readonly limitedBy: Limiter } {
  const waiting = workloads.map((each) => each.waiting);
  let running: Running[] = workloads.flatMap(({ underWay, startSeconds }, workload) => underWay.map((ago) => ({ workload, endsAt: Math.max(0, startSeconds[which] - ago) })));
  const begun = paces.map(({ begunAgo }) => begunAgo.map((ago) => -ago).sort((one, other) => one - other));
  const held = new Map<Limiter, number>();
  let now = 0;
  while (waiting.some((count) => count > 0) || running.length > 0) {
    const holdup = begin({ workloads, paces, slots, waiting, running, begun, now, which });
    const next = nextAt(running, paces, begun, holdup, now);
    if (!Number.isFinite(next)) break;
    held.set(holdup ?? 'starts', (held.get(holdup ?? 'starts') ?? 0) + next - now);
    now = next;
    running = running.filter(({ endsAt }) => endsAt > now);
  }
  const limitedBy = [...held].sort(([, one], [, other]) => other - one)[0]?.[0] ?? 'starts';
  return { seconds: now, limitedBy };
}

interface Playing extends EtaInput {
  readonly waiting: number[];
  readonly running: Running[];
  /** By pace: when moves began, ascending. */
  readonly begun: number[][];
  readonly now: number;
  readonly which: 'least' | 'most';
}

/** Begins what may begin. @returns what keeps the rest from beginning; undefined: nothing is left to begin */
function begin({ workloads, paces, slots, waiting, running, begun, now, which }: Playing): Exclude<Limiter, 'starts'> | undefined {
  let holdup: Exclude<Limiter, 'starts'> | undefined;
  for (const [workload, { atOnce, startSeconds }] of workloads.entries()) {
    while (waiting[workload]! > 0) {
      if (running.filter((each) => each.workload === workload).length >= atOnce) {
        holdup ??= 'one-of-ten';
        break;
      }
      const full = slots.find(({ most, others }) => running.length + others >= most);
      const spent = paces.find(({ moves, withinSeconds }, index) => begun[index]!.filter((at) => at > now - withinSeconds).length >= moves);
      if (full !== undefined || spent !== undefined) return full?.name ?? spent!.name;
      waiting[workload]! -= 1;
      running.push({ workload, endsAt: now + startSeconds[which] });
      for (const list of begun) list.push(now);
    }
  }
  return holdup;
}

/** When something changes: a move ends, or a stretch of a pace does. */
function nextAt(running: readonly Running[], paces: readonly PaceLimit[], begun: readonly (readonly number[])[], holdup: Limiter | undefined, now: number): number {
  const ends = running.map(({ endsAt }) => endsAt);
  const renewals = holdup === 'policy-pace' || holdup === 'own-pace' ? paces.flatMap(({ withinSeconds }, index) => begun[index]!.map((at) => at + withinSeconds).filter((at) => at > now)) : [];
  return Math.min(...ends, ...(renewals.length === 0 ? [] : [Math.min(...renewals)]));
}

/** How long starts took, as a range: the quarter that was fastest and the tenth that was slowest bound it; few samples widen it. */
export function rangeOf(seconds: readonly number[]): { readonly least: number; readonly most: number } | undefined {
  if (seconds.length === 0) return undefined;
  const sorted = [...seconds].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  if (sorted.length < 5) return { least: sorted[0]! * 0.8, most: sorted.at(-1)! * 1.5 };
  return { least: at(0.25), most: at(0.9) };
}
