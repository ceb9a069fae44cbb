// A flat network is added whole or not at all: every address in its place, nothing that another network or a routed host uses.
// Changes to a network are checked against who holds what in it: nobody loses an address by a change of a range.
import type { Context } from '../context.ts';
import { openAddresses } from '../db/addresses.ts';
import { appendEvent } from '../db/events.ts';
import { listHosts } from '../db/hosts.ts';
import { insertNetwork, listNetworks, networkByName, type NetworkRow, updateNetwork } from '../db/networks.ts';
import type { Reader, Tx } from '../db/store.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import type { NetworkEdit } from '../http/contract/addresses.ts';
import type { NetworkDraft } from '../http/contract/fleet.ts';
import type { z } from '../http/contract/common.ts';
import { refuseOverlap, TUNNEL_VNI } from '../fleet/join.ts';
import { isWithin, normalCidr, rangeOf, toNumber } from './ranges.ts';
import type { Actor } from '../requests/submit.ts';

type Draft = z.output<typeof NetworkDraft>;

/** @throws NotFoundError */
export async function requireNetwork(reader: Reader, name: string): Promise<NetworkRow> {
  const row = await networkByName(reader, name);
  if (row === undefined) throw new NotFoundError('network-unknown', `There is no network ${name}.`);
  return row;
}

/** @throws InvalidError by field, ConflictError `name-taken` or `range-overlaps` */
export async function addNetwork(context: Context, actor: Actor, draft: Draft): Promise<NetworkRow> {
  return await context.store.tx(async (tx) => {
    const row = await putNetwork(context, tx, actor, draft);
    tx.afterCommit(() => context.loops.wake('planner'));
    return row;
  });
}

/** The same within a transaction that does more. */
export async function putNetwork({ ids, clock }: Context, tx: Tx, actor: Actor, draft: Draft): Promise<NetworkRow> {
  refuseMisfits(draft);
  if ((await networkByName(tx, draft.name)) !== undefined) throw new ConflictError('name-taken', `There is a network ${draft.name} already.`, [{ field: 'name', value: draft.name, message: 'is taken' }]);
  const cidr = normalCidr(draft.cidr);
  await refuseOverlap(tx, cidr, 'cidr');
  const now = clock.now();
  const row: NetworkRow = { id: ids.next(), mode: 'flat', hostId: null, createdAt: now, ...draft, vlan: draft.vlan ?? null, tunnelVni: null, cidr };
  await insertNetwork(tx, row);
  await appendEvent(tx, { at: now, actor: actor.name, kind: 'network.added', subjectType: 'network', subjectId: row.id, subject: row.name, message: `${actor.name} added network ${row.name}: ${row.first} to ${row.last} of ${cidr}` });
  return row;
}

/**
 * Changes what is given: the tunnel is switched for every routed host's range on its own.
 * @throws NotFoundError, InvalidError by field, ConflictError `address-held` when somebody has an address that would no longer be theirs
 */
export async function editNetwork({ store, clock, loops }: Context, actor: Actor, name: string, edit: z.output<typeof NetworkEdit>): Promise<NetworkRow> {
  return await store.tx(async (tx) => {
    const row = await requireNetwork(tx, name);
    if (row.mode === 'host' && (edit.first ?? edit.last ?? edit.excluded) !== undefined) throw misfit('mode', 'host', 'is a host\'s own address and nothing else', 'dns');
    if (edit.tunnel !== undefined && row.mode !== 'routed') throw misfit('tunnel', String(edit.tunnel), `is for routed networks, and ${name} is ${row.mode}`, 'leave it out');
    const { tunnel, first = row.first, last = row.last, excluded = row.excluded, dns = row.dns } = edit;
    if (row.mode !== 'host') refuseMisfits({ ...row, vlan: undefined, first, last, excluded });
    await refuseHeld(tx, row, { first, last, excluded });
    const tunnelVni = tunnel === undefined ? row.tunnelVni : tunnel ? TUNNEL_VNI : null;
    await updateNetwork(tx, row.id, { first, last, excluded, dns, tunnelVni });
    const told = Object.keys(edit).join(', ');
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'network.changed', subjectType: 'network', subjectId: row.id, subject: name, message: `${actor.name} changed ${told === '' ? 'nothing' : told} of network ${name}` });
    // Hosts hear of name servers and of tunnels, those of other hosts with them.
    const touched = new Set([row.id, ...(tunnelVni === row.tunnelVni ? [] : (await listNetworks(tx)).filter((each) => each.tunnelVni !== null).map(({ id }) => id))]);
    tx.changed('hosts', ...(await listHosts(tx)).filter(({ networkId }) => touched.has(networkId)).map(({ id }) => id));
    tx.afterCommit(() => {
      loops.wake('planner');
      loops.wake('dispatch');
    });
    return row;
  });
}

/** @throws ConflictError `address-held`, naming the first that is in the way */
async function refuseHeld(tx: Tx, row: NetworkRow, { first, last, excluded }: Pick<NetworkRow, 'first' | 'last' | 'excluded'>): Promise<void> {
  const range = { first: toNumber(first), last: toNumber(last) };
  const fresh = new Set(excluded.filter((address) => !row.excluded.includes(address)));
  const holder = (await openAddresses(tx)).find(({ networkId, address }) => networkId === row.id && (!isWithin(address, range) || fresh.has(address)));
  if (holder === undefined) return;
  const field = fresh.has(holder.address) ? 'excluded' : toNumber(holder.address) < range.first ? 'first' : 'last';
  throw new ConflictError('address-held', `${holder.address} is held by ${holder.replica} on ${holder.host}: it would no longer be one of network ${row.name}.`, [{ field, value: holder.address, message: `is held by ${holder.replica} on ${holder.host}` }]);
}

function refuseMisfits({ cidr, gateway, first, last, excluded }: Pick<Draft, 'cidr' | 'gateway' | 'first' | 'last' | 'excluded'> & { readonly vlan?: number | undefined }): void {
  const prefix = Number(cidr.split('/')[1]);
  if (prefix < 8 || prefix > 29) throw misfit('cidr', cidr, 'has a size that is not allowed', 'a prefix length from 8 to 29');
  const range = rangeOf(cidr);
  // The first and the last address of a range name the network itself and everybody in it.
  const inner = { first: range.first + 1, last: range.last - 1 };
  for (const [field, value] of [['gateway', gateway], ['first', first], ['last', last], ...excluded.map((each, index) => [`excluded[${index}]`, each] as const)] as const) {
    if (!isWithin(value, inner)) throw misfit(field, value, `is no address of ${cidr} that can be used`, `an address within ${cidr}`);
  }
  if (toNumber(first) > toNumber(last)) throw misfit('first', first, `comes after last, which is ${last}`, `an address up to ${last}`);
}

function misfit(field: string, value: string, message: string, allowed: string): InvalidError {
  return new InvalidError('network-invalid', `${field} is ${value}: it ${message} (allowed: ${allowed}).`, [{ field, value, message, allowed }]);
}
