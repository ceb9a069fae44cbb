// How images of our registry are named: `address:port/repository:tag` or `…@sha256:…`. Pure; what is of another registry is not understood.

export interface ImageName {
  /** Without the registry's address, such as `services/quotes/quote`. */
  readonly repository: string;
  /** A tag, or `sha256:` and 64 hexadecimal digits. */
  readonly reference: string;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const REPOSITORY = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

export const isDigest = (text: string): boolean => DIGEST.test(text);
export const isRepository = (text: string): boolean => text.length <= 200 && REPOSITORY.test(text);

/** Where images of a service go. Teams may give services the same name, as long as they have no capacity. */
export const serviceRepository = (team: string, service: string): string => `services/${team}/${service}`;
/** Where versions of a layer go. */
export const layerRepository = (name: string): string => `layers/${name}`;

/** @returns undefined for an image that is not at this address, or is no image's name */
export function parseReference(reference: string, address: string): ImageName | undefined {
  if (!reference.startsWith(`${address}/`)) return undefined;
  const rest = reference.slice(address.length + 1);
  const [repository = '', digest] = rest.split('@', 2);
  if (digest !== undefined) return isRepository(untagged(repository)) && isDigest(digest) ? { repository: untagged(repository), reference: digest } : undefined;
  const [name = '', tag = 'latest'] = rest.split(':', 2);
  return isRepository(name) && TAG.test(tag) ? { repository: name, reference: tag } : undefined;
}

/** `name:tag@digest` means the digest. */
const untagged = (repository: string): string => repository.split(':', 1)[0]!;
