// What is kept on disk of one build until the server has it: how far it is and its log. Never the order, which holds secrets.
// A crash leaves the record of a build that was under way: whoever reads it then knows that it did not end.
import { appendFileSync, closeSync, openSync, readSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../ledger.ts';
import { BuildReport } from '../protocol.ts';

/** A report without its piece of log. */
export const BuildState = BuildReport.omit({ log: true });
export type BuildState = z.infer<typeof BuildState>;

const ENDED = new Set<BuildState['phase']>(['succeeded', 'failed', 'cancelled']);
export const hasEnded = (state: Pick<BuildState, 'phase'>): boolean => ENDED.has(state.phase);

export class BuildRecord {
  /** Folder of this attempt alone; builds work in folders below it. */
  readonly folder: string;
  #logBytes: number;

  constructor(root: string, id: string, attempt: number) {
    // Ids come from the server: hashed, none of them can lead elsewhere.
    this.folder = join(root, createHash('sha256').update(`${id}\n${attempt}`).digest('hex').slice(0, 24));
    this.#logBytes = sizeOf(this.#logFile);
  }

  get logBytes(): number {
    return this.#logBytes;
  }

  async make(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
  }

  async writeState(state: BuildState): Promise<void> {
    await writeWhole(join(this.folder, 'state.json'), `${JSON.stringify(state)}\n`, 0o600);
  }

  /** In the order of calls, at once: a log is for what happened before a crash. */
  append(text: string): void {
    appendFileSync(this.#logFile, text, { mode: 0o600 });
    this.#logBytes += Buffer.byteLength(text);
  }

  /** A piece of the log from an offset in bytes; it ends where a letter ends. */
  piece(offset: number, mostBytes: number): { readonly offset: number; readonly text: string; readonly end: number } {
    const bytes = Buffer.alloc(Math.max(0, Math.min(mostBytes, this.#logBytes - offset)));
    if (bytes.length === 0) return { offset, text: '', end: offset };
    const file = openSync(this.#logFile, 'r');
    let length: number;
    try {
      length = readSync(file, bytes, 0, bytes.length, offset);
    } finally {
      closeSync(file);
    }
    const whole = bytes.subarray(0, wholeLetters(bytes.subarray(0, length)));
    return { offset, text: whole.toString('utf8'), end: offset + whole.length };
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Takes away everything but state and log. */
  async removeWork(): Promise<void> {
    for (const entry of await readdir(this.folder).catch(() => [])) {
      if (entry !== 'state.json' && entry !== 'log') await rm(join(this.folder, entry), { recursive: true, force: true });
    }
  }

  get #logFile(): string {
    return join(this.folder, 'log');
  }
}

/** Every record that an earlier run of the agent left; what cannot be understood is removed. */
export async function readRecords(root: string): Promise<{ readonly record: BuildRecord; readonly state: BuildState }[]> {
  const found: { record: BuildRecord; state: BuildState }[] = [];
  for (const entry of await readdir(root).catch(() => [])) {
    const text = await readFile(join(root, entry, 'state.json'), 'utf8').catch(() => '');
    const state = parse(text);
    const record = state === undefined ? undefined : new BuildRecord(root, state.id, state.attempt);
    if (state === undefined || record?.folder !== join(root, entry)) await rm(join(root, entry), { recursive: true, force: true });
    else found.push({ record, state });
  }
  return found;
}

function parse(text: string): BuildState | undefined {
  try {
    return BuildState.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** How many of these bytes are whole letters of UTF-8. */
function wholeLetters(bytes: Buffer): number {
  let start = bytes.length - 1;
  while (start > 0 && bytes.length - start < 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  const lead = bytes[start] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return bytes.length - start < length ? start : bytes.length;
}
