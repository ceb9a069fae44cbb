// The tables of shells: who opened a terminal in which replica, and who may. What was shown on it is a file of the data folder.
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { ShellEnd, ShellRules } from '../../http/contract/shell.ts';

/** One terminal from opening to its end. Never removed: it is the record of who was where. Writer: shells.ts */
export const shells = sqliteTable(
  'shells',
  {
    id: text().notNull(),
    replicaId: text('replica_id').notNull(),
    /** By name, as they were then. */
    replica: text().notNull(),
    workload: text().notNull(),
    environment: text().notNull(),
    team: text().notNull(),
    hostId: text('host_id').notNull(),
    host: text().notNull(),
    command: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
    userId: text('user_id').notNull(),
    /** As events name them. */
    by: text().notNull(),
    /** Address of the caller. */
    from: text('from_address').notNull(),
    reason: text().notNull(),
    startedAt: integer('started_at').notNull(),
    /** Null while it is open. */
    endedAt: integer('ended_at'),
    end: text().$type<ShellEnd>(),
    exitCode: integer('exit_code'),
    message: text().notNull(),
    inputBytes: integer('input_bytes').notNull(),
    outputBytes: integer('output_bytes').notNull(),
    /** Null: there is none, or it was removed. */
    recordingBytes: integer('recording_bytes'),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('shells_started').on(table.startedAt), index('shells_replica').on(table.replicaId, table.startedAt)],
);

/** One row: who may open shells where; no row: the defaults. Writer: shells.ts */
export const shellRules = sqliteTable(
  'shell_rules',
  {
    id: text().notNull(),
    rules: text({ mode: 'json' }).$type<ShellRules>().notNull(),
    updatedBy: text('updated_by').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);
