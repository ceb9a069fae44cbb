// The vocabulary of the scheduler: plain, immutable data that goes in (a snapshot) and comes out (a plan).
// Nothing here has behaviour. Capacity is in integers with the unit in the name; ids are opaque strings made by
// the server; addresses are dotted IPv4 strings. The words are those of the README and are used everywhere.

import type { KeptRoom } from './maintenance/terms.ts';
import type { Rollout } from './rollout/terms.ts';

export type { KeptRoom } from './maintenance/terms.ts';
export type { Rollout, Share } from './rollout/terms.ts';
export type { Violation } from './violation.ts';

export type HostKind = 'physical' | 'private-vm' | 'cloud-vm' | 'lxc';
/** What may die at once. A rack lies in one site; rack names are unique only within their site. */
export type FailureDomain = 'host' | 'rack' | 'site';
export type Survive = 'none' | FailureDomain;
export type NetworkMode = 'flat' | 'routed' | 'host';

/** Size of a container. */
export interface Shape {
  readonly cpuMilli: number;
  readonly memoryMib: number;
}

/** What one request costs: declared by a team, or learnt from a running release. */
export interface Profile {
  /** CPU milliseconds of one request, so 1 QPS = this many millicores. May have decimals (0.001 is the finest). */
  readonly cpuMsPerRequest: number;
  /** Memory of an idle container. */
  readonly memoryBaseMib: number;
  /** Memory that every further QPS in a container needs; 0 where memory does not grow. */
  readonly memoryKibPerQps: number;
  /** The most QPS one container takes whatever its shape (a lock, a connection pool); absent: no such limit. */
  readonly maxQps?: number | undefined;
}

/** A taint keeps replicas away from a host unless their workload tolerates it: written `key=value`. */
export type Taint = string;

/** Most replicas of one workload in one domain; absent: no cap beyond what survival needs. */
export interface Caps {
  readonly perHost?: number | undefined;
  readonly perRack?: number | undefined;
  readonly perSite?: number | undefined;
}

/** What a team asked for, as approved. Only people write it; sizing reads it. */
export interface Ask {
  readonly peakQps: number;
  readonly profile: Profile;
  /** Room above the peak: 250 means 25 % more. */
  readonly headroomPermille: number;
  readonly minReplicas: number;
  readonly survive: Survive;
  /** Shape name from the policy's list. */
  readonly shape: string;
  /** `allowed` only for what is stateless-safe or read-only. */
  readonly cloud: 'allowed' | 'never';
  readonly caps: Caps;
  /** Labels that a host must carry, with these values. */
  readonly labels: Readonly<Record<string, string>>;
  readonly tolerations: readonly Taint[];
  /** A workload class of the policy, whose caps and spread join those of the ask; absent: none. */
  readonly class?: string | undefined;
}

export interface Workload {
  readonly id: string;
  /** `service.environment`: unique, shown to people. */
  readonly name: string;
  readonly service: string;
  readonly environment: string;
  readonly team: string;
  readonly ask: Ask;
  /** The release that new replicas run. */
  readonly releaseId: string;
  /** What the autoscaler decided, if anything; sizing reads it beside the ask and never above or below its bounds. */
  readonly decision?: { readonly replicas: number; readonly reason: string } | undefined;
  /** Set while the workload is on its way between two releases. */
  readonly rollout?: Rollout | undefined;
}

export interface Host {
  readonly id: string;
  readonly name: string;
  readonly kind: HostKind;
  readonly site: string;
  readonly rack: string;
  /** Capacity of the machine before any reservation. */
  readonly capacity: Shape;
  /** What this host keeps for itself, on top of the policy's reservation. */
  readonly reserved: Shape;
  readonly costCentsPerHour: number;
  /** 0..100, for the policy's weights: how fast its cores are, how rarely it fails. */
  readonly performance: number;
  readonly stability: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Environments that may run here; empty: all. */
  readonly environments: readonly string[];
  /** Set while people keep new replicas away; the replicas that are here stay. */
  readonly cordoned: boolean;
  /** Set with `cordoned` while a disk of the host is full, whatever people want. */
  readonly diskFull?: boolean | undefined;
  /** Set while people empty the host: cordoned, and its replicas go elsewhere, at the policy's pace, each successor serving first. */
  readonly draining?: boolean | undefined;
  /** Set with `draining` while people empty it without waiting for successors: what runs there is stopped, and placed elsewhere where room is. */
  readonly forced?: boolean | undefined;
  /** Room and an address that are kept for successors of replicas on hosts that are drained: nothing else takes them meanwhile. */
  readonly kept?: readonly KeptRoom[] | undefined;
  /** `lost`: its replicas are to be placed elsewhere. `joining` and `lost` take nothing new. */
  readonly state: 'ready' | 'suspect' | 'lost' | 'joining';
  readonly networkId: string;
}

/** A pool of addresses: a flat network is shared by the hosts of a site, a routed one belongs to one host, and one of mode `host` is that host's own address. */
export interface Network {
  readonly id: string;
  readonly name: string;
  readonly mode: NetworkMode;
  /** First and last address that may be given to a replica, inclusive. */
  readonly first: string;
  readonly last: string;
  /** Addresses within the range that are held, quarantined or excluded. Any order. */
  readonly taken: readonly string[];
}

/** One container that should run. */
export interface Replica {
  readonly id: string;
  readonly workloadId: string;
  /** 1, 2, ...: with the workload it makes the name `service-environment-ordinal`. */
  readonly ordinal: number;
  readonly shape: Shape;
  readonly releaseId: string;
  /** Null while pending. */
  readonly hostId: string | null;
  readonly address: string | null;
  /** Set on a replica that was started so that another one can leave. The two count as one until the other is stopped. */
  readonly successor?: Successor | undefined;
}

export interface Successor {
  /** Id of the replica that leaves once this one serves. */
  readonly replaces: string;
  /** Observed: `overdue` when it did not serve by its deadline; it is given up then and the other one stays. */
  readonly state: 'starting' | 'serving' | 'overdue';
}

export interface Weights {
  /** Fill hosts that are already in use. */
  readonly pack: number;
  /** Keep the replicas of one workload apart. */
  readonly spread: number;
  readonly cost: number;
  readonly performance: number;
  readonly stability: number;
  /** Leave a replica where it is. */
  readonly keep: number;
}

export interface EnvironmentPolicy {
  readonly kinds: readonly HostKind[];
  /** 1000 = none; 2000 = a replica takes half of its shape's CPU from the host. Memory is never overcommitted. */
  readonly cpuOvercommitPermille: number;
}

/** Rules for workloads of one class. */
export interface ClassPolicy {
  /** Joined with the caps of the ask: the smaller one wins. */
  readonly caps: Caps;
  /** How much the weight `spread` counts for them: 1000 as written, 0 not at all. */
  readonly spreadPermille: number;
}

export interface CloudPolicy {
  /** Cloud hosts dearer than this for each core are not used; null: any price. */
  readonly mostCentsPerCoreHour: number | null;
  /** What all cloud hosts in use may cost together; null: no limit. An empty cloud host is not opened beyond it. */
  readonly mostCentsPerHour: number | null;
}

/** The SRE's placement rules: versioned, changed only by people. */
export interface Policy {
  readonly version: number;
  readonly weights: Weights;
  /** How busy a replica may get: square-root staffing over the workload's busy cores, or a fixed figure. */
  readonly utilisation: { readonly rule: 'staffing' } | { readonly rule: 'fixed'; readonly permille: number };
  /** Share of every host's capacity that stays free. */
  readonly reservePermille: Readonly<{ cpu: number; memory: number }>;
  readonly environments: Readonly<Record<string, EnvironmentPolicy>>;
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly defaultShape: string;
  /** True: cloud hosts are used only for what does not fit on hosts of our own. */
  readonly privateFirst: boolean;
  readonly cloud: CloudPolicy;
  readonly classes: Readonly<Record<string, ClassPolicy>>;
  /** Most replicas that run and serve which are moved in an hour. Lost hosts are healed at once and do not count. */
  readonly movesPerHour: number;
}

/** Cloud VMs that could be bought. */
export interface Pool {
  readonly id: string;
  readonly name: string;
  readonly site: string;
  readonly capacity: Shape;
  readonly costCentsPerHour: number;
  /** Most that may be bought now. */
  readonly limit: number;
  readonly performance: number;
  readonly stability: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly environments: readonly string[];
}

/** Everything that a decision may depend on, read in one transaction. */
export interface Snapshot {
  /** Revision of the desired state; a plan made from it applies only while it stands. */
  readonly revision: number;
  readonly policy: Policy;
  readonly hosts: readonly Host[];
  readonly networks: readonly Network[];
  readonly workloads: readonly Workload[];
  readonly replicas: readonly Replica[];
  /** What could be bought; no plan uses it, answers to what-if do. Absent: nothing. */
  readonly pools?: readonly Pool[] | undefined;
}

/** A replica that somebody wants on another host; carried out at the policy's pace where the rules still allow it. */
export interface Wish {
  readonly replicaId: string;
  readonly hostId: string;
}

/** Why something is refused, as data; explain.ts turns it into a sentence. */
export interface Reason {
  readonly rule: RuleName;
  /** `cpuMilli`, `memoryMib`, `addresses`, a label's or a taint's name, a domain's name ... */
  readonly resource: string;
  readonly wanted: number | string;
  readonly available: number | string;
}

export type RuleName =
  | 'host-state'
  | 'cordon'
  | 'environment'
  | 'host-kind'
  | 'cloud'
  | 'cloud-price'
  | 'cloud-spend'
  | 'labels'
  | 'taint'
  | 'cpu'
  | 'memory'
  | 'cap-host'
  | 'cap-rack'
  | 'cap-site'
  | 'addresses';

/** Which term of the sum decided the number of replicas. */
export type Limit = 'cpu' | 'memory' | 'max-qps' | 'minimum' | 'survival' | 'autoscaler';

/** The whole sum, so that a person can check it with a pencil. */
export interface Sizing {
  readonly workloadId: string;
  readonly shape: Shape;
  /** Busy cores at the peak: peakQps x cpuMsPerRequest / 1000. */
  readonly busyCores: number;
  /** The utilisation ceiling u, 0..1. */
  readonly utilisation: number;
  /** QPS that one replica carries under each limit; null where the limit does not apply. */
  readonly qpsPerReplica: { readonly byCpu: number; readonly byMemory: number | null; readonly byMaxQps: number | null; readonly q: number };
  /** Which of the three decided q. */
  readonly qLimit: 'cpu' | 'memory' | 'max-qps';
  /** ceil(peakQps x (1 + headroom) / q). */
  readonly forPeak: number;
  /** ceil(peakQps / q): what must still run after the loss of a domain. */
  readonly mustRemain: number;
  readonly survive: Survive;
  /** Eligible domains of the kind to survive; 0 when it must survive nothing. */
  readonly domains: number;
  /** Most replicas in one such domain so that mustRemain still run without it; null when it must survive nothing. */
  readonly perDomainCap: number | null;
  readonly replicas: number;
  readonly limit: Limit;
}

/** A sum that cannot be done: the field, what it says, what would be allowed. */
export interface SizingRefusal {
  readonly field: string;
  readonly value: number | string;
  readonly allowed: string;
  readonly message: string;
}

/** What sizing hands to placement. */
export interface Demand {
  readonly workload: Workload;
  readonly replicas: number;
  readonly shape: Shape;
  /** Caps of the ask joined with what survival needs: the smaller one wins. */
  readonly caps: Caps;
}

export interface Placement {
  readonly replicaId: string;
  readonly hostId: string;
}

/** Hosts that refused for the same rule, gathered by kind and site. */
export interface Elimination {
  readonly group: string;
  readonly hosts: number;
  /** The reason of the host that came closest. */
  readonly closest: Reason;
  readonly closestHost: string;
}

export interface Unplaced {
  readonly workloadId: string;
  readonly workload: string;
  readonly count: number;
  readonly shape: Shape;
  readonly eliminations: readonly Elimination[];
}

export type PlanVerb = 'place' | 'scale' | 'heal' | 'remove' | 'release' | 'drain' | 'defragment' | 'policy';

/** Why a step is there, as data. */
export interface StepReason {
  readonly code: 'asked' | 'grown' | 'shrunk' | 'removed' | 'reshaped' | 'host-lost' | 'host-gone' | 'released' | 'capacity-appeared' | 'spread' | 'drained' | 'policy' | 'wished' | 'succeeded' | 'given-up';
  readonly detail: string;
}

export type Step =
  | { readonly kind: 'start'; readonly replica: Replica; readonly hostId: string; readonly address: string; readonly score: number; readonly reason: StepReason }
  | { readonly kind: 'move'; readonly replica: Replica; readonly fromHostId: string; readonly hostId: string; readonly address: string; readonly score: number; readonly reason: StepReason }
  | { readonly kind: 'resize'; readonly replica: Replica; readonly hostId: string; readonly shape: Shape; readonly reason: StepReason }
  /** The replica, already with the release that it is to run, gets a new container where it is, with its address. */
  | { readonly kind: 'renew'; readonly replica: Replica; readonly hostId: string; readonly reason: StepReason }
  | { readonly kind: 'stop'; readonly replica: Replica; readonly hostId: string | null; readonly reason: StepReason }
  /** A replica that should run and has no room yet: recorded, so that it is never forgotten. */
  | { readonly kind: 'wait'; readonly replica: Replica; readonly reason: StepReason };

export interface Totals {
  readonly replicas: number;
  readonly pending: number;
  readonly hostsUsed: number;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** Sum over hosts that hold at least one replica. */
  readonly costCentsPerHour: number;
}

/** A workload whose sum cannot be done: its replicas keep their number and shape until the ask is mended. */
export interface PlanRefusal extends SizingRefusal {
  readonly workloadId: string;
  readonly workload: string;
}

export interface Plan {
  /** The snapshot's revision that this plan was made from. */
  readonly parent: number;
  readonly policyVersion: number;
  readonly verb: PlanVerb;
  /** In the order in which they are to be done. */
  readonly steps: readonly Step[];
  readonly sizings: readonly Sizing[];
  readonly unplaced: readonly Unplaced[];
  readonly refusals: readonly PlanRefusal[];
  /** True: shows where everything ends whatever the pace, a move as one step; it is for looking, and no loop carries it out. Absent: false. */
  readonly complete?: boolean | undefined;
  /** Replicas that should run another release, start-first, and whose successor finds no room: they run on as they are. Absent: none. */
  readonly unrenewed?: readonly Unplaced[] | undefined;
  /** Moves of serving replicas that are due and wait for the policy's pace; absent: none. */
  readonly postponed?: number | undefined;
  /** Replicas that are too many and go on until no client comes to them any more; absent: none. */
  readonly lingering?: readonly { readonly replicaId: string; readonly workloadId: string }[] | undefined;
  /** Wishes that no longer can or need be carried out, with the reason; absent: none. */
  readonly declined?: readonly { readonly wish: Wish; readonly reason: string }[] | undefined;
  /** How cheap the whole could be at best; absent where nobody asked for it. */
  readonly proof?: Proof | undefined;
  /** Workloads that this plan decided; absent: all of the snapshot. A quote decides one. */
  readonly scope?: readonly string[] | undefined;
  readonly before: Totals;
  readonly after: Totals;
}

/** Proves what the plan leaves placed to cost at least `boundCentsPerHour`, however arranged: check-proof.ts computes the bound again of these prices, in 1/scale of a cent an hour. */
export interface Proof {
  readonly scale: number;
  readonly prices: readonly { readonly workloadId: string; readonly shape: Shape; readonly price: number }[];
  /** In 1/scale of a cent an hour. */
  readonly bound: number;
  /** What the hosts in use cost after the plan. */
  readonly costCentsPerHour: number;
}
