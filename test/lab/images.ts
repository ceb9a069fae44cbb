/**
 * Images for the lab without a registry: made from what is on this machine, kept on disk, loaded through an engine's API.
 * `firn/demo:1` is the pinned Node with the libraries that it links to and the demo service; `firn/busybox:1` is Debian's busybox-static.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { writeImageArchive, type ImageConfig, type ImageFile } from './image-archive.ts';
import { run } from './run.ts';

export interface LabImage {
  /** Name and tag, such as `firn/demo:1`. */
  readonly reference: string;
  /** `sha256:` and the digest of its configuration: the same on every engine. */
  readonly id: string;
  /** Archive on disk that `docker load` takes. */
  readonly archive: string;
}

/** Where archives are kept unless told otherwise: below the project, ignored by git. */
export const IMAGE_CACHE = fileURLToPath(new URL('../../.firn/images', import.meta.url));

const DEMO_SERVICE = fileURLToPath(new URL('demo-service.mjs', import.meta.url));
/** The pinned Node, whichever Node this process runs on. */
const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
const BUSYBOX = '/bin/busybox';
/** Counts changes of the archive's making itself, so that archives made the earlier way are not used. */
const RECIPE = 1;

/** The demo service's image; made when it is not in the cache (about a second). */
export async function demoImage(cache = IMAGE_CACHE): Promise<LabImage> {
  const node = await realpath(NODE);
  const libraries = await librariesOf(node);
  const files: ImageFile[] = [
    { path: '/usr/local/bin/node', mode: 0o755, from: { file: node } },
    ...libraries.map((path): ImageFile => ({ path, mode: 0o755, from: { file: path } })),
    { path: '/app/demo-service.mjs', mode: 0o644, from: { file: DEMO_SERVICE } },
    { path: '/etc/passwd', mode: 0o644, from: { text: 'root:x:0:0:root:/:/bin/false\n' } },
  ];
  return cached(cache, 'firn/demo:1', files, {
    Entrypoint: ['/usr/local/bin/node', '/app/demo-service.mjs'],
    Env: ['PATH=/usr/local/bin', 'PORT=8080', 'CPU_MS_PER_REQUEST=0'],
    ExposedPorts: { '8080/tcp': {} },
    StopSignal: 'SIGTERM',
  });
}

/** A shell and small tools in two megabytes, for tests of the lab itself. Its `wget` crashes (static glibc); `nc`, `httpd`, `ping` work. */
export async function busyboxImage(cache = IMAGE_CACHE): Promise<LabImage> {
  await stat(BUSYBOX).catch(() => {
    throw new Error(`${BUSYBOX}: not found; install Debian's busybox-static`);
  });
  const applets = (await run([BUSYBOX, '--list'])).split('\n').filter((applet) => applet !== '' && applet !== 'busybox');
  const files: ImageFile[] = [
    { path: '/bin/busybox', mode: 0o755, from: { file: BUSYBOX } },
    ...(await librariesOf(BUSYBOX)).map((path): ImageFile => ({ path, mode: 0o755, from: { file: path } })),
    ...applets.map((applet): ImageFile => ({ path: `/bin/${applet}`, mode: 0o777, from: { link: 'busybox' } })),
  ];
  return cached(cache, 'firn/busybox:1', files, { Cmd: ['/bin/sh'], Env: ['PATH=/bin'] });
}

/**
 * Loads images into engines, all engines at the same time, and skips what an engine has already.
 * Throws when an engine reports an error or ends up with another image than the archive's.
 */
export async function loadImages(socketPaths: readonly string[], images: readonly LabImage[]): Promise<void> {
  await Promise.all(
    socketPaths.map(async (socketPath) => {
      const docker = new Docker({ socketPath });
      for (const image of images) await load(docker, image);
    }),
  );
}

async function load(docker: Docker, image: LabImage): Promise<void> {
  const idOf = async (): Promise<string | undefined> => (await docker.getImage(image.reference).inspect().catch(() => undefined))?.Id;
  if ((await idOf()) === image.id) return;
  const answer = await docker.loadImage(createReadStream(image.archive, { highWaterMark: 1 << 20 }), { quiet: true });
  await new Promise<void>((resolve, reject) => docker.modem.followProgress(answer, (error) => (error ? reject(error) : resolve())));
  const found = await idOf();
  if (found !== image.id) throw new Error(`${image.reference}: the engine has ${found ?? 'no such image'} after loading ${image.id}`);
}

/** The archive for these inputs from the cache, or a new one. The cache's key is what the inputs look like, not their bytes: fast to check. */
async function cached(cache: string, reference: string, files: readonly ImageFile[], config: ImageConfig): Promise<LabImage> {
  const looks = await Promise.all(
    files.map(async (file) => {
      if (!('file' in file.from)) return [file.path, file.mode, file.from];
      const { size, mtimeMs } = await stat(file.from.file);
      return [file.path, file.mode, await realpath(file.from.file), size, mtimeMs];
    }),
  );
  const key = createHash('sha256').update(JSON.stringify([RECIPE, reference, config, looks])).digest('hex').slice(0, 16);
  const name = reference.replaceAll(/[^a-z0-9]+/g, '-');
  const archive = join(cache, `${name}-${key}.tar`);
  // The id is written after the archive: when it is there, the archive is whole.
  const known = await readFile(`${archive}.id`, 'utf8').catch(() => undefined);
  if (known !== undefined) return { reference, id: known, archive };
  await mkdir(cache, { recursive: true });
  const id = await writeImageArchive(archive, reference, files, config);
  const draft = `${archive}.${randomUUID()}`;
  await writeFile(draft, id);
  await rename(draft, `${archive}.id`);
  // Archives of other inputs are never asked for again, and each is as large as Node; so are seeds that hold them.
  const stale = (await readdir(cache)).filter((entry) => entry.startsWith('seed-') || (entry.startsWith(`${name}-`) && !entry.includes(key)));
  await Promise.all(stale.map((entry) => rm(join(cache, entry), { recursive: true, force: true })));
  return { reference, id, archive };
}

/** Paths of the libraries that a program links to, its loader included, as the dynamic loader finds them; none for a static program. */
async function librariesOf(program: string): Promise<string[]> {
  // Of a static program `ldd` says so and fails.
  const listing = await run(['ldd', program]).catch(() => '');
  // `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)` or, for the loader, `/lib64/ld-linux-x86-64.so.2 (0x...)`.
  return [...new Set([...listing.matchAll(/(?:=>\s+|^\s*)(\/\S+)\s+\(0x/gm)].map((match) => match[1] as string))];
}
