// How full the file system is that holds the engine's images.
import { statfs } from 'node:fs/promises';
import type { Report } from '../protocol.ts';

export type DiskUse = NonNullable<Report['imageDisk']>;
/** Undefined where it cannot be seen: an engine that does not say where, or whose folders are not visible here. */
export type ReadDisk = (rootDir: string | undefined) => Promise<DiskUse | undefined>;

/** The total leaves out what is reserved for root, so that full is full, as `df` counts. */
export const readImageDisk: ReadDisk = async (rootDir) => {
  if (rootDir === undefined) return undefined;
  const found = await statfs(rootDir).catch(() => undefined);
  if (found === undefined) return undefined;
  const usedBytes = (found.blocks - found.bfree) * found.bsize;
  return { usedBytes, totalBytes: usedBytes + found.bavail * found.bsize };
};
