// The table of what people decided about what agents found on their hosts: orphans that stay or go at once, repairs that may go on.
import { integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** One row a host and thing; a newer decision takes its place. Gone with what it is about. Writer: upkeep.ts */
export const upkeepOrders = sqliteTable(
  'upkeep_orders',
  {
    id: text().notNull(),
    hostId: text('host_id').notNull(),
    /** `replica`: its repair was given up and may be tried again; the others are orphans. */
    kind: text().$type<'container' | 'network' | 'directory' | 'replica'>().notNull(),
    /** The engine's id, a path, or a replica's id. */
    subjectId: text('subject_id').notNull(),
    verb: text().$type<'keep' | 'remove' | 'repair'>().notNull(),
    note: text().notNull(),
    by: text().notNull(),
    at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] }), uniqueIndex('upkeep_orders_subject').on(table.hostId, table.kind, table.subjectId)],
);
