// The Runtime that is Docker: dockerode, with a deadline on every call and errors turned into sentences.
// Inspecting a container costs the engine about as much as listing them all, so what was inspected is kept until an event says otherwise.
import Docker from 'dockerode';
import { systemClock, withDeadline, type Clock } from '../clock.ts';
import type { ReplicaSpec } from '../protocol.ts';
import { createBody, networkBody, networkSettingsIn } from './create-body.ts';
import { observeInspected, observeListed, ownerIn, statusIn } from './observe.ts';
import { readLines } from './stream.ts';
import { limitsOf, MIB_BYTES, type Container, type ContainerOrder, type EngineFacts, type NetworkSettings, type PresentNetwork, type Runtime, type RuntimeEvent } from './runtime.ts';
import { LABELS } from '../protocol.ts';

/** Questions: an engine that needs longer is not well. */
const ASK_LIMIT_MS = 10_000;
/** Changes: a busy disk may make them slow. */
const CHANGE_LIMIT_MS = 60_000;
/** A pull may take as long as it likes while it moves. */
const PULL_STALL_MS = 60_000;
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
  readonly #kept = new Map<string, Kept>();
  /** Containers that had an event while they were being inspected. */
  readonly #touched = new Set<string>();
  #listening = false;
  #facts: EngineFacts | undefined;

  constructor(socketPath: string, clock: Clock) {
    this.endpoint = `unix://${socketPath}`;
    this.#docker = new Docker({ socketPath });
    this.#clock = clock;
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

  async createNetwork(settings: NetworkSettings, clusterId: string): Promise<void> {
    await this.#change('creation of a network', (abortSignal) => this.#docker.createNetwork({ ...networkBody(settings, clusterId), abortSignal }));
  }

  async removeNetwork(name: string): Promise<void> {
    await this.#change('removal of a network', (abortSignal) => this.#docker.getNetwork(name).remove({ abortSignal })).catch(absent);
  }

  async hasImage(reference: string): Promise<boolean> {
    const image = await this.#ask('inspection of an image', () => this.#docker.getImage(reference).inspect()).catch(absent);
    return image !== undefined;
  }

  async pull(reference: string, say: (progress: string) => void): Promise<void> {
    const stream = await this.#change(`pull of ${reference}`, (abortSignal) => this.#docker.pull(reference, { abortSignal }));
    await readLines<PullLine>(stream, { clock: this.#clock, stallMs: PULL_STALL_MS, what: `pull of ${reference}` }, (line) => {
      if (line.error !== undefined) throw new Error(`pull of ${reference}: ${line.error}`);
      if (line.status !== undefined) say([line.id, line.status, line.progress].filter(Boolean).join(' '));
    });
    // An error in the middle of the stream may end it without a word.
    if (!(await this.hasImage(reference))) throw new Error(`pull of ${reference}: ended, but the image is not there`);
  }

  async create(order: ContainerOrder): Promise<string> {
    const engine = this.#facts ?? (await this.facts());
    const container = await this.#change('creation', (abortSignal) => this.#docker.createContainer({ ...createBody(order, engine), abortSignal }));
    return container.id;
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
    const body = { CpuPeriod: limits.cpuPeriodMicros, CpuQuota: limits.cpuQuotaMicros, Memory: limits.memoryBytes, MemorySwap: limits.memorySwapBytes };
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
        if (containerId !== undefined) this.#forget(containerId);
        onEvent({ action: line.Action ?? '', ...(containerId === undefined ? {} : { containerId }), ...(Number.isInteger(exitCode) ? { exitCode } : {}) });
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

  async #call<T>(what: string, limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await withDeadline(this.#clock, limitMs, what, work);
    } catch (error) {
      throw wordsFor(what, error);
    }
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
}

interface PullLine {
  readonly id?: string;
  readonly status?: string;
  readonly progress?: string;
  readonly error?: string;
}

interface EventLine {
  readonly Type?: string;
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
}

/** What Docker answered instead of what was wanted. */
class EngineError extends Error {
  override name = 'EngineError';
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined, cause: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/** dockerode's errors say `(HTTP code 404) no such container - ` and Docker's sentence: keep the sentence. */
function wordsFor(what: string, error: unknown): Error {
  if (!(error instanceof Error)) return new Error(`${what}: ${String(error)}`);
  const { statusCode, json } = error as Error & { readonly statusCode?: number; readonly json?: { readonly message?: string } };
  if (statusCode === undefined) return error;
  return new EngineError(`${what}: ${json?.message ?? error.message}`, statusCode, error);
}

const isStatus = (error: unknown, status: number): boolean => error instanceof EngineError && error.status === status;

/** 404: it is not there. */
function absent(error: unknown): undefined {
  if (!isStatus(error, 404)) throw error;
  return undefined;
}

/** 304: it is so already. */
function unchanged(error: unknown): undefined {
  if (!isStatus(error, 304)) throw error;
  return undefined;
}

/** 409 on a removal: somebody else's removal of it is under way. */
function underWay(error: unknown): undefined {
  if (!isStatus(error, 409)) throw error;
  return undefined;
}
