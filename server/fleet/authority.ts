// The cluster's authority: made at the first need, its key in a file of its own (0600) beside the keys of secrets, and in no copy of the database.
// Signs hosts' certificates, the server's own and bundles of agents. Takes the data folder; a key that is lost or open to others is a refusal.
import { createPrivateKey, createPublicKey, sign, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Clock } from '../context.ts';
import { listCertificates } from '../db/certificates.ts';
import { readCluster } from '../db/cluster.ts';
import type { Store } from '../db/store.ts';
import { UnavailableError } from '../errors.ts';
import { fingerprintOf, type Issued, issueHost, issueServer, type Keyed, makeAuthority } from './ca.ts';

export interface Authority {
  /** @returns certificate of the authority, its fingerprint, and until when it holds. @throws UnavailableError when its key cannot be used */
  readonly own: () => Promise<{ readonly certificate: string; readonly sha256: string; readonly notAfter: number }>;
  /** @throws InvalidError `csr-invalid`, UnavailableError */
  readonly issueHost: (csr: string, hostId: string) => Promise<Issued & { readonly authority: string }>;
  /** With a key of its own, followed by the authority's certificate, as listeners show it. */
  readonly issueServer: () => Promise<Keyed & { readonly notAfter: number }>;
  /** Until when the certificate that listeners show now holds; null: none was asked for yet. */
  readonly serverNotAfter: () => number | null;
  /** ECDSA with SHA-256, base64. */
  readonly sign: (text: string) => Promise<string>;
  /** Names and addresses by which agents may call this server. */
  readonly names: () => readonly string[];
}

/** In the data folder: key and certificate, PEM, 0600. */
export const AUTHORITY_FILE = 'fleet-authority.pem';

export function openAuthority({ config, store, clock }: { readonly config: Config; readonly store: Store; readonly clock: Clock }): Authority {
  let opened: Promise<Keyed> | undefined;
  // A failure is not kept: whoever puts the key back need not restart the server.
  const keyed = () => (opened ??= openKeyed(config.dataDir, store, clock).catch((error: unknown) => { opened = undefined; throw error; }));
  const clusterId = async () => (await store.read(readCluster)).id;
  const names = () => serverNames(config);
  let serverNotAfter: number | null = null;
  return {
    names,
    serverNotAfter: () => serverNotAfter,
    async own() {
      const { certificate } = await keyed();
      return { certificate, sha256: fingerprintOf(certificate), notAfter: Date.parse(new X509Certificate(certificate).validTo) };
    },
    async issueHost(csr, hostId) {
      const authority = await keyed();
      return { ...(await issueHost(authority, { csr, hostId, clusterId: await clusterId(), now: clock.now(), days: config.hostCertificateDays })), authority: authority.certificate };
    },
    async issueServer() {
      const authority = await keyed();
      const { key, certificate, notAfter } = await issueServer(authority, { clusterId: await clusterId(), names: names(), now: clock.now() });
      serverNotAfter = notAfter;
      return { key, certificate: certificate + authority.certificate, notAfter };
    },
    async sign(text) {
      return sign('sha256', Buffer.from(text), (await keyed()).key).toString('base64');
    },
  };
}

async function openKeyed(dataDir: string, store: Store, clock: Clock): Promise<Keyed> {
  const file = join(dataDir, AUTHORITY_FILE);
  if (!existsSync(file)) {
    if ((await store.read(listCertificates)).length > 0) throw closed(`The fleet's authority ${file} is gone, and hosts trust it: put it back. An empty file there begins a new one, and every host has to join again.`);
    return await begin(file, store, clock);
  }
  const { mode, size } = statSync(file);
  if (size === 0) return await begin(file, store, clock);
  if ((mode & 0o077) !== 0) throw closed(`The fleet's authority ${file} can be read by others (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): make it 0600, and begin a new one if they may have read it.`);
  const text = readFileSync(file, 'utf8');
  const [key = ''] = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(text) ?? [];
  const [certificate = ''] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(text) ?? [];
  if (!belongTogether({ key, certificate })) throw closed(`${file} does not hold a certificate and its key: put it back as it was.`);
  return { key, certificate };
}

/** One file, there whole or not at all. */
async function begin(file: string, store: Store, clock: Clock): Promise<Keyed> {
  const made = await makeAuthority((await store.read(readCluster)).id, clock.now());
  const whole = `${file}.new`;
  writeFileSync(whole, made.key + made.certificate, { mode: 0o600 });
  renameSync(whole, file);
  return made;
}

function belongTogether({ key, certificate }: Keyed): boolean {
  try {
    return createPublicKey(createPrivateKey(key)).equals(new X509Certificate(certificate).publicKey);
  } catch {
    return false;
  }
}

/** As set; and always this machine's own, so that a server with one address needs no setting. */
function serverNames({ agentNames, agentUrl, agentListen, registryListen, registryAddress }: Config): string[] {
  const listened = /^(0\.0\.0\.0|::)$/.test(agentListen.host) ? Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter(({ address }) => !address.startsWith('fe80:')).map(({ address }) => address)) : [agentListen.host];
  const told = agentUrl === null ? [] : [new URL(agentUrl.replace(/^ws/, 'http')).hostname.replace(/^\[|\]$/g, '')];
  const door = registryListen === null || /^(0\.0\.0\.0|::)$/.test(registryListen.host) ? [] : [registryListen.host];
  const registry = registryAddress === null ? door : [registryAddress.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')];
  return [...new Set([...agentNames, ...told, ...listened, ...registry, 'localhost', '127.0.0.1', '::1'])];
}

const closed = (message: string): UnavailableError => new UnavailableError('authority-closed', message);
