// Burst into the cloud: the rules, provisioners of pools, VMs with their life, proposals, the ledger of money, and warm room. Pools, hooks and
// VMs go by name; amounts are cents of the server's currency. Whatever is a sentence has its code and figures beside it, for other languages.
import { Amount, Id, Instant, Name, Note, Shape, Said, list, z } from './common.ts';

/** A sentence with what it was made of. */
export const BurstSaid = z.object({ code: z.string(), values: z.record(z.string(), z.union([z.string(), z.number()])), sentence: z.string() }).openapi('BurstSaid');
export type BurstSaid = z.infer<typeof BurstSaid>;

const cents = z.int().min(0).max(1_000_000_000);
const minutes = (most: number) => z.int().min(0).max(most);

// --- rules ------------------------------------------------------------------------------------------------------------------------------

/** `off`: nothing is bought or given back by itself; `propose`: people approve each purchase; `automatic`: within the caps, without asking. */
export const BurstMode = z.enum(['off', 'propose', 'automatic']);
export type BurstMode = z.infer<typeof BurstMode>;
export const BurstSettings = z
  .strictObject({
    mode: BurstMode.default('off'),
    capCentsPerHour: cents.default(0).openapi({ description: 'what all VMs that are out may cost an hour together; 0: nothing is bought' }),
    capCentsPerDay: cents.default(0).openapi({ description: 'what a day may cost, with what is promised until its end; 0: nothing is bought' }),
    warmRoom: z.record(Name, z.int().min(0).max(5_000)).default({}).openapi({ description: 'environment -> permille of what its workloads hold that is kept free on hosts that are ready', example: { production: 200 } }),
    retreat: z
      .strictObject({
        market: z.string().min(1).max(40).nullable().default(null).openapi({ description: 'retreat waits for this market to close; null: only for demand to fall', example: 'a-share' }),
        afterCloseMinutes: minutes(720).default(15),
        holdMinutes: minutes(1_440).default(10).openapi({ description: 'for so long everything must have fitted without the VM' }),
        drainMinutes: z.int().min(1).max(1_440).default(15).openapi({ description: 'emptying a VM that takes longer is an alert; it goes on, since what must survive comes first' }),
      })
      .prefault({}),
    timeZone: z.string().min(1).max(64).default('Asia/Shanghai').openapi({ description: 'in which days and months of the ledger begin' }),
  })
  .openapi('BurstSettings');
export type BurstSettings = z.output<typeof BurstSettings>;
export type BurstSettingsInput = z.input<typeof BurstSettings>;
export const BurstSettingsView = z.object({ settings: BurstSettings, version: z.int(), changedBy: z.string().nullable(), changedAt: Instant.nullable(), mayManage: z.boolean(), warnings: z.array(BurstSaid) }).openapi('BurstSettingsView');
export type BurstSettingsView = z.infer<typeof BurstSettingsView>;

// --- provisioners -----------------------------------------------------------------------------------------------------------------------

/** How VMs of a pool are made. The hook is one of the names that the server's configuration knows; a path is never taken from here. */
export const ProvisionerEdit = z
  .strictObject({
    hook: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must be the name of a hook of the server's configuration"),
    rangeSupernet: z.cidrv4().openapi({ description: 'each VM gets a range of its own from here; the VPC routes it to the VM', example: '10.60.0.0/16' }),
    rangePrefix: z.int().min(16).max(29).default(24),
    billingMinutes: z.int().min(1).max(44_640).default(60).openapi({ description: 'length of one paid period' }),
    releaseMarginSeconds: z.int().min(0).max(3_600).default(180).openapi({ description: 'a VM is given back so long before its paid period ends' }),
    provisionSeconds: z.int().min(1).max(7_200).default(300),
    joinSeconds: z.int().min(1).max(3_600).default(180),
    releaseSeconds: z.int().min(1).max(7_200).default(300),
    leastShare: z.int().min(0).max(1_000).default(500).openapi({ description: 'a VM that is smaller than bought is kept from this permille of it on, else given back' }),
    options: z.record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,39}$/), z.string().max(300)).default({}).openapi({ description: 'handed to the hook as they are: region, image, instance type; no secrets' }),
    isEnabled: z.boolean().default(true),
  })
  .openapi('ProvisionerEdit');
export type ProvisionerEdit = z.output<typeof ProvisionerEdit>;
export type ProvisionerEditInput = z.input<typeof ProvisionerEdit>;
export const ProvisionerView = ProvisionerEdit.extend({
  pool: z.string(),
  site: z.string(),
  capacity: Shape,
  costCentsPerHour: z.int(),
  limit: z.int(),
  out: z.int().openapi({ description: 'VMs of this pool that are out now' }),
  rangesLeft: z.int(),
  /** Null: it can be used. */
  problem: BurstSaid.nullable(),
  startP50Seconds: z.number().nullable().openapi({ description: 'from the purchase until ready, over the last 20; null: none yet' }),
}).openapi('Provisioner');
export type ProvisionerView = z.infer<typeof ProvisionerView>;
export const BurstHookView = z.object({ name: z.string(), problem: z.string().nullable(), lastCall: z.object({ action: z.string(), at: Instant, seconds: z.number(), outcome: z.string() }).nullable() }).openapi('BurstHook');
export type BurstHookView = z.infer<typeof BurstHookView>;
export const BurstProvisioners = z.object({ items: z.array(ProvisionerView), hooks: z.array(BurstHookView), withoutProvisioner: z.array(z.string()).openapi({ description: 'pools that nobody can buy from' }) }).openapi('BurstProvisioners');
export type BurstProvisioners = z.infer<typeof BurstProvisioners>;

// --- VMs --------------------------------------------------------------------------------------------------------------------------------

/** `ready`: joined, nothing runs there yet; `emptied`: nothing runs there any more, paid for until its period ends and taken back if it is needed. */
export const BurstVmState = z.enum(['asked', 'provisioning', 'joining', 'ready', 'in-use', 'emptying', 'emptied', 'releasing', 'released', 'failed']);
export type BurstVmState = z.infer<typeof BurstVmState>;
/** Who has to do something until when. */
export const BurstWait = z.object({ owner: z.enum(['provisioner', 'agent', 'planner', 'firn', 'operator']), reason: BurstSaid, since: Instant, deadline: Instant.nullable() }).openapi('BurstWait');
export type BurstWait = z.infer<typeof BurstWait>;
const Verb = z.object({ allowed: z.boolean(), why: z.string().nullable(), said: Said });
export const BurstVmView = z
  .object({
    id: Id,
    name: z.string().openapi({ description: 'also the name of its host' }),
    pool: z.string(),
    hook: z.string(),
    site: z.string(),
    state: BurstVmState,
    /** Null once it is released or failed. */
    wait: BurstWait.nullable(),
    bought: Shape,
    delivered: Shape.nullable().openapi({ description: 'what really joined, where that is known' }),
    isSmaller: z.boolean(),
    address: z.string().nullable(),
    containerCidr: z.string(),
    providerId: z.string().nullable(),
    host: z.string().nullable(),
    replicas: z.int(),
    why: BurstSaid,
    forWorkloads: z.array(z.object({ workload: z.string(), replicas: z.int() })),
    boughtBy: z.string(),
    askedAt: Instant,
    readyAt: Instant.nullable(),
    endedAt: Instant.nullable(),
    costCentsPerHour: z.int(),
    billingMinutes: z.int(),
    billedFrom: Instant.nullable(),
    paidUntil: Instant.nullable().openapi({ description: 'end of the period that is paid already' }),
    predictedCents: z.int(),
    spentCents: z.int(),
    comesBackAt: Instant.nullable().openapi({ description: 'when it is expected to be given back' }),
    retreatRank: z.int().nullable().openapi({ description: '1: the first to go; null: it is not out or is kept' }),
    keepUntil: Instant.nullable(),
    keptBy: z.string().nullable(),
    attempt: z.int(),
    may: z.object({ retreat: Verb, keep: Verb, abandon: Verb }),
  })
  .openapi('BurstVm');
export type BurstVmView = z.infer<typeof BurstVmView>;
export const BurstVms = list(BurstVmView).openapi('BurstVms');
export type BurstVms = z.infer<typeof BurstVms>;
export const BurstVmDetail = BurstVmView.extend({ history: z.array(z.object({ at: Instant, state: BurstVmState, actor: z.string(), reason: BurstSaid })), charges: z.array(z.object({ period: z.int(), from: Instant, to: Instant, cents: z.int() })) }).openapi('BurstVmDetail');
export type BurstVmDetail = z.infer<typeof BurstVmDetail>;
export const BurstStranger = z.object({ hook: z.string(), providerId: z.string(), name: z.string(), address: z.string().nullable(), firstSeenAt: Instant, reason: BurstSaid }).openapi('BurstStranger', { description: 'a VM with this cluster’s mark that no row knows: it costs money and nobody uses it' });
export type BurstStranger = z.infer<typeof BurstStranger>;

// --- proposals --------------------------------------------------------------------------------------------------------------------------

export const BurstProposalState = z.enum(['open', 'approved', 'dismissed', 'lapsed']);
export type BurstProposalState = z.infer<typeof BurstProposalState>;
const MixLine = z.object({ pool: z.string(), count: z.int(), capacity: Shape, costCentsPerHour: z.int().openapi({ description: 'of one' }) });
const RoomLine = z.object({ workload: z.string(), replicas: z.int() });
export const BurstProposalView = z
  .object({
    id: Id,
    state: BurstProposalState,
    stateReason: BurstSaid,
    mix: z.array(MixLine),
    centsPerHour: z.int(),
    predictedCents: z.int().openapi({ description: 'until it is expected to come back' }),
    expectedBackAt: Instant.nullable(),
    givesRoomFor: z.array(RoomLine).openapi({ description: 'what waits or is about to; `warm room of ENVIRONMENT` is room kept free' }),
    leaves: z.array(RoomLine.extend({ reason: BurstSaid })).openapi({ description: 'what would still find no room, and why' }),
    /** What was cut off, by which bound; empty: nothing. */
    bounded: z.array(BurstSaid),
    wouldBuy: z.array(MixLine).openapi({ description: 'without the caps' }),
    reasons: z.array(BurstSaid).openapi({ description: 'why anything is bought at all' }),
    createdAt: Instant,
    decidedBy: z.string().nullable(),
    decidedAt: Instant.nullable(),
    vms: z.array(z.string()).openapi({ description: 'names of the VMs that it became' }),
    mayApprove: z.boolean(),
    whyNotApprove: z.string().nullable(),
  })
  .openapi('BurstProposal');
export type BurstProposalView = z.infer<typeof BurstProposalView>;
export const BurstProposals = list(BurstProposalView).openapi('BurstProposals');
export type BurstProposals = z.infer<typeof BurstProposals>;
export const BurstDecision = z.strictObject({ verb: z.enum(['approve', 'dismiss']), note: Note.default('') }).openapi('BurstDecision');
export type BurstDecision = z.output<typeof BurstDecision>;

/** Without `mix`: whatever is the cheapest now. `dryRun` buys nothing. */
export const BurstBuyAsk = z.strictObject({ mix: z.array(z.strictObject({ pool: Name, count: z.int().min(1).max(500) })).max(50).optional(), reason: Note.min(1, 'say why'), dryRun: z.boolean().default(false) }).openapi('BurstBuyAsk');
export type BurstBuyAsk = z.output<typeof BurstBuyAsk>;
export type BurstBuyAskInput = z.input<typeof BurstBuyAsk>;
export const BurstBuyAnswer = z.object({ dryRun: z.boolean(), proposal: BurstProposalView.nullable().openapi({ description: 'null: there is nothing to buy' }), sentence: BurstSaid, vms: z.array(BurstVmView) }).openapi('BurstBuyAnswer');
export type BurstBuyAnswer = z.infer<typeof BurstBuyAnswer>;

export const BurstRetreatAsk = z.strictObject({ vms: z.array(z.string().min(1).max(64)).max(1_000).optional(), reason: Note.min(1, 'say why'), dryRun: z.boolean().default(false) }).openapi('BurstRetreatAsk', { description: 'without `vms`: all that everything fits without' });
export type BurstRetreatAsk = z.output<typeof BurstRetreatAsk>;
export type BurstRetreatAskInput = z.input<typeof BurstRetreatAsk>;
export const BurstRetreatStep = z.object({ rank: z.int(), vm: z.string(), state: BurstVmState, replicas: z.int(), goes: z.boolean(), reason: BurstSaid, costCentsPerHour: z.int(), paidUntil: Instant.nullable() });
export const BurstRetreatAnswer = z.object({ dryRun: z.boolean(), steps: z.array(BurstRetreatStep), savesCentsPerHour: z.int(), sentence: BurstSaid }).openapi('BurstRetreatAnswer');
export type BurstRetreatAnswer = z.infer<typeof BurstRetreatAnswer>;

export const BurstVmVerb = z
  .discriminatedUnion('verb', [
    z.strictObject({ verb: z.literal('retreat'), reason: Note.min(1, 'say why') }),
    z.strictObject({ verb: z.literal('keep'), until: Instant.nullable().openapi({ description: 'null: it may go again' }), reason: Note.default('') }),
    z.strictObject({ verb: z.literal('abandon'), reason: Note.min(1, 'say why') }).openapi({ description: 'gives it back now, whatever runs there: replicas are placed elsewhere as after a loss' }),
  ])
  .openapi('BurstVmVerb');
export type BurstVmVerb = z.output<typeof BurstVmVerb>;
export type BurstVmVerbInput = z.input<typeof BurstVmVerb>;

// --- warm room --------------------------------------------------------------------------------------------------------------------------

export const WarmRoom = z
  .object({
    container: Shape.openapi({ description: "the policy's default shape" }),
    fitsNow: z.int().openapi({ description: 'containers that still fit on hosts that are ready: they start in seconds' }),
    sites: z.array(z.object({ site: z.string(), privateFits: z.int(), cloudFits: z.int() })),
    environments: z.array(
      z.object({
        environment: z.string(),
        targetPermille: z.int(),
        replicas: z.int(),
        held: Amount,
        wanted: z.int().openapi({ description: 'containers that the target needs' }),
        fits: z.int().openapi({ description: 'of them: those that fit now' }),
        missing: z.int(),
        /** What the room that is kept costs: its share of the hosts that hold it. */
        centsPerHour: z.int(),
        /** What +10, +20, +50 and +100 % would need, and how many of them fit now. */
        growth: z.array(z.object({ permille: z.int(), containers: z.int(), fits: z.int(), centsPerHour: z.int() })),
      }),
    ),
    sentence: BurstSaid,
  })
  .openapi('WarmRoom');
export type WarmRoom = z.infer<typeof WarmRoom>;

// --- the ledger and the whole -----------------------------------------------------------------------------------------------------------

export const BurstSpend = z.object({ predictedCents: z.int(), actualCents: z.int(), promisedCents: z.int().openapi({ description: 'still to come until the end of the span, from what is out' }), capCents: z.int().nullable() });
export const BurstLedgerQuery = z.object({ from: Instant.optional(), to: Instant.optional(), limit: z.coerce.number().int().min(1).max(1000).default(200), after: z.string().max(200).optional() });
export const BurstLedger = z
  .object({
    from: Instant,
    to: Instant,
    totals: z.object({ predictedCents: z.int(), actualCents: z.int(), vms: z.int(), vmHours: z.number() }),
    days: z.array(z.object({ day: z.string().openapi({ example: '2026-11-23' }), predictedCents: z.int(), actualCents: z.int(), capCents: z.int(), vms: z.int() })),
    items: z.array(
      z.object({ vmId: Id, vm: z.string(), pool: z.string(), state: BurstVmState, why: BurstSaid, forWorkloads: z.array(RoomLine), boughtBy: z.string(), askedAt: Instant, endedAt: Instant.nullable(), comesBackAt: Instant.nullable(), paidUntil: Instant.nullable(), costCentsPerHour: z.int(), predictedCents: z.int(), actualCents: z.int() }),
    ),
    next: z.string().nullable(),
  })
  .openapi('BurstLedger');
export type BurstLedger = z.infer<typeof BurstLedger>;

export const BurstOverview = z
  .object({
    mode: BurstMode,
    /** What happens now, in a sentence. */
    status: BurstSaid,
    spend: z.object({ hour: BurstSpend, today: BurstSpend, month: BurstSpend }),
    out: z.array(BurstVmView).openapi({ description: 'what costs money now, in order of retreat' }),
    proposals: z.array(BurstProposalView).openapi({ description: 'those that wait for somebody' }),
    alerts: z.array(BurstSaid.extend({ since: Instant, severity: z.enum(['warning', 'critical']) })),
    strangers: z.array(BurstStranger),
    warmRoom: WarmRoom,
    retreat: z.object({ from: Instant.nullable().openapi({ description: 'not before; null: as soon as everything fits without them' }), reason: BurstSaid }),
    mayManage: z.boolean(),
    whyNotManage: z.string().nullable(),
  })
  .openapi('BurstOverview');
export type BurstOverview = z.infer<typeof BurstOverview>;
