// Where secrets may lie on a host while a build runs: a file system in memory, so that no disk ever holds them.
import { createHash } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { platformFailure } from './failure.ts';

const PLACES = ['/run', '/dev/shm'];
/** Kind of file system, as the kernel counts them. */
const TMPFS = 0x01_02_19_94;

/** A folder of this agent alone (several may share a machine), not yet made. Throws a sentence where the host has no such file system. */
export async function memoryFolder(stateDir: string): Promise<string> {
  for (const place of PLACES) {
    const kind = await statfs(place).then(({ type }) => type, () => 0);
    if (kind === TMPFS) return join(place, `firn-build-${createHash('sha256').update(stateDir).digest('hex').slice(0, 12)}`);
  }
  throw platformFailure(`secrets: this builder has no file system in memory at ${PLACES.join(' or ')}`);
}
