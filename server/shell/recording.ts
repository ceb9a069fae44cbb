// What was shown on a terminal, as an asciicast (version 2) file: never what was typed, so that a password at a prompt that does not show it is in no file.
// Bounded: a recording that is full says so as its last words.
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Timing } from '../timing.ts';

/** Hours of ordinary work; a `cat` of something large fills it. */
export const MOST_RECORDING_BYTES = 4 * 1024 * 1024;

export interface Recording {
  output(bytes: Buffer): void;
  resize(columns: number, rows: number): void;
  /** @returns bytes of the file */
  close(): Promise<number>;
}

export const shellsFolder = (dataDir: string): string => join(dataDir, 'shells');
export const recordingFile = (dataDir: string, id: string): string => join(shellsFolder(dataDir), `${id}.cast`);

export interface RecordingHead {
  readonly columns: number;
  readonly rows: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly title: string;
  readonly command: string;
}

export async function openRecording(file: string, head: RecordingHead, timing: Timing): Promise<Recording> {
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  const stream = createWriteStream(file, { mode: 0o600 });
  const failed = { is: false };
  // A full disk ends the recording and not the shell.
  stream.on('error', () => (failed.is = true));
  return new FileRecording(stream, failed, head, timing);
}

class FileRecording implements Recording {
  readonly #stream: WriteStream;
  readonly #failed: { readonly is: boolean };
  readonly #timing: Timing;
  readonly #startedMs: number;
  readonly #decoder = new StringDecoder('utf8');
  #bytes = 0;
  #isFull = false;

  constructor(stream: WriteStream, failed: { readonly is: boolean }, { columns, rows, startedAt, title, command }: RecordingHead, timing: Timing) {
    this.#stream = stream;
    this.#failed = failed;
    this.#timing = timing;
    this.#startedMs = timing.elapsedMs();
    this.#line({ version: 2, width: columns, height: rows, timestamp: Math.floor(startedAt / 1000), title, command, env: { TERM: 'xterm-256color' } });
  }

  output(bytes: Buffer): void {
    const text = this.#decoder.write(bytes);
    if (text !== '') this.#event('o', text);
  }

  resize(columns: number, rows: number): void {
    this.#event('r', `${columns}x${rows}`);
  }

  async close(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#failed.is) return this.#bytes;
    this.#stream.end(resolve).on('error', () => resolve());
    await promise;
    return this.#bytes;
  }

  #event(kind: 'o' | 'r', text: string): void {
    if (this.#isFull) return;
    const at = Math.round(this.#timing.elapsedMs() - this.#startedMs) / 1000;
    this.#isFull = this.#bytes + text.length > MOST_RECORDING_BYTES;
    this.#line(this.#isFull ? [at, 'o', `\r\n[the recording ends here: it has ${MOST_RECORDING_BYTES >> 20} MiB]\r\n`] : [at, kind, text]);
  }

  #line(value: unknown): void {
    const text = `${JSON.stringify(value)}\n`;
    this.#bytes += Buffer.byteLength(text);
    this.#stream.write(text);
  }
}

export const removeRecording = async (dataDir: string, id: string): Promise<void> => await rm(recordingFile(dataDir, id), { force: true });
