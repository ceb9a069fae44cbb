// The tables of what people weigh before they act: proposals with what they move, pools of cloud VMs that could be bought, and the inputs of
// the planner's decisions. One module of this folder writes each table. Ids and instants (milliseconds since 1970) are made by the application.
import type { DecisionInput } from '#scheduler/questions/model.ts';
import type { Ask } from '#scheduler/model.ts';
import type { z } from 'zod';
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { Change, ProposalState, Simulation } from '../../http/contract/questions.ts';

/** What an applied proposal changed, so that it can be changed back: one entry for each change that it applied, in order. */
export type Undo =
  | { readonly kind: 'policy'; readonly version: number; readonly before: number }
  | { readonly kind: 'drain'; readonly hosts: readonly string[] }
  | { readonly kind: 'grow'; readonly workloadId: string; readonly before: Ask; readonly after: Ask }
  | { readonly kind: 'remove'; readonly workload: string }
  | { readonly kind: 'rearrange' };

/** Changes that somebody wants, what they would do, who agreed, and how far they are carried out. Writer: proposals.ts */
export const proposals = sqliteTable(
  'proposals',
  {
    id: text().notNull(),
    title: text().notNull(),
    note: text().notNull(),
    state: text().$type<z.infer<typeof ProposalState>>().notNull(),
    /** Why it is in this state, where the state alone does not say it. */
    stateReason: text('state_reason').notNull(),
    /** The revision that its simulation was made from. */
    parent: integer().notNull(),
    changes: text({ mode: 'json' }).$type<readonly Change[]>().notNull(),
    simulation: text({ mode: 'json' }).$type<Simulation>().notNull(),
    createdBy: text('created_by').notNull(),
    /** Id of the user who made it, also where a token of theirs did: they cannot approve it. */
    createdById: text('created_by_id').notNull(),
    createdAt: integer('created_at').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: integer('decided_at'),
    appliedBy: text('applied_by'),
    appliedAt: integer('applied_at'),
    finishedAt: integer('finished_at'),
    /** Null until it is applied. */
    undo: text({ mode: 'json' }).$type<readonly Undo[]>(),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('proposals_state').on(table.state)],
);

/**
 * Moves of running replicas that a proposal asks for (`isWish`: the planner is told to) or brings about (it only watches).
 * Writer: proposal-moves.ts
 */
export const proposalMoves = sqliteTable(
  'proposal_moves',
  {
    proposalId: text('proposal_id').notNull(),
    /** The order in which each finds its room. */
    ordinal: integer().notNull(),
    replicaId: text('replica_id').notNull(),
    replica: text().notNull(),
    fromHostId: text('from_host_id').notNull(),
    fromHost: text('from_host').notNull(),
    hostId: text('host_id').notNull(),
    host: text().notNull(),
    isWish: integer('is_wish', { mode: 'boolean' }).notNull(),
    /** It takes a move back that the proposal did. */
    isUndo: integer('is_undo', { mode: 'boolean' }).notNull(),
    state: text().$type<'open' | 'done' | 'declined'>().notNull(),
    /** Why it was declined. */
    reason: text(),
    /** The replica that stands on the new host when it is done: the moved one, or the one that replaced it. */
    successorId: text('successor_id'),
  },
  (table) => [primaryKey({ columns: [table.proposalId, table.ordinal] }), index('proposal_moves_state').on(table.state)],
);

/** Cloud VMs that could be bought. Writer: pools.ts */
export const pools = sqliteTable(
  'pools',
  {
    id: text().notNull(),
    name: text().notNull(),
    site: text().notNull(),
    cpuMilli: integer('cpu_milli').notNull(),
    memoryMib: integer('memory_mib').notNull(),
    costCentsPerHour: integer('cost_cents_per_hour').notNull(),
    /** Most that may be bought now. */
    mostHosts: integer('most_hosts').notNull(),
    performance: integer().notNull(),
    stability: integer().notNull(),
    labels: text({ mode: 'json' }).$type<Record<string, string>>().notNull(),
    taints: text({ mode: 'json' }).$type<string[]>().notNull(),
    environments: text({ mode: 'json' }).$type<string[]>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] }), uniqueIndex('pools_name').on(table.name)],
);

/**
 * What a decision of the planner was made from: the whole snapshot, or what differs from the record before it, packed. A chain begins with a
 * whole one and is dropped whole. Writer: inputs.ts
 */
export const inputs = sqliteTable(
  'inputs',
  {
    planId: text('plan_id').notNull(),
    /** The plan whose record holds the whole snapshot that this chain begins with: itself for that one. */
    chainId: text('chain_id').notNull(),
    /** Place in the chain: 0, 1, ... */
    place: integer().notNull(),
    decision: text({ mode: 'json' }).$type<DecisionInput>().notNull(),
    body: blob({ mode: 'buffer' }).notNull(),
    /** SHA-256 of the body as stored. */
    digest: text().notNull(),
    /** Proof of the state that the plan led to, packed; null where that state did not last long enough to be thought about. */
    proof: blob({ mode: 'buffer' }),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.planId] }), uniqueIndex('inputs_chain').on(table.chainId, table.place)],
);
