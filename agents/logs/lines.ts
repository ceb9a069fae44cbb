// Output of a container as lines: frames of the engine are put together, time and level are read from the text, very long lines are cut and say so. Pure.
import type { OutputFrame } from '../docker/streams.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

export interface LogLine {
  /** RFC 3339 in UTC as exact as its source; absent: the line does not say. */
  readonly at?: string;
  readonly stream: 'stdout' | 'stderr' | 'file';
  readonly text: string;
  readonly cutBytes?: number;
}

/** A line beyond this is cut: somebody logs a dump, and a screen shows less. */
export const MOST_LINE_BYTES = 16 * 1024;
const NEWLINE = 0x0a;
/** Level and time are at the beginning of a line. */
const HEAD = 200;

/** Puts frames together: the engine keeps long lines in pieces, each with a time of its own. */
export class FrameJoiner {
  readonly #open = new Map<OutputFrame['stream'], { at: string; parts: Buffer[]; bytes: number }>();

  /** The line that this frame ends, if it does. */
  push({ stream, bytes }: OutputFrame): LogLine | undefined {
    const blank = bytes.indexOf(0x20);
    const at = blank > 0 ? bytes.subarray(0, blank).toString('latin1') : '';
    const isTimed = /^\d{4}-\d\d-\d\dT/.test(at);
    const content = isTimed ? bytes.subarray(blank + 1) : bytes;
    const open = this.#open.get(stream) ?? { at: isTimed ? at : '', parts: [], bytes: 0 };
    const isWhole = content.at(-1) === NEWLINE;
    if (open.bytes < MOST_LINE_BYTES) open.parts.push(content);
    open.bytes += content.length;
    if (!isWhole) {
      this.#open.set(stream, open);
      return undefined;
    }
    this.#open.delete(stream);
    return lineOf(stream, open.at === '' ? undefined : open.at, Buffer.concat(open.parts), open.bytes - 1);
  }

  /** What was written without an end of its line when the container ended. */
  rest(): LogLine[] {
    const lines = [...this.#open].map(([stream, { at, parts, bytes }]) => lineOf(stream, at === '' ? undefined : at, Buffer.concat(parts), bytes));
    this.#open.clear();
    return lines;
  }
}

/** @param bytes of the whole line, without its end */
export function lineOf(stream: LogLine['stream'], at: string | undefined, content: Buffer, bytes: number): LogLine {
  const kept = Math.min(bytes, MOST_LINE_BYTES, content.length);
  const text = content.toString('utf8', 0, kept).replace(/\r$/, '');
  return { ...(at === undefined ? {} : { at }), stream, text, ...(bytes > kept ? { cutBytes: bytes - kept } : {}) };
}

const LEVELS: readonly (readonly [RegExp, Level])[] = [
  [/\b(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC|EMERG|ALERT)\b|"level":\s*"(?:error|fatal)"|\blevel=(?:error|fatal)\b|"level":\s*[56]0\b/, 'error'],
  [/\b(?:WARN|WARNING)\b|"level":\s*"warn(?:ing)?"|\blevel=warn(?:ing)?\b|"level":\s*40\b/, 'warn'],
  [/\b(?:INFO|NOTICE)\b|"level":\s*"info"|\blevel=info\b|"level":\s*30\b/, 'info'],
  [/\b(?:DEBUG|TRACE|FINE)\b|"level":\s*"(?:debug|trace)"|\blevel=(?:debug|trace)\b|"level":\s*[12]0\b/, 'debug'],
];

/** The level that a line names at its beginning; the one that stands first where it names several. */
export function levelOf(text: string): Level | undefined {
  const head = text.slice(0, HEAD);
  let first: { readonly index: number; readonly level: Level } | undefined;
  for (const [pattern, level] of LEVELS) {
    const index = pattern.exec(head)?.index;
    if (index !== undefined && (first === undefined || index < first.index)) first = { index, level };
  }
  return first?.level;
}

const RANK: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Whether a line is asked for. Plain text only: what people type must not be able to keep a host busy. */
export function lineFilter({ search, level }: { readonly search?: string | undefined; readonly level?: Level | undefined }): (line: LogLine) => boolean {
  const wanted = search?.toLowerCase();
  return ({ text }) => {
    if (wanted !== undefined && !text.toLowerCase().includes(wanted)) return false;
    const own = level === undefined ? undefined : levelOf(text);
    return level === undefined || own === undefined || RANK[own] >= RANK[level];
  };
}

const TIME = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?/;

/** The moment that a line of a file names at its beginning, in UTC; without a zone it is taken for the host's own. */
export function timeIn(text: string): string | undefined {
  const [, day, time, fraction = '', zone = ''] = TIME.exec(text.slice(0, HEAD / 2)) ?? [];
  if (day === undefined || time === undefined) return undefined;
  const at = new Date(`${day}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone}`);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
