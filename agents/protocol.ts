// The contract between the server and the agents, owned by the agents because they must keep working while a server
// is being replaced. JSON messages over one WebSocket that the agent opens. Every message is checked by these
// schemas on both sides; unknown fields are ignored, so that versions one apart work together.
//
// The generation rule: an assignment is the whole desired state of one host. A higher generation replaces a lower
// one; an agent refuses a lower one; what is absent is stopped. Containers keep running while the server is away.
import { z } from 'zod';
import { BuildOrder, BuildReport } from './protocol-builds.ts';
import { Csr, Identity, IDENTITY_MESSAGES_OF_AGENTS, IDENTITY_MESSAGES_OF_SERVERS, UpgradeProgress } from './protocol-identity.ts';
import { HealthCheck, ObservedDrift, ObservedOrphan, PullProgress, ServiceEnd, Upkeep } from './protocol-upkeep.ts';

export * from './protocol-builds.ts';
export * from './protocol-identity.ts';
export * from './protocol-upkeep.ts';
import { PROBE_MESSAGES_OF_AGENTS, PROBE_MESSAGES_OF_SERVERS } from './protocol-probe.ts';
import { STREAM_MESSAGES_OF_AGENTS, STREAM_MESSAGES_OF_SERVERS } from './protocol-streams.ts';

export * from './protocol-probe.ts';
export * from './protocol-streams.ts';

/** Raised when an older peer could misread a message. The server answers another version with `goaway`. */
export const PROTOCOL_VERSION = 1;

/** Largest message either side accepts, in bytes: an assignment of 200 replicas is about 200 KiB. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** Containers, networks and directories that carry this label with this cluster's id are the agent's; nothing else is. */
export const LABELS = {
  cluster: 'io.firn.cluster',
  replica: 'io.firn.replica',
  workload: 'io.firn.workload',
  /** Hash of the parts of the spec that need a new container when they change. */
  identity: 'io.firn.identity',
  /** `ReplicaSpec.release` that the container was made for. */
  release: 'io.firn.release',
} as const;

const name = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const ipv4 = z.ipv4();
const cidr = z.cidrv4();
const count = z.int().min(0);

/** How containers of this host get addresses. Addresses are given by the server only. */
export const HostNetwork = z.object({
  /** Name of the Docker network and, shortened, of nothing else. */
  name,
  mode: z.enum(['flat', 'routed', 'host']),
  bridge: z.string().regex(/^[a-z][a-z0-9.-]{0,14}$/),
  /** The physical interface: a flat bridge takes it over with the host's address. */
  uplink: z.string().regex(/^[a-zA-Z][a-zA-Z0-9.@-]{0,14}$/),
  /** flat: the site's whole network; routed: the host's own range. */
  cidr,
  /** flat: the site's router; routed: the bridge's own address, the containers' gateway. */
  gateway: ipv4,
  /** The host's own address, without prefix. */
  hostAddress: ipv4,
  /** flat: the bridge stands on this VLAN of the uplink, and the uplink itself stays as it is. */
  vlan: z.int().min(1).max(4094).optional(),
  /** routed: the ways to the containers of other hosts, where no router knows them. */
  tunnel: z
    .object({
      /** Id of the VXLAN; its packets go to UDP port 4789. */
      vni: z.int().min(1).max(16_777_215),
      peers: z.array(z.object({ /** The other host. */ address: ipv4, /** Its range of containers. */ cidr })).max(4_000),
    })
    .optional(),
});
export type HostNetwork = z.infer<typeof HostNetwork>;

/** One container that should run on this host. */
export const ReplicaSpec = z.object({
  id: z.string().min(1).max(64),
  /** Container name and hostname. */
  name,
  workload: z.string().min(1).max(130),
  image: z.string().min(1).max(512),
  /** Empty: the image's own. */
  command: z.array(z.string().max(4096)).max(64),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(32_768)),
  address: ipv4,
  /** `02:42:` and the four octets of the address. */
  mac: z.string().regex(/^02:42(:[0-9a-f]{2}){4}$/),
  cpuMilli: z.int().min(10),
  memoryMib: z.int().min(6),
  /** TCP port that the service listens on. */
  port: z.int().min(1).max(65_535),
  /** HTTP path that answers 2xx when the service is well; absent: a TCP connection is enough. */
  healthPath: z.string().startsWith('/').max(256).optional(),
  /** Goes before `healthPath`, which agents of older versions read. */
  health: HealthCheck.optional(),
  dns: z.array(ipv4).max(4),
  /** Extra lines of /etc/hosts. */
  hosts: z.array(z.object({ name: z.string().max(253), address: ipv4 })).max(256),
  /** Seconds between SIGTERM and SIGKILL. */
  stopSeconds: z.int().min(0).max(600),
  /** Files that are put into the container before it starts: configuration and secrets. Never logged, never reported. */
  files: z.array(z.object({ path: z.string().startsWith('/').max(256), content: z.base64().max(400_000), mode: z.int().min(0).max(0o777) })).max(64).optional(),
  /** HTTP path with Prometheus text about requests; absent: nothing is asked. */
  metricsPath: z.string().startsWith('/').max(256).optional(),
  /** Id of the release, repeated in the report, so that the server knows what really runs. */
  release: z.string().max(64).optional(),
});
export type ReplicaSpec = z.infer<typeof ReplicaSpec>;

/** Which images this host should have beside those of its replicas, and which it may never clean away. */
export const ImagePolicy = z.object({
  /** Registry (`address:port`) at which the agent signs in with its own id and credential; other registries are asked without. */
  registry: z.string().max(300).optional(),
  /** References by digest that a rollout will need here: pulled ahead, one at a time, after everything that replicas wait for. */
  prefetch: z.array(z.string().max(512)).max(200),
  /** Never cleaned: what runs anywhere, what a rollback may need, what comes next. */
  keep: z.array(z.string().max(512)).max(5_000),
  /** Cleaning begins when the engine's disk is fuller than `high`, and ends below `low`; only images of the registry are cleaned. */
  watermarkPermille: z.object({ high: z.int().min(0).max(1000), low: z.int().min(0).max(1000) }),
  /** False while a rollout is under way: nothing is cleaned. */
  mayClean: z.boolean(),
});
export type ImagePolicy = z.infer<typeof ImagePolicy>;

export const Assignment = z.object({
  clusterId: z.string().min(1).max(64),
  hostId: z.string().min(1).max(64),
  generation: count,
  network: HostNetwork,
  replicas: z.array(ReplicaSpec).max(2_000),
  images: ImagePolicy.optional(),
  upkeep: Upkeep.optional(),
});
export type Assignment = z.infer<typeof Assignment>;

/**
 * What a peer understands beside the messages that every version has. Each says so first (`hello`, `welcome`), and is sent nothing that it did not name;
 * a message of a type that it does not know is ignored.
 */
const speaks = z.array(z.string().max(32)).max(32).optional();

/** What the host is, as its agent finds it. */
export const Facts = z.object({
  hostname: z.string().max(253),
  /** Changes at every boot of the host. */
  bootId: z.string().max(64),
  agentVersion: z.string().max(32),
  /** SHA-256 of the agent's own file, where it is one file: two builds of one version differ in it. */
  agentBundle: z.string().max(64).optional(),
  engineVersion: z.string().max(64),
  engineApiVersion: z.string().max(16),
  kernel: z.string().max(128),
  architecture: z.string().max(32),
  cgroupVersion: z.union([z.literal(1), z.literal(2)]),
  cpuMilli: count,
  memoryMib: count,
});
export type Facts = z.infer<typeof Facts>;

/** Absolute counters since the service started, read from its Prometheus text. */
export const RequestCounters = z.object({
  /** When the service was asked, in milliseconds since 1970 by the host's clock: rates are made of this and not of when a report was sent. */
  atMs: z.int().optional(),
  total: z.number().min(0),
  /** Of the total: answered with 5xx. */
  errors: z.number().min(0),
  /** Cumulative histogram of durations: requests that took at most so many seconds, by rising bound; absent where it has none. */
  durations: z.array(z.object({ leSeconds: z.number().min(0), count: z.number().min(0) })).max(64).optional(),
});
export type RequestCounters = z.infer<typeof RequestCounters>;

/** Absolute counters and present sizes of one container, read from its cgroups; null: could not be read. */
export const Usage = z.object({
  /** When it was read, in milliseconds since 1970 by the host's clock. */
  atMs: z.int().optional(),
  /** CPU time since the container started. */
  cpuMicros: count.nullable(),
  /** CPU in use between the last two readings. */
  cpuMilli: count.nullable(),
  /** Periods in which the quota stopped it, since it started. */
  throttledPeriods: count.nullable(),
  /** Periods in which it wanted to run at all, since it started. */
  periods: count.nullable().optional(),
  memoryBytes: count.nullable(),
  networkReceivedBytes: count.nullable(),
  networkSentBytes: count.nullable(),
  blockReadBytes: count.nullable(),
  blockWrittenBytes: count.nullable(),
  /** TCP connections that stand, of the container's whole network. */
  connections: count.nullable().optional(),
  processes: count.nullable().optional(),
  /** What the kernel says of its first process: `R` runs, `S` sleeps, `D` waits for a disk, `T` is stopped, `Z` is dead and not collected. */
  initState: z.string().max(1).nullable().optional(),
  /** What the service itself says of its requests, at `metricsPath`; absent: it says nothing, null: it could not be read. */
  requests: RequestCounters.nullable().optional(),
});
export type Usage = z.infer<typeof Usage>;

export const ReplicaState = z.enum(['pulling', 'creating', 'starting', 'running', 'unhealthy', 'restarting', 'exited', 'failed', 'stopping']);
export type ReplicaState = z.infer<typeof ReplicaState>;

export const ObservedReplica = z.object({
  id: z.string().max(64),
  state: ReplicaState,
  /** One sentence when the state is not `running`: what is waited for, or what went wrong. */
  reason: z.string().max(1_000).optional(),
  containerId: z.string().max(80).optional(),
  /** As Docker says, not as was wished: the server compares. */
  address: ipv4.optional(),
  mac: z.string().max(17).optional(),
  cpuMilli: count.optional(),
  memoryMib: count.optional(),
  restarts: count,
  startedAt: z.iso.datetime().optional(),
  exitCode: z.int().optional(),
  outOfMemory: z.boolean().optional(),
  usage: Usage.optional(),
  /** `ReplicaSpec.release` of the container as it is, from its label: during a rollout it may lag behind the assignment. */
  release: z.string().max(64).optional(),
  /** Id of the image that the container really runs (`sha256:...`). */
  imageId: z.string().max(80).optional(),
  /** The last lines that it wrote before it ended, when it ended by itself. */
  lastWords: z.string().max(2_000).optional(),
  lastEnd: ServiceEnd.optional(),
  /** When it is started again, of one that is `restarting`. */
  restartAt: z.iso.datetime().optional(),
  /** While its image is pulled. */
  pull: PullProgress.optional(),
});
export type ObservedReplica = z.infer<typeof ObservedReplica>;

/** One image that was asked for ahead. */
export const ObservedImage = z.object({
  reference: z.string().max(512),
  state: z.enum(['present', 'waiting', 'pulling', 'failed']),
  /** One sentence when it is not present. */
  reason: z.string().max(1_000).optional(),
  imageId: z.string().max(80).optional(),
  pull: PullProgress.optional(),
});
export type ObservedImage = z.infer<typeof ObservedImage>;

/** Somebody else answers for an address that a replica has here, or should get. */
export const AddressConflict = z.object({
  address: ipv4,
  replicaId: z.string().max(64),
  /** What the replica has or would have. */
  ownMac: z.string().max(17),
  /** Who answered; the same as `ownMac` where another host still runs this very container. */
  otherMac: z.string().max(17),
  /** Whether the container runs all the same: it was found only after its start. */
  running: z.boolean(),
  at: z.iso.datetime(),
});
export type AddressConflict = z.infer<typeof AddressConflict>;

/** What a host says is true. The whole truth each time, so that a lost report costs nothing. */
export const Report = z.object({
  /** Counts up per session; the server answers `ack` with it. */
  seq: count,
  at: z.iso.datetime(),
  /** The newest assignment that was accepted (stored on disk); 0: none yet. */
  generation: count,
  /** True when the last reconcile of that generation found nothing left to do. */
  converged: z.boolean(),
  facts: Facts,
  replicas: z.array(ObservedReplica).max(4_000),
  /** Containers on this engine that are not the agent's: counted, never touched. */
  strangers: count,
  hostUsage: z.object({ cpuMilli: count, memoryMib: count }).optional(),
  /** Addresses for which something else answers, as last asked. */
  conflicts: z.array(AddressConflict).max(200).optional(),
  /** Every image of `Assignment.images.prefetch`. */
  images: z.array(ObservedImage).max(200).optional(),
  /** The file system that holds the engine's images. */
  imageDisk: z.object({ usedBytes: count, totalBytes: count }).optional(),
  /** File systems that services depend on: the engine's, and the one with /persist. */
  disks: z.array(z.object({ place: z.enum(['engine', 'persist']), usedBytes: count, totalBytes: count })).max(8).optional(),
  /** What nobody assigned; absent: this agent does not look. */
  orphans: z.array(ObservedOrphan).max(500).optional(),
  drift: z.array(ObservedDrift).max(500).optional(),
  /** True where this agent takes builds: git and a registry to push to are there. */
  builds: z.boolean().optional(),
  /** The upgrade that the agent was told last, and how it went; absent: none yet. */
  upgrade: UpgradeProgress.optional(),
  /** The engine does not answer: what is said of replicas is the last that was known, and what their services answer. */
  engineDown: z.boolean().optional(),
  /** What hinders the host as a whole: engine down, bridge missing, disk full. */
  problems: z.array(z.string().max(1_000)).max(20),
});
export type Report = z.infer<typeof Report>;

export const AgentMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), protocol: z.int(), hostId: z.string().max(64), generation: count, facts: Facts, speaks }),
  z.object({ type: z.literal('heartbeat'), seq: count }),
  z.object({ type: z.literal('report'), report: Report }),
  z.object({ type: z.literal('build'), report: BuildReport }),
  ...IDENTITY_MESSAGES_OF_AGENTS,
  ...PROBE_MESSAGES_OF_AGENTS,
  ...STREAM_MESSAGES_OF_AGENTS,
]);
export type AgentMessage = z.infer<typeof AgentMessage>;

export const ServerMessage = z.discriminatedUnion('type', [
  /** First answer: how often to speak. The lease is what the server waits before it calls the host lost. */
  z.object({ type: z.literal('welcome'), clusterId: z.string(), heartbeatMs: z.int().min(100), reportMs: z.int().min(100), leaseMs: z.int().min(100), speaks,
    /** The assignment comes once the server has heard a whole report of this host: until then it has not spoken. Sent to peers that speak `await`. */
    assignmentComes: z.boolean().optional() }),
  z.object({ type: z.literal('assignment'), assignment: Assignment }),
  z.object({ type: z.literal('ack'), seq: count }),
  /** All builds that this host should do: what is absent is cancelled, what is known goes on. */
  z.object({ type: z.literal('builds'), orders: z.array(BuildOrder).max(50) }),
  /** The server has the log up to this many bytes; after the end of a build `isEnded` says that the result is stored. */
  z.object({ type: z.literal('build-ack'), id: z.string().max(64), attempt: z.int(), logBytes: count, isEnded: z.boolean() }),
  ...PROBE_MESSAGES_OF_SERVERS,
  ...STREAM_MESSAGES_OF_SERVERS,
  ...IDENTITY_MESSAGES_OF_SERVERS,
  /** The server does not want this session: say why, stay away for that long; `final` means do not come back by yourself. */
  z.object({ type: z.literal('goaway'), reason: z.string().max(1_000), retryAfterMs: count, final: z.boolean() }),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;

/** Body of `POST /join` on the agents' port, with a one-time token. */
export const JoinRequest = z.object({
  protocol: z.int(),
  token: z.string().min(16).max(256),
  /** Unique in the cluster. */
  name,
  /** The address by which other hosts reach this one. */
  address: ipv4,
  facts: Facts,
  /** Where the machine's capacity is to be stated and not detected (a lab, a shared machine). */
  declared: z.object({ cpuMilli: z.int().min(100), memoryMib: z.int().min(64) }).optional(),
  uplink: z.string().max(15),
  /** routed: the range that the VPC routes to this machine. */
  containerCidr: cidr.optional(),
  /** Where the listener speaks TLS: request for the host's first certificate. */
  csr: Csr.optional(),
});
export type JoinRequest = z.infer<typeof JoinRequest>;

/** Answer to a join; the credential is shown once and kept in a file that only root may read. */
export const JoinResponse = z.object({
  clusterId: z.string(),
  hostId: z.string(),
  credential: z.string(),
  /** Present where the request had a `csr`. */
  identity: Identity.optional(),
});
export type JoinResponse = z.infer<typeof JoinResponse>;

/** Errors of `/join` are `application/problem+json`; these codes are stable. */
export type JoinProblem = 'token-unknown' | 'token-used' | 'token-expired' | 'name-taken' | 'protocol-version' | 'address-taken' | 'range-overlaps' | 'network-missing' | 'tls-needed' | 'csr-invalid' | 'invalid';
