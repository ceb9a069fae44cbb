// The folders of addresses below /persist: which there are, and taking one away. Nothing else below it is ever listed or removed.
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isIPv4 } from 'node:net';

export interface HostFolders {
  list(): Promise<readonly { readonly path: string; readonly address: string }[]>;
  /** Rejects for anything that is no folder of an address. */
  remove(path: string): Promise<void>;
}

/** Folders below `persistDir`. */
export function openHostFolders(persistDir: string): HostFolders {
  return {
    async list() {
      const entries = await readdir(persistDir, { withFileTypes: true }).catch(() => []);
      return entries.flatMap((entry) => (entry.isDirectory() && isIPv4(entry.name) ? [{ path: join(persistDir, entry.name), address: entry.name }] : []));
    },
    async remove(path) {
      if (dirname(path) !== join(persistDir) || !isIPv4(basename(path))) throw new Error(`${path} is no folder of an address below ${persistDir}`);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** A host without a disk of its own. */
export const noHostFolders: HostFolders = { list: async () => [], remove: async () => undefined };
