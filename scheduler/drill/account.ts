// The books of a drill: requests, what was shed and when, what ran out, series for charts. Takes what happened in each step, gives totals; decides nothing.
import { type DaySeries, DAY_STEPS, type RunsOut, type Shortage, STEP_MS, type Totals } from './model.ts';

const POINTS = 720;
const STEPS_PER_POINT = DAY_STEPS / POINTS;
const SECONDS = STEP_MS / 1000;
/** Shortages of one kind that are closer are one. */
const JOINED_MS = 10 * 60_000;
/** Busier than this, requests are at risk. */
const RISK = 0.85;

/** What happened in one step, of a workload or of all together. */
export interface StepFacts {
  readonly demandQps: number;
  /** What the replicas that serve carry when all their cores are busy. */
  readonly capacityQps: number;
  readonly shedQps: number;
  readonly replicas: number;
  readonly wantedReplicas: number;
  readonly hosts: number;
  readonly boughtVms: number;
  readonly centsPerHour: number;
}

export interface Book {
  step(index: number, facts: StepFacts): void;
  changed(): void;
  result(money: { readonly vmHours: number; readonly cloudCents: number }): { readonly totals: Totals; readonly series: DaySeries };
  /** Share of the requests of a time that was shed. */
  shedBetween(from: number, to: number): number;
}

const FIELDS = ['demandQps', 'capacityQps', 'shedQps', 'replicas', 'wantedReplicas', 'hosts', 'boughtVms', 'centsPerHour'] as const;

export function openBook(from: number): Book {
  const kept = Object.fromEntries(FIELDS.map((field) => [field, new Float64Array(DAY_STEPS)])) as Readonly<Record<(typeof FIELDS)[number], Float64Array>>;
  let [changes, risk] = [0, 0];
  const sum = (values: Float64Array, first: number, last: number) => values.subarray(first, last).reduce((total, value) => total + value, 0) * SECONDS;
  return {
    step(index, facts) {
      for (const field of FIELDS) kept[field][index] = facts[field];
      if (facts.demandQps > RISK * facts.capacityQps) risk += facts.demandQps * SECONDS;
    },
    changed: () => void (changes += 1),
    shedBetween(start, end) {
      const [first, last] = [Math.floor((start - from) / STEP_MS), Math.ceil((end - from) / STEP_MS)];
      return percent(sum(kept.shedQps, first, last), sum(kept.demandQps, first, last));
    },
    result({ vmHours, cloudCents }) {
      const [requests, shed] = [sum(kept.demandQps, 0, DAY_STEPS), sum(kept.shedQps, 0, DAY_STEPS)];
      const minutes = Array.from({ length: 1_440 }, (_, minute) => ({ at: from + minute * 60_000, shedPercent: percent(sum(kept.shedQps, minute * 6, minute * 6 + 6), sum(kept.demandQps, minute * 6, minute * 6 + 6)) }));
      const worst = minutes.reduce((so, minute) => (minute.shedPercent > so.shedPercent ? minute : so));
      const most = (field: (typeof FIELDS)[number]) => kept[field].reduce((so, value) => Math.max(so, value), 0);
      const totals: Totals = {
        requests: Math.round(requests),
        shedRequests: Math.round(shed),
        shedPercent: percent(shed, requests),
        worstMinute: worst.shedPercent > 0 ? worst : null,
        minutesShedding: minutes.filter(({ shedPercent }) => shedPercent > 0).length,
        riskPercent: percent(risk, requests),
        peakQps: most('demandQps'),
        peakReplicas: most('replicas'),
        peakHosts: most('hosts'),
        boughtVms: most('boughtVms'),
        vmHours,
        cloudCents,
        fleetCents: Math.round(sum(kept.centsPerHour, 0, DAY_STEPS) / 3_600),
        changes,
      };
      return { totals, series: seriesOf(from, kept) };
    },
  };
}

const percent = (part: number, whole: number): number => (whole <= 0 ? 0 : Math.round((part / whole) * 10_000_000) / 100_000);

/** Demand and money as they are in the mean; what is scarce at its worst. */
function seriesOf(from: number, kept: Readonly<Record<(typeof FIELDS)[number], Float64Array>>): DaySeries {
  const points = (field: (typeof FIELDS)[number], of: (values: Float64Array) => number) =>
    Array.from({ length: POINTS }, (_, point) => Math.round(of(kept[field].subarray(point * STEPS_PER_POINT, (point + 1) * STEPS_PER_POINT)) * 100) / 100);
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const most = (values: Float64Array) => Math.max(...values);
  const last = (values: Float64Array) => values.at(-1)!;
  return {
    from,
    stepSeconds: STEPS_PER_POINT * SECONDS,
    demandQps: points('demandQps', mean),
    capacityQps: points('capacityQps', (values) => Math.min(...values)),
    shedQps: points('shedQps', most),
    replicas: points('replicas', last),
    wantedReplicas: points('wantedReplicas', most),
    hosts: points('hosts', last),
    boughtVms: points('boughtVms', last),
    centsPerHour: points('centsPerHour', mean),
  };
}

/** What ran out, gathered: the same thing of the same workload is one shortage while its pauses are short. */
export interface Shortages {
  note(at: number, what: RunsOut, workloadId: string, wanted: number, available: number, shedRequests: number): void;
  result(end: number): Shortage[];
}

export function openShortages(): Shortages {
  const found: { at: number; last: number; what: RunsOut; workloadId: string; wanted: number; available: number; shedRequests: number }[] = [];
  return {
    note(at, what, workloadId, wanted, available, shedRequests) {
      const open = found.findLast((each) => each.what === what && each.workloadId === workloadId && at - each.last <= JOINED_MS);
      if (open === undefined) found.push({ at, last: at, what, workloadId, wanted, available, shedRequests });
      else {
        if (wanted - available > open.wanted - open.available) Object.assign(open, { wanted, available });
        open.last = at;
        open.shedRequests += shedRequests;
      }
    },
    result: (end) => found.map(({ last, shedRequests, ...each }) => ({ ...each, until: last + STEP_MS >= end ? null : last + STEP_MS, shedRequests: Math.round(shedRequests) })),
  };
}
