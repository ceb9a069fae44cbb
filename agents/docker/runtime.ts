// What the agent needs of a container engine, in the agent's words. `docker/engine.ts` does it with Docker, `docker/fake.ts` in memory.
// Every method is safe to repeat: what is already so is success. Every method has a deadline of its own and rejects with a sentence.
import type { HostNetwork, PullProgress, ReplicaSpec } from '../protocol.ts';
import type { ContainerStreams } from './streams.ts';

/** CPU time is given in periods of 100 ms, Docker's own default: longer ones would stall a service for longer. */
export const CPU_PERIOD_MICROS = 100_000;
export const MIB_BYTES = 1024 * 1024;

/** The engine and its machine, as the engine says. */
export interface EngineFacts {
  readonly version: string;
  readonly apiVersion: string;
  readonly kernel: string;
  readonly architecture: string;
  readonly cgroupVersion: 1 | 2;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** Containers survive a stop of the engine. */
  readonly liveRestore: boolean;
  /** The kernel can bound swap; without it a container's swap limit is neither set nor compared. */
  readonly limitsSwap: boolean;
  /** Folder of the host that holds images and containers; absent: the engine does not say. */
  readonly rootDir?: string;
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

/** Who a container belongs to, from its labels. */
export interface Owner {
  readonly clusterId: string;
  readonly replicaId: string;
  readonly workload: string;
  readonly identity: string;
  /** Absent: made by an agent that did not know of releases, or for a replica without one. */
  readonly release?: string;
}

/** Limits as the engine has them. */
export interface Limits {
  readonly cpuPeriodMicros: number;
  readonly cpuQuotaMicros: number;
  readonly memoryBytes: number;
  /** Memory and swap together; equal to `memoryBytes` when swap is off. */
  readonly memorySwapBytes: number;
}

/** A container as the engine has it; strangers' come with what concerns us: name, addresses, state. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly owner?: Owner;
  readonly status: ContainerStatus;
  /** `sha256:...` of what it was made from; strangers' too, because their images are in use as well. */
  readonly imageId?: string;
  /** Process id of the container's init on the host while it runs. */
  readonly pid?: number;
  /** Name and id of the network that it was made for, while it is on it; the id is absent until the container has been started once. */
  readonly networkName?: string;
  readonly networkId?: string;
  /** Networks that somebody put it on besides. */
  readonly otherNetworks?: readonly string[];
  /** As configured, so present in every status. */
  readonly address?: string;
  readonly mac?: string;
  readonly limits?: Limits;
  /** Whether the engine itself starts it again after its end: the agent does that. */
  readonly restartsItself?: boolean;
  readonly stopSeconds: number;
  readonly restarts: number;
  /** ISO 8601; absent before the first start. */
  readonly startedAt?: string;
  readonly exitCode?: number;
  readonly outOfMemory: boolean;
  /** What the engine says when it could not start it. */
  readonly error?: string;
}

/** Files of the host that a container sees. */
export interface ContainerFiles {
  /** Directory that the container sees as /persist. */
  readonly persistPath: string;
  /** Its /etc/resolv.conf; absent: Docker's own resolver, which dies with the engine. */
  readonly resolvPath?: string;
}

/** Everything that is needed to create one container. */
export interface ContainerOrder {
  readonly spec: ReplicaSpec;
  readonly owner: Owner;
  readonly networkName: string;
  readonly files: ContainerFiles;
  /** Control group under which the engine puts it; absent: the engine's default. */
  readonly cgroupParent?: string;
}

/** A file to be put into a container, owned by root. */
export type ContainerFile = NonNullable<ReplicaSpec['files']>[number];

/** How to sign in at a registry. */
export interface RegistryLogin {
  /** `address:port`. */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

/** An image that the engine has. */
export interface PresentImage {
  /** `sha256:...` of its configuration. */
  readonly id: string;
  /** Every name by which it can be asked for: `repository:tag` and `repository@sha256:...`; empty: nothing refers to it any more. */
  readonly references: readonly string[];
  readonly bytes: number;
  /** When it was built, in milliseconds since 1970. */
  readonly createdMs: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** A network of the engine, as it is or as it should be. */
export interface NetworkSettings {
  readonly name: string;
  readonly bridge: string;
  readonly masquerade: boolean;
  readonly subnet: string;
  readonly gateway: string;
  /** Addresses that the engine must know of and never give away, by role. */
  readonly auxiliary: Readonly<Record<string, string>>;
  /** Range of dynamic allocation. */
  readonly range: string;
}

export interface PresentNetwork extends NetworkSettings {
  readonly id: string;
  /** Cluster in its label; absent: somebody else's network. */
  readonly clusterId?: string;
  /** Names of containers that are attached and running. */
  readonly attached: readonly string[];
}

/** Something changed: a container (by id), or anything else. */
export interface RuntimeEvent {
  readonly action: string;
  readonly containerId?: string;
  readonly exitCode?: number;
  /** With action `kill`: what was sent to it. */
  readonly signal?: string;
  /** By the engine's clock, in milliseconds since 1970. */
  readonly atMs?: number;
}

export interface RunLimits {
  readonly timeoutMs: number;
  readonly outputBytes: number;
}

export interface RunResult {
  readonly exitCode: number;
  /** Standard output and error as they came, cut. */
  readonly output: string;
}

export interface Runtime extends ContainerStreams {
  /** Where the engine listens, for messages. */
  readonly endpoint: string;
  facts(): Promise<EngineFacts>;
  /** All containers of the engine, running or not. */
  containers(): Promise<Container[]>;
  /** One of this product's containers; undefined when it is gone. */
  container(id: string): Promise<Container | undefined>;
  network(name: string): Promise<PresentNetwork | undefined>;
  /** Networks with the label of a cluster, any cluster's. */
  networks(): Promise<Pick<PresentNetwork, 'id' | 'name' | 'clusterId'>[]>;
  createNetwork(settings: NetworkSettings, clusterId: string): Promise<void>;
  removeNetwork(name: string): Promise<void>;
  /** What a reference stands for here; undefined when it is not there. `architecture` in the engine's own words, such as `amd64`. */
  image(reference: string): Promise<{ readonly id: string; readonly architecture: string } | undefined>;
  /** All images but those that only other images stand on. */
  images(): Promise<PresentImage[]>;
  /** Takes one name (or an id without names) away, and the image with its last; what is in use or absent stays as it is. */
  removeImage(referenceOrId: string): Promise<void>;
  /** `say` hears of progress in words and figures. Rejects when nothing moves for a minute, with what the engine said. */
  pull(reference: string, say: (words: string, progress?: PullProgress) => void, login?: RegistryLogin): Promise<void>;
  /** Gives the new container's id. Rejects when the name is taken. */
  create(order: ContainerOrder): Promise<string>;
  /** Puts files into a container that was not started yet; folders on the way are made. */
  putFiles(id: string, files: readonly ContainerFile[]): Promise<void>;
  /** The last lines that a container wrote before that moment (milliseconds since 1970), oldest first. */
  lastLines(id: string, lines: number, beforeMs: number): Promise<string>;
  start(id: string): Promise<void>;
  /** SIGTERM, then SIGKILL after that many seconds. */
  stop(id: string, stopSeconds: number): Promise<void>;
  /** Also removes a running container; an absent one is success. */
  remove(id: string): Promise<void>;
  update(id: string, spec: Pick<ReplicaSpec, 'cpuMilli' | 'memoryMib'>): Promise<void>;
  rename(id: string, name: string): Promise<void>;
  unpause(id: string): Promise<void>;
  /** Puts a container back on its network with its own address, or takes it off one that it should not be on. */
  connect(id: string, network: string, spec: Pick<ReplicaSpec, 'address' | 'mac'>): Promise<void>;
  disconnect(id: string, network: string): Promise<void>;
  /** Runs a program in a container, without a shell; ends it at the deadline. Gives its exit code and the beginning of what it wrote. */
  run(id: string, command: readonly string[], limits: RunLimits): Promise<RunResult>;
  /** Calls for each change until the stream breaks (rejects) or the signal aborts (resolves). `onOpen` is called when it listens. */
  watch(onEvent: (event: RuntimeEvent) => void, onOpen: () => void, signal: AbortSignal): Promise<void>;
}

/** The limits that a spec asks for. */
export function limitsOf(spec: Pick<ReplicaSpec, 'cpuMilli' | 'memoryMib'>): Limits {
  const memoryBytes = spec.memoryMib * MIB_BYTES;
  const cpuQuotaMicros = (spec.cpuMilli * CPU_PERIOD_MICROS) / 1000;
  return { cpuPeriodMicros: CPU_PERIOD_MICROS, cpuQuotaMicros, memoryBytes, memorySwapBytes: memoryBytes };
}

/** The engine's own name for the network of its host. */
export const HOST_NETWORK = 'host';

/** The engine's network that containers of a host are put on. */
export const engineNetworkOf = ({ mode, name }: Pick<HostNetwork, 'mode' | 'name'>): string => (mode === 'host' ? HOST_NETWORK : name);

/** The network that an assignment asks for, as the engine is to be told. */
export function networkSettingsOf(network: HostNetwork): NetworkSettings {
  const flat = network.mode === 'flat';
  // The engine puts its `gateway` on the bridge. On a flat network that must be the host's own address; containers leave through the
  // site's router, which the engine learns as the auxiliary address of this name.
  const gateway = flat ? network.hostAddress : network.gateway;
  return {
    name: network.name,
    bridge: network.bridge,
    masquerade: false,
    subnet: network.cidr,
    gateway,
    auxiliary: flat ? { DefaultGatewayIPv4: network.gateway } : {},
    // Only the server gives addresses away: a range with nothing free in it refuses whoever asks the engine for one.
    range: `${gateway}/32`,
  };
}
