// The tables of hosts, addresses and history. `hosts` holds what people declared, `host_status` what agents report: two writers, two tables.
import type { Assignment, Facts, ReplicaSpec } from '#agents/protocol.ts';
import type { HostKind, NetworkMode } from '#scheduler/model.ts';
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** Address pools: a flat one is shared by a site's hosts, a routed one belongs to a host, and one of mode `host` is a host's own address. Writer: networks.ts */
export const networks = sqliteTable(
  'networks',
  {
    id: text().notNull(),
    name: text().notNull().unique(),
    mode: text().$type<NetworkMode>().notNull(),
    site: text().notNull(),
    cidr: text().notNull(),
    gateway: text().notNull(),
    first: text().notNull(),
    last: text().notNull(),
    excluded: text({ mode: 'json' }).$type<string[]>().notNull(),
    dns: text({ mode: 'json' }).$type<string[]>().notNull(),
    /** routed: the host whose range it is. */
    hostId: text('host_id'),
    createdAt: integer('created_at').notNull(),
    /** flat: the VLAN that it is in, where the uplinks carry several. */
    vlan: integer(),
    /** routed: id of the VXLAN in which its host reaches those of the same id; null: the site's routers know the way. */
    tunnelVni: integer('tunnel_vni'),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);

/** What was declared when a host joined, and edited by people since. Writer: hosts.ts */
export const hosts = sqliteTable(
  'hosts',
  {
    id: text().notNull(),
    name: text().notNull().unique(),
    kind: text().$type<HostKind>().notNull(),
    site: text().notNull(),
    rack: text().notNull(),
    address: text().notNull().unique(),
    uplink: text().notNull(),
    networkId: text('network_id').notNull().references(() => networks.id),
    cpuMilli: integer('cpu_milli').notNull(),
    memoryMib: integer('memory_mib').notNull(),
    reservedCpuMilli: integer('reserved_cpu_milli').notNull(),
    reservedMemoryMib: integer('reserved_memory_mib').notNull(),
    costCentsPerHour: integer('cost_cents_per_hour').notNull(),
    performance: integer().notNull(),
    stability: integer().notNull(),
    labels: text({ mode: 'json' }).$type<Record<string, string>>().notNull(),
    taints: text({ mode: 'json' }).$type<string[]>().notNull(),
    environments: text({ mode: 'json' }).$type<string[]>().notNull(),
    /** Null while it takes new replicas; else why not. */
    cordonReason: text('cordon_reason'),
    /** Null while its replicas may stay; else why it is emptied. */
    drainReason: text('drain_reason'),
    /** SHA-256 of what the agent shows when it connects. */
    credentialHash: text('credential_hash').notNull(),
    joinedAt: integer('joined_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);

export type HostState = 'joining' | 'ready' | 'suspect' | 'lost';

/** What is known of a host by what it says, written in batches: after a restart it is where observation starts. Writer: host-status.ts */
export const hostStatus = sqliteTable(
  'host_status',
  {
    hostId: text('host_id').notNull(),
    state: text().$type<HostState>().notNull(),
    reason: text().notNull(),
    /** Since when the state holds. */
    since: integer().notNull(),
    lastSeenAt: integer('last_seen_at'),
    reportedGeneration: integer('reported_generation').notNull(),
    facts: text({ mode: 'json' }).$type<Facts>(),
  },
  (table) => [primaryKey({ columns: [table.hostId] })],
);

/** A file of a container: base64, or the secret that is its content. */
export type StoredFile = { readonly path: string; readonly mode: number } & ({ readonly content: string } | { readonly secretId: string });

/** A replica as it is kept: secrets by the id of their version. Their values are put in when it is sent, and are in no row. */
export type StoredReplica = Omit<ReplicaSpec, 'files'> & { readonly files?: readonly StoredFile[]; readonly secretEnv?: Readonly<Record<string, string>> };
export type StoredAssignment = Omit<Assignment, 'replicas'> & { readonly replicas: readonly StoredReplica[] };

/** Everything one host should run, as last sent. The generation only rises. Writer: assignments.ts */
export const assignments = sqliteTable(
  'assignments',
  {
    hostId: text('host_id').notNull(),
    generation: integer().notNull(),
    hash: text().notNull(),
    body: text({ mode: 'json' }).$type<StoredAssignment>().notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.hostId] })],
);

/**
 * Who holds an address on which host, and who held it when. A row is open until the host has said that the container is gone; only then may
 * another host use the address, and only after quarantine another replica. Writer: addresses.ts
 */
export const addresses = sqliteTable(
  'addresses',
  {
    id: text().notNull(),
    networkId: text('network_id').notNull(),
    address: text().notNull(),
    mac: text().notNull(),
    replicaId: text('replica_id').notNull(),
    replica: text().notNull(),
    workload: text().notNull(),
    hostId: text('host_id').notNull(),
    host: text().notNull(),
    heldFrom: integer('held_from').notNull(),
    /** Since when the replica should no longer have it on this host. */
    letGoAt: integer('let_go_at'),
    heldUntil: integer('held_until'),
    quarantinedUntil: integer('quarantined_until'),
  },
  (table) => [
    primaryKey({ columns: [table.id] }),
    uniqueIndex('addresses_open').on(table.address).where(sql`held_until IS NULL`),
    // Only what was given back or let go: a row that is opened enters as few indices as can be.
    index('addresses_closed').on(table.address).where(sql`held_until IS NOT NULL`),
    index('addresses_closed_replica').on(table.replicaId).where(sql`held_until IS NOT NULL`),
    index('addresses_closed_workload').on(table.workload, table.heldUntil).where(sql`held_until IS NOT NULL`),
    index('addresses_closed_at').on(table.heldUntil).where(sql`held_until IS NOT NULL`),
    index('addresses_open_host').on(table.hostId).where(sql`held_until IS NULL`),
    index('addresses_letting_go').on(table.letGoAt).where(sql`held_until IS NULL AND let_go_at IS NOT NULL`),
    index('addresses_quarantined').on(table.quarantinedUntil).where(sql`quarantined_until IS NOT NULL`),
  ],
);

/** One line of history: never changed, dropped only by age. Writer: events.ts */
export const events = sqliteTable(
  'events',
  {
    seq: integer().primaryKey({ autoIncrement: true }).notNull(),
    at: integer().notNull(),
    actor: text().notNull(),
    kind: text().notNull(),
    subjectType: text('subject_type').notNull(),
    subjectId: text('subject_id').notNull(),
    subject: text().notNull(),
    /** Whose business it is; null: everybody's. */
    team: text(),
    message: text().notNull(),
    why: text(),
  },
  (table) => [index('events_subject').on(table.subjectId), index('events_kind').on(table.kind)],
);

/** What a machine becomes that joins with the token. */
export interface JoinTerms {
  readonly kind: HostKind;
  readonly site: string;
  readonly rack: string;
  readonly mode: NetworkMode;
  /** routed: whether it reaches the others through a VXLAN tunnel. */
  readonly tunnel?: boolean | undefined;
  readonly network?: string | undefined;
  readonly dns: string[];
  readonly costCentsPerHour: number;
  readonly performance: number;
  readonly stability: number;
  readonly labels: Record<string, string>;
  readonly taints: string[];
  readonly environments: string[];
  /** The range that the machine has to bring, where it was made for this token; absent: any. */
  readonly containerCidr?: string | undefined;
  /** Id of the host that joins again: it keeps what it is, and gets a new identity. */
  readonly rejoins?: string | undefined;
}

/** One-time tokens, by their hash. Writer: join-tokens.ts */
export const joinTokens = sqliteTable(
  'join_tokens',
  {
    id: text().notNull(),
    tokenHash: text('token_hash').notNull().unique(),
    terms: text({ mode: 'json' }).$type<JoinTerms>().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** Name of the host that joined with it. */
    usedBy: text('used_by'),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);
