// The contract between the server and the agents, owned by the agents because they must keep working while a server
// is being replaced. JSON messages over one WebSocket that the agent opens. Every message is checked by these
// schemas on both sides; unknown fields are ignored, so that versions one apart work together.
//
// The generation rule: an assignment is the whole desired state of one host. A higher generation replaces a lower
// one; an agent refuses a lower one; what is absent is stopped. Containers keep running while the server is away.
import { z } from 'zod';

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
} as const;

const name = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const ipv4 = z.ipv4();
const cidr = z.cidrv4();
const count = z.int().min(0);

/** How containers of this host get addresses. Addresses are given by the server only. */
export const HostNetwork = z.object({
  /** Name of the Docker network and, shortened, of nothing else. */
  name,
  mode: z.enum(['flat', 'routed']),
  bridge: z.string().regex(/^[a-z][a-z0-9.-]{0,14}$/),
  /** The physical interface: a flat bridge takes it over with the host's address. */
  uplink: z.string().regex(/^[a-zA-Z][a-zA-Z0-9.@-]{0,14}$/),
  /** flat: the site's whole network; routed: the host's own range. */
  cidr,
  /** flat: the site's router; routed: the bridge's own address, the containers' gateway. */
  gateway: ipv4,
  /** The host's own address, without prefix. */
  hostAddress: ipv4,
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
  dns: z.array(ipv4).max(4),
  /** Extra lines of /etc/hosts. */
  hosts: z.array(z.object({ name: z.string().max(253), address: ipv4 })).max(256),
  /** Seconds between SIGTERM and SIGKILL. */
  stopSeconds: z.int().min(0).max(600),
});
export type ReplicaSpec = z.infer<typeof ReplicaSpec>;

export const Assignment = z.object({
  clusterId: z.string().min(1).max(64),
  hostId: z.string().min(1).max(64),
  generation: count,
  network: HostNetwork,
  replicas: z.array(ReplicaSpec).max(2_000),
});
export type Assignment = z.infer<typeof Assignment>;

/** What the host is, as its agent finds it. */
export const Facts = z.object({
  hostname: z.string().max(253),
  /** Changes at every boot of the host. */
  bootId: z.string().max(64),
  agentVersion: z.string().max(32),
  engineVersion: z.string().max(64),
  engineApiVersion: z.string().max(16),
  kernel: z.string().max(128),
  architecture: z.string().max(32),
  cgroupVersion: z.union([z.literal(1), z.literal(2)]),
  cpuMilli: count,
  memoryMib: count,
});
export type Facts = z.infer<typeof Facts>;

/** Absolute counters and present sizes of one container, read from its cgroups; null: could not be read. */
export const Usage = z.object({
  /** CPU time since the container started. */
  cpuMicros: count.nullable(),
  /** CPU in use between the last two readings. */
  cpuMilli: count.nullable(),
  /** Periods in which the quota stopped it, since it started. */
  throttledPeriods: count.nullable(),
  memoryBytes: count.nullable(),
  networkReceivedBytes: count.nullable(),
  networkSentBytes: count.nullable(),
  blockReadBytes: count.nullable(),
  blockWrittenBytes: count.nullable(),
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
});
export type ObservedReplica = z.infer<typeof ObservedReplica>;

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
  /** What hinders the host as a whole: engine down, bridge missing, disk full. */
  problems: z.array(z.string().max(1_000)).max(20),
});
export type Report = z.infer<typeof Report>;

export const AgentMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), protocol: z.int(), hostId: z.string().max(64), generation: count, facts: Facts }),
  z.object({ type: z.literal('heartbeat'), seq: count }),
  z.object({ type: z.literal('report'), report: Report }),
]);
export type AgentMessage = z.infer<typeof AgentMessage>;

export const ServerMessage = z.discriminatedUnion('type', [
  /** First answer: how often to speak. The lease is what the server waits before it calls the host lost. */
  z.object({ type: z.literal('welcome'), clusterId: z.string(), heartbeatMs: z.int().min(100), reportMs: z.int().min(100), leaseMs: z.int().min(100) }),
  z.object({ type: z.literal('assignment'), assignment: Assignment }),
  z.object({ type: z.literal('ack'), seq: count }),
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
});
export type JoinRequest = z.infer<typeof JoinRequest>;

/** Answer to a join; the credential is shown once and kept in a file that only root may read. */
export const JoinResponse = z.object({
  clusterId: z.string(),
  hostId: z.string(),
  credential: z.string(),
});
export type JoinResponse = z.infer<typeof JoinResponse>;

/** Errors of `/join` are `application/problem+json`; these codes are stable. */
export type JoinProblem = 'token-unknown' | 'token-used' | 'token-expired' | 'name-taken' | 'protocol-version' | 'address-taken' | 'range-overlaps' | 'network-missing' | 'invalid';
