// Plays settings over demand that was recorded: decides every twenty seconds, starts take as long as they take, and what would have been there is compared with what
// was asked. Changes nothing; lets others work in between, since days are played too.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decide } from '#scheduler/autoscale/decide.ts';
import type { Floor, Moment, Observation, ReplicaCapacity, Settings, State } from '#scheduler/autoscale/model.ts';

const STEP_MS = 20_000;
const MINUTE_MS = 60_000;
const TURN_STEPS = 200;
const REVERSAL_MS = 600_000;

export interface Course {
  readonly from: number;
  /** Demand by the minute; null: nothing is known of it. */
  readonly qps: readonly (number | null)[];
  readonly begin: number;
  readonly startDelayMs: number;
  readonly capacity: ReplicaCapacity;
  readonly bounds: Observation['bounds'];
  momentAt(at: number): Moment;
  floorsAt(at: number, state: State, replicaQps: number): { readonly floors: readonly Floor[]; readonly cap: Observation['cap'] };
}

export interface Played {
  /** By the minute. */
  readonly replicas: readonly number[];
  readonly actions: number;
  readonly reversals: number;
  readonly replicaHours: number;
  readonly aboveCeilingPermille: number;
  readonly shedPermille: number;
}

/** @param state what was known when it begins */
export async function play(settings: Settings, state: State, course: Course): Promise<Played> {
  const { capacity } = course;
  const fullQps = Math.min(capacity.cpuMilli / capacity.cpuMsPerRequest, capacity.maxQps ?? Number.POSITIVE_INFINITY);
  const sums = { all: 0, above: 0, shed: 0, actions: 0, reversals: 0, minutes: 0 };
  const replicas: number[] = [];
  let memory = state;
  let desired = course.begin;
  let ready = course.begin;
  let starts: { readonly at: number; readonly count: number }[] = [];
  let last = { at: Number.NEGATIVE_INFINITY, sign: 0 };
  let replicaQps = fullQps * 0.6;
  const steps = course.qps.length * (MINUTE_MS / STEP_MS);
  for (let step = 0; step < steps; step += 1) {
    const at = course.from + step * STEP_MS;
    const qps = course.qps[Math.floor((step * STEP_MS) / MINUTE_MS)] ?? null;
    ready += starts.filter((start) => start.at <= at).reduce((sum, { count }) => sum + count, 0);
    starts = starts.filter((start) => start.at > at);
    // A step of twenty seconds has no two equal samples: a minute's mean is no stuck gauge.
    const sample = qps === null ? [] : [{ at, value: qps * (1 + (step % 3) * 1e-6) }];
    const cpuMilli = qps === null ? null : { at, value: Math.min(ready * capacity.cpuMilli, qps * capacity.cpuMsPerRequest) };
    const observation: Observation = { at, qps: sample, sources: [], cpuMilli, connections: null, p99Ms: null, ready, pending: Math.max(0, desired - ready), desired, startDelayMs: course.startDelayMs, capacity, bounds: course.bounds, ...course.floorsAt(at, memory, replicaQps), moment: course.momentAt(at), isDeploying: false, isRestarted: false };
    const { state: next, decision } = decide(settings, memory, observation);
    memory = next;
    replicaQps = decision.replicaQps;
    const sign = Math.sign(decision.replicas - desired);
    if (sign !== 0) {
      sums.actions += 1;
      if (last.sign === -sign && at - last.at <= REVERSAL_MS) sums.reversals += 1;
      last = { at, sign };
    }
    if (decision.replicas > desired) starts = [...starts, { at: at + course.startDelayMs, count: decision.replicas - desired }];
    if (decision.replicas < desired) ({ ready, starts } = less(desired - decision.replicas, ready, starts));
    desired = decision.replicas;
    if (qps !== null) {
      sums.all += qps;
      sums.shed += Math.max(0, qps - ready * fullQps);
      if (qps > (ready * fullQps * decision.ceilingPermille) / 1000) sums.above += qps;
    }
    sums.minutes += desired * (STEP_MS / MINUTE_MS);
    if ((step * STEP_MS) % MINUTE_MS === 0) replicas.push(desired);
    if (step % TURN_STEPS === TURN_STEPS - 1) await nextTurn();
  }
  const permille = (part: number) => (sums.all === 0 ? 0 : Math.round((1e6 * part) / sums.all) / 1000);
  return { replicas, actions: sums.actions, reversals: sums.reversals, replicaHours: Math.round(sums.minutes / 0.6) / 100, aboveCeilingPermille: permille(sums.above), shedPermille: permille(sums.shed) };
}

/** What starts goes first, then what serves. */
function less(count: number, ready: number, starts: readonly { readonly at: number; readonly count: number }[]) {
  let left = count;
  const kept: { at: number; count: number }[] = [];
  for (const start of starts.toReversed()) {
    const taken = Math.min(left, start.count);
    left -= taken;
    if (start.count > taken) kept.unshift({ ...start, count: start.count - taken });
  }
  return { ready: Math.max(0, ready - left), starts: kept };
}
