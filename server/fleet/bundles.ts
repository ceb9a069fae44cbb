// Agents that hosts can be given: the one of this server's own build, and files that operators put beside it (`agents/agent-VERSION.js` in the data
// folder). Read when somebody asks; a file counts by its content. Gives rows and bytes, signed by the authority.
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { upgradeText } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { type BundleRow, insertBundle } from '../db/agent-upgrades.ts';
import { readCluster } from '../db/cluster.ts';
import { VERSION } from '../version.ts';
import { byVersion } from './versions.ts';

export interface Bundle extends BundleRow {
  readonly file: string;
}

const OWN = fileURLToPath(new URL('../../dist/agent/main.js', import.meta.url));
const MOST_BYTES = 64 * 1024 * 1024;
/** By file, size and time: the same file is read once. */
const known = new Map<string, Pick<Bundle, 'sha256' | 'bytes'>>();

export const bundlesFolder = (dataDir: string): string => join(dataDir, 'agents');

/** Every bundle that is there now, the newest version first and this server's own before others of its version. */
export async function findBundles({ config, store }: Pick<Context, 'config' | 'store'>): Promise<Bundle[]> {
  const folder = bundlesFolder(config.dataDir);
  const names = await readdir(folder).catch(() => []);
  const added = names.flatMap((name) => {
    const [, version] = /^agent-(\d+\.\d+\.\d+[a-z0-9.-]*)\.js$/.exec(name) ?? [];
    return version === undefined ? [] : [{ file: join(folder, name), version, source: 'added' as const }];
  });
  const found = (await Promise.all([{ file: OWN, version: VERSION, source: 'server' as const }, ...added].map(describe))).filter((bundle) => bundle !== undefined);
  if (found.length > 0) await store.tx(async (tx) => { for (const { file: _, ...row } of found) await insertBundle(tx, row); });
  return found.sort((one, other) => byVersion(one.version, other.version) || (one.source === 'server' ? -1 : 1));
}

async function describe({ file, version, source }: Pick<Bundle, 'file' | 'version' | 'source'>): Promise<Bundle | undefined> {
  const facts = await stat(file).catch(() => undefined);
  if (facts === undefined || !facts.isFile() || facts.size > MOST_BYTES) return undefined;
  const key = `${file} ${facts.size} ${facts.mtimeMs}`;
  const seen = known.get(key) ?? (await digestFile(file));
  known.set(key, seen);
  return { ...seen, file, version, source, addedAt: Math.round(facts.mtimeMs) };
}

async function digestFile(file: string): Promise<Pick<Bundle, 'sha256' | 'bytes'>> {
  const bytes = await readFile(file);
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}

/** Of a bundle of this cluster, base64. @throws UnavailableError when the authority's key cannot be used */
export async function signBundle({ authority, store }: Pick<Context, 'authority' | 'store'>, bundle: Pick<Bundle, 'version' | 'sha256' | 'bytes'>): Promise<string> {
  return await authority.sign(upgradeText((await store.read(readCluster)).id, bundle));
}
