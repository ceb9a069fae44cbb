/**
 * Gives a new engine its images before it starts: a copy of another engine's image store, its layers by hard link.
 * Loading a Node image takes an engine over a second of CPU, three engines on two cores more than four; planting takes milliseconds,
 * and all engines of the lab share the layers on disk and in memory. Layers are never written to: an overlay copies before it changes.
 * Only for the classic `overlay2` store; with any other the images are loaded through the API, which is always right.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LabImage } from './images.ts';
import { run } from './run.ts';

/** The two folders of a data-root that make the image store. Container layers would be in the second: a seed is taken before there are any. */
const STORE = ['image', 'overlay2'] as const;

/** Puts the images' seed into a data-root whose engine has never run. Gives whether there was one. */
export async function plantSeed(dataRoot: string, images: readonly LabImage[]): Promise<boolean> {
  const seed = await seedFolder(images);
  if (seed === undefined || !existsSync(seed) || existsSync(join(dataRoot, 'image'))) return false;
  await mkdir(dataRoot, { recursive: true, mode: 0o711 });
  await copyStore(seed, dataRoot);
  return true;
}

/** Keeps the image store of an engine that has exactly these images and no container yet. Does nothing when there is a seed or the store is another. */
export async function keepSeed(dataRoot: string, images: readonly LabImage[]): Promise<void> {
  const seed = await seedFolder(images);
  if (seed === undefined || existsSync(seed) || !STORE.every((part) => existsSync(join(dataRoot, part)))) return;
  const draft = `${seed}.draft.${process.pid}`;
  try {
    await mkdir(draft, { recursive: true });
    await copyStore(dataRoot, draft);
    // A device node of the engine's own file system, made anew at every start.
    await rm(join(draft, 'overlay2', 'backingFsBlockDev'), { force: true });
    await rename(draft, seed);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another lab kept the same seed meanwhile.
    if (!existsSync(seed)) throw error;
  }
}

/** Where the seed of these images is or would be, beside their archives: the engine's version belongs to its key, because the store's format is its own. */
async function seedFolder(images: readonly LabImage[]): Promise<string | undefined> {
  const first = images[0];
  if (!first) return undefined;
  const ids = images.map((image) => image.id).toSorted();
  const key = createHash('sha256').update(JSON.stringify([await run(['dockerd', '--version']), ids])).digest('hex').slice(0, 16);
  return join(dirname(first.archive), `seed-${key}`);
}

/** The records of the store are copied, because an engine writes them; the layers are linked when both folders are on one file system. */
async function copyStore(from: string, to: string): Promise<void> {
  await run(['cp', '-a', '--', join(from, 'image'), join(to, 'image')]);
  const layers = [join(from, 'overlay2'), join(to, 'overlay2')];
  try {
    await run(['cp', '-a', '--link', '--', ...layers]);
  } catch {
    await rm(join(to, 'overlay2'), { recursive: true, force: true });
    await run(['cp', '-a', '--reflink=auto', '--', ...layers]);
  }
}
