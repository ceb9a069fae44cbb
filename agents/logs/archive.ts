// Output of containers that are gone: read from the engine before a container is removed, packed, and kept for days within bounds of each replica and
// of the host. One folder a container, in pieces, so that of a very long output the newest part stays and nothing needs much memory.
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createGunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { OutputFrame } from '../docker/streams.ts';
import { sentenceOf, type Log } from '../log.ts';
import { FrameJoiner, type LogLine } from './lines.ts';

const pack = promisify(gzip);

const Kept = z.object({
  replicaId: z.string(), name: z.string(), workload: z.string(), address: z.string().optional(), release: z.string().optional(), containerId: z.string(), startedAt: z.string().optional(),
  endedMs: z.number(), exitCode: z.number().optional(),
  bytes: z.number(), lines: z.number(), lostBytes: z.number(), packedBytes: z.number(),
  /** Why the rest is missing, where it is. */
  problem: z.string().optional(),
});
/** What is known of a container whose output is kept. */
export type KeptInstance = z.infer<typeof Kept>;
export type Departing = Pick<KeptInstance, 'replicaId' | 'name' | 'workload' | 'containerId'> & Partial<Pick<KeptInstance, 'address' | 'release' | 'startedAt' | 'exitCode'>>;

export interface ArchiveLimits {
  readonly keepMs: number;
  /** Packed, of all replicas together and of one. */
  readonly hostBytes: number;
  readonly replicaBytes: number;
  /** Of one container, before packing; of each the newest 32 pieces stay. */
  readonly pieceBytes: number;
}
export const DEFAULT_LIMITS: ArchiveLimits = { keepMs: 7 * 86_400_000, hostBytes: 512 * 1024 * 1024, replicaBytes: 32 * 1024 * 1024, pieceBytes: 1024 * 1024 };

const MOST_PIECES = 32;
/** Kept containers of one replica. */
const MOST_INSTANCES = 20;
const SWEEP_MS = 3_600_000;
/** A folder that there is not. */
const NOWHERE = '/nonexistent';

export interface ArchiveParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Null: nothing is kept. */
  readonly folder: string | null;
  readonly limits: ArchiveLimits;
}

export class LogArchive {
  readonly #parts: ArchiveParts;
  #cancelSweep: () => void = () => undefined;
  /** One at a time: a host that lets many containers go has better things to do. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: ArchiveParts) {
    this.#parts = parts;
  }

  /** Cleans now, and again each hour. */
  start(): void {
    if (this.#parts.folder === null) return;
    void this.#inTurn(() => this.sweep()).catch((error: unknown) => this.#parts.log.warn({ reason: sentenceOf(error) }, 'kept logs could not be cleaned'));
    this.#cancelSweep();
    this.#cancelSweep = this.#parts.clock.after(SWEEP_MS, () => this.start());
  }

  close(): void {
    this.#cancelSweep();
  }

  /** Keeps what a container wrote. Never rejects: what could not be kept is noted with the rest. Twice for one container is once. */
  async keep(departing: Departing, output: (signal: AbortSignal) => AsyncIterable<OutputFrame>, signal: AbortSignal): Promise<void> {
    if (this.#parts.folder !== null) await this.#inTurn(() => this.#keep(departing, output, signal)).catch((error: unknown) => {
      this.#parts.log.warn({ container: departing.containerId, replica: departing.replicaId, reason: sentenceOf(error) }, 'the log of a container could not be kept');
    });
  }

  /** Kept containers of a replica, the oldest first. */
  async of(replicaId: string): Promise<KeptInstance[]> {
    const names = await readdir(this.#folderOf(replicaId)).catch(() => []);
    const found = await Promise.all(names.map((name) => readMeta(join(this.#folderOf(replicaId), name))));
    return found.flatMap((meta) => meta ?? []).sort((one, other) => one.endedMs - other.endedMs);
  }

  keptUntilMs({ endedMs }: KeptInstance): number {
    return endedMs + this.#parts.limits.keepMs;
  }

  /** Lines of a kept container, oldest first. */
  async *lines(kept: Pick<KeptInstance, 'replicaId' | 'containerId'>): AsyncGenerator<LogLine> {
    const folder = join(this.#folderOf(kept.replicaId), safe(kept.containerId));
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.gz')).sort();
    for (const name of names) {
      const file = createReadStream(join(folder, name));
      const unpacked = file.pipe(createGunzip());
      file.on('error', (error) => unpacked.destroy(error));
      for await (const text of textLines(unpacked.setEncoding('utf8'))) yield parsed(text);
    }
  }

  /** Takes away what is too old, then the oldest beyond the bounds. */
  async sweep(): Promise<void> {
    const { limits, clock } = this.#parts;
    const folder = this.#parts.folder ?? NOWHERE;
    const replicas = await readdir(folder).catch(() => []);
    const all: (KeptInstance & { readonly folder: string })[] = [];
    for (const replica of replicas) {
      const own: typeof all = [];
      for (const name of await readdir(join(folder, replica)).catch(() => [])) {
        const meta = await readMeta(join(folder, replica, name));
        // Half-written by an agent that was killed.
        if (meta === undefined) await rm(join(folder, replica, name), { recursive: true, force: true });
        else own.push({ ...meta, folder: join(folder, replica, name) });
      }
      all.push(...(await this.#within(own, limits.replicaBytes, MOST_INSTANCES)));
    }
    const old = all.filter(({ endedMs }) => endedMs + limits.keepMs < clock.nowMs());
    for (const one of old) await rm(one.folder, { recursive: true, force: true });
    await this.#within(all.filter((one) => !old.includes(one)), limits.hostBytes, Number.POSITIVE_INFINITY);
    for (const replica of replicas) if ((await readdir(join(folder, replica)).catch(() => [''])).length === 0) await rm(join(folder, replica), { recursive: true, force: true });
  }

  /** The newest that fit; the others are removed. */
  async #within<T extends KeptInstance & { readonly folder: string }>(list: readonly T[], mostBytes: number, most: number): Promise<T[]> {
    let bytes = 0;
    const kept: T[] = [];
    for (const one of [...list].sort((a, b) => b.endedMs - a.endedMs)) {
      bytes += one.packedBytes;
      if (bytes <= mostBytes && kept.length < most) kept.push(one);
      else await rm(one.folder, { recursive: true, force: true });
    }
    return kept;
  }

  async #keep(departing: Departing, output: (signal: AbortSignal) => AsyncIterable<OutputFrame>, signal: AbortSignal): Promise<void> {
    const folder = join(this.#folderOf(departing.replicaId), safe(departing.containerId));
    if ((await readMeta(folder)) !== undefined) return;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const pieces = new Pieces(folder, this.#parts.limits.pieceBytes);
    const joiner = new FrameJoiner();
    let problem: string | undefined;
    try {
      for await (const frame of output(signal)) {
        const line = joiner.push(frame);
        if (line !== undefined) await pieces.add(line);
      }
      if (signal.aborted) problem = 'the container was removed before all of it was read';
    } catch (error) {
      problem = sentenceOf(error);
    }
    for (const line of joiner.rest()) await pieces.add(line);
    await pieces.flush();
    const meta: KeptInstance = { ...departing, endedMs: this.#parts.clock.nowMs(), ...pieces.sums, ...(problem === undefined ? {} : { problem }) };
    await writeFile(join(folder, 'meta.tmp'), JSON.stringify(meta), { mode: 0o600 });
    await rename(join(folder, 'meta.tmp'), join(folder, 'meta.json'));
    await this.sweep();
  }

  #folderOf(replicaId: string): string {
    return join(this.#parts.folder ?? NOWHERE, safe(replicaId));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work, work);
    this.#turn = next.catch(() => undefined);
    return next;
  }
}

/** Ids become names of folders: what could be a path is written otherwise. */
const safe = (id: string): string => (/^[A-Za-z0-9_-]{1,80}$/.test(id) ? id : `x${Buffer.from(id).toString('hex').slice(0, 150)}`);

async function readMeta(folder: string): Promise<KeptInstance | undefined> {
  try {
    return Kept.safeParse(JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Only at line feeds: what a service writes may have every other character in it that some programs take for the end of a line. */
async function* textLines(stream: AsyncIterable<unknown>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** Lines as they are kept: time, `o` or `e`, bytes that are left out where there are some, and the text. */
function parsed(text: string): LogLine {
  const [, at = '', mark, cut, rest = ''] = /^(\S*) ([oe])(\d*) (.*)$/s.exec(text) ?? [];
  return { ...(at === '' ? {} : { at }), stream: mark === 'e' ? 'stderr' : 'stdout', text: rest, ...(cut === undefined || cut === '' ? {} : { cutBytes: Number(cut) }) };
}

/** Packs lines into files, and drops the oldest file when there are too many. */
class Pieces {
  readonly #folder: string;
  readonly #mostBytes: number;
  readonly #written: { readonly path: string; readonly bytes: number }[] = [];
  #texts: string[] = [];
  #bytes = 0;
  #count = 0;
  readonly sums = { bytes: 0, lines: 0, lostBytes: 0, packedBytes: 0 };

  constructor(folder: string, mostBytes: number) {
    this.#folder = folder;
    this.#mostBytes = mostBytes;
  }

  async add({ at = '', stream, text, cutBytes }: LogLine): Promise<void> {
    const line = `${at} ${stream === 'stderr' ? 'e' : 'o'}${cutBytes ?? ''} ${text}\n`;
    this.#texts.push(line);
    this.#bytes += line.length;
    this.sums.lines += 1;
    if (this.#bytes >= this.#mostBytes) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#texts.length === 0) return;
    const packed = await pack(this.#texts.join(''));
    const path = join(this.#folder, `${String((this.#count += 1)).padStart(6, '0')}.gz`);
    await writeFile(path, packed, { mode: 0o600 });
    this.#written.push({ path, bytes: this.#bytes });
    this.sums.bytes += this.#bytes;
    [this.#texts, this.#bytes] = [[], 0];
    if (this.#written.length > MOST_PIECES) {
      const oldest = this.#written.shift()!;
      await rm(oldest.path, { force: true });
      this.sums.lostBytes += oldest.bytes;
    }
    let packedBytes = 0;
    for (const one of this.#written) packedBytes += (await stat(one.path)).size;
    this.sums.packedBytes = packedBytes;
  }
}
