// Watches how much a folder holds while something writes into it, and says when it is too much.
// Asked every second, or more rarely where looking itself takes long; also ends the build before it fills the host's disk.
import { lstat, opendir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildFailure, platformFailure } from './failure.ts';

const MIB_BYTES = 1_048_576;
const EVERY_MS = 1_000;
/** Looking takes at most this part of the time. */
const DUTY = 0.25;
/** What stays free on the host whatever the build's own limit is. */
export const LEAST_FREE_MIB = 512;

/** Bytes on disk below a folder; files that vanish meanwhile count nothing. */
export async function usedBytes(folder: string): Promise<number> {
  let sum = 0;
  const open = [folder];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const listing = await opendir(next).catch(() => undefined);
    if (listing === undefined) continue;
    for await (const entry of listing) {
      const path = join(next, entry.name);
      const stat = await lstat(path).catch(() => undefined);
      sum += (stat?.blocks ?? 0) * 512;
      if (entry.isDirectory()) open.push(path);
    }
  }
  return sum;
}

/** MiB that are free on the file system of a folder. */
export async function freeMib(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return Math.floor((bavail * bsize) / MIB_BYTES);
}

/** Calls `onOver` once, with the sentence, when the folder holds more than the limit. The function that it gives ends the watch. */
export function watchDisk(folder: string, limitMib: number, onOver: (failure: BuildFailure) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  const look = async (): Promise<void> => {
    const begunMs = performance.now();
    const failure = await overflow(folder, limitMib);
    if (isEnded) return;
    if (failure !== undefined) return onOver(failure);
    timer = setTimeout(() => void look(), Math.max(EVERY_MS, (performance.now() - begunMs) / DUTY));
  };
  timer = setTimeout(() => void look(), EVERY_MS / 4);
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

/** The sentence when a folder holds too much, or its disk too little room; undefined when all is well. */
export async function overflow(folder: string, limitMib: number): Promise<BuildFailure | undefined> {
  const [used, free] = await Promise.all([usedBytes(folder).catch(() => 0), freeMib(folder).catch(() => Number.POSITIVE_INFINITY)]);
  if (used > limitMib * MIB_BYTES) return new BuildFailure(`disk: the build uses ${Math.ceil(used / MIB_BYTES)} MiB; its limit is ${limitMib} MiB`);
  if (free < LEAST_FREE_MIB) return platformFailure(`disk: only ${free} MiB are free on this builder; ${LEAST_FREE_MIB} MiB must stay free`);
  return undefined;
}
