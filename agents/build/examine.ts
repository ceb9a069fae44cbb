// What a builder host needs: git always, the makers of lowest layers for those who send such layers. For the doctor; changes nothing.
import { access } from 'node:fs/promises';
import type { Check } from '../check.ts';
import type { AgentConfig } from '../config.ts';
import { memoryFolder } from './memory-folder.ts';
import { TINI } from './rootfs.ts';
import { runCommand } from './run.ts';

const LIMIT_MS = 5_000;
/** Program, where it may lie, and the layers that it is for. */
const MAKERS = [
  { name: 'tini', paths: [TINI], remedy: 'install tini; needed to build lowest layers such as minimal and debian' },
  { name: 'busybox', paths: ['/bin/busybox', '/usr/bin/busybox'], remedy: 'install busybox-static; needed to build the layer minimal' },
  { name: 'debootstrap', paths: ['/usr/sbin/debootstrap'], remedy: 'install debootstrap; needed to build the layer debian' },
] as const;

/** One finding for each thing that builds need; none where this host takes no builds. */
export async function examineBuilder(config: AgentConfig): Promise<Check[]> {
  if (config.builds === undefined) return [];
  return Promise.all([examineGit(config.builds.gitProtocols), examineMemory(config.stateDir), ...MAKERS.map(examineMaker)]);
}

async function examineGit(protocols: readonly string[]): Promise<Check> {
  const version = await runCommand({ args: ['git', '--version'], limitMs: LIMIT_MS }).catch(() => undefined);
  if (version === undefined) return { name: 'git', state: 'wrong', finding: 'this host should take builds and has no git', remedy: 'install git' };
  return { name: 'git', state: 'well', finding: `${version.trim()}; sources over ${protocols.join(', ')}` };
}

async function examineMemory(stateDir: string): Promise<Check> {
  const folder = await memoryFolder(stateDir).catch(() => undefined);
  if (folder !== undefined) return { name: 'secrets', state: 'well', finding: `secrets of builds lie in memory, at ${folder}` };
  return { name: 'secrets', state: 'wrong', finding: 'there is no file system in memory for secrets of builds', remedy: 'mount a tmpfs at /run or /dev/shm' };
}

async function examineMaker({ name, paths, remedy }: (typeof MAKERS)[number]): Promise<Check> {
  for (const path of paths) if (await access(path).then(() => true, () => false)) return { name, state: 'well', finding: path };
  return { name, state: 'doubtful', finding: 'is not installed', remedy };
}
