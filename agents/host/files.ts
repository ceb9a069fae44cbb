// Files of the host that a container sees: its /persist by address, and its /etc/resolv.conf.
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, ContainerFiles } from '../docker/runtime.ts';
import { writeWhole } from '../ledger.ts';
import { sentenceOf, type Log } from '../log.ts';
import type { Assignment, ReplicaSpec } from '../protocol.ts';

/**
 * Makes the files for one container; may be repeated, also while it runs: it reads other name servers at once, without a restart. One that was made without any
 * has no file of ours, and gets them when it is made anew.
 */
export type PrepareFiles = (spec: Pick<ReplicaSpec, 'address' | 'dns'>) => Promise<ContainerFiles>;

/** Files below the agent's folders. */
export function openHostFiles(places: { readonly persistDir: string; readonly stateDir: string }): PrepareFiles {
  return async ({ address, dns }) => {
    const persistPath = join(places.persistDir, address);
    // Services link their relative `logs` folder to this one.
    await mkdir(join(persistPath, 'logs'), { recursive: true, mode: 0o755 });
    if (dns.length === 0) return { persistPath };
    // On its own networks Docker puts a resolver of the daemon between: names would stop resolving whenever the daemon is down,
    // and it needs iptables inside the container, which flat hosts may not have.
    const resolvPath = join(places.stateDir, 'resolv', `${address}.conf`);
    await writeInPlace(resolvPath, dns.map((server) => `nameserver ${server}\n`).join(''));
    return { persistPath, resolvPath };
  };
}

/** Files of what runs, once for each assignment; what cannot be written is tried again the next time. Never rejects. */
export function openRenewal(prepare: PrepareFiles, log: Log): (assignment: Assignment, containers: readonly Pick<Container, 'owner'>[]) => Promise<void> {
  let renewed: Assignment | undefined;
  return async (assignment, containers) => {
    if (renewed === assignment) return;
    const here = new Set(containers.map(({ owner }) => owner?.replicaId));
    try {
      for (const spec of assignment.replicas) if (spec.dns.length > 0 && here.has(spec.id)) await prepare(spec);
      renewed = assignment;
    } catch (error) {
      log.warn({ reason: sentenceOf(error) }, 'could not write name servers for what runs');
    }
  };
}

/** A container has the file itself, not its name: another file in its place would not be seen there. */
async function writeInPlace(file: string, text: string): Promise<void> {
  let handle;
  try {
    handle = await open(file, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await writeWhole(file, text, 0o644);
    return;
  }
  try {
    if ((await handle.readFile('utf8')) === text) return;
    await handle.write(text, 0);
    await handle.truncate(Buffer.byteLength(text));
    await handle.sync();
  } finally {
    await handle.close();
  }
}
