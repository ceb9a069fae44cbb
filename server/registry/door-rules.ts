// What may pass the registry's door: which call of the registry's API means which repository and which intent. Pure; whoever asks is checked
// elsewhere. What is not listed here does not pass: neither the catalogue nor deleting, which belongs to retention alone.
import { isRepository } from './references.ts';

export type Intent =
  /** `GET /v2/`: may I sign in? */
  | { readonly kind: 'ping' }
  | { readonly kind: 'pull'; readonly repository: string }
  /** `startsUpload`: bytes will follow. */
  | { readonly kind: 'push'; readonly repository: string; readonly startsUpload: boolean };

const NAMED = /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+(?:\/[^/]*)?)$/;
const METHODS: Readonly<Record<string, 'read' | 'write' | 'delete'>> = { GET: 'read', HEAD: 'read', POST: 'write', PUT: 'write', PATCH: 'write', DELETE: 'delete' };

/**
 * @param path without the query, as it came
 * @returns undefined when nothing of the kind passes
 */
export function intentOf(method: string, path: string): Intent | undefined {
  const means = METHODS[method];
  // An encoded slash or dot would mean something else to the registry than it does here.
  if (means === undefined || path.includes('%') || path.includes('..')) return undefined;
  if (path === '/v2/' || path === '/v2') return means === 'read' ? { kind: 'ping' } : undefined;
  const [, repository = '', part = '', rest = ''] = NAMED.exec(path) ?? [];
  if (!isRepository(repository)) return undefined;
  const isUpload = part === 'blobs' && (rest === 'uploads' || rest.startsWith('uploads/'));
  if (means === 'read') return isUpload ? { kind: 'push', repository, startsUpload: false } : part === 'tags' && rest !== 'list' ? undefined : { kind: 'pull', repository };
  // Giving an upload of one's own up deletes nothing that anybody has.
  if (means === 'delete') return isUpload ? { kind: 'push', repository, startsUpload: false } : undefined;
  if (part === 'tags') return undefined;
  return { kind: 'push', repository, startsUpload: isUpload && method !== 'PUT' };
}
