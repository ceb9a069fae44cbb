// The tables of what people asked for and what follows from it. One module of this folder writes each table; it is named at the table.
// Ids and instants (milliseconds since 1970) are made by the application. Text keys are declared at the table
// and never on the column: SQLite takes NULL in a text key unless the column says NOT NULL, which drizzle-kit leaves out with `.primaryKey()`.
// Tables of what hosts say and of history are in fleet.ts; users, teams and tokens in accounts.ts.
import type { HealthCheck } from '#agents/protocol.ts';
import type { Ask, Plan, Policy } from '#scheduler/model.ts';
import { sql } from 'drizzle-orm';
import type { z } from 'zod';
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { Draft, Quote, RequestState } from '../../http/contract/requests.ts';

/** One row. The revision counts changes of the desired state, and of nothing else. Writer: cluster.ts */
export const cluster = sqliteTable(
  'cluster',
  {
    id: text().notNull(),
    revision: integer().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);

/** Versions of the placement policy; the highest one counts. Writer: policies.ts */
export const policies = sqliteTable('policies', {
  version: integer().notNull().primaryKey(),
  record: text({ mode: 'json' }).$type<Omit<Policy, 'version'>>().notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
  why: text().notNull(),
});

/** What a team may have in an environment without asking; no row: nothing. Writer: quotas.ts */
export const quotas = sqliteTable(
  'quotas',
  {
    team: text().notNull(),
    environment: text().notNull(),
    cpuMilli: integer('cpu_milli').notNull(),
    memoryMib: integer('memory_mib').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.team, table.environment] })],
);

/** Writer: workloads.ts */
export const services = sqliteTable(
  'services',
  {
    id: text().notNull(),
    name: text().notNull().unique(),
    team: text().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);

/** A service in an environment, as approved. Writer: workloads.ts */
export const workloads = sqliteTable(
  'workloads',
  {
    id: text().notNull(),
    serviceId: text('service_id').notNull().references(() => services.id),
    environment: text().notNull(),
    ask: text({ mode: 'json' }).$type<Ask>().notNull(),
    releaseId: text('release_id').notNull(),
    /** The request that was approved last. */
    requestId: text('request_id').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] }), uniqueIndex('workloads_service_environment').on(table.serviceId, table.environment)],
);

/** What runs: never changed once written. Writer: workloads.ts */
export const releases = sqliteTable(
  'releases',
  {
    id: text().notNull(),
    workloadId: text('workload_id').notNull(),
    /** 1, 2, ... within the workload. */
    version: integer().notNull(),
    image: text().notNull(),
    command: text({ mode: 'json' }).$type<string[]>().notNull(),
    env: text({ mode: 'json' }).$type<Record<string, string>>().notNull(),
    port: integer().notNull(),
    healthPath: text('health_path'),
    /** Null: as `healthPath` says. */
    health: text({ mode: 'json' }).$type<HealthCheck>(),
    stopSeconds: integer('stop_seconds').notNull(),
    /** Prometheus text about requests; null: the service says nothing of them. */
    metricsPath: text('metrics_path'),
    /** Files of the container: path -> content, or the secret that is its content. */
    files: text({ mode: 'json' }).$type<ReleaseFiles>().notNull().default({}),
    /** Environment variable -> id of a secret's version. Their values are in no table but secrets. */
    secretEnv: text('secret_env', { mode: 'json' }).$type<Record<string, string>>().notNull().default({}),
    /** What `image` was resolved to; null where no registry knows it (an image that hosts have of their own). */
    digest: text(),
    imageId: text('image_id'),
    /** The build that made it; null: an image from elsewhere. */
    buildId: text('build_id'),
    /** The release of another environment that it was promoted from. */
    promotedFrom: text('promoted_from'),
    /** Name of the shape when it was made, to compare with. */
    shape: text(),
    note: text().notNull().default(''),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] }), uniqueIndex('releases_workload_version').on(table.workloadId, table.version)],
);

/** Asks, with their quote as it was when submitted. Writer: requests.ts */
export const requests = sqliteTable(
  'requests',
  {
    id: text().notNull(),
    state: text().$type<z.infer<typeof RequestState>>().notNull(),
    team: text().notNull(),
    service: text().notNull(),
    environment: text().notNull(),
    draft: text({ mode: 'json' }).$type<Draft>().notNull(),
    quote: text({ mode: 'json' }).$type<Quote>().notNull(),
    workloadId: text('workload_id'),
    submittedBy: text('submitted_by').notNull(),
    submittedAt: integer('submitted_at').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: integer('decided_at'),
    decisionReason: text('decision_reason'),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('requests_state').on(table.state), index('requests_team').on(table.team)],
);

/** Which answer a repeated submission gets. Writer: requests.ts */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    actorId: text('actor_id').notNull(),
    key: text().notNull(),
    /** SHA-256 of the body: the same key with another body is a mistake of the caller. */
    bodyHash: text('body_hash').notNull(),
    requestId: text('request_id').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.actorId, table.key] })],
);

/** Containers that should run. Host and address are null while there is no room. Writer: replicas.ts */
export const replicas = sqliteTable(
  'replicas',
  {
    id: text().notNull(),
    workloadId: text('workload_id').notNull(),
    ordinal: integer().notNull(),
    cpuMilli: integer('cpu_milli').notNull(),
    memoryMib: integer('memory_mib').notNull(),
    releaseId: text('release_id').notNull(),
    hostId: text('host_id'),
    address: text(),
    createdAt: integer('created_at').notNull(),
    /** Of a successor: the replica that leaves once this one serves. Null once that one is gone, and for all others. */
    replaces: text(),
  },
  (table) => [
    primaryKey({ columns: [table.id] }),
    uniqueIndex('replicas_workload_ordinal').on(table.workloadId, table.ordinal),
    index('replicas_host').on(table.hostId),
    uniqueIndex('replicas_address').on(table.address),
    uniqueIndex('replicas_successors').on(table.replaces).where(sql`replaces IS NOT NULL`),
  ],
);

/**
 * Moves of serving replicas, from the step that began one to what came of it: the pace of the last hour is counted here, and what failed rests.
 * Writer: moves.ts
 */
export const moves = sqliteTable(
  'moves',
  {
    id: text().notNull(),
    workloadId: text('workload_id').notNull(),
    /** The replica that leaves its host. */
    replicaId: text('replica_id').notNull(),
    /** The replica that is started for it; the same id where there was no room for both, and it stopped first. */
    successorId: text('successor_id').notNull(),
    fromHostId: text('from_host_id').notNull(),
    toHostId: text('to_host_id').notNull(),
    begunAt: integer('begun_at').notNull(),
    endedAt: integer('ended_at'),
    /** Null while it is under way. */
    outcome: text().$type<'succeeded' | 'given-up'>(),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('moves_begun').on(table.begunAt), index('moves_under_way').on(table.successorId).where(sql`ended_at IS NULL`)],
);

/** By absolute path. `secretId` names a version in secrets; `content` is text. */
export type ReleaseFiles = Record<string, { readonly mode: number } & ({ readonly content: string } | { readonly secretId: string })>;

export type PlanState = 'proposed' | 'applied' | 'partly-applied' | 'stale' | 'refused';

/** Plans as made: the body never changes, the state says what came of it. Writer: plans.ts */
export const plans = sqliteTable(
  'plans',
  {
    id: text().notNull(),
    parent: integer().notNull(),
    verb: text().notNull(),
    state: text().$type<PlanState>().notNull(),
    cause: text().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    appliedAt: integer('applied_at'),
    revision: integer(),
    body: text({ mode: 'json' }).$type<Plan>().notNull(),
    /** Names of what the plan speaks of, as they were: history reads well after all of that is gone. */
    names: text({ mode: 'json' }).$type<Record<string, string>>().notNull(),
    /** States of hosts that were not `ready`, as the planner saw them: with the parent revision they give its snapshot again. */
    hostStates: text('host_states', { mode: 'json' }).$type<Record<string, 'suspect' | 'lost' | 'joining'>>().notNull(),
    /** Replica id -> why apply refused its step. */
    refused: text({ mode: 'json' }).$type<Record<string, string>>().notNull(),
    plannedMs: real('planned_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('plans_state').on(table.state), index('plans_created').on(table.createdAt)],
);
