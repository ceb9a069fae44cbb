// What signals and announced surges said over a stretch of time, for whoever plays it again. Reads only.
import type { AnnouncedSurge } from '#scheduler/autoscale/signals-over.ts';
import type { Known } from '#scheduler/autoscale/signals.ts';
import { alikeDays, usualFrom } from '#scheduler/autoscale/usual.ts';
import type { CalendarYear } from '#scheduler/calendar/model.ts';
import type { Context } from '../context.ts';
import { findSignal } from '../db/signals.ts';
import { listSurges } from '../db/surges.ts';
import { demandBetween } from './demand.ts';
import { concerns, type FloorSubject } from './market.ts';
import { knownSignal } from './signal-memory.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Before a stretch a signal may have risen already. */
const RECENT_MS = 26 * HOUR_MS;
/** Demand is kept by the minute for two weeks; of older minutes there are tens only. */
const KEPT_MS = 13.5 * DAY_MS;

/** Signals by name, with what is usual; those that nobody knows are left out. */
export async function signalsOver({ store }: Pick<Context, 'store'>, names: readonly string[], from: number, to: number, years: readonly CalendarYear[]): Promise<Record<string, Known>> {
  return await store.read(async (reader) => {
    const known: Record<string, Known> = {};
    for (const name of new Set(names)) {
      const row = await findSignal(reader, name);
      if (row !== undefined) known[name] = await knownSignal(reader, row, from - RECENT_MS, to, years);
    }
    return known;
  });
}

/** Those that held for a workload at some time of it. */
export async function surgesOver({ store }: Pick<Context, 'store'>, subject: Pick<FloorSubject, 'service' | 'environment'>, from: number, to: number): Promise<AnnouncedSurge[]> {
  const rows = await store.read((reader) => listSurges(reader, { endingAfter: from }));
  return rows.filter((row) => row.from < to && concerns(row, subject)).map(({ id, factor, from: begins, to: ends, reason, createdAt }) => ({ id, factor, from: begins, to: ends, reason, announcedAt: createdAt }));
}

/** Demand of a workload by the minute, and what was usual. @param to about now */
export async function demandOver(metrics: Parameters<typeof demandBetween>[0], workloadId: string, markets: readonly string[], from: number, to: number, years: readonly CalendarYear[]): Promise<Known> {
  const points = await demandBetween(metrics, workloadId, Math.min(from, to - KEPT_MS), to);
  const backs = new Map<number, readonly number[]>();
  const daysBack = (at: number): readonly number[] => {
    const hour = Math.floor(at / HOUR_MS);
    const known = backs.get(hour) ?? alikeDays(markets, at, years);
    backs.set(hour, known);
    return known;
  };
  return { points: points.filter(({ at }) => at >= from - 10 * MINUTE_MS), usual: usualFrom(points, daysBack) };
}
