// What people ask before they act: what-if, consequences, the frontier of moves, survival, why not; and proposals, which are such
// questions kept, shared, approved by a second person and applied. Hosts, workloads and pools go by name here; ids stay inside.
import { Amount, Id, Instant, Name, Note, Reason, Shape, Unplaced, list, z } from './common.ts';
import { PlanDetail, PolicyRecord } from './plans.ts';

const names = z.array(z.string().min(1).max(120)).min(1).max(1000);
const label = z.record(z.string().max(63), z.string().max(63));

export const Change = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('drain'), hosts: names }),
    z.strictObject({ kind: z.literal('lose'), domain: z.enum(['host', 'rack', 'site']), name: z.string().min(1).max(120).openapi({ description: 'a host, `site/rack`, or a site' }) }),
    z.strictObject({
      kind: z.literal('add'),
      count: z.int().min(1).max(10_000),
      host: z.strictObject({
        kind: z.enum(['physical', 'private-vm', 'cloud-vm', 'lxc']).default('physical'),
        site: Name,
        rack: Name,
        capacity: Shape,
        costCentsPerHour: z.int().min(0).max(1_000_000).default(0),
        labels: label.default({}),
        taints: z.array(z.string().max(127)).max(32).default([]),
      }),
    }),
    z.strictObject({ kind: z.literal('buy'), pools: names.optional().openapi({ description: 'only from these; absent: from all' }) }),
    z.strictObject({ kind: z.literal('grow'), workload: z.string().min(1).max(120), permille: z.int().min(1).max(100_000).openapi({ description: '1500: the peak grows by half', example: 1500 }) }),
    z.strictObject({ kind: z.literal('remove'), workload: z.string().min(1).max(120) }),
    z.strictObject({ kind: z.literal('policy'), record: PolicyRecord }),
    z.strictObject({ kind: z.literal('rearrange'), wishes: z.array(z.strictObject({ replicaId: Id, host: z.string().min(1).max(120) })).min(1).max(100_000) }),
  ])
  .openapi('Change');
export type Change = z.output<typeof Change>;
export type ChangeInput = z.input<typeof Change>;
export const Changes = z.array(Change).min(1).max(20);

const Totals = z.object({ replicas: z.int(), pending: z.int(), hostsUsed: z.int(), cpuMilli: z.int(), memoryMib: z.int(), costCentsPerHour: z.int() });
const Room = z.object({ freeCpuMilli: z.int(), freeMemoryMib: z.int(), containers: z.int().openapi({ description: "how many more of the policy's default shape fit" }) });
export const Gap = z.object({ costCentsPerHour: z.number(), boundCentsPerHour: z.number(), percent: z.number() }).openapi('Gap');
export type Gap = z.infer<typeof Gap>;
export const Survival = z
  .object({
    domain: z.enum(['host', 'rack', 'site']),
    tried: z.int(),
    survives: z.boolean(),
    failures: z.array(z.object({ label: z.string(), missing: z.int(), workloads: z.array(z.object({ workloadId: Id, workload: z.string(), missing: z.int() })) })),
  })
  .openapi('Survival');
export type Survival = z.infer<typeof Survival>;
export const Consequence = z
  .object({
    before: Totals,
    after: Totals,
    moves: z.int(),
    healed: z.int().optional().openapi({ description: 'of the moves: those of what stood on a lost host, which keep no pace' }),
    starts: z.int(),
    stops: z.int(),
    resizes: z.int(),
    hours: z.number(),
    movedWorkloads: z.array(z.object({ workloadId: Id, workload: z.string(), moves: z.int() })),
    headroom: z.array(z.object({ site: z.string(), before: Room, after: Room })),
    unplaced: z.array(Unplaced),
    gap: z.object({ before: Gap, after: Gap }).nullable(),
    survival: z.object({ before: z.array(Survival), after: z.array(Survival) }),
  })
  .openapi('Consequence');
export type Consequence = z.infer<typeof Consequence>;

/** Answer to a what-if. `stages` has one entry for each change, in order. */
export const Simulation = z
  .object({
    parent: z.int(),
    stages: z.array(
      z.object({
        change: Change,
        title: z.string().openapi({ description: 'the change in a sentence' }),
        counts: z.object({ starts: z.int(), moves: z.int(), resizes: z.int(), renews: z.int(), stops: z.int(), waits: z.int() }),
        bought: z.array(z.object({ pool: z.string(), count: z.int(), costCentsPerHour: z.int() })),
        steps: PlanDetail.shape.steps.openapi({ description: 'at most 500; `counts` has them all' }),
        unplaced: z.array(Unplaced),
      }),
    ),
    consequence: Consequence,
    /** Null when it can be applied; else why not: a loss is only for looking, hosts must join first. */
    onlyForLooking: z.string().nullable(),
    seconds: z.number(),
  })
  .openapi('Simulation');
export type Simulation = z.infer<typeof Simulation>;
export const SimulationAsk = z.strictObject({ changes: Changes, withProof: z.boolean().default(true) }).openapi('SimulationAsk');
export type SimulationAsk = z.input<typeof SimulationAsk>;

/** `draft` -> `approved` or `rejected`; `approved` -> `applying` -> `done`; `applying` <-> `paused`; `done`, `applying`, `paused` -> `undoing` -> `undone`. `stale`: its parent no longer stands. */
export const ProposalState = z.enum(['draft', 'approved', 'rejected', 'withdrawn', 'stale', 'applying', 'paused', 'done', 'undoing', 'undone']);
export type ProposalState = z.infer<typeof ProposalState>;
export const ProposalView = z
  .object({
    id: Id,
    title: z.string(),
    note: z.string(),
    state: ProposalState,
    /** Why it is where it is, in a sentence: who waits for whom, what blocks it. */
    stateReason: z.string(),
    kinds: z.array(z.string()).openapi({ description: 'the kinds of its changes' }),
    parent: z.int().openapi({ description: 'the revision that its simulation was made from' }),
    moves: z.object({ planned: z.int(), done: z.int(), declined: z.int(), underWay: z.int() }),
    createdBy: z.string(),
    createdAt: Instant,
    decidedBy: z.string().nullable(),
    decidedAt: Instant.nullable(),
    appliedBy: z.string().nullable(),
    appliedAt: Instant.nullable(),
    finishedAt: Instant.nullable(),
    /** When the moves that are left should be done at the policy's pace; null unless applying. */
    expectedAt: Instant.nullable(),
  })
  .openapi('Proposal');
export type ProposalView = z.infer<typeof ProposalView>;
export const Proposals = list(ProposalView).openapi('Proposals');
export type Proposals = z.infer<typeof Proposals>;
export const ProposalDetail = ProposalView.extend({
  changes: z.array(Change),
  simulation: Simulation,
  declined: z.array(z.object({ replica: z.string(), host: z.string(), reason: z.string() })),
  /** What the asker may do now: null where they may, else why not. */
  may: z.object({ approve: z.string().nullable(), reject: z.string().nullable(), withdraw: z.string().nullable(), apply: z.string().nullable(), pause: z.string().nullable(), resume: z.string().nullable(), undo: z.string().nullable(), refresh: z.string().nullable() }),
}).openapi('ProposalDetail');
export type ProposalDetail = z.infer<typeof ProposalDetail>;
export const ProposalDraft = z.strictObject({ title: z.string().trim().min(1).max(120), note: Note.default(''), changes: Changes }).openapi('ProposalDraft');
export type ProposalDraft = z.output<typeof ProposalDraft>;
export type ProposalDraftInput = z.input<typeof ProposalDraft>;
export const ProposalVerb = z.enum(['approve', 'reject', 'withdraw', 'apply', 'pause', 'resume', 'undo', 'refresh']);
export type ProposalVerb = z.infer<typeof ProposalVerb>;
export const ProposalAct = z.strictObject({ verb: ProposalVerb, reason: Note.default('') }).openapi('ProposalAct');
export type ProposalAct = z.input<typeof ProposalAct>;

export const Frontier = z
  .object({
    revision: z.int(),
    before: Totals,
    boundCentsPerHour: z.number(),
    points: z.array(
      z.object({
        moves: z.int(),
        hostsFreed: z.int(),
        savedCentsPerHour: z.int(),
        emptied: z.array(z.string()),
        wishes: z.array(z.object({ replicaId: Id, replica: z.string(), from: z.string(), host: z.string() })),
      }),
    ),
    seconds: z.number(),
  })
  .openapi('Frontier');
export type Frontier = z.infer<typeof Frontier>;

/** The proven gap of the whole cluster as it is, and how anybody can check it. */
export const ClusterProof = z
  .object({
    revision: z.int(),
    gap: Gap.nullable().openapi({ description: 'null while it has not been computed' }),
    /** Whether the prices were found for this revision or an older one: old prices still prove a bound, a weaker one. */
    pricesFromRevision: z.int().nullable(),
    at: Instant.nullable(),
    prices: z.array(z.object({ workload: z.string(), shape: Shape, replicas: z.int(), centsPerHour: z.number() })),
    hostClasses: z.array(z.object({ name: z.string(), hosts: z.int(), used: z.int(), costCentsPerHour: z.int(), worthCentsPerHour: z.number().openapi({ description: 'the dearest content at these prices' }) })),
    sentence: z.string(),
  })
  .openapi('ClusterProof');
export type ClusterProof = z.infer<typeof ClusterProof>;

export const SurvivalReport = z.object({ revision: z.int(), at: Instant.nullable(), domains: z.array(Survival), sentence: z.string() }).openapi('SurvivalReport');
export type SurvivalReport = z.infer<typeof SurvivalReport>;

const Fix = z.object({
  kind: z.string(),
  title: z.string().openapi({ description: 'the fix in a sentence' }),
  moves: z.int(),
  addedCentsPerHour: z.int(),
  values: z.record(z.string(), z.union([z.string(), z.number()])).openapi({ description: 'the figures of the sentence, for other languages' }),
  /** The same as changes of a proposal; null where a team has to change its ask. */
  changes: z.array(Change).nullable(),
});
export const WhyNot = z
  .object({
    workloadId: Id,
    workload: z.string(),
    count: z.int(),
    shape: Shape,
    hosts: z.int(),
    rules: z.array(z.object({ rule: z.string(), hosts: z.int() })),
    eliminations: z.array(z.object({ group: z.string(), hosts: z.int(), closest: Reason, closestHost: z.string() })),
    shortfall: z.object({ host: z.string(), missing: Amount, addresses: z.int() }).nullable(),
    fixes: z.array(Fix),
  })
  .openapi('WhyNot');
export type WhyNot = z.infer<typeof WhyNot>;
export const WhyNots = z.object({ revision: z.int(), items: z.array(WhyNot), seconds: z.number() }).openapi('WhyNots');
export type WhyNots = z.infer<typeof WhyNots>;

export const PoolEdit = z
  .strictObject({
    site: Name,
    capacity: Shape,
    costCentsPerHour: z.int().min(0).max(1_000_000),
    limit: z.int().min(0).max(100_000),
    performance: z.int().min(0).max(100).default(50),
    stability: z.int().min(0).max(100).default(50),
    labels: label.default({}),
    taints: z.array(z.string().max(127)).max(32).default([]),
    environments: z.array(Name).max(100).default([]),
  })
  .openapi('PoolEdit');
export type PoolEdit = z.input<typeof PoolEdit>;
export const PoolView = z.object({ id: Id, name: z.string(), ...PoolEdit.shape }).openapi('Pool');
export type PoolView = z.output<typeof PoolView>;
export const Pools = list(PoolView).openapi('Pools');
export type Pools = z.infer<typeof Pools>;

/** Checks of one stored plan: its steps against the invariants, its bound against its prices, and whether it comes out again. */
export const PlanVerdict = z
  .object({
    planId: Id,
    ok: z.boolean(),
    violations: z.array(z.string()),
    proof: z.object({ ok: z.boolean(), problems: z.array(z.string()), gap: Gap }).nullable(),
    replay: z.object({ same: z.boolean(), difference: z.string().nullable() }).nullable(),
    sentence: z.string(),
  })
  .openapi('PlanVerdict');
export type PlanVerdict = z.infer<typeof PlanVerdict>;
