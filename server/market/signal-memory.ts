// Signals as rules need them: their minutes of the last weeks and what is usual. Asked for without waiting; the loop fetches what changed.
import { alikeDays, usualFrom } from '#scheduler/autoscale/usual.ts';
import type { Known, Point } from '#scheduler/autoscale/signals.ts';
import type { CalendarYear } from '#scheduler/calendar/model.ts';
import { findSignal, type SignalRow, signalSteps } from '../db/signals.ts';
import type { Reader, Store } from '../db/store.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** What is usual looks back over the longest holidays. */
const HISTORY_MS = 22 * DAY_MS;
const RECENT_MS = 26 * HOUR_MS;
const FORGOTTEN_MS = 10 * MINUTE_MS;
const NOTHING: Known = { points: [], usual: () => null };
/** Signals follow the day of the market at home. */
export const HOME_MARKETS = ['a-share'] as const;

interface Kept {
  askedAt: number;
  fetchedAt: number;
  isStale: boolean;
  known: Known;
}

export interface SignalMemory {
  of(name: string, now: number): Known;
  /** Values came in: they count with the next refresh. */
  changed(name: string): void;
  refresh(now: number, years: readonly CalendarYear[]): Promise<number>;
}

export function openSignalMemory(store: Store): SignalMemory {
  const kept = new Map<string, Kept>();
  return {
    of(name, now) {
      const entry = kept.get(name) ?? { askedAt: now, fetchedAt: 0, isStale: true, known: NOTHING };
      entry.askedAt = now;
      kept.set(name, entry);
      return entry.known;
    },
    changed(name) {
      const entry = kept.get(name);
      if (entry !== undefined) entry.isStale = true;
    },
    async refresh(now, years) {
      for (const [name, { askedAt }] of kept) if (now - askedAt > FORGOTTEN_MS) kept.delete(name);
      const due = [...kept].filter(([, { isStale, fetchedAt }]) => isStale || now - fetchedAt >= HOUR_MS);
      for (const [name, entry] of due) {
        entry.isStale = false;
        entry.fetchedAt = now;
        entry.known = await store.read(async (reader) => {
          const row = await findSignal(reader, name);
          return row === undefined ? NOTHING : await knownSignal(reader, row, now - RECENT_MS, now + MINUTE_MS, years);
        });
      }
      return due.length;
    },
  };
}

/** A signal between two instants, with what is usual there. */
export async function knownSignal(reader: Reader, row: SignalRow, from: number, to: number, years: readonly CalendarYear[]): Promise<Known> {
  const steps = await signalSteps(reader, row, from - HISTORY_MS, to);
  const points: Point[] = steps.flatMap(({ at, stepSeconds, value }) => (stepSeconds === 60 ? [{ at, value }] : Array.from({ length: stepSeconds / 60 }, (_, index) => ({ at: at + index * MINUTE_MS, value }))));
  const daysOf = new Map<number, readonly number[]>();
  const daysBack = (at: number): readonly number[] => {
    const day = Math.floor((at + 8 * HOUR_MS) / DAY_MS);
    const known = daysOf.get(day) ?? alikeDays(HOME_MARKETS, at, years);
    daysOf.set(day, known);
    return known;
  };
  return { points: points.filter(({ at }) => at >= from && at < to), usual: usualFrom(points, daysBack) };
}
