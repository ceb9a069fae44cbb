// What replicas wrote: JSON lines as they are streamed by `GET /replicas/{id}/logs` and `GET /services/{name}/logs`, and where there is something to read.
// Whatever is missing is said: a `gap` stands where something was dropped, rotated away or cannot be had. Values of secrets are masked, best effort.
import { Id, Instant, Name, list, z } from './common.ts';

/** A moment: an instant, or how long ago (`90s`, `10m`, `2h`, `3d`). */
export const LogTime = z.string().regex(/^(\d{1,6}(s|m|h|d)|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))$/, 'must be an instant such as 2026-11-23T09:30:00Z, or how long ago, such as 10m').openapi({ example: '10m' });
const flag = z.enum(['true', 'false', '1', '0'], 'must be true or false').optional().transform((value) => value === 'true' || value === '1').openapi({ type: 'boolean' });

export const LogLevel = z.enum(['debug', 'info', 'warn', 'error']);
export type LogLevel = z.infer<typeof LogLevel>;
export const LogSource = z.enum(['stdout', 'files', 'all']);
export type LogSource = z.infer<typeof LogSource>;

/** Most lines that `tail` may ask of one replica. */
export const MOST_TAIL = 100_000;

const reading = {
  follow: flag.openapi({ description: 'go on with what is written from now on' }),
  tail: z.coerce.number().int().min(0).max(MOST_TAIL).optional().openapi({ description: 'so many lines from the end, of each replica; absent: 200, or everything since `since` where that is given' }),
  since: LogTime.optional(),
  until: LogTime.optional(),
  source: LogSource.default('stdout').openapi({ description: 'stdout: standard output and error; files: below /persist/logs' }),
  search: z.string().min(1).max(200).optional().openapi({ description: 'only lines with this text in them, whatever the case of its letters; never a pattern' }),
  level: LogLevel.optional().openapi({ description: 'only lines of this level and above; lines that name no level are let through' }),
};
/** Query of `GET /replicas/{id}/logs`. */
export const ReplicaLogsQuery = z.object({
  ...reading,
  file: z.string().min(1).max(256).optional().openapi({ description: 'with source files: only this one, relative to /persist/logs' }),
  previous: flag.openapi({ description: 'what containers of this replica wrote that are gone: kept for days, also after the replica' }),
});
/** Query of `GET /services/{name}/logs`: every replica of the service that runs, merged by time. */
export const ServiceLogsQuery = z.object({ ...reading, environment: Name.optional().openapi({ description: 'only there; absent: everywhere' }) });

const of = { replicaId: Id, replica: z.string(), host: z.string() };
export const LogEntry = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('line'),
      at: Instant.nullable().openapi({ description: 'when it was written; null: a line of a file that does not say' }),
      stream: z.enum(['stdout', 'stderr', 'file']),
      file: z.string().optional(),
      text: z.string(),
      level: LogLevel.optional().openapi({ description: 'as the line itself says, where it does' }),
      cutBytes: z.int().optional().openapi({ description: 'so many bytes of a very long line are left out' }),
      ...of,
    }),
    z.object({
      kind: z.literal('gap'),
      at: Instant.nullable(),
      bytes: z.int().nullable().openapi({ description: 'null: nobody knows how much' }),
      code: z.enum(['rotated', 'truncated', 'dropped', 'slow-reader', 'limit', 'not-kept', 'unreadable', 'host-away']),
      reason: z.string().openapi({ description: 'the code as a sentence, with its figures' }),
      file: z.string().optional(),
      ...of,
    }),
    z.object({
      kind: z.literal('instance').openapi({ description: 'what follows was written by this container' }),
      at: Instant.nullable(),
      state: z.enum(['present', 'gone']),
      containerId: z.string(),
      release: z.string().nullable(),
      endedAt: Instant.nullable(),
      ...of,
    }),
    /** While nothing is said, so that both ends know that the connection lives. */
    z.object({ kind: z.literal('beat'), at: Instant }),
    /** Always the last line of an answer that came to its end; without one the connection broke. */
    z.object({ kind: z.literal('end'), at: Instant, code: z.enum(['complete', 'limit', 'host-away', 'gone', 'stopped']), reason: z.string() }),
  ])
  .openapi('LogEntry');
export type LogEntry = z.infer<typeof LogEntry>;

/** What of a replica can be read now. */
export const LogSources = z
  .object({
    replicaId: Id,
    replica: z.string(),
    workload: z.string(),
    host: z.string().nullable(),
    isGone: z.boolean(),
    /** Why nothing can be read, as a sentence; null where it can. */
    problem: z.string().nullable(),
    instances: z.array(z.object({ containerId: z.string(), state: z.enum(['present', 'gone']), host: z.string(), release: z.string().nullable(), startedAt: Instant.nullable(), endedAt: Instant.nullable(), exitCode: z.int().nullable(), bytes: z.int().nullable(), keptUntil: Instant.nullable() })),
    files: z.array(z.object({ path: z.string(), bytes: z.int(), changedAt: Instant })),
  })
  .openapi('LogSources');
export type LogSources = z.infer<typeof LogSources>;

/** Replicas of a service with something to read, those that are gone too. */
export const LogReplica = z.object({ replicaId: Id, replica: z.string(), workload: z.string(), host: z.string().nullable(), isGone: z.boolean(), goneAt: Instant.nullable() }).openapi('LogReplica');
export type LogReplica = z.infer<typeof LogReplica>;
export const LogReplicas = list(LogReplica).openapi('LogReplicas');
export type LogReplicas = z.infer<typeof LogReplicas>;
