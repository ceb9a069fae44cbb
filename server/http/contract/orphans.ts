// What agents found on their hosts that nobody assigned (orphans), what somebody changed there by hand (drift), and what people decide about both.
// Orphans are listed first and removed after a grace; strangers, which do not carry this cluster's label, are counted and never listed here.
import { Id, Instant, Note, list, z } from './common.ts';

export const OrphanKind = z.enum(['container', 'network', 'directory']).openapi({ description: '`directory`: the folder below /persist of an address that no replica of the host has' });
export type OrphanKind = z.infer<typeof OrphanKind>;

const HostRef = z.string().min(1).max(64).openapi({ description: 'name or id of a host' });

export const OrphanView = z
  .object({
    hostId: Id,
    host: z.string(),
    kind: OrphanKind,
    id: z.string().openapi({ description: "the engine's id; of a directory its path" }),
    name: z.string(),
    reason: z.string(),
    isRunning: z.boolean().nullable(),
    address: z.string().nullable(),
    image: z.string().nullable(),
    bytes: z.int().nullable(),
    since: Instant,
    removeAt: Instant.nullable().openapi({ description: 'null: it goes only when somebody says so' }),
    state: z.enum(['waiting', 'kept', 'going']).openapi({ description: '`waiting` for the grace to pass, or for a decision where there is no grace' }),
    decision: z.object({ verb: z.enum(['keep', 'remove']), by: z.string(), at: Instant, note: z.string() }).nullable(),
  })
  .openapi('Orphan');
export type OrphanView = z.infer<typeof OrphanView>;
export const Orphans = list(OrphanView)
  .extend({ graceSeconds: z.int(), mayDecide: z.boolean(), hostsThatDoNotLook: z.array(z.string()).openapi({ description: 'hosts whose agent is silent or too old to say' }) })
  .openapi('Orphans');
export type Orphans = z.infer<typeof Orphans>;

export const OrphanQuery = z.object({ host: HostRef.optional() });

/** `wait` takes a decision back: the grace counts again. */
export const OrphanDecision = z
  .strictObject({ host: HostRef, kind: OrphanKind, id: z.string().min(1).max(128), verb: z.enum(['keep', 'remove', 'wait']), note: Note.default('') })
  .openapi('OrphanDecision');
export type OrphanDecision = z.output<typeof OrphanDecision>;
export type OrphanDecisionInput = z.input<typeof OrphanDecision>;

/** What somebody changed by hand on a container, and what became of it. */
export const DriftView = z
  .object({
    hostId: Id,
    host: z.string(),
    replicaId: Id,
    replica: z.string().openapi({ description: "the replica's name, or its id when it is gone" }),
    team: z.string().nullable(),
    kind: z.string().openapi({ description: '`stopped`, `paused`, `renamed`, `limits`, `settings`, `network` or `removed`', example: 'stopped' }),
    found: z.string().openapi({ description: 'a sentence' }),
    repairs: z.int().openapi({ description: 'within the last ten minutes' }),
    at: Instant,
    state: z.enum(['repairing', 'repaired', 'given-up']).openapi({ description: '`given-up`: it came back too often, so somebody may mean it; nothing is repaired until a person says so' }),
    mayResume: z.boolean(),
  })
  .openapi('Drift');
export type DriftView = z.infer<typeof DriftView>;
export const Drift = list(DriftView).openapi('DriftList');
export type Drift = z.infer<typeof Drift>;

export const DriftResume = z.strictObject({ replicaId: Id, note: Note.default('') }).openapi('DriftResume');
export type DriftResume = z.output<typeof DriftResume>;

/** How far a pull is. */
export const PullView = z.object({ receivedBytes: z.int(), totalBytes: z.int(), layersDone: z.int(), layers: z.int(), bytesPerSecond: z.int() }).openapi('Pull');
export type PullView = z.infer<typeof PullView>;

/** How a service ended the last time that it ended by itself. */
export const ServiceEndView = z.object({ at: Instant, exitCode: z.int().nullable(), outOfMemory: z.boolean(), inARow: z.int(), lastWords: z.string().nullable() }).openapi('ServiceEnd');
export type ServiceEndView = z.infer<typeof ServiceEndView>;

/** A file system that services of a host depend on. `warn` beyond the low mark; `full` beyond the high one: no new replicas are put there. */
export const DiskView = z.object({ place: z.enum(['engine', 'persist']), usedBytes: z.int(), totalBytes: z.int(), usedPermille: z.int(), level: z.enum(['well', 'warn', 'full']), note: z.string().nullable() }).openapi('Disk');
export type DiskView = z.infer<typeof DiskView>;

/** How a service is asked whether it is well. What is left out is the usual: every 5 s, 2 s each time, three failures in a row, 60 s after a start. */
export const Health = z
  .strictObject({
    kind: z.enum(['tcp', 'http', 'command']),
    path: z.string().regex(/^\/[^\s#]*$/, 'must be a path that begins with /').max(256).optional(),
    command: z.array(z.string().min(1).max(4_096)).min(1).max(64).optional().openapi({ description: 'program and arguments, run in the container without a shell; exit code 0 is well' }),
    intervalMs: z.int().min(500).max(600_000).optional(),
    timeoutMs: z.int().min(100).max(60_000).optional(),
    failures: z.int().min(1).max(100).optional(),
    startGraceMs: z.int().min(0).max(3_600_000).optional(),
  })
  .refine(({ kind, path }) => path === undefined || kind === 'http', { path: ['path'], message: 'is only for kind http' })
  .refine(({ kind, command }) => (command !== undefined) === (kind === 'command'), { path: ['command'], message: 'is needed with kind command, and only there' })
  .openapi('Health');
export type Health = z.infer<typeof Health>;
