// The identity that a machine gets when it joins, and the way back for a host whose identity ended: the same host under a new one.
import type { JoinRequest, JoinResponse } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { hostById, setHostCredential } from '../db/hosts.ts';
import type { Tx } from '../db/store.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import type { Issued } from './ca.ts';
import { keepCertificate, revokeIdentity } from './certificates.ts';

export type Prepared = (Issued & { readonly authority: string }) | null;

/** Made before the transaction, because signing takes a while; what no transaction keeps is refused. @returns null where the request has none */
export async function prepareIdentity({ authority, config }: Context, request: JoinRequest, hostId: string): Promise<Prepared> {
  return request.csr === undefined || config.agentTls === 'off' ? null : await authority.issueHost(request.csr, hostId);
}

/** Keeps what was prepared; gives the part of the answer. @param isSecure whether the answer goes over TLS: then the credential alone never counts */
export async function keepIdentity(tx: Tx, host: { readonly id: string; readonly name: string }, prepared: Prepared, { now, isSecure }: { readonly now: number; readonly isSecure: boolean }): Promise<Pick<JoinResponse, 'identity'>> {
  if (prepared === null) return {};
  await keepCertificate(tx, host, prepared, { now, usedAt: isSecure ? now : null });
  return { identity: { certificate: prepared.certificate, authority: prepared.authority } };
}

interface Rejoin {
  readonly hostId: string;
  readonly credential: string;
  readonly credentialHash: string;
  readonly prepared: Prepared;
  readonly isSecure: boolean;
}

/** The machine of a host that is known gets a new identity; the old one is refused from now on. @throws InvalidError when another machine uses the token */
export async function rejoinHost(context: Context, tx: Tx, request: JoinRequest, { hostId, credential, credentialHash, prepared, isSecure }: Rejoin): Promise<JoinResponse> {
  const now = context.clock.now();
  const row = await hostById(tx, hostId);
  if (row === undefined) throw new NotFoundError('host-unknown', 'The host that this token is for was removed: make a token for a new host.');
  for (const field of ['name', 'address'] as const) {
    if (request[field] === row[field]) continue;
    throw new InvalidError('invalid', `${field} ${request[field]} is not that of the host that this token is for (allowed: ${row[field]}).`, [{ field, value: request[field], message: 'is another host', allowed: row[field] }]);
  }
  await revokeIdentity(context, tx, row, { by: `host ${row.name}`, why: 'it joined again and has a new one' });
  await setHostCredential(tx, row.id, credentialHash);
  const identity = await keepIdentity(tx, row, prepared, { now, isSecure });
  await appendEvent(tx, { at: now, actor: `host ${row.name}`, kind: 'host.rejoined', subjectType: 'host', subjectId: row.id, subject: row.name, message: `${row.name} joined again, under a new identity` });
  const { id: clusterId } = await readCluster(tx);
  return { clusterId, hostId: row.id, credential, ...identity };
}
