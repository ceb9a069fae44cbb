// One question about the log of a replica becomes a stream of items: lines of the container that runs, of those that are gone, or of its files, with a mark
// wherever something is missing. Takes what is known of containers, gives an async iterable that ends when everything was said or the signal aborts.
import type { Clock } from '../clock.ts';
import type { Container, Runtime } from '../docker/runtime.ts';
import { sentenceOf } from '../log.ts';
import type { LogsItem, LogsQuery } from '../protocol.ts';
import type { KeptInstance, LogArchive } from './archive.ts';
import { listLogFiles, logsFolder } from './files.ts';
import { FrameJoiner, levelOf, lineFilter, type LogLine } from './lines.ts';
import { LiveQueue } from './live-queue.ts';
import { readFile } from './read-file.ts';

export interface ReadParts {
  readonly clock: Clock;
  readonly runtime: Pick<Runtime, 'output'>;
  readonly archive: LogArchive;
  readonly persistDir: string;
  /** The replica's container, running or not. */
  readonly containerOf: (replicaId: string) => Container | undefined;
  /** Which replica has the address on this host now. */
  readonly holderOf: (address: string) => string | undefined;
}

/** A reader that is so far behind gets a mark instead of what is older. */
const LIVE_BYTES = 1024 * 1024;
/** Files that `all` and `files` read without a name: the ones that changed last. */
const MOST_FILES = 8;
/** json-file keeps three files of 10 MB: with less than two of them nothing was ever rotated away. `create-body.ts` sets this. */
const ROTATES_FROM_BYTES = 20_000_000;
/** What json-file adds to each line. */
const LINE_OVERHEAD_BYTES = 70;
/** A container that ended may be started again, or take its place to another one: so often a follower looks. */
const AGAIN_MS = 500;

/** Items in the order of the log. Rejects with a sentence when nothing of it can be read. */
export async function* readLogs(parts: ReadParts, query: LogsQuery, signal: AbortSignal): AsyncGenerator<LogsItem> {
  if (query.source === 'sources') return yield await sourcesOf(parts, query);
  if (query.previous) return yield* previousOf(parts, query);
  const readers: AsyncIterable<LogsItem>[] = [];
  if (query.source !== 'files') readers.push(presentOf(parts, query, signal));
  if (query.source !== 'stdout') readers.push(...(await filesOf(parts, query, signal)));
  if (!query.follow) for (const reader of readers) yield* reader;
  else yield* together(readers);
}

/** Several readers that do not end, in the order in which they have something. */
async function* together(readers: readonly AsyncIterable<LogsItem>[]): AsyncGenerator<LogsItem> {
  const queue = new LiveQueue<LogsItem>(LIVE_BYTES);
  let failure: Error | undefined;
  let old = readers.length;
  const pumps = readers.map(async (reader) => {
    for await (const item of reader) {
      if (item.kind !== 'live') queue.push(item, sizeOf(item));
      else if ((old -= 1) === 0) queue.push(item, 0);
    }
  });
  void Promise.all(pumps).catch((error: unknown) => (failure = new Error(sentenceOf(error), { cause: error }))).finally(() => queue.end());
  yield* fromQueue(queue);
  if (failure !== undefined) throw failure;
}

async function* fromQueue(queue: LiveQueue<LogsItem>): AsyncGenerator<LogsItem> {
  for await (const next of queue.read()) {
    if ('item' in next) yield next.item;
    else yield { kind: 'gap', bytes: next.lost.bytes, code: 'slow-reader', reason: `${next.lost.items} lines were written faster than they could be passed on` };
  }
}

/** About what it takes on its way. */
export const sizeOf = (item: LogsItem): number => (item.kind === 'line' ? item.text.length + 100 : 200);

const itemOf = (line: LogLine): LogsItem => {
  const level = levelOf(line.text);
  return { kind: 'line', ...line, ...(level === undefined ? {} : { level }) };
};

const instanceOf = (container: Container): LogsItem => ({
  kind: 'instance', state: 'present', containerId: container.id, ...(container.startedAt === undefined ? {} : { at: container.startedAt }), ...(container.owner?.release === undefined ? {} : { release: container.owner.release }),
});

/** The container that is there, and with `follow` each one that takes its place. */
async function* presentOf(parts: ReadParts, query: LogsQuery, signal: AbortSignal): AsyncGenerator<LogsItem> {
  let container = parts.containerOf(query.replicaId);
  let [last, mark, isLive]: [string | undefined, { at?: string }, boolean] = [undefined, {}, false];
  for (;;) {
    if (container !== undefined) {
      const { id } = container;
      if (last !== id) {
        yield instanceOf(container);
        // What a successor wrote before it was noticed belongs to the tail too.
        mark = {};
      }
      if (last === undefined) mark = yield* backlogOf(parts, id, query, signal);
      if (!isLive && query.follow) yield { kind: 'live' };
      isLive = true;
      last = id;
      if (query.follow && !signal.aborted) mark = yield* followed(parts, id, query, mark, signal);
    }
    if (!query.follow || signal.aborted) return;
    // It has no container yet, so there is nothing to wait for.
    if (!isLive) yield { kind: 'live' };
    isLive = true;
    await new Promise<void>((resolve) => {
      const cancel = parts.clock.after(AGAIN_MS, resolve);
      signal.addEventListener('abort', () => (cancel(), resolve()), { once: true });
    });
    container = parts.containerOf(query.replicaId);
  }
}

/** What is kept of a container, by the question; gives the time of the newest line that was seen. */
async function* backlogOf(parts: ReadParts, id: string, query: LogsQuery, signal: AbortSignal): AsyncGenerator<LogsItem, { at?: string }> {
  const passes = lineFilter(query);
  const { tail } = query;
  const asked = {
    follow: false, ...(query.sinceMs === undefined ? {} : { since: new Date(query.sinceMs).toISOString() }), ...(query.untilMs === undefined ? {} : { untilMs: query.untilMs }),
    // The engine counts lines and not matches. With none asked for, the newest still says where following begins.
    ...(tail !== undefined && query.search === undefined && query.level === undefined ? { tail: Math.max(1, tail) } : {}),
  };
  const newest: LogLine[] = [];
  const joiner = new FrameJoiner();
  let [seenBytes, first, at]: [number, string | undefined, string | undefined] = [0, undefined, undefined];
  for await (const frame of parts.runtime.output(id, asked, signal)) {
    seenBytes += frame.bytes.length + LINE_OVERHEAD_BYTES;
    const line = joiner.push(frame);
    if (line === undefined) continue;
    first ??= line.at;
    at = line.at ?? at;
    if (!passes(line)) continue;
    if (tail === undefined) yield itemOf(line);
    else newest.push(line);
    if (tail !== undefined && newest.length > 2 * tail + 1_000) newest.splice(0, newest.length - tail);
  }
  if (!query.follow) newest.push(...joiner.rest().filter(passes));
  yield* newest.slice(Math.max(0, newest.length - (tail ?? newest.length))).map(itemOf);
  if (tail === undefined && seenBytes >= ROTATES_FROM_BYTES) {
    yield { kind: 'gap', bytes: null, code: 'rotated', reason: 'what the container wrote before the first of these lines may have been rotated away: the engine keeps 30 MB of each', ...(first === undefined ? {} : { at: first }) };
  }
  return at === undefined ? {} : { at };
}

/** What is written from there on, until the container ends; gives the time of its last line. */
async function* followed(parts: ReadParts, id: string, query: LogsQuery, mark: { readonly at?: string }, signal: AbortSignal): AsyncGenerator<LogsItem, { at?: string }> {
  const queue = new LiveQueue<LogsItem>(LIVE_BYTES);
  const passes = lineFilter(query);
  const joiner = new FrameJoiner();
  const ending = new AbortController();
  let at = mark.at;
  let failure: unknown;
  const pump = async (): Promise<void> => {
    const source = parts.runtime.output(id, { follow: true, ...(mark.at === undefined ? {} : { since: mark.at }) }, AbortSignal.any([signal, ending.signal]));
    for await (const frame of source) {
      const line = joiner.push(frame);
      // The engine gives lines from that moment on, and the one of that moment was said.
      if (line === undefined || (mark.at !== undefined && line.at !== undefined && line.at <= mark.at)) continue;
      at = line.at ?? at;
      const item = itemOf(line);
      if (passes(line)) queue.push(item, sizeOf(item));
    }
    for (const line of joiner.rest()) if (passes(line)) queue.push(itemOf(line), 0);
  };
  void pump().catch((error: unknown) => (failure = error)).finally(() => queue.end());
  try {
    yield* fromQueue(queue);
  } finally {
    ending.abort();
  }
  // An engine that restarts breaks the stream off, and containers go on: the next look continues where this one ended.
  if (failure !== undefined) yield { kind: 'gap', bytes: 0, code: 'unreadable', reason: `the engine broke off (${sentenceOf(failure)}); reading goes on where it ended` };
  return at === undefined ? {} : { at };
}

/** Containers of the replica that are gone, the oldest first. */
async function* previousOf(parts: ReadParts, query: LogsQuery): AsyncGenerator<LogsItem> {
  const passes = lineFilter(query);
  const tail = query.tail ?? Number.POSITIVE_INFINITY;
  const items: LogsItem[] = [];
  let lines = 0;
  for (const kept of await parts.archive.of(query.replicaId)) {
    const own = [instanceKept(kept), ...(kept.lostBytes > 0 ? [lost(kept)] : [])];
    if (Number.isFinite(tail)) items.push(...own);
    else yield* own;
    for await (const line of parts.archive.lines(kept)) {
      const ms = line.at === undefined ? undefined : Date.parse(line.at);
      if (!passes(line) || (ms !== undefined && ((query.sinceMs !== undefined && ms < query.sinceMs) || (query.untilMs !== undefined && ms > query.untilMs)))) continue;
      if (!Number.isFinite(tail)) {
        yield itemOf(line);
        continue;
      }
      items.push(itemOf(line));
      lines += 1;
      // Marks stay: they say whose lines these are. Of lines, no more than were asked for.
      if (lines > 2 * tail + 1_000) lines = keepNewest(items, tail);
    }
    if (kept.problem !== undefined) {
      const mark: LogsItem = { kind: 'gap', bytes: null, code: 'not-kept', reason: `the rest was not kept: ${kept.problem}`.slice(0, 500) };
      if (Number.isFinite(tail)) items.push(mark);
      else yield mark;
    }
  }
  keepNewest(items, tail);
  yield* items;
}

/** Of so many items leaves the newest lines; gives how many there are. */
function keepNewest(items: LogsItem[], tail: number): number {
  let lines = 0;
  for (let index = items.length - 1; index >= 0; index -= 1) {
    if (items[index]!.kind !== 'line') continue;
    lines += 1;
    if (lines > tail) items.splice(index, 1);
  }
  return Math.min(lines, tail);
}

const instanceKept = ({ containerId, startedAt, release, endedMs }: KeptInstance): LogsItem => ({
  kind: 'instance', state: 'gone', containerId, endedAt: new Date(endedMs).toISOString(), ...(startedAt === undefined ? {} : { at: startedAt }), ...(release === undefined ? {} : { release }),
});
const lost = ({ lostBytes }: KeptInstance): LogsItem => ({ kind: 'gap', bytes: lostBytes, code: 'limit', reason: 'older output of this container was more than is kept of one' });

/** Readers of the replica's files; of files that nobody named, those that changed last. */
async function filesOf(parts: ReadParts, query: LogsQuery, signal: AbortSignal): Promise<AsyncIterable<LogsItem>[]> {
  const folder = folderOf(parts, query);
  if (typeof folder !== 'string') return [only(folder)];
  const files = query.file === undefined ? (await listLogFiles(folder)).slice(0, MOST_FILES).map(({ path }) => path) : [query.file];
  return files.map((path) => guarded(path, readFile(parts.clock, folder, path, query, signal)));
}

/** One file that cannot be read is said, and the others are read. */
async function* guarded(file: string, items: AsyncIterable<LogsItem>): AsyncGenerator<LogsItem> {
  try {
    yield* items;
  } catch (error) {
    yield { kind: 'gap', bytes: null, code: 'unreadable', reason: sentenceOf(error).slice(0, 500), file: file.slice(0, 256) };
  }
}

async function* only(item: LogsItem): AsyncGenerator<LogsItem> {
  yield item;
}

/** The folder of the replica's files, or why there is none. */
function folderOf(parts: ReadParts, { replicaId, address: asked }: LogsQuery): string | LogsItem {
  const address = parts.containerOf(replicaId)?.address ?? asked;
  if (address === undefined) return { kind: 'gap', bytes: null, code: 'not-kept', reason: 'the replica had no address on this host' };
  const holder = parts.holderOf(address);
  if (holder !== undefined && holder !== replicaId) return { kind: 'gap', bytes: null, code: 'not-kept', reason: `${address} has another replica now, and its files with it` };
  return logsFolder(parts.persistDir, address);
}

async function sourcesOf(parts: ReadParts, query: LogsQuery): Promise<LogsItem> {
  const container = parts.containerOf(query.replicaId);
  const kept = await parts.archive.of(query.replicaId);
  const folder = folderOf(parts, query);
  const files = typeof folder === 'string' ? await listLogFiles(folder) : [];
  return {
    kind: 'sources',
    instances: [
      ...kept.map((one) => ({ containerId: one.containerId, state: 'gone' as const, ...(one.release === undefined ? {} : { release: one.release }), ...(one.startedAt === undefined ? {} : { startedAt: one.startedAt }), endedAt: new Date(one.endedMs).toISOString(), ...(one.exitCode === undefined ? {} : { exitCode: one.exitCode }), bytes: one.bytes - one.lostBytes, keptUntil: new Date(parts.archive.keptUntilMs(one)).toISOString() })),
      ...(container === undefined ? [] : [{ containerId: container.id, state: 'present' as const, ...(container.owner?.release === undefined ? {} : { release: container.owner.release }), ...(container.startedAt === undefined ? {} : { startedAt: container.startedAt }), ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }) }]),
    ],
    files: files.map(({ path, bytes, changedMs }) => ({ path, bytes, changedAt: new Date(changedMs).toISOString() })),
  };
}
