// The tables of what moves with the markets: signals from outside with their minutes, announced surges, and drills with their reports. One module
// of this folder writes each table. Ids and instants (milliseconds since 1970) are made by the application.
import { blob, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { Saying } from '../../http/contract/common.ts';
import type { DrillAsk, DrillTotals, DrillVerdict } from '../../http/contract/drill.ts';

/** Series that somebody pushes: turnover, limit-ups, notices sent. Writer: signals.ts */
export const signals = sqliteTable(
  'signals',
  {
    id: text().notNull(),
    name: text().notNull(),
    title: text().notNull(),
    unit: text().notNull(),
    /** Whose members may push it; null: only who may push everywhere. */
    team: text(),
    combine: text().$type<'mean' | 'max' | 'sum'>().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] }), uniqueIndex('signals_name').on(table.name)],
);

/** Values of a signal gathered in steps: minutes at first, ten minutes when they are old. Writer: signals.ts */
export const signalValues = sqliteTable(
  'signal_values',
  {
    signalId: text('signal_id').notNull(),
    /** Start of the step. */
    at: integer().notNull(),
    stepSeconds: integer('step_seconds').notNull(),
    sum: real().notNull(),
    most: real().notNull(),
    count: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.signalId, table.at] })],
);

/** Times at which somebody says that demand will be higher. Writer: surges.ts */
export const surges = sqliteTable(
  'surges',
  {
    id: text().notNull(),
    factor: real().notNull(),
    from: integer('from_at').notNull(),
    to: integer('to_at').notNull(),
    /** Empty: every service, every environment. */
    services: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
    environments: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
    reason: text().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    /** Who ended it early; null: nobody. `to` is when they did. */
    endedBy: text('ended_by'),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('surges_to').on(table.to)],
);

/** Drills and their reports. Writer: drills.ts */
export const drills = sqliteTable(
  'drills',
  {
    id: text().notNull(),
    title: text().notNull(),
    state: text().$type<'waiting' | 'running' | 'done' | 'failed' | 'cancelled'>().notNull(),
    stateReason: text('state_reason').notNull(),
    /** The reason as data; null: there is none, or it is of an earlier version. */
    stateSaid: text('state_said', { mode: 'json' }).$type<readonly Saying[]>(),
    progressPermille: integer('progress_permille').notNull(),
    phase: text().notNull(),
    /** As asked, without the text of a trace. */
    ask: text({ mode: 'json' }).$type<DrillAsk>().notNull(),
    /** `service.environment` of each workload when it was asked. */
    workloads: text({ mode: 'json' }).$type<Readonly<Record<string, string>>>().notNull(),
    totals: text({ mode: 'json' }).$type<DrillTotals>(),
    verdict: text({ mode: 'json' }).$type<DrillVerdict>(),
    /** The whole report as JSON, deflated; null until it is done. */
    report: blob({ mode: 'buffer' }),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    endedAt: integer('ended_at'),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('drills_state').on(table.state)],
);
