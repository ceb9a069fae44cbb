/**
 * Mounts below a folder of the lab: containers' file systems and namespaces that a dead engine leaves behind.
 * Only touches mounts whose mount point is inside the folder that it is given.
 */
import { readFile } from 'node:fs/promises';
import { sep } from 'node:path';
import { run } from './run.ts';

/** Mount points below a folder, deepest last, as the kernel lists them. */
export async function mountsBelow(folder: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table
    .split('\n')
    .map((line) => unescape(line.split(' ')[4] ?? ''))
    .filter((point) => point.startsWith(folder + sep));
}

/** Unmounts everything below a folder; lazily, because a dying process may still hold a file for a moment. */
export async function unmountBelow(folder: string): Promise<void> {
  const points = await mountsBelow(folder);
  if (points.length > 0) await run(['umount', '-l', '--', ...points.reverse()]);
}

/** The kernel writes space, tab, newline and backslash of a path as octal numbers. */
function unescape(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
