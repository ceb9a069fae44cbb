// Maintenance: emptying hosts without surprises. A record of what is emptied, why, at which pace and until when; how far it is replica by replica;
// what keeps it from ending and what would help; what it would cost to force it. Hosts go by name, racks by `site/rack`, instants are UTC.
import { HostKind, Id, Instant, Note, Shape, Survive, list, z } from './common.ts';

const HostName = z.string().min(1).max(63);

/** Least moves an hour and most at once that anybody may ask for; the policy's own pace holds besides. */
export const MaintenancePace = z
  .strictObject({
    movesPerHour: z.int().min(1, 'must be 1 or more').max(10_000).optional().openapi({ description: "most moves that begin in an hour; the policy's own pace holds besides" }),
    atOnce: z.int().min(1, 'must be 1 or more').max(10, 'must be 10 or fewer: no more moves than that are under way in the whole fleet').optional().openapi({ description: 'most moves under way at a time' }),
  })
  .openapi('MaintenancePace');
export type MaintenancePace = z.infer<typeof MaintenancePace>;

/** What is emptied: hosts by name, or everything that is in a rack or site when it begins. Exactly one of the three. */
const scope = {
  hosts: z.array(HostName).min(1).max(200).optional(),
  rack: z.string().regex(/^[^/\s]{1,63}\/[^/\s]{1,63}$/, 'must be site/rack, as in dc1/r01').optional(),
  site: z.string().min(1).max(63).optional(),
};
const hasOneScope = ({ hosts, rack, site }: { readonly hosts?: unknown; readonly rack?: unknown; readonly site?: unknown }) => [hosts, rack, site].filter((each) => each !== undefined).length === 1;
const ONE_SCOPE = { message: 'name exactly one of hosts, rack and site', path: ['hosts'] };

export const MaintenanceAsk = z
  .strictObject({
    ...scope,
    why: Note.min(1, 'say why, for whoever wonders tomorrow'),
    startsAt: Instant.optional().openapi({ description: 'absent: now' }),
    endsAt: Instant.optional().openapi({ description: 'when its hosts take replicas again by themselves; absent: when somebody ends it' }),
    pace: MaintenancePace.default({}),
    bringBack: z.boolean().default(false).openapi({ description: 'whether what moved comes back when it ends' }),
  })
  .refine(hasOneScope, ONE_SCOPE)
  .openapi('MaintenanceAsk');
export type MaintenanceAsk = z.output<typeof MaintenanceAsk>;
export type MaintenanceAskInput = z.input<typeof MaintenanceAsk>;

export const MaintenancePreviewAsk = z.strictObject({ ...scope, pace: MaintenancePace.default({}) }).refine(hasOneScope, ONE_SCOPE).openapi('MaintenancePreviewAsk');
export type MaintenancePreviewAsk = z.output<typeof MaintenancePreviewAsk>;

export const MaintenanceEdit = z
  .strictObject({
    why: Note.min(1).optional(),
    startsAt: Instant.optional().openapi({ description: 'only while it is planned' }),
    endsAt: Instant.nullable().optional(),
    pace: MaintenancePace.optional().openapi({ description: 'replaces the whole pace' }),
    bringBack: z.boolean().optional(),
  })
  .openapi('MaintenanceEdit');
export type MaintenanceEdit = z.infer<typeof MaintenanceEdit>;

export const MaintenanceEnd = z
  .strictObject({
    reason: Note.default(''),
    bringBack: z.boolean().optional().openapi({ description: 'whether what moved comes back; absent: as the record says' }),
  })
  .openapi('MaintenanceEnd');
export type MaintenanceEnd = z.output<typeof MaintenanceEnd>;

/**
 * `planned`: it begins later; `draining`: moves go on; `blocked`: none can, and something is left; `drained`: nothing is to run there any more, and it
 * stays so; `cancelled`: given up before its hosts were empty; `ended`: its hosts take replicas again.
 */
export const MaintenanceState = z.enum(['planned', 'draining', 'blocked', 'drained', 'cancelled', 'ended']);
export type MaintenanceState = z.infer<typeof MaintenanceState>;

/** When it is done, as a range. */
export const Eta = z
  .object({
    earliestSeconds: z.int(),
    latestSeconds: z.int(),
    earliestAt: Instant,
    latestAt: Instant,
    moves: z.int().openapi({ description: 'moves that it counts: what is blocked is not among them' }),
    /** `measured`: starts of these very workloads; `others`: of other workloads, where these never moved; `assumed`: nothing was ever measured. */
    basis: z.enum(['measured', 'others', 'assumed']),
    samples: z.int().openapi({ description: 'moves that were measured' }),
    limitedBy: z.enum(['policy-pace', 'own-pace', 'at-once', 'one-of-ten', 'starts']).openapi({ description: 'what would have to change for it to be sooner' }),
    sentence: z.string(),
  })
  .openapi('Eta');
export type Eta = z.infer<typeof Eta>;

/** What keeps replicas where they are, named: which, by which rule, since when, and what would help. */
export const Blocker = z
  .object({
    workloadId: Id,
    workload: z.string(),
    replicas: z.array(z.object({ id: Id, name: z.string(), host: z.string() })).openapi({ description: 'at most 20 of them' }),
    count: z.int(),
    rule: z.string().openapi({ description: 'the rule that refuses the host that came closest; `survive`, or the field of the ask, where no sum can be done; `resting` after a successor that failed; `rollout`' }),
    resource: z.string(),
    wanted: z.union([z.number(), z.string()]),
    available: z.union([z.number(), z.string()]),
    closestHost: z.string().nullable(),
    sentence: z.string(),
    since: Instant,
    /** Tried, not guessed: each of these alone would let them leave. Empty: nothing single helps, or it has not been looked for yet. */
    help: z.array(z.object({ kind: z.string(), sentence: z.string(), addedCentsPerHour: z.number() })),
    helpState: z.enum(['not-looked', 'looked']),
  })
  .openapi('MaintenanceBlocker');
export type Blocker = z.infer<typeof Blocker>;

/** `waiting`: for its turn; `starting`: its successor starts; `moved`; `stays`: it cannot leave, or the work ended first; `stopped`: by force or since fewer are needed; `returning`, `returned`: on its way back, back. */
export const MaintenanceReplicaState = z.enum(['waiting', 'starting', 'moved', 'stays', 'stopped', 'returning', 'returned']);
export const MaintenanceReplica = z
  .object({
    replicaId: Id,
    replica: z.string(),
    workloadId: Id,
    workload: z.string(),
    team: z.string(),
    shape: Shape,
    fromHostId: Id,
    fromHost: z.string(),
    state: MaintenanceReplicaState,
    since: Instant,
    reason: z.string().openapi({ description: 'why it is in this state; empty where the state says it' }),
    /** Room that is kept for its successor, so that nothing else takes it; null: none is, or it is used already. */
    reservedHost: z.string().nullable(),
    successorId: Id.nullable(),
    successor: z.string().nullable(),
    toHost: z.string().nullable(),
    movedAt: Instant.nullable(),
    seconds: z.number().nullable().openapi({ description: 'how long its move took' }),
  })
  .openapi('MaintenanceReplica');
export type MaintenanceReplica = z.infer<typeof MaintenanceReplica>;

/** What would be lost if everything that is left were stopped now, workload by workload. */
export const LossOfWorkload = z
  .object({
    workloadId: Id,
    workload: z.string(),
    team: z.string(),
    environment: z.string(),
    replicas: z.int().openapi({ description: 'of its replicas, those that would stop' }),
    serving: z.int().openapi({ description: 'that serve now, anywhere' }),
    remain: z.int().openapi({ description: 'that would still serve' }),
    mustRemain: z.int().openapi({ description: 'that must serve so that the peak is carried' }),
    survive: Survive,
    belowSurvival: z.boolean().openapi({ description: 'fewer than must remain would serve' }),
    peakQps: z.number(),
    qpsPerReplica: z.number(),
    qpsLost: z.number().openapi({ description: 'capacity that stops, in requests a second' }),
    qpsMissing: z.number().openapi({ description: 'by how much what remains falls short of the peak; 0 where it does not' }),
    withoutRoom: z.int().openapi({ description: 'of those that stop, how many would find no room elsewhere now' }),
    /** How long until it has all of them again; null: nobody can say, since some find no room. */
    seconds: z.object({ least: z.int(), most: z.int() }).nullable(),
    requestsLost: z.number().nullable().openapi({ description: 'qpsMissing for as long as it may take: requests that find no capacity, at the peak; null: without end' }),
  })
  .openapi('LossOfWorkload');
export type LossOfWorkload = z.infer<typeof LossOfWorkload>;

/** The figures that have to be said back. */
export const LossFigures = z.strictObject({ replicas: z.int().min(0), belowSurvival: z.int().min(0), qpsMissing: z.number().min(0) }).openapi('LossFigures');
export type LossFigures = z.infer<typeof LossFigures>;
export const Loss = z
  .object({
    workloads: z.array(LossOfWorkload),
    replicas: z.int(),
    belowSurvival: z.int().openapi({ description: 'workloads of which too few would serve' }),
    qpsLost: z.number(),
    qpsMissing: z.number(),
    withoutRoom: z.int(),
    sentence: z.string(),
    /** Send these back to force it. */
    confirm: LossFigures,
  })
  .openapi('Loss');
export type Loss = z.infer<typeof Loss>;
export const MaintenanceForce = z.strictObject({ why: Note.min(1, 'say why, for whoever wonders tomorrow'), confirm: LossFigures }).openapi('MaintenanceForce');
export type MaintenanceForce = z.infer<typeof MaintenanceForce>;

export const MaintenanceHost = z
  .object({
    hostId: Id,
    host: z.string(),
    kind: HostKind.nullable(),
    site: z.string(),
    rack: z.string(),
    state: z.enum(['planned', 'draining', 'drained', 'gone', 'given-back']),
    left: z.int().openapi({ description: 'replicas that are still meant to run there' }),
    drainedAt: Instant.nullable(),
  })
  .openapi('MaintenanceHost');
export type MaintenanceHost = z.infer<typeof MaintenanceHost>;

/** Null: it may be done. Else why not, as a sentence. */
const May = z.string().nullable();
export const Maintenance = z
  .object({
    id: Id,
    /** `drain`: hosts, now; `window`: with a beginning or an end of its own; `evacuation`: a rack or site. */
    kind: z.enum(['drain', 'window', 'evacuation']),
    scope: z.string().openapi({ description: 'what is emptied, in words', example: 'rack dc1/r01' }),
    why: z.string(),
    state: MaintenanceState,
    stateReason: z.string(),
    hosts: z.array(MaintenanceHost),
    pace: MaintenancePace,
    policyMovesPerHour: z.int(),
    startsAt: Instant.nullable(),
    endsAt: Instant.nullable(),
    bringBack: z.boolean(),
    createdBy: z.string(),
    createdAt: Instant,
    startedAt: Instant.nullable(),
    drainedAt: Instant.nullable(),
    finishedAt: Instant.nullable(),
    finishedBy: z.string().nullable(),
    progress: z.object({
      total: z.int(),
      moved: z.int(),
      starting: z.int(),
      waiting: z.int(),
      stays: z.int(),
      stopped: z.int(),
      returning: z.int(),
      returned: z.int(),
      reserved: z.int().openapi({ description: 'of those that wait: for how many room is kept' }),
    }),
    /** Null where nothing is left to wait for, or nothing can move. */
    eta: Eta.nullable(),
    blockers: z.array(Blocker),
    forced: z.object({ by: z.string(), at: Instant, why: z.string(), figures: LossFigures }).nullable(),
    may: z.object({ edit: May, cancel: May, end: May, force: May, bringBack: May }),
  })
  .openapi('Maintenance');
export type Maintenance = z.infer<typeof Maintenance>;
export const Maintenances = list(Maintenance).openapi('Maintenances');
export type Maintenances = z.infer<typeof Maintenances>;
export const MaintenanceDetail = Maintenance.extend({ replicas: z.array(MaintenanceReplica) }).openapi('MaintenanceDetail');
export type MaintenanceDetail = z.infer<typeof MaintenanceDetail>;

/** What would follow, before anything is changed. */
export const MaintenancePreview = z
  .object({
    scope: z.string(),
    hosts: z.array(z.string()),
    replicas: z.array(z.object({ replicaId: Id, replica: z.string(), workload: z.string(), fromHost: z.string(), toHost: z.string().nullable().openapi({ description: 'where room would be kept for it; null: none is found' }) })),
    eta: Eta.nullable(),
    blockers: z.array(Blocker),
    loss: Loss.openapi({ description: 'if it were forced at once' }),
    sentence: z.string(),
  })
  .openapi('MaintenancePreview');
export type MaintenancePreview = z.infer<typeof MaintenancePreview>;
