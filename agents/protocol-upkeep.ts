// The part of the contract with the server that is about looking after containers: how a service is asked whether it is well, what is found on a host
// that nobody assigned or that somebody changed by hand, what people decided about it, how services ended, how far pulls are. Everything is optional
// where it is used, so that versions one apart work together.
import { z } from 'zod';

const ipv4 = z.ipv4();
const count = z.int().min(0);

/** How the agent asks a service whether it is well. What is absent is the agent's own: see health.ts. */
export const HealthCheck = z.object({
  /** `command`: runs in the container, and exit code 0 is well. */
  kind: z.enum(['tcp', 'http', 'command']),
  /** http: answered with 2xx when the service is well. */
  path: z.string().startsWith('/').max(256).optional(),
  /** command: program and arguments, without a shell. */
  command: z.array(z.string().max(4_096)).min(1).max(64).optional(),
  intervalMs: z.int().min(500).max(600_000).optional(),
  timeoutMs: z.int().min(100).max(60_000).optional(),
  /** So many failures in a row, and a service that was well counts as unhealthy. */
  failures: z.int().min(1).max(100).optional(),
  /** How long after its start it may fail and counts as starting. */
  startGraceMs: z.int().min(0).max(3_600_000).optional(),
});
export type HealthCheck = z.infer<typeof HealthCheck>;

/** What an agent may find that nobody assigned: containers and networks with this cluster's label, folders of addresses below /persist. */
export const OrphanKind = z.enum(['container', 'network', 'directory']);
export type OrphanKind = z.infer<typeof OrphanKind>;
const OrphanRef = z.object({ kind: OrphanKind, id: z.string().max(128) });

/** What people decided about what an agent found. */
export const Upkeep = z.object({
  /** How long an orphan is listed before it is removed. */
  orphanGraceSeconds: count.optional(),
  /** Orphans that stay, whatever the grace. */
  keep: z.array(OrphanRef).max(1_000).optional(),
  /** Orphans that go at once. */
  remove: z.array(OrphanRef).max(1_000).optional(),
  /** Replicas whose repair was given up and is tried again: once for each new `order`. */
  repairAgain: z.array(z.object({ replicaId: z.string().max(64), order: z.string().max(64) })).max(1_000).optional(),
});
export type Upkeep = z.infer<typeof Upkeep>;

/** How far a pull is. The total grows while the engine learns of more layers. */
export const PullProgress = z.object({ receivedBytes: count, totalBytes: count, layersDone: count, layers: count, bytesPerSecond: count });
export type PullProgress = z.infer<typeof PullProgress>;

/** How a service ended the last time that it ended by itself. */
export const ServiceEnd = z.object({
  /** By the host's clock. */
  at: z.iso.datetime(),
  exitCode: z.int().optional(),
  outOfMemory: z.boolean(),
  /** Ends in a row, without having been well for a while in between. */
  inARow: count,
});
export type ServiceEnd = z.infer<typeof ServiceEnd>;

/** Something of this cluster that no assignment names. */
export const ObservedOrphan = z.object({
  kind: OrphanKind,
  /** Of a container or network the engine's id, of a directory its path. */
  id: z.string().max(128),
  name: z.string().max(256),
  /** One sentence: why it is an orphan. */
  reason: z.string().max(1_000),
  isRunning: z.boolean().optional(),
  address: ipv4.optional(),
  image: z.string().max(512).optional(),
  bytes: count.optional(),
  /** When it was found, by the host's clock. */
  since: z.iso.datetime(),
  /** Absent: it is removed only when somebody says so. */
  removeAt: z.iso.datetime().optional(),
  isKept: z.boolean(),
});
export type ObservedOrphan = z.infer<typeof ObservedOrphan>;

/** What somebody changed by hand on a container of this cluster. One entry for each replica and kind. */
export const ObservedDrift = z.object({
  replicaId: z.string().max(64),
  /** `stopped`, `paused`, `renamed`, `limits`, `settings`, `network`, `removed`; later versions may have others. */
  kind: z.string().max(32),
  /** One sentence: what was found. */
  found: z.string().max(1_000),
  /** Repairs within the last minutes: see drift.ts. */
  repairs: count,
  /** When it was found last, by the host's clock. */
  at: z.iso.datetime(),
  /** `given-up`: it came back too often; it is left as it is until a person says that it may be repaired again. */
  state: z.enum(['repairing', 'repaired', 'given-up']),
});
export type ObservedDrift = z.infer<typeof ObservedDrift>;
