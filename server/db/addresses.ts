// The ledger of addresses: who holds which one on which host, and who held it when. The database itself refuses a second open row of an
// address. A row stays open until the host has said that the container is gone, however long that takes.
import { and, asc, count, desc, eq, gt, inArray, isNotNull, isNull, lte, or, sql } from 'drizzle-orm';
import { inList, listed, placeholders, preparedInserts, preparedRows } from './prepared.ts';
import { addresses } from './schema/fleet.ts';
import type { Reader, Tx } from './store.ts';
import { chunks, ROWS_PER_STATEMENT } from './workloads.ts';

export type AddressRow = typeof addresses.$inferSelect;

/** `02:42:` and the four octets: made from the address, so that a replica keeps it wherever the address goes. */
export function macOf(address: string): string {
  return ['02', '42', ...address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'))].join(':');
}

/** Addresses that nobody may take: open rows, and those in quarantine at the instant. By network id. */
export async function takenAddresses({ db }: Reader, now: number): Promise<Map<string, string[]>> {
  const rows = await db.select({ networkId: addresses.networkId, address: addresses.address }).from(addresses).where(or(isNull(addresses.heldUntil), gt(addresses.quarantinedUntil, now)));
  const taken = new Map<string, string[]>();
  for (const { networkId, address } of rows) {
    const list = taken.get(networkId);
    if (list === undefined) taken.set(networkId, [address]);
    else list.push(address);
  }
  return taken;
}

/** Open and closed rows are in indices of their own: one that holds both would cost every row that is opened. */
const isOpen = (address: string) => and(eq(addresses.address, address), isNull(addresses.heldUntil));
const isClosed = (address: string) => and(eq(addresses.address, address), isNotNull(addresses.heldUntil));

/** Why the address cannot be given to this replica now, or undefined when it can. */
export async function whyTaken({ db }: Reader, address: string, replicaId: string, now: number): Promise<string | undefined> {
  const rows = await db.select().from(addresses).where(or(isOpen(address), and(isClosed(address), gt(addresses.quarantinedUntil, now))));
  const other = rows.find((row) => row.heldUntil === null || row.replicaId !== replicaId);
  if (other === undefined) return undefined;
  return other.heldUntil === null ? `${address} is held by ${other.replica} on ${other.host}` : `${address} is in quarantine after ${other.replica}`;
}

/** Open rows of all hosts or of one. */
export async function openAddresses({ db }: Reader, hostId?: string): Promise<AddressRow[]> {
  return await db.select().from(addresses).where(and(isNull(addresses.heldUntil), hostId === undefined ? undefined : eq(addresses.hostId, hostId)));
}

export type Holder = Pick<AddressRow, 'address' | 'mac' | 'replicaId' | 'hostId'>;
const holders = preparedRows((db) => db.select({ address: addresses.address, mac: addresses.mac, replicaId: addresses.replicaId, hostId: addresses.hostId }).from(addresses).where(and(isNull(addresses.heldUntil), inList(addresses.hostId, 'ids'))).prepare());

/** Who holds which address on some hosts. */
export async function holdersOn(reader: Reader, hostIds: readonly string[]): Promise<Holder[]> {
  return await holders(reader, { ids: listed(hostIds) });
}

/** Open rows whose replica should no longer have them: the host still has to say that the container is gone. */
export async function lettingGo({ db }: Reader): Promise<AddressRow[]> {
  return await db.select().from(addresses).where(and(isNull(addresses.heldUntil), isNotNull(addresses.letGoAt))).orderBy(asc(addresses.letGoAt));
}

export type NewHolding = Pick<AddressRow, 'id' | 'networkId' | 'address' | 'replicaId' | 'replica' | 'workload' | 'hostId' | 'host' | 'heldFrom'>;

const insertRows = preparedInserts(addresses, (db) => db.insert(addresses).values(placeholders(addresses)));

/** Gives addresses to replicas on hosts. The database refuses one that is held. */
export async function holdAddresses(tx: Tx, holdings: readonly NewHolding[]): Promise<void> {
  await insertRows(tx, holdings.map((holding): AddressRow => ({ ...holding, mac: macOf(holding.address), letGoAt: null, heldUntil: null, quarantinedUntil: null })));
  tx.changed('networks', ...new Set(holdings.map(({ networkId }) => networkId)));
}

/** Says that these replicas should no longer have their addresses on the hosts where they are. */
export async function letGo(tx: Tx, replicaIds: readonly string[], now: number): Promise<void> {
  for (const chunk of chunks(replicaIds, ROWS_PER_STATEMENT)) await tx.db.update(addresses).set({ letGoAt: now }).where(and(inArray(addresses.replicaId, chunk), isNull(addresses.heldUntil), isNull(addresses.letGoAt)));
}

/** A holding that was to be given up goes on: the host that has it came back with its replica. */
export async function takeBack(tx: Tx, { id }: Pick<AddressRow, 'id'>): Promise<void> {
  await tx.db.update(addresses).set({ letGoAt: null }).where(and(eq(addresses.id, id), isNull(addresses.heldUntil)));
}

/** Closes rows whose container is gone. @param quarantinedUntil null: the same replica takes the address along */
export async function closeAddress(tx: Tx, row: AddressRow, now: number, quarantinedUntil: number | null): Promise<void> {
  await tx.db.update(addresses).set({ heldUntil: now, quarantinedUntil }).where(eq(addresses.id, row.id));
  tx.changed('networks', row.networkId);
}

export interface LedgerFilter {
  /** Part of an address, MAC, replica, workload or host. */
  readonly q?: string | undefined;
  readonly address?: string | undefined;
  readonly mac?: string | undefined;
  /** These go by name or by id. */
  readonly replica?: string | undefined;
  readonly host?: string | undefined;
  readonly workload?: string | undefined;
  readonly networkId?: string | undefined;
  /** Only what was held at this instant. */
  readonly at?: number | undefined;
  readonly state?: 'held' | 'leaving' | 'quarantined' | 'past' | undefined;
  /** For what rests. */
  readonly now: number;
  readonly limit: number;
}

/** Rows of the ledger, newest first. */
export async function findHoldings({ db }: Reader, { q, address, mac, replica, host, workload, networkId, at, state, now, limit }: LedgerFilter): Promise<AddressRow[]> {
  const part = q === undefined ? undefined : `%${q.toLowerCase().replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
  return await db
    .select()
    .from(addresses)
    .where(
      and(
        part === undefined ? undefined : or(...[addresses.address, addresses.mac, addresses.replica, addresses.workload, addresses.host].map((column) => sql`lower(${column}) LIKE ${part} ESCAPE '\\'`)),
        address === undefined ? undefined : or(isOpen(address), isClosed(address)),
        mac === undefined ? undefined : eq(addresses.mac, mac),
        replica === undefined ? undefined : or(eq(addresses.replica, replica), eq(addresses.replicaId, replica)),
        host === undefined ? undefined : or(eq(addresses.host, host), eq(addresses.hostId, host)),
        workload === undefined ? undefined : eq(addresses.workload, workload),
        networkId === undefined ? undefined : eq(addresses.networkId, networkId),
        at === undefined ? undefined : and(lte(addresses.heldFrom, at), or(isNull(addresses.heldUntil), gt(addresses.heldUntil, at))),
        state === undefined ? undefined : inState(state, now),
      ),
    )
    .orderBy(desc(addresses.heldFrom), desc(addresses.id))
    .limit(limit);
}

function inState(state: NonNullable<LedgerFilter['state']>, now: number) {
  if (state === 'held') return and(isNull(addresses.heldUntil), isNull(addresses.letGoAt));
  if (state === 'leaving') return and(isNull(addresses.heldUntil), isNotNull(addresses.letGoAt));
  if (state === 'quarantined') return and(isNotNull(addresses.heldUntil), gt(addresses.quarantinedUntil, now));
  return and(isNotNull(addresses.heldUntil), or(isNull(addresses.quarantinedUntil), lte(addresses.quarantinedUntil, now)));
}

const DAY_MS = 86_400_000;

/**
 * How many addresses of each network were taken and given back, by whole days before `now` (0: the last 24 hours).
 * @param days how far back to look
 */
export async function turnoverByDay({ db }: Reader, now: number, days: number): Promise<{ readonly networkId: string; readonly daysAgo: number; readonly taken: number; readonly givenBack: number }[]> {
  const since = now - days * DAY_MS;
  const ago = (column: typeof addresses.heldFrom | typeof addresses.heldUntil) => sql<number>`CAST((${now} - ${column}) / ${DAY_MS} AS INTEGER)`;
  const opened = await db.select({ networkId: addresses.networkId, daysAgo: ago(addresses.heldFrom), count: count() }).from(addresses).where(gt(addresses.heldFrom, since)).groupBy(addresses.networkId, ago(addresses.heldFrom));
  const closed = await db.select({ networkId: addresses.networkId, daysAgo: ago(addresses.heldUntil), count: count() }).from(addresses).where(and(isNotNull(addresses.heldUntil), gt(addresses.heldUntil, since))).groupBy(addresses.networkId, ago(addresses.heldUntil));
  return [
    ...opened.map(({ networkId, daysAgo, count: taken }) => ({ networkId, daysAgo, taken, givenBack: 0 })),
    ...closed.map(({ networkId, daysAgo, count: givenBack }) => ({ networkId, daysAgo, taken: 0, givenBack })),
  ];
}

/** Whether a quarantine ended after `since` and no later than `now`: an address became free. */
export async function quarantineEnded({ db }: Reader, since: number, now: number): Promise<boolean> {
  return (await db.select({ id: addresses.id }).from(addresses).where(and(gt(addresses.quarantinedUntil, since), lte(addresses.quarantinedUntil, now))).limit(1)).length > 0;
}

/** Drops history of addresses that were given back before the instant. @returns how many rows */
export async function dropOldAddresses(tx: Tx, instant: number): Promise<number> {
  return (await tx.db.delete(addresses).where(and(lte(addresses.heldUntil, instant), or(isNull(addresses.quarantinedUntil), lte(addresses.quarantinedUntil, instant)))).returning({ id: addresses.id })).length;
}
