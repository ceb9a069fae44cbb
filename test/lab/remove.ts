/**
 * Removes labs: the way down of a live one, and the clean-up after one whose process was killed.
 * Takes a name and a folder; needs no memory of what was started, because everything of a lab carries its name or is in its control group.
 */
import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { killGroup, labGroup, removeGroup } from './cgroups.ts';
import { type Claim, isOwned, readClaims, removeClaim } from './claim.ts';
import { discardVolatile } from './engine.ts';
import { mountsBelow } from './mounts.ts';
import { run } from './run.ts';
import { namespacePrefix, seatLink } from './topology.ts';

/** Marks a folder as a lab's own, by holding its name: only in such a folder anything is ever deleted. */
export const MARKER = '.firn-lab';
const HOST_FOLDER = /^(phy|cloud)\d+$/;

/**
 * Stops and removes everything that a lab of this name has on the machine, whoever started it: processes, mounts, namespaces, links,
 * control groups, the hosts' folders, its scratch folder, at last the claim. Throws, with the folder kept, when something is still mounted there.
 */
export async function removeLab(lab: string, { directory, scratch }: Pick<Claim, 'directory' | 'scratch'>): Promise<void> {
  await killGroup(labGroup(lab));
  const own = await bearsName(directory, lab);
  const homes = own ? (await readdir(directory)).filter((name) => HOST_FOLDER.test(name)).map((name) => join(directory, name)) : [];
  for (const home of homes) await discardVolatile(home);
  for (const namespace of await readdir('/run/netns').catch(() => [])) {
    if (namespace.startsWith(namespacePrefix(lab))) await run(['ip', 'netns', 'del', namespace]);
  }
  // The cable's other end went with its namespace, and this end with it, but not always at once.
  if ((await readdir('/sys/class/net')).includes(seatLink(lab))) await run(['ip', 'link', 'del', seatLink(lab)]).catch(() => undefined);
  await removeGroup(labGroup(lab));
  await removeFolders(directory, homes);
  if (own) {
    await rm(join(directory, MARKER), { force: true });
    // Stays when somebody put files of their own beside the hosts.
    await rmdir(directory).catch(() => undefined);
  }
  if (scratch !== undefined && (await bearsName(scratch, lab))) await removeFolders(scratch, [scratch]);
  await removeClaim(lab);
}

async function removeFolders(where: string, folders: readonly string[]): Promise<void> {
  if (folders.length === 0) return;
  const mounted = await mountsBelow(where);
  if (mounted.length > 0) throw new Error(`${where}: not removed, because ${mounted.join(', ')} is still mounted there`);
  await run(['rm', '-rf', '--one-file-system', '--', ...folders]);
}

const bearsName = async (folder: string, lab: string): Promise<boolean> => (await readFile(join(folder, MARKER), 'utf8').catch(() => undefined)) === lab;

/** Removes every lab whose process is dead, and gives their names. */
export async function removeDeadLabs(): Promise<string[]> {
  const removed: string[] = [];
  for (const claim of await readClaims()) {
    if (await isOwned(claim)) continue;
    await removeLab(claim.lab, claim);
    removed.push(claim.lab);
  }
  return removed;
}
