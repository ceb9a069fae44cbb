// How rows of the ledger, reservations and conflicts are shown; sentences stand beside the data that they are made of.
import type { Card } from '../../addresses/addresses.ts';
import { toNumber } from '../../addresses/ranges.ts';
import type { ConflictRow } from '../../db/address-conflicts.ts';
import type { ReservationRow } from '../../db/address-reservations.ts';
import type { AddressRow } from '../../db/addresses.ts';
import type { AddressCard, AddressHolding, ConflictView, ReservationView } from '../contract/addresses.ts';
import { instant, instantOrNull } from './show.ts';

export type NetworkNames = ReadonlyMap<string, string>;

export function showHolding(row: AddressRow, networks: NetworkNames, now: number): AddressHolding {
  const { id, address, mac, networkId, replicaId, replica, workload, hostId, host } = row;
  return {
    id, address, mac, networkId, network: networks.get(networkId) ?? null, replicaId, replica, workload, hostId, host, state: stateOf(row, now),
    heldFrom: instant(row.heldFrom), letGoAt: instantOrNull(row.letGoAt), heldUntil: instantOrNull(row.heldUntil), quarantinedUntil: instantOrNull(row.quarantinedUntil),
  };
}

function stateOf({ heldUntil, letGoAt, quarantinedUntil }: AddressRow, now: number): AddressHolding['state'] {
  if (heldUntil === null) return letGoAt === null ? 'held' : 'leaving';
  return quarantinedUntil !== null && quarantinedUntil > now ? 'quarantined' : 'past';
}

export function showReservation({ id, networkId, kind, first, last, note, createdBy, createdAt }: ReservationRow, networks: NetworkNames): ReservationView {
  return { id, network: networks.get(networkId) ?? networkId, kind, first, last, count: toNumber(last) - toNumber(first) + 1, note, createdBy, createdAt: instant(createdAt) };
}

export function showConflict({ id, address, networkId, replica, workload, host, ownMac, otherMac, action, outcome, foundAt, lastSeenAt, endedAt }: ConflictRow, networks: NetworkNames): ConflictView {
  return { id, address, network: networks.get(networkId) ?? null, replica, workload, host, ownMac, otherMac, state: endedAt === null ? 'open' : 'ended', action, outcome, foundAt: instant(foundAt), lastSeenAt: instant(lastSeenAt), endedAt: instantOrNull(endedAt) };
}

export function showCard(address: string, card: Card, networks: NetworkNames, now: number): AddressCard {
  const { network, use, host, history, reservation, conflict } = card;
  return {
    address, network: network?.name ?? null, use, sentence: sentenceOf(address, card, now), host,
    holding: history[0] === undefined ? null : showHolding(history[0], networks, now),
    reservation: reservation === undefined ? null : showReservation(reservation, networks),
    conflict: conflict === undefined ? null : showConflict(conflict, networks),
    history: history.map((row) => showHolding(row, networks, now)),
  };
}

function sentenceOf(address: string, { network, use, host, history: [last], reservation, conflict }: Card, now: number): string {
  const where = network === undefined ? '' : ` of network ${network.name}`;
  switch (use) {
    case 'router':
      return `${address} is the router${where}.`;
    case 'host':
      return `${address} is host ${host ?? ''}${where}.`;
    case 'conflict':
      return `${address}${where} is kept from replicas: ${conflict?.otherMac ?? 'something else'} answers for it.`;
    case 'held':
      return `${address}${where} is held by ${last?.replica ?? 'a replica'} on ${last?.host ?? 'a host'}, since ${last === undefined ? 'a while' : instant(last.heldFrom)}.`;
    case 'leaving':
      return `${address}${where} is still held by ${last?.replica ?? 'a replica'} on ${last?.host ?? 'a host'}, which has to say that the container is gone.`;
    case 'quarantined':
      return `${address}${where} rests until ${instant(last?.quarantinedUntil ?? now)}, after ${last?.replica ?? 'a replica'} gave it back.`;
    case 'reserved':
    case 'excluded':
      return `${address}${where} is ${use}${reservation === undefined ? ' since the network was added' : ` by ${reservation.createdBy}: ${reservation.note}`}.`;
    case 'outside':
      return network === undefined ? `${address} is in no network.` : `${address} is${where}, but not among the addresses for replicas (${network.first} to ${network.last}).`;
    case 'free':
      return `${address}${where} is free${last === undefined ? '' : `; ${last.replica} had it last`}.`;
  }
}
