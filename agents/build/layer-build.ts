// A layer from its folder to the registry, with the Engine's own builder: the layer below or a root file system, files, static.sh run once,
// runtime.sh put beside those of the layers below. Takes an order and a place to work; gives the result or throws the sentence.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { callServer } from '../call-server.ts';
import type { BuildResult, BuildSource } from '../protocol.ts';
import { EngineError } from '../docker/call.ts';
import type { BaseImage } from './engine.ts';
import { BuildFailure, causeOf, platformFailure, throwIfCancelled } from './failure.ts';
import { IMAGE_LABELS } from './image.ts';
import { parseLayerYaml, type LayerSpec } from './layer-yaml.ts';
import { makeRootfs, TINI } from './rootfs.ts';
import { runCommand } from './run.ts';
import { tagOf } from './service-build.ts';
import { ensureLayer, ship } from './ship.ts';
import { unpackTar } from './unpack.ts';
import { timed, type BuilderHost, type Work } from './work.ts';
import { problemText } from './yaml-fields.ts';

type LayerSource = Extract<BuildSource, { kind: 'layer' }>;

const OK = 200;
const MIB_BYTES = 1_048_576;
const CPU_PERIOD_MICROS = 100_000;
const PACK_LIMIT_MS = 600_000;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Builds and pushes a layer. Throws BuildFailure, or the signal's reason. */
export async function buildLayer(host: BuilderHost, work: Work, source: LayerSource): Promise<BuildResult> {
  const sent = join(work.folder, 'layer');
  work.phase('fetching', `fetching the folder of the layer ${source.name}`);
  await timed(work, 'fetch', () => fetchContext(host, work, source, sent));
  work.phase('preparing', 'reading layer.yaml');
  const spec = await readLayer(sent, source);
  const base = source.from === undefined ? undefined : await timed(work, 'fetch', () => ensureLayer(host, work, source.from as NonNullable<LayerSource['from']>));

  work.phase('building', base === undefined ? 'making the root file system' : `building on ${source.from?.name ?? ''}`);
  const reference = `${work.order.repository}:${tagOf(work)}`;
  await timed(work, 'build', async () => {
    const context = await makeContext(work, sent, spec, base);
    await buildOnEngine(host, work, context, reference);
  });
  const image = await host.engine.image(reference);
  if (image === undefined) throw platformFailure(`layer ${spec.name}: the engine built it and does not have it`);
  work.note(`image ${image.id}, ${image.diffIds.length} layers`);
  work.phase('pushing', 'pushing the layer');
  const shipped = await timed(work, 'push', () => ship(host, work, { tag: tagOf(work), imageId: image.id, diffIds: image.diffIds }));
  return { imageId: image.id, architecture: image.architecture, ...(source.from === undefined ? {} : { layer: source.from.name }), ...shipped };
}

async function fetchContext(host: BuilderHost, work: Work, source: LayerSource, target: string): Promise<void> {
  const tls = host.tls();
  const url = `${tls === undefined ? host.serverBase : host.serverBase.replace(/^http:/, 'https:')}${source.contextPath}`;
  const mostBytes = work.order.limits.diskMib * MIB_BYTES;
  const archive = join(work.folder, 'layer-context.tar');
  let answer: IncomingMessage;
  try {
    answer = await callServer({ method: 'GET', url, headers: { authorization: `Bearer ${host.hostId}.${host.credential}` }, tls, signal: work.signal });
  } catch (error) {
    throwIfCancelled(work.signal);
    throw platformFailure(`layer ${source.name}: its folder cannot be fetched from the server: ${causeOf(error)}`, error);
  }
  if (answer.statusCode !== OK) {
    answer.resume();
    throw platformFailure(`layer ${source.name}: the server answered ${answer.statusCode} for its folder`);
  }
  const hash = createHash('sha256');
  let bytes = 0;
  const counting = async function* (chunks: AsyncIterable<unknown>): AsyncIterable<Uint8Array> {
    for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > mostBytes) throw new BuildFailure(`layer ${source.name}: its folder is larger than ${work.order.limits.diskMib} MiB, the limit of disk space`);
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(answer, counting, createWriteStream(archive, { mode: 0o600 }));
  const found = hash.digest('hex');
  if (found !== source.contextSha256) throw platformFailure(`layer ${source.name}: the folder that came has the sha256 ${found} and not ${source.contextSha256}`);
  await unpackTar(createReadStream(archive), target, { mostBytes, signal: work.signal });
}

async function readLayer(folder: string, source: LayerSource): Promise<LayerSpec> {
  const file = join(folder, 'layer.yaml');
  if (!(await isFile(file))) throw new BuildFailure('layer.yaml: is not in the folder; it says what the layer is called and what it stands on');
  const read = parseLayerYaml(await readFile(file, 'utf8'));
  if ('problems' in read) throw new BuildFailure(problemText('layer.yaml', read.problems));
  const { layer } = read;
  if (layer.name !== source.name) throw new BuildFailure(`layer.yaml: name: is ${layer.name}, and the layer was sent as ${source.name}`);
  const below = 'from' in layer.below ? layer.below.from : undefined;
  if (below !== source.from?.name) throw platformFailure(`layer.yaml: from: is ${below ?? 'missing'}, and the server sent ${source.from?.name ?? 'no layer'} to build on`);
  return layer;
}

/** The folder that the Engine builds from: a generated Dockerfile and what it names. */
async function makeContext(work: Work, sent: string, spec: LayerSpec, base: BaseImage | undefined): Promise<string> {
  const context = join(work.folder, 'context');
  await mkdir(context, { recursive: true });
  const has = { files: false, static: false, runtime: false };
  if (await isFolder(join(sent, 'files'))) {
    await rename(join(sent, 'files'), join(context, 'files'));
    has.files = true;
  }
  for (const part of ['static', 'runtime'] as const) {
    if (!(await isFile(join(sent, `${part}.sh`)))) continue;
    await rename(join(sent, `${part}.sh`), join(context, `${part}.sh`));
    has[part] = true;
  }
  if ('rootfs' in spec.below) {
    await copyFile(TINI, join(context, 'tini')).catch(() => {
      throw platformFailure(`rootfs: this builder has no ${TINI}; install Debian's package tini`);
    });
    await chmod(join(context, 'tini'), 0o755);
    await makeRootfs(work, spec.below.rootfs, join(context, 'rootfs.tar'));
  }
  await writeFile(join(context, 'Dockerfile'), dockerfile(spec.name, base, has));
  return context;
}

/** The recipe for the Engine. Pure. */
export function dockerfile(name: string, base: Pick<BaseImage, 'id' | 'labels'> | undefined, has: { files: boolean; static: boolean; runtime: boolean }): string {
  const depth = base === undefined ? 0 : Number(base.labels[IMAGE_LABELS.depth] ?? 0) + 1;
  // Of every layer the parts run in the order in which the layers lie on each other.
  const part = `${String(depth * 10).padStart(3, '0')}-${name}.sh`;
  return [
    `FROM ${base === undefined ? 'scratch' : base.id}`,
    ...(base === undefined ? ['ADD rootfs.tar /', 'COPY tini /firn/tini', `ENV PATH=${PATH}`] : []),
    ...(has.files ? ['COPY files/ /'] : []),
    ...(has.static ? [`COPY static.sh /firn/static.d/${part}`, `RUN ["/bin/sh", "-e", "/firn/static.d/${part}"]`] : []),
    ...(has.runtime ? [`COPY runtime.sh /firn/runtime.d/${part}`] : []),
    `LABEL ${IMAGE_LABELS.layer}=${name} ${IMAGE_LABELS.depth}=${depth}`,
    ...(base === undefined ? ['ENTRYPOINT ["/firn/tini", "--", "/firn/start"]', 'CMD ["/bin/sh"]'] : []),
    '',
  ].join('\n');
}

async function buildOnEngine(host: BuilderHost, work: Work, context: string, reference: string): Promise<void> {
  const archive = join(work.folder, 'context.tar');
  await runCommand({ args: ['tar', '-C', context, '--sort=name', '--numeric-owner', '--owner=0', '--group=0', '-cf', archive, '.'], limitMs: PACK_LIMIT_MS, signal: work.signal });
  const { cpuMilli, memoryMib } = work.order.limits;
  const options = {
    t: reference,
    dockerfile: 'Dockerfile',
    rm: true,
    forcerm: true,
    // Packages of today are wanted when somebody rebuilds a layer, not those of the last time.
    nocache: true,
    networkmode: work.order.network ? 'host' : 'none',
    memory: memoryMib * MIB_BYTES,
    memswap: memoryMib * MIB_BYTES,
    cpuperiod: CPU_PERIOD_MICROS,
    cpuquota: (cpuMilli * CPU_PERIOD_MICROS) / 1000,
    ...(host.cgroupParent === undefined ? {} : { cgroupparent: host.cgroupParent }),
  };
  try {
    await host.engine.build(createReadStream(archive), options, (text) => work.write(text), work.signal);
  } catch (error) {
    throwIfCancelled(work.signal);
    if (!(error instanceof EngineError)) throw error;
    const code = /returned a non-zero code: (\d+)/.exec(error.message)?.[1];
    throw new BuildFailure(code === undefined ? `layer: the engine cannot build it: ${error.message}` : `static.sh: ended with code ${code}; see the log`, false, error);
  }
}

const isFile = (path: string): Promise<boolean> => lstat(path).then((found) => found.isFile(), () => false);
const isFolder = (path: string): Promise<boolean> => lstat(path).then((found) => found.isDirectory(), () => false);
