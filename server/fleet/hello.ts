// What is asked of an agent that says hello, and what is done once it is welcome: its version, which machine it is on, its certificate.
// The session calls these at two moments and knows nothing of the rest.
import type { Facts, ServerMessage } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { certificatesOfHost } from '../db/certificates.ts';
import { VERSION } from '../version.ts';
import { type TurnedAway, whyNotThisMachine } from './alarms.ts';
import { certificateWasUsed, renewCertificate } from './certificates.ts';
import { whyApart } from './versions.ts';

/** What this part of the server understands beside the oldest messages. */
export const IDENTITY_SPEAKS: readonly string[] = ['renew', 'upgrade'];
/** An agent of another version comes back as the same one: until it is installed anew, or the server is. */
const RETRY_AFTER_VERSION_MS = 60_000;

/** How a session was opened. */
export interface SessionPeer {
  readonly address: string;
  /** On this machine, or in this process. */
  readonly isLocal: boolean;
  /** Of the certificate that was shown. */
  readonly serial: string | null;
}

interface Subject {
  readonly id: string;
  readonly name: string;
}

/** @returns null when this agent may go on */
export async function whyNotWelcome(context: Context, host: Subject, facts: Facts, peer: SessionPeer): Promise<TurnedAway | null> {
  const apart = whyApart(VERSION, facts.agentVersion);
  if (apart !== null) return { reason: apart, retryAfterMs: RETRY_AFTER_VERSION_MS };
  return await whyNotThisMachine(context, host, { bootId: facts.bootId, address: peer.address, hostname: facts.hostname });
}

interface Welcomed {
  readonly speaks: ReadonlySet<string>;
  send(message: ServerMessage): void;
}

/** Remembers that the certificate was used, or offers one to a host that has none. Never throws: the session goes on without. */
export async function afterWelcome(context: Context, host: Subject, peer: SessionPeer, connection: Welcomed): Promise<void> {
  const { config, store, log, loops } = context;
  try {
    if (connection.speaks.has('upgrade')) loops.wake('upgrades');
    if (peer.serial !== null) return await certificateWasUsed(context, peer.serial);
    // What runs in this machine needs no certificate to be believed, and simulated fleets are thousands.
    if (config.agentTls === 'off' || peer.isLocal || !connection.speaks.has('renew')) return;
    const has = (await store.read((reader) => certificatesOfHost(reader, host.id))).some(({ usedAt, revokedAt }) => usedAt !== null && revokedAt === null);
    if (!has) connection.send({ type: 'certificate' });
  } catch (error) {
    log.error({ err: error, host: host.name }, 'agent.certificate-failed');
  }
}

/** Answers a request for the next certificate. Never throws: the agent asks again. */
export async function answerRenewal(context: Context, host: Subject, csr: string, connection: Welcomed): Promise<void> {
  try {
    const outcome = await renewCertificate(context, host, csr);
    if ('refusal' in outcome) return context.log.warn({ host: host.name, reason: outcome.refusal }, 'agent.renewal-refused');
    connection.send({ type: 'certificate', issued: outcome });
  } catch (error) {
    context.log.error({ err: error, host: host.name }, 'agent.renewal-failed');
  }
}
