// Plans with their diff, the policy they were made under, quotas, events, and the one-page status.
import { Amount, Id, Instant, Name, Note, Shape, Unplaced, list, z } from './common.ts';

export const PlanStep = z
  .object({
    kind: z.enum(['start', 'move', 'resize', 'renew', 'stop', 'wait']),
    replicaId: Id,
    replica: z.string(),
    workload: z.string(),
    fromHost: z.string().nullable(),
    toHost: z.string().nullable(),
    address: z.string().nullable(),
    shape: Shape,
    score: z.number().nullable(),
    reason: z.object({ code: z.string(), detail: z.string() }),
    /** Set when apply refused this step. */
    refused: z.string().nullable(),
  })
  .openapi('PlanStep');
export type PlanStep = z.infer<typeof PlanStep>;
const Totals = z.object({ replicas: z.int(), pending: z.int(), hostsUsed: z.int(), cpuMilli: z.int(), memoryMib: z.int(), costCentsPerHour: z.int() });
export const PlanView = z
  .object({
    id: Id,
    parent: z.int(),
    policyVersion: z.int(),
    verb: z.string(),
    state: z.enum(['proposed', 'applied', 'partly-applied', 'stale', 'refused']),
    cause: z.string().openapi({ description: 'what woke the planner, or who asked' }),
    createdBy: z.string(),
    createdAt: Instant,
    appliedAt: Instant.nullable(),
    revision: z.int().nullable().openapi({ description: 'the revision it led to' }),
    counts: z.object({ starts: z.int(), moves: z.int(), resizes: z.int(), renews: z.int(), stops: z.int(), waits: z.int(), refused: z.int() }),
    before: Totals,
    after: Totals,
    plannedMs: z.number(),
  })
  .openapi('Plan');
export type PlanView = z.infer<typeof PlanView>;
export const PlanDetail = PlanView.extend({ steps: z.array(PlanStep), unplaced: z.array(Unplaced), text: z.string().openapi({ description: 'the diff as the log prints it' }), postponed: z.int().default(0).openapi({ description: "moves that wait for the policy's pace" }), gap: z.object({ costCentsPerHour: z.number(), boundCentsPerHour: z.number(), percent: z.number() }).nullable().default(null).openapi({ description: 'what the plan proves; null where it carries no proof' }) }).openapi('PlanDetail');
export type PlanDetail = z.infer<typeof PlanDetail>;
export const Plans = list(PlanView).openapi('Plans');
/** Asks what the planner would do now; nothing is changed by it. */
export const PlanAsk = z.strictObject({ verb: z.literal('place'), dryRun: z.literal(true).default(true) }).openapi('PlanAsk');
export type Plans = z.infer<typeof Plans>;

export const QuotaView = z.object({ team: z.string(), environment: z.string(), limit: Amount, used: Amount, waiting: Amount.openapi({ description: 'asked for by requests that wait for approval' }) }).openapi('Quota');
export type QuotaView = z.infer<typeof QuotaView>;
export const Quotas = list(QuotaView).openapi('Quotas');
export type Quotas = z.infer<typeof Quotas>;
export const QuotaEdit = z.strictObject({ cpuMilli: z.int().min(0).max(1_000_000_000), memoryMib: z.int().min(0).max(1_000_000_000), reason: Note.default('') }).openapi('QuotaEdit');
export type QuotaEdit = z.infer<typeof QuotaEdit>;

export const EventView = z
  .object({ seq: z.int(), at: Instant, actor: z.string(), kind: z.string(), subjectType: z.string(), subjectId: z.string(), subject: z.string(), team: z.string().nullable(), message: z.string(), why: z.string().nullable() })
  .openapi('Event');
export type EventView = z.infer<typeof EventView>;
export const Events = list(EventView).openapi('Events');
export type Events = z.infer<typeof Events>;
export const EventQuery = z.object({
  after: z.coerce.number().int().min(0).optional(),
  before: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  subject: z.string().max(200).optional(),
  kind: z.string().max(60).optional(),
});
export type EventQuery = z.infer<typeof EventQuery>;

/**
 * One line of the live stream (server-sent events at /api/v1/live): which resources changed, so that a client asks again.
 * `topic` is `requests`, `services`, `hosts`, `plans`, `quotas`, `events`, `usage`, `networks`, `accounts`, `policy`, `proposals`, `pools` or `insight` (proof, survival and frontier).
 */
export const LiveChange = z.object({ topic: z.string(), ids: z.array(z.string()) }).openapi('LiveChange');
export type LiveChange = z.infer<typeof LiveChange>;

const cap = z.int().min(1).max(10_000).optional();
const weight = z.int().min(0).max(100);
export const PolicyRecord = z
  .strictObject({
    weights: z.strictObject({ pack: weight, spread: weight, cost: weight, performance: weight, stability: weight, keep: weight }),
    utilisation: z.discriminatedUnion('rule', [z.strictObject({ rule: z.literal('staffing') }), z.strictObject({ rule: z.literal('fixed'), permille: z.int().min(50).max(1000) })]),
    reservePermille: z.strictObject({ cpu: z.int().min(0).max(900), memory: z.int().min(0).max(900) }),
    environments: z.record(Name, z.strictObject({ kinds: z.array(z.enum(['physical', 'private-vm', 'cloud-vm', 'lxc'])).min(1), cpuOvercommitPermille: z.int().min(1000).max(16_000) })),
    shapes: z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,38}$/), Shape),
    defaultShape: z.string(),
    privateFirst: z.boolean(),
    cloud: z
      .strictObject({ mostCentsPerCoreHour: z.int().min(0).max(1_000_000).nullable(), mostCentsPerHour: z.int().min(0).max(1_000_000_000).nullable() })
      .default({ mostCentsPerCoreHour: null, mostCentsPerHour: null }),
    classes: z
      .record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,38}$/), z.strictObject({ caps: z.strictObject({ perHost: cap, perRack: cap, perSite: cap }), spreadPermille: z.int().min(0).max(10_000) }))
      .default({}),
    movesPerHour: z.int().min(0).max(1_000_000).default(60).openapi({ description: 'serving replicas that may be moved in an hour' }),
  })
  .openapi('PolicyRecord');
export type PolicyRecord = z.infer<typeof PolicyRecord>;
export const PolicyView = z.object({ version: z.int(), record: PolicyRecord, createdBy: z.string(), createdAt: Instant, why: z.string() }).openapi('Policy');
export type PolicyView = z.infer<typeof PolicyView>;
export const PolicyVersions = list(PolicyView).openapi('PolicyVersions');
export type PolicyVersions = z.infer<typeof PolicyVersions>;

/** What every page needs to know at once. */
export const Status = z
  .object({
    version: z.string(),
    clusterId: z.string(),
    revision: z.int(),
    fleet: z.enum(['real', 'lab', 'simulated']),
    /** What everybody should know of this fleet, in a sentence: why it is simulated, or that it is a demo; null: nothing. */
    fleetNote: z.string().nullable(),
    fleetNoteZh: z.string().nullable(),
    currency: z.string(),
    environments: z.array(z.string()),
    shapes: z.record(z.string(), Shape),
    defaultShape: z.string(),
    totals: z.object({ hosts: z.int(), hostsReady: z.int(), replicas: z.int(), running: z.int(), pending: z.int(), requestsWaiting: z.int(), costCentsPerHour: z.int(), capacity: Amount, allocated: Amount, gap: z.object({ costCentsPerHour: z.number(), boundCentsPerHour: z.number(), percent: z.number() }).nullable().openapi({ description: 'proven distance from the cheapest possible; null while nothing is proven' }) }),
    loops: z.array(z.object({ name: z.string(), lastRunAt: Instant.nullable(), lastMs: z.number().nullable(), status: z.string(), failing: z.boolean() })),
  })
  .openapi('Status');
export type Status = z.infer<typeof Status>;
