// The tables of building, shipping and running: builds, layers, images of the registry, rollouts, secrets, and what stands in a release's way
// (locks, freezes) or hears of it (webhooks). Releases themselves are beside workloads in schema.ts.
import type { BuildResult } from '#agents/protocol.ts';
import type { RolloutState, Strategy } from '#scheduler/rollout/model.ts';
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { Preflight, Readiness } from '../../http/contract/releases.ts';

/** What a build is to be made from, as asked: `service` from a git repository, `layer` from a folder that was sent. */
export type BuildAsk =
  | { readonly kind: 'service'; readonly service: string; readonly url: string; readonly ref: string; readonly path: string; readonly network: boolean; readonly noCache: boolean; readonly secretIds: Readonly<Record<string, string>>; readonly credentialsId?: string }
  | { readonly kind: 'layer'; readonly name: string; readonly version: number; readonly network: boolean };

/** One try after the other to make one image. The log is a file of the data folder. Writer: builds.ts */
export const builds = sqliteTable(
  'builds',
  {
    id: text().notNull(),
    /** Null for layers. */
    team: text(),
    /** Service or layer. */
    subject: text().notNull(),
    ask: text({ mode: 'json' }).$type<BuildAsk>().notNull(),
    state: text().$type<'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'>().notNull(),
    /** As the builder says; of a failure the sentence for people. */
    phase: text().notNull(),
    reason: text().notNull(),
    attempt: integer().notNull(),
    /** The builder host, or that of the last attempt. `host` is its name; null while it waits for one. */
    hostId: text('host_id'),
    host: text(),
    /** Digests of the layers that it was offered, by name: with the source they decide the result. */
    layers: text({ mode: 'json' }).$type<Record<string, string>>().notNull(),
    /** SHA-256 over commit, source tree, spec and the layer used: the same key gives the same image; null until it is known. */
    key: text(),
    /** The earlier build whose image this one took over; null: it was really built. */
    cachedFrom: text('cached_from'),
    result: text({ mode: 'json' }).$type<BuildResult>(),
    seconds: text({ mode: 'json' }).$type<Record<string, number>>(),
    logBytes: integer('log_bytes').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    startedAt: integer('started_at'),
    endedAt: integer('ended_at'),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('builds_state').on(table.state), index('builds_subject').on(table.subject, table.createdAt), index('builds_key').on(table.key)],
);

/** Versions of image layers: base -> runtime, as declared. The newest succeeded version of a name counts. Writer: layers.ts */
export const layers = sqliteTable(
  'layers',
  {
    name: text().notNull(),
    version: integer().notNull(),
    /** `layer.yaml` as understood. `from` names the layer below; null: it stands on nothing. */
    from: text('from_layer'),
    /** Version of the layer below that it was built on; null until built. */
    fromVersion: integer('from_version'),
    definition: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
    /** SHA-256 of the folder as it was sent; the tar is a file of the data folder. */
    contextSha256: text('context_sha256').notNull(),
    buildId: text('build_id'),
    /** Reference by digest; null until built. */
    image: text(),
    imageId: text('image_id'),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    note: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.name, table.version] })],
);

/** Images that were pushed to the registry by builds, until retention deletes them. Writer: images.ts */
export const images = sqliteTable(
  'images',
  {
    repository: text().notNull(),
    digest: text().notNull(),
    imageId: text('image_id').notNull(),
    architecture: text().notNull(),
    /** With their size: layers that images share count once. */
    layers: text({ mode: 'json' }).$type<{ digest: string; bytes: number }[]>().notNull(),
    buildId: text('build_id'),
    pushedAt: integer('pushed_at').notNull(),
    /** When retention deleted it from the registry, and why. */
    deletedAt: integer('deleted_at'),
    deletedWhy: text('deleted_why'),
  },
  (table) => [primaryKey({ columns: [table.repository, table.digest] }), index('images_present').on(table.deletedAt)],
);

/** Ways of workloads from one release to another. At most one of a workload is under way. Writer: rollouts.ts */
export const rollouts = sqliteTable(
  'rollouts',
  {
    id: text().notNull(),
    workloadId: text('workload_id').notNull(),
    kind: text().$type<'release' | 'rollback'>().notNull(),
    fromReleaseId: text('from_release_id').notNull(),
    toReleaseId: text('to_release_id').notNull(),
    strategy: text({ mode: 'json' }).$type<Strategy>().notNull(),
    /** The state machine's whole memory: with it and what is observed, the next step follows. */
    state: text({ mode: 'json' }).$type<RolloutState>().notNull(),
    /** What was checked before it began. */
    preflight: text({ mode: 'json' }).$type<Preflight>(),
    readiness: text({ mode: 'json' }).$type<Readiness>(),
    startedBy: text('started_by').notNull(),
    startedAt: integer('started_at').notNull(),
    endedAt: integer('ended_at'),
    why: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] }), uniqueIndex('rollouts_under_way').on(table.workloadId).where(sql`ended_at IS NULL`), index('rollouts_workload').on(table.workloadId, table.startedAt)],
);

/** Values of secrets, sealed with a key that is not in the database. A version never changes. Writer: secrets.ts */
export const secrets = sqliteTable(
  'secrets',
  {
    id: text().notNull(),
    team: text().notNull(),
    /** Null: of the team as a whole (build secrets, git credentials). */
    workloadId: text('workload_id'),
    name: text().notNull(),
    version: integer().notNull(),
    /** AES-256-GCM: key id, nonce, ciphertext and tag; the row's identity is authenticated with it. */
    sealed: text().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
    /** Set when it may no longer be used by new releases; the value is then gone once no kept release needs it. */
    retiredAt: integer('retired_at'),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('secrets_workload').on(table.workloadId, table.name), index('secrets_team').on(table.team, table.name)],
);

/** Who keeps releases of a workload from starting, and why. Writer: deploy-locks.ts */
export const deployLocks = sqliteTable(
  'deploy_locks',
  {
    workloadId: text('workload_id').notNull(),
    holder: text().notNull(),
    reason: text().notNull(),
    since: integer().notNull(),
    /** It ends by itself then; null: when the holder or an SRE lifts it. */
    until: integer(),
  },
  (table) => [primaryKey({ columns: [table.workloadId] })],
);

/** When nothing is released to an environment. */
export type FreezeRule =
  | { readonly kind: 'session'; readonly market: string; readonly from: string; readonly to: string }
  | { readonly kind: 'weekly'; readonly timeZone: string; readonly days: readonly number[]; readonly from: string; readonly to: string }
  | { readonly kind: 'once'; readonly from: number; readonly to: number };

/** Writer: freezes.ts */
export const freezes = sqliteTable(
  'freezes',
  {
    id: text().notNull(),
    name: text().notNull().unique(),
    environment: text().notNull(),
    rule: text({ mode: 'json' }).$type<FreezeRule>().notNull(),
    reason: text().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);

/** Who hears of builds and rollouts. Writer: webhooks.ts */
export const webhooks = sqliteTable(
  'webhooks',
  {
    id: text().notNull(),
    name: text().notNull().unique(),
    /** `event`: JSON, signed; `commit-status`: the state of a commit for a code host, `{commit}` in the URL. */
    kind: text().$type<'event' | 'commit-status'>().notNull(),
    /** Null: of every team. */
    team: text(),
    url: text().notNull(),
    events: text({ mode: 'json' }).$type<string[]>().notNull(),
    /** Sealed: key of the signature, or the value of the Authorization header. */
    sealedSecret: text('sealed_secret'),
    isEnabled: integer('is_enabled', { mode: 'boolean' }).notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);

/** What is to be said to a webhook, until it was heard or given up. Writer: webhooks.ts */
export const webhookDeliveries = sqliteTable(
  'webhook_deliveries',
  {
    id: text().notNull(),
    webhookId: text('webhook_id').notNull(),
    event: text().notNull(),
    body: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
    createdAt: integer('created_at').notNull(),
    attempts: integer().notNull(),
    nextAt: integer('next_at'),
    /** Null while it is to be tried. */
    outcome: text().$type<'delivered' | 'given-up'>(),
    lastStatus: text('last_status'),
    endedAt: integer('ended_at'),
  },
  (table) => [primaryKey({ columns: [table.id] }), index('webhook_deliveries_due').on(table.nextAt), index('webhook_deliveries_webhook').on(table.webhookId, table.createdAt)],
);
