// The file system of a lowest layer, made on the builder host: busybox with its applets, or a minimal Debian by debootstrap.
// Takes what layer.yaml names; gives an archive with owners and modes as they are. Device nodes are left out: the engine makes them.
import { chmod, copyFile, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildFailure, platformFailure } from './failure.ts';
import type { Rootfs } from './layer-yaml.ts';
import { CommandFailure, runCommand } from './run.ts';
import type { Work } from './work.ts';

/** Debian's tini-static: PID 1 of every container of these layers. */
export const TINI = '/usr/bin/tini-static';
const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'];
const PACK_LIMIT_MS = 600_000;
const FOLDERS = ['bin', 'dev', 'etc', 'proc', 'root', 'run', 'sys', 'usr/bin', 'var/log'];

/** Writes the archive. Throws a sentence that names what the builder host lacks. */
export async function makeRootfs(work: Work, rootfs: Rootfs, archive: string): Promise<void> {
  const folder = join(work.folder, 'rootfs');
  if (rootfs.kind === 'busybox') await makeBusybox(work, folder);
  else await makeDebian(work, rootfs, folder);
  await chmod(folder, 0o755);
  await runCommand({ args: ['tar', '-C', folder, '--sort=name', '--numeric-owner', '--exclude=./dev/*', '--exclude=./proc/*', '--exclude=./sys/*', '-cf', archive, '.'], limitMs: PACK_LIMIT_MS, signal: work.signal });
  await rm(folder, { recursive: true, force: true });
}

async function makeBusybox(work: Work, folder: string): Promise<void> {
  const busybox = await firstThere(BUSYBOX);
  if (busybox === undefined) throw platformFailure("rootfs: this builder has no busybox; install Debian's package busybox-static");
  for (const path of FOLDERS) await mkdir(join(folder, path), { recursive: true, mode: 0o755 });
  await mkdir(join(folder, 'tmp'));
  await chmod(join(folder, 'tmp'), 0o1777);
  await copyFile(busybox, join(folder, 'bin/busybox'));
  await chmod(join(folder, 'bin/busybox'), 0o755);
  const applets = (await runCommand({ args: [busybox, '--list'], limitMs: 10_000, signal: work.signal })).split('\n').filter((applet) => /^[\w[.-]+$/.test(applet) && applet !== 'busybox');
  for (const applet of applets) await symlink('busybox', join(folder, 'bin', applet));
  // Scripts say `#!/usr/bin/env`.
  await symlink('/bin/busybox', join(folder, 'usr/bin/env'));
  await writeFile(join(folder, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n');
  await writeFile(join(folder, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n');
}

async function makeDebian(work: Work, rootfs: Extract<Rootfs, { kind: 'debootstrap' }>, folder: string): Promise<void> {
  if ((await firstThere(['/usr/sbin/debootstrap'])) === undefined) throw platformFailure("rootfs: this builder has no debootstrap; install Debian's package debootstrap");
  if (!work.order.network) throw new BuildFailure('rootfs: debootstrap fetches packages from the network, which this build may not use');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const include = rootfs.packages.length === 0 ? [] : [`--include=${rootfs.packages.join(',')}`];
  const args = ['debootstrap', '--variant=minbase', ...include, rootfs.suite, folder];
  try {
    await runCommand({ args, limitMs: work.order.limits.seconds * 1000, signal: work.signal, env: { HOME: '/root', DEBIAN_FRONTEND: 'noninteractive' }, onOutput: (text) => work.write(text) });
  } catch (error) {
    if (error instanceof CommandFailure) throw new BuildFailure(`rootfs: debootstrap of ${rootfs.suite} failed: ${error.said.trim().split('\n').at(-1) ?? error.message}`, false, error);
    throw error;
  }
  // What only installing needs.
  for (const path of ['var/cache/apt/archives', 'var/lib/apt/lists', 'var/log/bootstrap.log', 'debootstrap']) await rm(join(folder, path), { recursive: true, force: true });
  for (const path of ['var/cache/apt/archives/partial', 'var/lib/apt/lists/partial']) await mkdir(join(folder, path), { recursive: true });
}

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await stat(path).then(() => true, () => false)) return path;
  return undefined;
}
