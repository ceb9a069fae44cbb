// What people do to a host's identity: end it at once, and let its machine come back under a new one.
import { randomBytes } from 'node:crypto';
import type { Context } from '../context.ts';
import { requireHost } from '../control/hosts.ts';
import { hashOf } from './join.ts';
import type { Actor } from '../requests/submit.ts';
import { appendEvent } from '../db/events.ts';
import { type HostRow, setHostCredential } from '../db/hosts.ts';
import { insertJoinToken } from '../db/join-tokens.ts';
import { revokeIdentity } from './certificates.ts';

/** In place of a credential's hash: nothing has it. */
export const REVOKED = 'revoked';

/**
 * Ends a host's identity at once: its session, its certificates, its credential. Containers go on; the machine comes back with `rejoin`.
 * @throws NotFoundError
 */
export async function revokeHost(context: Context, actor: Actor, name: string, reason: string): Promise<void> {
  const { store, clock } = context;
  await store.tx(async (tx) => {
    const row = await requireHost(tx, name);
    const serials = await revokeIdentity(context, tx, row, { by: actor.name, why: reason });
    await setHostCredential(tx, row.id, REVOKED);
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'host.revoked', subjectType: 'host', subjectId: row.id, subject: name, message: `${actor.name} revoked the identity of ${name}: ${serials === 0 ? 'it had no certificate' : `${serials} certificates are refused for ever`}`, why: reason });
  });
}

/** A one-time token with which the machine of this host joins again under its own id: what it runs and what was said of it stays. @throws NotFoundError */
export async function makeRejoinToken(context: Context, actor: Actor, name: string, expiresInSeconds: number): Promise<{ readonly token: string; readonly expiresAt: number; readonly host: HostRow }> {
  const { store, clock, ids } = context;
  const token = `firnjoin_${randomBytes(24).toString('base64url')}`;
  const now = clock.now();
  const expiresAt = now + expiresInSeconds * 1000;
  return await store.tx(async (tx) => {
    const host = await requireHost(tx, name);
    const { kind, site, rack, costCentsPerHour, performance, stability, labels, taints, environments } = host;
    const terms = { kind, site, rack, mode: 'flat' as const, dns: [], costCentsPerHour, performance, stability, labels, taints, environments, rejoins: host.id };
    await insertJoinToken(tx, { id: ids.next(), tokenHash: hashOf(token), terms, createdBy: actor.name, createdAt: now, expiresAt, usedBy: null });
    await appendEvent(tx, { at: now, actor: actor.name, kind: 'join-token.created', subjectType: 'host', subjectId: host.id, subject: name, message: `${actor.name} made a token with which ${name} joins again` });
    return { token, expiresAt, host };
  });
}
