// What a rule would have done: the rises of a signal against the rises of demand over a time that is past. Says how much earlier the signal rose,
// how often for nothing, what it missed, and what the floor would have cost. An answer of few minutes of data is worth little, so they are counted.
import { type Known, type Point, type Rise, risesOf, signalDemand, type SignalRule } from './signals.ts';

const MINUTE_MS = 60_000;
/** Demand must be high this long to count as risen; a gap shorter than this belongs to it. */
const SUSTAINED_MS = 3 * MINUTE_MS;
const JOINED_MS = 15 * MINUTE_MS;
const MOST_POINTS = 720;

export interface BackTestTerms {
  readonly from: number;
  readonly to: number;
  /** Demand has risen when it is this many times what is usual at that minute. */
  readonly surge: number;
  readonly horizonMinutes: number;
  /** What one replica carries at its ceiling. */
  readonly replicaQps: number;
}

export interface DemandSurge {
  readonly at: number;
  readonly until: number;
  readonly peakQps: number;
  readonly timesUsual: number;
  readonly foreseen: boolean;
}

export interface BackTest {
  readonly minutes: { readonly signal: number; readonly demand: number };
  readonly rises: readonly { readonly at: number; readonly until: number; readonly value: number; readonly outcome: 'hit' | 'late' | 'false-alarm'; readonly surgeAt: number | null; readonly leadMinutes: number | null }[];
  readonly surges: readonly DemandSurge[];
  /** Of hits. */
  readonly leads: readonly number[];
  readonly extraReplicaHours: number;
  readonly series: readonly { readonly at: number; readonly signal: number | null; readonly qps: number | null; readonly usualQps: number | null; readonly floorQps: number | null }[];
  readonly verdict: 'useful' | 'late' | 'noisy' | 'silent' | 'no-data';
}

/** Both series may reach further back than `from`: what is usual comes from there. */
export function backTest(rule: SignalRule, signal: Known, demand: Known, terms: BackTestTerms): BackTest {
  const within = ({ at }: Point) => at >= terms.from && at < terms.to;
  const [signals, demands] = [signal.points.filter(within), demand.points.filter(within)];
  const surges = surgesOf(demands, demand.usual, terms.surge);
  const rises = risesOf(rule, { ...signal, points: signals }).map((rise) => judged(rise, surges, terms.horizonMinutes));
  const told = surges.map((surge) => ({ ...surge, foreseen: rises.some(({ outcome, surgeAt }) => outcome === 'hit' && surgeAt === surge.at) }));
  const floor = floorSeries(rule, signal, demand, demands, terms);
  const leads = rises.flatMap(({ outcome, leadMinutes }) => (outcome === 'hit' && leadMinutes !== null ? [leadMinutes] : []));
  return { minutes: { signal: signals.length, demand: demands.length }, rises, surges: told, leads, extraReplicaHours: floor.extraReplicaHours, series: floor.series, verdict: verdictOf(signals, demands, rises, told) };
}

function surgesOf(points: readonly Point[], usual: Known['usual'], times: number): Omit<DemandSurge, 'foreseen'>[] {
  const found: { at: number; until: number; peakQps: number; timesUsual: number }[] = [];
  for (const { at, value } of points) {
    const normal = usual(at);
    if (normal === null || normal <= 0 || value < times * normal) continue;
    const last = found.at(-1);
    if (last !== undefined && at - last.until <= JOINED_MS) Object.assign(last, { until: at, peakQps: Math.max(last.peakQps, value), timesUsual: Math.max(last.timesUsual, value / normal) });
    else found.push({ at, until: at, peakQps: value, timesUsual: value / normal });
  }
  return found.filter(({ at, until }) => until - at >= SUSTAINED_MS);
}

function judged(rise: Rise, surges: readonly Omit<DemandSurge, 'foreseen'>[], horizonMinutes: number): BackTest['rises'][number] {
  const shown = { at: rise.from, until: rise.last, value: rise.value };
  const next = surges.find(({ at }) => at >= rise.from && at <= rise.from + horizonMinutes * MINUTE_MS);
  if (next !== undefined) return { ...shown, outcome: 'hit', surgeAt: next.at, leadMinutes: (next.at - rise.from) / MINUTE_MS };
  const under = surges.find(({ at, until }) => at < rise.from && until >= rise.from);
  return under === undefined ? { ...shown, outcome: 'false-alarm', surgeAt: null, leadMinutes: null } : { ...shown, outcome: 'late', surgeAt: under.at, leadMinutes: (under.at - rise.from) / MINUTE_MS };
}

/** Thinned to what a chart can show: the largest of each group of minutes. */
function floorSeries(rule: SignalRule, signal: Known, demand: Known, demands: readonly Point[], { from, to, replicaQps }: BackTestTerms): Pick<BackTest, 'series' | 'extraReplicaHours'> {
  const [values, asked] = [byMinute(signal.points), byMinute(demands)];
  // Only rises matter, and they are few: floors are asked for in and behind them.
  const rises = risesOf(rule, signal);
  const stepMs = Math.max(1, Math.ceil((to - from) / MINUTE_MS / MOST_POINTS)) * MINUTE_MS;
  const series: { at: number; signal: number | null; qps: number | null; usualQps: number | null; floorQps: number | null }[] = [];
  let extra = 0;
  for (let at = from; at < to; at += MINUTE_MS) {
    const minute = Math.floor(at / MINUTE_MS);
    const isNear = rises.some((rise) => at >= rise.from && at <= rise.last + (rule.decayMinutes + 10) * MINUTE_MS);
    const floorQps = isNear ? (signalDemand(rule, signal, demand, at)?.qps ?? null) : null;
    const capped = floorQps === null || rule.cap === null ? floorQps : Math.min(floorQps, rule.cap * replicaQps);
    const qps = asked.get(minute) ?? null;
    if (capped !== null && replicaQps > 0) extra += Math.max(0, Math.ceil(capped / replicaQps) - Math.ceil((qps ?? 0) / replicaQps)) / 60;
    const index = Math.floor((at - from) / stepMs);
    const point = (series[index] ??= { at: from + index * stepMs, signal: null, qps: null, usualQps: null, floorQps: null });
    point.signal = larger(point.signal, values.get(minute) ?? null);
    point.qps = larger(point.qps, qps);
    point.usualQps = larger(point.usualQps, demand.usual(at));
    point.floorQps = larger(point.floorQps, capped);
  }
  return { series, extraReplicaHours: Math.round(extra * 100) / 100 };
}

const byMinute = (points: readonly Point[]): Map<number, number> => new Map(points.map(({ at, value }) => [Math.floor(at / MINUTE_MS), value]));
const larger = (one: number | null, other: number | null): number | null => (one === null ? other : other === null ? one : Math.max(one, other));

function verdictOf(signals: readonly Point[], demands: readonly Point[], rises: BackTest['rises'], surges: readonly DemandSurge[]): BackTest['verdict'] {
  if (signals.length === 0 || demands.length === 0) return 'no-data';
  const hits = rises.filter(({ outcome }) => outcome === 'hit').length;
  const late = rises.filter(({ outcome }) => outcome === 'late').length;
  if (rises.length === 0 || (hits === 0 && late === 0 && surges.length > 0)) return rises.length === 0 ? 'silent' : 'noisy';
  if (hits === 0 && late > 0) return 'late';
  return hits > 0 && hits * 2 >= rises.length ? 'useful' : 'noisy';
}
