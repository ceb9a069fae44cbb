// Files of a replica (configuration, secrets) as the tar archive that Docker unpacks into a container. Contents are never logged.
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { ContainerFile } from './runtime.ts';

/**
 * An archive for the container's root folder: every file owned by root, with the mode that was asked. It names no folders: Docker makes the
 * ones that are missing, and those that exist keep the owner and mode that the image gave them.
 */
export async function packFiles(files: readonly ContainerFile[], nowMs: number): Promise<Buffer> {
  const archive = pack();
  const packed = buffer(archive);
  for (const { path, content, mode } of files) {
    archive.entry({ name: path.slice(1), mode, uid: 0, gid: 0, uname: 'root', gname: 'root', type: 'file', mtime: new Date(nowMs) }, Buffer.from(content, 'base64'));
  }
  archive.finalize();
  return packed;
}

/** What is wrong with the path of a file, or undefined: the archive must not be able to leave the container's root. */
export function whyNotPath(path: string): string | undefined {
  const parts = path.split('/').slice(1);
  const isPlain = path.startsWith('/') && parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'));
  return isPlain ? undefined : 'give the absolute path of a file, without . or .. in it';
}
