// The history of figures: every two seconds for ten minutes, every minute for two weeks, every ten minutes for half a year. The first two hours of it
// are in memory; the rest is packed in rows, written every five minutes. Bounded whatever is measured.
import type { Store } from '../db/store.ts';
import { chunksBetween, dropChunks, markFolded, putChunks, unfoldedSubjects, type ChunkRow } from '../db/metrics.ts';
import { METRIC_TABLE, type Metric, type Sample, type Series, type Subject } from './model.ts';
import { addTo, complement, emptyGrid, emptySums, folded, foldSamples, foldValues, get, type Grid, pack, put, sampleAt, type Sums, unpack } from './pack.ts';

export const RAW_MS = 2_000;
const RAW_SLOTS = 300;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const TEN_MS = 600_000;
/** Slots of an hour of minutes, and of a day of ten minutes. */
const HOUR_SLOTS = 60;
const DAY_SLOTS = 144;
export const MINUTES_KEPT_MS = 14 * DAY_MS;
const TENS_KEPT_MS = 180 * DAY_MS;
/** What a crash may lose. */
const WRITE_EVERY_MS = 300_000;
/** Subjects that one turn writes and puts together, so that the loop never stands still for long; the most that are kept are written within WRITE_EVERY_MS. */
const WRITTEN_AT_ONCE = 150;
const FOLDED_AT_ONCE = 64;
const MOST_SUBJECTS = 20_000;

interface Kept {
  readonly raw: Grid;
  /** The newest slot of `raw`, counted since 1970: the others are those right before it. */
  rawSlot: number;
  /** When a sample was added last. */
  addedAt: number;
  /** What is known of the present minute; `count` samples. */
  minute: { readonly at: number; readonly sums: Sums; count: number };
  /** The present hour; written again and again until it is over. */
  hour: { readonly at: number; readonly grid: Grid; isChanged: boolean };
  /** Whether the present hour holds what was written of it before this process began. */
  isComplete: boolean;
  /** Hours that are over and not written yet. */
  readonly over: { readonly at: number; readonly grid: Grid }[];
}

export interface History {
  add(subject: Subject, sample: Sample, now: number): void;
  /** Writes what is to be written now, puts hours together, drops what is old. @returns rows written */
  keep(now: number): Promise<number>;
  /** Writes everything that is not written, when the server stops. */
  flush(): Promise<void>;
  /** Equally spaced values from the finest resolution that is kept of `from`; at most `points` of them. */
  series(subject: Subject, metrics: readonly Metric[], range: { readonly from: number; readonly to: number; readonly points: number }, now: number): Promise<Series>;
  /** Forgets, in memory, subjects that were not added since. */
  prune(before: number): void;
}

export function openHistory(store: Store): History {
  const kept = new Map<Subject, Kept>();
  let writtenAt = 0;
  let due: Subject[] = [];
  const write = async (subjects: readonly Subject[]): Promise<number> => {
    const those = subjects.flatMap((subject) => (kept.has(subject) ? [{ subject, known: kept.get(subject)! }] : []));
    for (const { subject, known } of those) if (known.hour.isChanged) await complete(store, subject, known);
    const rows: ChunkRow[] = [];
    const clean: (() => void)[] = [];
    for (const { subject, known: { hour, over } } of those) {
      const present = hour.isChanged ? [hour] : [];
      for (const { at, grid } of [...over, ...present]) rows.push({ step: MINUTE_MS / 1000, start: at / 1000, subject, data: pack(grid), isFolded: false });
      const count = over.length;
      clean.push(() => over.splice(0, count));
      hour.isChanged = false;
    }
    if (rows.length > 0) await store.tx((tx) => putChunks(tx, rows));
    for (const each of clean) each();
    return rows.length;
  };
  return {
    add(subject, sample, now) {
      const known = kept.get(subject) ?? (kept.size < MOST_SUBJECTS ? begin(now) : undefined);
      if (known === undefined) return;
      kept.set(subject, known);
      const slot = Math.floor(now / RAW_MS);
      addRaw(known, slot, sample);
      known.addedAt = now;
      addToMinute(known, sample, now);
    },
    async keep(now) {
      const isDue = due.length === 0 && now - writtenAt >= WRITE_EVERY_MS;
      if (isDue) {
        writtenAt = now;
        due = [...kept.keys()];
      }
      const rows = await write(due.splice(0, WRITTEN_AT_ONCE));
      await foldHours(store, now);
      if (isDue) await store.tx(async (tx) => {
        await dropChunks(tx, MINUTE_MS / 1000, (now - MINUTES_KEPT_MS) / 1000);
        await dropChunks(tx, TEN_MS / 1000, (now - TENS_KEPT_MS) / 1000);
      });
      return rows;
    },
    async flush() {
      for (const known of kept.values()) closeMinute(known);
      await write([...kept.keys()]);
    },
    series: (subject, metrics, range, now) => readSeries(store, kept.get(subject), subject, metrics, range, now),
    prune(before) {
      for (const [subject, { hour, over, addedAt }] of kept) if (!hour.isChanged && over.length === 0 && addedAt < before) kept.delete(subject);
    },
  };
}

const floor = (at: number, step: number): number => Math.floor(at / step) * step;
const emptyMinute = (at: number): Kept['minute'] => ({ at, sums: emptySums(), count: 0 });
const begin = (now: number): Kept => ({ raw: emptyGrid(RAW_SLOTS), rawSlot: Math.floor(now / RAW_MS), addedAt: now, minute: emptyMinute(floor(now, MINUTE_MS)), hour: { at: floor(now, HOUR_MS), grid: emptyGrid(HOUR_SLOTS), isChanged: false }, isComplete: false, over: [] });

function addRaw(known: Kept, slot: number, sample: Sample): void {
  // A clock that was set far back begins anew.
  if (slot <= known.rawSlot - RAW_SLOTS) {
    known.raw.columns.fill(undefined);
    known.rawSlot = slot;
  }
  // Of what lies between nothing is known.
  for (let missed = Math.max(known.rawSlot + 1, slot - RAW_SLOTS + 1); missed < slot; missed += 1) put(known.raw, missed % RAW_SLOTS, {});
  put(known.raw, slot % RAW_SLOTS, sample);
  known.rawSlot = Math.max(known.rawSlot, slot);
}

function addToMinute(known: Kept, sample: Sample, now: number): void {
  const at = floor(now, MINUTE_MS);
  if (at !== known.minute.at) {
    closeMinute(known);
    known.minute = emptyMinute(at);
  }
  const hour = floor(now, HOUR_MS);
  if (hour !== known.hour.at) {
    if (known.hour.isChanged) known.over.push({ at: known.hour.at, grid: known.hour.grid });
    known.hour = { at: hour, grid: emptyGrid(HOUR_SLOTS), isChanged: false };
    known.isComplete = true;
  }
  addTo(known.minute.sums, sample);
  known.minute.count += 1;
}

function closeMinute({ minute, hour }: Kept): void {
  if (minute.count === 0) return;
  put(hour.grid, (minute.at - hour.at) / MINUTE_MS, folded(minute.sums));
  hour.isChanged = true;
}

/** Puts what an earlier process wrote of the present hour beside what this one knows of it. */
async function complete(store: Store, subject: Subject, known: Kept): Promise<void> {
  if (known.isComplete) return;
  known.isComplete = true;
  const [row] = await store.read((reader) => chunksBetween(reader, subject, MINUTE_MS, known.hour.at, known.hour.at));
  const written = row === undefined ? undefined : unpack(row.data, HOUR_SLOTS);
  if (written !== undefined) complement(known.hour.grid, written);
}

/** Hours of minutes that are over become ten minutes of their day; a stretch at a time. */
async function foldHours(store: Store, now: number): Promise<void> {
  // Late enough that it was written to its end.
  const newest = now - HOUR_MS - WRITE_EVERY_MS * 2;
  const rows = await store.read((reader) => unfoldedSubjects(reader, MINUTE_MS / 1000, newest / 1000, FOLDED_AT_ONCE));
  if (rows.length === 0) return;
  await store.tx(async (tx) => {
    for (const row of rows) {
      const minutes = unpack(row.data, HOUR_SLOTS);
      const day = floor(row.start * 1000, DAY_MS);
      const [known] = await chunksBetween(tx, row.subject, TEN_MS, day, day);
      const tens = (known === undefined ? undefined : unpack(known.data, DAY_SLOTS)) ?? emptyGrid(DAY_SLOTS);
      if (minutes !== undefined) {
        for (let ten = 0; ten < 6; ten += 1) put(tens, (row.start * 1000 - day) / TEN_MS + ten, foldSamples(Array.from({ length: 10 }, (_, minute) => sampleAt(minutes, ten * 10 + minute))));
      }
      await putChunks(tx, [{ step: TEN_MS / 1000, start: day / 1000, subject: row.subject, data: pack(tens), isFolded: true }]);
      await markFolded(tx, row);
    }
  });
}

/** How much one value stands for at each resolution. */
const STEPS = { raw: RAW_MS, minute: MINUTE_MS, 'ten-minutes': TEN_MS } as const;

async function readSeries(store: Store, known: Kept | undefined, subject: Subject, metrics: readonly Metric[], { from, to, points }: { readonly from: number; readonly to: number; readonly points: number }, now: number): Promise<Series> {
  // "The last ten minutes" were said a moment ago.
  const resolution = from >= now - RAW_SLOTS * RAW_MS - MINUTE_MS / 2 ? 'raw' : from >= now - MINUTES_KEPT_MS && (to - from) / MINUTE_MS <= points * 20 ? 'minute' : 'ten-minutes';
  const step = STEPS[resolution];
  const at = floor(from, step);
  const together = Math.max(1, Math.ceil((to - at) / step / points));
  const count = Math.max(0, Math.ceil((to - at) / step / together));
  const find = resolution === 'raw' ? rawFinder(known) : await keptFinder(store, known, subject, resolution, at, to);
  const values: Partial<Record<Metric, (number | null)[]>> = {};
  for (const metric of metrics) {
    values[metric] = Array.from({ length: count }, (_, point) => foldValues(METRIC_TABLE[metric].fold, Array.from({ length: together }, (__, index) => find(metric, at + (point * together + index) * step))));
  }
  return { at, stepMs: step * together, resolution, values };
}

type Finder = (metric: Metric, at: number) => number | null;

function rawFinder(known: Kept | undefined): Finder {
  return (metric, at) => {
    const slot = at / RAW_MS;
    return known === undefined || slot > known.rawSlot || slot <= known.rawSlot - RAW_SLOTS ? null : get(known.raw, metric, slot % RAW_SLOTS);
  };
}

async function keptFinder(store: Store, known: Kept | undefined, subject: Subject, resolution: 'minute' | 'ten-minutes', from: number, to: number): Promise<Finder> {
  const minutes = await gridsOf(store, subject, MINUTE_MS, Math.max(floor(from, HOUR_MS), floor(to, DAY_MS) - (resolution === 'minute' ? MINUTES_KEPT_MS : DAY_MS)), to, HOUR_SLOTS);
  for (const { at, grid } of [...(known?.over ?? []), ...(known === undefined ? [] : [known.hour])]) minutes.set(at, grid);
  const minute: Finder = (metric, at) => {
    const grid = minutes.get(floor(at, HOUR_MS));
    return grid === undefined ? null : get(grid, metric, (at % HOUR_MS) / MINUTE_MS);
  };
  if (resolution === 'minute') return minute;
  const days = await gridsOf(store, subject, TEN_MS, floor(from, DAY_MS), to, DAY_SLOTS);
  return (metric, at) => {
    const grid = days.get(floor(at, DAY_MS));
    const value = grid === undefined ? null : get(grid, metric, (at % DAY_MS) / TEN_MS);
    // The newest hours are not put together yet.
    return value ?? foldValues(METRIC_TABLE[metric].fold, Array.from({ length: 10 }, (_, index) => minute(metric, at + index * MINUTE_MS)));
  };
}

async function gridsOf(store: Store, subject: Subject, step: number, from: number, to: number, slots: number): Promise<Map<number, Grid>> {
  const rows = await store.read((reader) => chunksBetween(reader, subject, step, from, to));
  return new Map(rows.flatMap(({ start, data }) => {
    const grid = unpack(data, slots);
    return grid === undefined ? [] : [[start * 1000, grid] as const];
  }));
}
