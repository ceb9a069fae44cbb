// Demand of workloads as floors need it: the last minutes, and what is usual in the next hours. Asked for without waiting; what is not known yet is
// fetched by the loop, a few workloads a run, and forgotten when nobody asks for a while.
import { alikeDays, usualFrom } from '#scheduler/autoscale/usual.ts';
import type { Known, Point } from '#scheduler/autoscale/signals.ts';
import type { CalendarYear } from '#scheduler/calendar/model.ts';
import type { Metrics } from '../metrics/metrics.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Of the last minutes: longer than a rise is usually old. */
const RECENT_MS = 2 * HOUR_MS;
const RECENT_EVERY_MS = MINUTE_MS;
/** What is usual is fetched for so long ahead, and again when half of it is over. */
const USUAL_AHEAD_MS = 4 * HOUR_MS;
const FORGOTTEN_MS = 10 * MINUTE_MS;
/** Workloads that one run fetches for. */
const AT_ONCE = 20;
const NOTHING: Known = { points: [], usual: () => null };

interface Kept {
  readonly markets: readonly string[];
  askedAt: number;
  recentAt: number;
  usualAt: number;
  known: Known;
}

export interface Demand {
  /** What is known now; nothing at first. */
  of(workloadId: string, markets: readonly string[], now: number): Known;
  /** Fetches what was asked for and is old. @returns how many workloads */
  refresh(now: number, years: readonly CalendarYear[]): Promise<number>;
}

export function openDemand(metrics: Pick<Metrics, 'series'>): Demand {
  const kept = new Map<string, Kept>();
  return {
    of(workloadId, markets, now) {
      const entry = kept.get(workloadId) ?? { markets, askedAt: now, recentAt: 0, usualAt: 0, known: NOTHING };
      entry.askedAt = now;
      kept.set(workloadId, entry);
      return entry.known;
    },
    async refresh(now, years) {
      for (const [id, { askedAt }] of kept) if (now - askedAt > FORGOTTEN_MS) kept.delete(id);
      const due = [...kept].filter(([, entry]) => now - entry.recentAt >= RECENT_EVERY_MS).slice(0, AT_ONCE);
      for (const [id, entry] of due) await fetchOne(metrics, id, entry, now, years);
      return due.length;
    },
  };
}

async function fetchOne(metrics: Pick<Metrics, 'series'>, id: string, entry: Kept, now: number, years: readonly CalendarYear[]): Promise<void> {
  const points = await demandBetween(metrics, id, now - RECENT_MS, now);
  let { usual } = entry.known;
  if (now - entry.usualAt >= USUAL_AHEAD_MS / 2) {
    const backs = alikeDays(entry.markets, now, years);
    const days = await Promise.all(backs.map((back) => demandBetween(metrics, id, now - back * DAY_MS - 5 * MINUTE_MS, now - back * DAY_MS + USUAL_AHEAD_MS)));
    usual = usualFrom(days.flat(), () => backs);
    entry.usualAt = now;
  }
  entry.recentAt = now;
  entry.known = { points, usual };
}

/** Minutes of a workload's arrivals, those that are known. */
export async function demandBetween(metrics: Pick<Metrics, 'series'>, workloadId: string, from: number, to: number): Promise<Point[]> {
  const { at, stepMs, values } = await metrics.series(`workload:${workloadId}`, ['qps'], { from, to, points: Math.max(1, Math.ceil((to - from) / MINUTE_MS)) });
  return (values.qps ?? []).flatMap((value, index) => (value === null ? [] : [{ at: at + index * stepMs, value }]));
}
