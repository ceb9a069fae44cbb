// A recorded day against a policy: demand and starts in steps of 2 s, one service, no retries, no queue, scale-in at once. Takes segments of demand,
// a policy and how long a start takes; gives what was dropped, at risk, paid and changed. One replica serves 1,000 QPS when all of its 4 cores are busy.
import { type Segment, STEP_MS } from './trace.ts';
import { type LossPlan, MOST_REPLICAS, REPLICA_CPU_MILLI, REPLICA_QPS } from './site.ts';
import { arrivals } from './noise.ts';
import { type Score, scoreboard } from './score.ts';

const DAY_MS = 86_400_000;

/** What a policy sees, every 2 s: nothing of the present step, which is still under way. */
export interface Sight {
  /** The end of the last step that it can know. */
  readonly at: number;
  readonly offsetMinutes: number;
  /** Arrivals in the last step; null: it was told nothing. `sampledAt` is when that was true. */
  readonly qps: number | null;
  /** How many of the gateways, which have equal shares, spoke. */
  readonly gateways: number;
  readonly sampledAt: number;
  /** Of all ready replicas: their containers tell that themselves, whatever becomes of the metrics of gateways. */
  readonly cpuMilli: number;
  readonly connections: number;
  readonly ready: number;
  readonly pending: number;
  readonly desired: number;
}

export interface Policy {
  readonly name: string;
  /** @returns how many replicas there should be from now on */
  step(sight: Sight): number;
}

export interface Course {
  readonly segments: readonly Segment[];
  readonly startDelayMs: number;
  readonly warmupDays: number;
  readonly seed: number;
  /** Minutes of the day whose first five minutes are told apart. */
  readonly openings: readonly number[];
  readonly loss: LossPlan | null;
  /** Called once a simulated day. */
  readonly progress?: (day: number) => void;
}

interface World {
  ready: number;
  desired: number;
  /** Starts under way: the instant at which they serve, and how many. */
  readonly starts: { at: number; count: number }[];
}

/** Every policy in the same weather: demand is drawn once for each of them from the same seed. */
export function simulate(course: Course, policy: Policy): Score {
  const draw = arrivals(course.seed);
  const first = course.segments[0]!;
  // Starts as whoever has looked at the first hour would start: nobody is judged by it, for it is warm-up.
  const begin = Math.max(1, Math.ceil(Math.max(...first.qps.subarray(0, 1800)) / (0.7 * REPLICA_QPS)));
  const world: World = { ready: begin, desired: begin, starts: [] };
  const board = scoreboard(course.warmupDays, course.openings, course.loss);
  const metrics = gatewayMetrics(course.loss);
  let lastDay = Number.NaN;
  for (const { at: start, offsetMinutes, qps } of course.segments) {
    for (let step = 0; step < qps.length; step += 1) {
      const at = start + step * STEP_MS;
      const local = at + offsetMinutes * 60_000;
      if (Math.floor(local / DAY_MS) !== lastDay) {
        lastDay = Math.floor(local / DAY_MS);
        course.progress?.(lastDay);
      }
      arrive(world, at);
      const demand = draw(qps[step]!);
      const pending = world.desired - world.ready;
      board.step(local, demand, world.ready, pending);
      const served = Math.min(demand, world.ready * REPLICA_QPS);
      const now = at + STEP_MS;
      const seen = metrics(local, demand, now);
      const wanted = policy.step({ at: now, offsetMinutes, ...seen, cpuMilli: (served / REPLICA_QPS) * REPLICA_CPU_MILLI, connections: served / 10, ready: world.ready, pending, desired: world.desired });
      change(world, Math.min(MOST_REPLICAS, Math.max(1, wanted)), now + course.startDelayMs, (before, after) => board.changed(local, before, after));
    }
  }
  return board.result();
}

function arrive(world: World, at: number): void {
  while (world.starts.length > 0 && world.starts[0]!.at <= at) world.ready += world.starts.shift()!.count;
}

/** Out: starts that serve later. In: what is still starting goes first, then what serves, at once. */
function change(world: World, wanted: number, servesAt: number, changed: (before: number, after: number) => void): void {
  if (wanted === world.desired) return;
  changed(world.desired, wanted);
  if (wanted > world.desired) world.starts.push({ at: servesAt, count: wanted - world.desired });
  let surplus = world.desired - wanted;
  while (surplus > 0 && world.starts.length > 0) {
    const last = world.starts.at(-1)!;
    const taken = Math.min(last.count, surplus);
    last.count -= taken;
    surplus -= taken;
    if (last.count === 0) world.starts.pop();
  }
  if (surplus > 0) world.ready -= surplus;
  world.desired = wanted;
}

export const GATEWAYS = 3;
/** How old the samples are that a late gateway sends. */
const LATE_MS = 10 * 60_000;

type Told = Pick<Sight, 'qps' | 'gateways' | 'sampledAt'>;

/** What the gateways say, and what becomes of it where metrics are lost. */
function gatewayMetrics(loss: LossPlan | null): (local: number, demand: number, now: number) => Told {
  let stuckAt: number | null = null;
  return (local, demand, now) => {
    const minute = (((local / 60_000) % 1440) + 1440) % 1440;
    if (loss === null || minute < loss.minuteOfDay || minute >= loss.minuteOfDay + loss.minutes) {
      stuckAt = null;
      return { qps: demand, gateways: GATEWAYS, sampledAt: now };
    }
    stuckAt ??= demand;
    switch (loss.kind) {
      case 'missing':
        return { qps: null, gateways: 0, sampledAt: now };
      case 'zero':
        return { qps: 0, gateways: GATEWAYS, sampledAt: now };
      case 'stuck':
        return { qps: stuckAt, gateways: GATEWAYS, sampledAt: now };
      case 'late':
        return { qps: stuckAt, gateways: GATEWAYS, sampledAt: now - LATE_MS };
      case 'gateway':
        return { qps: (demand * (GATEWAYS - 1)) / GATEWAYS, gateways: GATEWAYS - 1, sampledAt: now };
    }
  };
}
