// What a build may be asked for: sources that no host could fetch, or that would carry a password into logs, are refused field by field.
import type { FieldError } from '../errors.ts';
import { InvalidError } from '../errors.ts';

const SCP_LIKE = /^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:(?!\/\/)[^\s]+$/;
const SCHEMES = ['https:', 'http:', 'ssh:', 'git:', 'file:'];
const ALLOWED_URLS = 'https://HOST/PATH, ssh://USER@HOST/PATH, USER@HOST:PATH, git://HOST/PATH or an absolute path';

/** @throws InvalidError naming every field that cannot be */
export function checkSource({ url, ref, path }: { readonly url: string; readonly ref: string; readonly path: string }): void {
  const errors: FieldError[] = [];
  const why = whyNotUrl(url);
  if (why !== null) errors.push({ field: 'url', value: withoutPassword(url), message: why, allowed: ALLOWED_URLS });
  if (ref.includes('..') || ref.includes('@{') || ref.includes('//') || ref.endsWith('/') || ref.endsWith('.lock') || hasControl(ref)) errors.push({ field: 'ref', value: ref, message: 'is no name that git takes', allowed: 'a branch, a tag or a commit' });
  if (path.startsWith('/') || path.split('/').includes('..') || path.includes('\\') || hasControl(path)) errors.push({ field: 'path', value: path, message: 'must be a folder inside of the repository', allowed: 'a relative path without ..' });
  if (errors.length > 0) throw new InvalidError('invalid-input', errors.map(({ field, value, message, allowed }) => `${field} is ${JSON.stringify(value)}: it ${message} (allowed: ${allowed}).`).join(' '), errors);
}

function whyNotUrl(url: string): string | null {
  if (hasControl(url) || url.includes(' ')) return 'has spaces or control characters';
  if (url.startsWith('-')) return 'would be taken for an option';
  if (url.startsWith('/') || SCP_LIKE.test(url)) return null;
  if (!URL.canParse(url)) return 'is no address of a git repository';
  const { protocol, password, username } = new URL(url);
  if (!SCHEMES.includes(protocol)) return `speaks ${protocol.slice(0, -1)}, which builders do not fetch over`;
  if (password !== '' || (username !== '' && protocol.startsWith('http'))) return 'holds a password or a token, and would be shown and logged: keep it as a secret of the team and name that in `credentials`';
  return null;
}

const hasControl = (text: string): boolean => /\p{Cc}/u.test(text);
/** As it may be repeated in an answer. */
const withoutPassword = (url: string): string => url.replace(/\/\/[^/@]*@/, '//…@');
