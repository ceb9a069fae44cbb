// Certificates of hosts: kept when a host joins or asks for the next one, revoked with the host's identity, refused for ever after.
import type { Identity } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { certificatesOfHost, insertCertificate, markCertificateUsed, revokeCertificates } from '../db/certificates.ts';
import { appendEvent } from '../db/events.ts';
import { answerAlarmsOfHost } from '../db/identity-alarms.ts';
import type { Tx } from '../db/store.ts';
import type { Issued } from './ca.ts';

/** A host asks for a new certificate at two thirds of the life of the present one; one that asks all the time is wrong. */
const MOST_PER_HOUR = 20;
const HOUR_MS = 3_600_000;

interface Subject {
  readonly id: string;
  readonly name: string;
}

/** Keeps a certificate that was issued. @param usedAt of a first one: it was handed over TLS and counts at once */
export async function keepCertificate(tx: Tx, host: Subject, { serial, sha256, notBefore, notAfter }: Issued, { now, usedAt }: { readonly now: number; readonly usedAt: number | null }): Promise<void> {
  await insertCertificate(tx, { serial, hostId: host.id, host: host.name, sha256, issuedAt: now, notBefore, notAfter, usedAt, revokedAt: null, revokedBy: null, revokedWhy: null });
}

/**
 * The next certificate of a host that asks for it over its session.
 * @throws InvalidError `csr-invalid`, UnavailableError when the authority's key cannot be used
 */
export async function renewCertificate(context: Context, host: Subject, csr: string): Promise<Identity | { readonly refusal: string }> {
  const { store, clock, authority } = context;
  const recent = (await store.read((reader) => certificatesOfHost(reader, host.id))).filter(({ issuedAt }) => clock.now() - issuedAt < HOUR_MS);
  if (recent.length >= MOST_PER_HOUR) return { refusal: `${recent.length} certificates were issued to ${host.name} within an hour` };
  const issued = await authority.issueHost(csr, host.id);
  await store.tx(async (tx) => {
    await keepCertificate(tx, host, issued, { now: clock.now(), usedAt: null });
    await appendEvent(tx, { at: clock.now(), actor: `host ${host.name}`, kind: 'host.certificate', subjectType: 'host', subjectId: host.id, subject: host.name, message: `${host.name} got the certificate ${issued.serial.slice(0, 12)}, valid until ${new Date(issued.notAfter).toISOString()}` });
  });
  return { certificate: issued.certificate, authority: issued.authority };
}

/** Remembers that a session with this certificate began: from now on the credential alone does not count. */
export async function certificateWasUsed({ store, clock }: Context, serial: string): Promise<void> {
  await store.tx((tx) => markCertificateUsed(tx, serial, clock.now()));
}

/** The part that removing a host shares with revoking it. @returns how many certificates were revoked */
export async function revokeIdentity({ clock, connections, doubles, loops }: Context, tx: Tx, host: Subject, { by, why }: { readonly by: string; readonly why: string }): Promise<number> {
  const at = clock.now();
  const count = await revokeCertificates(tx, host.id, { at, by, why });
  await answerAlarmsOfHost(tx, host.id, { verdict: 'revoked', answeredBy: by, answeredAt: at, answeredWhy: why });
  tx.afterCommit(() => {
    connections.end(host.id, `this host's identity was revoked: ${why}`, { retryAfterMs: 0, final: true });
    doubles.forget(host.id);
    loops.wake('observe');
  });
  return count;
}
