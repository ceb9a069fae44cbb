// Lets this host's engine talk TLS with the cluster's registry: the authority that it trusts and the certificate that it shows go where engines look
// for them, a folder for each registry. Takes an address and the identity of now. A registry's files that a person put there are left alone.
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostIdentity } from './identity-files.ts';
import { writeWhole } from './ledger.ts';
import { sentenceOf, type Log } from './log.ts';

/** Where engines look unless they run without root. */
export const CERTS_DIR = '/etc/docker/certs.d';

/** Makes sure that the engine trusts a registry (`address:port`) and shows this host's certificate to it; never fails: the engine says what is missing. */
export type TrustRegistry = (registry: string) => Promise<void>;

/** Says that a folder of a registry is this agent's. Engines look at certificates and keys only. */
const MARKER = 'made-by-firn';

/** @param parts.identity of now; undefined: this host has none, and the engine is left as it is */
export function openRegistryTrust({ folder, identity, log }: { readonly folder: string; readonly identity: () => HostIdentity | undefined; readonly log: Log }): TrustRegistry {
  let failed = false;
  return async (registry) => {
    const own = identity();
    if (own === undefined || !/^[A-Za-z0-9[][A-Za-z0-9.:[\]-]{0,299}$/.test(registry)) return;
    try {
      await ensureFiles(join(folder, registry), own);
      failed = false;
    } catch (error) {
      if (!failed) log.warn({ registry, reason: sentenceOf(error) }, 'the engine could not be given the certificates of the registry; it may refuse it');
      failed = true;
    }
  };
}

async function ensureFiles(folder: string, { authority, certificate, key }: HostIdentity): Promise<void> {
  const marker = join(folder, MARKER);
  if ((await isThere(folder)) && !(await isThere(marker))) return;
  // Read each time: an upgrade of the engine or a person may have emptied it.
  if ((await textOf(join(folder, 'client.cert'))) === certificate && (await textOf(join(folder, 'ca.crt'))) === authority && (await textOf(join(folder, 'client.key'))) === key) return;
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await writeFile(marker, 'The agent of this host keeps these files as its own certificate is renewed.\n');
  await writeWhole(join(folder, 'ca.crt'), authority, 0o644);
  await writeWhole(join(folder, 'client.key'), key, 0o600);
  await writeWhole(join(folder, 'client.cert'), certificate, 0o644);
}

const isThere = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
