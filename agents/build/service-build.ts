// A service from commit to registry: fetch, firn.yaml, build and test in the runtime layer, pack the output as one layer, push.
// Takes an order and a place to work; gives the result or throws the sentence. Keeps nothing: what it writes is in the folders of this build.
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, readFile, realpath, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { BuildResult, BuildSource, LayerRef, ServiceSpec } from '../protocol.ts';
import { runInContainer, writeSecrets } from './command.ts';
import { overflow } from './disk-watch.ts';
import { BuildFailure, throwIfCancelled } from './failure.ts';
import type { BaseImage } from './engine.ts';
import { EngineError } from '../docker/call.ts';
import { parseFirnYaml } from './firn-yaml.ts';
import { imageConfiguration, SERVICE_FOLDER, thinArchive, wholeArchive, type ImageConfiguration } from './image.ts';
import { writeLayerTar, type LayerTar } from './layer-tar.ts';
import { splitRepository } from './registry.ts';
import { ensureLayer, ship } from './ship.ts';
import { fetchSource, type Source } from './source.ts';
import { timed, type BuilderHost, type Work } from './work.ts';
import { problemText } from './yaml-fields.ts';

type ServiceSource = Extract<BuildSource, { kind: 'service' }>;

const FETCH_LIMIT_MS = 600_000;
const MIB_BYTES = 1_048_576;

/** Builds and pushes a service. Throws BuildFailure, or the signal's reason. */
export async function buildService(host: BuilderHost, work: Work, source: ServiceSource): Promise<BuildResult> {
  const workspace = join(work.folder, 'src');
  const fetched = await timed(work, 'fetch', () => fetchInto(host, work, source, workspace));
  const { commit } = fetched;
  work.phase('preparing', `commit ${commit.slice(0, 12)}`, commit);
  const spec = await readSpec(workspace);
  const layerRef = layerOf(source.layers, spec);
  const base = await timed(work, 'fetch', () => ensureLayer(host, work, layerRef));
  const testsPassed = await timed(work, 'build', () => runCommands(host, work, { spec, base, fetched, workspace }));

  work.phase('packing', 'packing the output as a layer');
  const image = await timed(work, 'pack', () => makeImage(host, work, { spec, base, fetched, workspace }));
  work.phase('pushing', `pushing to ${splitRepository(work.order.repository).address}`);
  const shipped = await timed(work, 'push', () => ship(host, work, { tag: tagOf(work), imageId: image.imageId, diffIds: image.diffIds }));
  return {
    commit,
    tree: fetched.tree,
    author: fetched.author,
    subject: fetched.subject,
    committedAt: new Date(fetched.committedSeconds * 1000).toISOString(),
    spec,
    layer: spec.runtime,
    imageId: image.imageId,
    architecture: base.architecture,
    ...shipped,
    ...(testsPassed ? { testsPassed } : {}),
  };
}

/** One tag a build: what is pushed later never takes the name of what was pushed before. */
export const tagOf = (work: Work): string => `build-${work.order.id.replaceAll(/[^A-Za-z0-9_.-]/g, '-')}`.slice(0, 128);

async function fetchInto(host: BuilderHost, work: Work, order: ServiceSource, workspace: string): Promise<Source> {
  work.phase('fetching', `fetching ${order.ref} of ${order.url}`);
  const fetched = await fetchSource(order, {
    folder: join(work.folder, 'git'),
    memoryFolder: work.memoryFolder,
    protocols: host.gitProtocols,
    limitMs: Math.min(FETCH_LIMIT_MS, work.order.limits.seconds * 1000),
    mostBytes: work.order.limits.diskMib * MIB_BYTES,
    signal: work.signal,
  });
  await fetched.unpack(workspace);
  // The repository itself is done with; the disk is the build's.
  await rm(join(work.folder, 'git'), { recursive: true, force: true });
  work.note(`commit ${fetched.commit} by ${fetched.author}: ${fetched.subject}`);
  return fetched;
}

async function readSpec(workspace: string): Promise<ServiceSpec> {
  const file = join(workspace, 'firn.yaml');
  const stat = await lstat(file).catch(() => undefined);
  if (stat === undefined) throw new BuildFailure('firn.yaml: is not in the source; it says how the service is built and started');
  // A link would read a file of the builder host.
  if (!stat.isFile()) throw new BuildFailure('firn.yaml: is not a file');
  const read = parseFirnYaml(await readFile(file, 'utf8'));
  if ('problems' in read) throw new BuildFailure(problemText('firn.yaml', read.problems));
  return read.spec;
}

function layerOf(layers: readonly LayerRef[], spec: ServiceSpec): LayerRef {
  const layer = layers.find(({ name }) => name === spec.runtime);
  if (layer !== undefined) return layer;
  const names = layers.map(({ name }) => name).join(', ');
  throw new BuildFailure(`firn.yaml: runtime: there is no layer ${JSON.stringify(spec.runtime)}; ${names === '' ? 'no layer is ready' : `ready are ${names}`}`);
}

interface Parts {
  readonly spec: ServiceSpec;
  readonly base: BaseImage;
  readonly fetched: Source;
  readonly workspace: string;
}

/** Gives whether there were tests, which then have passed. */
async function runCommands(host: BuilderHost, work: Work, { spec, base, fetched, workspace }: Parts): Promise<boolean> {
  const secretsFolder = join(work.memoryFolder, 'secrets');
  await writeSecrets(secretsFolder, work.order.secrets);
  // Variables of the layer come with its image; those of firn.yaml are for the running service.
  const env = { SOURCE_DATE_EPOCH: String(fetched.committedSeconds), FIRN_COMMIT: fetched.commit };
  try {
    for (const name of ['build', 'test'] as const) {
      const command = spec[name];
      if (command === undefined) continue;
      work.phase('building', name === 'build' ? 'running the build command' : 'running the test command');
      work.note(`${name}: ${command.trim()}`);
      const run = { name, command, image: base.id, workspace, secretsFolder, env, limits: work.order.limits, network: work.order.network, labels: work.labels, cgroupParent: host.cgroupParent };
      await runInContainer(host.engine, run, (text) => work.write(text), work.signal);
    }
  } finally {
    await rm(secretsFolder, { recursive: true, force: true });
  }
  // A short command may have filled the disk between two looks.
  const failure = await overflow(work.folder, work.order.limits.diskMib);
  if (failure !== undefined) throw failure;
  return spec.test !== undefined;
}

async function makeImage(host: BuilderHost, work: Work, { spec, base, fetched, workspace }: Parts): Promise<ImageConfiguration> {
  const layerFile = join(work.folder, 'layer.tar');
  const layer = await packOutput(work, { spec, workspace, layerFile, timeSeconds: fetched.committedSeconds });
  const { name: service } = splitRepository(work.order.repository);
  const image = imageConfiguration({ base, layerName: spec.runtime, layer, spec, service, commit: fetched.commit, committedSeconds: fetched.committedSeconds });
  const reference = `${work.order.repository}:${tagOf(work)}`;
  try {
    await host.engine.load(thinArchive(image, layerFile, reference), work.signal);
  } catch (error) {
    throwIfCancelled(work.signal);
    if (!(error instanceof EngineError)) throw error;
    work.note('the engine does not take the new layer alone; giving it all layers');
    await host.engine.load(wholeArchive(image, layerFile, reference, await host.engine.save(base.id)), work.signal);
  }
  await rm(layerFile);
  work.note(`image ${image.imageId}, new layer ${layer.diffId} with ${layer.files} files and ${layer.bytes} bytes`);
  return image;
}

async function packOutput(work: Work, parts: { spec: ServiceSpec; workspace: string; layerFile: string; timeSeconds: number }): Promise<LayerTar> {
  const { workspace } = parts;
  const output = parts.spec.output ?? '.';
  const folder = await realpath(join(workspace, output)).catch(() => undefined);
  if (folder === undefined) throw new BuildFailure(`output: the build made no folder ${JSON.stringify(output)}`);
  // The build may have put a link there that leads to a folder of the builder host.
  if (relative(await realpath(workspace), folder).startsWith('..')) throw new BuildFailure(`output: ${JSON.stringify(output)} leads out of the source`);
  if (!(await lstat(folder)).isDirectory()) throw new BuildFailure(`output: ${JSON.stringify(output)} is not a folder`);
  await mkdir(work.folder, { recursive: true });
  return writeLayerTar({ folder, prefix: SERVICE_FOLDER, timeSeconds: parts.timeSeconds, secrets: work.secrets, signal: work.signal }, createWriteStream(parts.layerFile, { mode: 0o600 }));
}
