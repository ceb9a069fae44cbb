// What runs and where: services with their workloads and replicas, hosts, networks, join tokens.
import { Amount, HostKind, Id, Instant, Name, Note, Shape, Unplaced, list, z } from './common.ts';
import { DiskView, PullView, ServiceEndView } from './orphans.ts';
import { Profile, Run } from './requests.ts';

export const ReplicaView = z
  .object({
    id: Id,
    name: z.string(),
    workloadId: Id,
    workload: z.string(),
    team: z.string(),
    ordinal: z.int(),
    /** Of a successor: id of the replica that leaves once this one serves. */
    replaces: Id.nullable(),
    hostId: Id.nullable(),
    host: z.string().nullable(),
    address: z.string().nullable(),
    mac: z.string().nullable(),
    shape: Shape,
    /** `pending`: no room yet; `assigned`: the host was told; `unknown`: its host is silent; the rest as the agent reports. */
    state: z.enum(['pending', 'assigned', 'pulling', 'creating', 'starting', 'running', 'unhealthy', 'restarting', 'exited', 'failed', 'stopping', 'unknown']),
    reason: z.string().nullable(),
    /** It is more than is wanted, and the planner stops it at this instant, when clients of its names know it no longer; null: they are still told. Absent: it stays. */
    leaving: z.object({ owner: z.literal('planner'), until: Instant.nullable() }).optional(),
    restarts: z.int(),
    restartAt: Instant.nullable().optional(),
    lastEnd: ServiceEndView.nullable().optional(),
    pull: PullView.nullable().optional(),
    startedAt: Instant.nullable(),
    cpuMilliNow: z.int().nullable(),
    memoryMibNow: z.int().nullable(),
  })
  .openapi('Replica');
export type ReplicaView = z.infer<typeof ReplicaView>;

export const WorkloadView = z
  .object({
    id: Id,
    name: z.string(),
    service: z.string(),
    environment: z.string(),
    team: z.string(),
    peakQps: z.number(),
    profile: Profile,
    run: Run,
    shape: z.string(),
    survive: z.string(),
    cloud: z.enum(['allowed', 'never']),
    minReplicas: z.int(),
    headroomPermille: z.int(),
    wanted: z.int(),
    placed: z.int(),
    running: z.int(),
    pending: z.array(Unplaced),
    cpuMilliNow: z.int().nullable(),
    memoryMibNow: z.int().nullable(),
    costCentsPerHour: z.int(),
    requestId: Id,
    updatedAt: Instant,
  })
  .openapi('Workload');
export type WorkloadView = z.infer<typeof WorkloadView>;

export const ServiceView = z.object({ id: Id, name: z.string(), team: z.string(), workloads: z.array(WorkloadView) }).openapi('Service');
export type ServiceView = z.infer<typeof ServiceView>;
export const Services = list(ServiceView).openapi('Services');
export type Services = z.infer<typeof Services>;
export const ServiceDetail = ServiceView.extend({ replicas: z.array(ReplicaView) }).openapi('ServiceDetail');
export type ServiceDetail = z.infer<typeof ServiceDetail>;

export const NetworkMode = z.enum(['flat', 'routed', 'host']).openapi({ description: '`host`: containers share the network of their host, whose address is theirs' });

/** What becomes of a host that is being emptied. */
export const HostDrain = z
  .object({
    reason: z.string(),
    left: z.int().openapi({ description: 'replicas that are still meant to run here' }),
    underWay: z.int().openapi({ description: 'of them: those whose successor starts elsewhere already' }),
    /** Of the others: those that cannot leave now, by workload, and why. What is in neither waits for the policy's pace. */
    blockers: z.array(z.object({ workloadId: Id, workload: z.string(), count: z.int(), reason: z.string() })),
  })
  .openapi('HostDrain');
export type HostDrain = z.infer<typeof HostDrain>;

/** The maintenance that empties a host or holds it empty: the link to it, and until when it takes. */
export const HostMaintenance = z
  .object({ id: Id, state: z.enum(['draining', 'blocked', 'drained']), since: Instant, emptyAt: Instant.nullable().openapi({ description: 'when it is empty at the latest, as its ETA says; null: nobody can tell, or it is empty' }), endsAt: Instant.nullable() })
  .openapi('HostMaintenance');
export type HostMaintenance = z.infer<typeof HostMaintenance>;

export const HostView = z
  .object({
    id: Id,
    name: z.string(),
    kind: HostKind,
    site: z.string(),
    rack: z.string(),
    address: z.string(),
    networkMode: NetworkMode,
    networkId: Id,
    capacity: Shape,
    reserved: Amount,
    /** What replicas of the desired state take, after overcommit. */
    allocated: Amount,
    /** What is left for replicas after every reservation. */
    free: Amount,
    usedNow: Amount.nullable(),
    replicas: z.int(),
    costCentsPerHour: z.int(),
    performance: z.int(),
    stability: z.int(),
    labels: z.record(z.string(), z.string()),
    taints: z.array(z.string()),
    environments: z.array(z.string()),
    cordoned: z.boolean(),
    cordonReason: z.string().nullable(),
    /** Null while its replicas may stay. */
    drain: HostDrain.nullable(),
    maintenance: HostMaintenance.nullable().optional(),
    state: z.enum(['joining', 'ready', 'suspect', 'lost']),
    stateReason: z.string(),
    lastSeenAt: Instant.nullable(),
    generation: z.int(),
    reportedGeneration: z.int(),
    converged: z.boolean(),
    strangers: z.int(),
    problems: z.array(z.string()),
    disks: z.array(DiskView).optional(),
    orphans: z.int().optional().openapi({ description: 'what is on it although nobody assigned it' }),
    givenUp: z.int().optional().openapi({ description: 'repairs that were given up because somebody did the same again and again' }),
    engineVersion: z.string().nullable(),
    agentVersion: z.string().nullable(),
    joinedAt: Instant,
  })
  .openapi('Host');
export type HostView = z.infer<typeof HostView>;
export const Hosts = list(HostView).openapi('Hosts');
export type Hosts = z.infer<typeof Hosts>;
export const HostDetail = HostView.extend({ runs: z.array(ReplicaView) }).openapi('HostDetail');
export type HostDetail = z.infer<typeof HostDetail>;
export const Cordon = z.strictObject({ reason: Note.min(1, 'say why, for whoever wonders tomorrow') }).openapi('Cordon');
export type Cordon = z.infer<typeof Cordon>;
export const HostEdit = z
  .strictObject({
    labels: z.record(z.string().min(1).max(63), z.string().max(63)).optional(),
    taints: z.array(z.string().regex(/^[^=\s]{1,63}=[^=\s]{0,63}$/)).max(32).optional(),
    environments: z.array(Name).max(32).optional(),
    reserved: z.strictObject({ cpuMilli: z.int().min(0).max(1_024_000).optional(), memoryMib: z.int().min(0).max(8_388_608).optional() }).optional(),
    costCentsPerHour: z.int().min(0).max(10_000_000).optional(),
    performance: z.int().min(0).max(100).optional().openapi({ description: 'how fast its cores are, for the weight `performance` of the policy' }),
    stability: z.int().min(0).max(100).optional().openapi({ description: 'how rarely it fails, for the weight `stability` of the policy' }),
  })
  .openapi('HostEdit');
export type HostEdit = z.infer<typeof HostEdit>;

export const NetworkDraft = z
  .strictObject({
    name: Name,
    site: Name,
    cidr: z.cidrv4(),
    gateway: z.ipv4(),
    first: z.ipv4(),
    last: z.ipv4(),
    excluded: z.array(z.ipv4()).max(4096).default([]),
    dns: z.array(z.ipv4()).max(4).default([]),
    vlan: z.int().min(1).max(4094).optional().openapi({ description: 'id of the VLAN in which the network is, where the hosts\' uplinks carry several' }),
  })
  .openapi('NetworkDraft');
export type NetworkDraft = z.infer<typeof NetworkDraft>;
export const NetworkView = NetworkDraft.omit({ vlan: true }).extend({
  id: Id,
  mode: NetworkMode,
  vlan: z.int().nullable(),
  /** routed: whether its hosts reach one another through a VXLAN tunnel. */
  tunnel: z.boolean(),
  hostId: Id.nullable(),
  held: z.int(),
  quarantined: z.int(),
  /** Reserved or excluded within the range for replicas. */
  reserved: z.int(),
  free: z.int(),
}).openapi('Network');
export type NetworkView = z.infer<typeof NetworkView>;
export const Networks = list(NetworkView).openapi('Networks');
export type Networks = z.infer<typeof Networks>;

/** What a machine that joins with this token becomes. */
export const JoinTokenDraft = z
  .strictObject({
    kind: HostKind,
    site: Name,
    rack: Name,
    mode: NetworkMode,
    /** flat: which network the host is on; routed: leave it out, the host brings its range; host: leave it out. */
    network: Name.optional(),
    /** routed: through a VXLAN tunnel, for sites whose router cannot be told of containers' ranges. */
    tunnel: z.boolean().default(false),
    /** routed: the VPC's router and name servers. */
    dns: z.array(z.ipv4()).max(4).default([]),
    costCentsPerHour: z.int().min(0).max(10_000_000).default(0),
    performance: z.int().min(0).max(100).optional().openapi({ description: 'how fast its cores are; left out: physical 70, private-vm 60, lxc 65, cloud-vm 50' }),
    stability: z.int().min(0).max(100).optional().openapi({ description: 'how rarely it fails or is taken away; left out: physical 70, private-vm 65, lxc 55, cloud-vm 45' }),
    labels: z.record(z.string().min(1).max(63), z.string().max(63)).default({}),
    taints: z.array(z.string()).max(32).default([]),
    environments: z.array(Name).max(32).default([]),
    expiresInSeconds: z.int().min(60).max(604_800).default(3600),
  })
  .openapi('JoinTokenDraft');
export type JoinToken = z.infer<typeof JoinToken>;
export type JoinTokenDraft = z.infer<typeof JoinTokenDraft>;
export const JoinToken = JoinTokenDraft.omit({ expiresInSeconds: true })
  .extend({ id: Id, performance: z.int(), stability: z.int(), createdBy: z.string(), createdAt: Instant, expiresAt: Instant, usedBy: z.string().nullable() })
  .openapi('JoinToken');
export const JoinTokenCreated = JoinToken.extend({ token: z.string().openapi({ description: 'shown once' }), command: z.string(), bareCommand: z.string().nullable().openapi({ description: 'where only Node is on the machine' }), caSha256: z.string().nullable() }).openapi('JoinTokenCreated');
export type JoinTokenCreated = z.infer<typeof JoinTokenCreated>;
export const JoinTokens = list(JoinToken).openapi('JoinTokens');
export type JoinTokens = z.infer<typeof JoinTokens>;
