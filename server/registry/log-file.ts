// The output of a child process in a file that cannot grow without end: at most two files of a few megabytes, and the last line in memory for
// whoever says why the process ended.
import { appendFile, rename, stat } from 'node:fs/promises';

export interface BoundedLog extends AsyncDisposable {
  write(part: Buffer): void;
  /** The last line that was written. */
  last(): string;
}

const MOST_BYTES = 2 * 1024 * 1024;

/** What cannot be written is lost: a full disk must not stop the process whose output this is. */
export function openBoundedLog(path: string, mostBytes = MOST_BYTES): BoundedLog {
  let last = 'it said nothing';
  let size: number | undefined;
  let writing: Promise<void> = Promise.resolve();
  const append = async (part: Buffer): Promise<void> => {
    size ??= (await stat(path).catch(() => undefined))?.size ?? 0;
    if (size > mostBytes) {
      await rename(path, `${path}.1`);
      size = 0;
    }
    await appendFile(path, part, { mode: 0o600 });
    size += part.length;
  };
  return {
    write(part) {
      last = part.toString('utf8').trim().split('\n').at(-1)?.slice(0, 500) || last;
      writing = writing.then(() => append(part)).catch(() => undefined);
    },
    last: () => last,
    [Symbol.asyncDispose]: () => writing,
  };
}
