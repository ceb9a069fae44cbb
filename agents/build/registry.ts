// Asks the registry what it has of an image that was pushed: its layers with their sizes, as it keeps them.
// Takes an address, a name, a digest, this host's credential and certificate. Speaks HTTPS; HTTP only where nobody said that the registry speaks TLS.
import { createHash } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { z } from 'zod';
import { callServer, textOf, type Tls } from '../call-server.ts';
import type { RegistryAuth } from './engine.ts';
import { causeOf, platformFailure } from './failure.ts';

const LIMIT_MS = 10_000;
/** As much as the registry itself takes. */
const MOST_BYTES = 4 * 1024 * 1024;
const KINDS = ['application/vnd.docker.distribution.manifest.v2+json', 'application/vnd.oci.image.manifest.v1+json'];

const Manifest = z.object({
  config: z.object({ digest: z.string(), size: z.number() }),
  layers: z.array(z.object({ digest: z.string(), size: z.number() })),
});

/** How this host speaks to the registry. */
export interface RegistryAccess {
  readonly auth: RegistryAuth;
  /** Undefined: this host has no certificate. */
  readonly tls: Tls | undefined;
  /** The registry is known to speak TLS: the credential is not given to anything else at its address. */
  readonly isSecure: boolean;
}

export interface PushedManifest {
  readonly configDigest: string;
  readonly configBytes: number;
  readonly manifestBytes: number;
  /** From the lowest. */
  readonly layers: readonly { readonly digest: string; readonly bytes: number }[];
}

/** `address:port` and the name below it. */
export function splitRepository(repository: string): { address: string; name: string } {
  const slash = repository.indexOf('/');
  return slash < 0 ? { address: '', name: repository } : { address: repository.slice(0, slash), name: repository.slice(slash + 1) };
}

/** What the registry has under that digest; checked against it. Throws a sentence when it is not there or not what it should be. */
export async function readManifest(repository: string, digest: string, access: RegistryAccess, signal: AbortSignal): Promise<PushedManifest> {
  const { address, name } = splitRepository(repository);
  const text = await ask(address, `/v2/${name}/manifests/${digest}`, access, signal);
  if (`sha256:${createHash('sha256').update(text).digest('hex')}` !== digest) throw platformFailure(`registry ${address}: gave another manifest than ${digest}`);
  const manifest = Manifest.safeParse(JSON.parse(text));
  if (!manifest.success) throw platformFailure(`registry ${address}: the manifest of ${name} cannot be understood`);
  const { config, layers } = manifest.data;
  return { configDigest: config.digest, configBytes: config.size, manifestBytes: Buffer.byteLength(text), layers: layers.map((layer) => ({ digest: layer.digest, bytes: layer.size })) };
}

async function ask(address: string, path: string, { auth, tls, isSecure }: RegistryAccess, signal: AbortSignal): Promise<string> {
  const headers = { accept: KINDS.join(', '), authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` };
  let failure: unknown;
  // A proxy in front of the registry may have a certificate of an authority that everybody trusts.
  const trusted = tls === undefined ? undefined : { ...tls, authority: [tls.authority, ...rootCertificates].join('\n') };
  for (const scheme of isSecure && tls !== undefined ? ['https'] : ['https', 'http']) {
    try {
      const answer = await callServer({ method: 'GET', url: `${scheme}://${address}${path}`, headers, tls: trusted, signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]) });
      const text = await textOf(answer, MOST_BYTES);
      if (answer.statusCode === 200) return text;
      throw platformFailure(`registry ${address}: answered ${answer.statusCode} for ${path}`);
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
  }
  if (failure instanceof Error && failure.name === 'BuildFailure') throw failure;
  throw platformFailure(`registry ${address}: cannot be reached: ${causeOf(failure)}`, failure);
}
