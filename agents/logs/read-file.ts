// One log file as lines: the last so many of it from its end, then what is added, across rotation by renaming (the old file is read to its end first) and
// by truncation (what was lost is marked). Lines without a time of their own keep none, but take part in `since` with the time of the line before.
import { pause, type Clock } from '../clock.ts';
import type { LogsItem } from '../protocol.ts';
import { openLogFile, type OpenLogFile } from './files.ts';
import { levelOf, lineFilter, lineOf, MOST_LINE_BYTES, timeIn, type Level, type LogLine } from './lines.ts';

export interface FileQuery {
  readonly tail?: number | undefined;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly search?: string | undefined;
  readonly level?: Level | undefined;
  readonly follow: boolean;
}

const CHUNK_BYTES = 64 * 1024;
/** From the end of a file, no more than this is searched for lines. */
const MOST_BACK_BYTES = 64 * 1024 * 1024;
const POLL_MS = 250;
const NEWLINE = 0x0a;

export async function* readFile(clock: Clock, folder: string, path: string, query: FileQuery, signal: AbortSignal): AsyncGenerator<LogsItem> {
  const file = await openLogFile(folder, path);
  if (file === undefined) return;
  let open: OpenLogFile = file;
  try {
    const size = await open.size();
    const { items, from } = await backlog(open, path, size, query);
    yield* items;
    if (!query.follow) return;
    yield { kind: 'live' };
    const splitter = new Splitter(from);
    const passes = itemFilter(query);
    while (!signal.aborted) {
      const chunk = await open.read(splitter.offset, CHUNK_BYTES);
      for (const line of splitter.push(chunk)) if (passes(line)) yield itemOf(line, path);
      if (chunk.length > 0) continue;
      const next = await movedOn(open, folder, path, splitter.offset);
      if (next === undefined) await pause(clock, POLL_MS, signal);
      else {
        if (next.gap !== undefined) yield next.gap;
        if (next.file !== undefined) {
          await open[Symbol.asyncDispose]();
          open = next.file;
        }
        splitter.restart();
      }
    }
  } finally {
    await open[Symbol.asyncDispose]();
  }
}

/** At the end of the open file: another file of that name, or a shorter one; undefined: nothing happened. */
async function movedOn(open: OpenLogFile, folder: string, path: string, offset: number): Promise<{ readonly file?: OpenLogFile; readonly gap?: LogsItem } | undefined> {
  const size = await open.size();
  if (size < offset) return { gap: gap(path, null, 'truncated', `${path} was cut to ${size} bytes: what was written and not read yet is lost`) };
  const other = await openLogFile(folder, path).catch(() => undefined);
  if (other === undefined) return undefined;
  if (other.inode === open.inode || (await open.size()) > offset) {
    await other[Symbol.asyncDispose]();
    return undefined;
  }
  return { file: other };
}

const gap = (file: string, bytes: number | null, code: Extract<LogsItem, { kind: 'gap' }>['code'], reason: string): LogsItem => ({ kind: 'gap', bytes, code, reason, file });

/** What is asked of the file as it is, read backwards until there is enough; `from` is where following begins. */
async function backlog(open: OpenLogFile, path: string, size: number, query: FileQuery): Promise<{ readonly items: LogsItem[]; readonly from: number }> {
  const passes = itemFilter(query);
  const wanted = query.tail ?? Number.POSITIVE_INFINITY;
  const floor = Math.max(0, size - MOST_BACK_BYTES);
  let [start, pieces, count] = [size, [] as Buffer[], 0];
  // Twice as far back each time: a tail of a large file reads little of it, a search as much as it must.
  for (let step = CHUNK_BYTES; start > floor; step = Math.min(step * 2, 4 * 1024 * 1024)) {
    if (wanted === 0) break;
    const from = Math.max(floor, start - step);
    const piece = await open.read(from, start - from);
    pieces.unshift(piece);
    start = from;
    if (Number.isFinite(wanted)) {
      count += query.search === undefined && query.level === undefined ? newlines(piece) : matches(piece, passes);
      if (count > wanted) break;
    }
  }
  const text = Buffer.concat(pieces);
  pieces = [];
  // What stands before the first line end may be the rest of a line.
  const first = start > 0 ? text.indexOf(NEWLINE) + 1 : 0;
  const splitter = new Splitter(start + first);
  const lines = splitter.push(text.subarray(first)).filter(passes);
  const lastLine = query.follow ? undefined : splitter.rest();
  if (lastLine !== undefined && passes(lastLine)) lines.push(lastLine);
  const kept = Number.isFinite(wanted) ? lines.slice(Math.max(0, lines.length - wanted)) : lines;
  const isCut = start > 0 && start === floor && (query.tail === undefined || kept.length < wanted);
  return { items: [...(isCut ? [gap(path, start, 'limit', `${path} is longer than the ${MOST_BACK_BYTES >> 20} MiB of it that are read`)] : []), ...kept.map((line) => itemOf(line, path))], from: wanted === 0 ? size : splitter.wholeLinesEnd };
}

function newlines(piece: Buffer): number {
  let count = 0;
  for (let index = piece.indexOf(NEWLINE); index >= 0; index = piece.indexOf(NEWLINE, index + 1)) count += 1;
  return count;
}

const matches = (piece: Buffer, passes: (line: LogLine) => boolean): number => new Splitter(0).push(piece).filter(passes).length;

/** Bytes become lines; knows where in the file it is. */
class Splitter {
  #open: Buffer[] = [];
  #openBytes = 0;
  #offset: number;

  constructor(offset: number) {
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Behind the last whole line. */
  get wholeLinesEnd(): number {
    return this.#offset - this.#openBytes;
  }

  push(chunk: Buffer): LogLine[] {
    const lines: LogLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#add(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
    this.#offset += chunk.length;
    return lines;
  }

  rest(): LogLine | undefined {
    return this.#openBytes === 0 ? undefined : this.#take();
  }

  restart(): void {
    [this.#open, this.#openBytes, this.#offset] = [[], 0, 0];
  }

  #add(part: Buffer): void {
    if (this.#openBytes < MOST_LINE_BYTES) this.#open.push(part);
    this.#openBytes += part.length;
  }

  #take(): LogLine {
    const content = this.#open.length === 1 ? this.#open[0]! : Buffer.concat(this.#open);
    const line = lineOf('file', timeIn(content.toString('latin1', 0, 100)), content, this.#openBytes);
    [this.#open, this.#openBytes] = [[], 0];
    return line;
  }
}

/** Filter of one reading: remembers the time of the line before, for those that name none. */
function itemFilter({ sinceMs, untilMs, search, level }: FileQuery): (line: LogLine) => boolean {
  const passes = lineFilter({ search, level });
  let lastMs: number | undefined;
  return (line) => {
    if (line.at !== undefined) lastMs = Date.parse(line.at);
    if (sinceMs !== undefined && lastMs !== undefined && lastMs < sinceMs) return false;
    if (untilMs !== undefined && lastMs !== undefined && lastMs > untilMs) return false;
    return passes(line);
  };
}

function itemOf(line: LogLine, file: string): LogsItem {
  const level = levelOf(line.text);
  return { kind: 'line', ...line, file, ...(level === undefined ? {} : { level }) };
}
