// The tables of where clients are sent: sites as people declared them, stages of services, names with their weights, shifts between sites, and
// what is kept from clients because it is failed or drained. Services and sites go by name: a site needs no row to have hosts.
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Saying } from '../../http/contract/common.ts';
import type { FailoverRules, ShiftPlan, ShiftState, Stage } from '../../http/contract/sites.ts';

/** What people said of a site. Writer: sites.ts */
export const sites = sqliteTable(
  'sites',
  {
    name: text().notNull(),
    /** Ranges of client addresses to which it is the nearest. */
    clients: text({ mode: 'json' }).$type<string[]>().notNull(),
    regions: text({ mode: 'json' }).$type<string[]>().notNull(),
    links: text({ mode: 'json' }).$type<{ readonly to: string; readonly data: 'both' | 'one-way'; readonly mbps?: number | undefined }[]>().notNull(),
    note: text().notNull(),
    updatedBy: text('updated_by').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.name] })],
);

/**
 * What clients are kept from: a whole site, or one name at a site. A row is there while it holds. `failed` by `firn` ends when it is well again,
 * by a person when a person says so; `drained` ends with its shift. Writer: site-marks.ts
 */
export const siteMarks = sqliteTable(
  'site_marks',
  {
    site: text().notNull(),
    /** Empty: the whole site. */
    name: text().notNull(),
    kind: text().$type<'failed' | 'drained'>().notNull(),
    by: text().notNull(),
    since: integer().notNull(),
    reason: text().notNull(),
    /** The reason as data; null: a person's words, or written by an earlier version. */
    said: text({ mode: 'json' }).$type<readonly Saying[]>(),
  },
  (table) => [primaryKey({ columns: [table.site, table.name, table.kind] })],
);

/** One row: when names fail over by themselves; no row: the defaults. Writer: site-marks.ts */
export const failoverRules = sqliteTable(
  'failover_rules',
  {
    id: text().notNull(),
    rules: text({ mode: 'json' }).$type<FailoverRules>().notNull(),
    updatedBy: text('updated_by').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);

/** How far a service is at each site; no row: it serves as far as a site's data allows. Writer: stages.ts */
export const serviceStages = sqliteTable(
  'service_stages',
  {
    service: text().notNull(),
    environment: text().notNull(),
    layer: text().$type<'access' | 'service' | 'data'>().notNull(),
    isReadOnly: integer('is_read_only', { mode: 'boolean' }).notNull(),
    stages: text({ mode: 'json' }).$type<Record<string, Stage>>().notNull(),
    updatedBy: text('updated_by').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.service, table.environment] })],
);

/** Names that clients ask for. Weights are those that people set: shifts under way are beside them. Writer: dns-names.ts */
export const dnsNames = sqliteTable(
  'dns_names',
  {
    name: text().notNull(),
    service: text().notNull(),
    environment: text().notNull(),
    /** Null: the port of the workload's release. */
    port: integer(),
    preference: text().$type<'nearest' | 'weights' | 'order'>().notNull(),
    order: text('site_order', { mode: 'json' }).$type<string[]>().notNull(),
    weights: text({ mode: 'json' }).$type<Record<string, number>>().notNull(),
    ttlSeconds: integer('ttl_seconds').notNull(),
    mostAddresses: integer('most_addresses').notNull(),
    updatedBy: text('updated_by').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.name] }), index('dns_names_service').on(table.service, table.environment)],
);

/** Changes of weights, a step at a time. Weights in force are computed from `step`; the last step writes them to the names. Writer: shifts.ts */
export const shifts = sqliteTable(
  'shifts',
  {
    id: text().notNull(),
    title: text().notNull(),
    kind: text().$type<'weights' | 'drain'>().notNull(),
    /** That is drained. */
    site: text(),
    /** Every site of a name is in both, from before the first step to after the last. */
    changes: text({ mode: 'json' }).$type<readonly { readonly name: string; readonly before: Readonly<Record<string, number>>; readonly after: Readonly<Record<string, number>> }[]>().notNull(),
    steps: integer().notNull(),
    stepSeconds: integer('step_seconds').notNull(),
    state: text().$type<ShiftState>().notNull(),
    /** Steps in force, 0 to `steps`; undoing counts down. */
    step: integer().notNull(),
    stepAt: integer('step_at'),
    /** What the next step waits for, other than time; null: nothing. */
    waitCode: text('wait_code').$type<'replicas' | 'site-failed'>(),
    waitReason: text('wait_reason').notNull(),
    /** Both reasons as data; null: there is none, or it is of an earlier version. */
    waitSaid: text('wait_said', { mode: 'json' }).$type<readonly Saying[]>(),
    stateSaid: text('state_said', { mode: 'json' }).$type<readonly Saying[]>(),
    plan: text({ mode: 'json' }).$type<ShiftPlan>().notNull(),
    reason: text().notNull(),
    stateReason: text('state_reason').notNull(),
    createdBy: text('created_by').notNull(),
    createdById: text('created_by_id').notNull(),
    createdAt: integer('created_at').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: integer('decided_at'),
    appliedBy: text('applied_by'),
    appliedAt: integer('applied_at'),
    finishedAt: integer('finished_at'),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('shifts_state').on(table.state)],
);
