// A container engine in memory: the same behaviour that the agent sees of Docker, with start delays, plausible usage, failures on request.
// Used by tests, by simulations, and by the simulated fleet of the demo, so dozens of them must be cheap: it owns no timers of its own.
import { pause, type Clock } from '../clock.ts';
import type { Probe } from '../health.ts';
import type { Scrape } from '../metrics/board.ts';
import type { ReplicaSpec } from '../protocol.ts';
import { imageIdOf, type FakeBehaviour } from './fake-behaviour.ts';
import { FakeOutput, fakeShell } from './fake-streams.ts';
import { FakeUsage } from './fake-usage.ts';
import type { OutputFrame, OutputQuery, ShellCommand, ShellProcess } from './streams.ts';
import {
  limitsOf,
  type Container,
  type ContainerFile,
  type ContainerOrder,
  type ContainerStatus,
  type EngineFacts,
  type NetworkSettings,
  type PresentImage,
  type PresentNetwork,
  type RegistryLogin,
  type Runtime,
  type RuntimeEvent,
} from './runtime.ts';

export interface FakeOptions {
  readonly clock: Clock;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** As the kernel names it, such as `x86_64`; absent: every image runs. */
  readonly architecture?: string;
  /** How long creating, starting and the service's own start take. */
  readonly createMs?: number;
  readonly startMs?: number;
  readonly serviceMs?: number;
  readonly pullMs?: number;
  /** Images that are there from the beginning; absent: every image is. */
  readonly images?: readonly string[];
  /** What services made from an image do, by reference. A caller may change the map at any time; several engines may share one. */
  readonly behaviours?: ReadonlyMap<string, FakeBehaviour>;
}

/** A container with everything that a test may want to change by hand. */
type FakeContainer = { -readonly [K in keyof Container]: Container[K] } & { order?: ContainerOrder; startedMs: number; files?: readonly ContainerFile[] };
export type FakeOperation = 'create' | 'putFiles' | 'removeImage' | 'start' | 'stop' | 'remove' | 'update' | 'rename' | 'unpause' | 'pull' | 'createNetwork' | 'containers';

/** As Docker's restart policy. */
const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 60_000;

export class FakeRuntime implements Runtime {
  readonly endpoint = 'memory';
  /** Every change that was asked for, such as `create web-1`. */
  readonly journal: string[] = [];
  readonly #options: FakeOptions;
  readonly #containers = new Map<string, FakeContainer>();
  readonly #outputs = new Map<string, FakeOutput>();
  readonly #networks = new Map<string, PresentNetwork>();
  readonly #images: Set<string> | undefined;
  /** Images that came by pulls where every image counts as there. */
  readonly #seen = new Set<string>();
  readonly #failures: { operation: FakeOperation; message: string }[] = [];
  readonly #listeners = new Set<{ onEvent: (event: RuntimeEvent) => void; fail: (error: Error) => void }>();
  #down: string | undefined;
  #count = 0;

  constructor(options: FakeOptions) {
    this.#options = options;
    this.#images = options.images === undefined ? undefined : new Set(options.images);
  }

  // -- what a test or a simulation does to it

  /** The next operation of that kind fails with this message. */
  failNext(operation: FakeOperation, message: string): void {
    this.#failures.push({ operation, message });
  }

  /** The engine stops answering (containers go on), or answers again. */
  setDown(reason: string | undefined): void {
    this.#down = reason;
    if (reason === undefined) return;
    for (const listener of this.#listeners) listener.fail(new Error(reason));
  }

  /** A container of somebody else. */
  addStranger(name: string, address?: string): void {
    const id = `stranger-${(this.#count += 1)}`;
    this.#containers.set(id, {
      id, name, status: 'running', stopSeconds: 10, restarts: 0, outOfMemory: false, startedMs: 0, ...(address === undefined ? {} : { address }),
    });
  }

  /** Changes a container behind the agent's back, as a person with the docker command would. */
  tamper(name: string, change: (container: { -readonly [K in keyof Container]: Container[K] }) => void): void {
    const container = [...this.#containers.values()].find((one) => one.name === name);
    if (container === undefined) throw new Error(`${name}: no such container`);
    change(container);
    this.#emit({ action: 'tampered', containerId: container.id });
  }

  /** The service of a container dies; as with `unless-stopped`, the engine starts it again at once. */
  crash(name: string, exitCode: number, outOfMemory = false): void {
    this.tamper(name, (container) => {
      if (outOfMemory) this.#emit({ action: 'oom', containerId: container.id });
      container.restarts += 1;
      container.exitCode = exitCode;
      this.#emit({ action: 'die', containerId: container.id, exitCode });
      this.#begin(container as FakeContainer);
      this.#emit({ action: 'start', containerId: container.id });
    });
  }

  /** What was put into a container, by its name: path, mode, and content as text. */
  filesOf(name: string): { path: string; mode: number; content: string }[] {
    const container = [...this.#containers.values()].find((one) => one.name === name);
    return (container?.files ?? []).map(({ path, mode, content }) => ({ path, mode, content: Buffer.from(content, 'base64').toString() }));
  }

  /** The service of a container, by its name, writes a line. */
  write(name: string, text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    const container = [...this.#containers.values()].find((one) => one.name === name);
    if (container !== undefined) this.#outputOf(container.id).write(text, stream);
  }

  // -- the engine

  async facts(): Promise<EngineFacts> {
    this.#meet('containers', false);
    return {
      version: 'simulated', apiVersion: '1.41', kernel: 'simulated', architecture: this.#options.architecture ?? 'simulated', cgroupVersion: 2, cpuMilli: this.#options.cpuMilli,
      memoryMib: this.#options.memoryMib, liveRestore: true, limitsSwap: true,
    };
  }

  async containers(): Promise<Container[]> {
    this.#meet('containers');
    return [...this.#containers.values()].map(({ order: _, startedMs: __, files: ___, ...container }) => ({ ...container }));
  }

  async container(id: string): Promise<Container | undefined> {
    return (await this.containers()).find((one) => one.id === id);
  }

  async network(name: string): Promise<PresentNetwork | undefined> {
    this.#meet('containers', false);
    const network = this.#networks.get(name);
    if (network === undefined) return undefined;
    const attached = [...this.#containers.values()].filter((one) => one.networkName === name && one.status === 'running');
    return { ...network, attached: attached.map((one) => one.name) };
  }

  async createNetwork(settings: NetworkSettings, clusterId: string): Promise<void> {
    this.#meet('createNetwork');
    this.#networks.set(settings.name, { ...settings, id: `network-${(this.#count += 1)}`, clusterId, attached: [] });
  }

  async removeNetwork(name: string): Promise<void> {
    this.#networks.delete(name);
  }

  async image(reference: string): Promise<{ id: string; architecture: string } | undefined> {
    this.#meet('containers', false);
    const behaviour = this.#options.behaviours?.get(reference);
    const isThere = this.#images?.has(reference) ?? (behaviour?.unpullable === undefined || this.#seen.has(reference));
    return isThere ? { id: imageIdOf(reference, behaviour), architecture: behaviour?.architecture ?? 'simulated' } : undefined;
  }

  async images(): Promise<PresentImage[]> {
    this.#meet('containers', false);
    return [...(this.#images ?? this.#seen)].map((reference, index) => ({ id: imageIdOf(reference, this.#options.behaviours?.get(reference)), references: [reference], bytes: 50e6, createdMs: index, labels: {} }));
  }

  async removeImage(reference: string): Promise<void> {
    this.#meet('removeImage');
    this.journal.push(`remove image ${reference}`);
    this.#images?.delete(reference);
    this.#seen.delete(reference);
  }

  async pull(reference: string, say: (progress: string) => void, login?: RegistryLogin): Promise<void> {
    say('half of it');
    await this.#takes(this.#options.pullMs);
    this.#meet('pull');
    const unpullable = this.#options.behaviours?.get(reference)?.unpullable;
    if (unpullable !== undefined) throw new Error(`pull of ${reference}: ${unpullable}`);
    this.journal.push(`pull ${reference}${login === undefined ? '' : ` as ${login.username}`}`);
    this.#images?.add(reference);
    this.#seen.add(reference);
  }

  async create(order: ContainerOrder): Promise<string> {
    await this.#takes(this.#options.createMs);
    this.#meet('create');
    const { spec } = order;
    const holder = [...this.#containers.values()].find((one) => one.name === spec.name);
    if (holder !== undefined) throw new Error(`the container name ${spec.name} is in use by ${holder.id}`);
    if (!this.#networks.has(order.networkName)) throw new Error(`network ${order.networkName} not found`);
    const id = `c${(this.#count += 1)}`;
    this.journal.push(`create ${spec.name}`);
    this.#containers.set(id, {
      id, name: spec.name, owner: order.owner, status: 'created', networkName: order.networkName, address: spec.address, mac: spec.mac, limits: limitsOf(spec),
      stopSeconds: spec.stopSeconds, restarts: 0, outOfMemory: false, order, startedMs: 0, imageId: imageIdOf(spec.image, this.#options.behaviours?.get(spec.image)),
    });
    return id;
  }

  async putFiles(id: string, files: readonly ContainerFile[]): Promise<void> {
    this.#meet('putFiles');
    this.#find(id).files = files;
  }

  async lastLines(id: string): Promise<string> {
    return this.#behaviourOf(this.#find(id))?.lastWords ?? '';
  }

  output(id: string, query: OutputQuery, signal: AbortSignal): AsyncIterable<OutputFrame> {
    this.#meet('containers', false);
    return this.#outputOf(this.#find(id).id).read(query, signal);
  }

  async openShell(id: string, command: ShellCommand): Promise<ShellProcess> {
    this.#meet('containers', false);
    if (this.#find(id).status !== 'running') throw new Error(`container ${id} is not running`);
    return fakeShell(command);
  }

  async start(id: string): Promise<void> {
    await this.#takes(this.#options.startMs);
    this.#meet('start');
    const container = this.#find(id);
    if (container.status === 'running') return;
    const { address } = container;
    const rival = [...this.#containers.values()].find((one) => one !== container && one.status === 'running' && one.address === address);
    if (address !== undefined && rival !== undefined) throw new Error(`address ${address} is in use by ${rival.name}`);
    this.journal.push(`start ${container.name}`);
    const network = this.#networks.get(container.networkName ?? '');
    if (network !== undefined) container.networkId = network.id;
    this.#begin(container);
    this.#emit({ action: 'start', containerId: id });
  }

  async stop(id: string, stopSeconds: number): Promise<void> {
    this.#meet('stop');
    const container = this.#containers.get(id);
    if (container === undefined || (container.status !== 'running' && container.status !== 'restarting')) return;
    this.journal.push(`stop ${container.name} ${stopSeconds}`);
    this.#end(container, 'exited', 0);
  }

  async remove(id: string): Promise<void> {
    this.#meet('remove');
    const container = this.#containers.get(id);
    if (container === undefined) return;
    this.journal.push(`remove ${container.name}`);
    this.#containers.delete(id);
    this.#outputs.get(id)?.runs(false);
    this.#outputs.delete(id);
    this.#emit({ action: 'destroy', containerId: id });
  }

  async update(id: string, spec: Pick<ReplicaSpec, 'cpuMilli' | 'memoryMib'>): Promise<void> {
    this.#meet('update');
    const container = this.#find(id);
    this.journal.push(`update ${container.name} ${spec.cpuMilli} ${spec.memoryMib}`);
    container.limits = limitsOf(spec);
    this.#emit({ action: 'update', containerId: id });
  }

  async rename(id: string, name: string): Promise<void> {
    this.#meet('rename');
    const container = this.#find(id);
    this.journal.push(`rename ${container.name} ${name}`);
    container.name = name;
    this.#emit({ action: 'rename', containerId: id });
  }

  async unpause(id: string): Promise<void> {
    this.#meet('unpause');
    const container = this.#find(id);
    this.journal.push(`unpause ${container.name}`);
    if (container.status === 'paused') container.status = 'running';
    this.#emit({ action: 'unpause', containerId: id });
  }

  watch(onEvent: (event: RuntimeEvent) => void, onOpen: () => void, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#down !== undefined) return reject(new Error(this.#down));
      const listener = { onEvent, fail: reject };
      this.#listeners.add(listener);
      signal.addEventListener('abort', () => {
        this.#listeners.delete(listener);
        resolve();
      });
      onOpen();
    });
  }

  /** Answers as the services would: well once their start time is over. */
  readonly probe: Probe = async (target) => {
    const container = [...this.#containers.values()].find((one) => one.address === target.address && one.status === 'running');
    const behaviour = container === undefined ? undefined : this.#behaviourOf(container);
    const servesMs = behaviour?.slowMs ?? this.#options.serviceMs ?? 0;
    const serving = container !== undefined && behaviour?.unhealthy === undefined && this.#options.clock.elapsedMs() - container.startedMs >= servesMs;
    if (!serving && behaviour?.unhealthy !== undefined) throw new Error(`${target.address}:${target.port}${target.path ?? ''}: ${behaviour.unhealthy}`);
    if (!serving) throw new Error(`${target.address}:${target.port}: connect ECONNREFUSED`);
  };

  /** Plausible figures of a fleet at work. */
  readonly usage = new FakeUsage({
    clock: { elapsedMs: () => this.#options.clock.elapsedMs(), nowMs: () => this.#options.clock.nowMs() },
    running: () => [...this.#containers.values()].filter((one) => one.status === 'running'),
    behaviourOf: (container) => this.#behaviourOf(container as FakeContainer),
  });

  /** What the services say of their requests. */
  readonly scrape: Scrape = async (target) => {
    const container = [...this.#containers.values()].find((one) => one.address === target.address && one.status === 'running');
    const counters = container === undefined ? undefined : this.usage.requestsOf(container);
    if (counters === undefined) throw new Error('there is nothing about requests');
    return counters;
  };

  #begin(container: FakeContainer): void {
    container.status = 'running';
    this.#outputOf(container.id).runs(true);
    container.pid = 1_000 + this.#count;
    container.startedMs = this.#options.clock.elapsedMs();
    container.startedAt = new Date(this.#options.clock.nowMs()).toISOString();
    this.#crashLater(container);
  }

  /** A service that ends by itself is started again by the engine, after a pause that doubles each time. */
  #crashLater(container: FakeContainer): void {
    const crashesMs = this.#behaviourOf(container)?.crashesMs;
    if (crashesMs === undefined) return;
    const { clock } = this.#options;
    const { startedMs } = container;
    const isSameRun = (): boolean => this.#containers.get(container.id) === container && container.startedMs === startedMs;
    clock.after(crashesMs, () => {
      if (!isSameRun() || container.status !== 'running') return;
      this.#end(container, 'restarting', this.#behaviourOf(container)?.exitCode ?? 1);
      clock.after(Math.min(FIRST_RESTART_MS * 2 ** container.restarts, LONGEST_RESTART_MS), () => {
        if (!isSameRun() || container.status !== 'restarting') return;
        container.restarts += 1;
        this.#begin(container);
        this.#emit({ action: 'start', containerId: container.id });
      });
    });
  }

  #behaviourOf({ order }: FakeContainer): FakeBehaviour | undefined {
    return order === undefined ? undefined : this.#options.behaviours?.get(order.spec.image);
  }

  #end(container: FakeContainer, status: ContainerStatus, exitCode: number): void {
    container.status = status;
    container.exitCode = exitCode;
    delete container.pid;
    this.#outputs.get(container.id)?.runs(false);
    this.#emit({ action: 'die', containerId: container.id, exitCode, atMs: this.#options.clock.nowMs() });
  }

  #outputOf(id: string): FakeOutput {
    const output = this.#outputs.get(id) ?? new FakeOutput(this.#options.clock);
    this.#outputs.set(id, output);
    return output;
  }

  #find(id: string): FakeContainer {
    const container = this.#containers.get(id);
    if (container === undefined) throw new Error(`no such container: ${id}`);
    return container;
  }

  /** Fails when the engine is down or when a failure was asked for. */
  #meet(operation: FakeOperation, counts = true): void {
    if (this.#down !== undefined) throw new Error(this.#down);
    const index = counts ? this.#failures.findIndex((failure) => failure.operation === operation) : -1;
    if (index >= 0) throw new Error(this.#failures.splice(index, 1)[0]?.message);
  }

  async #takes(ms: number | undefined): Promise<void> {
    if (ms !== undefined && ms > 0) await pause(this.#options.clock, ms);
  }

  #emit(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener.onEvent(event);
  }
}
