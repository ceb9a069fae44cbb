// What the server itself asks of the registry: which image a name means, whether it is there, and its deletion by digest. Takes repositories
// without the address; knows Docker's and OCI's manifests of one image, and says so where a name means several.
import { createHash } from 'node:crypto';
import { InvalidError, NotFoundError, UnavailableError } from '../errors.ts';
import { type ImageName, isDigest } from './references.ts';
import { type Answered, call, type Upstream } from './upstream.ts';

const MANIFESTS = ['application/vnd.docker.distribution.manifest.v2+json', 'application/vnd.oci.image.manifest.v1+json'];
const LISTS = ['application/vnd.docker.distribution.manifest.list.v2+json', 'application/vnd.oci.image.index.v1+json'];

/** What a name means now. */
export interface ResolvedImage {
  /** Of the manifest. */
  readonly digest: string;
  /** Of the image's configuration: the same on every engine. */
  readonly imageId: string;
  /** As Go names it: `amd64`, `arm64`. */
  readonly architecture: string;
  /** From the lowest. */
  readonly layers: readonly { readonly digest: string; readonly bytes: number }[];
}

/** @throws NotFoundError when there is no such image, InvalidError when it is none of one architecture, UnavailableError when the registry does not answer */
export async function resolveImage(upstream: Upstream, name: ImageName): Promise<ResolvedImage> {
  const answer = await call(upstream, { method: 'GET', path: manifestPath(name), headers: { accept: [...MANIFESTS, ...LISTS].join(', ') } });
  if (answer.status === 404) throw new NotFoundError('image-unknown', `The registry has no image ${said(name)}.`);
  expectOk(answer, name);
  const type = (answer.headers['content-type'] ?? '').split(';')[0]!.trim();
  if (LISTS.includes(type)) throw new InvalidError('image-list', `${said(name)} names images of several architectures: name the one to run by its digest.`);
  const digest = `sha256:${createHash('sha256').update(answer.body).digest('hex')}`;
  if (isDigest(name.reference) && digest !== name.reference) throw new InvalidError('digest-mismatch', `The registry gives ${digest} for ${said(name)}: its content is damaged or was changed.`);
  const manifest = JSON.parse(answer.body.toString('utf8')) as { readonly config?: { readonly digest?: string }; readonly layers?: readonly { readonly digest: string; readonly size: number }[] };
  const imageId = manifest.config?.digest;
  if (imageId === undefined || manifest.layers === undefined) throw new InvalidError('image-unreadable', `${said(name)} is no image of a kind that engines run (${type || 'no media type'}).`);
  const config = await call(upstream, { method: 'GET', path: `/v2/${name.repository}/blobs/${imageId}`, headers: {} });
  expectOk(config, name);
  const { architecture = 'unknown' } = JSON.parse(config.body.toString('utf8')) as { readonly architecture?: string };
  return { digest, imageId, architecture, layers: manifest.layers.map(({ digest: layer, size }) => ({ digest: layer, bytes: size })) };
}

/** @throws UnavailableError when the registry does not answer */
export async function isThere(upstream: Upstream, name: ImageName): Promise<boolean> {
  const answer = await call(upstream, { method: 'HEAD', path: manifestPath(name), headers: { accept: [...MANIFESTS, ...LISTS].join(', ') } });
  if (answer.status === 404) return false;
  expectOk(answer, name);
  return true;
}

/** Takes a manifest away, with every tag that names it; its layers go with the next collection. What is gone already is fine. */
export async function deleteManifest(upstream: Upstream, repository: string, digest: string): Promise<void> {
  const name = { repository, reference: digest };
  const answer = await call(upstream, { method: 'DELETE', path: manifestPath(name), headers: {} });
  if (answer.status !== 404) expectOk(answer, name);
}

/** @returns null when it answers, else why not, as a sentence */
export async function whyDown(upstream: Upstream, deadlineMs: number): Promise<string | null> {
  try {
    const { status } = await call(upstream, { method: 'GET', path: '/v2/', headers: {} }, deadlineMs);
    return status === 200 ? null : `The registry answers ${status}.`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const manifestPath = ({ repository, reference }: ImageName): string => `/v2/${repository}/manifests/${reference}`;
const said = ({ repository, reference }: ImageName): string => `${repository}${isDigest(reference) ? '@' : ':'}${reference}`;

function expectOk({ status }: Answered, name: ImageName): void {
  if (status < 200 || status > 299) throw new UnavailableError('registry-down', `The registry answers ${status} for ${said(name)}.`);
}
