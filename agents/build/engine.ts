// What a build needs of a Docker Engine, and the Engine that does it: images in and out, one container at a time, the Engine's own builder.
// Every call has a deadline or may be aborted; what the Engine answers becomes a sentence. Knows nothing of builds, orders or the server.
import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { systemClock, type Clock } from '../clock.ts';
import { absent, ASK_LIMIT_MS, call, CHANGE_LIMIT_MS, EngineError, underWay, wordsFor } from '../docker/call.ts';
import { readLines } from '../docker/stream.ts';
import { LABELS } from '../protocol.ts';
import { platformFailure } from './failure.ts';
import { readFrames } from './frames.ts';

/** Containers of builds carry it beside the cluster's label, with the build's id. */
export const BUILD_LABEL = 'io.firn.build';

/** A transfer may take as long as it likes while it moves. */
const STALL_MS = 60_000;
/** Steps of a Dockerfile may be silent for long; the build's own limit ends them. */
const BUILD_STALL_MS = 3_600_000;
const KILL_AGAIN_MS = 2_000;
const LONGEST_RUN_MS = 90_000_000;

export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  /** `address:port`. */
  readonly serveraddress: string;
}

export interface BaseImage {
  readonly id: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly os: string;
  /** ISO 8601. */
  readonly created: string;
  readonly diffIds: readonly string[];
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly user: string;
}

export interface ContainerRun {
  readonly body: Docker.ContainerCreateOptions;
  readonly onOutput: (text: string) => Promise<void> | void;
  /** Kills it. */
  readonly signal: AbortSignal;
}

export interface ContainerEnd {
  readonly exitCode: number;
  readonly isOutOfMemory: boolean;
}

export interface PushOutcome {
  /** Of the manifest. */
  readonly digest: string;
  /** First 12 digits of the ids (of the uncompressed tar) of the layers that travelled. */
  readonly pushedLayers: readonly string[];
}

export interface BuildEngine {
  image(reference: string): Promise<BaseImage | undefined>;
  pull(reference: string, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<void>;
  /** Rejects when the engine refuses the archive. */
  load(archive: Readable, signal: AbortSignal): Promise<void>;
  /** All layers and the configuration of an image as an archive. */
  save(reference: string): Promise<Readable>;
  push(reference: string, auth: RegistryAuth, signal: AbortSignal): Promise<PushOutcome>;
  /** Runs a container to its end and removes it. */
  run(run: ContainerRun): Promise<ContainerEnd>;
  /** The engine's builder on a context archive; gives the image's id. */
  build(context: Readable, options: Docker.ImageBuildOptions, say: (text: string) => void, signal: AbortSignal): Promise<string>;
  /** Removes an image's name, and the image where that was its last; an absent one is success. */
  removeImage(reference: string): Promise<void>;
  /** Ids of containers of builds of this cluster and this agent. */
  containers(labels: Readonly<Record<string, string>>): Promise<string[]>;
  removeContainer(id: string): Promise<void>;
}

/** The Engine behind a unix socket. Does not connect yet. */
export function openBuildEngine(options: { socketPath: string; clock?: Clock }): BuildEngine {
  return new DockerBuildEngine(options.socketPath, options.clock ?? systemClock);
}

class DockerBuildEngine implements BuildEngine {
  readonly #docker: Docker;
  readonly #clock: Clock;

  constructor(socketPath: string, clock: Clock) {
    this.#docker = new Docker({ socketPath });
    this.#clock = clock;
  }

  async image(reference: string): Promise<BaseImage | undefined> {
    const info = await this.#call('inspection of an image', ASK_LIMIT_MS, () => this.#docker.getImage(reference).inspect()).catch(absent);
    if (info === undefined) return undefined;
    const { Variant: variant } = info as { readonly Variant?: string };
    const { Entrypoint: entrypoint } = info.Config;
    return {
      id: info.Id,
      architecture: info.Architecture,
      ...(variant ? { variant } : {}),
      os: info.Os,
      // Newer engines leave it out where an image has none.
      created: info.Created || new Date(0).toISOString(),
      diffIds: info.RootFS.Layers ?? [],
      env: info.Config.Env ?? [],
      entrypoint: typeof entrypoint === 'string' ? [entrypoint] : (entrypoint ?? []),
      labels: info.Config.Labels ?? {},
      user: info.Config.User ?? '',
    };
  }

  async pull(reference: string, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<void> {
    const options = { abortSignal: signal, ...(auth === undefined ? {} : { authconfig: auth }) };
    const stream = await this.#call(`pull of ${reference}`, CHANGE_LIMIT_MS, () => this.#docker.pull(reference, options));
    await this.#lines(stream, `pull of ${reference}`, STALL_MS);
  }

  async load(archive: Readable, signal: AbortSignal): Promise<void> {
    // The answer begins when the archive is read: the deadline of silence is that of the archive's making.
    const answer = await this.#docker.loadImage(archive, { quiet: true, abortSignal: signal }).catch((error: unknown) => {
      throw wordsFor('load of an image', error);
    });
    await this.#lines(answer, 'load of an image', STALL_MS);
  }

  async save(reference: string): Promise<Readable> {
    return (await this.#call(`save of ${reference}`, CHANGE_LIMIT_MS, () => this.#docker.getImage(reference).get())) as Readable;
  }

  async push(reference: string, auth: RegistryAuth, signal: AbortSignal): Promise<PushOutcome> {
    const what = `push of ${reference}`;
    const stream = await this.#call(what, CHANGE_LIMIT_MS, () => this.#docker.getImage(reference).push({ authconfig: auth, abortSignal: signal }));
    const pushedLayers: string[] = [];
    let digest: string | undefined;
    await this.#lines(stream, what, STALL_MS, (line) => {
      if (line.status === 'Pushed' && line.id !== undefined) pushedLayers.push(line.id);
      digest = line.aux?.Digest ?? digest;
    });
    if (digest === undefined) throw platformFailure(`${what}: ended without a digest`);
    return { digest, pushedLayers };
  }

  async run({ body, onOutput, signal }: ContainerRun): Promise<ContainerEnd> {
    signal.throwIfAborted();
    const container = await this.#call('creation of the container', CHANGE_LIMIT_MS, () => this.#docker.createContainer(body));
    let again: NodeJS.Timeout | undefined;
    const kill = (): void => {
      void container.kill().catch(() => undefined);
      // A busy engine may not answer the first time.
      again ??= setInterval(kill, KILL_AGAIN_MS);
    };
    try {
      // Attached before it starts: nothing is missed, and its output is kept nowhere else.
      const output = await this.#call('attaching to the container', ASK_LIMIT_MS, () => container.attach({ stream: true, stdout: true, stderr: true }));
      const reading = readFrames(output, onOutput);
      reading.catch(kill);
      await this.#call('start of the container', CHANGE_LIMIT_MS, () => container.start());
      signal.addEventListener('abort', kill, { once: true });
      if (signal.aborted) kill();
      await reading;
      // A process may close its output and go on: the build's own limit, which kills it, bounds this wait.
      const { StatusCode: exitCode } = (await this.#call('end of the container', LONGEST_RUN_MS, () => container.wait())) as { StatusCode: number };
      signal.throwIfAborted();
      const { State: state } = await this.#call('inspection of the container', ASK_LIMIT_MS, () => container.inspect());
      return { exitCode, isOutOfMemory: state.OOMKilled };
    } finally {
      signal.removeEventListener('abort', kill);
      clearInterval(again);
      await this.removeContainer(container.id);
    }
  }

  async build(context: Readable, options: Docker.ImageBuildOptions, say: (text: string) => void, signal: AbortSignal): Promise<string> {
    const stream = await this.#docker.buildImage(context, { ...options, abortSignal: signal }).catch((error: unknown) => {
      throw wordsFor('build of a layer', error);
    });
    let imageId: string | undefined;
    await this.#lines(stream, '', BUILD_STALL_MS, (line) => {
      if (line.stream !== undefined) say(line.stream);
      imageId = line.aux?.ID ?? imageId;
    });
    if (imageId === undefined) throw platformFailure('build of a layer: the engine ended without an image');
    return imageId;
  }

  async removeImage(reference: string): Promise<void> {
    await this.#call('removal of an image', CHANGE_LIMIT_MS, () => this.#docker.getImage(reference).remove()).catch(absent).catch(underWay);
  }

  async containers(labels: Readonly<Record<string, string>>): Promise<string[]> {
    const filters = { label: Object.entries(labels).map(([name, value]) => (value === '' ? name : `${name}=${value}`)) };
    const found = await this.#call('list of containers', ASK_LIMIT_MS, () => this.#docker.listContainers({ all: true, filters: JSON.stringify(filters) }));
    return found.map(({ Id: id }) => id);
  }

  async removeContainer(id: string): Promise<void> {
    await this.#call('removal of a container', CHANGE_LIMIT_MS, () => this.#docker.getContainer(id).remove({ force: true, v: true })).catch(absent).catch(underWay);
  }

  #lines(stream: NodeJS.ReadableStream, what: string, stallMs: number, onLine: (line: Line) => void = () => undefined): Promise<void> {
    return readLines<Line>(stream, { clock: this.#clock, stallMs, what: what || 'build of a layer' }, (line) => {
      if (line.error !== undefined) throw new EngineError(what === '' ? line.error : `${what}: ${line.error}`, undefined);
      onLine(line);
    });
  }

  #call<T>(what: string, limitMs: number, work: () => Promise<T>): Promise<T> {
    return call(this.#clock, what, limitMs, work);
  }
}

interface Line {
  readonly id?: string;
  readonly status?: string;
  readonly stream?: string;
  readonly error?: string;
  readonly aux?: { readonly ID?: string; readonly Digest?: string };
}

/** Labels of everything that builds of this agent make. */
export const buildLabels = (clusterId: string, hostId: string, build: string): Record<string, string> => ({ [LABELS.cluster]: clusterId, [BUILD_LABEL]: build, [`${BUILD_LABEL}.host`]: hostId });
