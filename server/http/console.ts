// The built console from one folder: files by name, and the page itself for every other path (its router decides).
// Files with a hash in their name are kept by browsers for a year, the page is asked for each time. Nothing outside the
// folder can be named. The page's own inline scripts, if the build makes any, are let through by their hash alone.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const COMPRESSIBLE = new Set(['.html', '.js', '.mjs', '.css', '.json', '.map', '.svg', '.webmanifest', '.txt']);
/** Smaller files gain nothing. */
const LEAST_BYTES_TO_COMPRESS = 1024;
/** Vite puts what it hashes into `assets/`: `assets/index-Ck3b9_aZ.js`. */
const HASHED = /^assets\/.*-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

const compressBr = promisify(brotliCompress);
const compressGzip = promisify(gzip);

interface StoredFile {
  readonly mtimeMs: number;
  readonly body: Buffer<ArrayBuffer>;
  readonly etag: string;
  readonly encoded: Map<string, Buffer<ArrayBuffer>>;
  /** Sources of inline scripts, for the page's policy. */
  readonly scriptHashes: readonly string[];
}

export interface StaticFiles {
  /** The file at this URL path, or null when the folder has none. HEAD and 304 are the caller's `headers` to ask for. */
  file(path: string, headers: Headers): Promise<Response | null>;
  /** The page for a path that is no file; a plain sentence when the console is not built. */
  page(headers: Headers): Promise<Response>;
}

/** Serves a folder. `csp` is given the page's inline scripts as CSP sources. */
export function staticFiles(folder: string, csp: (scriptSources: readonly string[]) => string): StaticFiles {
  const stored = new Map<string, StoredFile>();

  const load = async (name: string): Promise<StoredFile | null> => {
    const path = join(folder, name);
    const info = await stat(path).catch(() => null);
    if (info === null || !info.isFile()) return null;
    const known = stored.get(name);
    if (known !== undefined && known.mtimeMs === info.mtimeMs) return known;
    const body = await readFile(path);
    const scriptHashes = name.endsWith('.html') ? inlineScripts(body.toString()) : [];
    const fresh = { mtimeMs: info.mtimeMs, body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`, encoded: new Map(), scriptHashes };
    stored.set(name, fresh);
    return fresh;
  };

  const respond = async (name: string, file: StoredFile, headers: Headers): Promise<Response> => {
    const extension = extname(name);
    const page = extension === '.html';
    const answer = new Headers({ 'content-type': TYPES[extension] ?? 'application/octet-stream', etag: file.etag, vary: 'accept-encoding' });
    answer.set('cache-control', HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache');
    if (page) answer.set('content-security-policy', csp(file.scriptHashes));
    if (headers.get('if-none-match')?.includes(file.etag) === true) return new Response(null, { status: 304, headers: answer });
    const encoding = COMPRESSIBLE.has(extension) && file.body.length >= LEAST_BYTES_TO_COMPRESS ? preferred(headers.get('accept-encoding')) : null;
    if (encoding === null) return new Response(file.body, { headers: answer });
    answer.set('content-encoding', encoding);
    let encoded = file.encoded.get(encoding);
    if (encoded === undefined) file.encoded.set(encoding, (encoded = await compress(encoding, file.body)));
    return new Response(encoded, { headers: answer });
  };

  return {
    file: async (path, headers) => {
      const name = safeName(path);
      const file = name === null ? null : await load(name);
      return name === null || file === null ? null : respond(name, file, headers);
    },
    page: async (headers) => {
      const file = await load('index.html');
      if (file !== null) return respond('index.html', file, headers);
      return new Response('The console is not built yet: run `npm run build`. The API is at /docs.\n', { status: 503, headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '5' } });
    },
  };
}

/** A file's name within the folder; null for a path that leaves it or names a hidden file. */
function safeName(path: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return null;
  }
  const name = normalize(decoded).replace(/^[/\\]+/, '');
  if (name === '' || name === '.' || name.endsWith('/') || decoded.includes('\0')) return null;
  return name.split(sep).some((part) => part.startsWith('.')) ? null : name;
}

function preferred(accept: string | null): 'br' | 'gzip' | null {
  const offered = (accept ?? '').split(',').map((part) => part.trim().toLowerCase());
  const takes = (name: string) => offered.some((part) => part.split(';')[0] === name && !/;q=0(\.0*)?$/.test(part));
  if (takes('br')) return 'br';
  return takes('gzip') ? 'gzip' : null;
}

async function compress(encoding: 'br' | 'gzip', body: Buffer): Promise<Buffer<ArrayBuffer>> {
  return encoding === 'gzip' ? compressGzip(body) : compressBr(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
}

const inlineScripts = (html: string): string[] =>
  [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)]
    .filter((match) => (match[1] ?? '').trim() !== '')
    .map((match) => `'sha256-${createHash('sha256').update(match[1] ?? '').digest('base64')}'`);
