// Whether a credential is the one that a host got when it joined: the agents' connection, the registry's door and what builders fetch ask here.
import { timingSafeEqual } from 'node:crypto';
import type { Context } from '../context.ts';
import { type HostRow, hostById } from '../db/hosts.ts';
import { hashOf } from './join.ts';

/** @returns undefined unless the credential is this host's; takes as long for a host that is not known */
export async function hostOfCredential({ store }: Pick<Context, 'store'>, hostId: string | undefined, credential: string | undefined): Promise<HostRow | undefined> {
  const host = hostId === undefined ? undefined : await store.read((reader) => hostById(reader, hostId));
  const expected = Buffer.from(host?.credentialHash ?? hashOf('nobody'), 'hex');
  const given = Buffer.from(hashOf(credential ?? ''), 'hex');
  // Hosts that were made without joining have no hash at all, and no credential.
  return expected.length === given.length && timingSafeEqual(expected, given) ? host : undefined;
}
