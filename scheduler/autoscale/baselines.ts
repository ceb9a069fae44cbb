// What others do, to compare with: Kubernetes' HorizontalPodAutoscaler on CPU at 70 %, Knative's pod autoscaler on requests at 70 %, and the largest demand
// of the same minute of the last three days together with a reactive rule, as predictive autoscalers do by default. Each is a policy of the simulator.
import type { Policy, Sight } from './simulate.ts';
import { REPLICA_CPU_MILLI, REPLICA_QPS } from './site.ts';
import { STEP_MS } from './trace.ts';

export const BASELINES = ['hpa70', 'kpa', 'max3'] as const;
export type Baseline = (typeof BASELINES)[number];

const TARGET = 0.7;
const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;

/** @param startDelayMs known to the one that looks ahead */
export function baseline(name: Baseline, startDelayMs: number): Policy {
  return name === 'hpa70' ? hpa() : name === 'kpa' ? kpa() : maxOfDays(startDelayMs);
}

/** The largest (or all) of the values of the last `ms`, of which each came with its instant. */
class Window {
  readonly ms: number;
  readonly items: { at: number; value: number }[] = [];
  constructor(ms: number) {
    this.ms = ms;
  }
  add(at: number, value: number): void {
    this.items.push({ at, value });
    let old = 0;
    while (old < this.items.length && this.items[old]!.at <= at - this.ms) old += 1;
    if (old > 0) this.items.splice(0, old);
  }
  largest(): number {
    return this.items.reduce((so, { value }) => Math.max(so, value), -Infinity);
  }
  mean(from = -Infinity): number | null {
    const list = this.items.filter(({ at }) => at > from);
    return list.length === 0 ? null : list.reduce((sum, { value }) => sum + value, 0) / list.length;
  }
}

/** Sync every 15 s on what was 15 s ago; starting replicas count as idle when it wants more; up by max(4, 100 %) in 15 s, down by the largest wish of 5 minutes. */
function hpa(): Policy {
  const lagMs = 15 * SECOND_MS;
  const usage = new Window(2 * lagMs + STEP_MS);
  const wishes = new Window(300 * SECOND_MS);
  return {
    name: 'hpa70',
    step({ at, cpuMilli, ready, pending, desired }) {
      usage.add(at, cpuMilli / Math.max(1, ready * REPLICA_CPU_MILLI));
      if (at % lagMs !== 0) return desired;
      const old = usage.items.filter((item) => item.at <= at - lagMs);
      if (old.length === 0) return desired;
      const ratio = old.reduce((sum, { value }) => sum + value, 0) / old.length / TARGET;
      const wish = Math.abs(ratio - 1) <= 0.1 ? desired : hpaWish(ratio, ready, pending, desired);
      wishes.add(at, wish);
      if (wish > desired) return Math.min(wish, Math.max(desired + 4, desired * 2));
      return Math.min(desired, wishes.largest());
    },
  };
}

function hpaWish(ratio: number, ready: number, pending: number, desired: number): number {
  if (ratio < 1 || pending === 0) return Math.max(1, Math.ceil(ratio * ready));
  const withStarting = (ratio * ready) / (ready + pending);
  return withStarting <= 1.1 ? desired : Math.ceil(withStarting * (ready + pending));
}

/** Every 2 s: the mean of a minute, or of 6 s when that wants twice what is ready; then only up, until a minute has passed without. At most halved at once. */
function kpa(): Policy {
  const seen = new Window(60 * SECOND_MS);
  let panicUntil = -Infinity;
  let panicReplicas = 0;
  return {
    name: 'kpa',
    step({ at, qps, ready, desired }) {
      if (qps !== null) seen.add(at, qps);
      const stable = seen.mean();
      if (stable === null || qps === null) return desired;
      const wish = (mean: number) => Math.max(1, Math.ceil(mean / (TARGET * REPLICA_QPS)));
      const urgent = wish(seen.mean(at - 6 * SECOND_MS) ?? stable);
      if (urgent >= 2 * ready) {
        if (at >= panicUntil) panicReplicas = 0;
        panicUntil = at + 60 * SECOND_MS;
      }
      if (at < panicUntil) return (panicReplicas = Math.max(panicReplicas, urgent, wish(stable), desired));
      return Math.max(wish(stable), Math.floor(ready / 2));
    },
  };
}

/** A minute's mean, and the largest of the coming minutes on each of the last three days; in by the largest wish of 10 minutes. */
function maxOfDays(startDelayMs: number): Policy {
  const minute = new Window(MINUTE_MS);
  const wishes = new Window(10 * MINUTE_MS);
  const days: { day: number; peaks: Float64Array }[] = [];
  const aheadMinutes = Math.ceil((startDelayMs + MINUTE_MS) / MINUTE_MS);
  return {
    name: 'max3',
    step(sight) {
      const { at, qps, desired } = sight;
      if (qps === null) return desired;
      minute.add(at, qps);
      const now = localMinute(sight);
      const [day, ofDay] = [Math.floor(now / DAY_MINUTES), now % DAY_MINUTES];
      if (days.at(-1)?.day !== day) days.push({ day, peaks: new Float64Array(DAY_MINUTES) });
      if (days.length > 4) days.shift();
      const mean = minute.mean() ?? qps;
      const today = days.at(-1)!.peaks;
      today[ofDay] = Math.max(today[ofDay]!, mean);
      if (at % (10 * SECOND_MS) !== 0) return desired;
      const past = days.slice(0, -1).flatMap(({ peaks }) => Array.from({ length: aheadMinutes + 1 }, (_, ahead) => peaks[(ofDay + ahead) % DAY_MINUTES]!));
      const wish = Math.max(1, Math.ceil(Math.max(mean, ...past) / (TARGET * REPLICA_QPS)));
      wishes.add(at, wish);
      return wish > desired ? wish : Math.min(desired, wishes.largest());
    },
  };
}

const localMinute = ({ at, offsetMinutes }: Sight): number => Math.floor((at - STEP_MS) / MINUTE_MS + offsetMinutes);
