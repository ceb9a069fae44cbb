// What lies in the folder of the embedded registry, read from the disk: bytes in use, manifests that no row knows, uploads that nobody finished.
// The layout is the registry's own (`docker/registry/v2`). Nothing here deletes a blob: that is the registry's collection.
import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { join, relative } from 'node:path';

const V2 = 'docker/registry/v2';
export const repositoriesFolder = (folder: string): string => join(folder, V2, 'repositories');

/** Bytes of every file below the folder. */
export async function usedBytesOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const path of filesBelow(folder)) bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
  return bytes;
}

/** The disk that holds the folder. */
export async function diskOf(folder: string): Promise<{ readonly totalBytes: number; readonly freeBytes: number }> {
  const { blocks, bavail, bsize } = await statfs(folder);
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}

export interface StoredManifest {
  readonly repository: string;
  readonly digest: string;
  /** When it was pushed last, in milliseconds since 1970. */
  readonly pushedAt: number;
}

/** Every manifest that can be pulled, by the links that the registry keeps of them. */
export async function storedManifests(folder: string): Promise<StoredManifest[]> {
  const root = repositoriesFolder(folder);
  const found: StoredManifest[] = [];
  for await (const path of filesBelow(root)) {
    const [, repository, hex] = /^(.+)\/_manifests\/revisions\/sha256\/([0-9a-f]{64})\/link$/.exec(relative(root, path)) ?? [];
    const info = repository === undefined ? undefined : await stat(path).catch(() => undefined);
    if (repository !== undefined && info !== undefined) found.push({ repository, digest: `sha256:${hex}`, pushedAt: info.mtimeMs });
  }
  return found;
}

/** Removes uploads that were begun and never finished. Only while the registry stands still. */
export async function removeUploads(folder: string): Promise<void> {
  const root = repositoriesFolder(folder);
  const uploads = new Set<string>();
  for await (const path of filesBelow(root)) {
    const [, repository] = /^(.+)\/_uploads\//.exec(relative(root, path)) ?? [];
    if (repository !== undefined) uploads.add(join(root, repository, '_uploads'));
  }
  for (const path of uploads) await rm(path, { recursive: true, force: true });
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}
