// Unpacks a tar that somebody else made into an empty folder, and nowhere else.
// Refuses absolute names, `..`, links on the way to a file, hard links, devices, and more bytes or files than allowed.
import { lstat, mkdir, open, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Header } from 'tar-stream';
import { BuildFailure } from './failure.ts';
import { readTar } from './read-tar.ts';

export interface UnpackLimits {
  readonly mostBytes: number;
  readonly mostFiles?: number;
  readonly signal?: AbortSignal;
}

const MOST_FILES = 500_000;

/** Resolves when all of it is on disk; the folder is made. Throws BuildFailure that names the entry. */
export async function unpackTar(source: Readable, folder: string, limits: UnpackLimits): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const target = new Target(folder, limits);
  try {
    for await (const { header, content } of readTar(source, limits.signal)) await target.add(header, content);
  } catch (error) {
    limits.signal?.throwIfAborted();
    if (error instanceof BuildFailure) throw error;
    throw new BuildFailure(`the archive cannot be read: ${error instanceof Error ? error.message : String(error)}`, false, error);
  }
}

class Target {
  readonly #folder: string;
  readonly #limits: UnpackLimits;
  /** Folders that are known to be folders and no links. */
  readonly #known = new Set<string>(['']);
  #bytes = 0;
  #files = 0;

  constructor(folder: string, limits: UnpackLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  async add(header: Header, content: Readable): Promise<void> {
    const parts = partsOf(header.name);
    this.#count(header);
    const path = join(this.#folder, ...parts);
    if (parts.length > 0) await this.#ensureFolder(parts.slice(0, -1));
    switch (header.type) {
      case 'directory':
        await this.#ensureFolder(parts);
        break;
      case 'symlink':
        await symlink(header.linkname ?? '', path);
        break;
      case 'file':
      case 'contiguous-file':
        return writeNew(path, content, ((header.mode ?? 0) & 0o111) === 0 ? 0o644 : 0o755);
      default:
        throw new BuildFailure(`the archive holds ${header.name}, which is a ${header.type}; only files, folders and symbolic links are allowed`);
    }
    content.resume();
  }

  #count(header: Header): void {
    this.#bytes += header.size ?? 0;
    this.#files += 1;
    const { mostBytes, mostFiles = MOST_FILES } = this.#limits;
    if (this.#bytes > mostBytes) throw new BuildFailure(`the archive holds more than ${Math.floor(mostBytes / 1_048_576)} MiB, the limit of disk space`);
    if (this.#files > mostFiles) throw new BuildFailure(`the archive holds more than ${mostFiles} files`);
  }

  async #ensureFolder(parts: readonly string[]): Promise<void> {
    for (let count = 1; count <= parts.length; count += 1) {
      const below = parts.slice(0, count).join('/');
      if (this.#known.has(below)) continue;
      const path = join(this.#folder, below);
      await mkdir(path, { mode: 0o755 }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      // A link that the archive made itself would lead out of the folder.
      if (!(await lstat(path)).isDirectory()) throw new BuildFailure(`the archive holds something below ${below}, which is not a folder`);
      this.#known.add(below);
    }
  }
}

async function writeNew(path: string, content: AsyncIterable<unknown>, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    for await (const chunk of content as AsyncIterable<Uint8Array>) await file.writeFile(chunk);
    await file.chmod(mode);
  } finally {
    await file.close();
  }
}

/** The name in parts; a leading `./` is what tar writes for a folder's own files. */
function partsOf(name: string): string[] {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..') || name.includes('\0')) throw new BuildFailure(`the archive holds the name ${JSON.stringify(name)}, which leads out of its folder`);
  return parts;
}
