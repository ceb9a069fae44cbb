// The life story of a replica: who asked for it, who approved, which plan put it where and why there, what became of it. It follows a replica
// across its moves, and tells of those that are gone. All of it comes from stored rows; what is no longer kept is said to be missing.
import { Id, Instant, z } from './common.ts';

/** One preference of the policy and what it counted for a host. */
export const ScorePart = z
  .object({
    part: z.enum(['pack', 'spread', 'cost', 'performance', 'stability', 'keep']),
    weight: z.number().openapi({ description: 'as the policy has it' }),
    points: z.number().openapi({ description: 'its part of the score, which is at most 1' }),
  })
  .openapi('ScorePart');
export type ScorePart = z.infer<typeof ScorePart>;
const Scored = z.object({ hostId: Id, host: z.string(), kind: z.string(), score: z.number(), parts: z.array(ScorePart) });

/** Why this host and no other. */
export const StoryScore = z
  .object({
    policyVersion: z.int(),
    chosen: Scored,
    /** The best of the others; null: no other could take it. */
    runnerUp: Scored.nullable(),
    /** The preference that told the two apart; `order`: they were equal, and the lower id wins; `reserved`: the room was kept for it, `only`: there was no other. */
    decidedBy: z.enum(['pack', 'spread', 'cost', 'performance', 'stability', 'keep', 'order', 'reserved', 'private-first', 'only']),
    couldTake: z.int().openapi({ description: 'hosts that could have taken it' }),
    refused: z.int().openapi({ description: 'hosts that could not' }),
    sentence: z.string(),
  })
  .openapi('StoryScore');
export type StoryScore = z.infer<typeof StoryScore>;

/**
 * What happened. `asked` and `decided` are of its request; `placed`, `moved`, `waiting`, `resized`, `renewed`, `stopped` of plans; `succeeds` says that it was started so that another
 * one can leave, `succeeded` that it was replaced; `given-up` that its successor, or it as one, failed; `started` to `failed` are what its host said; `address` that its address was given back.
 */
export const ChapterKind = z.enum(['asked', 'decided', 'placed', 'succeeds', 'moved', 'waiting', 'resized', 'renewed', 'started', 'healthy', 'restarted', 'unhealthy', 'exited', 'failed', 'succeeded', 'given-up', 'stopped', 'address', 'other']);
export type ChapterKind = z.infer<typeof ChapterKind>;
export const Chapter = z
  .object({
    at: Instant,
    kind: ChapterKind,
    by: z.string().openapi({ description: 'a person, a host or `firn`' }),
    sentence: z.string(),
    why: z.string().nullable(),
    /** Code of the reason of the plan's step, as in plans. */
    code: z.string().nullable(),
    replicaId: Id.openapi({ description: 'of the line of replicas, the one that this happened to' }),
    replica: z.string(),
    host: z.string().nullable(),
    fromHost: z.string().nullable(),
    address: z.string().nullable(),
    release: z.string().nullable(),
    planId: Id.nullable(),
    policyVersion: z.int().nullable(),
    requestId: Id.nullable(),
    maintenanceId: Id.nullable(),
    score: z.number().nullable().openapi({ description: 'of the host that was chosen; GET /replicas/{id}/placements/{plan} takes it apart' }),
  })
  .openapi('Chapter');
export type Chapter = z.infer<typeof Chapter>;

const Relative = z.object({ id: Id, name: z.string(), host: z.string().nullable(), from: Instant.nullable(), until: Instant.nullable() });
export const Story = z
  .object({
    id: Id,
    name: z.string(),
    workloadId: Id.nullable(),
    workload: z.string(),
    team: z.string().nullable(),
    state: z.enum(['placed', 'pending', 'gone']),
    host: z.string().nullable(),
    address: z.string().nullable(),
    mac: z.string().nullable(),
    release: z.string().nullable(),
    /** Those that it replaced, oldest first, and those that replaced it, in their order. */
    before: z.array(Relative),
    after: z.array(Relative),
    request: z
      .object({ id: Id, submittedBy: z.string(), submittedAt: Instant, decidedBy: z.string().nullable(), decidedAt: Instant.nullable(), decisionReason: z.string().nullable(), peakQps: z.number(), why: z.string() })
      .nullable(),
    /** Oldest first. */
    chapters: z.array(Chapter),
    /** Why the host where it is now was chosen, or the last one where it was; null where what the plan was made from is no longer kept. */
    score: StoryScore.nullable(),
    missing: z.array(z.string()).openapi({ description: 'what is no longer kept, in sentences' }),
  })
  .openapi('Story');
export type Story = z.infer<typeof Story>;
