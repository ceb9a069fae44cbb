// The tables of autoscaling: what teams set, what is remembered of each workload, what was decided with everything that led to it, and what people
// should look at. A team's request is never among what is written here.
import type { Decision } from '#scheduler/autoscale/model.ts';
import { blob, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { AutoscaleSettings } from '../../http/contract/autoscale.ts';

/** The newest version of a workload holds; none: the defaults. Writer: autoscale.ts */
export const autoscaleSettings = sqliteTable(
  'autoscale_settings',
  {
    workloadId: text('workload_id').notNull(),
    version: integer().notNull(),
    settings: text({ mode: 'json' }).$type<AutoscaleSettings>().notNull(),
    changedBy: text('changed_by').notNull(),
    changedAt: integer('changed_at').notNull(),
    why: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workloadId, table.version] })],
);

/** The autoscaler's memory of a workload, written now and then so that it survives a restart (server/autoscale/packed.ts). Writer: autoscale.ts */
export const autoscaleMemories = sqliteTable(
  'autoscale_memories',
  {
    workloadId: text('workload_id').notNull(),
    savedAt: integer('saved_at').notNull(),
    packed: blob({ mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.workloadId] })],
);

/** Decisions that changed something or said something new, in the order of their ids. Writer: autoscale.ts */
export const decisions = sqliteTable(
  'decisions',
  {
    id: text().notNull(),
    workloadId: text('workload_id').notNull(),
    workload: text().notNull(),
    team: text().notNull(),
    at: integer().notNull(),
    mode: text().$type<'preview' | 'on'>().notNull(),
    settingsVersion: integer('settings_version').notNull(),
    action: text().$type<'out' | 'in' | 'hold'>().notNull(),
    /** Kinds of its alerts, each between commas; empty: none. */
    alerts: text().notNull(),
    ready: integer().notNull(),
    pending: integer().notNull(),
    body: text({ mode: 'json' }).$type<Decision>().notNull(),
    /** Settings, state and observation, packed against the decision before it in its chain (server/autoscale/packed.ts); null: gone, with an earlier version. */
    input: blob({ mode: 'buffer' }),
    /** Version of the software that decided. */
    software: text().notNull(),
    /** The first decision of the chain, which is packed by itself; null: each was, by an earlier version. */
    inputChain: text('input_chain'),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('decisions_workload').on(table.workloadId, table.id), index('decisions_at').on(table.at), index('decisions_chain').on(table.inputChain, table.id, table.at)],
);

/** What sizing reads: the number that holds for a workload. No row: nothing was decided, or the autoscaler is off. Writer: autoscale.ts */
export const decisionsInForce = sqliteTable(
  'decisions_in_force',
  {
    workloadId: text('workload_id').notNull(),
    decisionId: text('decision_id').notNull(),
    replicas: integer().notNull(),
    reason: text().notNull(),
    since: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workloadId] })],
);

/** What people should look at now: a row while it lasts. Writer: autoscale.ts */
export const autoscaleAlerts = sqliteTable(
  'autoscale_alerts',
  {
    workloadId: text('workload_id').notNull(),
    kind: text().notNull(),
    message: text().notNull(),
    value: integer().notNull(),
    since: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workloadId, table.kind] })],
);
