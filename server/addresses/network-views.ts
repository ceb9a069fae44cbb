// How networks look: what of each is held, rests, is kept back and is free. Reads one consistent state, changes nothing.
import { openConflicts } from '../db/address-conflicts.ts';
import { listReservations } from '../db/address-reservations.ts';
import { openAddresses, takenAddresses } from '../db/addresses.ts';
import { listHosts } from '../db/hosts.ts';
import { listNetworks, type NetworkRow } from '../db/networks.ts';
import { byNetwork, keptBack, neverGiven } from '../db/snapshot.ts';
import type { Reader } from '../db/store.ts';
import type { AddressUse } from '../http/contract/addresses.ts';
import type { NetworkView } from '../http/contract/index.ts';
import { toAddress, toNumber } from './ranges.ts';

/** More are not told: what is finer than this is read from the ledger. */
const MOST_RUNS = 2_000;

/** Views of all networks or of some. */
export async function viewNetworks(reader: Reader, now: number, isWanted: (row: NetworkRow) => boolean = () => true): Promise<NetworkView[]> {
  const hosts = byNetwork(await listHosts(reader));
  const open = Map.groupBy(await openAddresses(reader), ({ networkId }) => networkId);
  const taken = await takenAddresses(reader, now);
  const back = await keptBack(reader);
  return (await listNetworks(reader)).filter(isWanted).map((row) => {
    const held = open.get(row.id)?.length ?? 0;
    const used = taken.get(row.id) ?? [];
    const [first, last] = [toNumber(row.first), toNumber(row.last)];
    const isWithin = (value: number) => value >= first && value <= last;
    const never = new Set(neverGiven(row, hosts, back).map(toNumber).filter(isWithin));
    const reserved = new Set([...row.excluded, ...(back.get(row.id) ?? [])].map(toNumber).filter(isWithin)).size;
    const busy = new Set([...used.map(toNumber).filter(isWithin), ...never]);
    const { id, name, mode, site, cidr, gateway, excluded, dns, hostId, vlan, tunnelVni } = row;
    return { id, name, mode, site, cidr, gateway, first: row.first, last: row.last, excluded, dns, hostId, vlan, tunnel: tunnelVni !== null, held, quarantined: used.length - held, reserved, free: last - first + 1 - busy.size };
  });
}

export interface Uses {
  /** By address as a number; what is not in it is free, or outside. */
  readonly of: ReadonlyMap<number, AddressUse>;
}

/** What each address of a network that is not free is used for. */
export async function usesOf(reader: Reader, network: NetworkRow, now: number): Promise<Uses> {
  const of = new Map<number, AddressUse>();
  const put = (address: string, use: AddressUse) => void of.set(toNumber(address), use);
  // The last word counts: from the least to the most.
  for (const address of network.excluded) put(address, 'excluded');
  for (const { kind, first, last } of await listReservations(reader, network.id)) for (let value = toNumber(first); value <= toNumber(last); value += 1) of.set(value, kind);
  for (const address of (await takenAddresses(reader, now)).get(network.id) ?? []) put(address, 'quarantined');
  for (const { networkId, address, letGoAt } of await openAddresses(reader)) if (networkId === network.id) put(address, letGoAt === null ? 'held' : 'leaving');
  for (const { networkId, address } of await openConflicts(reader)) if (networkId === network.id) put(address, 'conflict');
  if (network.mode === 'host') return { of };
  const [first, last] = [toNumber(network.first), toNumber(network.last)];
  for (const { networkId, address } of await listHosts(reader)) if (networkId === network.id || (network.mode === 'flat' && toNumber(address) >= first && toNumber(address) <= last)) put(address, 'host');
  put(network.gateway, 'router');
  return { of };
}

/** The range for replicas as runs of the same use. */
export function runsOf(network: NetworkRow, { of }: Uses): { runs: { first: string; last: string; count: number; use: AddressUse }[]; counts: Partial<Record<AddressUse, number>>; isCut: boolean } {
  const [from, to] = [toNumber(network.first), toNumber(network.last)];
  const marks = [...of].filter(([value]) => value >= from && value <= to).sort(([one], [other]) => one - other);
  const runs: { first: number; last: number; use: AddressUse }[] = [];
  const add = (first: number, last: number, use: AddressUse) => {
    const before = runs.at(-1);
    if (before !== undefined && before.use === use && before.last === first - 1) before.last = last;
    else runs.push({ first, last, use });
  };
  let next = from;
  for (const [value, use] of marks) {
    if (value > next) add(next, value - 1, 'free');
    add(value, value, use);
    next = value + 1;
  }
  if (next <= to) add(next, to, 'free');
  const counts: Partial<Record<AddressUse, number>> = {};
  for (const { first, last, use } of runs) counts[use] = (counts[use] ?? 0) + last - first + 1;
  const told = runs.slice(0, MOST_RUNS).map(({ first, last, use }) => ({ first: toAddress(first), last: toAddress(last), count: last - first + 1, use }));
  return { runs: told, counts, isCut: runs.length > told.length };
}
