// The Runtime that is Docker: dockerode, with a deadline on every call and errors turned into sentences.
// Inspecting a container costs the engine about as much as listing them all, so what was inspected is kept until an event says otherwise.
import { Readable } from 'node:stream';
import Docker, { type EndpointSettings, type NetworkConnectOptions } from 'dockerode';
import { readFrames } from '../build/frames.ts';
import { systemClock, type Clock } from '../clock.ts';
import type { PullProgress, ReplicaSpec } from '../protocol.ts';
import { absent, ASK_LIMIT_MS, call, CHANGE_LIMIT_MS, unchanged, underWay } from './call.ts';
import { createBody, endpointOf, networkBody, networkSettingsIn, NO_RESTARTS } from './create-body.ts';
import { packFiles } from './container-files.ts';
import { EngineImages } from './engine-images.ts';
import { engineRun } from './engine-run.ts';
import { engineOutput, engineShell } from './engine-streams.ts';
import { observeInspected, observeListed, ownerIn, statusIn } from './observe.ts';
import { readLines } from './stream.ts';
import type { OutputFrame, OutputQuery, ShellCommand, ShellProcess } from './streams.ts';
import {
  limitsOf, MIB_BYTES, type Container, type ContainerFile, type ContainerOrder, type EngineFacts, type NetworkSettings, type PresentImage, type PresentNetwork, type RegistryLogin, type Runtime,
  type RunLimits, type RunResult, type RuntimeEvent,
} from './runtime.ts';
import { LABELS } from '../protocol.ts';

/** What was inspected is asked again after this time, whatever the events said. */
const KEEP_INSPECTED_MS = 60_000;
/** Inspections at the same time. */
const INSPECT_AT_ONCE = 8;

interface Kept {
  readonly container: Container;
  readonly atMs: number;
}

/** An engine behind a unix socket. Does not connect yet. */
export function openEngine(options: { socketPath: string; clock?: Clock }): DockerRuntime {
  return new DockerRuntime(options.socketPath, options.clock ?? systemClock);
}

export class DockerRuntime implements Runtime {
  readonly endpoint: string;
  readonly #docker: Docker;
  readonly #clock: Clock;
  readonly #images: EngineImages;
  readonly #kept = new Map<string, Kept>();
  /** Containers that had an event while they were being inspected. */
  readonly #touched = new Set<string>();
  #listening = false;
  #facts: EngineFacts | undefined;

  constructor(socketPath: string, clock: Clock) {
    this.endpoint = `unix://${socketPath}`;
    this.#docker = new Docker({ socketPath });
    this.#clock = clock;
    this.#images = new EngineImages(this.#docker, clock);
  }

  async facts(): Promise<EngineFacts> {
    const [version, info] = await this.#ask('version', () => Promise.all([this.#docker.version(), this.#docker.info() as Promise<InfoAnswer>]));
    this.#facts = {
      version: version.Version,
      apiVersion: version.ApiVersion,
      kernel: info.KernelVersion,
      architecture: info.Architecture,
      cgroupVersion: info.CgroupVersion === '2' ? 2 : 1,
      cpuMilli: info.NCPU * 1000,
      memoryMib: Math.floor(info.MemTotal / MIB_BYTES),
      liveRestore: info.LiveRestoreEnabled === true,
      limitsSwap: info.SwapLimit === true,
      ...(info.DockerRootDir ? { rootDir: info.DockerRootDir } : {}),
    };
    return this.#facts;
  }

  async containers(): Promise<Container[]> {
    const listed = await this.#ask('list of containers', (abortSignal) => this.#docker.listContainers({ all: true, abortSignal }));
    const ids = new Set(listed.map((info) => info.Id));
    for (const known of [this.#kept, this.#touched]) for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    const found: Container[] = [];
    const unknown: string[] = [];
    for (const info of listed) {
      const kept = this.#kept.get(info.Id);
      if (ownerIn(info.Labels ?? {}) === undefined) found.push(observeListed(info));
      else if (kept !== undefined && this.#isFresh(kept) && kept.container.status === statusIn(info.State)) found.push(kept.container);
      else unknown.push(info.Id);
    }
    const worker = async (): Promise<void> => {
      for (let id = unknown.pop(); id !== undefined; id = unknown.pop()) {
        const container = await this.#inspect(id);
        if (container !== undefined) found.push(container);
      }
    };
    await Promise.all(Array.from({ length: INSPECT_AT_ONCE }, worker));
    return found;
  }

  container(id: string): Promise<Container | undefined> {
    return this.#inspect(id);
  }

  async network(name: string): Promise<PresentNetwork | undefined> {
    // The call takes no signal: at the deadline it is only left alone.
    const info = await this.#ask('inspection of a network', () => this.#docker.getNetwork(name).inspect()).catch(absent);
    if (info === undefined) return undefined;
    const clusterId = info.Labels?.[LABELS.cluster];
    return {
      ...networkSettingsIn(info.Name, info.Options ?? {}, info.IPAM?.Config ?? []),
      id: info.Id,
      ...(clusterId === undefined ? {} : { clusterId }),
      attached: Object.values(info.Containers ?? {}).map((container) => container.Name),
    };
  }

  async networks(): Promise<Pick<PresentNetwork, 'id' | 'name' | 'clusterId'>[]> {
    const filters = JSON.stringify({ label: [LABELS.cluster] });
    const listed = await this.#ask('list of networks', (abortSignal) => this.#docker.listNetworks({ filters, abortSignal }));
    return listed.flatMap(({ Id: id, Name: name, Labels }) => {
      const clusterId = Labels?.[LABELS.cluster];
      return clusterId === undefined ? [] : [{ id, name, clusterId }];
    });
  }

  async createNetwork(settings: NetworkSettings, clusterId: string): Promise<void> {
    await this.#change('creation of a network', (abortSignal) => this.#docker.createNetwork({ ...networkBody(settings, clusterId), abortSignal }));
  }

  async removeNetwork(name: string): Promise<void> {
    await this.#change('removal of a network', (abortSignal) => this.#docker.getNetwork(name).remove({ abortSignal })).catch(absent);
  }

  image(reference: string): ReturnType<Runtime['image']> {
    return this.#images.image(reference);
  }

  images(): Promise<PresentImage[]> {
    return this.#images.images();
  }

  removeImage(referenceOrId: string): Promise<void> {
    return this.#images.removeImage(referenceOrId);
  }

  pull(reference: string, say: (words: string, progress?: PullProgress) => void, login?: RegistryLogin): Promise<void> {
    return this.#images.pull(reference, say, login);
  }

  async create(order: ContainerOrder): Promise<string> {
    const engine = this.#facts ?? (await this.facts());
    const container = await this.#change('creation', (abortSignal) => this.#docker.createContainer({ ...createBody(order, engine), abortSignal }));
    return container.id;
  }

  async putFiles(id: string, files: readonly ContainerFile[]): Promise<void> {
    const archive = await packFiles(files, this.#clock.nowMs());
    await this.#change('putting files into the container', (abortSignal) => this.#docker.getContainer(id).putArchive(archive, { path: '/', abortSignal }));
  }

  async lastLines(id: string, lines: number, beforeMs: number): Promise<string> {
    const options = { stdout: true, stderr: true, follow: false as const, tail: lines, until: beforeMs / 1000 };
    const output = await this.#ask('reading the log', (abortSignal) => this.#docker.getContainer(id).logs({ ...options, abortSignal })).catch(absent);
    let text = '';
    if (output !== undefined) await readFrames(Readable.from([output]), (piece) => void (text += piece));
    return text;
  }

  output(id: string, query: OutputQuery, signal: AbortSignal): AsyncIterable<OutputFrame> {
    return engineOutput(this.#docker, this.#clock, id, query, signal);
  }

  openShell(id: string, command: ShellCommand): Promise<ShellProcess> {
    return engineShell(this.#docker, this.#clock, id, command);
  }

  async start(id: string): Promise<void> {
    await this.#change('start', (abortSignal) => this.#docker.getContainer(id).start({ abortSignal })).catch(unchanged);
    this.#forget(id);
  }

  async stop(id: string, stopSeconds: number): Promise<void> {
    const limitMs = stopSeconds * 1000 + CHANGE_LIMIT_MS;
    await this.#call('stop', limitMs, (abortSignal) => this.#docker.getContainer(id).stop({ t: stopSeconds, abortSignal })).catch(unchanged).catch(absent);
    this.#forget(id);
  }

  async remove(id: string): Promise<void> {
    await this.#change('removal', (abortSignal) => this.#docker.getContainer(id).remove({ force: true, v: true, abortSignal })).catch(absent).catch(underWay);
    this.#forget(id);
  }

  async update(id: string, spec: Pick<ReplicaSpec, 'cpuMilli' | 'memoryMib'>): Promise<void> {
    const limits = limitsOf(spec);
    // Memory and swap in one call: apart, one of them would contradict the other for a moment and be refused.
    const body = { CpuPeriod: limits.cpuPeriodMicros, CpuQuota: limits.cpuQuotaMicros, Memory: limits.memoryBytes, MemorySwap: limits.memorySwapBytes, RestartPolicy: { Name: NO_RESTARTS } };
    await this.#change('update of limits', (abortSignal) => this.#docker.getContainer(id).update({ ...body, abortSignal }));
    this.#forget(id);
  }

  async rename(id: string, name: string): Promise<void> {
    await this.#change('renaming', (abortSignal) => this.#docker.getContainer(id).rename({ name, abortSignal }));
    this.#forget(id);
  }

  async unpause(id: string): Promise<void> {
    await this.#change('unpausing', (abortSignal) => this.#docker.getContainer(id).unpause({ abortSignal }));
    this.#forget(id);
  }

  async connect(id: string, network: string, spec: Pick<ReplicaSpec, 'address' | 'mac'>): Promise<void> {
    const engine = this.#facts ?? (await this.facts());
    await this.#change('putting the container on its network', (abortSignal) => this.#docker.getNetwork(network).connect({ Container: id, EndpointConfig: endpointOf(spec, engine) as EndpointSettings, abortSignal } as NetworkConnectOptions));
    this.#forget(id);
  }

  async disconnect(id: string, network: string): Promise<void> {
    await this.#change('taking the container off a network', (abortSignal) => this.#docker.getNetwork(network).disconnect({ Container: id, Force: true, abortSignal })).catch(absent);
    this.#forget(id);
  }

  run(id: string, command: readonly string[], limits: RunLimits): Promise<RunResult> {
    return engineRun(this.#docker, this.#clock, id, command, limits);
  }

  async watch(onEvent: (event: RuntimeEvent) => void, onOpen: () => void, signal: AbortSignal): Promise<void> {
    const filters = { type: ['container', 'network'] };
    const stream = await this.#docker.getEvents({ filters: JSON.stringify(filters), abortSignal: signal });
    this.#kept.clear();
    this.#listening = true;
    onOpen();
    try {
      await readLines<EventLine>(stream, { clock: this.#clock }, (line) => {
        const containerId = line.Type === 'container' ? line.Actor?.ID : undefined;
        const exitCode = line.Action === 'die' ? Number(line.Actor?.Attributes?.['exitCode']) : Number.NaN;
        // What runs besides the service changes nothing about its container.
        const isAside = line.Action?.startsWith('exec_') === true;
        if (containerId !== undefined && !isAside) this.#forget(containerId);
        const signal = line.Action === 'kill' ? line.Actor?.Attributes?.['signal'] : undefined;
        if (!isAside) onEvent({
          action: line.Action ?? '', ...(containerId === undefined ? {} : { containerId }), ...(Number.isInteger(exitCode) ? { exitCode } : {}),
          ...(signal === undefined ? {} : { signal }),
          ...(line.timeNano === undefined ? {} : { atMs: line.timeNano / 1e6 }),
        });
      });
    } finally {
      this.#listening = false;
    }
    if (!signal.aborted) throw new Error('the stream of events ended');
  }

  async #inspect(id: string): Promise<Container | undefined> {
    this.#touched.delete(id);
    const info = await this.#ask('inspection', (abortSignal) => this.#docker.getContainer(id).inspect({ abortSignal })).catch(absent);
    if (info === undefined) return undefined;
    const container = observeInspected(info);
    // An event during the inspection: what was read may be from before it.
    if (!this.#touched.has(id)) this.#kept.set(id, { container, atMs: this.#clock.elapsedMs() });
    return container;
  }

  #isFresh(kept: Kept): boolean {
    return this.#listening && this.#clock.elapsedMs() - kept.atMs < KEEP_INSPECTED_MS;
  }

  #forget(id: string): void {
    this.#kept.delete(id);
    this.#touched.add(id);
  }

  #ask<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#call(what, ASK_LIMIT_MS, work);
  }

  #change<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#call(what, CHANGE_LIMIT_MS, work);
  }

  #call<T>(what: string, limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return call(this.#clock, what, limitMs, work);
  }
}

interface InfoAnswer {
  readonly KernelVersion: string;
  readonly Architecture: string;
  readonly CgroupVersion?: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly LiveRestoreEnabled?: boolean;
  readonly SwapLimit?: boolean;
  readonly DockerRootDir?: string;
}

interface EventLine {
  readonly Type?: string;
  readonly Action?: string;
  readonly timeNano?: number;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
}
