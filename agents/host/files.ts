// Files of the host that a container sees: its /persist by address, and its /etc/resolv.conf.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerFiles } from '../docker/runtime.ts';
import { writeWhole } from '../ledger.ts';
import type { ReplicaSpec } from '../protocol.ts';

/** Makes the files for one container; may be repeated. */
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
    await writeWhole(resolvPath, dns.map((server) => `nameserver ${server}\n`).join(''), 0o644);
    return { persistPath, resolvPath };
  };
}
