// A container engine in memory: the same behaviour that the agent sees of Docker, with start delays, plausible usage, failures on request.
// Used by tests, by simulations, and by the simulated fleet of the demo, so dozens of them must be cheap: it owns no timers of its own.
import { pause } from '../clock.ts';
import type { Probe } from '../health.ts';
import type { Scrape } from '../metrics/board.ts';
import type { ReplicaSpec } from '../protocol.ts';
import { imageIdOf, type FakeBehaviour, type FakeLies, type FakeOptions } from './fake-behaviour.ts';
export type { FakeOptions } from './fake-behaviour.ts';
import { FakeImages } from './fake-images.ts';
import { FakeOutput, fakeShell } from './fake-streams.ts';
import { FakeUsage } from './fake-usage.ts';
import type { OutputFrame, OutputQuery, ShellCommand, ShellProcess } from './streams.ts';
import {
  limitsOf, type Container, type ContainerFile, type ContainerOrder, type ContainerStatus, type EngineFacts, type NetworkSettings, type PresentNetwork,
  type RunLimits, type RunResult, type Runtime, type RuntimeEvent,
} from './runtime.ts';

/** A container with everything that a test may want to change by hand. */
type FakeContainer = { -readonly [K in keyof Container]: Container[K] } & { order?: ContainerOrder; startedMs: number; files?: readonly ContainerFile[] };
export type FakeOperation = 'create' | 'putFiles' | 'removeImage' | 'start' | 'stop' | 'remove' | 'update' | 'rename' | 'unpause' | 'pull' | 'createNetwork' | 'removeNetwork' | 'connect' | 'disconnect' | 'run' | 'containers';


export class FakeRuntime implements Runtime {
  readonly endpoint = 'memory';
  /** Every change that was asked for, such as `create web-1`. */
  readonly journal: string[] = [];
  readonly #options: FakeOptions;
  readonly #containers = new Map<string, FakeContainer>();
  readonly #outputs = new Map<string, FakeOutput>();
  readonly #networks = new Map<string, PresentNetwork>();
  readonly #images: FakeImages;
  #lies: FakeLies = {};
  readonly #failures: { operation: FakeOperation; message: string }[] = [];
  readonly #listeners = new Set<{ onEvent: (event: RuntimeEvent) => void; fail: (error: Error) => void }>();
  #down: string | undefined;
  #count = 0;

  constructor(options: FakeOptions) {
    this.#options = options;
    const { clock, pullMs, images, behaviours } = options;
    this.#images = new FakeImages({ clock, pullMs, images, behaviours, journal: this.journal, meet: (operation, counts) => this.#meet(operation, counts) });
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
    const container = this.#named(name);
    change(container);
    this.#emit({ action: 'tampered', containerId: container.id });
  }

  /** The service of a container ends by itself. */
  crash(name: string, exitCode: number, outOfMemory = false): void {
    const container = this.#named(name);
    if (outOfMemory) this.#emit({ action: 'oom', containerId: container.id });
    this.#end(container, 'exited', exitCode);
  }

  /** Somebody stops a container through the engine, as with `docker stop`. */
  stopByHand(name: string): void {
    const container = this.#named(name);
    this.#emit({ action: 'kill', containerId: container.id, signal: '15' });
    this.#end(container, 'exited', 143);
  }

  /** Somebody removes a container, as with `docker rm -f`. */
  removeByHand(name: string): void {
    const { id } = this.#named(name);
    this.#containers.delete(id);
    this.#emit({ action: 'destroy', containerId: id });
  }

  /** A container that bears labels of a cluster although nobody assigned it, such as one that a lost agent left. */
  addLabelled(name: string, owner: Container['owner'] & object, more: Partial<Container> = {}): string {
    const id = `left-${(this.#count += 1)}`;
    const startedAt = new Date(this.#options.clock.nowMs()).toISOString();
    this.#containers.set(id, { id, name, owner, status: 'running', ...(more.status === 'created' ? {} : { startedAt }), stopSeconds: 1, restarts: 0, outOfMemory: false, startedMs: 0, ...more });
    this.#emit({ action: 'create', containerId: id });
    return id;
  }

  addNetwork(name: string, clusterId: string): void {
    this.#networks.set(name, { id: `network-${(this.#count += 1)}`, name, clusterId, bridge: 'br9', masquerade: false, subnet: '10.99.0.0/24', gateway: '10.99.0.1', range: '', auxiliary: {}, attached: [] });
  }

  /** From now on the engine tells untruths; an empty object ends that. */
  lie(lies: FakeLies): void {
    this.#lies = lies;
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
    const { hides = [], saysRunning = [] } = this.#lies;
    const listed = [...this.#containers.values()].filter(({ name }) => !hides.includes(name));
    return listed.map(({ order: _, startedMs: __, files: ___, ...container }) => ({ ...container, ...(saysRunning.includes(container.name) ? { status: 'running' as const } : {}) }));
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

  async networks(): Promise<Pick<PresentNetwork, 'id' | 'name' | 'clusterId'>[]> {
    this.#meet('containers', false);
    return [...this.#networks.values()].map(({ id, name, clusterId }) => ({ id, name, ...(clusterId === undefined ? {} : { clusterId }) }));
  }

  async createNetwork(settings: NetworkSettings, clusterId: string): Promise<void> {
    this.#meet('createNetwork');
    this.#networks.set(settings.name, { ...settings, id: `network-${(this.#count += 1)}`, clusterId, attached: [] });
  }

  async removeNetwork(name: string): Promise<void> {
    this.#meet('removeNetwork');
    this.journal.push(`remove network ${name}`);
    this.#networks.delete(name);
  }

  // What concerns images is in fake-images.ts.
  readonly image: Runtime['image'] = (...asked) => this.#images.image(...asked);
  readonly images: Runtime['images'] = (...asked) => this.#images.images(...asked);
  readonly removeImage: Runtime['removeImage'] = (...asked) => this.#images.removeImage(...asked);
  readonly pull: Runtime['pull'] = (...asked) => this.#images.pull(...asked);

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
    container.restartsItself = false;
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

  async connect(id: string, network: string, spec: Pick<ReplicaSpec, 'address' | 'mac'>): Promise<void> {
    this.#meet('connect');
    const container = this.#find(id);
    this.journal.push(`connect ${container.name} ${network}`);
    const networkId = this.#networks.get(network)?.id;
    Object.assign(container, { networkName: network, address: spec.address, mac: spec.mac, ...(networkId === undefined ? {} : { networkId }) });
    this.#emit({ action: 'connect', containerId: id });
  }

  async disconnect(id: string, network: string): Promise<void> {
    this.#meet('disconnect');
    const container = this.#find(id);
    this.journal.push(`disconnect ${container.name} ${network}`);
    container.otherNetworks = (container.otherNetworks ?? []).filter((name) => name !== network);
    this.#emit({ action: 'disconnect', containerId: id });
  }

  async run(id: string, command: readonly string[], limits: RunLimits): Promise<RunResult> {
    this.#meet('run');
    const container = this.#find(id);
    if (container.status !== 'running') throw new Error(`container ${container.name} is not running`);
    const result = this.#behaviourOf(container)?.runs?.(command) ?? { exitCode: 0, output: '' };
    return { ...result, output: result.output.slice(0, limits.outputBytes) };
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

  /** A service that ends by itself, again and again. */
  #crashLater(container: FakeContainer): void {
    const crashesMs = this.#behaviourOf(container)?.crashesMs;
    if (crashesMs === undefined) return;
    const { startedMs } = container;
    this.#options.clock.after(crashesMs, () => {
      if (this.#containers.get(container.id) !== container || container.startedMs !== startedMs || container.status !== 'running') return;
      this.#end(container, 'exited', this.#behaviourOf(container)?.exitCode ?? 1);
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

  #named(name: string): FakeContainer {
    const container = [...this.#containers.values()].find((one) => one.name === name);
    if (container === undefined) throw new Error(`${name}: no such container`);
    return container;
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
    if (this.#lies.hushes === true) return;
    for (const listener of this.#listeners) listener.onEvent(event);
  }
}
