// Who is at the other end of a connection to the agents' listener: what TLS says, the credential, and whether both belong to one host that may come
// in. Refuses with the reason that helps: which clock, which certificate, which command.
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Context } from '../context.ts';
import { hostOfCredential } from './host-credentials.ts';
import { certificateBySerial, certificatesOfHost, type CertificateRow } from '../db/certificates.ts';
import type { HostRow } from '../db/hosts.ts';
import type { Reader } from '../db/store.ts';
import { UnauthenticatedError } from '../errors.ts';

/** A certificate as it was shown, whether or not anybody should believe it. */
export interface ShownCertificate {
  /** Hexadecimal, lower case. */
  readonly serial: string;
  readonly hostId: string;
  readonly clusterId: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** OpenSSL's code, such as CERT_HAS_EXPIRED; null: signed by our authority and valid now. */
  readonly fault: string | null;
}

export interface Peer {
  /** As the connection says, without the prefix of mapped addresses. */
  readonly address: string;
  readonly isTls: boolean;
  readonly isLoopback: boolean;
  readonly certificate: ShownCertificate | null;
}

export interface Admitted {
  readonly host: HostRow;
  readonly certificate: CertificateRow | null;
}

/** Reads what the connection says; believes nothing. */
export function peerOf({ socket }: Pick<IncomingMessage, 'socket'>): Peer {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const isTls = 'encrypted' in socket && socket.encrypted === true;
  return { address, isTls, isLoopback: /^127\.|^::1$/.test(address), certificate: isTls ? shownBy(socket as TLSSocket) : null };
}

function shownBy(socket: TLSSocket): ShownCertificate | null {
  const shown = socket.getPeerCertificate();
  if (shown === null || shown.serialNumber === undefined) return null;
  const fault = socket.authorized ? null : String(socket.authorizationError ?? 'unknown');
  return { serial: shown.serialNumber.toLowerCase(), hostId: one(shown.subject.CN), clusterId: one(shown.subject.O), notBefore: Date.parse(shown.valid_from), notAfter: Date.parse(shown.valid_to), fault };
}

const one = (value: string | string[] | undefined): string => (Array.isArray(value) ? value.join('+') : (value ?? ''));

/**
 * Lets a host in that shows its credential and, where it has one, its certificate. Both are needed: a copy of one of them alone is of no use.
 * @param authorization `Bearer <hostId>.<credential>`
 * @throws UnauthenticatedError with the reason
 */
export async function admitHost(context: Context, peer: Peer, authorization: string | undefined): Promise<Admitted> {
  const [, hostId, credential] = /^Bearer ([^.\s]{1,64})\.([^\s]{16,256})$/.exec(authorization ?? '') ?? [];
  return await admitShown(context, peer, { hostId, credential, mode: context.config.agentTls });
}

/** The same for what was read from another header. @param shown.mode how much TLS is asked for. @throws UnauthenticatedError with the reason */
export async function admitShown(context: Context, peer: Peer, { hostId, credential, mode }: { readonly hostId: string | undefined; readonly credential: string | undefined; readonly mode: Question['mode'] }): Promise<Admitted> {
  const shown = peer.certificate;
  if (shown !== null) refuseFault(context, shown);
  const host = await hostOfCredential(context, hostId, credential);
  if (host === undefined) throw await unknownHost(context, shown);
  const { own, used } = await context.store.read((reader) => certificatesAround(reader, host.id, shown?.serial));
  const refusal = whyNot({ mode, peer, host, own, hasUsed: used });
  if (refusal !== null) throw refused(refusal.code, refusal.message);
  return { host, certificate: own ?? null };
}

async function certificatesAround(reader: Reader, hostId: string, serial: string | undefined): Promise<{ own: CertificateRow | undefined; used: boolean }> {
  const own = serial === undefined ? undefined : await certificateBySerial(reader, serial);
  return { own, used: own !== undefined || (await certificatesOfHost(reader, hostId)).some(({ usedAt, revokedAt }) => usedAt !== null && revokedAt === null) };
}

/** Whether somebody without a host's identity may use this connection: joining, fetching an agent. @throws UnauthenticatedError `tls-needed` */
export function requireTls({ config }: Pick<Context, 'config'>, peer: Peer): void {
  if (peer.isTls || config.agentTls === 'off' || (config.agentTls === 'on' && peer.isLoopback)) return;
  throw refused('tls-needed', 'This listener speaks TLS: use https:// or wss://, with --ca-sha256 from the join command.');
}

interface Question {
  readonly mode: 'on' | 'required' | 'off';
  readonly peer: Peer;
  readonly host: Pick<HostRow, 'id' | 'name'>;
  /** The row of the certificate that was shown. */
  readonly own: Pick<CertificateRow, 'hostId' | 'serial' | 'notAfter' | 'revokedAt' | 'revokedBy' | 'revokedWhy'> | undefined;
  /** Whether the host ever spoke with a certificate that still counts. */
  readonly hasUsed: boolean;
}

/** Pure. @returns null when the host may come in by this connection */
export function whyNot({ mode, peer, host, own, hasUsed }: Question): { readonly code: string; readonly message: string } | null {
  const shown = peer.certificate;
  if (shown !== null) {
    if (shown.hostId !== host.id) return { code: 'certificate-foreign', message: `The certificate ${shown.serial} belongs to host ${shown.hostId}, and the credential to ${host.name}: a host can act only for itself.` };
    if (own === undefined || own.hostId !== host.id) return { code: 'certificate-unknown', message: `The certificate ${shown.serial} of ${host.name} was not issued by this server. ${REJOIN(host.name)}` };
    if (own.revokedAt !== null) return { code: 'certificate-revoked', message: `The certificate ${shown.serial} of ${host.name} was revoked by ${own.revokedBy ?? 'nobody'}: ${own.revokedWhy ?? ''}. ${REJOIN(host.name)}` };
    return null;
  }
  if (mode === 'off') return null;
  if (peer.isTls) return hasUsed ? { code: 'certificate-missing', message: `${host.name} has a certificate and did not show it: the credential alone is not enough. ${REJOIN(host.name)}` } : null;
  if (mode === 'required') return { code: 'tls-needed', message: 'This listener speaks TLS only (FIRN_AGENT_TLS=required): join the host again with https:// and --ca-sha256.' };
  // Agents of an older version have no certificate until they were offered one over the session that they know how to open.
  if (peer.isLoopback || !hasUsed) return null;
  return { code: 'tls-needed', message: `${host.name} has a certificate, and came without TLS: the credential alone is not enough. ${REJOIN(host.name)}` };
}

const REJOIN = (name: string): string => `To let the machine come back, run: firn host rejoin ${name}`;

/** @throws UnauthenticatedError when TLS itself does not believe the certificate */
function refuseFault({ clock }: Pick<Context, 'clock'>, { fault, serial, notBefore, notAfter }: ShownCertificate): void {
  const now = clock.now();
  const instant = (at: number) => new Date(at).toISOString();
  if (fault === 'CERT_NOT_YET_VALID' || now < notBefore) throw refused('certificate-early', `The certificate ${serial} is valid from ${instant(notBefore)}, and this server's clock says ${instant(now)}: set the clock of the server.`);
  if (fault === 'CERT_HAS_EXPIRED' || now > notAfter) throw refused('certificate-expired', `The certificate ${serial} expired at ${instant(notAfter)}, and this server's clock says ${instant(now)}: if the clock is right, let the host join again with \`firn host rejoin NAME\`.`);
  if (fault !== null) throw refused('certificate-foreign', `The certificate ${serial} was not signed by this cluster's authority (${fault}): this host belongs to another server, or the authority was replaced.`);
}

/** A host that was removed shows a good certificate still: say which. */
async function unknownHost({ store }: Context, shown: ShownCertificate | null): Promise<UnauthenticatedError> {
  const row = shown === null ? undefined : await store.read((reader) => certificateBySerial(reader, shown.serial));
  if (row !== undefined && row.revokedAt !== null) return refused('certificate-revoked', `The certificate ${row.serial} of ${row.host} was revoked by ${row.revokedBy ?? 'nobody'}: ${row.revokedWhy ?? ''}. Join the machine again with a new token.`);
  return refused('credential-unknown', 'This host is not known here: it never joined, or it was removed. Join it again with a new token.');
}

const refused = (code: string, message: string): UnauthenticatedError => new UnauthenticatedError(code, message);
