// Makes certificates: the authority's own, the server's, and those of hosts from their requests. Takes keys and instants, gives PEM; keeps
// nothing and knows no folder. The library is loaded at the first call, because a server that speaks no TLS needs none of it.
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { InvalidError } from '../errors.ts';

/** A certificate and the key that belongs to it, PEM. */
export interface Keyed {
  readonly certificate: string;
  readonly key: string;
}

export interface Issued {
  readonly certificate: string;
  /** Hexadecimal, lower case. */
  readonly serial: string;
  /** Of the certificate, DER. */
  readonly sha256: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Clocks of hosts are wrong by minutes, and time zones by an hour: certificates begin before they are made. */
const BACKDATE_MS = HOUR_MS;
const AUTHORITY_DAYS = 3_650;
export const SERVER_DAYS = 90;
export const HOST_DAYS = 30;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const CLIENT_USE = '1.3.6.1.5.5.7.3.2';
const SERVER_USE = '1.3.6.1.5.5.7.3.1';

async function load() {
  await import('reflect-metadata');
  return await import('@peculiar/x509');
}

/** The authority of a cluster: it signs hosts and the server, and no other authority. */
export async function makeAuthority(clusterId: string, now: number): Promise<Keyed> {
  const x509 = await load();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: ['Firn fleet authority'] }, { O: [clusterId] }],
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + AUTHORITY_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate.toString('pem')), key: await exportKey(keys.privateKey) };
}

/** A certificate for this server's listeners, with a key of its own. @param names host names and addresses by which it is called */
export async function issueServer(authority: Keyed, { clusterId, names, now }: { readonly clusterId: string; readonly names: readonly string[]; readonly now: number }): Promise<Keyed & Issued> {
  const x509 = await load();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const subjectNames = new x509.SubjectAlternativeNameExtension(names.map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name })));
  const issued = await issue(authority, { publicKey: keys.publicKey, subject: [{ CN: ['firn-server'] }, { O: [clusterId] }], use: SERVER_USE, more: [subjectNames], now, days: SERVER_DAYS });
  return { ...issued, key: await exportKey(keys.privateKey) };
}

/**
 * A certificate for a host. Of the request only the key counts, and that its sender has it: who the host is says the server.
 * @throws InvalidError `csr-invalid` when it is no request, its signature does not fit, or its key is of another kind
 */
export async function issueHost(authority: Keyed, { csr, hostId, clusterId, now, days = HOST_DAYS }: { readonly csr: string; readonly hostId: string; readonly clusterId: string; readonly now: number; readonly days?: number }): Promise<Issued> {
  const x509 = await load();
  let request;
  try {
    request = new x509.Pkcs10CertificateRequest(csr);
  } catch (error) {
    throw refused(`is not a certificate request: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  const { name, namedCurve } = request.publicKey.algorithm as { name: string; namedCurve?: string };
  if (name !== 'ECDSA' || namedCurve !== 'P-256') throw refused(`has a key of the kind ${name}${namedCurve === undefined ? '' : ` ${namedCurve}`}`);
  if (!(await request.verify().catch(() => false))) throw refused('is not signed with its own key');
  return await issue(authority, { publicKey: request.publicKey, subject: [{ CN: [hostId] }, { O: [clusterId] }], use: CLIENT_USE, more: [], now, days });
}

/** SHA-256 of a certificate, DER, hexadecimal: what join commands carry. */
export const fingerprintOf = (certificate: string): string => new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();

type X509 = Awaited<ReturnType<typeof load>>;
interface Wish {
  readonly publicKey: ConstructorParameters<X509['PublicKey']>[0] | InstanceType<X509['PublicKey']> | webcrypto.CryptoKey;
  readonly subject: { CN?: string[]; O?: string[] }[];
  readonly use: string;
  readonly more: readonly InstanceType<X509['Extension']>[];
  readonly now: number;
  readonly days: number;
}

async function issue(authority: Keyed, { publicKey, subject, use, more, now, days }: Wish): Promise<Issued> {
  const x509 = await load();
  const own = new x509.X509Certificate(authority.certificate);
  const [notBefore, notAfter] = [now - BACKDATE_MS, Math.min(now + days * DAY_MS, own.notAfter.getTime())];
  const serial = newSerial();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject,
    issuer: own.subject,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    signingAlgorithm: ALGORITHM,
    signingKey: await importKey(authority.key),
    publicKey: publicKey as webcrypto.CryptoKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([use], false),
      await x509.AuthorityKeyIdentifierExtension.create(own.publicKey),
      ...more,
    ],
  });
  const text = pem(certificate.toString('pem'));
  return { certificate: text, serial, sha256: fingerprintOf(text), notBefore, notAfter };
}

/** Positive, 16 bytes, never shorter, so that it reads the same everywhere. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

const pem = (text: string): string => `${text.trim()}\n`;

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replaceAll(/.{1,64}/g, '$&\n')}-----END PRIVATE KEY-----\n`;
}

async function importKey(key: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(key.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  return await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

const refused = (message: string, cause?: unknown): InvalidError => Object.assign(new InvalidError('csr-invalid', `csr ${message} (allowed: PKCS#10 with an ECDSA P-256 key).`, [{ field: 'csr', value: undefined, message, allowed: 'PKCS#10 with an ECDSA P-256 key' }]), { cause });
