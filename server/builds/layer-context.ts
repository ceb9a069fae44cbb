// The folder of a layer, sent as a tar: kept on disk under its SHA-256, read once for what people see of it. Whatever could reach outside of the
// folder is refused here already; the builder unpacks with checks of its own.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { InvalidError } from '../errors.ts';

const MOST_CONTEXT_BYTES = 512 * 1024 * 1024;
/** Of layer.yaml and of each script. */
const MOST_TEXT_BYTES = 65_536;
const MOST_FILES = 20_000;
const SCRIPTS = ['layer.yaml', 'static.sh', 'runtime.sh'];
/** Longer than any upload of that size within a site takes. */
const DEADLINE_MS = 15 * 60_000;

/** What people and the queue need to know of a folder. */
export interface LayerContext {
  readonly sha256: string;
  readonly name: string;
  /** The layer below; null: it stands on nothing. */
  readonly from: string | null;
  /** `layer.yaml` as it is. */
  readonly definition: Record<string, unknown>;
  readonly staticScript: string | null;
  readonly runtimeScript: string | null;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const Definition = z.looseObject({ name: z.string().regex(NAME, 'must be a name of lower-case letters, digits and dashes'), from: z.string().regex(NAME, 'must be the name of a layer').optional(), rootfs: z.unknown().optional() });

const contextFile = (folder: string, sha256: string): string => join(folder, `${sha256}.tar`);

/**
 * Takes a tar as it comes in.
 * @throws InvalidError in a sentence: too large, no tar, a path that leads outside, no layer.yaml, a wrong field
 */
export async function takeContext(folder: string, body: ReadableStream<Uint8Array> | null, mostBytes = MOST_CONTEXT_BYTES): Promise<LayerContext> {
  if (body === null) throw bad('The body is empty: send the folder of the layer as a tar, such as `tar -C DIR -c .`.');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const incoming = join(folder, `incoming-${randomUUID()}`);
  try {
    const sha256 = await receive(body, incoming, mostBytes);
    const read = { sha256, ...(await readTar(incoming)) };
    await writeFile(indexFile(folder, sha256), JSON.stringify(read), { mode: 0o600 });
    await rename(incoming, contextFile(folder, sha256));
    return read;
  } finally {
    await rm(incoming, { force: true });
  }
}

const indexFile = (folder: string, sha256: string): string => join(folder, `${sha256}.json`);

/** What is known of a folder that was sent. Null when it is gone from the disk. */
export async function readContext(folder: string, sha256: string): Promise<LayerContext | null> {
  try {
    return JSON.parse(await readFile(indexFile(folder, sha256), 'utf8')) as LayerContext;
  } catch {
    return null;
  }
}

/** The tar, to be sent to a builder. @returns null when it is gone from the disk */
export async function openContextFile(folder: string, sha256: string): Promise<{ readonly stream: ReadableStream<Uint8Array>; readonly bytes: number } | null> {
  const path = contextFile(folder, sha256);
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? null : { stream: Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>, bytes: found.size };
}

async function receive(body: ReadableStream<Uint8Array>, path: string, mostBytes: number): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  const count = new Transform({
    transform(part: Buffer, _encoding, done) {
      hash.update(part);
      bytes += part.length;
      done(bytes > mostBytes ? bad(`The folder is larger than ${Math.floor(mostBytes / 1_048_576)} MiB, the most that a layer may bring: fetch large things in static.sh.`) : null, part);
    },
  });
  await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), count, createWriteStream(path, { mode: 0o600 }), { signal: AbortSignal.timeout(DEADLINE_MS) });
  return hash.digest('hex');
}

async function readTar(path: string): Promise<Omit<LayerContext, 'sha256'>> {
  const files: { path: string; bytes: number }[] = [];
  const texts = new Map<string, string>();
  const extract = tar.extract();
  // Not pipeline(): it destroys the archive when all is written, whether or not all was read.
  const source = createReadStream(path).once('error', (error) => extract.destroy(error));
  source.pipe(extract);
  try {
    for await (const entry of extract) {
      const { name, type, size, linkname } = entry.header;
      const clean = cleanPath(name, type ?? 'file', linkname ?? null);
      if (type === 'file') files.push({ path: clean, bytes: size });
      if (files.length > MOST_FILES) throw bad(`The tar has more than ${MOST_FILES} files.`);
      if (type === 'file' && SCRIPTS.includes(clean)) {
        if (size > MOST_TEXT_BYTES) throw bad(`${clean} is larger than ${MOST_TEXT_BYTES} bytes.`);
        const parts: Buffer[] = [];
        for await (const part of entry as AsyncIterable<Buffer>) parts.push(part);
        texts.set(clean, Buffer.concat(parts).toString('utf8'));
      } else entry.resume();
    }
  } catch (error) {
    if (error instanceof InvalidError) throw error;
    throw bad(`The body is no tar: ${error instanceof Error ? error.message : String(error)}. Send it as it is, not compressed.`);
  } finally {
    extract.destroy();
    source.destroy();
  }
  const text = texts.get('layer.yaml');
  if (text === undefined) throw bad('The tar has no layer.yaml at its root.');
  const definition = readDefinition(text);
  return { name: definition.name, from: definition.from ?? null, definition, staticScript: texts.get('static.sh') ?? null, runtimeScript: texts.get('runtime.sh') ?? null, files };
}

/** @throws InvalidError for whatever leads outside of the folder, or is no file, folder or link */
function cleanPath(name: string, type: string, linkName: string | null): string {
  const clean = name.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  if (clean.startsWith('/') || clean.split('/').includes('..')) throw bad(`The tar has the path ${JSON.stringify(name)}, which leads outside of the folder.`);
  if (!['file', 'directory', 'symlink', 'link', 'contiguous-file', 'pax-header', 'pax-global-header'].includes(type)) throw bad(`The tar has ${JSON.stringify(name)}, a ${type}: a layer brings files, folders and links.`);
  if (type === 'link' && linkName !== null && (linkName.startsWith('/') || linkName.split('/').includes('..'))) throw bad(`The tar has a hard link ${JSON.stringify(name)} to ${JSON.stringify(linkName)}, outside of the folder.`);
  return clean;
}

function readDefinition(text: string): z.infer<typeof Definition> {
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem !== undefined) {
    const { line, col } = problem.linePos?.[0] ?? { line: 1, col: 1 };
    throw bad(`layer.yaml:${line}:${col}: ${problem.message.split('\n')[0]!}`);
  }
  const parsed = Definition.safeParse(document.toJS());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw bad(`layer.yaml: ${issue!.path.join('.') || 'the file'} ${issue!.message}.`);
  }
  const { from, rootfs, name } = parsed.data;
  if ((from === undefined) === (rootfs === undefined)) throw bad('layer.yaml must say either `from`, the layer below, or `rootfs`, what it is made of.');
  if (from === name) throw bad(`layer.yaml: ${name} cannot stand on itself.`);
  return parsed.data;
}

const bad = (message: string): InvalidError => new InvalidError('layer-invalid', message, [{ field: 'body', value: null, message }]);
