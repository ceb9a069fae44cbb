// Build, ship, run: builds and layers, the registry, releases with their configuration, and rollouts.
// Services, layers and hosts go by name. What keeps a release from starting, secrets and webhooks are in release-rules.ts.
import { Id, Instant, Name, Note, list, z } from './common.ts';
import { Health } from './orphans.ts';

const EnvName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a name of letters, digits and underscores').max(128);
const Path = z.string().regex(/^\/[^\0]*$/, 'must be an absolute path').max(256);
export const Share = z.union([z.strictObject({ count: z.int().min(0).max(100_000) }), z.strictObject({ permille: z.int().min(0).max(1000) })]).openapi('Share');
export type Share = z.infer<typeof Share>;

// --- builds -----------------------------------------------------------------------------------------------------------------------------

export const BuildAsk = z
  .strictObject({
    team: Name,
    service: Name,
    url: z.string().min(1).max(1_000).openapi({ description: 'a git repository', example: 'https://git.example.com/quotes/quote.git' }),
    ref: z.string().min(1).max(200).regex(/^[^-\s~^:?*[\\][^\s~^:?*[\\]*$/, 'must be a branch, a tag or a commit').default('HEAD'),
    path: z.string().max(256).default('').openapi({ description: 'folder of the repository with firn.yaml' }),
    secrets: z.array(Name).max(32).default([]).openapi({ description: "names of the team's secrets that the build command may read below /run/secrets" }),
    credentials: Name.optional().openapi({ description: "name of the team's secret with `user:password` for the repository" }),
    network: z.boolean().default(false).openapi({ description: 'whether the build command may use the network' }),
    noCache: z.boolean().default(false).openapi({ description: 'build again although the same commit on the same layers was built: the digest must come out the same' }),
  })
  .openapi('BuildAsk');
export type BuildAsk = z.output<typeof BuildAsk>;
export type BuildAskInput = z.input<typeof BuildAsk>;

export const BuildView = z
  .object({
    id: Id,
    kind: z.enum(['service', 'layer']),
    team: z.string().nullable(),
    subject: z.string().openapi({ description: 'service or layer' }),
    state: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
    phase: z.string(),
    reason: z.string(),
    attempt: z.int(),
    host: z.string().nullable(),
    source: z.object({ url: z.string(), ref: z.string(), path: z.string() }).nullable(),
    commit: z.object({ id: z.string(), author: z.string().nullable(), subject: z.string().nullable(), at: Instant.nullable() }).nullable(),
    layer: z.string().nullable().openapi({ description: 'the layer that the image stands on, with its version' }),
    image: z.string().nullable().openapi({ description: 'reference by digest' }),
    digest: z.string().nullable(),
    imageId: z.string().nullable(),
    architecture: z.string().nullable(),
    bytes: z.int().nullable(),
    pushedBytes: z.int().nullable(),
    layers: z.array(z.object({ digest: z.string(), bytes: z.int() })),
    testsPassed: z.boolean().nullable(),
    cachedFrom: Id.nullable().openapi({ description: 'the build whose image was taken over, since nothing that decides it changed' }),
    sameAs: z.int().openapi({ description: 'how many other builds of the same commit on the same layers gave this digest' }),
    differsFrom: z.array(Id).openapi({ description: 'builds of the same commit on the same layers that gave another digest: the build command is not repeatable' }),
    seconds: z.record(z.string(), z.number()),
    logBytes: z.int(),
    createdBy: z.string(),
    createdAt: Instant,
    startedAt: Instant.nullable(),
    endedAt: Instant.nullable(),
    mayCancel: z.boolean(),
  })
  .openapi('Build');
export type BuildView = z.infer<typeof BuildView>;
export const Builds = list(BuildView).openapi('Builds');
export type Builds = z.infer<typeof Builds>;

// --- layers -----------------------------------------------------------------------------------------------------------------------------

export const LayerVersion = z
  .object({
    version: z.int(),
    from: z.string().nullable(),
    fromVersion: z.int().nullable(),
    state: z.enum(['building', 'ready', 'failed']),
    image: z.string().nullable(),
    imageId: z.string().nullable(),
    buildId: Id.nullable(),
    contextSha256: z.string(),
    note: z.string(),
    createdBy: z.string(),
    createdAt: Instant,
  })
  .openapi('LayerVersion');
export type LayerVersion = z.infer<typeof LayerVersion>;
export const LayerView = z
  .object({
    name: z.string(),
    from: z.string().nullable(),
    current: LayerVersion.nullable().openapi({ description: 'the newest version that is ready' }),
    isStale: z.boolean().openapi({ description: 'a newer version of a layer below is ready' }),
    depth: z.int(),
    bytes: z.int().nullable(),
    services: z.array(z.object({ service: z.string(), environment: z.string(), layerVersion: z.int(), toRebuild: z.boolean() })),
    children: z.array(z.string()),
  })
  .openapi('Layer');
export type LayerView = z.infer<typeof LayerView>;
export const Layers = list(LayerView).openapi('Layers');
export type Layers = z.infer<typeof Layers>;
export const LayerDetail = LayerView.extend({ versions: z.array(LayerVersion), files: z.array(z.object({ path: z.string(), bytes: z.int() })), staticScript: z.string().nullable(), runtimeScript: z.string().nullable(), definition: z.record(z.string(), z.unknown()) }).openapi('LayerDetail');
export type LayerDetail = z.infer<typeof LayerDetail>;

// --- registry ---------------------------------------------------------------------------------------------------------------------------

export const RegistryImage = z
  .object({
    repository: z.string(),
    digest: z.string(),
    imageId: z.string(),
    architecture: z.string(),
    bytes: z.int(),
    ownBytes: z.int().openapi({ description: 'in layers that no other image of the registry has: what deleting it frees' }),
    pushedAt: Instant,
    buildId: Id.nullable(),
    commit: z.string().nullable(),
    keptFor: z.array(z.object({ why: z.enum(['runs', 'rollback', 'next', 'layer', 'rollout', 'new']), subject: z.string() })).openapi({ description: 'empty: retention may delete it' }),
  })
  .openapi('RegistryImage');
export type RegistryImage = z.infer<typeof RegistryImage>;
export const RegistryView = z
  .object({
    kind: z.enum(['embedded', 'external', 'none']),
    address: z.string().nullable(),
    state: z.enum(['up', 'down', 'cleaning', 'absent']),
    reason: z.string().nullable(),
    usedBytes: z.int().nullable(),
    diskBytes: z.int().nullable(),
    freeBytes: z.int().nullable(),
    images: z.array(RegistryImage),
    retention: z.object({ keepReleases: z.int(), keepDays: z.int() }),
    lastCleaned: z.object({ at: Instant, deletedImages: z.int(), freedBytes: z.int(), reason: z.string() }).nullable(),
    hosts: z.array(z.object({ hostId: Id, host: z.string(), usedBytes: z.int().nullable(), totalBytes: z.int().nullable() })),
    mayClean: z.boolean(),
    whyNotClean: z.string().nullable(),
  })
  .openapi('Registry');
export type RegistryView = z.infer<typeof RegistryView>;
export const CleanAsk = z.strictObject({ dryRun: z.boolean().default(false) }).openapi('CleanAsk');
export const Cleaned = z.object({ images: z.array(z.object({ repository: z.string(), digest: z.string(), bytes: z.int() })), freedBytes: z.int(), dryRun: z.boolean() }).openapi('Cleaned');
export type Cleaned = z.infer<typeof Cleaned>;

// --- releases ---------------------------------------------------------------------------------------------------------------------------

/** A file of the container: text, or a secret of the workload as its content. */
export const ConfigFile = z.strictObject({ mode: z.int().min(0).max(0o777).default(0o444), content: z.string().max(262_144).optional(), secret: Name.optional() }).refine(({ content, secret }) => (content === undefined) !== (secret === undefined), 'must have either content or secret');
/** Changes against the release that it follows; null takes a name away. */
export const ConfigChange = z
  .strictObject({
    env: z.record(EnvName, z.string().max(32_768).nullable()).default({}),
    secretEnv: z.record(EnvName, Name.nullable()).default({}).openapi({ description: 'environment variable -> name of a secret of the workload' }),
    files: z.record(Path, ConfigFile.nullable()).default({}),
    command: z.array(z.string().max(4_096)).max(64).optional(),
    port: z.int().min(1).max(65_535).optional(),
    healthPath: z.string().startsWith('/').max(256).nullable().optional().openapi({ description: 'sets `health` aside' }),
    health: Health.nullable().optional().openapi({ description: 'goes before `healthPath`; null: as `healthPath` says' }),
    metricsPath: z.string().startsWith('/').max(256).nullable().optional(),
    stopSeconds: z.int().min(0).max(600).optional(),
  })
  .openapi('ConfigChange');
export type ConfigChange = z.output<typeof ConfigChange>;

export const ReleaseAsk = z
  .strictObject({
    environment: Name,
    from: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('build'), buildId: Id }),
      z.strictObject({ kind: z.literal('image'), image: z.string().min(1).max(512).openapi({ description: 'a tag is resolved to its digest once, here' }) }),
      z.strictObject({ kind: z.literal('release'), releaseId: Id }).openapi({ description: "promotion: another environment's release, with this environment's configuration" }),
      z.strictObject({ kind: z.literal('current') }).openapi({ description: 'the same image, another configuration' }),
    ]),
    config: ConfigChange.prefault({}),
    note: Note.default(''),
  })
  .openapi('ReleaseAsk');
export type ReleaseAsk = z.output<typeof ReleaseAsk>;
export type ReleaseAskInput = z.input<typeof ReleaseAsk>;

export const ReleaseView = z
  .object({
    id: Id,
    workloadId: Id,
    service: z.string(),
    environment: z.string(),
    team: z.string(),
    version: z.int(),
    image: z.string(),
    digest: z.string().nullable(),
    imageId: z.string().nullable(),
    buildId: Id.nullable(),
    commit: z.object({ id: z.string(), author: z.string().nullable(), subject: z.string().nullable(), at: Instant.nullable() }).nullable(),
    layer: z.string().nullable(),
    promotedFrom: z.object({ releaseId: Id, environment: z.string(), version: z.int() }).nullable(),
    command: z.array(z.string()),
    env: z.record(z.string(), z.string()),
    secretEnv: z.record(z.string(), z.object({ secret: z.string(), version: z.int() })),
    files: z.record(z.string(), z.object({ mode: z.int(), content: z.string().nullable(), secret: z.object({ secret: z.string(), version: z.int() }).nullable() })),
    port: z.int(),
    healthPath: z.string().nullable(),
    health: Health.nullable().optional(),
    metricsPath: z.string().nullable(),
    stopSeconds: z.int(),
    shape: z.string().nullable(),
    note: z.string(),
    createdBy: z.string(),
    createdAt: Instant,
    replicas: z.int().openapi({ description: 'that should run it now' }),
    isCurrent: z.boolean(),
    imageState: z.enum(['kept', 'gone', 'unknown']).openapi({ description: '`gone`: the registry no longer has it, and it cannot be rolled back to' }),
    learnt: z.object({ cpuMsPerRequest: z.number(), requests: z.number() }).nullable().openapi({ description: 'measured while it ran' }),
  })
  .openapi('Release');
export type ReleaseView = z.infer<typeof ReleaseView>;
/** What the maker of a release should know: a tag without a digest, an image that was never tried elsewhere ... */
export const ReleaseMade = ReleaseView.extend({ warnings: z.array(z.object({ code: z.string(), message: z.string() })) }).openapi('ReleaseMade');
export type ReleaseMade = z.infer<typeof ReleaseMade>;
export const Releases = list(ReleaseView).openapi('Releases');
export type Releases = z.infer<typeof Releases>;

export const ReleaseDiff = z
  .object({
    before: z.object({ id: Id, version: z.int() }).nullable(),
    after: z.object({ id: Id, version: z.int() }),
    commits: z.array(z.object({ id: z.string(), subject: z.string(), author: z.string().nullable(), at: Instant.nullable() })).openapi({ description: 'built commits between the two, newest first; only those that were built are known' }),
    config: z.array(z.object({ name: z.string(), before: z.string().nullable(), after: z.string().nullable() })).openapi({ description: 'secrets show their version only' }),
    layers: z.array(z.object({ digest: z.string(), bytes: z.int(), change: z.enum(['same', 'added', 'removed']) })),
    image: z.object({ before: z.string().nullable(), after: z.string() }),
  })
  .openapi('ReleaseDiff');
export type ReleaseDiff = z.infer<typeof ReleaseDiff>;

// --- rollouts ---------------------------------------------------------------------------------------------------------------------------

export const GatesInput = z.strictObject({
  windowSeconds: z.int().min(2).max(86_400).default(60),
  leastRequests: z.int().min(0).max(1_000_000).default(50),
  mostErrorsPermille: z.int().min(0).max(1000).optional(),
  mostP99Permille: z.int().min(1000).max(100_000).optional(),
  mostCpuPermille: z.int().min(1000).max(100_000).optional(),
});
export const StrategyInput = z
  .strictObject({
    steps: z.array(z.strictObject({ target: Share, promotion: z.discriminatedUnion('by', [z.strictObject({ by: z.literal('hand') }), z.strictObject({ by: z.literal('time'), seconds: z.int().min(0).max(604_800) }), z.strictObject({ by: z.literal('gates') })]) })).min(1).max(20),
    order: z.enum(['start-first', 'stop-first']).default('start-first'),
    surge: Share.default({ permille: 250 }),
    unavailable: Share.default({ count: 1 }),
    gates: GatesInput.prefault({}),
    prepareSeconds: z.int().min(5).max(86_400).default(900),
    startSeconds: z.int().min(2).max(3_600).default(120),
    mostFailures: z.int().min(1).max(1000).default(2),
    onFailure: z.enum(['roll-back', 'pause']).default('roll-back'),
  })
  .openapi('Strategy');
export type StrategyInput = z.input<typeof StrategyInput>;

/** Whether going back would be quick. */
export const Readiness = z
  .object({
    at: Instant,
    releaseId: Id.openapi({ description: 'to which it would go back' }),
    image: z.object({ hosts: z.int(), present: z.int() }),
    config: z.boolean(),
    room: z.boolean(),
    expectedSeconds: z.number().nullable(),
    isReady: z.boolean(),
    sentence: z.string(),
  })
  .openapi('Readiness');
export type Readiness = z.infer<typeof Readiness>;

/** Whether every step of a rollout has room, and what to do where it has not. */
export const Preflight = z
  .object({
    at: Instant,
    revision: z.int(),
    replicas: z.int().openapi({ description: 'that the workload has now, as the autoscaler wants them' }),
    steps: z.array(z.object({ target: z.int(), beside: z.int().openapi({ description: 'replicas that run beyond the number at once' }), fits: z.boolean(), hosts: z.array(z.object({ hostId: Id, host: z.string(), replicas: z.int() })), sentence: z.string() })),
    fits: z.boolean(),
    advice: z.array(z.object({ code: z.enum(['stop-first', 'smaller-surge', 'buy', 'wait']), sentence: z.string() })),
    blockers: z.array(z.object({ code: z.string(), message: z.string(), overridable: z.boolean() })).openapi({ description: 'lock, freeze, another rollout, quota, architecture, image gone' }),
    warnings: z.array(z.object({ code: z.string(), message: z.string() })),
    readiness: Readiness.optional().openapi({ description: 'of the way back to what runs now; absent in what is stored with a rollout, which has its own' }),
  })
  .openapi('Preflight');
export type Preflight = z.infer<typeof Preflight>;

const ReleaseFigures = z.object({ replicas: z.int(), requests: z.number(), errors: z.number(), p99Ms: z.number().nullable(), p99AtLeastMs: z.number().nullable().optional(), cpuMsPerRequest: z.number().nullable() });
export const GateFigures = z
  .object({
    at: Instant,
    windowSeconds: z.number(),
    before: ReleaseFigures,
    after: ReleaseFigures,
    verdicts: z.array(z.object({ gate: z.enum(['health', 'errors', 'p99', 'cpu', 'requests']), state: z.enum(['passes', 'waits', 'holds', 'fails']), value: z.number().nullable(), limit: z.number().nullable(), sentence: z.string() })),
    extra: z.object({ replicas: z.int(), costCentsPerHour: z.int(), cpuMsPerRequest: z.number() }).nullable(),
  })
  .openapi('GateFigures');
export type GateFigures = z.infer<typeof GateFigures>;

export const RolloutPhase = z.enum(['preparing', 'rolling', 'watching', 'held', 'paused', 'rolling-back', 'succeeded', 'rolled-back', 'aborted']);
export const RolloutVerb = z.enum(['pause', 'resume', 'promote', 'accept', 'abort', 'roll-back']);
export const RolloutAsk = z
  .strictObject({
    strategy: StrategyInput.optional().openapi({ description: "absent: the environment's usual one: one canary by gates, then batches" }),
    why: Note.default(''),
    override: z.array(z.string().max(40)).max(10).default([]).openapi({ description: 'codes of blockers to pass over; needs releases.override and a reason' }),
  })
  .openapi('RolloutAsk');
export type RolloutAsk = z.output<typeof RolloutAsk>;
export type RolloutAskInput = z.input<typeof RolloutAsk>;
export const RolloutAct = z.strictObject({ verb: RolloutVerb, why: Note.default('') }).openapi('RolloutAct');
export const RollbackAsk = z.strictObject({ releaseId: Id.optional().openapi({ description: 'absent: the release that ran before' }), why: Note.min(1, 'say why, for whoever looks for it tomorrow') }).openapi('RollbackAsk');

export const RolloutReplica = z
  .object({
    replicaId: Id,
    replica: z.string(),
    host: z.string().nullable(),
    address: z.string().nullable(),
    wanted: z.int().openapi({ description: 'version that it should run' }),
    running: z.int().nullable().openapi({ description: 'version that its container runs, as its host says' }),
    state: z.string(),
    reason: z.string().nullable(),
    restarts: z.int(),
    lastWords: z.string().nullable(),
    digestMatches: z.boolean().nullable().openapi({ description: 'whether what runs is the image that was released' }),
  })
  .openapi('RolloutReplica');
export type RolloutReplica = z.infer<typeof RolloutReplica>;

export const RolloutView = z
  .object({
    id: Id,
    workloadId: Id,
    service: z.string(),
    environment: z.string(),
    team: z.string(),
    kind: z.enum(['release', 'rollback']),
    from: z.object({ releaseId: Id, version: z.int() }),
    to: z.object({ releaseId: Id, version: z.int() }),
    phase: RolloutPhase,
    step: z.int(),
    steps: z.int(),
    replicas: z.object({ wanted: z.int(), onNew: z.int().openapi({ description: 'serving, on the new release' }), onOld: z.int(), target: z.int() }),
    wait: z.object({ owner: z.string(), reason: z.string(), until: Instant.nullable(), then: z.string() }).nullable(),
    trouble: z.string().nullable(),
    startedBy: z.string(),
    startedAt: Instant,
    endedAt: Instant.nullable(),
    why: z.string(),
    may: z.array(z.object({ verb: RolloutVerb, allowed: z.boolean(), reason: z.string().nullable() })),
  })
  .openapi('Rollout');
export type RolloutView = z.infer<typeof RolloutView>;
export const Rollouts = list(RolloutView).openapi('Rollouts');
export type Rollouts = z.infer<typeof Rollouts>;
export const RolloutDetail = RolloutView.extend({
  strategy: StrategyInput,
  since: Instant,
  figures: GateFigures.nullable(),
  members: z.array(RolloutReplica),
  images: z.object({ needed: z.int(), present: z.int(), hindrance: z.string().nullable() }),
  preflight: Preflight.nullable(),
  readiness: Readiness.nullable(),
  verified: z.object({ matching: z.int(), of: z.int() }).nullable().openapi({ description: 'after the end: replicas whose running digest is the released one' }),
}).openapi('RolloutDetail');
export type RolloutDetail = z.infer<typeof RolloutDetail>;
