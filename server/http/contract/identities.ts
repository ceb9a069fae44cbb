// Who a host is to the server, and which agent it runs: certificates, revocation, machines that claim to be the same host,
// the join command, agent versions and campaigns of upgrades. Hosts go by name.
import { Id, Instant, Note, list, z } from './common.ts';

const HostName = z.string().min(1).max(63);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');
const Why = Note.min(1, 'say why, for whoever wonders tomorrow');

// --- the authority ----------------------------------------------------------------------------------------------------------------------

/** What agents trust, and how their listener speaks. */
export const FleetAuthority = z
  .object({
    tls: z.enum(['on', 'required', 'off']).openapi({ description: '`on`: plain only on loopback and for hosts that have no certificate yet; `required`: never; `off`: nobody speaks TLS' }),
    caSha256: z.string().nullable().openapi({ description: 'fingerprint of the authority: join commands carry it; null where TLS is off' }),
    caNotAfter: Instant.nullable(),
    serverNames: z.array(z.string()).openapi({ description: 'names and addresses by which agents may call this server' }),
    serverNotAfter: Instant.nullable(),
    agentUrl: z.string(),
    /** How many hosts are how far. */
    hosts: z.object({ certified: z.int(), withoutCertificate: z.int(), expired: z.int(), revoked: z.int(), alarms: z.int() }),
  })
  .openapi('FleetAuthority');
export type FleetAuthority = z.infer<typeof FleetAuthority>;

export const CertificateView = z
  .object({
    serial: z.string(),
    hostId: Id,
    host: z.string(),
    sha256: z.string(),
    notBefore: Instant,
    notAfter: Instant,
    issuedAt: Instant,
    /** When a session with it was last begun; null: never. */
    usedAt: Instant.nullable(),
    state: z.enum(['current', 'replaced', 'expired', 'revoked']),
    revoked: z.object({ at: Instant, by: z.string(), reason: z.string() }).nullable(),
    /** When the agent asks for the next one. */
    renewsAt: Instant.nullable(),
  })
  .openapi('Certificate');
export type CertificateView = z.infer<typeof CertificateView>;
export const Certificates = list(CertificateView).openapi('Certificates');
export type Certificates = z.infer<typeof Certificates>;

export const Revocation = z.strictObject({ reason: Why }).openapi('Revocation');
export type Revocation = z.infer<typeof Revocation>;

/** A machine that is known gets a new identity: after a revocation, an expired certificate, a new disk. */
export const RejoinAsk = z.strictObject({ expiresInSeconds: z.int().min(60).max(604_800).default(3600) }).openapi('RejoinAsk');
export type RejoinAsk = z.output<typeof RejoinAsk>;
export const JoinCommand = z
  .object({
    token: z.string().openapi({ description: 'shown once' }),
    command: z.string().openapi({ description: 'where `firn` is installed' }),
    bareCommand: z.string().nullable().openapi({ description: 'where only Node is: fetches the agent from this server, checks its SHA-256, installs and starts it; null where the server has no bundle' }),
    expiresAt: Instant,
    caSha256: z.string().nullable(),
  })
  .openapi('JoinCommand');
export type JoinCommand = z.infer<typeof JoinCommand>;

// --- alarms -----------------------------------------------------------------------------------------------------------------------------

const Machine = z.object({ bootId: z.string(), address: z.string(), hostname: z.string().nullable() });
/** Two machines showed the same identity; the newer one is refused until somebody says which of them is the host. */
export const IdentityAlarm = z
  .object({
    id: Id,
    hostId: Id,
    host: z.string(),
    at: Instant,
    lastAt: Instant,
    attempts: z.int(),
    /** `both-alive`: both spoke within one lease; `came-back`: a boot that another one had replaced spoke again. */
    evidence: z.enum(['both-alive', 'came-back']),
    message: z.string(),
    known: Machine,
    newcomer: Machine,
    answer: z.object({ verdict: z.enum(['keep', 'newcomer', 'revoked']), by: z.string(), at: Instant, reason: z.string() }).nullable(),
  })
  .openapi('IdentityAlarm');
export type IdentityAlarm = z.infer<typeof IdentityAlarm>;
export const IdentityAlarms = list(IdentityAlarm).openapi('IdentityAlarms');
export type IdentityAlarms = z.infer<typeof IdentityAlarms>;
/** `keep`: the newcomer stays out; `newcomer`: it is the host from now on, and the other one is refused. */
export const IdentityAnswer = z.strictObject({ verdict: z.enum(['keep', 'newcomer']), reason: Why }).openapi('IdentityAnswer');
export type IdentityAnswer = z.infer<typeof IdentityAnswer>;

// --- versions and upgrades --------------------------------------------------------------------------------------------------------------

export const AgentBundle = z
  .object({ sha256: z.string(), version: z.string(), bytes: z.int(), source: z.enum(['server', 'added']), addedAt: Instant, works: z.boolean().openapi({ description: 'at most one version apart from this server' }) })
  .openapi('AgentBundle');
export type AgentBundle = z.infer<typeof AgentBundle>;
export const AgentVersions = z
  .object({
    serverVersion: z.string(),
    /** The newest is what hosts should run. */
    bundles: z.array(AgentBundle),
    /** What hosts run, most hosts first. */
    running: z.array(z.object({ version: z.string(), bundle: z.string().nullable(), hosts: z.int(), works: z.boolean(), upgrades: z.boolean().openapi({ description: 'can upgrade themselves' }), names: z.array(z.string()).openapi({ description: 'the first twenty' }) })),
    outdated: z.int(),
  })
  .openapi('AgentVersions');
export type AgentVersions = z.infer<typeof AgentVersions>;

export const UpgradeAsk = z
  .strictObject({
    bundle: Sha256.optional().openapi({ description: "which bundle; the server's own when left out" }),
    canary: HostName.optional().openapi({ description: 'the host that goes first, alone; the first by name when left out' }),
    atOnce: z.int().min(1).max(200).default(5),
    hosts: z.array(HostName).max(1000).optional().openapi({ description: 'only these; every connected host when left out' }),
    mostFailures: z.int().min(0).max(100).default(0).openapi({ description: 'the campaign pauses itself when more hosts than this went back' }),
    watchSeconds: z.int().min(0).max(3600).default(10).openapi({ description: 'how long a host must be well after its upgrade before others follow' }),
    trialSeconds: z.int().min(2).max(600).default(30).openapi({ description: 'how long an agent waits for its welcome before it goes back' }),
    reason: Note.default(''),
  })
  .openapi('UpgradeAsk');
export type UpgradeAsk = z.output<typeof UpgradeAsk>;
export type UpgradeAskInput = z.input<typeof UpgradeAsk>;

export const UpgradeHostState = z.enum(['waiting', 'ordered', 'downloading', 'trying', 'watched', 'done', 'rolled-back', 'refused', 'away', 'skipped']);
export const UpgradeView = z
  .object({
    id: Id,
    state: z.enum(['running', 'paused', 'done', 'aborted']),
    /** What it waits for, or why it stands still. */
    stateReason: z.string(),
    version: z.string(),
    bundle: z.string(),
    canary: z.string(),
    atOnce: z.int(),
    mostFailures: z.int(),
    watchSeconds: z.int(),
    trialSeconds: z.int(),
    reason: z.string(),
    createdBy: z.string(),
    createdAt: Instant,
    endedAt: Instant.nullable(),
    counts: z.object({ waiting: z.int(), underWay: z.int(), done: z.int(), failed: z.int() }),
    mayPause: z.boolean(),
    mayResume: z.boolean(),
    mayAbort: z.boolean(),
  })
  .openapi('AgentUpgrade');
export type UpgradeView = z.infer<typeof UpgradeView>;
export const Upgrades = list(UpgradeView).openapi('AgentUpgrades');
export type Upgrades = z.infer<typeof Upgrades>;
export const UpgradeDetail = UpgradeView.extend({
  hosts: z.array(z.object({ hostId: Id, host: z.string(), state: UpgradeHostState, reason: z.string(), fromVersion: z.string().nullable(), orderedAt: Instant.nullable(), endedAt: Instant.nullable() })),
}).openapi('AgentUpgradeDetail');
export type UpgradeDetail = z.infer<typeof UpgradeDetail>;
export const UpgradeVerb = z.strictObject({ verb: z.enum(['pause', 'resume', 'abort']), reason: Note.default('') }).openapi('UpgradeVerb');
export type UpgradeVerb = z.output<typeof UpgradeVerb>;
