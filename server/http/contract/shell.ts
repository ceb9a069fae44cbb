// A terminal in a replica: who may open one where, what was opened, and the messages of the WebSocket at `GET /replicas/{id}/shell`.
// On that WebSocket binary frames are bytes of the terminal, both ways; text frames are the JSON of ShellClientMessage and ShellServerMessage.
import { Id, Instant, Name, Note, list, z } from './common.ts';

/** Query of the WebSocket. `arg` repeats: the command and its arguments; none: the best shell that the image has. */
export const ShellQuery = z.object({
  arg: z.union([z.string().max(4_096), z.array(z.string().max(4_096)).max(64)]).optional().transform((value) => (value === undefined ? [] : typeof value === 'string' ? [value] : value)),
  columns: z.coerce.number().int().min(1).max(1_000).default(80),
  rows: z.coerce.number().int().min(1).max(1_000).default(24),
  tty: z.enum(['true', 'false', '1', '0'], 'must be true or false').default('true').transform((value) => value === 'true' || value === '1').openapi({ type: 'boolean', description: 'false: no terminal, for commands whose output a program reads' }),
  reason: Note.optional().openapi({ description: 'why, for the record' }),
});
export type ShellQuery = z.output<typeof ShellQuery>;

/** From the client, as text. */
export const ShellClientMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('resize'), columns: z.int().min(1).max(1_000), rows: z.int().min(1).max(1_000) }),
  /** Nothing more comes on standard input. */
  z.strictObject({ type: z.literal('input-end') }),
]);
export type ShellClientMessage = z.infer<typeof ShellClientMessage>;

export const ShellEnd = z.enum(['exited', 'closed', 'idle', 'limit', 'ended-by', 'session-ended', 'host-away', 'replica-gone', 'cannot-start', 'too-many', 'server-stops']);
export type ShellEnd = z.infer<typeof ShellEnd>;

/** To the client, as text. */
export const ShellServerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('open'), id: Id, replica: z.string(), host: z.string(), command: z.array(z.string()), idleSeconds: z.int(), mostSeconds: z.int(), isRecorded: z.boolean() }),
  /** It ends soon by itself. */
  z.object({ type: z.literal('warning'), code: z.enum(['idle', 'limit']), seconds: z.int(), message: z.string() }),
  /** The last message; the WebSocket closes after it. */
  z.object({ type: z.literal('end'), code: ShellEnd, exitCode: z.int().nullable(), message: z.string() }),
]);
export type ShellServerMessage = z.infer<typeof ShellServerMessage>;

export const ShellView = z
  .object({
    id: Id,
    replicaId: Id,
    replica: z.string(),
    workload: z.string(),
    environment: z.string(),
    team: z.string(),
    host: z.string(),
    command: z.array(z.string()),
    by: z.string(),
    from: z.string().openapi({ description: 'address of the caller' }),
    reason: z.string(),
    startedAt: Instant,
    endedAt: Instant.nullable(),
    end: ShellEnd.nullable(),
    exitCode: z.int().nullable(),
    message: z.string(),
    inputBytes: z.int(),
    outputBytes: z.int(),
    recordingBytes: z.int().nullable().openapi({ description: 'null: there is no recording, or it was removed' }),
    mayEnd: z.boolean(),
    mayWatch: z.boolean().openapi({ description: 'whether the caller may read the recording' }),
  })
  .openapi('Shell');
export type ShellView = z.infer<typeof ShellView>;
export const Shells = list(ShellView).openapi('Shells');
export type Shells = z.infer<typeof Shells>;

/** Who may open shells in the replicas of an environment: its team's developers and all above, SREs and admins, or nobody. */
export const ShellWho = z.enum(['team', 'sre', 'nobody']);
export type ShellWho = z.infer<typeof ShellWho>;
export const ShellRules = z
  .strictObject({
    environments: z.record(Name, ShellWho).openapi({ description: 'an environment that is not named: team, production: sre' }),
    idleSeconds: z.int().min(30).max(86_400),
    mostSeconds: z.int().min(60).max(86_400),
    perHost: z.int().min(1).max(64).openapi({ description: 'shells at once on one host' }),
    keepDays: z.int().min(1).max(3_650).openapi({ description: 'how long recordings stay; the records of who and when stay' }),
  })
  .openapi('ShellRules');
export type ShellRules = z.infer<typeof ShellRules>;
export const ShellRulesView = ShellRules.extend({ updatedBy: z.string().nullable(), updatedAt: Instant.nullable(), mayChange: z.boolean() }).openapi('ShellRulesView');
export type ShellRulesView = z.infer<typeof ShellRulesView>;

/** `GET /replicas/{id}/shell/may`: whether the caller could open one now, so that a page need not try. */
export const ShellMay = z.object({ may: z.boolean(), code: z.string().nullable(), reason: z.string().nullable() }).openapi('ShellMay');
export type ShellMay = z.infer<typeof ShellMay>;
