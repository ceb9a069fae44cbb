/**
 * A disk that has become slow for what a host itself runs: its engine and its agent. Containers' own reads and writes are left alone.
 * Takes a lab's host and the folder whose disk it is; gives what ends it. The kernel's own limit of a control group, with v1 and with v2.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hostGroup, processesIn } from './cgroups.ts';

const MOUNT = '/sys/fs/cgroup';
const V1 = join(MOUNT, 'blkio');

/** Why this machine cannot slow the disk of a folder; undefined when it can. */
export async function whyNoSlowDisk(folder: string): Promise<string | undefined> {
  const isThere = existsSync(V1) ? existsSync(join(V1, 'blkio.throttle.write_iops_device')) : (await readFile(join(MOUNT, 'cgroup.subtree_control'), 'utf8').catch(() => '')).split(/\s/).includes('io');
  if (!isThere) return 'the kernel limits no control group\'s use of disks';
  return (await diskOf(folder)) === undefined ? `${folder} is on no disk of its own` : undefined;
}

/**
 * At most so many reads and so many writes a second, from now until it is disposed of. What is started later is not slow.
 * Throws where `whyNoSlowDisk` has a reason.
 */
export async function slowDisk(lab: string, host: string, folder: string, perSecond: number): Promise<AsyncDisposable> {
  const disk = await diskOf(folder);
  if (disk === undefined) throw new Error(`${folder}: on no disk of its own`);
  const group = `${hostGroup(lab, host)}/system`;
  if (!existsSync(V1)) {
    // The group holds these processes already; a group below gets a controller from each that it is in.
    for (let at = dirname(group); at !== '/'; at = dirname(at)) await writeFile(join(MOUNT, at, 'cgroup.subtree_control'), '+io');
    const limit = join(MOUNT, group, 'io.max');
    await writeFile(limit, `${disk} riops=${perSecond} wiops=${perSecond}`);
    return { [Symbol.asyncDispose]: () => writeFile(limit, `${disk} riops=max wiops=max`) };
  }
  const home = join(V1, group);
  await mkdir(home, { recursive: true });
  const set = async (most: number): Promise<void> => {
    for (const kind of ['read', 'write']) await writeFile(join(home, `blkio.throttle.${kind}_iops_device`), `${disk} ${most}`);
  };
  await set(perSecond);
  for (const pid of await processesIn(group)) await writeFile(join(home, 'cgroup.procs'), String(pid)).catch(() => undefined);
  // Zero is no limit.
  return { [Symbol.asyncDispose]: () => set(0) };
}

/** `major:minor` of the whole disk below a folder; undefined where there is none that could be limited (a container's overlay, memory). */
async function diskOf(folder: string): Promise<string | undefined> {
  const { dev } = await stat(folder);
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const device = await realpath(`/sys/dev/block/${major}:${minor}`).catch(() => undefined);
  if (device === undefined) return undefined;
  const whole = existsSync(join(device, 'partition')) ? dirname(device) : device;
  return (await readFile(join(whole, 'dev'), 'utf8')).trim();
}
