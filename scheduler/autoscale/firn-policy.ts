// The product's own autoscaler as a policy of the simulator: it sees what a server would see, decides every 10 s, and at once when demand is at the limit.
// Takes settings and whose openings it follows; the same decide() as in production.
import { capacityOf, type Capacity } from './capacity.ts';
import { decide } from './decide.ts';
import { freshState } from './memory.ts';
import type { Decision, MarketEvent, Moment, ReplicaCapacity, Sample, Settings, State } from './model.ts';
import { GATEWAYS, type Policy, type Sight } from './simulate.ts';
import { MOST_REPLICAS, REPLICA_CPU_MILLI } from './site.ts';
import { isUrgent } from './witness.ts';

const EVERY_MS = 10_000;
const FAST_SAMPLES = 3;

/** 4 cores, 4 ms a request, memory that never decides. */
const REPLICA: ReplicaCapacity = { cpuMilli: REPLICA_CPU_MILLI, cpuMsPerRequest: 4, memoryMib: 8192, memoryBaseMib: 512, memoryKibPerQps: 1, maxQps: null };
const GATEWAY_NAMES = Array.from({ length: GATEWAYS }, (_, index) => `gateway-${index + 1}`);
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;

/** The clock by which the trace's days repeat: what happens at which minute, on which days. */
export interface DayPlan {
  dayType(day: number): string;
  isSession(day: number, minuteOfDay: number): boolean;
  isAfterBreak(day: number): boolean;
  /** Events of a day as minutes; `at` is added. */
  events(day: number): readonly (Omit<MarketEvent, 'at'> & { readonly minute: number })[];
}

export function momentOf(plan: DayPlan, at: number, offsetMinutes: number): Moment {
  const local = Math.floor(at / MINUTE_MS) + offsetMinutes;
  const day = Math.floor(local / DAY_MINUTES);
  const minuteOfDay = local - day * DAY_MINUTES;
  const events = plan.events(day).filter(({ minute }) => minute >= minuteOfDay - 30 && minute <= minuteOfDay + 61).map(({ minute, ...event }) => ({ ...event, at: (day * DAY_MINUTES + minute - offsetMinutes) * MINUTE_MS }));
  return { day, minuteOfDay, dayType: plan.dayType(day), isSession: plan.isSession(day, minuteOfDay), isAfterBreak: plan.isAfterBreak(day), events };
}

/** @param keep gets each decision, for whoever wants to see them */
export function firnPolicy(settings: Settings, startDelayMs: number, plan: DayPlan, keep?: (decision: Decision, state: State) => void): Policy {
  let state = freshState();
  let samples: Sample[] = [];
  let moment: Moment | null = null;
  let momentMinute = Number.NaN;
  const fast: number[] = [];
  const capacity: Capacity = capacityOf(settings, REPLICA, 1000, false);
  return {
    name: 'firn',
    step(sight) {
      if (sight.qps !== null) {
        samples.push({ at: sight.sampledAt, value: sight.qps });
        fast.push(sight.qps);
        if (fast.length > FAST_SAMPLES) fast.shift();
      }
      const mean = fast.length < FAST_SAMPLES ? null : (fast[0]! + fast[1]! + fast[2]!) / FAST_SAMPLES;
      if (sight.at % EVERY_MS !== 0 && !isUrgent(capacity, sight.ready, mean)) return sight.desired;
      if (Math.floor(sight.at / MINUTE_MS) !== momentMinute || moment === null) {
        momentMinute = Math.floor(sight.at / MINUTE_MS);
        moment = momentOf(plan, sight.at, sight.offsetMinutes);
      }
      const result = decide(settings, state, observe(sight, samples, moment, startDelayMs));
      ({ state } = result);
      samples = [];
      keep?.(result.decision, state);
      return result.decision.replicas;
    },
  };
}

function observe(sight: Sight, qps: readonly Sample[], moment: Moment, startDelayMs: number): Parameters<typeof decide>[2] {
  const { at, ready, pending, desired } = sight;
  return {
    at,
    qps,
    sources: sight.qps === null ? [] : GATEWAY_NAMES.slice(0, sight.gateways).map((source) => ({ source, qps: sight.qps! / sight.gateways, at: sight.sampledAt })),
    cpuMilli: { at, value: sight.cpuMilli },
    connections: { at, value: sight.connections },
    p99Ms: null,
    ready,
    pending,
    desired,
    startDelayMs,
    capacity: REPLICA,
    bounds: { min: 1, max: MOST_REPLICAS, quota: null },
    floors: [],
    cap: null,
    moment,
    isDeploying: false,
    isRestarted: false,
  };
}
