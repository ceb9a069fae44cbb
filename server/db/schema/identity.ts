// The tables of who a host is and which agent it runs: certificates, machines that claimed the same identity, bundles, upgrades.
// Keys of hosts are in no table: they never leave the host. The authority's own key is a file beside the database.
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Every certificate that was ever issued; kept after its host is removed, because a revoked serial is refused for ever. Writer: certificates.ts */
export const certificates = sqliteTable(
  'certificates',
  {
    /** Hexadecimal, lower case. */
    serial: text().notNull(),
    hostId: text('host_id').notNull(),
    host: text().notNull(),
    /** Of the certificate, DER. */
    sha256: text().notNull(),
    issuedAt: integer('issued_at').notNull(),
    notBefore: integer('not_before').notNull(),
    notAfter: integer('not_after').notNull(),
    /** When a session with it began last. */
    usedAt: integer('used_at'),
    revokedAt: integer('revoked_at'),
    revokedBy: text('revoked_by'),
    revokedWhy: text('revoked_why'),
  },
  (table) => [primaryKey({ columns: [table.serial] }), index('certificates_host').on(table.hostId)],
);

/** One of two machines that showed the same identity. */
export interface Machine {
  readonly bootId: string;
  /** The address that it came from. */
  readonly address: string;
  readonly hostname: string | null;
}

/** Two machines with one identity; the newcomer is refused until somebody answers. Writer: identity-alarms.ts */
export const identityAlarms = sqliteTable(
  'identity_alarms',
  {
    id: text().notNull(),
    hostId: text('host_id').notNull(),
    host: text().notNull(),
    at: integer().notNull(),
    lastAt: integer('last_at').notNull(),
    attempts: integer().notNull(),
    evidence: text().$type<'both-alive' | 'came-back'>().notNull(),
    known: text({ mode: 'json' }).$type<Machine>().notNull(),
    newcomer: text({ mode: 'json' }).$type<Machine>().notNull(),
    verdict: text().$type<'keep' | 'newcomer' | 'revoked'>(),
    answeredBy: text('answered_by'),
    answeredAt: integer('answered_at'),
    answeredWhy: text('answered_why'),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('identity_alarms_host').on(table.hostId)],
);

/** Agents that hosts may be upgraded to; the bytes are a file of that name in the data folder. Writer: agent-upgrades.ts */
export const agentBundles = sqliteTable(
  'agent_bundles',
  {
    sha256: text().notNull(),
    version: text().notNull(),
    bytes: integer().notNull(),
    source: text().$type<'server' | 'added'>().notNull(),
    addedAt: integer('added_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.sha256] })],
);

/** A campaign. Writer: agent-upgrades.ts */
export const agentUpgrades = sqliteTable(
  'agent_upgrades',
  {
    id: text().notNull(),
    state: text().$type<'running' | 'paused' | 'done' | 'aborted'>().notNull(),
    stateReason: text('state_reason').notNull(),
    version: text().notNull(),
    bundle: text().notNull(),
    canary: text().notNull(),
    atOnce: integer('at_once').notNull(),
    mostFailures: integer('most_failures').notNull(),
    watchMs: integer('watch_ms').notNull(),
    trialMs: integer('trial_ms').notNull(),
    reason: text().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    endedAt: integer('ended_at'),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);

export type UpgradeHostState = 'waiting' | 'ordered' | 'downloading' | 'trying' | 'watched' | 'done' | 'rolled-back' | 'refused' | 'away' | 'skipped';

/** How far one host of a campaign is. Writer: agent-upgrades.ts */
export const agentUpgradeHosts = sqliteTable(
  'agent_upgrade_hosts',
  {
    upgradeId: text('upgrade_id').notNull(),
    hostId: text('host_id').notNull(),
    host: text().notNull(),
    state: text().$type<UpgradeHostState>().notNull(),
    reason: text().notNull(),
    fromVersion: text('from_version'),
    orderedAt: integer('ordered_at'),
    /** Since when it is watched. */
    watchedAt: integer('watched_at'),
    endedAt: integer('ended_at'),
  },
  (table) => [primaryKey({ columns: [table.upgradeId, table.hostId] })],
);
