// The service's image: the runtime layer's image, one more layer, and what to start. Pure but for the archive's writing.
// Everything in it follows from commit, firn.yaml and lower layers, so the same of them give the same bytes and the same id everywhere.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Header, type Pack } from 'tar-stream';
import type { ServiceSpec } from '../protocol.ts';
import type { BaseImage } from './engine.ts';
import type { LayerTar } from './layer-tar.ts';
import { readTar } from './read-tar.ts';

/** Where the service lies in its image, without the slash. */
export const SERVICE_FOLDER = 'app';
/** Labels of images. Containers inherit them, so none of them may be one of the agent's own. */
export const IMAGE_LABELS = {
  commit: 'io.firn.image.commit',
  service: 'io.firn.image.service',
  layer: 'io.firn.image.layer',
  spec: 'io.firn.image.spec',
  /** Of layers: how many are below, for the order of their dynamic parts. */
  depth: 'io.firn.image.depth',
} as const;

export interface ImageParts {
  readonly base: BaseImage;
  readonly layerName: string;
  readonly layer: LayerTar;
  readonly spec: ServiceSpec;
  readonly service: string;
  readonly commit: string;
  readonly committedSeconds: number;
}

export interface ImageConfiguration {
  /** The bytes that the id is the hash of. */
  readonly json: string;
  /** `sha256:...` */
  readonly imageId: string;
  readonly diffIds: readonly string[];
}

/** The image's configuration. The lower layers' init stays PID 1: only what it starts is ours. */
export function imageConfiguration(parts: ImageParts): ImageConfiguration {
  const { base, layer, spec } = parts;
  const created = new Date(parts.committedSeconds * 1000).toISOString();
  const diffIds = [...base.diffIds, layer.diffId];
  const json = JSON.stringify({
    architecture: base.architecture,
    ...(base.variant === undefined ? {} : { variant: base.variant }),
    os: base.os,
    created,
    config: {
      ...(base.user === '' ? {} : { User: base.user }),
      ExposedPorts: { [`${spec.port}/tcp`]: {} },
      Env: mergeEnv(base.env, { PORT: String(spec.port), ...spec.env }),
      ...(base.entrypoint.length === 0 ? {} : { Entrypoint: base.entrypoint }),
      Cmd: spec.start,
      WorkingDir: `/${SERVICE_FOLDER}`,
      Labels: sorted({
        ...base.labels,
        [IMAGE_LABELS.commit]: parts.commit,
        [IMAGE_LABELS.service]: parts.service,
        [IMAGE_LABELS.layer]: parts.layerName,
        [IMAGE_LABELS.spec]: JSON.stringify(spec),
      }),
    },
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: [
      ...base.diffIds.map((_, index) => ({ created: base.created, created_by: `firn layer ${parts.layerName} (${index + 1} of ${base.diffIds.length})` })),
      { created, created_by: `firn build ${parts.commit}`, comment: parts.service },
    ],
  });
  return { json, imageId: `sha256:${createHash('sha256').update(json).digest('hex')}`, diffIds };
}

/** Variables of the lower layers in their order, ours by name after them; ours win. */
function mergeEnv(base: readonly string[], ours: Readonly<Record<string, string>>): string[] {
  const kept = base.filter((line) => !((line.split('=')[0] ?? '') in ours));
  return [...kept, ...Object.entries(sorted(ours)).map(([name, value]) => `${name}=${value}`)];
}

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> => Object.fromEntries(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));

const nameOf = (diffId: string): string => `${diffId.replace('sha256:', '')}/layer.tar`;
const configName = (image: ImageConfiguration): string => `${image.imageId.replace('sha256:', '')}.json`;
const entry = (name: string): { name: string; mode: number; mtime: Date } => ({ name, mode: 0o644, mtime: new Date(0) });

/**
 * An archive for `docker load` that holds only the new layer. An engine that has the lower layers finds them by their chain of ids
 * and never opens their files; one that does not have them refuses.
 */
export function thinArchive(image: ImageConfiguration, layerFile: string, reference: string): Readable {
  return written(async (archive) => {
    await addText(archive, configName(image), image.json);
    await addFile(archive, nameOf(image.diffIds.at(-1) ?? ''), layerFile);
    await addText(archive, 'manifest.json', JSON.stringify([{ Config: configName(image), RepoTags: [reference], Layers: image.diffIds.map(nameOf) }]));
  });
}

/** The same with the lower layers from `docker save` of the runtime's image, for engines that keep images otherwise. */
export function wholeArchive(image: ImageConfiguration, layerFile: string, reference: string, saved: Readable): Readable {
  return written(async (archive) => {
    let lower: readonly string[] | undefined;
    for await (const { header, content } of readTar(saved)) {
      const { name } = header;
      if (name === 'manifest.json') {
        lower = (JSON.parse(await textOf(content)) as { Layers: string[] }[])[0]?.Layers;
      } else if (/^(index\.json|oci-layout|repositories)$/.test(name)) {
        // They name the runtime's image, which this archive is not.
        content.resume();
      } else {
        await pass(archive, header, content);
      }
    }
    if (lower === undefined) throw new Error('save of the layer below: has no manifest');
    await addText(archive, configName(image), image.json);
    await addFile(archive, nameOf(image.diffIds.at(-1) ?? ''), layerFile);
    await addText(archive, 'manifest.json', JSON.stringify([{ Config: configName(image), RepoTags: [reference], Layers: [...lower, nameOf(image.diffIds.at(-1) ?? '')] }]));
  });
}

function written(write: (archive: Pack) => Promise<void>): Readable {
  const archive = pack();
  write(archive).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return Readable.from(archive, { objectMode: false });
}

function addText(archive: Pack, name: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => archive.entry(entry(name), text, (error) => (error ? reject(error) : resolve())));
}

async function addFile(archive: Pack, name: string, file: string): Promise<void> {
  const { size } = await stat(file);
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), archive.entry({ ...entry(name), size }));
}

async function pass(archive: Pack, header: Header, content: Readable): Promise<void> {
  if (header.type === 'file' && (header.size ?? 0) > 0) return pipeline(chunksOf(content), archive.entry(header));
  content.resume();
  await new Promise<void>((resolve, reject) => archive.entry(header, Buffer.alloc(0), (error) => (error ? reject(error) : resolve())));
}

/** As a generator: an entry that is cut short then breaks the pipe instead of holding it up. */
async function* chunksOf(content: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of content as AsyncIterable<Uint8Array>) yield chunk;
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
