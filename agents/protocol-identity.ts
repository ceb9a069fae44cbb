// The identity of a host and the agent that it runs, as the protocol tells them: certificates, and orders to upgrade.
// Part of protocol.ts, from which whoever needs these imports them.
import { z } from 'zod';

const Pem = z.string().startsWith('-----BEGIN ').max(16_384);
/** PKCS#10, PEM: proves that the host has the key, which never leaves it. What it says of its subject does not count: the server names the host. */
export const Csr = Pem;

/** A certificate of a host (CN: its id, O: the cluster), and the authority that signed it and the server's own. */
export const Identity = z.object({ certificate: Pem, authority: Pem });
export type Identity = z.infer<typeof Identity>;

/** One file of an agent, fetched from the agents' listener at `/agents/bundles/SHA256`. */
export const UpgradeOrder = z.object({
  id: z.string().min(1).max(64),
  version: z.string().max(32),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(1).max(64 * 1024 * 1024),
  /** ECDSA with SHA-256 by the authority's key over `upgradeText`, base64. */
  signature: z.base64().max(512),
  /** How long the new agent may take until it is welcomed. */
  trialMs: z.int().min(1_000).max(600_000),
});
export type UpgradeOrder = z.infer<typeof UpgradeOrder>;

/** What the signature of a bundle covers: it cannot be passed off as another version's, nor as another cluster's. */
export const upgradeText = (clusterId: string, { version, sha256, bytes }: Pick<UpgradeOrder, 'version' | 'sha256' | 'bytes'>): string => `firn-agent\n${clusterId}\n${version}\n${sha256}\n${bytes}\n`;

/** The upgrade that an agent was told last, and how it went. */
export const UpgradeProgress = z.object({
  id: z.string().max(64),
  state: z.enum(['downloading', 'trying', 'done', 'rolled-back', 'refused']),
  /** One sentence, of `rolled-back` and `refused`: why. */
  reason: z.string().max(1_000).optional(),
});
export type UpgradeProgress = z.infer<typeof UpgradeProgress>;

/** Words of this file, spread into the unions of protocol.ts. */
export const IDENTITY_MESSAGES_OF_AGENTS = [
  /** Only to a server that speaks `renew`: a request for the next certificate, with a new key of the host. Answered by `certificate`. */
  z.object({ type: z.literal('renew'), csr: Csr }),
] as const;
export const IDENTITY_MESSAGES_OF_SERVERS = [
  /** Only to an agent that speaks `renew`. Without `issued`: the agent should ask for a certificate now. */
  z.object({ type: z.literal('certificate'), issued: Identity.optional() }),
  /** Only to an agent that speaks `upgrade`: fetch this bundle, check it, try it, and go back by yourself if the server does not welcome it in time. */
  z.object({ type: z.literal('upgrade'), order: UpgradeOrder }),
] as const;
