// Addresses: who holds which one and who held it when, what keeps one from being given, conflicts that hosts found, ranges that were read
// in, and when a network runs out. Networks themselves are in fleet.ts. Every sentence stands beside the figures that it is made of.
import { NetworkView } from './fleet.ts';
import { Id, Instant, Name, list, z } from './common.ts';

/** `held`: by a container that should run; `leaving`: its host still has to say that the container is gone; `quarantined`: given back, rests; `past`: given back. */
export const HoldingState = z.enum(['held', 'leaving', 'quarantined', 'past']);
export type HoldingState = z.infer<typeof HoldingState>;

/** One line of the ledger: a replica had an address on a host for a while. */
export const AddressHolding = z
  .object({
    id: Id,
    address: z.string(),
    mac: z.string().openapi({ description: '`02:42:` and the four octets; on a network of mode `host` the MAC is the host\'s own and this one is not used' }),
    networkId: Id,
    network: z.string().nullable().openapi({ description: 'null: the network is gone' }),
    replicaId: Id,
    replica: z.string(),
    workload: z.string(),
    hostId: Id,
    host: z.string(),
    state: HoldingState,
    heldFrom: Instant,
    letGoAt: Instant.nullable().openapi({ description: 'since when it should be gone from this host' }),
    heldUntil: Instant.nullable(),
    quarantinedUntil: Instant.nullable(),
  })
  .openapi('AddressHolding');
export type AddressHolding = z.infer<typeof AddressHolding>;
export const AddressHistory = list(AddressHolding).openapi('AddressHistory');
export type AddressHistory = z.infer<typeof AddressHistory>;

/** `q` is looked for in all of address, MAC, replica, workload and host; the others are exact. */
export const AddressQuery = z.object({
  q: z.string().trim().max(130).optional().openapi({ description: 'part of an address, MAC, replica, workload or host' }),
  address: z.ipv4().optional(),
  mac: z.string().regex(/^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$/, 'must be six pairs of hexadecimal digits, as 02:42:0a:1e:00:65').optional(),
  replica: z.string().max(130).optional().openapi({ description: 'name or id' }),
  workload: z.string().max(130).optional().openapi({ description: 'SERVICE.ENVIRONMENT' }),
  host: z.string().max(63).optional().openapi({ description: 'name or id' }),
  network: z.string().max(63).optional().openapi({ description: 'name or id' }),
  at: Instant.optional().openapi({ description: 'only what was held at this instant' }),
  state: HoldingState.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
});
export type AddressQuery = z.output<typeof AddressQuery>;

/** What an address of a network is now. The first that is true is told. */
export const AddressUse = z.enum(['router', 'host', 'conflict', 'held', 'leaving', 'quarantined', 'reserved', 'excluded', 'outside', 'free']);
export type AddressUse = z.infer<typeof AddressUse>;

export const ReservationView = z
  .object({
    id: Id,
    network: z.string(),
    kind: z.enum(['reserved', 'excluded']).openapi({ description: '`excluded`: something that Firn does not know has it; `reserved`: kept back for somebody' }),
    first: z.string(),
    last: z.string(),
    count: z.int(),
    note: z.string(),
    createdBy: z.string(),
    createdAt: Instant,
  })
  .openapi('AddressReservation');
export type ReservationView = z.infer<typeof ReservationView>;
export const Reservations = list(ReservationView).openapi('AddressReservations');
export type Reservations = z.infer<typeof Reservations>;

export const ReservationDraft = z
  .strictObject({
    network: Name,
    kind: z.enum(['reserved', 'excluded']).default('reserved'),
    first: z.ipv4(),
    last: z.ipv4().optional().openapi({ description: 'left out: one address' }),
    note: z.string().trim().min(1, 'say what it is for, for whoever wonders later').max(200),
  })
  .openapi('AddressReservationDraft');
export type ReservationDraft = z.output<typeof ReservationDraft>;

/** Somebody else on the network answers for an address that a replica here has or should get. */
export const ConflictView = z
  .object({
    id: Id,
    address: z.string(),
    network: z.string().nullable(),
    replica: z.string(),
    workload: z.string(),
    host: z.string().openapi({ description: 'the host that found it' }),
    ownMac: z.string(),
    otherMac: z.string().openapi({ description: 'who answers; the same as ownMac where a lost host still runs this very container' }),
    state: z.enum(['open', 'ended']),
    /** `given-another`: the replica has another address since; `waits`: it waits, `outcome` says for what; `watched`: it runs, and both answer. */
    action: z.enum(['given-another', 'waits', 'watched']),
    outcome: z.string(),
    foundAt: Instant,
    lastSeenAt: Instant,
    endedAt: Instant.nullable(),
  })
  .openapi('AddressConflict');
export type ConflictView = z.infer<typeof ConflictView>;
export const Conflicts = list(ConflictView).openapi('AddressConflicts');
export type Conflicts = z.infer<typeof Conflicts>;

/** Everything about one address. */
export const AddressCard = z
  .object({
    address: z.string(),
    network: z.string().nullable().openapi({ description: 'null: no network has it in its range' }),
    use: AddressUse,
    sentence: z.string(),
    host: z.string().nullable(),
    /** Present and last holding. */
    holding: AddressHolding.nullable(),
    reservation: ReservationView.nullable(),
    conflict: ConflictView.nullable(),
    history: z.array(AddressHolding),
  })
  .openapi('AddressCard');
export type AddressCard = z.infer<typeof AddressCard>;

/** How a network's range for replicas is used, from its first address to its last: neighbours of the same use are one run. */
export const Occupancy = z
  .object({
    network: NetworkView,
    counts: z.partialRecord(AddressUse, z.int()),
    runs: z.array(z.object({ first: z.string(), last: z.string(), count: z.int(), use: AddressUse })),
    /** True where there are more runs than are told. */
    isCut: z.boolean(),
  })
  .openapi('NetworkOccupancy');
export type Occupancy = z.infer<typeof Occupancy>;

/** When a network runs out, by what happened and by what the autoscaler may still do. */
export const Forecast = z
  .object({
    networkId: Id,
    network: z.string(),
    mode: NetworkView.shape.mode,
    site: z.string(),
    usable: z.int().openapi({ description: 'addresses that replicas may ever have: the range without router, hosts, reservations and exclusions' }),
    held: z.int(),
    quarantined: z.int(),
    reserved: z.int(),
    free: z.int(),
    /** Held addresses a day apart, oldest first; the last one is now. */
    days: z.array(z.object({ at: Instant, held: z.int() })),
    /** Rise of the line through the days; null where there are fewer than two. */
    perDay: z.number().nullable(),
    /** At that rate; null where it does not rise, or not within ten years. */
    runsOutInDays: z.number().nullable(),
    runsOutAt: Instant.nullable(),
    /** If the autoscaler took every workload here to its maximum; null where it scales none of them. */
    atMaximum: z.object({ more: z.int(), short: z.int().openapi({ description: '0: there is room for all' }) }).nullable(),
    level: z.enum(['well', 'soon', 'short', 'full']).openapi({ description: '`soon`: within two weeks; `short`: not enough for the autoscaler\'s maximum; `full`: nothing left' }),
    sentence: z.string(),
  })
  .openapi('NetworkForecast');
export type Forecast = z.infer<typeof Forecast>;
export const Forecasts = list(Forecast).openapi('NetworkForecasts');
export type Forecasts = z.infer<typeof Forecasts>;

/** Lines to read in: see `firn address import --help` for their form. */
export const ImportDraft = z.strictObject({ text: z.string().min(1).max(400_000), dryRun: z.boolean().default(false) }).openapi('AddressImportDraft');
export type ImportDraft = z.output<typeof ImportDraft>;

export const ImportResult = z
  .object({
    applied: z.boolean(),
    /** What each line does, where it can be done. */
    lines: z.array(z.object({ line: z.int(), action: z.enum(['add-network', 'reserve', 'exclude', 'already']), network: z.string(), what: z.string(), count: z.int() })),
    /** By line; where there is one, nothing at all is changed. */
    errors: z.array(z.object({ line: z.int(), field: z.string(), value: z.string(), message: z.string(), allowed: z.string().nullable() })),
    networks: z.int(),
    addresses: z.int(),
  })
  .openapi('AddressImportResult');
export type ImportResult = z.infer<typeof ImportResult>;

export const NetworkEdit = z
  .strictObject({
    excluded: z.array(z.ipv4()).max(4096).optional(),
    dns: z.array(z.ipv4()).max(4).optional(),
    first: z.ipv4().optional(),
    last: z.ipv4().optional(),
    tunnel: z.boolean().optional().openapi({ description: 'routed: containers of hosts with it reach one another through VXLAN, where no router knows their ranges. Costs 50 bytes of every packet and some CPU of both hosts.' }),
  })
  .openapi('NetworkEdit');
export type NetworkEdit = z.output<typeof NetworkEdit>;
