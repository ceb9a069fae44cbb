// A folder as one normalised tar layer: the same files give the same bytes, whoever built them, wherever and whenever.
// Sorted by name, one time, owner root, modes 755 and 644, hard links as copies. Devices, sockets and pipes are refused, so is what holds a secret.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import { BuildFailure, throwIfCancelled } from './failure.ts';
import { Secrets } from './secrets.ts';

export interface LayerTarOptions {
  /** The folder; its own name does not matter. */
  readonly folder: string;
  /** Where it lies in the image, without slash at either end: `app`. */
  readonly prefix: string;
  /** Seconds since 1970 that every file gets. */
  readonly timeSeconds: number;
  readonly secrets?: Secrets;
  readonly signal?: AbortSignal;
}

export interface LayerTar {
  /** `sha256:` of the uncompressed tar. */
  readonly diffId: string;
  readonly bytes: number;
  readonly files: number;
}

const NO_SECRETS = new Secrets({});
const NEVER = new AbortController().signal;

/** Writes the layer to a stream, which it ends. Throws BuildFailure that names the file where one cannot be in an image. */
export async function writeLayerTar(options: LayerTarOptions, target: Writable): Promise<LayerTar> {
  const archive = pack();
  const hash = createHash('sha256');
  let bytes = 0;
  const counting = async function* (source: AsyncIterable<unknown>): AsyncIterable<Uint8Array> {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  const written = pipeline(archive, counting, target);
  const work = new LayerWriter(archive, options);
  const [packed, piped] = await Promise.allSettled([
    work.write().catch((error: unknown) => {
      archive.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }),
    written,
  ]);
  // Of two failures the first one's is the cause: the pipe only breaks with it.
  if (packed.status === 'rejected') throw packed.reason;
  if (piped.status === 'rejected') throw piped.reason;
  return { diffId: `sha256:${hash.digest('hex')}`, bytes, files: work.files };
}

class LayerWriter {
  files = 0;
  readonly #archive: Pack;
  readonly #options: LayerTarOptions;
  readonly #mtime: Date;
  readonly #secrets: Secrets;

  constructor(archive: Pack, options: LayerTarOptions) {
    this.#archive = archive;
    this.#options = options;
    this.#mtime = new Date(options.timeSeconds * 1000);
    this.#secrets = options.secrets ?? NO_SECRETS;
  }

  async write(): Promise<void> {
    const parts = this.#options.prefix.split('/');
    for (let count = 1; count <= parts.length; count += 1) this.#addFolder(parts.slice(0, count).join('/'));
    await this.#walk(this.#options.folder, '');
    this.#archive.finalize();
  }

  /** In the order of names as bytes: languages of machines order letters differently. */
  async #walk(folder: string, below: string): Promise<void> {
    const names = (await readdir(folder)).sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    for (const name of names) {
      throwIfCancelled(this.#options.signal ?? NEVER);
      const path = below === '' ? name : `${below}/${name}`;
      if (name.includes('\uFFFD')) throw new BuildFailure(`output: the name of the file ${JSON.stringify(path)} is not UTF-8`);
      this.#refuseSecret(this.#secrets.scanner()(Buffer.from(path)), `the name of ${path}`);
      await this.#add(join(folder, name), path);
    }
  }

  async #add(file: string, path: string): Promise<void> {
    const stat = await lstat(file);
    if (stat.isDirectory()) {
      this.#addFolder(this.#nameOf(path));
      await this.#walk(file, path);
    } else if (stat.isSymbolicLink()) {
      const target = await readlink(file);
      this.#refuseSecret(this.#secrets.scanner()(Buffer.from(target)), `the link ${path}`);
      this.#archive.entry({ ...this.#header(this.#nameOf(path), 0o777), type: 'symlink', linkname: target });
    } else if (stat.isFile()) {
      await this.#addFile(file, path, (stat.mode & 0o111) === 0 ? 0o644 : 0o755);
    } else {
      const kind = stat.isSocket() ? 'a socket' : stat.isFIFO() ? 'a pipe' : 'a device';
      throw new BuildFailure(`output: ${path} is ${kind}, which cannot be in an image; let the build command remove it`);
    }
  }

  async #addFile(file: string, path: string, mode: number): Promise<void> {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size } = await handle.stat();
      this.files += 1;
      const scan = this.#secrets.scanner();
      const checked = async function* (this: LayerWriter, source: AsyncIterable<unknown>): AsyncIterable<Uint8Array> {
        for await (const chunk of source as AsyncIterable<Uint8Array>) {
          this.#refuseSecret(scan(chunk), path);
          yield chunk;
        }
      }.bind(this);
      const header = { ...this.#header(this.#nameOf(path), mode), size };
      if (size === 0) this.#archive.entry(header, Buffer.alloc(0));
      else await pipeline(handle.createReadStream({ highWaterMark: 1 << 20, end: size - 1, autoClose: false }), checked, this.#archive.entry(header));
    } finally {
      await handle.close();
    }
  }

  #addFolder(name: string): void {
    this.#archive.entry({ ...this.#header(`${name}/`, 0o755), type: 'directory' });
  }

  #nameOf(path: string): string {
    return `${this.#options.prefix}/${path}`;
  }

  #header(name: string, mode: number): { name: string; mode: number; mtime: Date; uid: number; gid: number; uname: string; gname: string } {
    return { name, mode, mtime: this.#mtime, uid: 0, gid: 0, uname: '', gname: '' };
  }

  #refuseSecret(name: string | undefined, where: string): void {
    if (name !== undefined) throw new BuildFailure(`output: ${where} holds the value of the secret ${name}; secrets may not be in an image: read /run/secrets/${name} without writing it into the output`);
  }
}
