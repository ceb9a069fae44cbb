// Pieces of the public API that several resources share. The console imports only types from this folder.
// Every schema is strict about what comes in: unknown fields are refused, sizes are bounded, messages name the field.
import { z } from '@hono/zod-openapi';

export { z };

/** Names that end in host names, container names and addresses: lower case, digits and dashes. */
export const Name = z.string().regex(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/, 'must be 1 to 40 lower-case letters, digits or dashes, starting with a letter').openapi({ example: 'quote' });
export const Id = z.string().min(1).max(64);
export const Note = z.string().trim().max(500);
export const Instant = z.iso.datetime().openapi({ example: '2026-11-23T09:30:00.000Z' });

export const HostKind = z.enum(['physical', 'private-vm', 'cloud-vm', 'lxc']);
export const Survive = z.enum(['none', 'host', 'rack', 'site']);
export const Shape = z.object({ cpuMilli: z.int().min(10).max(1_024_000), memoryMib: z.int().min(16).max(8_388_608) }).openapi('Shape');
export const Amount = z.object({ cpuMilli: z.int(), memoryMib: z.int() }).openapi('Amount');

/** RFC 9457. `errors` names each wrong field, what it said and what is allowed. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    code: z.string().openapi({ description: 'stable, for programs' }),
    errors: z.array(z.object({ field: z.string(), value: z.unknown(), message: z.string(), allowed: z.string().optional() })).optional(),
    requestId: z.string().optional(),
  })
  .openapi('Problem');
export type Problem = z.infer<typeof Problem>;

/** A refusal as data; `sentence` is the same in English. */
export const Reason = z.object({ rule: z.string(), resource: z.string(), wanted: z.union([z.number(), z.string()]), available: z.union([z.number(), z.string()]), sentence: z.string() }).openapi('Reason');
export const Unplaced = z
  .object({
    workloadId: Id,
    workload: z.string(),
    count: z.int(),
    shape: Shape,
    eliminations: z.array(z.object({ group: z.string(), hosts: z.int(), closest: Reason, closestHost: z.string() })),
  })
  .openapi('Unplaced');
export type Unplaced = z.infer<typeof Unplaced>;

/** What the English sentence beside it says, as data, for other languages: a code and the figures it was made of. Several are parts of one sentence, in order. */
export const Saying = z.object({ code: z.string(), values: z.record(z.string(), z.union([z.string(), z.number()])) }).openapi('Saying');
export type Saying = z.infer<typeof Saying>;
/** Absent: the sentence was stored by an earlier version, or a person wrote it. */
export const Said = z.array(Saying).optional();

export const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });
export const ListQuery = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(200), after: z.string().max(200).optional() });
