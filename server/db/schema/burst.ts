// The tables of bursting into the cloud: its rules, how VMs of pools are made, the VMs with their money, and proposals to buy more.
// Each is written by the file of this folder that is named at it. Amounts are cents; instants are milliseconds since 1970.
import type { BurstVmState } from '#scheduler/burst/model.ts';
import type { Shape } from '#scheduler/model.ts';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { BurstProposalState, BurstSaid, BurstSettings, ProvisionerEdit } from '../../http/contract/burst.ts';

/** The rules, one row for each version: the newest holds. Writer: burst.ts */
export const burstSettings = sqliteTable(
  'burst_settings',
  {
    version: integer().notNull(),
    settings: text({ mode: 'json' }).$type<BurstSettings>().notNull(),
    changedBy: text('changed_by').notNull(),
    changedAt: integer('changed_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.version] })],
);

/** How VMs of a pool are made. Writer: burst.ts */
export const burstProvisioners = sqliteTable(
  'burst_provisioners',
  {
    poolId: text('pool_id').notNull(),
    edit: text({ mode: 'json' }).$type<ProvisionerEdit>().notNull(),
    changedBy: text('changed_by').notNull(),
    changedAt: integer('changed_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.poolId] })],
);

/** What a VM was bought under: later edits of its pool or provisioner do not change it. */
export interface VmTerms {
  readonly site: string;
  readonly hook: string;
  readonly options: Readonly<Record<string, string>>;
  readonly performance: number;
  readonly stability: number;
  readonly labels: Record<string, string>;
  readonly taints: string[];
  readonly environments: string[];
  readonly bought: Shape;
  readonly costCentsPerHour: number;
  readonly billingMs: number;
  readonly releaseMarginMs: number;
  readonly provisionMs: number;
  readonly joinMs: number;
  readonly drainMs: number;
  readonly releaseMs: number;
  readonly leastSharePermille: number;
}

/** Every VM that was ever wanted: the row stands before anybody is asked to make it, and ends only when it is known to be gone. Writer: burst-vms.ts */
export const burstVms = sqliteTable(
  'burst_vms',
  {
    /** Also the id of the request by which the hook knows it: asking twice makes one VM. */
    id: text().notNull(),
    name: text().notNull().unique(),
    poolId: text('pool_id').notNull(),
    pool: text().notNull(),
    terms: text({ mode: 'json' }).$type<VmTerms>().notNull(),
    containerCidr: text('container_cidr').notNull(),
    state: text().$type<BurstVmState>().notNull(),
    since: integer().notNull(),
    deadlineAt: integer('deadline_at'),
    reason: text({ mode: 'json' }).$type<BurstSaid>().notNull(),
    owner: text().$type<'provisioner' | 'agent' | 'planner' | 'firn' | 'operator'>().notNull(),
    attempt: integer().notNull(),
    providerId: text('provider_id'),
    address: text(),
    hostId: text('host_id'),
    /** Ids of the join tokens that were made for it. */
    tokenIds: text('token_ids', { mode: 'json' }).$type<string[]>().notNull(),
    delivered: text({ mode: 'json' }).$type<Shape>(),
    /** Whether the hook has added the route to its range, and whether it has taken it away. */
    route: text().$type<'none' | 'added' | 'removed'>().notNull(),
    /** Null: it is not known to exist, and nothing is paid. */
    billedFrom: integer('billed_from'),
    predictedCents: integer('predicted_cents').notNull(),
    why: text({ mode: 'json' }).$type<BurstSaid>().notNull(),
    forWorkloads: text('for_workloads', { mode: 'json' }).$type<{ workload: string; replicas: number }[]>().notNull(),
    boughtBy: text('bought_by').notNull(),
    proposalId: text('proposal_id'),
    /** How its life ends once it is gone: `released`, or `failed` where it never served. Null while nothing ends it. */
    verdict: text().$type<'released' | 'failed'>(),
    /** It goes whatever runs there. */
    isAbandoned: integer('is_abandoned', { mode: 'boolean' }).notNull(),
    /** Since when everything would fit without it; null: it is needed. */
    sparedSince: integer('spared_since'),
    keepUntil: integer('keep_until'),
    keptBy: text('kept_by'),
    askedAt: integer('asked_at').notNull(),
    readyAt: integer('ready_at'),
    endedAt: integer('ended_at'),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('burst_vms_state').on(table.state), index('burst_vms_asked').on(table.askedAt)],
);

/** What a VM did and why, in order. Writer: burst-vms.ts */
export const burstHistory = sqliteTable(
  'burst_history',
  {
    vmId: text('vm_id').notNull(),
    ordinal: integer().notNull(),
    at: integer().notNull(),
    state: text().$type<BurstVmState>().notNull(),
    actor: text().notNull(),
    reason: text({ mode: 'json' }).$type<BurstSaid>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.vmId, table.ordinal] })],
);

/** Periods of VMs that are paid: one row each, whoever finds it due and however often. Writer: burst-vms.ts */
export const burstCharges = sqliteTable(
  'burst_charges',
  {
    vmId: text('vm_id').notNull(),
    /** 0, 1, ... since the VM exists. */
    period: integer().notNull(),
    fromAt: integer('from_at').notNull(),
    toAt: integer('to_at').notNull(),
    cents: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.vmId, table.period] }), index('burst_charges_from').on(table.fromAt)],
);

/** What a proposal to buy says, as it was when it was made. */
export interface ProposedPurchase {
  readonly mix: { pool: string; poolId: string; count: number; capacity: Shape; costCentsPerHour: number }[];
  readonly wouldBuy: { pool: string; poolId: string; count: number; capacity: Shape; costCentsPerHour: number }[];
  readonly centsPerHour: number;
  readonly predictedCents: number;
  readonly expectedBackAt: number | null;
  readonly givesRoomFor: { workload: string; replicas: number }[];
  readonly leaves: { workload: string; replicas: number; reason: BurstSaid }[];
  readonly bounded: BurstSaid[];
  readonly reasons: BurstSaid[];
}

/** Purchases that wait for somebody, or that somebody decided. At most one is open. Writer: burst.ts */
export const burstProposals = sqliteTable(
  'burst_proposals',
  {
    id: text().notNull(),
    state: text().$type<BurstProposalState>().notNull(),
    stateReason: text('state_reason', { mode: 'json' }).$type<BurstSaid>().notNull(),
    purchase: text({ mode: 'json' }).$type<ProposedPurchase>().notNull(),
    createdAt: integer('created_at').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: integer('decided_at'),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('burst_proposals_state').on(table.state, table.createdAt)],
);
