// The tables of maintenance: what is emptied and why, its hosts, each replica on its way, and what keeps workloads from leaving. That a host is
// drained at all stands at the host; these say on whose behalf, at which pace and how far. One module of this folder writes them.
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { LossFigures, MaintenanceState } from '../../http/contract/maintenance.ts';

/** What is emptied: hosts by name, or all that a rack or site holds when it begins. */
export type MaintenanceTarget = { readonly hosts: readonly string[] } | { readonly rack: string } | { readonly site: string };

/** Writer: maintenance.ts */
export const maintenances = sqliteTable(
  'maintenances',
  {
    id: text().notNull(),
    kind: text().$type<'drain' | 'window' | 'evacuation'>().notNull(),
    target: text({ mode: 'json' }).$type<MaintenanceTarget>().notNull(),
    why: text().notNull(),
    state: text().$type<MaintenanceState>().notNull(),
    /** Why it is in this state, where the state alone does not say it. */
    stateReason: text('state_reason').notNull(),
    /** Most moves that begin in an hour, and that are under way at a time; null: as the policy has it. */
    movesPerHour: integer('moves_per_hour'),
    atOnce: integer('at_once'),
    startsAt: integer('starts_at'),
    endsAt: integer('ends_at'),
    bringBack: integer('bring_back', { mode: 'boolean' }).notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    startedAt: integer('started_at'),
    drainedAt: integer('drained_at'),
    finishedAt: integer('finished_at'),
    finishedBy: text('finished_by'),
    /** Set once its hosts are emptied without waiting for successors. */
    forced: text({ mode: 'json' }).$type<{ readonly by: string; readonly at: number; readonly why: string; readonly figures: LossFigures }>(),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('maintenances_open').on(table.state).where(sql`finished_at IS NULL`)],
);

/** Writer: maintenance.ts */
export const maintenanceHosts = sqliteTable(
  'maintenance_hosts',
  {
    maintenanceId: text('maintenance_id').notNull(),
    hostId: text('host_id').notNull(),
    host: text().notNull(),
    site: text().notNull(),
    rack: text().notNull(),
    state: text().$type<'draining' | 'drained' | 'gone' | 'given-back'>().notNull(),
    drainedAt: integer('drained_at'),
  },
  (table) => [
    primaryKey({ columns: [table.maintenanceId, table.hostId] }),
    // A host is emptied on one behalf at a time.
    uniqueIndex('maintenance_hosts_open').on(table.hostId).where(sql`state IN ('draining', 'drained')`),
  ],
);

/** Replicas that were on its hosts, and what became of each. Writer: maintenance.ts */
export const maintenanceReplicas = sqliteTable(
  'maintenance_replicas',
  {
    maintenanceId: text('maintenance_id').notNull(),
    replicaId: text('replica_id').notNull(),
    replica: text().notNull(),
    workloadId: text('workload_id').notNull(),
    workload: text().notNull(),
    team: text().notNull(),
    cpuMilli: integer('cpu_milli').notNull(),
    memoryMib: integer('memory_mib').notNull(),
    fromHostId: text('from_host_id').notNull(),
    fromHost: text('from_host').notNull(),
    state: text().$type<'waiting' | 'starting' | 'moved' | 'stays' | 'stopped' | 'returning' | 'returned'>().notNull(),
    since: integer().notNull(),
    reason: text().notNull(),
    /** Where room and an address are kept for its successor while it waits; null: nowhere. */
    reservedHostId: text('reserved_host_id'),
    successorId: text('successor_id'),
    successor: text(),
    toHostId: text('to_host_id'),
    toHost: text('to_host'),
    begunAt: integer('begun_at'),
    movedAt: integer('moved_at'),
  },
  (table) => [
    primaryKey({ columns: [table.maintenanceId, table.replicaId] }),
    index('maintenance_replicas_replica').on(table.replicaId),
    index('maintenance_replicas_reserved').on(table.reservedHostId).where(sql`reserved_host_id IS NOT NULL`),
    index('maintenance_replicas_returning').on(table.state).where(sql`state = 'returning'`),
  ],
);

/** Workloads whose replicas cannot leave: the rule, since when, and what was tried that would help. Writer: maintenance.ts */
export const maintenanceBlockers = sqliteTable(
  'maintenance_blockers',
  {
    maintenanceId: text('maintenance_id').notNull(),
    workloadId: text('workload_id').notNull(),
    rule: text().notNull(),
    resource: text().notNull(),
    wanted: text({ mode: 'json' }).$type<number | string>().notNull(),
    available: text({ mode: 'json' }).$type<number | string>().notNull(),
    closestHost: text('closest_host'),
    sentence: text().notNull(),
    count: integer().notNull(),
    since: integer().notNull(),
    /** Null: nobody has looked yet. */
    help: text({ mode: 'json' }).$type<{ readonly kind: string; readonly sentence: string; readonly addedCentsPerHour: number }[]>(),
  },
  (table) => [primaryKey({ columns: [table.maintenanceId, table.workloadId] })],
);
