// The tables of what is measured: history put together by minute and by ten minutes, and the Prometheus servers that arrivals are read from.
// The newest minutes are in memory only.
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/**
 * Values of one subject over one stretch of time, packed (server/metrics/pack.ts): an hour of minutes (`step` 60), a day of ten minutes (`step` 600).
 * A row a stretch instead of a row a minute: the keys of a year of minutes would be larger than its values. Writer: metrics.ts
 */
export const metricChunks = sqliteTable(
  'metric_chunks',
  {
    step: integer().notNull(),
    /** First instant of the stretch, in seconds since 1970. */
    start: integer().notNull(),
    /** `workload:ID`, `host:ID`, `cluster`. */
    subject: text().notNull(),
    data: blob({ mode: 'buffer' }).notNull(),
    /** Of minutes: whether they were put together to ten minutes. */
    isFolded: integer('is_folded', { mode: 'boolean' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.step, table.subject, table.start] }), index('metric_chunks_age').on(table.step, table.isFolded, table.start)],
);

/** Where arrivals of a workload are asked for in a team's own Prometheus. What came of it is in memory. Writer: prometheus-sources.ts */
export const prometheusSources = sqliteTable(
  'prometheus_sources',
  {
    id: text().notNull(),
    workloadId: text('workload_id').notNull(),
    name: text().notNull(),
    /** Of the server; never with a user or password. */
    url: text().notNull(),
    query: text().notNull(),
    everySeconds: integer('every_seconds').notNull(),
    isEnabled: integer('is_enabled', { mode: 'boolean' }).notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] }), uniqueIndex('prometheus_sources_name').on(table.workloadId, table.name)],
);
