/**
 * Control groups of a lab: every process of a host (engine, shims, agent, containers) is somewhere below `/firn-LAB/HOST`.
 * That membership is the proof that a process is ours, so nothing is ever killed by name or by a remembered id.
 * Works with cgroup v1 (one tree per controller) and v2 (one tree).
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const MOUNT = '/sys/fs/cgroup';
/** Controllers of v1 that accept processes without being set up first; one of them is enough to hold the host's own processes. */
const V1_HOLDERS = ['pids', 'freezer', 'devices'] as const;
const POLL_MS = 10;

/** The control group of a lab, as the kernel names it. */
export const labGroup = (lab: string): string => `/firn-${lab}`;

/** Parent of the containers of a host, as given to `dockerd --cgroup-parent`. */
export const hostGroup = (lab: string, host: string): string => `${labGroup(lab)}/${host}`;

/**
 * Makes the group that holds a host's own processes and gives its folder.
 * A leaf of its own, because with v2 a group that has children may not hold processes.
 */
export async function makeSystemGroup(lab: string, host: string): Promise<string> {
  const folder = join(holder(), hostGroup(lab, host), 'system');
  await mkdir(folder, { recursive: true });
  return folder;
}

/**
 * Checks that containers can be given CPU and memory limits, which with v2 needs the controllers on for groups below the root.
 * An engine would turn them on itself; in a container that is not allowed to, every start would fail later with a message about runc.
 */
export async function enableControllers(): Promise<void> {
  if (!isV2()) return;
  const control = join(MOUNT, 'cgroup.subtree_control');
  const enabled = (await readFile(control, 'utf8')).trim().split(' ');
  for (const controller of ['cpu', 'memory', 'pids']) {
    if (!enabled.includes(controller)) await writeFile(control, `+${controller}`);
  }
}

/** Process ids in a group and everything below it. */
export async function processesIn(group: string): Promise<Set<number>> {
  const folders = await foldersOf(group);
  const lists = await Promise.all(folders.map((folder) => readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '')));
  return new Set(lists.flatMap((list) => list.split('\n')).filter(Boolean).map(Number).filter((pid) => pid > 1));
}

/** Kills everything in a group, at once and again until nothing is left. Throws when something still lives at the deadline. */
export async function killGroup(group: string, deadlineMs = 10_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const pids = await processesIn(group);
    if (pids.size === 0) return;
    if (Date.now() > end) throw new Error(`${group}: processes ${[...pids].join(', ')} do not die within ${deadlineMs} ms`);
    for (const pid of pids) kill(pid);
    await delay(POLL_MS);
  }
}

/** Removes a group with everything below it; its processes must be dead. The kernel frees a group a moment after its last process. */
export async function removeGroup(group: string, deadlineMs = 5_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const folders = await foldersOf(group);
    if (folders.length === 0) return;
    if (Date.now() > end) throw new Error(`${group}: control groups ${folders.join(', ')} cannot be removed`);
    // Children come after their parents in the list, and must go first.
    for (const folder of folders.reverse()) await rmdir(folder).catch(() => undefined);
    await delay(POLL_MS);
  }
}

/** Every folder of a group, in every tree, parents first. */
async function foldersOf(group: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
    if (!entries) return;
    found.push(folder);
    for (const entry of entries) if (entry.isDirectory()) await visit(join(folder, entry.name));
  };
  for (const root of await roots()) await visit(join(root, group));
  return found;
}

const isV2 = (): boolean => existsSync(join(MOUNT, 'cgroup.controllers'));

async function roots(): Promise<string[]> {
  if (isV2()) return [MOUNT];
  const entries = await readdir(MOUNT, { withFileTypes: true });
  // `cpu,cpuacct` style mounts have links `cpu` and `cpuacct` beside them: following those would visit the same tree twice.
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(MOUNT, entry.name));
}

function holder(): string {
  if (isV2()) return MOUNT;
  const found = V1_HOLDERS.map((controller) => join(MOUNT, controller)).find((folder) => existsSync(join(folder, 'cgroup.procs')));
  if (!found) throw new Error(`${MOUNT}: none of the controllers ${V1_HOLDERS.join(', ')} is mounted; the lab needs control groups`);
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself between the list and the signal.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
