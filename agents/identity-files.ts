// Who this host is to TLS: its key, its certificate and the authority that it trusts, in one file that only root may read, there whole or not at
// all: a new certificate beside an old key would lock the host out.
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from './ledger.ts';
import { Identity } from './protocol.ts';

/** PEM each. */
export interface HostIdentity extends Identity {
  readonly key: string;
}

export interface IdentityStore {
  /** @returns undefined where this host has none. Throws when the file is there and cannot be one. */
  read(): Promise<HostIdentity | undefined>;
  write(identity: HostIdentity): Promise<void>;
}

const File = Identity.extend({ key: z.string().startsWith('-----BEGIN ') });

/** `identity.json` in the state folder, 0600. */
export function openIdentityFiles(stateDir: string): IdentityStore {
  const file = join(stateDir, 'identity.json');
  return {
    async read() {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
        throw error;
      });
      if (text === undefined) return undefined;
      const identity = File.safeParse(parseJson(text)).data;
      if (identity === undefined || !belongTogether(identity)) throw new Error(`${file}: is not a certificate with its key; remove it and credential.json, and join again (firn host rejoin prints the command)`);
      return identity;
    },
    write: (identity) => writeWhole(file, `${JSON.stringify(identity)}\n`, 0o600),
  };
}

/** Whether the certificate is of this key and was signed by the authority. */
export function belongTogether({ key, certificate, authority }: HostIdentity): boolean {
  try {
    const [own, by] = [new X509Certificate(certificate), new X509Certificate(authority)];
    return own.publicKey.equals(createPublicKey(createPrivateKey(key))) && own.verify(by.publicKey);
  } catch {
    return false;
  }
}

/** When the certificate begins and ends, in milliseconds since 1970. */
export function lifeOf({ certificate }: Pick<Identity, 'certificate'>): { readonly notBefore: number; readonly notAfter: number; readonly serial: string } {
  const { validFrom, validTo, serialNumber } = new X509Certificate(certificate);
  return { notBefore: Date.parse(validFrom), notAfter: Date.parse(validTo), serial: serialNumber.toLowerCase() };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
