// Files that a service writes below /persist/logs, read from the host. What is there belongs to the container, which may be hostile: no path leaves the
// folder (links are not followed, and the opened file is asked where it really is), no pipe or device is opened for reading.
import { constants } from 'node:fs';
import { lstat, open, readdir, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { join, relative } from 'node:path';

export interface LogFile {
  /** Relative to /persist/logs. */
  readonly path: string;
  readonly bytes: number;
  readonly changedMs: number;
}

const MOST_FILES = 500;
const MOST_DEPTH = 4;
const MOST_PATH = 256;

/** The address's own folder of logs. */
export const logsFolder = (persistDir: string, address: string): string => join(persistDir, address, 'logs');

/** What is wrong with a path that somebody asked for, or undefined. */
export function whyNotFile(path: string): string | undefined {
  const parts = path.split('/');
  const isPlain = path.length <= MOST_PATH && parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'));
  return isPlain ? undefined : 'give the path of a file below /persist/logs, without . or .. in it';
}

/** Regular files, the one that changed last first. Folders that cannot be read have none. */
export async function listLogFiles(folder: string): Promise<LogFile[]> {
  const found: LogFile[] = [];
  if (!(await isPlainFolder(folder))) return found;
  const walk = async (inside: string, depth: number): Promise<void> => {
    const entries = await readdir(join(folder, inside), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (found.length >= MOST_FILES) return;
      const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (path.length > MOST_PATH) continue;
      if (entry.isDirectory() && depth < MOST_DEPTH) await walk(path, depth + 1);
      else if (entry.isFile()) {
        const stats = await lstat(join(folder, path)).catch(() => undefined);
        if (stats?.isFile() === true) found.push({ path, bytes: stats.size, changedMs: Math.round(stats.mtimeMs) });
      }
    }
  };
  await walk('', 1);
  return found.sort((one, other) => other.changedMs - one.changedMs || (one.path < other.path ? -1 : 1));
}

/** The container can put a link in place of its own folder: then it has no logs. */
async function isPlainFolder(folder: string): Promise<boolean> {
  const stats = await lstat(folder).catch(() => undefined);
  return stats?.isDirectory() === true;
}

/** An open log file, and which one it is, so that a rotation is noticed. */
export interface OpenLogFile extends AsyncDisposable {
  readonly inode: bigint;
  size(): Promise<number>;
  /** Up to so many bytes from there; fewer at the end of the file. */
  read(offset: number, bytes: number): Promise<Buffer>;
}

/**
 * Opens a file of the folder, or gives undefined when it is not there. Rejects with a sentence when it is no plain file of that folder.
 * Where the file really is, is asked of the kernel after it was opened: between looking and opening a container could exchange it.
 */
export async function openLogFile(folder: string, path: string): Promise<OpenLogFile | undefined> {
  const wrong = whyNotFile(path);
  if (wrong !== undefined) throw new Error(`${path}: ${wrong}`);
  if (!(await isPlainFolder(folder))) return undefined;
  const handle = await open(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(error.code === 'ELOOP' ? `${path} is a link, which is not followed` : `${path} cannot be read: ${error.code ?? error.message}`);
  });
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw new Error(`${path} is no plain file`);
    if (!(await isBelow(handle, folder))) throw new Error(`${path} leads out of /persist/logs`);
    return {
      inode: stats.ino,
      size: async () => (await handle.stat()).size,
      read: async (offset, bytes) => {
        const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(bytes), 0, bytes, offset);
        return buffer.subarray(0, bytesRead);
      },
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The parents of the folder are the host's own; the folder itself was seen to be no link. */
async function isBelow(handle: FileHandle, folder: string): Promise<boolean> {
  const really = await readlink(`/proc/self/fd/${handle.fd}`);
  const parent = await realpath(join(folder, '..'));
  const inside = relative(join(parent, 'logs'), really);
  return inside !== '' && !inside.startsWith('..') && !inside.startsWith('/');
}
