/**
 * Writes a container image as the archive that `docker load` takes: one layer, a configuration, a manifest.
 * Takes files and a configuration; gives the archive's path and the image's id, known before any engine has seen it.
 * Same files, same bytes: entries are sorted, times are fixed, owners are root; so the id is the same on every engine.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';

/** A file of the image: where it goes and where its bytes come from. */
export interface ImageFile {
  /** Absolute path in the image. */
  readonly path: string;
  readonly mode: number;
  /** A file of this machine, the bytes themselves, or a symbolic link's target. */
  readonly from: { readonly file: string } | { readonly text: string } | { readonly link: string };
}

export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
}

/** Any fixed moment does; this one is the beginning of the year 2026. */
const CREATED = new Date('2026-01-01T00:00:00Z');
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Writes the archive to `target` and gives the image's id (`sha256:...`).
 * A half-written archive never stands at `target`: it is written beside it and renamed.
 */
export async function writeImageArchive(target: string, reference: string, files: readonly ImageFile[], config: ImageConfig): Promise<string> {
  const layer = `${target}.layer.${process.pid}`;
  const draft = `${target}.draft.${process.pid}`;
  try {
    const layerDigest = await writeLayer(layer, files);
    const configuration = JSON.stringify({
      architecture: ARCHITECTURES[process.arch] ?? process.arch,
      os: 'linux',
      created: CREATED.toISOString(),
      config: { ...config, Labels: { 'org.opencontainers.image.title': reference } },
      rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
      history: [{ created: CREATED.toISOString(), created_by: 'firn lab' }],
    });
    const id = createHash('sha256').update(configuration).digest('hex');
    const manifest = JSON.stringify([{ Config: `${id}.json`, RepoTags: [reference], Layers: [`${layerDigest}/layer.tar`] }]);
    const archive = pack();
    const written = pipeline(archive, createWriteStream(draft));
    await addText(archive, `${id}.json`, 0o644, configuration);
    await addFile(archive, `${layerDigest}/layer.tar`, 0o644, layer);
    await addText(archive, 'manifest.json', 0o644, manifest);
    archive.finalize();
    await written;
    await rename(draft, target);
    return `sha256:${id}`;
  } finally {
    await Promise.all([rm(layer, { force: true }), rm(draft, { force: true })]);
  }
}

/** Writes the layer and gives the SHA-256 of its bytes. */
async function writeLayer(target: string, files: readonly ImageFile[]): Promise<string> {
  const archive = pack();
  const hash = createHash('sha256');
  const hashing = async function* (source: AsyncIterable<unknown>): AsyncIterable<Uint8Array> {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const written = pipeline(archive, hashing, createWriteStream(target));
  const sorted = files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  for (const folder of foldersOf(sorted)) archive.entry({ ...header(`${folder}/`, folder === 'tmp' ? 0o1777 : 0o755), type: 'directory' });
  for (const file of sorted) {
    const name = file.path.slice(1);
    if ('file' in file.from) await addFile(archive, name, file.mode, file.from.file);
    else if ('text' in file.from) await addText(archive, name, file.mode, file.from.text);
    else archive.entry({ ...header(name, file.mode), type: 'symlink', linkname: file.from.link });
  }
  archive.finalize();
  await written;
  return hash.digest('hex');
}

/** Every folder above the files, parents first, without the leading slash. `/tmp` exists in every image. */
function foldersOf(files: readonly ImageFile[]): string[] {
  const folders = new Set<string>(['tmp']);
  for (const file of files) {
    for (let folder = posix.dirname(file.path); folder !== '/'; folder = posix.dirname(folder)) folders.add(folder.slice(1));
  }
  return [...folders].toSorted();
}

function header(name: string, mode: number): { name: string; mode: number; mtime: Date; uid: number; gid: number } {
  return { name, mode, mtime: CREATED, uid: 0, gid: 0 };
}

function addText(archive: Pack, name: string, mode: number, text: string): Promise<void> {
  return new Promise((resolve, reject) => archive.entry(header(name, mode), text, (error) => (error ? reject(error) : resolve())));
}

async function addFile(archive: Pack, name: string, mode: number, file: string): Promise<void> {
  const { size } = await stat(file);
  const entry = archive.entry({ ...header(name, mode), size });
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), entry);
}
