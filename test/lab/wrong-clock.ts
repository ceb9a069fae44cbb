/**
 * A clock that is wrong for one process, and jumps while it runs: libfaketime (Debian: faketime), told by a file. What measures durations is
 * left alone, as when somebody sets the clock of a machine. Takes a folder for the file; gives the environment to start the process with.
 */
import { existsSync } from 'node:fs';
import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const LIBRARIES = '/usr/lib';
/** How long the library goes by what it read last. */
const LOOK_MS = 1_000;

export interface WrongClock {
  readonly env: Readonly<Record<string, string>>;
  /** The process's time is so many seconds ahead from now on, behind when negative. Resolves when it sees that. */
  jump(seconds: number): Promise<void>;
}

/** The library's file; undefined where it is not installed. */
export async function clockLibrary(): Promise<string | undefined> {
  const folders = await readdir(LIBRARIES).catch((): string[] => []);
  return folders.map((folder) => join(LIBRARIES, folder, 'faketime/libfaketimeMT.so.1')).find((file) => existsSync(file));
}

/** A right clock at first. Throws when the library is not installed. */
export async function wrongClock(folder: string, name: string): Promise<WrongClock> {
  const library = await clockLibrary();
  if (library === undefined) throw new Error('a clock cannot be made wrong: install faketime');
  const file = join(folder, `${name}.clock`);
  const write = async (seconds: number): Promise<void> => {
    await writeFile(`${file}.new`, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}`);
    await rename(`${file}.new`, file);
  };
  await write(0);
  return {
    env: { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: String(LOOK_MS / 1_000), FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' },
    async jump(seconds) {
      await write(seconds);
      await delay(2 * LOOK_MS);
    },
  };
}
