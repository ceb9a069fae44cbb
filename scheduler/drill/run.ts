// One run of a day: every ten seconds demand meets the replicas that serve, the autoscaler decides as in production, and what it wants is placed on the
// fleet of the drill. Takes a snapshot, the day and a remedy to try; gives what happened. Pure: the same input gives the same day.
import { capacityOf, fullQps } from '../autoscale/capacity.ts';
import { decide } from '../autoscale/decide.ts';
import { freshState } from '../autoscale/memory.ts';
import type { Decision, Floor, Moment, Observation, ReplicaCapacity, State } from '../autoscale/model.ts';
import { type LearntOpen, schedulesAt } from '../autoscale/schedules.ts';
import { floorsOver } from '../autoscale/signals-over.ts';
import { alikeDays } from '../autoscale/usual.ts';
import { momentOf } from '../calendar/moment.ts';
import type { Snapshot, Workload } from '../model.ts';
import { prepare } from '../prepare.ts';
import { sizeWorkload } from '../schedule.ts';
import { isRefusal } from '../size.ts';
import { type Book, openBook, openShortages } from './account.ts';
import { DAY_STEPS, type DrilledWorkload, type DrillInput, type Outcome, type Remedy, type RunsOut, STEP_MS, type WorkloadOutcome } from './model.ts';
import type { Waiting } from './cloud.ts';
import { openWorld, type World } from './world.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const OPENING_MS = 300_000;
/** Days that the autoscaler has seen before, where nobody says what it knows. */
const LEARNT_DAYS = 2;
/** At the peak a replica may be this busy. */
const PEAK_CEILING = 0.85;

interface Driven {
  readonly said: DrilledWorkload;
  readonly workload: Workload;
  readonly capacity: ReplicaCapacity;
  readonly replicaQps: number;
  readonly granted: number;
  readonly isScaled: boolean;
  readonly book: Book;
  readonly raised: ReturnType<typeof floorsOver>;
  state: State;
  desired: number;
  mostWanted: number;
  waiting: Waiting | undefined;
}

/** @throws Error for a workload that the snapshot does not have or whose sum cannot be done */
export function runDay(from: Snapshot, input: DrillInput, remedy: Remedy | null = null): Outcome {
  const snapshot = altered(from, input, remedy);
  const world = openWorld(snapshot, input.workloads.map(({ workloadId }) => workloadId), worldTerms(input, remedy));
  const driven = input.workloads.map((said) => drive(said, snapshot, input, remedy));
  const learnt = Object.fromEntries(driven.flatMap(({ workload, state, isScaled }) => (isScaled ? [[workload.id, state]] : [])));
  const total = openBook(input.from);
  const shortages = openShortages();
  let isOpen = true;
  for (let step = 0; step < DAY_STEPS; step += 1) {
    const at = input.from + step * STEP_MS;
    warmUp(world, input, remedy, at);
    isOpen = world.pass(at) || isOpen;
    const sums = { demandQps: 0, capacityQps: 0, shedQps: 0, replicas: 0, wantedReplicas: 0 };
    for (const one of driven) {
      const facts = meet(one, world, step, at);
      one.book.step(step, facts);
      for (const field of Object.keys(sums) as (keyof typeof sums)[]) sums[field] += facts[field];
      const wanted = scale(one, driven, world, input, remedy, at, facts.demandQps);
      isOpen = wanted.isChanged || isOpen;
      note(one, wanted.decision, facts, at, shortages);
    }
    total.step(step, { ...sums, hosts: world.hostsInUse, boughtVms: world.vms, centsPerHour: world.centsPerHour });
    if (isOpen || driven.some(({ waiting }) => waiting !== undefined && step % 6 === 0)) {
      const waiting = world.place(new Map(driven.filter(({ isScaled }) => isScaled).map(({ workload, desired }) => [workload.id, desired])), at);
      for (const one of driven) one.waiting = waiting.find(({ workloadId }) => workloadId === one.workload.id);
    }
    isOpen = false;
  }
  const money = { vmHours: world.vmHours, cloudCents: world.cloudCents };
  const workloads = driven.map((one) => outcomeOf(one, input));
  const { totals, series } = total.result(money);
  return { totals: { ...totals, changes: workloads.reduce((sum, each) => sum + each.totals.changes, 0) }, series, workloads, shortages: shortages.result(input.from + DAY_MS), mostOfPool: world.mostOfPool, learnt };
}

/** The snapshot with what the remedy changes of asks; no rollout is under way in a drill. */
function altered(from: Snapshot, { workloads }: DrillInput, remedy: Remedy | null): Snapshot {
  const drilled = new Set(workloads.map(({ workloadId }) => workloadId));
  const base = prepare(from);
  return {
    ...from,
    workloads: from.workloads.map((workload) => {
      if (!drilled.has(workload.id)) return workload;
      const { rollout: _, ...rest } = workload;
      const more = remedy?.granted?.[workload.id];
      const sizing = sizeWorkload(workload, base);
      // A peak that grants so many replicas: sizing does the sum, so a little more than in proportion.
      const factor = more === undefined || isRefusal(sizing) ? 1 : Math.max(1, (1.02 * more) / Math.max(1, sizing.forPeak));
      return { ...rest, ask: { ...workload.ask, peakQps: workload.ask.peakQps * factor, cloud: remedy?.cloudFor?.includes(workload.id) === true ? 'allowed' : workload.ask.cloud } };
    }),
  };
}

function worldTerms({ pools, startDelayMs, vmDelayMs, mayBuy, spendCapCents }: DrillInput, remedy: Remedy | null): Parameters<typeof openWorld>[2] {
  return { pools: pools.map((pool) => ({ ...pool, limit: pool.limit * (remedy?.poolFactor ?? 1) })), startDelayMs, vmDelayMs, mayBuy, spendCapCents: remedy?.withoutSpendCap === true ? null : spendCapCents };
}

function warmUp(world: World, { pools }: DrillInput, remedy: Remedy | null, at: number): void {
  if (remedy?.warm?.from !== at) return;
  for (const pool of pools) world.keepWarm(pool, remedy.warm.vms[pool.id] ?? 0, at);
}

function drive(said: DrilledWorkload, snapshot: Snapshot, input: DrillInput, remedy: Remedy | null): Driven {
  const base = prepare(snapshot);
  const workload = base.workloads.get(said.workloadId);
  const sizing = workload === undefined ? undefined : sizeWorkload(workload, base);
  if (workload === undefined || sizing === undefined || isRefusal(sizing)) throw new Error(`${said.workloadId} is no workload that can be drilled`);
  const { profile } = workload.ask;
  const capacity: ReplicaCapacity = { ...sizing.shape, cpuMsPerRequest: profile.cpuMsPerRequest, memoryBaseMib: profile.memoryBaseMib, memoryKibPerQps: profile.memoryKibPerQps, maxQps: profile.maxQps ?? null };
  const one = { said, workload, capacity, replicaQps: fullQps(capacityOf(said.settings, capacity, 1000, false), 1), granted: Math.max(1, workload.ask.minReplicas, sizing.forPeak), isScaled: said.settings.mode === 'on' || remedy?.scaled?.includes(workload.id) === true, book: openBook(input.from), raised: raisedOver(said, input), desired: Math.max(1, base.replicasOf.get(workload.id)?.length ?? sizing.replicas), mostWanted: 0, waiting: undefined };
  return { ...one, state: input.learnt?.[workload.id] ?? (one.isScaled ? learn(one, input) : freshState()) };
}

/** Signals as they were pushed on that day; the demand that they multiply is that of the drill. */
function raisedOver({ demand, usual, rules = [], surges = [] }: DrilledWorkload, { from, signals = {} }: DrillInput): Driven['raised'] {
  const minutely = (values: readonly (number | null)[]) => (at: number) => values[Math.floor((at - from) / MINUTE_MS)] ?? null;
  const known = Object.fromEntries(Object.entries(signals).map(([name, signal]) => [name, { points: signal.points, usual: minutely(signal.usual) }]));
  return floorsOver({ rules, surges, signals: known, demand: { points: demand.map((value, minute) => ({ at: from + minute * MINUTE_MS, value })), usual: minutely(usual) } });
}

/** What the autoscaler knows after usual days on which there was enough of everything. */
function learn({ said, capacity, replicaQps, granted }: Pick<Driven, 'said' | 'capacity' | 'replicaQps' | 'granted'>, input: DrillInput): State {
  let state = freshState();
  const days = alikeDays(said.settings.markets, input.from + DAY_MS / 2, input.years).slice(0, LEARNT_DAYS).reverse();
  for (const back of days.length === 0 ? [1] : days) {
    for (let step = 0; step < DAY_STEPS; step += 1) {
      const at = input.from - back * DAY_MS + step * STEP_MS;
      const qps = demandAt(said.usual, step);
      const ready = Math.max(1, Math.ceil(qps / (0.5 * replicaQps)));
      const seen: Observation = observation(at, qps, ready, 0, ready, capacity, { min: 1, max: Math.max(granted, ready), quota: null }, [], null, input, said.settings.markets);
      ({ state } = decide({ ...said.settings, mode: 'on' }, state, seen));
    }
  }
  return state;
}

/** Between two minutes demand goes evenly. */
export function demandAt(minutes: readonly number[], step: number): number {
  const [minute, part] = [Math.floor(step / 6), (step % 6) / 6];
  const [before, after] = [minutes[minute] ?? 0, minutes[Math.min(minute + 1, minutes.length - 1)] ?? 0];
  return before + (after - before) * part;
}

function meet(one: Driven, world: World, step: number, at: number) {
  const demandQps = demandAt(one.said.demand, step);
  const capacityQps = world.serving(one.workload.id, at) * one.replicaQps;
  return { demandQps, capacityQps, shedQps: Math.max(0, demandQps - capacityQps), replicas: world.replicas(one.workload.id), wantedReplicas: one.desired, hosts: 0, boughtVms: 0, centsPerHour: 0 };
}

function scale(one: Driven, all: readonly Driven[], world: World, input: DrillInput, remedy: Remedy | null, at: number, demandQps: number): { readonly isChanged: boolean; readonly decision: Decision | null } {
  if (!one.isScaled) return { isChanged: false, decision: null };
  const ready = world.serving(one.workload.id, at);
  const scheduled = one.said.schedules.length === 0 ? { floors: [], cap: null } : schedulesAt(one.said.schedules, at, { opens: opensOf(one.state), replicaQps: one.replicaQps * PEAK_CEILING }, { years: input.years, zones: input.zones });
  const floor = remedy?.floors?.[one.workload.id];
  const raised = one.raised(at, one.replicaQps * PEAK_CEILING);
  const tried: Floor[] = floor === undefined || at < floor.from || at >= floor.to ? [] : [{ kind: 'schedule', replicas: floor.replicas, reason: 'tried in a drill' }];
  const floors: Floor[] = [...scheduled.floors, ...raised, ...tried];
  const bounds = { min: Math.max(1, one.workload.ask.minReplicas), max: one.granted, quota: remedy?.withoutQuota === true ? null : quotaFor(one, all, input) };
  const seen = observation(at, demandQps, ready, one.desired - ready, one.desired, one.capacity, bounds, floors, scheduled.cap, input, one.said.settings.markets);
  const { state, decision } = decide({ ...one.said.settings, mode: 'on' }, one.state, seen);
  one.state = state;
  one.mostWanted = Math.max(one.mostWanted, decision.wouldWant);
  const isChanged = decision.replicas !== one.desired;
  if (isChanged) one.book.changed();
  one.desired = decision.replicas;
  return { isChanged, decision };
}

const opensOf = ({ openings }: State): LearntOpen[] => Object.entries(openings).flatMap(([key, list]) => list.map(({ at, peakQps }) => ({ market: key.split(':')[0] ?? '', kind: key.split(':')[1] as LearntOpen['kind'], at, qps: peakQps })));

function observation(at: number, qps: number, ready: number, pending: number, desired: number, capacity: ReplicaCapacity, bounds: Observation['bounds'], floors: readonly Floor[], cap: Observation['cap'], input: DrillInput, markets: readonly string[]): Observation {
  const served = Math.min(qps, (ready * capacity.cpuMilli) / capacity.cpuMsPerRequest);
  // Counted arrivals never stand still, and the autoscaler doubts a gauge that does: a flat minute of the day gets a ripple that decides nothing.
  const counted = qps * (1 + ((at / STEP_MS) % 3) / 10_000);
  return { at, qps: [{ at, value: counted }], sources: [{ source: 'drill', qps, at }], cpuMilli: { at, value: served * capacity.cpuMsPerRequest }, connections: { at, value: served / 10 }, p99Ms: null, ready, pending: Math.max(0, pending), desired, startDelayMs: input.startDelayMs, capacity, bounds, floors, cap, moment: momentAt(markets, at, input), isDeploying: false, isRestarted: false };
}

/** The last moment of each list of markets: it changes by the minute, and is asked for every ten seconds. */
const moments = new WeakMap<DrillInput, Map<string, { readonly minute: number; readonly moment: Moment }>>();

function momentAt(markets: readonly string[], at: number, input: DrillInput): Moment {
  const known = moments.get(input) ?? new Map<string, { readonly minute: number; readonly moment: Moment }>();
  moments.set(input, known);
  const [key, minute] = [markets.join(' '), Math.floor(at / 60_000)];
  const last = known.get(key);
  if (last?.minute === minute) return last.moment;
  const moment = momentOf(markets, at, input.years);
  known.set(key, { minute, moment });
  return moment;
}

/** Replicas that the quota leaves while the others of the team have what they have. */
function quotaFor({ workload, capacity }: Driven, all: readonly Driven[], { quotaRoom }: DrillInput): number | null {
  const room = quotaRoom[`${workload.team}/${workload.environment}`];
  if (room === undefined) return null;
  const others = all.filter((each) => each.workload.id !== workload.id && each.workload.team === workload.team && each.workload.environment === workload.environment);
  const left = others.reduce((so, { desired, capacity: shape }) => ({ cpuMilli: so.cpuMilli - desired * shape.cpuMilli, memoryMib: so.memoryMib - desired * shape.memoryMib }), room);
  return Math.max(0, Math.min(Math.floor(left.cpuMilli / capacity.cpuMilli), Math.floor(left.memoryMib / capacity.memoryMib)));
}

const BOUNDS: Readonly<Partial<Record<string, RunsOut>>> = { atMax: 'max', atQuota: 'quota' };

/** What is short in this step: a bound of the decision, room, or only time. What was shed is put down to the first of them. */
function note(one: Driven, decision: Decision | null, { shedQps, capacityQps, demandQps }: { readonly shedQps: number; readonly capacityQps: number; readonly demandQps: number }, at: number, shortages: ReturnType<typeof openShortages>): void {
  const { id } = one.workload;
  const shed = (shedQps * STEP_MS) / 1000;
  const bounds = (decision?.alerts ?? []).flatMap(({ kind }) => BOUNDS[kind] ?? []);
  const needed = Math.ceil(demandQps / one.replicaQps);
  if (one.waiting !== undefined) shortages.note(at, one.waiting.what, id, one.waiting.wanted, one.waiting.available, shed);
  else if (bounds.length > 0) for (const [index, what] of bounds.entries()) shortages.note(at, what, id, decision!.wouldWant, decision!.replicas, index === 0 ? shed : 0);
  else if (shedQps > 0) shortages.note(at, one.isScaled ? 'start-delay' : 'max', id, needed, Math.floor(capacityQps / one.replicaQps), shed);
}

function outcomeOf(one: Driven, input: DrillInput): WorkloadOutcome {
  const { totals, series } = one.book.result({ vmHours: 0, cloudCents: 0 });
  const events = new Map<string, WorkloadOutcome['openings'][number]>();
  for (let at = input.from; at < input.from + DAY_MS; at += 3_600_000) {
    for (const event of momentOf(one.said.settings.markets, at, input.years).events) {
      const isWithin = event.at >= input.from && event.at + OPENING_MS <= input.from + DAY_MS;
      if (isWithin && (event.kind === 'open' || event.kind === 'lunchEnd')) events.set(`${event.market} ${event.at}`, { market: event.market, kind: event.kind, at: event.at, shedPercent: one.book.shedBetween(event.at, event.at + OPENING_MS) });
    }
  }
  return { workloadId: one.workload.id, workload: one.workload.name, totals, series, openings: [...events.values()].sort((a, b) => a.at - b.at), mostWanted: one.mostWanted, neededAtPeak: Math.ceil(Math.max(...one.said.demand) / (PEAK_CEILING * one.replicaQps)), granted: one.granted, isScaled: one.isScaled };
}
