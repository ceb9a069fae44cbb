// A team's ask for capacity: the draft, its quote, and the request's life (approved, waiting, denied, withdrawn).
import { Amount, Id, Instant, Name, Note, Shape, Survive, Unplaced, list, z } from './common.ts';
import { Health } from './orphans.ts';

export const Profile = z
  .strictObject({
    cpuMsPerRequest: z.number().min(0.001).max(600_000).openapi({ description: 'CPU milliseconds of one request; 1 QPS needs this many millicores', example: 20 }),
    memoryBaseMib: z.int().min(1).max(1_048_576).openapi({ description: 'memory of an idle container', example: 300 }),
    memoryKibPerQps: z.number().min(0).max(1_073_741_824).openapi({ description: 'memory that each further QPS in a container needs', example: 512 }),
    maxQps: z.number().min(0.001).max(10_000_000).optional().openapi({ description: 'most QPS one container takes, whatever its shape' }),
  })
  .openapi('Profile');
export type Profile = z.infer<typeof Profile>;

const cap = z.int().min(1).max(10_000).optional();
const labelKey = z.string().regex(/^[a-zA-Z0-9]([a-zA-Z0-9._/-]{0,61}[a-zA-Z0-9])?$/);

/** What runs, as it is shown. */
export const Run = z
  .strictObject({
    image: z.string().min(1).max(512).openapi({ example: 'firn/demo:1' }),
    command: z.array(z.string().max(4096)).max(64).default([]),
    env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(32_768)).default({}),
    port: z.int().min(1).max(65_535).default(8080),
    healthPath: z.string().startsWith('/').max(256).optional(),
    health: Health.optional().openapi({ description: 'goes before `healthPath`' }),
    stopSeconds: z.int().min(0).max(600).default(10),
  })
  .openapi('Run');
export type Run = z.infer<typeof Run>;

/**
 * What is to run: given with the first request of a workload; later ones may leave it out to keep what is there. An image, or a build, whose
 * `firn.yaml` then says whatever is left out here.
 */
export const RunAsk = z
  .strictObject({
    image: Run.shape.image.optional(),
    build: Id.optional(),
    command: Run.shape.command,
    env: Run.shape.env,
    port: z.int().min(1).max(65_535).optional().openapi({ description: '8080, or what the build says, when absent' }),
    healthPath: Run.shape.healthPath,
    health: Run.shape.health,
    stopSeconds: z.int().min(0).max(600).optional().openapi({ description: '10, or what the build says, when absent' }),
  })
  .refine(({ image, build }) => (image === undefined) !== (build === undefined), 'must have either image or build')
  .openapi('RunAsk');
export type RunAsk = z.output<typeof RunAsk>;

export const Draft = z
  .strictObject({
    team: Name,
    service: Name,
    environment: Name,
    peakQps: z.number().min(0.001).max(1e9).openapi({ example: 400 }),
    profile: Profile,
    headroomPermille: z.int().min(0).max(10_000).default(250),
    minReplicas: z.int().min(0).max(10_000).default(1),
    survive: Survive.default('host'),
    shape: z.string().max(40).optional().openapi({ description: "a shape's name; the policy's default when absent" }),
    cloud: z.enum(['allowed', 'never']).default('never').openapi({ description: '`allowed` only for what is stateless-safe or read-only' }),
    caps: z.strictObject({ perHost: cap, perRack: cap, perSite: cap }).default({}),
    labels: z.record(labelKey, z.string().max(63)).default({}),
    tolerations: z.array(z.string().regex(/^[^=\s]{1,63}=[^=\s]{0,63}$/)).max(32).default([]),
    class: z.string().max(40).optional().openapi({ description: 'a workload class of the policy, for its caps and spread' }),
    run: RunAsk.optional(),
    why: Note.default('').openapi({ description: 'for the person who approves' }),
  })
  .openapi('Draft');
export type Draft = z.output<typeof Draft>;
export type DraftInput = z.input<typeof Draft>;

export const Sizing = z
  .object({
    shape: Shape,
    busyCores: z.number(),
    utilisation: z.number(),
    qpsPerReplica: z.object({ byCpu: z.number(), byMemory: z.number().nullable(), byMaxQps: z.number().nullable(), q: z.number() }),
    qLimit: z.enum(['cpu', 'memory', 'max-qps']),
    forPeak: z.int(),
    mustRemain: z.int(),
    survive: Survive,
    domains: z.int(),
    perDomainCap: z.int().nullable(),
    replicas: z.int(),
    limit: z.enum(['cpu', 'memory', 'max-qps', 'minimum', 'survival', 'autoscaler']),
    lines: z.array(z.string()).openapi({ description: 'the sum, line by line, in English' }),
  })
  .openapi('Sizing');
export type Sizing = z.infer<typeof Sizing>;

export const QuotaEffect = z
  .object({ team: z.string(), environment: z.string(), limit: Amount, before: Amount, after: Amount, within: z.boolean() })
  .openapi('QuotaEffect');
export type QuotaEffect = z.infer<typeof QuotaEffect>;

export const Quote = z
  .object({
    sizing: Sizing,
    /** Present state of the workload, to compare with. */
    current: z.object({ replicas: z.int(), peakQps: z.number().nullable() }),
    hosts: z.array(z.object({ hostId: Id, host: z.string(), kind: z.string(), site: z.string(), rack: z.string(), replicas: z.int(), added: z.int() })),
    unplaced: z.array(Unplaced),
    quota: QuotaEffect,
    costCentsPerHour: z.int(),
    costCentsPerMonth: z.int(),
    costBeforeCentsPerHour: z.int(),
    currency: z.string(),
    warnings: z.array(z.object({ code: z.string(), message: z.string() })),
    outcome: z.enum(['approved-at-once', 'waits-for-approval']).openapi({ description: 'what submitting would do' }),
    plan: z.object({ starts: z.int(), stops: z.int(), moves: z.int(), resizes: z.int() }),
    kindChoice: z
      .object({ decidedBy: z.enum(['cost', 'performance', 'stability', 'private-first']), host: z.string(), kind: z.string(), overHost: z.string(), overKind: z.string(), points: z.number(), overPoints: z.number(), sentence: z.string() })
      .nullable()
      .optional()
      .openapi({ description: 'where the kind of host was decided by its cost, performance or stability, or by the rule that own hosts come first: of the first new replica, against the best host of another kind. Answered to drafts; not kept with requests' }),
    revision: z.int(),
  })
  .openapi('Quote');
export type Quote = z.infer<typeof Quote>;

export const RequestState = z.enum(['waiting', 'approved', 'denied', 'withdrawn', 'superseded']);
export type RequestState = z.infer<typeof RequestState>;
export const CapacityRequest = z
  .object({
    id: Id,
    state: RequestState,
    draft: z.object(Draft.shape),
    quote: Quote.openapi({ description: 'as it was when submitted' }),
    workloadId: Id.nullable(),
    submittedBy: z.string(),
    submittedAt: Instant,
    decidedBy: z.string().nullable(),
    decidedAt: Instant.nullable(),
    decisionReason: z.string().nullable(),
  })
  .openapi('Request');
export type CapacityRequest = z.infer<typeof CapacityRequest>;
export const CapacityRequests = list(CapacityRequest).openapi('Requests');
export type CapacityRequests = z.infer<typeof CapacityRequests>;
export const Decision = z.strictObject({ reason: Note.default('') }).openapi('Decision');
export type Decision = z.infer<typeof Decision>;
export const Denial = z.strictObject({ reason: Note.min(1, 'a denial needs a reason') }).openapi('Denial');
export type Denial = z.infer<typeof Denial>;
