// The part of the contract that carries streams: what replicas wrote, and terminals in them. Each stream has an id that the server chose, and credit
// in bytes, so that a slow reader slows its own stream and nothing else. Part of protocol.ts, which is what others import.
import { z } from 'zod';

const count = z.int().min(0);
const streamId = z.string().min(1).max(64);
const moment = z.string().max(40);

/** Which lines of one replica are asked for. A peer that speaks `logs` understands it. */
export const LogsQuery = z.object({
  replicaId: z.string().min(1).max(64),
  /** `sources`: not lines but what there is to read, as one item. */
  source: z.enum(['stdout', 'files', 'all', 'sources']),
  /** One file, relative to /persist/logs. */
  file: z.string().max(256).optional(),
  /** What containers wrote that are gone, instead of the present one. */
  previous: z.boolean(),
  follow: z.boolean(),
  /** So many lines from the end; absent: all of them. */
  tail: z.int().min(0).max(100_000).optional(),
  sinceMs: z.int().optional(),
  untilMs: z.int().optional(),
  /** Plain text, whatever the case of its letters. */
  search: z.string().max(200).optional(),
  level: z.enum(['debug', 'info', 'warn', 'error']).optional(),
  /** The address that the replica had, for its files when nothing of it is assigned here any more. */
  address: z.ipv4().optional(),
});
export type LogsQuery = z.infer<typeof LogsQuery>;

export const LogsGapCode = z.enum(['rotated', 'truncated', 'dropped', 'slow-reader', 'limit', 'not-kept', 'unreadable']);
export type LogsGapCode = z.infer<typeof LogsGapCode>;

/** One thing that is said of a log, in the order of the log. */
export const LogsItem = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('line'),
    /** ISO 8601 in UTC, as exact as the engine is; absent: the line of a file does not say. */
    at: moment.optional(),
    stream: z.enum(['stdout', 'stderr', 'file']),
    file: z.string().max(256).optional(),
    text: z.string().max(70_000),
    level: z.enum(['debug', 'info', 'warn', 'error']).optional(),
    /** So many bytes of a very long line are left out. */
    cutBytes: count.optional(),
  }),
  /** Something is missing here. */
  z.object({ kind: z.literal('gap'), at: moment.optional(), bytes: count.nullable(), code: LogsGapCode, reason: z.string().max(500), file: z.string().max(256).optional() }),
  /** What follows was written by this container. */
  z.object({ kind: z.literal('instance'), at: moment.optional(), state: z.enum(['present', 'gone']), containerId: z.string().max(80), release: z.string().max(64).optional(), endedAt: moment.optional() }),
  /** With `follow`: what was there when it was asked has been said, and what follows is news. */
  z.object({ kind: z.literal('live') }),
  z.object({
    kind: z.literal('sources'),
    instances: z.array(
      z.object({
        containerId: z.string().max(80), state: z.enum(['present', 'gone']), release: z.string().max(64).optional(), startedAt: moment.optional(), endedAt: moment.optional(), exitCode: z.int().optional(),
        bytes: count.optional(), keptUntil: moment.optional(),
      }),
    ).max(200),
    files: z.array(z.object({ path: z.string().max(256), bytes: count, changedAt: moment })).max(500),
  }),
]);
export type LogsItem = z.infer<typeof LogsItem>;

/** Most bytes of items in one message, before what JSON adds. */
export const MOST_LOGS_BYTES = 256 * 1024;

/** A terminal in a container of this host. A peer that speaks `shell` understands it. */
export const ShellOrder = z.object({
  id: streamId,
  replicaId: z.string().min(1).max(64),
  /** Empty: the best shell that the image has. */
  command: z.array(z.string().max(4_096)).max(64),
  tty: z.boolean(),
  columns: z.int().min(1).max(1_000),
  rows: z.int().min(1).max(1_000),
  /** The agent ends it by itself then, should the server not. */
  mostSeconds: z.int().min(1).max(86_400),
  /** Shells at once on this host. */
  atOnce: z.int().min(1).max(64),
});
export type ShellOrder = z.infer<typeof ShellOrder>;

export const ShellEndCode = z.enum(['exited', 'closed', 'limit', 'replica-gone', 'cannot-start', 'too-many']);
export type ShellEndCode = z.infer<typeof ShellEndCode>;
/** Most bytes of a terminal in one message, before base64. */
export const MOST_SHELL_BYTES = 32 * 1024;
const shellData = z.base64().max(64 * 1024);

export const STREAM_MESSAGES_OF_AGENTS = [
  /** Items of an open stream of logs, never more bytes than the server gave credit for. */
  z.object({ type: z.literal('logs-data'), id: streamId, bytes: count, items: z.array(LogsItem).max(2_000) }),
  /** The stream is over: everything was said, the limit was reached, there is no such replica here, or it cannot be read. */
  z.object({ type: z.literal('logs-end'), id: streamId, code: z.enum(['complete', 'limit', 'gone', 'too-many', 'failed']), reason: z.string().max(1_000) }),
  /** The command runs, and this is it. */
  z.object({ type: z.literal('shell-opened'), id: streamId, command: z.array(z.string().max(4_096)).max(64) }),
  z.object({ type: z.literal('shell-data'), id: streamId, data: shellData }),
  z.object({ type: z.literal('shell-end'), id: streamId, code: ShellEndCode, exitCode: z.int().optional(), reason: z.string().max(1_000) }),
] as const;

export const STREAM_MESSAGES_OF_SERVERS = [
  /** Opens a stream of logs with so many bytes of credit; more credit comes as they are read. Only to agents that speak `logs`. */
  z.object({ type: z.literal('logs-open'), id: streamId, query: LogsQuery, creditBytes: count }),
  z.object({ type: z.literal('logs-credit'), id: streamId, bytes: count }),
  z.object({ type: z.literal('logs-cancel'), id: streamId }),
  /** Only to agents that speak `shell`. */
  z.object({ type: z.literal('shell-open'), order: ShellOrder, creditBytes: count }),
  z.object({ type: z.literal('shell-data'), id: streamId, data: shellData }),
  z.object({ type: z.literal('shell-input-end'), id: streamId }),
  z.object({ type: z.literal('shell-credit'), id: streamId, bytes: count }),
  z.object({ type: z.literal('shell-resize'), id: streamId, columns: z.int().min(1).max(1_000), rows: z.int().min(1).max(1_000) }),
  z.object({ type: z.literal('shell-close'), id: streamId }),
] as const;
