// The tables of what was held true of hosts and why, and of what the governor let pass or holds. Grounds are kept as they were given, so that history
// reads well after names have changed.
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { GovernedAction, GovernorSettings, Grounds, HoldView, TimelineKind } from '../../http/contract/verdicts.ts';
import type { HostState } from './fleet.ts';

/** What a neighbour found when it looked for a silent host. */
export interface WitnessRow {
  readonly host: string;
  readonly at: number;
  readonly reaches: 'answers' | 'refuses' | 'silent';
  readonly replicasAsked: number;
  readonly replicasAnswer: number;
}

/** One line of a host's time line: never changed, dropped by age and number. Writer: timeline.ts */
export const hostTimeline = sqliteTable(
  'host_timeline',
  {
    id: integer().primaryKey({ autoIncrement: true }).notNull(),
    hostId: text('host_id').notNull(),
    at: integer().notNull(),
    kind: text().$type<TimelineKind>().notNull(),
    /** Of a verdict. */
    state: text().$type<HostState>(),
    grounds: text({ mode: 'json' }).$type<Grounds>().notNull(),
    witnesses: text({ mode: 'json' }).$type<readonly WitnessRow[]>().notNull(),
    by: text().notNull(),
  },
  (table) => [index('host_timeline_host').on(table.hostId, table.id)],
);

/** What the governor let pass: counted within its window, dropped after the longest. Writer: governor.ts */
export const governorPassed = sqliteTable(
  'governor_passed',
  {
    id: text().notNull(),
    action: text().$type<GovernedAction>().notNull(),
    hostId: text('host_id').notNull(),
    /** Replicas that it reached, by workload id. */
    replicas: text({ mode: 'json' }).$type<Readonly<Record<string, number>>>().notNull(),
    at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('governor_passed_at').on(table.at)],
);

/** What waits for a person, and what came of it. Writer: governor.ts */
export const governorHolds = sqliteTable(
  'governor_holds',
  {
    id: text().notNull(),
    action: text().$type<GovernedAction>().notNull(),
    state: text().$type<HoldView['state']>().notNull(),
    since: integer().notNull(),
    grounds: text({ mode: 'json' }).$type<Grounds>().notNull(),
    hosts: text({ mode: 'json' }).$type<HoldView['hosts']>().notNull(),
    workloads: text({ mode: 'json' }).$type<HoldView['workloads']>().notNull(),
    wouldDo: text('would_do').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: integer('decided_at'),
    reason: text(),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('governor_holds_state').on(table.state)],
);

/** One row: the limits; no row: the defaults. Writer: governor.ts */
export const governorSettings = sqliteTable(
  'governor_settings',
  {
    id: text().notNull(),
    settings: text({ mode: 'json' }).$type<GovernorSettings>().notNull(),
    updatedBy: text('updated_by').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);
