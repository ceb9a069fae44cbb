// A recorded day or more: text of `time,qps` lines -> points in order, each with the offset of its own clock. What can be mended is mended and
// said with its line; what cannot is a problem with its line, and then there is no trace. Knows no clock and no time zone but those written in it.
import { dayNumber, weekday } from '../calendar/dates.ts';
import { said, type Said, saying, type Saying } from '../said.ts';

export interface TracePoint {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly qps: number;
  /** What is added to UTC on the clock that wrote it. */
  readonly offsetMinutes: number;
}

export interface TraceNote {
  readonly line: number;
  readonly kind: 'gap' | 'duplicate' | 'order' | 'offset' | 'value' | 'noOffset' | 'break';
  readonly message: string;
  readonly said: Saying;
}

export interface Trace {
  readonly points: readonly TracePoint[];
  readonly stepMs: number;
  readonly offsetMinutes: number;
  readonly notes: readonly TraceNote[];
}

export interface TraceProblem {
  readonly line: number;
  readonly message: string;
}

/** Longer pauses are no gap of the recording: time goes on after them, and nothing is made up in between. */
const LONGEST_GAP_MS = 2 * 3_600_000;
/** Above this share of bad values it is another kind of file. */
const MOST_BAD_PERMILLE = 100;
const MOST_QPS = 1e9;
const HOUR_MS = 3_600_000;

interface Row extends TracePoint {
  readonly line: number;
  readonly hasOffset: boolean;
}

/** @returns the trace with what was mended, or the first problem that cannot be */
export function parseTrace(text: string): Trace | TraceProblem {
  const notes: TraceNote[] = [];
  const rows = readRows(text, notes);
  if ('message' in rows) return rows;
  const clock = endDaylightSaving(rows, notes);
  const ordered = inOrder(clock, notes);
  if (ordered.length < 2) return { line: 1, message: 'it has fewer than two lines with a value: nothing can be replayed' };
  const stepMs = usualStep(ordered);
  if (stepMs > HOUR_MS) return { line: ordered[1]?.line ?? 1, message: `its lines are ${stepMs / 60_000} minutes apart: at most 60 are allowed` };
  noteOffsets(ordered, notes);
  noteGaps(ordered, stepMs, notes);
  const points = ordered.map(({ at, qps, offsetMinutes }) => ({ at, qps, offsetMinutes }));
  return { points, stepMs, offsetMinutes: points[0]?.offsetMinutes ?? 0, notes: notes.toSorted((one, other) => one.line - other.line) };
}

const note = (line: number, kind: TraceNote['kind'], what: Said): TraceNote => ({ line, kind, message: what.sentence, said: saying(what) });

function readRows(text: string, notes: TraceNote[]): Row[] | TraceProblem {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const rows: Row[] = [];
  let bad = 0;
  let firstBad = 0;
  let hasHeader = false;
  for (const [index, content] of lines.entries()) {
    const line = index + 1;
    if (content.trim() === '' || content.trimStart().startsWith('#')) continue;
    if (!hasHeader && rows.length === 0 && bad === 0 && isHeader(content)) {
      hasHeader = true;
      continue;
    }
    const cells = content.split(',');
    if (cells.length !== 2) return { line, message: `line ${line} is "${content.slice(0, 60)}": it must be time,qps` };
    const time = readTime((cells[0] ?? '').trim().replaceAll('"', ''));
    if (time === null) return { line, message: `line ${line}: time is "${(cells[0] ?? '').slice(0, 40)}": it must be like 2020-07-06T09:30:00+08:00` };
    const value = (cells[1] ?? '').trim();
    const qps = value === '' ? Number.NaN : Number(value);
    if (Number.isFinite(qps) && qps >= 0 && qps <= MOST_QPS) rows.push({ ...time, qps, line });
    else {
      bad += 1;
      firstBad = firstBad === 0 ? line : firstBad;
      notes.push(note(line, 'value', said('trace-value', { line, value: value.slice(0, 20), most: MOST_QPS }, 'line {line}: qps is "{value}": it must be a number from 0 to {most}; left out, and filled in from its neighbours')));
    }
  }
  const share = (bad * 1000) / Math.max(1, rows.length + bad);
  if (share > MOST_BAD_PERMILLE) return { line: firstBad, message: `${bad} of ${rows.length + bad} values are no QPS, the first in line ${firstBad}: at most one in ten can be filled in` };
  const bare = rows.find(({ hasOffset }) => !hasOffset);
  if (bare !== undefined) notes.push(note(bare.line, 'noOffset', said('trace-no-offset', { line: bare.line }, 'line {line}: the time has no offset such as +08:00: read as UTC')));
  return rows;
}

/** Two names of columns, whatever they are called: `time,qps` as well as `timestamp,value`. */
const isHeader = (content: string): boolean => /^\s*"?[a-z][\w ]*"?\s*,\s*"?[a-z][\w ]*"?\s*$/i.test(content);

/** ISO 8601 with or without offset, or seconds (with or without a fraction) or milliseconds since 1970. */
function readTime(text: string): Pick<Row, 'at' | 'offsetMinutes' | 'hasOffset'> | null {
  const epoch = /^(\d{9,13})(?:\.\d+)?$/.exec(text)?.[1];
  if (epoch !== undefined) return { at: Math.round(Number(text) * (epoch.length > 11 ? 1 : 1000)), offsetMinutes: 0, hasOffset: true };
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/.exec(text);
  if (match === null) return null;
  const [, date = '', hour = '', minute = '', second = '0', zone] = match;
  const day = dayNumber(date);
  if (Number.isNaN(day) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const digits = zone?.replace(':', '') ?? 'Z';
  const offsetMinutes = digits === 'Z' ? 0 : (digits.startsWith('-') ? -1 : 1) * (Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3)));
  if (Math.abs(offsetMinutes) > 14 * 60) return null;
  return { at: ((day * 24 + Number(hour)) * 60 + Number(minute) - offsetMinutes) * 60_000 + Number(second) * 1000, offsetMinutes, hasOffset: zone !== undefined };
}

/** Without offsets, an hour that comes twice is the night in which the clocks go back: what follows is an hour later than it says. */
function endDaylightSaving(rows: readonly Row[], notes: TraceNote[]): readonly Row[] {
  if (rows.some(({ hasOffset }) => hasOffset)) return rows;
  let back = 0;
  return rows.map((row, index) => {
    const before = rows[index - 1];
    const next = rows[index + 1];
    if (before !== undefined && next !== undefined && next.at > row.at && before.at - row.at > 0.7 * HOUR_MS && before.at - row.at <= HOUR_MS) {
      back += 1;
      notes.push(note(row.line, 'offset', said('trace-clock-back', { line: row.line }, 'line {line}: the clock goes back an hour: read as the end of daylight saving')));
    }
    return back === 0 ? row : { ...row, at: row.at + back * HOUR_MS, offsetMinutes: -60 * back };
  });
}

function inOrder(rows: readonly Row[], notes: TraceNote[]): Row[] {
  let newest = -Infinity;
  for (const { at, line } of rows) {
    if (at < newest) notes.push(note(line, 'order', said('trace-order', { line }, 'line {line} is earlier than the line before it: sorted')));
    newest = Math.max(newest, at);
  }
  const kept: Row[] = [];
  for (const row of rows.toSorted((one, other) => one.at - other.at || one.line - other.line)) {
    const last = kept.at(-1);
    if (last?.at !== row.at) kept.push(row);
    else {
      const twice = { line: row.line, other: last.line, one: last.qps, two: row.qps };
      notes.push(note(row.line, 'duplicate', last.qps === row.qps ? said('trace-twice', twice, 'line {line} has the time of line {other}: dropped') : said('trace-larger', twice, 'line {line} has the time of line {other}: the larger of {one} and {two} QPS counts')));
      if (row.qps > last.qps) kept[kept.length - 1] = { ...row, line: last.line };
    }
  }
  return kept;
}

function usualStep(rows: readonly Row[]): number {
  const steps = rows.slice(1).map(({ at }, index) => at - (rows[index]?.at ?? at)).sort((one, other) => one - other);
  return steps[Math.floor(steps.length / 2)] ?? 60_000;
}

function noteOffsets(rows: readonly Row[], notes: TraceNote[]): void {
  rows.forEach(({ offsetMinutes, line, hasOffset }, index) => {
    const before = rows[index - 1]?.offsetMinutes;
    if (before === undefined || before === offsetMinutes || !hasOffset) return;
    notes.push(note(line, 'offset', said('trace-offset', { line, before: zone(before), after: zone(offsetMinutes) }, 'line {line}: the offset changes from {before} to {after}: the day goes on by the new clock')));
  });
}

const zone = (minutes: number): string => `${minutes < 0 ? '-' : '+'}${String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0')}:${String(Math.abs(minutes) % 60).padStart(2, '0')}`;

function noteGaps(rows: readonly Row[], stepMs: number, notes: TraceNote[]): void {
  rows.forEach(({ at, line }, index) => {
    const before = rows[index - 1];
    if (before === undefined || at - before.at <= 1.5 * stepMs) return;
    const minutes = Math.round((at - before.at - stepMs) / 60_000);
    if (at - before.at <= LONGEST_GAP_MS) notes.push(note(line, 'gap', said('trace-gap', { line, minutes }, 'line {line}: {minutes} minutes are missing before it: filled in along a straight line')));
    else if (!isWeekend(rows[index - 1]!, rows[index]!)) notes.push(note(line, 'break', said('trace-break', { line, hours: (minutes / 60).toFixed(1) }, 'line {line}: {hours} hours are missing before it: time jumps there')));
  });
}

/** A recording of trading days has no weekends, and that is no fault of it. */
function isWeekend(last: Row, next: Row): boolean {
  const day = ({ at, offsetMinutes }: Row) => Math.floor((at + offsetMinutes * 60_000) / (24 * HOUR_MS));
  const missing = day(next) - day(last) - 1;
  return weekday(day(last)) === 5 && missing === 2;
}

export interface Segment {
  /** Of the first step. */
  readonly at: number;
  readonly offsetMinutes: number;
  /** QPS every 2 s. */
  readonly qps: Float64Array;
}

export const STEP_MS = 2000;

/**
 * Points along straight lines at steps of 2 s; a new segment where time jumps or the clock changes. The last point lasts one step of the trace. Steps are at
 * even seconds whatever the recording begins with: decisions come every ten seconds of the clock.
 */
export function segmentsOf({ points, stepMs }: Trace): Segment[] {
  const segments: Segment[] = [];
  let from = 0;
  for (let index = 1; index <= points.length; index += 1) {
    const [last, next] = [points[index - 1]!, points[index]];
    if (next !== undefined && next.at - last.at <= LONGEST_GAP_MS && next.offsetMinutes === last.offsetMinutes) continue;
    // Where only the clock changes, the line goes on to the next point.
    const goesOn = next !== undefined && next.at - last.at <= LONGEST_GAP_MS;
    segments.push(segment(points.slice(from, index), goesOn ? next : { ...last, at: last.at + stepMs }));
    from = index;
  }
  return segments;
}

function segment(points: readonly TracePoint[], end: TracePoint): Segment {
  const first = points[0]!;
  const begin = Math.ceil(first.at / STEP_MS) * STEP_MS;
  const qps = new Float64Array(Math.max(1, Math.round((end.at - begin) / STEP_MS)));
  const all = [...points, end];
  let index = 0;
  for (let step = 0; step < qps.length; step += 1) {
    const at = begin + step * STEP_MS;
    while (index < all.length - 2 && all[index + 1]!.at <= at) index += 1;
    const [left, right] = [all[index]!, all[index + 1]!];
    const share = right.at === left.at ? 0 : Math.min(1, (at - left.at) / (right.at - left.at));
    qps[step] = left.qps + (right.qps - left.qps) * share;
  }
  return { at: begin, offsetMinutes: first.offsetMinutes, qps };
}
