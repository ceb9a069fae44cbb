// The table of what hosts said of replicas over their lives: when each started and served first on each host, and how often it started again. Rows
// outlive the replica, so that its story can be told, and how long starts take can be measured.
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** One row for each host that a replica was seen on. Writer: lives.ts */
export const replicaLives = sqliteTable(
  'replica_lives',
  {
    replicaId: text('replica_id').notNull(),
    hostId: text('host_id').notNull(),
    workloadId: text('workload_id').notNull(),
    /** `service-environment-ordinal`, and the host's name, as they were. */
    replica: text().notNull(),
    host: text().notNull(),
    releaseId: text('release_id').notNull(),
    /** When the replica was put on the host. */
    placedAt: integer('placed_at').notNull(),
    /** When its container started first, as the host says. */
    startedAt: integer('started_at'),
    /** When the server heard first that it serves. */
    healthyAt: integer('healthy_at').notNull(),
    restarts: integer().notNull(),
    /** When the server heard of the last of them; null: there was none. */
    restartedAt: integer('restarted_at'),
    /** Why it started again, as the host said. */
    restartReason: text('restart_reason'),
  },
  (table) => [primaryKey({ columns: [table.replicaId, table.hostId] }), index('replica_lives_workload').on(table.workloadId, table.healthyAt), index('replica_lives_healthy').on(table.healthyAt)],
);
