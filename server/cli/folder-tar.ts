// A folder as a tar whose bytes follow from its content alone: sorted, without times and owners, so that the same folder is the same upload.
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { CliError } from './exit.ts';

/** @throws CliError for what is neither file, folder nor link, and for what cannot be read */
export function tarOf(folder: string): AsyncIterable<Uint8Array> {
  const pack = tar.pack();
  void addFolder(pack, folder, '')
    .then(() => pack.finalize())
    .catch((error: unknown) => pack.destroy(error instanceof Error ? error : new Error(String(error))));
  return pack as AsyncIterable<Uint8Array>;
}

async function addFolder(pack: tar.Pack, folder: string, inside: string): Promise<void> {
  for (const name of (await readdir(join(folder, inside))).sort()) {
    const path = join(inside, name);
    const file = join(folder, path);
    const info = await lstat(file);
    const header = { name: path, mtime: new Date(0), mode: (info.mode & 0o111) === 0 ? 0o644 : 0o755, uid: 0, gid: 0 };
    if (info.isDirectory()) {
      pack.entry({ ...header, name: `${path}/`, type: 'directory', mode: 0o755 });
      await addFolder(pack, folder, path);
    } else if (info.isSymbolicLink()) pack.entry({ ...header, type: 'symlink', linkname: await readlink(file) });
    else if (info.isFile()) await pipeline(createReadStream(file), pack.entry({ ...header, size: info.size }));
    else throw new CliError(`${file} is neither a file nor a folder nor a link: a layer brings nothing else.`);
  }
}
