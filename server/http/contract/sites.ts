// Sites and traffic: where clients are sent. Sites with their links, stages of services, names with their weights, shifts between sites,
// and when names fail over by themselves. Sites, services and names go by name. What the responders answer is in dns.ts.
import { Id, Instant, Name, Note, Said, Saying, list, z } from './common.ts';

const Cidr = z.union([z.cidrv4(), z.cidrv6()], 'must be a range such as 10.20.0.0/16 or 2001:db8::/48').openapi({ example: '10.20.0.0/16' });
const Permille = z.int().min(0).max(1000);
/** A DNS name without the last dot. */
export const DnsName = z
  .string()
  .max(253)
  .regex(/^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)+$/, 'must be a lower-case DNS name such as quote.example')
  .openapi({ example: 'quote.example' });

// --- sites ------------------------------------------------------------------------------------------------------------------------------

/** `both`: what is written at either end reaches the other. `one-way`: it reaches `to` only, so `to` may serve nothing but reads. */
export const LinkInput = z.strictObject({ to: Name, data: z.enum(['both', 'one-way']), mbps: z.int().min(1).max(10_000_000).optional() }).openapi('SiteLink');
export const SiteInput = z
  .strictObject({
    clients: z.array(Cidr).max(1000).default([]).openapi({ description: 'addresses of clients to which this site is the nearest' }),
    regions: z.array(z.string().min(1).max(60)).max(100).default([]).openapi({ description: 'for people: where these clients are' }),
    links: z.array(LinkInput).max(50).default([]),
    note: Note.default(''),
  })
  .openapi('SiteInput');
export type SiteInput = z.output<typeof SiteInput>;
export type SiteInputIn = z.input<typeof SiteInput>;

export const SiteEvidence = z
  .object({
    hosts: z.int(),
    hostsUp: z.int().openapi({ description: 'hosts that are heard of' }),
    replicas: z.int().openapi({ description: 'of services that have a name, and should run here' }),
    replicasHealthy: z.int(),
    /** Since when what is seen has said the contrary of the state; null: it agrees. */
    contrarySince: Instant.nullable(),
    sentence: z.string(),
  })
  .openapi('SiteEvidence');
export const SiteView = z
  .object({
    name: z.string(),
    isDeclared: z.boolean().openapi({ description: 'false: hosts are there, and nobody has said anything about the site' }),
    clients: z.array(z.string()),
    regions: z.array(z.string()),
    links: z.array(z.object({ to: z.string(), data: z.enum(['both', 'one-way']), mbps: z.int().nullable() })),
    data: z.enum(['both', 'one-way']).openapi({ description: '`one-way`: data only arrives here' }),
    state: z.enum(['serving', 'draining', 'drained', 'failed']),
    stateBy: z.string().openapi({ description: '`firn`, or who said so' }),
    since: Instant.nullable(),
    reason: z.string(),
    said: Said,
    evidence: SiteEvidence,
    names: z.int().openapi({ description: 'names with a weight here' }),
    freeCpuMilli: z.int(),
    freeMemoryMib: z.int(),
    note: z.string(),
    may: z.object({ fail: z.string().nullable(), restore: z.string().nullable(), drain: z.string().nullable() }).openapi({ description: 'null: may be done now; else why not' }),
    maySaid: z.object({ fail: Said, restore: Said, drain: Said }).optional(),
  })
  .openapi('Site');
export type SiteView = z.infer<typeof SiteView>;
export const Sites = list(SiteView).openapi('Sites');
export type Sites = z.infer<typeof Sites>;
/** A person's word on a site, which stands until a person takes it back. `automatic`: what is seen decides again. */
export const SiteVerdictAsk = z.strictObject({ verdict: z.enum(['failed', 'automatic']), reason: Note.min(1) }).openapi('SiteVerdictAsk');

export const FailoverRules = z
  .strictObject({
    downAfterSeconds: z.int().min(1).max(3_600).default(10).openapi({ description: 'how long evidence must say so until a site, or a name at a site, is failed' }),
    upAfterSeconds: z.int().min(1).max(86_400).default(120).openapi({ description: 'how long it must be well until clients come back' }),
    leastHostsUpPermille: Permille.default(500).openapi({ description: 'a site with less of its hosts up is bad' }),
    leastHealthyPermille: Permille.default(500).openapi({ description: 'a name with less of its replicas at a site healthy is bad there' }),
    mostNamesPermille: Permille.default(300).openapi({ description: 'share of all names that may fail over within ten minutes, each for itself; beyond it a person decides. A site that is gone as a whole counts as one decision' }),
    isAutomatic: z.boolean().default(true).openapi({ description: 'false: verdicts are proposed, and a person fails a site over' }),
  })
  .openapi('FailoverRules');
export type FailoverRules = z.output<typeof FailoverRules>;
export const FailoverView = z
  .object({
    rules: FailoverRules,
    /** Names that are kept from a site where they are bad. */
    failed: z.array(z.object({ name: z.string(), site: z.string(), since: Instant, reason: z.string(), said: Said })),
    /** Verdicts that were not carried out, and why a person is asked. */
    held: z.array(z.object({ name: z.string().nullable().openapi({ description: 'null: the whole site' }), site: z.string(), since: Instant, code: z.enum(['too-many-names', 'last-site', 'not-automatic']), reason: z.string(), said: Said })),
  })
  .openapi('Failover');
export type FailoverView = z.infer<typeof FailoverView>;

// --- stages of services -----------------------------------------------------------------------------------------------------------------

export const ServiceLayer = z.enum(['access', 'service', 'data']);
export const Stage = z.enum(['none', 'proxy-back', 'local', 'read-only', 'active-active']).openapi({
  description: '`none`: no client is sent there. `proxy-back`: its access layer answers there and passes on; other layers answer elsewhere. `local`: runs there, its data elsewhere. `read-only`: serves reads there. `active-active`: serves everything there',
});
export type Stage = z.infer<typeof Stage>;
export const StagesInput = z
  .strictObject({
    layer: ServiceLayer.default('service'),
    isReadOnly: z.boolean().default(false).openapi({ description: 'it writes no data: only then it may serve where data only arrives' }),
    stages: z.record(Name, Stage).default({}).openapi({ description: 'by site; a site that is absent: as far as its data allows' }),
  })
  .openapi('StagesInput');
export type StagesInput = z.output<typeof StagesInput>;
export const StagesView = z
  .object({
    service: z.string(),
    environment: z.string(),
    team: z.string(),
    isDeclared: z.boolean(),
    layer: ServiceLayer,
    isReadOnly: z.boolean(),
    sites: z.array(
      z.object({
        site: z.string(),
        stage: Stage,
        isDeclared: z.boolean(),
        serves: z.boolean().openapi({ description: 'whether clients may be sent there' }),
        why: z.string(),
        said: Said,
        replicas: z.int(),
        replicasHealthy: z.int(),
      }),
    ),
  })
  .openapi('Stages');
export type StagesView = z.infer<typeof StagesView>;
export const StagesList = list(StagesView).openapi('StagesList');
export type StagesList = z.infer<typeof StagesList>;

// --- names ------------------------------------------------------------------------------------------------------------------------------

/** By site. With `weights`: shares of all clients, in proportion. With `nearest` and `order`: of a site's own clients, how many it takes (1000: all). */
export const Weights = z.record(Name, Permille).openapi('Weights');
export const NameInput = z
  .strictObject({
    service: Name,
    environment: Name,
    port: z.int().min(1).max(65_535).optional().openapi({ description: "absent: the release's" }),
    preference: z.enum(['nearest', 'weights', 'order']).default('nearest'),
    order: z.array(Name).max(50).default([]).openapi({ description: 'sites, the first that is well serves; with `nearest` for clients that are near none' }),
    weights: Weights.default({}).openapi({ description: 'a site that is absent has 1000' }),
    ttlSeconds: z.int().min(5).max(86_400).default(60),
    mostAddresses: z.int().min(1).max(16).default(4),
  })
  .openapi('NameInput');
export type NameInput = z.output<typeof NameInput>;
export type NameInputIn = z.input<typeof NameInput>;

export const NameView = z
  .object({
    name: z.string(),
    service: z.string(),
    environment: z.string(),
    team: z.string(),
    port: z.int(),
    preference: z.enum(['nearest', 'weights', 'order']),
    order: z.array(z.string()),
    ttlSeconds: z.int(),
    mostAddresses: z.int(),
    isInZone: z.boolean().openapi({ description: 'whether the DNS responder answers for it too' }),
    state: z.enum(['healthy', 'degraded', 'down', 'no-replicas']),
    reason: z.string(),
    said: Said,
    sites: z.array(
      z.object({
        site: z.string(),
        weight: z.int().openapi({ description: 'in force now, with shifts under way' }),
        setWeight: z.int().openapi({ description: 'as set' }),
        stage: Stage,
        serves: z.boolean(),
        why: z.string().openapi({ description: 'why clients are sent there, or not' }),
        said: Said,
        code: z.enum(['serves', 'weight-zero', 'stage', 'one-way-data', 'draining', 'failed', 'no-replicas', 'unhealthy']),
        addresses: z.int(),
        healthy: z.int(),
        leaving: z.int().openapi({ description: 'healthy, and not given to new clients since they are about to stop' }),
        queriesPerSecond: z.number().openapi({ description: 'answers of the last minute that led there' }),
      }),
    ),
    shiftId: Id.nullable().openapi({ description: 'of the shift that is carried out' }),
    queriesPerSecond: z.number(),
    updatedBy: z.string(),
    updatedAt: Instant,
  })
  .openapi('Name');
export type NameView = z.infer<typeof NameView>;
export const Names = list(NameView).openapi('Names');
export type Names = z.infer<typeof Names>;

/** What a client would be told now. The responder says the same but for `client`, `site` and `tried`. */
export const AnswerView = z
  .object({
    name: z.string(),
    ttlSeconds: z.int(),
    port: z.int(),
    addresses: z.array(z.object({ address: z.string(), site: z.string() })),
    client: z.string(),
    nearest: z.string().nullable().openapi({ description: "the client's own site" }),
    site: z.string().nullable(),
    code: z.enum(['nearest', 'first', 'share', 'elsewhere', 'leaving', 'against-weights', 'unhealthy', 'nothing']).openapi({
      description: "`elsewhere`: the own site of the client does not take it. `leaving`: all of the site are about to stop; `against-weights`, `unhealthy`: nothing better was left",
    }),
    isDegraded: z.boolean(),
    why: z.string(),
    tried: z.array(z.object({ site: z.string(), code: z.string(), why: z.string(), said: Said, weight: z.int().optional() })),
  })
  .openapi('Answer');
export type AnswerView = z.infer<typeof AnswerView>;

/** Who asked, by the site that is nearest to the client, and where answers led. Counted in this life of the server. */
export const ClientsView = z
  .object({
    name: z.string(),
    minutes: z.array(z.object({ at: Instant, near: z.string().nullable(), site: z.string().nullable(), http: z.int(), dns: z.int() })).openapi({ description: 'the last 30 minutes that had queries' }),
    clients: z.int().openapi({ description: 'different client networks in the last 10 minutes, counted up to 4096' }),
  })
  .openapi('NameClients');
export type ClientsView = z.infer<typeof ClientsView>;

// --- shifts -----------------------------------------------------------------------------------------------------------------------------

export const ShiftAsk = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('weights'),
      changes: z.array(z.strictObject({ name: DnsName, weights: Weights })).min(1).max(200),
      steps: z.int().min(1).max(100).default(4),
      stepSeconds: z.int().min(0).max(86_400).default(60).openapi({ description: 'between two steps; the next one also waits until the other side has the replicas for it' }),
      reason: Note.default(''),
    }),
    z.strictObject({
      kind: z.literal('drain'),
      site: Name,
      steps: z.int().min(1).max(100).default(4),
      stepSeconds: z.int().min(0).max(86_400).default(60),
      reason: Note.default(''),
    }),
  ])
  .openapi('ShiftAsk');
export type ShiftAsk = z.output<typeof ShiftAsk>;
export type ShiftAskInput = z.input<typeof ShiftAsk>;

/** What a shift needs at one site for one name. Cores and replicas are for the peak that was asked for. */
export const ShiftLoad = z
  .object({
    name: z.string(),
    site: z.string(),
    beforePermille: z.int().openapi({ description: 'share of the clients' }),
    afterPermille: z.int(),
    peakQps: z.int().openapi({ description: 'that the site must carry afterwards' }),
    replicas: z.int().openapi({ description: 'needed for it' }),
    running: z.int().openapi({ description: 'healthy there now' }),
    missing: z.int(),
    cpuMilli: z.int().openapi({ description: 'of the needed replicas' }),
    memoryMib: z.int(),
    fits: z.boolean().openapi({ description: 'whether the missing ones have room there' }),
    carriesPermille: z.int().openapi({ description: 'share of the clients that it can carry, with all room used' }),
    carriesNowPermille: z.int().openapi({ description: 'with the replicas that run' }),
    refusal: z.object({ code: z.enum(['one-way-data', 'stage', 'no-room', 'too-few-replicas', 'site-failed', 'site-drained', 'site-unknown']), sentence: z.string(), said: Said }).nullable(),
  })
  .openapi('ShiftLoad');
export type ShiftLoad = z.infer<typeof ShiftLoad>;
export const DecayPoint = z.object({ seconds: z.int(), oldPermille: z.int().openapi({ description: 'share of all clients that still go where the shift takes them from' }), weightPermille: z.int().openapi({ description: 'share that new answers send there' }) });
export const ShiftPlan = z
  .object({
    at: Instant,
    revision: z.int(),
    changes: z.array(z.object({ name: z.string(), ttlSeconds: z.int(), before: Weights, after: Weights, movedPermille: z.int() })),
    loads: z.array(ShiftLoad),
    decay: z.array(DecayPoint).openapi({ description: 'with 5 % of the clients that keep an answer longer than they should' }),
    doneAfterSeconds: z.int().openapi({ description: 'until at most 1 % of the clients are where they should not be' }),
    isAllowed: z.boolean(),
    refusals: z.array(z.object({ code: z.string(), name: z.string().nullable(), site: z.string().nullable(), sentence: z.string(), said: Said })),
    advice: z.array(z.object({ code: z.enum(['weights-that-fit', 'more-replicas', 'buy', 'keep-warm']), sentence: z.string(), values: z.record(z.string(), z.union([z.string(), z.number()])) })),
  })
  .openapi('ShiftPlan');
export type ShiftPlan = z.infer<typeof ShiftPlan>;

export const ShiftState = z.enum(['draft', 'approved', 'applying', 'paused', 'done', 'undoing', 'undone', 'rejected', 'withdrawn']);
export type ShiftState = z.infer<typeof ShiftState>;
export const ShiftVerb = z.enum(['approve', 'reject', 'withdraw', 'apply', 'pause', 'resume', 'undo', 'refresh']);
export type ShiftVerb = z.infer<typeof ShiftVerb>;
export const ShiftAct = z.strictObject({ verb: ShiftVerb, reason: Note.default('') }).openapi('ShiftAct');
export const ShiftView = z
  .object({
    id: Id,
    title: z.string(),
    kind: z.enum(['weights', 'drain']),
    site: z.string().nullable().openapi({ description: 'that is drained' }),
    state: ShiftState,
    stateText: z.string(),
    said: Said,
    steps: z.int(),
    stepSeconds: z.int(),
    step: z.int().openapi({ description: 'steps that are in force' }),
    waitsFor: z.object({ code: z.enum(['time', 'replicas', 'site-failed', 'person']), until: Instant.nullable(), sentence: z.string(), said: Said }).nullable(),
    plan: ShiftPlan,
    reason: z.string(),
    createdBy: z.string(),
    createdAt: Instant,
    decidedBy: z.string().nullable(),
    decidedAt: Instant.nullable(),
    appliedBy: z.string().nullable(),
    appliedAt: Instant.nullable(),
    finishedAt: Instant.nullable(),
    may: z.record(ShiftVerb, z.string().nullable()).openapi({ description: 'null: may be done now; else why not' }),
    maySaid: z.partialRecord(ShiftVerb, z.array(Saying)).optional(),
  })
  .openapi('Shift');
export type ShiftView = z.infer<typeof ShiftView>;
export const Shifts = list(ShiftView).openapi('Shifts');
export type Shifts = z.infer<typeof Shifts>;

// --- responders -------------------------------------------------------------------------------------------------------------------------

export const DnsQuery = z.object({ name: z.string().min(1).max(253), format: z.enum(['json', 'text']).default('json') });
/** What `GET /dns` gives. As text: one `address:port` a line, after a first line `ttl SECONDS`. */
export const DnsAnswer = z
  .object({
    name: z.string(),
    ttlSeconds: z.int(),
    port: z.int(),
    addresses: z.array(z.string()).openapi({ description: 'in the order in which they should be tried' }),
    isDegraded: z.boolean().openapi({ description: 'true: none of them looked well, and they are given as the best there is' }),
    code: AnswerView.shape.code,
    why: z.string(),
    site: z.string().nullable(),
  })
  .openapi('DnsAnswer');
export type DnsAnswer = z.infer<typeof DnsAnswer>;
export const DnsStatus = z
  .object({
    zone: z.string().nullable(),
    http: z.object({ listen: z.string().nullable(), queries: z.int(), unknownNames: z.int() }),
    dns: z.object({
      listen: z.string().nullable(),
      queries: z.int(),
      answered: z.int(),
      refused: z.int().openapi({ description: 'other zones, transfers' }),
      unknownNames: z.int(),
      malformed: z.int().openapi({ description: 'dropped without a word' }),
      limited: z.int().openapi({ description: 'dropped, or answered with a request to come by TCP, since one network asked too much' }),
      truncated: z.int(),
      tcpConnections: z.int(),
    }),
    names: z.int(),
    /** When what is answered was last computed anew, and how long that took. */
    refreshedAt: Instant.nullable(),
    refreshMs: z.number().nullable(),
  })
  .openapi('DnsStatus');
export type DnsStatus = z.infer<typeof DnsStatus>;
