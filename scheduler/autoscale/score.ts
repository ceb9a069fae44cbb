// What a course of demand and replicas was worth: requests dropped, requests that met replicas busier than 85 %, replicas paid for beside those that an
// oracle would have paid for, changes and changes of direction; in all, by day, by opening, and while metrics were lost. Warm-up days do not count.
import { dateOf } from '../calendar/dates.ts';
import { type LossPlan, REPLICA_QPS } from './site.ts';

/** Above this share of its capacity a replica is at risk, and up to it the oracle fills. */
const CEILING = 0.85;
/** A change of direction within this time of the last change is a reversal. */
const REVERSAL_MS = 10 * 60_000;
const OPENING_MINUTES = 5;
const AFTER_LOSS_MINUTES = 10;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;

export interface DayScore {
  readonly date: string;
  readonly droppedPercent: number;
  readonly riskPercent: number;
  readonly costOverOracle: number;
  readonly actions: number;
  readonly reversals: number;
  readonly peakQps: number;
  readonly peakReplicas: number;
}

export interface OpeningScore {
  readonly event: string;
  readonly days: number;
  readonly droppedPercent: number;
  readonly worstPercent: number;
  readonly worstDate: string | null;
}

export interface Score {
  readonly droppedPercent: number;
  readonly riskPercent: number;
  readonly costOverOracle: number;
  readonly actionsPerDay: number;
  readonly reversalsPerDay: number;
  /** Share of time, where `riskPercent` is of requests. */
  readonly timeAtRiskPercent: number;
  readonly openings: readonly OpeningScore[];
  readonly perDay: readonly DayScore[];
  /** From the beginning of each loss to ten minutes after it. */
  readonly metricLoss: { readonly kind: string; readonly windows: number; readonly droppedPercent: number; readonly scaleIns: number } | null;
}

interface Tally {
  arrived: number;
  dropped: number;
  risked: number;
  steps: number;
  riskedSteps: number;
  paid: number;
  oracle: number;
  actions: number;
  reversals: number;
  peakQps: number;
  peakReplicas: number;
}

const tally = (): Tally => ({ arrived: 0, dropped: 0, risked: 0, steps: 0, riskedSteps: 0, paid: 0, oracle: 0, actions: 0, reversals: 0, peakQps: 0, peakReplicas: 0 });

export interface Scoreboard {
  /** One step of 2 s. `local`: the instant on the clock of the trace. */
  step(local: number, demand: number, ready: number, pending: number): void;
  changed(local: number, before: number, after: number): void;
  result(): Score;
}

export function scoreboard(warmupDays: number, openingMinutes: readonly number[], loss: LossPlan | null): Scoreboard {
  const days = new Map<number, Tally>();
  const openings = openingMinutes.map(() => new Map<number, Tally>());
  const lost = { tally: tally(), days: new Set<number>(), scaleIns: 0 };
  const isLost = (minute: number, after: number) => loss !== null && minute >= loss.minuteOfDay && minute < loss.minuteOfDay + loss.minutes + after;
  let seenDays = 0;
  let day = Number.NaN;
  let today = tally();
  let [minute, steps, peak] = [Number.NaN, 0, 0];
  let [lastChange, lastDirection] = [-Infinity, 0];
  const closeMinute = () => (today.oracle += steps * Math.max(1, Math.ceil(peak / (CEILING * REPLICA_QPS))));
  return {
    step(local, demand, ready, pending) {
      const localMinute = Math.floor(local / MINUTE_MS);
      if (localMinute !== minute) {
        if (steps > 0) closeMinute();
        [minute, steps, peak] = [localMinute, 0, 0];
        const localDay = Math.floor(localMinute / DAY_MINUTES);
        if (localDay !== day) {
          [day, today] = [localDay, tally()];
          seenDays += 1;
          if (seenDays > warmupDays) days.set(day, today);
        }
      }
      steps += 1;
      peak = Math.max(peak, demand);
      count(today, demand, ready, pending);
      if (seenDays <= warmupDays) return;
      const ofDay = minute - day * DAY_MINUTES;
      openingMinutes.forEach((at, index) => {
        if (ofDay < at || ofDay >= at + OPENING_MINUTES) return;
        const map = openings[index]!;
        if (!map.has(day)) map.set(day, tally());
        count(map.get(day)!, demand, ready, pending);
      });
      if (!isLost(ofDay, AFTER_LOSS_MINUTES)) return;
      lost.days.add(day);
      count(lost.tally, demand, ready, pending);
    },
    changed(local, before, after) {
      const direction = Math.sign(after - before);
      today.actions += 1;
      if (lastDirection === -direction && local - lastChange <= REVERSAL_MS) today.reversals += 1;
      if (direction < 0 && seenDays > warmupDays && isLost(minute - day * DAY_MINUTES, 0)) lost.scaleIns += 1;
      [lastChange, lastDirection] = [local, direction];
    },
    result() {
      if (steps > 0) closeMinute();
      steps = 0;
      const metricLoss = loss === null ? null : { kind: loss.kind, windows: lost.days.size, droppedPercent: share(lost.tally.dropped, lost.tally.arrived), scaleIns: lost.scaleIns };
      return { ...total([...days.values()]), openings: openings.map((map, index) => openingScore(openingMinutes[index]!, map)), perDay: [...days].map(([number, each]) => dayScore(number, each)), metricLoss };
    },
  };
}

function count(into: Tally, demand: number, ready: number, pending: number): void {
  into.arrived += demand;
  into.steps += 1;
  into.paid += ready + pending;
  into.peakQps = Math.max(into.peakQps, demand);
  into.peakReplicas = Math.max(into.peakReplicas, ready + pending);
  const capacity = ready * REPLICA_QPS;
  if (demand > capacity) into.dropped += demand - capacity;
  if (demand <= CEILING * capacity) return;
  into.risked += demand;
  into.riskedSteps += 1;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
const share = (part: number, whole: number): number => (whole === 0 ? 0 : round((100 * part) / whole, 5));

function total(days: readonly Tally[]): Omit<Score, 'openings' | 'perDay' | 'metricLoss'> {
  const sum = (field: keyof Tally) => days.reduce((all, each) => all + each[field], 0);
  const each = (field: keyof Tally) => round(sum(field) / Math.max(1, days.length), 1);
  return {
    droppedPercent: share(sum('dropped'), sum('arrived')),
    riskPercent: share(sum('risked'), sum('arrived')),
    costOverOracle: round(sum('paid') / Math.max(1, sum('oracle')), 4),
    actionsPerDay: each('actions'),
    reversalsPerDay: each('reversals'),
    timeAtRiskPercent: share(sum('riskedSteps'), sum('steps')),
  };
}

function dayScore(day: number, of: Tally): DayScore {
  const { droppedPercent, riskPercent, costOverOracle } = total([of]);
  return { date: dateOf(day), droppedPercent, riskPercent, costOverOracle, actions: of.actions, reversals: of.reversals, peakQps: Math.round(of.peakQps), peakReplicas: of.peakReplicas };
}

function openingScore(minute: number, days: ReadonlyMap<number, Tally>): OpeningScore {
  const list = [...days].map(([day, { dropped, arrived }]) => ({ day, percent: share(dropped, arrived), dropped, arrived }));
  const worst = list.reduce<(typeof list)[number] | null>((so, each) => (each.percent > (so?.percent ?? 0) ? each : so), null);
  const clock = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  const all = (field: 'dropped' | 'arrived') => list.reduce((sum, each) => sum + each[field], 0);
  return { event: clock, days: list.length, droppedPercent: share(all('dropped'), all('arrived')), worstPercent: worst?.percent ?? 0, worstDate: worst === null ? null : dateOf(worst.day) };
}
