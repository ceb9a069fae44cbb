// The part of the contract by which neighbours look for a host that is silent. The server asks hosts near it to reach its address and the ports of its
// replicas; what they find is evidence, and the server judges. A peer that speaks `probe` understands it. Part of protocol.ts.
import { z } from 'zod';

const count = z.int().min(0);

/** One thing to reach. */
export const ProbeTarget = z.object({
  /** Repeated in the answer. */
  id: z.string().min(1).max(64),
  address: z.ipv4(),
  port: z.int().min(1).max(65_535),
  /** HTTP path that answers 2xx when the service is well; absent: a connection is enough. */
  path: z.string().startsWith('/').max(256).optional(),
});
export type ProbeTarget = z.infer<typeof ProbeTarget>;

export const PROBE_MESSAGES_OF_SERVERS = [
  /** Reach all of these now, each within the limit, and say what they did. */
  z.object({ type: z.literal('probe'), id: z.string().min(1).max(64), limitMs: z.int().min(50).max(10_000), targets: z.array(ProbeTarget).min(1).max(400) }),
] as const;

/**
 * `answers`: as it should; `opens`: a connection, and not more; `refuses`: nobody listens there, but somebody refused; `silent`: nothing came back.
 */
export const ProbeFinding = z.enum(['answers', 'opens', 'refuses', 'silent']);
export type ProbeFinding = z.infer<typeof ProbeFinding>;

export const PROBE_MESSAGES_OF_AGENTS = [
  z.object({ type: z.literal('probed'), id: z.string().min(1).max(64), findings: z.array(z.object({ id: z.string().min(1).max(64), finding: ProbeFinding, ms: count })).max(400) }),
] as const;
