// Questions to the ledger: who holds or held an address, what an address is now, and what people keep back. Reservations and ends of
// conflicts are written here, each in one transaction with its event.
import type { Context } from '../context.ts';
import { type ConflictRow, endConflict, listConflicts, openConflicts } from '../db/address-conflicts.ts';
import { deleteReservation, insertReservations, listReservations, type ReservationRow } from '../db/address-reservations.ts';
import { type AddressRow, findHoldings, type LedgerFilter } from '../db/addresses.ts';
import { appendEvent } from '../db/events.ts';
import { listHosts } from '../db/hosts.ts';
import { listNetworks, networkByName, type NetworkRow } from '../db/networks.ts';
import type { Reader, Tx } from '../db/store.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import type { AddressUse } from '../http/contract/addresses.ts';
import { usesOf } from './network-views.ts';
import { isWithin, overlap, rangeOf, toNumber } from './ranges.ts';
import type { Actor } from '../requests/submit.ts';

/** A network is made for replicas: who keeps back more than this narrows its range instead. */
export const MOST_KEPT_BACK = 16_384;
const HISTORY_OF_CARD = 50;

export interface Located {
  readonly network: NetworkRow | undefined;
  readonly use: AddressUse;
  readonly host: string | null;
}

export interface Card extends Located {
  readonly history: readonly AddressRow[];
  readonly reservation: ReservationRow | undefined;
  readonly conflict: ConflictRow | undefined;
}

/** Everything that is known of one address. */
export async function cardOf(reader: Reader, address: string, now: number): Promise<Card> {
  const located = await locate(reader, address, now);
  const history = await findHoldings(reader, { address, now, limit: HISTORY_OF_CARD });
  const reservation = located.network === undefined ? undefined : (await listReservations(reader, located.network.id)).find((row) => covers(row, address));
  const conflict = (await listConflicts(reader, { address, limit: 1 })).find(({ endedAt }) => endedAt === null);
  return { ...located, history, reservation, conflict };
}

async function locate(reader: Reader, address: string, now: number): Promise<Located> {
  const networks = await listNetworks(reader);
  const host = (await listHosts(reader)).find((each) => each.address === address)?.name ?? null;
  // A host's own network lies within the one of its site: the ledger's word comes first.
  const network = networks.filter(({ cidr }) => isWithin(address, rangeOf(cidr))).sort((one, other) => Number(other.mode === 'host') - Number(one.mode === 'host'))[0];
  if (network === undefined) return { network, use: host === null ? 'outside' : 'host', host };
  const use = (await usesOf(reader, network, now)).of.get(toNumber(address)) ?? (isWithin(address, { first: toNumber(network.first), last: toNumber(network.last) }) ? 'free' : 'outside');
  return { network, use, host };
}

const covers = ({ first, last }: Pick<ReservationRow, 'first' | 'last'>, address: string): boolean => isWithin(address, { first: toNumber(first), last: toNumber(last) });

/** Rows of the ledger. @throws NotFoundError where the network is none */
export async function searchLedger(reader: Reader, { network, ...filter }: Omit<LedgerFilter, 'networkId'> & { readonly network?: string | undefined }): Promise<AddressRow[]> {
  const row = network === undefined ? undefined : (await listNetworks(reader)).find(({ id, name }) => id === network || name === network);
  if (network !== undefined && row === undefined) throw new NotFoundError('network-unknown', `There is no network ${network}.`);
  return await findHoldings(reader, { ...filter, networkId: row?.id });
}

export interface KeepBack {
  readonly network: string;
  readonly kind: 'reserved' | 'excluded';
  readonly first: string;
  readonly last: string;
  readonly note: string;
}

/** Why addresses cannot be kept back, or the row that would do it; `already` where they are. */
export async function weighKeepBack(tx: Reader, network: NetworkRow, { kind, first, last }: KeepBack, known: readonly ReservationRow[]): Promise<'already' | 'new'> {
  const range = { first: toNumber(first), last: toNumber(last) };
  if (range.first > range.last) throw misfit('last', last, `comes before first, which is ${first}`, `an address from ${first} on`);
  const inner = { first: toNumber(network.first), last: toNumber(network.last) };
  for (const [field, value] of [['first', first], ['last', last]] as const) {
    if (!isWithin(value, inner)) throw misfit(field, value, `is not among the addresses for replicas of ${network.name}`, `${network.first} to ${network.last}`);
  }
  const holder = (await findHoldings(tx, { networkId: network.id, now: 0, state: 'held', limit: 1_000_000 })).find(({ address }) => isWithin(address, range));
  if (holder !== undefined) throw new ConflictError('address-held', `${holder.address} is held by ${holder.replica} on ${holder.host}: move or remove it first.`, [{ field: 'first', value: holder.address, message: `is held by ${holder.replica} on ${holder.host}` }]);
  const other = known.find((row) => row.networkId === network.id && overlap(range, { first: toNumber(row.first), last: toNumber(row.last) }));
  if (other !== undefined && other.kind === kind && other.first === first && other.last === last) return 'already';
  if (other !== undefined) throw new ConflictError('address-kept', `${first} to ${last} overlaps ${other.first} to ${other.last}, which ${other.createdBy} ${other.kind}: ${other.note}.`, [{ field: 'first', value: first, message: `overlaps what is ${other.kind}: ${other.note}` }]);
  const count = known.filter(({ networkId }) => networkId === network.id).reduce((sum, row) => sum + toNumber(row.last) - toNumber(row.first) + 1, range.last - range.first + 1);
  if (count > MOST_KEPT_BACK) throw misfit('last', last, `would make ${count} addresses that are kept back`, `${MOST_KEPT_BACK} in one network: narrow its range instead`);
  return 'new';
}

/** @throws NotFoundError, InvalidError, ConflictError `address-held` or `address-kept` */
export async function reserve({ store, ids, clock, loops }: Context, actor: Actor, draft: KeepBack): Promise<ReservationRow> {
  return await store.tx(async (tx) => {
    const network = await networkByName(tx, draft.network);
    if (network === undefined) throw new NotFoundError('network-unknown', `There is no network ${draft.network}.`);
    if ((await weighKeepBack(tx, network, draft, await listReservations(tx, network.id))) === 'already') throw new ConflictError('address-kept', `${draft.first} to ${draft.last} is ${draft.kind} already.`);
    const row: ReservationRow = { id: ids.next(), networkId: network.id, kind: draft.kind, first: draft.first, last: draft.last, note: draft.note, createdBy: actor.name, createdAt: clock.now() };
    await insertReservations(tx, [row]);
    await tell(tx, clock.now(), actor, network, `address.${draft.kind}`, `${actor.name} ${draft.kind} ${textOf(row)} of network ${network.name}`, draft.note);
    tx.afterCommit(() => loops.wake('planner'));
    return row;
  });
}

/** @throws NotFoundError */
export async function unreserve({ store, clock, loops }: Context, actor: Actor, id: string): Promise<void> {
  await store.tx(async (tx) => {
    const row = await deleteReservation(tx, id);
    if (row === undefined) throw new NotFoundError('reservation-unknown', `There is no reservation ${id}.`);
    const network = (await listNetworks(tx)).find((each) => each.id === row.networkId);
    if (network !== undefined) await tell(tx, clock.now(), actor, network, 'address.given-free', `${actor.name} lets replicas have ${textOf(row)} of network ${network.name} again`, row.note);
    tx.afterCommit(() => loops.wake('planner'));
  });
}

/** Says that whoever else answered for the address does so no more. @throws NotFoundError */
export async function settleConflict({ store, clock, loops }: Context, actor: Actor, id: string): Promise<void> {
  await store.tx(async (tx) => {
    const row = (await openConflicts(tx)).find((each) => each.id === id);
    if (row === undefined) throw new NotFoundError('conflict-unknown', `There is no open conflict ${id}.`);
    await endConflict(tx, row, clock.now());
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'address.conflict-ended', subjectType: 'network', subjectId: row.networkId, subject: row.address, message: `${actor.name} says that nothing else has ${row.address} any more`, why: null });
    tx.afterCommit(() => loops.wake('planner'));
  });
}

export const textOf = ({ first, last }: Pick<ReservationRow, 'first' | 'last'>): string => (first === last ? first : `${first} to ${last}`);

async function tell(tx: Tx, at: number, actor: Actor, network: NetworkRow, kind: string, message: string, why: string): Promise<void> {
  await appendEvent(tx, { at, actor: actor.name, kind, subjectType: 'network', subjectId: network.id, subject: network.name, message, why });
}

function misfit(field: string, value: string, message: string, allowed: string): InvalidError {
  return new InvalidError('reservation-invalid', `${field} is ${value}: it ${message} (allowed: ${allowed}).`, [{ field, value, message, allowed }]);
}
