// What is held true of hosts and why: the time line of a host, the evidence behind its present state, and the governor, which keeps automatic
// actions from reaching far without a person. Every sentence comes with a code and its figures, so that it can be said in any language.
import { Id, Instant, Note, list, z } from './common.ts';

/** `data` holds what the sentence names: figures in the unit of their name (`silentMs`), names of hosts and witnesses. */
export const Grounds = z
  .object({ code: z.string(), data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])), sentence: z.string() })
  .openapi('Grounds');
export type Grounds = z.infer<typeof Grounds>;

/** Codes of a verdict's grounds. */
export const VerdictCode = z.enum([
  'first-report',
  'heard',
  'reports-again',
  'silent',
  'unreachable',
  'unwitnessed',
  'serves-nothing',
  'serves-without-agent',
  'away-too-long',
  'held',
  'person',
]);
export type VerdictCode = z.infer<typeof VerdictCode>;

// --- witnesses --------------------------------------------------------------------------------------------------------------------------

export const WitnessView = z
  .object({
    host: z.string().openapi({ description: 'the host whose agent looked' }),
    at: Instant,
    reaches: z.enum(['answers', 'refuses', 'silent']).openapi({ description: "what the silent host's own address did; a refusal proves that its kernel lives" }),
    replicasAsked: z.int(),
    replicasAnswer: z.int(),
  })
  .openapi('Witness');
export type WitnessView = z.infer<typeof WitnessView>;

/** Whoever could be asked, and what follows from it. `none`: nobody could be asked, or nobody answered in time. */
export const SecondPath = z
  .object({ askedAt: Instant, finding: z.enum(['serves', 'alive', 'unreachable', 'none']), asked: z.array(z.string()).openapi({ description: 'hosts that were asked to look' }), witnesses: z.array(WitnessView) })
  .openapi('SecondPath');
export type SecondPath = z.infer<typeof SecondPath>;

export const HostEvidence = z
  .object({
    host: z.string(),
    state: z.enum(['joining', 'ready', 'suspect', 'lost']),
    since: Instant,
    grounds: Grounds,
    lastSeenAt: Instant.nullable(),
    silentMs: z.int().nullable(),
    leaseMs: z.int(),
    lostAt: Instant.nullable().openapi({ description: 'when it is called lost if nothing more is heard; null: not for silence alone' }),
    isConnected: z.boolean(),
    bootId: z.string().nullable(),
    engine: z.enum(['up', 'down', 'unknown']),
    clockSkewMs: z.int().nullable().openapi({ description: "how far the host's clock is ahead of the server's; shown, and used for no verdict" }),
    secondPath: SecondPath.nullable().openapi({ description: 'the last time that others looked, during this silence' }),
    holdId: Id.nullable().openapi({ description: 'the hold of the governor that keeps it from being called lost' }),
    mayCallLost: z.object({ may: z.boolean(), reason: z.string() }).openapi({ description: 'whether a person may say now that it is lost' }),
  })
  .openapi('HostEvidence');
export type HostEvidence = z.infer<typeof HostEvidence>;

export const CallLost = z.strictObject({ reason: Note.min(1, 'say how you know, for whoever wonders tomorrow') }).openapi('CallLost');
export type CallLost = z.infer<typeof CallLost>;

// --- time line --------------------------------------------------------------------------------------------------------------------------

export const TimelineKind = z.enum(['verdict', 'session', 'boot', 'engine', 'problem', 'clock', 'replica', 'maintenance', 'agent', 'network']);
export type TimelineKind = z.infer<typeof TimelineKind>;

export const TimelineEntry = z
  .object({
    id: z.int(),
    at: Instant,
    kind: TimelineKind,
    state: z.enum(['joining', 'ready', 'suspect', 'lost']).nullable().openapi({ description: 'of a verdict: what the host is from here on' }),
    grounds: Grounds,
    witnesses: z.array(WitnessView),
    by: z.string().openapi({ description: '`firn`, or the person who said so' }),
  })
  .openapi('TimelineEntry');
export type TimelineEntry = z.infer<typeof TimelineEntry>;
export const Timeline = list(TimelineEntry).openapi('Timeline');
export type Timeline = z.infer<typeof Timeline>;
export const TimelineQuery = z.object({ limit: z.coerce.number().int().min(1).max(500).default(100), before: z.coerce.number().int().min(1).optional(), kind: TimelineKind.optional() });

// --- governor ---------------------------------------------------------------------------------------------------------------------------

/**
 * What the server may do to hosts or replicas by itself. `evict`: stop what hosts run and the database does not know, which always waits for a person.
 * `restart` has a limit and nothing that asks: the server restarts nothing that runs.
 */
export const GovernedAction = z.enum(['replace', 'evict', 'restart', 'retreat', 'upgrade']);
export type GovernedAction = z.infer<typeof GovernedAction>;

export const GovernorLimit = z
  .strictObject({
    hostPermille: z.int().min(0, 'must be 0 to 1000 thousandths of the fleet').max(1000, 'must be 0 to 1000 thousandths of the fleet').openapi({ description: 'of all hosts, within the window; one host is always allowed' }),
    replicaPermille: z.int().min(0, 'must be 0 to 1000 thousandths').max(1000, 'must be 0 to 1000 thousandths').openapi({ description: "of one workload's replicas, within the window; one replica is always allowed" }),
    windowMs: z.int().min(1_000).max(86_400_000),
  })
  .openapi('GovernorLimit');
export type GovernorLimit = z.infer<typeof GovernorLimit>;
/**
 * A host that is lost takes its replicas with it whether or not others start for them, so that replacing is limited by hosts only. 400 of 1000 lets a
 * fleet of five heal two hosts at once and smaller ones one; a larger part at once is more often the network than the hosts.
 */
export const GovernorSettings = z
  .strictObject({
    replace: GovernorLimit.default({ hostPermille: 400, replicaPermille: 1000, windowMs: 300_000 }),
    evict: GovernorLimit.default({ hostPermille: 250, replicaPermille: 340, windowMs: 300_000 }),
    restart: GovernorLimit.default({ hostPermille: 250, replicaPermille: 340, windowMs: 300_000 }),
    retreat: GovernorLimit.default({ hostPermille: 500, replicaPermille: 500, windowMs: 300_000 }),
    upgrade: GovernorLimit.default({ hostPermille: 250, replicaPermille: 1000, windowMs: 300_000 }),
    awayMs: z.int().min(0).max(86_400_000).default(600_000).openapi({ description: 'how long a host whose agent is silent while its replicas answer is left alone' }),
  })
  .openapi('GovernorSettings');
export type GovernorSettings = z.output<typeof GovernorSettings>;
export type GovernorSettingsInput = z.input<typeof GovernorSettings>;

export const HoldView = z
  .object({
    id: Id,
    action: GovernedAction,
    state: z.enum(['held', 'released', 'declined', 'over']).openapi({ description: 'over: what it was about is no longer wanted, or fits within the limit by now' }),
    since: Instant,
    grounds: Grounds,
    hosts: z.array(z.object({ id: Id, name: z.string() })),
    workloads: z.array(z.object({ id: Id, name: z.string(), replicas: z.int(), of: z.int() })).openapi({ description: 'whose replicas it would reach' }),
    wouldDo: z.string().openapi({ description: 'what happens when it is released' }),
    decidedBy: z.string().nullable(),
    decidedAt: Instant.nullable(),
    reason: z.string().nullable().openapi({ description: 'what that person said' }),
    mayDecide: z.object({ may: z.boolean(), reason: z.string() }),
  })
  .openapi('Hold');
export type HoldView = z.infer<typeof HoldView>;
export const Holds = list(HoldView).openapi('Holds');
export type Holds = z.infer<typeof Holds>;
export const HoldsQuery = z.object({ state: z.enum(['held', 'all']).default('held'), limit: z.coerce.number().int().min(1).max(200).default(50) });
export const HoldDecision = z.strictObject({ reason: Note.min(1, 'say why, for whoever wonders tomorrow') }).openapi('HoldDecision');
export type HoldDecision = z.infer<typeof HoldDecision>;

export const GovernorView = z
  .object({
    settings: GovernorSettings,
    updatedBy: z.string().nullable(),
    updatedAt: Instant.nullable(),
    hosts: z.int().openapi({ description: 'that the shares are of' }),
    used: z.array(z.object({ action: GovernedAction, hosts: z.int(), mostHosts: z.int() })).openapi({ description: 'hosts reached within the window, and how many may be' }),
    holds: z.array(HoldView),
  })
  .openapi('Governor');
export type GovernorView = z.infer<typeof GovernorView>;
