// Calls to the agents' listener beside the session: joining, fetching what builds and upgrades need. Over TLS it trusts this cluster's authority and
// no other, and shows the host's certificate. Says in a sentence what keeps it from the server; most of all whose clock is wrong.
import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestSecure } from 'node:https';
import { connect, type ConnectionOptions } from 'node:tls';
import { createHash, X509Certificate } from 'node:crypto';
import type { HostIdentity } from './identity-files.ts';
import { sentenceOf } from './log.ts';

/** What a TLS connection trusts and shows; absent: as the system does. */
export interface Tls {
  /** PEM. */
  readonly authority: string;
  readonly identity?: HostIdentity;
}

export interface ServerCall {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly tls?: Tls | undefined;
  readonly signal: AbortSignal;
}

const CONNECT_LIMIT_MS = 10_000;

/** @returns the answer, its body not read yet. Throws a sentence with the address when there is none */
export async function callServer({ method, url, headers = {}, body, tls, signal }: ServerCall): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const isSecure = url.startsWith('https:');
  const request = (isSecure ? requestSecure : requestPlain)(url, { method, headers, signal, agent: false, ...(isSecure ? tlsOptions(tls) : {}) }, resolve);
  request.once('error', reject);
  request.end(body);
  try {
    return await promise;
  } catch (error) {
    throw new Error(`${url}: the server cannot be reached: ${whyTls(error) ?? sentenceOf(error)}`, { cause: error });
  }
}

/** The whole body as text; at most `mostBytes`. */
export async function textOf(answer: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`the answer is larger than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What a host with this identity trusts and shows; undefined: it has none. */
export const tlsOf = (identity: HostIdentity | undefined): Tls | undefined => (identity === undefined ? undefined : { authority: identity.authority, identity });

/** Options for Node's TLS, also through `ws`. */
export function tlsOptions(tls: Tls | undefined): ConnectionOptions {
  if (tls === undefined) return {};
  return { ca: tls.authority, minVersion: 'TLSv1.2', ...(tls.identity === undefined ? {} : { key: tls.identity.key, cert: tls.identity.certificate }) };
}

/** The sentence for what TLS does not like; undefined for everything else. */
export function whyTls(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const clock = `this host's clock says ${new Date().toISOString()}`;
  switch (code) {
    case 'CERT_NOT_YET_VALID':
      return `the server's certificate is not valid yet, and ${clock}: set the clock (chrony, timedatectl)`;
    case 'CERT_HAS_EXPIRED':
      return `the server's certificate has expired, and ${clock}: set the clock, or restart the server if the clock is right`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the server's certificate is for another name or address: add the one that agents use to FIRN_AGENT_NAMES on the server (${sentenceOf(error)})`;
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return `the server's certificate was not signed by the authority that this host trusts (${code}): it is another server, or its authority was replaced; then join again`;
    default:
      return undefined;
  }
}

/** The server's authority by its fingerprint: what is shown counts only if its SHA-256 is the one of the join command. */
export interface FirstTrust {
  /** Hexadecimal; null: believe what is shown, because somebody said so. */
  readonly sha256: string | null;
}

/** @returns the authority, PEM. Throws when the server shows another one, or its own certificate was not signed by it */
export async function fetchAuthority(url: string, { sha256 }: FirstTrust, signal: AbortSignal): Promise<string> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host, port: Number(port || 443), rejectUnauthorized: false, timeout: CONNECT_LIMIT_MS, signal } as ConnectionOptions);
  socket.once('error', (error) => reject(new Error(`${url}: the server cannot be reached: ${sentenceOf(error)}`, { cause: error })));
  socket.once('timeout', () => reject(new Error(`${url}: the server cannot be reached: no answer within ${CONNECT_LIMIT_MS} ms`)));
  socket.once('secureConnect', () => {
    try {
      resolve(authorityShown(url, socket.getPeerCertificate(true), sha256));
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

interface Shown {
  readonly raw: Buffer;
  readonly issuerCertificate?: Shown;
}

function authorityShown(url: string, leaf: Shown, sha256: string | null): string {
  const authority = leaf.issuerCertificate?.raw;
  if (authority === undefined) throw new Error(`${url}: the server does not show its authority: it is no Firn server of this version`);
  const shown = createHash('sha256').update(authority).digest('hex');
  if (sha256 !== null && shown !== sha256.toLowerCase().replaceAll(':', '')) throw new Error(`${url}: the server's authority has the fingerprint ${shown}, and --ca-sha256 says ${sha256}: this is not the server that the join command came from, or its authority was replaced`);
  const certificate = new X509Certificate(authority);
  if (!new X509Certificate(leaf.raw).verify(certificate.publicKey)) throw new Error(`${url}: the server's certificate was not signed by the authority that it shows`);
  return certificate.toString();
}
